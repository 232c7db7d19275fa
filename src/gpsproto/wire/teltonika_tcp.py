"""Teltonika over TCP: login, keep-alive, frames of preamble, length, body and CRC-16/ARC.

| offset | bytes | field |
|---|---|---|
| 0 | 4 | preamble, zero |
| 4 | 4 | length of the data field |
| 8 | 1 | codec id |
| 9 | 1 | number of records |
| 10 | | records |
| 7 + length | 1 | number of records again |
| 8 + length | 4 | CRC-16/ARC over the data field; upper half zero |

A login is a 16-bit length and that many IMEI digits; a lone 0xFF is a keep-alive.
Rejected: a CRC, padding or second count that does not fit, a length under 3 or over the limit.
Source: the vendor's protocol pages "Codec" and "Teltonika Data Sending Protocols".
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import final

from gpsproto.checksum import powers, tables
from gpsproto.errors import ErrorCode, FramingLost, TruncatedStream
from gpsproto.identity import Conversations, DeviceId
from gpsproto.walk import codes
from gpsproto.walk.frames import scan_tcp
from gpsproto.wire.buffer import Buffer
from gpsproto.wire.frame import Envelope, Event, Frame, FrameTable, Handshake
from gpsproto.wire.limits import Limits
from gpsproto.wire.workbench import Workbench


@final
class TcpScan:
    """One scan after another over the bytes of a stream.

    After ``scan``, ``consumed`` bytes are done with; ``needed`` must stand from there on before the
    next.
    """

    __slots__ = (
        "_bench", "_conversations", "_current", "_device", "_limits", "_powers", "_resync",
        "_state", "_tables", "consumed", "needed",
    )  # fmt: skip

    def __init__(
        self,
        *,
        limits: Limits,
        resync: bool,
        conversations: Conversations,
        device: DeviceId | None,
        bench: Workbench,
    ) -> None:
        self._limits = limits.table
        self._tables, self._powers = tables(), powers()
        self._bench = bench
        self._resync = resync
        self._conversations = conversations
        self._device = device
        self._current = 0
        self._state = array("q", [0] * codes.STATE_SIZE)
        self.consumed = 0
        self.needed = 1

    def __repr__(self) -> str:
        return "TcpScan()"

    @property
    def mode(self) -> int:
        """What the scan is about, see ``walk.codes``."""
        return self._state[codes.MODE]

    @mode.setter
    def mode(self, mode: int) -> None:
        self._state[codes.MODE] = mode

    @property
    def current(self) -> int:
        """The conversation that frames belong to; 0 before there is one."""
        return self._current

    @current.setter
    def current(self, number: int) -> None:
        self._current = number

    @property
    def asks(self) -> bool:
        """Whether the last scan stopped because it must know its next horizon."""
        return self._state[codes.HORIZON] == codes.ASKED

    def scan(
        self,
        data: memoryview,
        base: int,
        *,
        eof: bool,
        horizon: int = codes.PURE,
        found: bool = False,
        own: bool = False,
    ) -> FrameTable:
        """Scan from the first byte on; ``base`` is its offset in the stream.

        In a mixed dump nothing of a watch begins before ``horizon``; ``found``: something does
        there.  ``own``: what the data begin with is no watch's, though it opens no frame.
        """
        bench = self._bench
        prefixes = bench.scratch(len(data)) if self._resync else bench.prefixes
        state, events = self._state, bench.events
        state[codes.POSITION] = 0
        state[codes.CURRENT] = self._current
        state[codes.NEXT] = len(self._conversations) + 1
        state[codes.HORIZON] = horizon
        state[codes.HORIZON_FOUND] = found
        state[codes.OWN] = own
        scan_tcp(
            data, eof, self._resync, self._limits, self._tables, self._powers,
            prefixes, events, state,
        )  # fmt: skip
        self.consumed = state[codes.POSITION]
        self.needed = state[codes.NEEDED]
        table = FrameTable(data, events, state[codes.FOUND], base, state[codes.OTHERS])
        self._begin(table)
        return table

    def _begin(self, table: FrameTable) -> None:
        """Begin the conversations that the scan numbered: logins, and frames before any login."""
        begun = self._state[codes.NEXT] - 1 - len(self._conversations)
        if not begun:
            return
        logins = table.where(codes.HANDSHAKE) if table.others else []
        if begun > len(logins):
            self._conversations.begin(self._device)
        for row in logins:
            start = table.cell(row, codes.OFFSET) + 2
            digits = bytes(table.data[start : start + table.cell(row, codes.SIZE) - 2])
            self._conversations.begin(DeviceId(digits))
        self._current = self._state[codes.CURRENT]


@final
class TcpFramer:
    """Frames of one TCP stream.  ``receive`` bytes, then take ``events`` (or ``tables``).

    Live (the default), a stream that cannot go on raises FramingLost, now and at every later call,
    and an end inside a frame raises TruncatedStream.  With ``resync``, for dumps, neither happens:
    the framer goes on at the next intact frame, and the bytes between are rejected or skipped.
    ``device`` is who speaks where no login says so.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        resync: bool = False,
        conversations: Conversations | None = None,
        device: DeviceId | None = None,
        rows: int = 64,
    ) -> None:
        self._resync = resync
        self._conversations = conversations if conversations is not None else Conversations()
        self._scan = TcpScan(
            limits=limits or Limits(), resync=resync, conversations=self._conversations,
            device=device, bench=Workbench(rows),
        )  # fmt: skip
        self._buffer = Buffer()
        self._eof = False
        self._ended: FramingLost | TruncatedStream | None = None

    def __repr__(self) -> str:
        return f"TcpFramer({self._buffer.size} bytes buffered)"

    @property
    def needed(self) -> int:
        """Bytes to come before anything can be said; exact once a length has been read."""
        return max(0, self._scan.needed - self._buffer.size)

    def receive(self, data: bytes | memoryview) -> None:
        """Take bytes of the stream: immutable, and kept without a copy."""
        if self._eof:
            raise ValueError("the stream has ended")
        self._buffer.append(data)

    def receive_eof(self) -> None:
        """Say that the stream has ended."""
        self._eof = True

    def tables(self) -> Iterator[FrameTable]:
        """What the bytes hold, as tables of events; each is valid until the next is asked for.

        Raises FramingLost or TruncatedStream where the framer is live.
        """
        if self._ended is not None:
            raise self._ended
        buffer, scan = self._buffer, self._scan
        while buffer.size and (self._eof or buffer.size >= scan.needed):
            data = buffer.joined() if self._eof else buffer.front(scan.needed)
            table = scan.scan(data, buffer.base, eof=self._eof)
            self._stop(table)
            size = len(data)
            del data
            buffer.consume(scan.consumed)
            if table.rows:
                yield table
            if self._ended is not None:
                raise self._ended
            if not scan.consumed and scan.needed <= size:
                break

    def _stop(self, table: FrameTable) -> None:
        """Take a live stream's last event off the table where it is the end of all."""
        if self._resync or not table.others:
            return
        kind = table.cell(table.rows - 1, codes.KIND)
        if kind not in (codes.LOST, codes.REJECTED):
            return
        last = table.rejected(table.rows - 1)
        if kind == codes.LOST:
            self._ended = FramingLost(last.code, offset=last.offset)
        elif last.code is ErrorCode.TRUNCATED:
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
            yield from tracker_events(table, self._conversations)


def tracker_events(table: FrameTable, conversations: Conversations) -> Iterator[Event]:
    """The rows of a table of a TCP scan, one object an event."""
    for row in range(table.rows):
        found = table.row(row)
        kind, number = found[codes.KIND], found[codes.CONVERSATION]
        offset, size = table.base + found[codes.OFFSET], found[codes.SIZE]
        if kind == codes.FRAME:
            envelope = Envelope(conversations.device(number), number, None)
            yield Frame(
                found[codes.CODEC], found[codes.COUNT], envelope, table.body(row), offset, size
            )
        elif kind == codes.HANDSHAKE:
            device = conversations.device(number)
            assert device is not None
            yield Handshake(device, number, offset, size)
        elif kind == codes.REJECTED:
            yield table.rejected(row)
        else:
            yield table.skipped(row)
