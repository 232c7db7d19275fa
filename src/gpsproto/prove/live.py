"""Frames one by one: framers that refuse, and conversations that go wrong in the middle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from gpsproto.errors import GpsprotoError
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.prove import batches
from gpsproto.prove.dumps import Dump
from gpsproto.prove.errors import everything
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search
from gpsproto.session import Receiver
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.limits import Limits
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_sms import SmsFramer
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer

ERRORS = "exceptions"
_LIMITS = Limits()  # with its table, which is made once


def _strict(dump: Dump) -> Any:
    """The framer of a live conversation, which ends where framing is lost."""
    if dump.datagrams:
        return UdpFramer(limits=_LIMITS)
    if dump.input_format == "sms":
        return SmsFramer(limits=_LIMITS)
    return BracketFramer(limits=_LIMITS) if dump.protocol == "watch" else TcpFramer(limits=_LIMITS)


def refuse(dump: Dump, search: Search) -> int:
    """Every damaged frame by itself: what is raised, and what the events say of themselves."""
    for unit in dump.damaged:
        for framer in (_strict(dump), StreamFramer(limits=_LIMITS)):
            try:
                for shown in _events(framer, unit):
                    search.look("repr", shown, Bytes.TEXT)
            except GpsprotoError as error:
                for data in everything(error):
                    search.look(ERRORS, data, Bytes.SMALL)
    search.planted(ERRORS, len(dump.damaged))
    return len(dump.damaged)


def _events(framer: Any, unit: bytes) -> Iterator[str]:
    """What each event says of itself, and the framer before and behind them."""
    framer.receive(unit)
    yield repr(framer)
    yield from map(repr, framer.events())
    framer.receive_eof()
    yield from map(repr, framer.events())
    yield repr(framer)


def converse(
    units: Sequence[bytes], dump: Dump, policy: Policy, key: PseudonymKey, search: Search
) -> None:
    """A live conversation of some frames, in pieces; what it gives back to the device may hold
    what the device wants echoed, and is not looked at."""

    def begun() -> Receiver:
        # of any age: what is not stored could not leak
        return Receiver(
            policy,
            key,
            transport="udp" if dump.datagrams else "tcp",
            limits=_LIMITS,
            expired="keep",
        )

    receiver = begun()
    for unit in units:
        pieces = (unit,) if dump.datagrams else (unit[:50], unit[50:])
        for piece in pieces:
            if receiver.ended:
                receiver = begun()
            try:
                batch = receiver.receive(piece) if piece or dump.datagrams else None
                receiver.due()
                if batch is not None:
                    search.look("receiver", repr(batch), Bytes.TEXT)
                    search.look("receiver", repr(list(batch.rows())), Bytes.TEXT)
                    search.look("receiver", repr(receiver), Bytes.TEXT)
                    batches.memory(batch, search)
                    receiver.confirm(batch)
            except GpsprotoError as error:
                for data in everything(error):
                    search.look(ERRORS, data, Bytes.SMALL)
        search.look("receiver", f"{receiver!r} {receiver.subject} {receiver.lost!r}", Bytes.TEXT)
    try:
        receiver.eof()
    except GpsprotoError as error:
        for data in everything(error):
            search.look(ERRORS, data, Bytes.SMALL)
    search.look("receiver", repr(receiver.balance), Bytes.TEXT)
    batches.texts([receiver], search)
    search.planted("receiver", len(units))
