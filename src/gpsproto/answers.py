"""What a device is owed for what it sent, by protocol.

| received | owed | when |
|---|---|---|
| Teltonika login | ``01``; ``00`` where it is refused | in turn |
| Teltonika frame of records, TCP | number of records, 4 bytes | stored |
| the same with a CRC that does not fit | ``00000000``: send it again | in turn |
| the same, intact but not readable | nothing: sent again at once it would not be better | |
| Codec 12, 13, 14, 15 | nothing | |
| Teltonika channel packet, UDP | ``0005``, its packet id, ``01``, its AVL packet id, records | stored |
| UDP packet that is refused | nothing: its ids may be what is wrong | |
| watch's sign of life (LK, KA, PING) | the same word | at once |
| what else a watch repeats until it is answered | as its message declares | stored |
| a watch's other messages, and words that are not known | nothing: both sides would go on for ever | |

The number owed to a Teltonika is that of the frame, whatever the policy made of its records: another
one makes the device send all of them again, for ever.  An answer to a watch has the prefix, id and
index of what it answers, and no signature.
Source: the vendor's protocol page "Teltonika Data Sending Protocols"; for watches the vendor's
server protocol of August 2025, server and firmware texts.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator
from enum import Enum, auto
from typing import Protocol, final

from gpsproto import codecs
from gpsproto.codecs import watch
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.walk import codes
from gpsproto.wire.bracket import BracketFramer, answer_frame, envelope_of
from gpsproto.wire.frame import FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer

_COMMANDS = frozenset(
    codec for codec, reading in codecs.readings().items() if not reading.acknowledged
)
_DAMAGED = (codes.BAD_CRC, codes.BAD_CRC_PADDING)
_WORD = re.compile(rb"[0-9A-Za-z_]+(?=,|\Z)")
_RECEIPT = re.compile(rb"(?:,[0-9])?")
_HEAD_SIZE = 16
_WATCHES = (b"[", b"\xffAQSH", b"xx", b"yy", b"IWAP")  # its framer names what is none of them
_UNBRACKETED = re.compile(rb"[0-9A-Za-z]{2}\*")
_MAY_BE_UNBRACKETED = re.compile(rb"[0-9A-Za-z]{0,2}")


class When(Enum):
    """When an answer leaves."""

    AT_ONCE = auto()
    IN_TURN = auto()  # nothing need be stored for it, but it has its place among the answers
    STORED = auto()


Owed = Iterator[tuple[When, bytes]]
Serves = Callable[[int], bool]
"""Whether to serve who speaks in a conversation."""

Stop = tuple[int, ErrorCode | None]
"""The first row that is not read: of a device that is refused, or why the stream is lost there."""


class Framer(Protocol):
    """What finds the frames of a conversation."""

    def receive(self, data: bytes) -> None:
        """Take bytes, or a datagram."""

    def receive_eof(self) -> None:
        """Say that nothing more comes."""

    def tables(self) -> Iterator[FrameTable]:
        """What the bytes hold."""


class Dialect(Protocol):
    """How a protocol names who speaks, and what it wants answered."""

    framer: Framer

    def stop(self, table: FrameTable, serves: Serves) -> Stop | None:
        """Ask for each who begins to speak; where to stop reading, if anywhere."""

    def owed(self, table: FrameTable) -> Owed:
        """What is owed for each row in order, once the walk has said which frames it read."""


@final
class TeltonikaTcp:
    """A login, then frames."""

    def __init__(self, conversations: Conversations, limits: Limits | None) -> None:
        self.framer: Framer = TcpFramer(limits=limits, conversations=conversations)
        self._conversations = conversations
        self._logged_in = False
        self._refused = False

    def stop(self, table: FrameTable, serves: Serves) -> Stop | None:
        """Every login is asked for.  A frame that none comes before is nobody's: it is not read."""
        for row in range(len(table)):
            kind, number = table.cell(row, codes.KIND), table.cell(row, codes.CONVERSATION)
            if kind == codes.HANDSHAKE and not serves(number):
                self._refused = True
                return row + 1, None
            if kind == codes.FRAME and self._conversations.device(number) is None:
                return row, ErrorCode.BAD_HANDSHAKE
        return None

    def owed(self, table: FrameTable) -> Owed:
        """``01`` or ``00`` a login, the count a frame."""
        for row in range(len(table)):
            found = table.row(row)
            if found[codes.KIND] == codes.FRAME:
                if found[codes.CODEC] not in _COMMANDS:
                    yield When.STORED, found[codes.COUNT].to_bytes(4, "big")
            elif found[codes.KIND] == codes.HANDSHAKE:
                self._logged_in = True
                refused = self._refused and row == len(table) - 1
                yield When.IN_TURN, b"\x00" if refused else b"\x01"
            elif found[codes.KIND] == codes.REJECTED and self._sent_again(table, found):
                yield When.IN_TURN, bytes(4)

    def _sent_again(self, table: FrameTable, found: array[int]) -> bool:
        """Whether to ask for a frame again that was refused."""
        damaged = found[codes.CODE] in _DAMAGED and self._logged_in
        return damaged and table.data[found[codes.OFFSET] + 8] not in _COMMANDS


