"""The conversations of a dump: pieces of many of them go in, the frames of each come out.

A conversation keeps a framer of its own, so that its frames may be cut anywhere.  The framers share
one workbench, and copy the few bytes that wait for more: what a framer holds is small, and what all
of them hold is bounded.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations, DeviceId
from gpsproto.wire.frame import FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_udp import UdpFramer
from gpsproto.wire.workbench import Workbench

FRAMERS = 50_000
"""Framers at once; beyond that those of the conversations that are silent the longest are put away."""

HELD = 96 << 20
"""Bytes of unfinished frames, of all conversations together."""

_PLACES = 50_000  # conversations of which it is known who speaks, though their framer was put away
_LITTLE = 1 << 16  # bytes that are sooner copied than scanned in two parts


class Piece(NamedTuple):
    """Bytes that a device sent, the next in order of one conversation of a dump.

    ``data`` must not change afterwards.  It may be empty: ``lost`` and ``ended`` are said then.
    """

    flow: int
    """Number of the conversation within the dump, from 0; never an address."""
    data: bytes | memoryview
    """The next bytes; where ``datagram``, one datagram."""
    lost: int = 0
    """Bytes that are missing right before ``data``."""
    ended: bool = False
    """Nothing more comes of this conversation."""
    datagram: bool = False
    """It came over UDP; a conversation is datagrams all through, or none."""


@final
class Flows:
    """A framer a conversation.

    ``tables`` takes pieces and gives the frames that they complete: pieces that come together are
    scanned together, so give many at once.  ``device`` is who speaks where no login says so.
    """

    def __init__(
        self,
        *,
        conversations: Conversations,
        balance: Balance,
        limits: Limits | None = None,
        device: DeviceId | None = None,
        rows: int = 4_096,
        framers: int = FRAMERS,
        held: int = HELD,
    ) -> None:
        self._conversations = conversations
        self._balance = balance
        self._limits = limits or Limits()
        self._device = device
        self._bench = Workbench(rows)
        self._framers_most, self._held_most = framers, held
        # the longest silent first; of a dict the first is slow to find once others were before it
        self._streams: OrderedDict[int, StreamFramer] = OrderedDict()
        self._datagrams: OrderedDict[int, UdpFramer] = OrderedDict()
        self._places: OrderedDict[int, tuple[int, int]] = OrderedDict()  # of those put away
        self._held = 0

    def __repr__(self) -> str:
        return f"Flows({len(self._streams) + len(self._datagrams)} framers)"

    def tables(self, pieces: Iterable[Piece]) -> Iterator[FrameTable]:
        """The frames that these pieces complete; a table is valid until the next is asked for."""
        touched: dict[int, StreamFramer] = {}
        for piece in pieces:
            self._balance.bytes_in += len(piece.data)
            if piece.datagram:
                yield from self._of_datagram(piece)
                continue
            framer = touched.get(piece.flow)
            if framer is None:
                framer = touched[piece.flow] = self._taken(piece.flow)
            if piece.lost:
                yield from self._behind_gap(framer, piece.lost)
            framer.receive(piece.data)
            if piece.ended:
                del touched[piece.flow]
                framer.receive_eof()
                yield from framer.tables()
        for flow, framer in touched.items():
            if framer.buffered <= _LITTLE:
                framer.join()
            yield from framer.tables()
            framer.detach()
            self._streams[flow] = framer
            self._held += framer.buffered
        while self._held > self._held_most or len(self._streams) > self._framers_most:
            yield from self._put_away()

    def finish(self) -> Iterator[FrameTable]:
        """The dump has ended: give what is not yet given."""
        for framer in self._streams.values():
            framer.receive_eof()
            yield from framer.tables()
        self._streams.clear()
        self._datagrams.clear()
        self._places.clear()
        self._held = 0

    def _taken(self, flow: int) -> StreamFramer:
        """The framer of a conversation, out of those that wait: it comes last when it is back."""
        framer = self._streams.pop(flow, None)
        if framer is not None:
            self._held -= framer.buffered
            return framer
        framer = StreamFramer(
            limits=self._limits, conversations=self._conversations, device=self._device,
            bench=self._bench,
        )  # fmt: skip
        place = self._places.pop(flow, None)
        if place is not None:
            framer.go_on(*place)
        return framer

    def _behind_gap(self, framer: StreamFramer, lost: int) -> Iterator[FrameTable]:
        """End what is cut off, and go on with the same device."""
        self._balance.notes[ErrorCode.MISSING_SEGMENT] += 1
        framer.receive_eof()
        yield from framer.tables()
        offset, conversation = framer.place
        framer.go_on(offset + lost, conversation)

    def _put_away(self) -> Iterator[FrameTable]:
        """End the framer that was silent the longest; its conversation may still go on."""
        flow, framer = self._streams.popitem(last=False)
        self._held -= framer.buffered
        if framer.buffered:
            self._balance.notes[ErrorCode.TOO_MANY_FLOWS] += 1
        framer.receive_eof()
        yield from framer.tables()
        if len(self._places) >= _PLACES:
            self._places.popitem(last=False)
        self._places[flow] = framer.place

    def _of_datagram(self, piece: Piece) -> Iterator[FrameTable]:
        framer = self._datagrams.pop(piece.flow, None)
        if framer is None:
            framer = UdpFramer(
                limits=self._limits, conversations=self._conversations, bench=self._bench
            )
        framer.receive(piece.data)
        yield from framer.tables()
        if piece.ended:
            return
        self._datagrams[piece.flow] = framer
        if len(self._datagrams) > self._framers_most:
            self._datagrams.popitem(last=False)
