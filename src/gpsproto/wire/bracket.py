"""The bracketed frames of GPS watches over TCP: ``[3G*8800000015*000D*LK,50,100,100]``.

| part | form |
|---|---|
| name | two letters or digits; with a signature 2 to 4, behind its 32 hexadecimal digits |
| id | 1 to 20 letters and digits, ten digits as a rule; digits 5 to 14 of the IMEI |
| index | four hexadecimal digits, in one dialect only |
| length | four hexadecimal digits: bytes of the content as sent |
| content | a word and, behind commas, its arguments |

Stars stand between the parts.  A frame ends at its length where a bracket closes there, else where
the brackets match: firmware counts wrong, and nothing readable is refused for that.
Rejected: a frame that breaks off, a content over the limit.  Skipped: line ends and blanks, what
opens no frame, and what is plainly another protocol, or encrypted, by name.
Source: the vendor's server protocol of August 2025; captures and servers that are public.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from typing import final

from gpsproto.errors import ErrorCode, FramingLost, TruncatedStream
from gpsproto.identity import Conversations, DeviceId
from gpsproto.walk import codes
from gpsproto.walk.brackets import look_on, scan_brackets
from gpsproto.wire.buffer import Buffer
from gpsproto.wire.frame import WATCH, Envelope, Event, Frame, FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.workbench import Workbench

_ESCAPES = {b"}": b"}\x01", b"[": b"}\x02", b"]": b"}\x03", b",": b"}\x04", b"*": b"}\x05"}
_RAW = {pair: byte for byte, pair in _ESCAPES.items()}
_TO_ESCAPE = re.compile(rb"[}\[\],*]")
_PAIR = re.compile(rb"\}[\x00-\xff]?", re.DOTALL)
_BLANKS = b" \t\r\n"


def escaped(data: bytes) -> bytes:
    """Bytes as a message can hold them: the five that mean something in a frame become pairs."""
    return _TO_ESCAPE.sub(lambda found: _ESCAPES[found[0]], data)


def unescaped(data: bytes) -> tuple[bytes, int]:
    """What was escaped, and how many pairs are unknown: those stay as they are.

    One pass from left to right: a pair that is undone is not the beginning of another.
    """
    unknown = 0

    def raw(found: re.Match[bytes]) -> bytes:
        nonlocal unknown
        byte = _RAW.get(found[0])
        if byte is None:
            unknown += 1
            return found[0]
        return byte

    return _PAIR.sub(raw, data), unknown


def answer_frame(envelope: Envelope, content: bytes) -> bytes:
    """The frame that answers a watch's: ``[VV*ID*(IDX*)LEN*CONTENT]``, of its name, id and index."""
    return envelope.answered(content)


def envelope_of(table: FrameTable, row: int, conversations: Conversations) -> Envelope:
    """What an answer to the frame in a row of a table must echo; of a signature nothing."""
    found = table.row(row)
    start, body = found[codes.OFFSET] + 1, found[codes.BODY]
    if found[codes.AT] - start > codes.SIGNATURE:
        start += codes.SIGNATURE
    number = found[codes.CONVERSATION]
    echo = bytes(table.data[start : body - len(b"hhhh*")])
    return Envelope(conversations.device(number), number, None, echo)


@final
class BracketScan:
    """One scan after another over the bytes of a stream: the table of ids, and what is waited for.

    After ``scan``, ``consumed`` bytes are done with; ``needed`` must stand from there on before the
    next.  Where ``looking``, less may do: ``look`` says so, of the bytes that come.
    """

    __slots__ = (
        "_bench", "_conversations", "_limit", "_mixed", "_resync", "_state", "_tail", "consumed",
        "looking", "needed",
    )  # fmt: skip

    def __init__(
        self,
        *,
        limits: Limits,
        resync: bool,
        mixed: bool,
        conversations: Conversations,
        bench: Workbench,
    ) -> None:
        self._limit = limits.watch
        self._resync = resync
        self._mixed = mixed
        self._conversations = conversations
        self._bench = bench
        self._state = array("q", [0] * codes.STATE_SIZE)
        self._tail = b""
        self.consumed = 0
        self.needed = 1
        self.looking = False

    def __repr__(self) -> str:
        return "BracketScan()"

    @property
    def mode(self) -> int:
        """What the scan is about, see ``walk.codes``."""
        return self._state[codes.MODE]

    @mode.setter
    def mode(self, mode: int) -> None:
        self._state[codes.MODE] = mode

    @property
    def exact(self) -> bool:
        """Whether ``needed`` says when there is more to tell, rather than when to give up."""
        return self._state[codes.LOOKING] != codes.LOOKING_BRACKETS

    def scan(self, data: memoryview, base: int, *, eof: bool) -> FrameTable:
        """Scan from the first byte on; ``base`` is its offset in the stream."""
        state, events, ids = self._state, self._bench.events, self._bench.ids
        state[codes.POSITION] = 0
        state[codes.NEXT] = len(self._conversations) + 1
        state[codes.IDS_LEFT] = ids.left
        scan_brackets(data, eof, self._resync, self._mixed, self._limit, ids.table, events, state)
        ids.left = state[codes.IDS_LEFT]
        self.consumed = state[codes.POSITION]
        self.needed = state[codes.NEEDED]
        self.looking = state[codes.LOOKING] != codes.LOOKING_NOT
        if self.looking:
            self._tail = bytes(data[state[codes.LOOKED] :])
        rows, others = state[codes.FOUND], state[codes.OTHERS]
        table = FrameTable(data, events, rows, base, others, WATCH)
        self._begin(table)
        if not ids.left:
            ids.grow()
        return table

    def look(self, data: memoryview) -> bool:
        """Whether bytes that follow those of the last scan let the next one tell more."""
        piece = self._tail + bytes(data)
        looked = look_on(piece, self._mixed, self._state)
        if looked < 0:
            return True
        self._tail = piece[looked:]
        return False

    def _begin(self, table: FrameTable) -> None:
        """Begin the conversations that the scan numbered: one an id that was not seen before."""
        number = len(self._conversations) + 1
        if self._state[codes.NEXT] == number:
            return
        row = 0
        while number < self._state[codes.NEXT]:
            # numbers go up by one in the order of the rows
            while (
                table.cell(row, codes.CONVERSATION) != number
                or table.cell(row, codes.KIND) != codes.FRAME
            ):
                row += 1
            start = table.cell(row, codes.AT)
            head = bytes(table.data[start : table.cell(row, codes.BODY)])
            self._conversations.begin(DeviceId.of_watch(head[: head.index(b"*")]))
            number += 1