@final
class TeltonikaUdp:
    """Channel packets, each of which names its device."""

    def __init__(self, conversations: Conversations, limits: Limits | None) -> None:
        self.framer: Framer = UdpFramer(limits=limits, conversations=conversations)

    def stop(self, table: FrameTable, serves: Serves) -> Stop | None:
        """Every packet is asked for."""
        for row in table.where(codes.FRAME):
            if not serves(table.cell(row, codes.CONVERSATION)):
                return row, None
        return None

    def owed(self, table: FrameTable) -> Owed:
        """Both packet ids and the count."""
        for row in table.where(codes.FRAME):
            if table.cell(row, codes.CODEC) in _COMMANDS:
                continue
            at = table.cell(row, codes.OFFSET)
            ids = table.data[at + 2 : at + 4], table.data[at + 5 : at + 6]
            count = table.cell(row, codes.COUNT).to_bytes(1, "big")
            yield When.STORED, b"".join((b"\x00\x05", ids[0], b"\x01", ids[1], count))


@final
class Watch:
    """Frames that each name their watch; a word says what is owed."""

    def __init__(self, conversations: Conversations, limits: Limits | None) -> None:
        self._brackets = BracketFramer(limits=limits, conversations=conversations)
        self.framer: Framer = self._brackets
        self._conversations = conversations
        self._known = 0

    def pause(self) -> Iterator[FrameTable]:
        """What the bytes hold if nothing more comes for a while."""
        return self._brackets.pause()

    def stop(self, table: FrameTable, serves: Serves) -> Stop | None:
        """Each watch is asked for once."""
        for row in table.where(codes.FRAME):
            number = table.cell(row, codes.CONVERSATION)
            if number > self._known:  # they are numbered as they come
                if not serves(number):
                    return row, None
                self._known = number
        return None

    def owed(self, table: FrameTable) -> Owed:
        """What the message declares, in the envelope of the frame."""
        for row in table.where(codes.FRAME):
            found = _content_owed(table.body(row))
            if found is not None:
                when, content = found
                envelope = envelope_of(table, row, self._conversations)
                yield when, answer_frame(envelope, content)


def _content_owed(content: memoryview) -> tuple[When, bytes] | None:
    """What is owed for a content, and when."""
    found = _WORD.match(content)
    message = None if found is None else watch.find(found[0].decode("ascii"))
    if found is None or message is None or message.answer is None:
        return None
    if message.receipt and _RECEIPT.fullmatch(content, found.end()):
        return None
    answer = message.answer.replace("{word}", found[0].decode("ascii"))
    return When.AT_ONCE if message.at_once else When.STORED, answer.encode("ascii")


def recognised(head: bytes, *, eof: bool) -> type[TeltonikaTcp] | type[Watch] | None:
    """The dialect of a TCP stream by its first bytes; None where they may be more than one's."""
    more = len(head) < _HEAD_SIZE and not eof
    start = head[:_HEAD_SIZE].lstrip(b" \t\r\n")
    if start.startswith(_WATCHES) or _UNBRACKETED.match(start):
        return Watch
    if more and (
        _MAY_BE_UNBRACKETED.fullmatch(start) or any(w.startswith(start) for w in _WATCHES)
    ):
        return None
    return TeltonikaTcp
