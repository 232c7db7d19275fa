"""Teltonika over UDP: channel packets, one or several a datagram.

| offset | bytes | field |
|---|---|---|
| 0 | 2 | bytes after this field |
| 2 | 2 | channel packet id |
| 4 | 1 | packet type, not usable |
| 5 | 1 | AVL packet id |
| 6 | 2 | number of IMEI digits |
| 8 | 15 | IMEI |
| 23 | 1 | codec id |
| 24 | 1 | number of records |
| 25 | | records |
| end | 1 | number of records again |

There is no preamble and no CRC.  Rejected: an IMEI or a length that does not fit, differing counts.
Source: the vendor's protocol page "Teltonika Data Sending Protocols".
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from typing import final

from gpsproto.identity import Conversations
from gpsproto.walk import codes
from gpsproto.walk.datagrams import scan_udp
from gpsproto.wire.buffer import Buffer
from gpsproto.wire.frame import Envelope, Event, Frame, FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.workbench import Workbench


@final
class UdpFramer:
    """Packets of datagrams.  ``receive`` one datagram a call; what is wrong ends its datagram.

    With ``resync`` the bytes are a file of datagrams back to back, cut anywhere.  ``bench`` is what
    many framers of one run share.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        resync: bool = False,
        conversations: Conversations | None = None,
        rows: int = 64,
        bench: Workbench | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._resync = resync
        self._conversations = conversations if conversations is not None else Conversations()
        self._datagrams: list[memoryview] = []
        self._buffer = Buffer()
        self._state = array("q", [0] * codes.STATE_SIZE)
        self._bench = bench if bench is not None else Workbench(rows)
        self._eof = False
        self._needed = 1

    def __repr__(self) -> str:
        return f"UdpFramer({self._buffer.size} bytes buffered)"

    @property
    def needed(self) -> int:
        """Bytes to come before anything can be said; 0 between datagrams."""
        return max(0, self._needed - self._buffer.size) if self._resync else 0

    def receive(self, data: bytes | memoryview) -> None:
        """Take a datagram (or, with ``resync``, bytes of a file): immutable, kept without a copy."""
        if self._eof:
            raise ValueError("the input has ended")
        if self._resync:
            self._buffer.append(data)
        else:
            self._datagrams.append(memoryview(data))

    def receive_eof(self) -> None:
        """Say that nothing more comes."""
        self._eof = True

    def tables(self) -> Iterator[FrameTable]:
        """What the bytes hold, as tables of events; each is valid until the next is asked for."""
        if not self._resync:
            waiting, self._datagrams = self._datagrams, []
            for datagram in waiting:
                self._buffer.append(datagram)
                yield from self._scan(eof=True)
            return
        yield from self._scan(eof=self._eof)

    def _scan(self, *, eof: bool) -> Iterator[FrameTable]:
        while self._buffer.size and (eof or self._buffer.size >= self._needed):
            data = self._buffer.joined() if eof else self._buffer.front(self._needed)
            state, events = self._state, self._bench.events
            state[codes.POSITION] = 0
            scan_udp(data, eof, self._resync, self._limits.table, events, state)
            consumed = state[codes.POSITION]
            self._needed = state[codes.NEEDED]
            table = FrameTable(
                data, events, state[codes.FOUND], self._buffer.base, state[codes.OTHERS]
            )
            for row in table.where(codes.FRAME):
                start = table.cell(row, codes.OFFSET) + 8
                digits = bytes(data[start : table.cell(row, codes.BODY)])
                number = self._conversations.of_datagram(digits)
                events[row * codes.STRIDE + codes.CONVERSATION] = number
            size = len(data)
            del data
            self._buffer.consume(consumed)
            if table.rows:
                yield table
            if not consumed and self._needed <= size:
                break

    def events(self) -> Iterator[Event]:
        """What the bytes hold, one object an event."""
        for table in self.tables():
            for row in range(len(table)):
                kind = table.cell(row, codes.KIND)
                if kind == codes.FRAME:
                    yield self._frame(table, row)
                elif kind == codes.REJECTED:
                    yield table.rejected(row)
                else:
                    yield table.skipped(row)

    def _frame(self, table: FrameTable, row: int) -> Frame:
        at = table.cell(row, codes.OFFSET)
        number = table.cell(row, codes.CONVERSATION)
        packet_ids = ((table.data[at + 2] << 8) | table.data[at + 3], table.data[at + 5])
        return Frame(
            table.cell(row, codes.CODEC),
            table.cell(row, codes.COUNT),
            Envelope(self._conversations.device(number), number, packet_ids),
            table.body(row),
            table.base + at,
            table.cell(row, codes.SIZE),
        )