@final
class BracketFramer:
    """Frames of one TCP stream.  ``receive`` bytes, then take ``events`` (or ``tables``).

    Live (the default), a stream that begins as another protocol or encrypted raises FramingLost,
    now and at every later call, and an end inside a frame raises TruncatedStream.  With
    ``resync``, for dumps, neither happens: what is no frame is rejected or skipped.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        resync: bool = False,
        conversations: Conversations | None = None,
        rows: int = 64,
    ) -> None:
        self._resync = resync
        self._conversations = conversations if conversations is not None else Conversations()
        self._scan = BracketScan(
            limits=limits or Limits(), resync=resync, mixed=False,
            conversations=self._conversations, bench=Workbench(rows),
        )  # fmt: skip
        self._buffer = Buffer()
        self._looked = 0  # bytes kept that hold nothing which would end the wait
        self._eof = False
        self._ended: FramingLost | TruncatedStream | None = None

    def __repr__(self) -> str:
        return f"BracketFramer({self._buffer.size} bytes buffered)"

    @property
    def needed(self) -> int:
        """Bytes to come before anything can be said; exact once a length has been read.

        A frame of which another's head comes before its own end is told earlier.
        """
        if not self._scan.exact:
            return 1
        return max(0, self._scan.needed - self._buffer.size)

    def receive(self, data: bytes | memoryview) -> None:
        """Take bytes of the stream: immutable, and kept without a copy."""
        if self._eof:
            raise ValueError("the stream has ended")
        before = self._buffer.size
        self._buffer.append(data)
        if not self._scan.looking or before != self._looked or before == self._buffer.size:
            return
        if self._buffer.size >= self._scan.needed:
            return  # what was waited for is there: it is scanned anyway
        if not self._scan.look(self._buffer.last()):
            self._looked = self._buffer.size

    def receive_eof(self) -> None:
        """Say that the stream has ended."""
        self._eof = True

    def pause(self) -> Iterator[FrameTable]:
        """Say that nothing more came for a while, and take what that lets tell, as ``tables``.

        What waits for the length that it announced, and ends in a bracket, is taken as it is.
        """
        if self._ended is not None:
            raise self._ended
        yield from self.tables()
        whole = self._buffer.joined()
        if bytes(whole).rstrip(_BLANKS).endswith(b"]"):
            yield from self._tables(eof=True)

    def tables(self) -> Iterator[FrameTable]:
        """What the bytes hold, as tables of events; each is valid until the next is asked for.

        Raises FramingLost or TruncatedStream where the framer is live.
        """
        if self._ended is not None:
            raise self._ended
        yield from self._tables(eof=self._eof)

    def _tables(self, *, eof: bool) -> Iterator[FrameTable]:
        buffer, scan = self._buffer, self._scan
        while buffer.size:
            if eof:
                data = buffer.joined()
            elif scan.looking and buffer.size > self._looked:
                # twice as much each time, so that looking again costs no more than looking
                data = buffer.front(min(buffer.size, max(scan.needed, 2 * self._looked)))
            elif buffer.size >= scan.needed:
                data = buffer.front(scan.needed)
            else:
                break
            table = scan.scan(data, buffer.base, eof=eof)
            self._stop(table, eof=eof)
            self._looked = len(data) - scan.consumed
            del data
            buffer.consume(scan.consumed)
            if table.rows:
                yield table
            if self._ended is not None:
                raise self._ended

    def _stop(self, table: FrameTable, *, eof: bool) -> None:
        """Take a live stream's last event off the table where it is the end of all."""
        if self._resync or not table.others or not table.rows:
            return
        kind = table.cell(table.rows - 1, codes.KIND)
        if kind not in (codes.LOST, codes.REJECTED):
            return
        last = table.rejected(table.rows - 1)
        if kind == codes.LOST:
            self._ended = FramingLost(last.code, offset=last.offset)
        elif last.code is ErrorCode.TRUNCATED and eof and self._scan.needed > 1:
            self._ended = TruncatedStream(
                offset=last.offset, buffered=last.size, needed=self._scan.needed
            )
        else:
            return
        table.rows -= 1
        table.others -= 1

    def events(self) -> Iterator[Event]:
        """What the bytes hold, one object an event."""
        for table in self.tables():
            yield from watch_events(table, self._conversations)


def watch_events(table: FrameTable, conversations: Conversations) -> Iterator[Event]:
    """The rows of a table of a bracket scan, one object an event."""
    for row in range(table.rows):
        kind = table.cell(row, codes.KIND)
        if kind == codes.FRAME:
            yield Frame(
                codes.BRACKET, 1, envelope_of(table, row, conversations), table.body(row),
                table.base + table.cell(row, codes.OFFSET), table.cell(row, codes.SIZE),
                table.notes(row),
            )  # fmt: skip
        elif kind == codes.REJECTED:
            yield table.rejected(row)
        else:
            yield table.skipped(row)
