"""A dump in which frames of Teltonika devices and of watches may follow each other.

Two scans take turns over one buffer.  A byte that opens no frame of one protocol is the other's
where that protocol begins there: a zero byte between a watch's frames; a watch's head, a blank, or
what names a variant of the watch protocol, where no Teltonika frame begins.  What is neither stays
with the scan that met it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import final

from gpsproto.identity import Conversations, DeviceId
from gpsproto.walk import codes
from gpsproto.wire.bracket import BracketScan, watch_events
from gpsproto.wire.buffer import Buffer
from gpsproto.wire.frame import WATCH, Event, FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_tcp import TcpScan, tracker_events
from gpsproto.wire.workbench import Workbench

_BARE = rb"\*[0-9A-Za-z]{1,20}\*[0-9A-Fa-f]{4}\*"
_HEAD = rb"\[(?:[0-9A-Fa-f]{32}[0-9A-Za-z]{2,4}|[0-9A-Za-z]{2})" + _BARE
_OF_A_WATCH = re.compile(_HEAD + rb"|\xffAQSH")
_BETWEEN_FRAMES = re.compile(
    rb"[ \t\r\n]|IWAP|(?:[0-9A-Fa-f]{32}[0-9A-Za-z]{2,4}|[0-9A-Za-z]{2})" + _BARE
)
_AT_START = re.compile(rb"xx|yy")


@final
class StreamFramer:
    """Frames of a dump of streams of either kind.  ``receive`` bytes, then take ``tables``.

    It goes on at the next intact frame, and the bytes between are rejected or skipped.  ``device``
    is who speaks where no login says so.  ``bench`` is what many framers of one run share; else it
    has one of its own, for ``rows`` events at once.
    """

    __slots__ = (
        "_buffer", "_conversations", "_eof", "_found", "_horizon", "_looked", "_needed", "_own",
        "_trackers", "_watch", "_watches",
    )  # fmt: skip

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        conversations: Conversations | None = None,
        device: DeviceId | None = None,
        rows: int = 64,
        bench: Workbench | None = None,
    ) -> None:
        bench = bench if bench is not None else Workbench(rows)
        self._conversations = conversations if conversations is not None else Conversations()
        self._trackers = TcpScan(
            limits=limits or Limits(), resync=True, conversations=self._conversations,
            device=device, bench=bench,
        )  # fmt: skip
        self._watches = BracketScan(
            limits=limits or Limits(), resync=True, mixed=True,
            conversations=self._conversations, bench=bench,
        )  # fmt: skip
        self._watch = False  # whose turn it is
        self._buffer = Buffer()
        self._needed = 1
        self._looked = 0  # bytes kept that hold nothing which would end the wait
        self._horizon = 0  # offsets: before this one nothing of a watch begins ...
        self._found = -1  # ... and here something does
        self._own = -1  # here a tracker's scan goes on, whatever it is
        self._eof = False

    def __repr__(self) -> str:
        return f"StreamFramer({self._buffer.size} bytes buffered)"

    @property
    def needed(self) -> int:
        """Bytes to come before anything can be said."""
        if self._watch and not self._watches.exact:
            return 1
        return max(0, self._needed - self._buffer.size)

    def receive(self, data: bytes | memoryview) -> None:
        """Take bytes of the dump: immutable, and kept without a copy."""
        if self._eof:
            raise ValueError("the dump has ended")
        before = self._buffer.size
        self._buffer.append(data)
        if not self._looking or before != self._looked or before == self._buffer.size:
            return
        if self._buffer.size >= self._needed:
            return  # what was waited for is there: it is scanned anyway
        if not self._watches.look(self._buffer.last()):
            self._looked = self._buffer.size

    def receive_eof(self) -> None:
        """Say that the dump has ended."""
        self._eof = True

    @property
    def buffered(self) -> int:
        """Bytes that wait for more."""
        return self._buffer.size

    @property
    def place(self) -> tuple[int, int]:
        """How far the stream is told, and the conversation that it is in: for ``go_on``."""
        return self._buffer.base, self._trackers.current

    def go_on(self, offset: int, conversation: int) -> None:
        """Begin anew at an offset of the stream, behind bytes that are missing, with who spoke.

        What came before must be told: ``receive_eof``, then ``tables``.
        """
        self._buffer = Buffer()
        self._buffer.base = offset
        self._trackers.current = conversation
        self._trackers.mode = codes.IN_STREAM if offset else codes.AT_START
        self._watch = self._eof = False
        self._needed = 1
        self._looked = self._horizon = 0
        self._found = self._own = -1

    def join(self) -> None:
        """Make one piece of what waits and what came: a scan less, where little came."""
        self._buffer.joined()

    def detach(self) -> None:
        """Copy what waits for more, so that the chunk that it came in may go."""
        self._buffer.detach()

    @property
    def _looking(self) -> bool:
        return self._watch and self._watches.looking

    def tables(self) -> Iterator[FrameTable]:
        """What the bytes hold, as tables of events; each is valid until the next is asked for."""
        buffer = self._buffer
        while buffer.size:
            if self._eof:
                data = buffer.joined()
            elif self._looking and buffer.size > self._looked:
                # twice as much each time, so that looking again costs no more than looking
                data = buffer.front(min(buffer.size, max(self._needed, 2 * self._looked)))
            elif buffer.size >= self._needed:
                data = buffer.front(self._needed)
            else:
                break
            table = self._of_watches(data) if self._watch else self._of_trackers(data)
            scan = self._watches if self._watch else self._trackers
            self._looked = len(data) - scan.consumed
            self._needed = scan.needed
            self._turn(data, scan.consumed)
            del data
            buffer.consume(scan.consumed)
            if table.rows:
                yield table

    def _of_watches(self, data: memoryview) -> FrameTable:
        return self._watches.scan(data, self._buffer.base, eof=self._eof)

    def _of_trackers(self, data: memoryview) -> FrameTable:
        base = self._buffer.base
        return self._trackers.scan(
            data, base, eof=self._eof, horizon=max(0, self._horizon - base),
            found=self._found == self._horizon, own=self._own == base,
        )  # fmt: skip

    def _turn(self, data: memoryview, at: int) -> None:
        """Let the other scan go on from byte ``at`` where what stands there is its own."""
        if self._watch:
            if self._watches.mode == codes.ELSEWHERE:
                self._watch = False
                self._trackers.mode = codes.IN_STREAM
                self._needed = 1
            return
        if not self._trackers.asks:
            return
        left = len(data) - at
        if left < codes.LONGEST_HEAD and not self._eof:
            self._needed = codes.LONGEST_HEAD
            return
        offset = self._buffer.base + at
        if _OF_A_WATCH.match(data, at) or self._between(data, at, offset):
            self._watch = True
            self._watches.mode = codes.IN_STREAM if offset else codes.AT_START
            self._needed = 1
        elif self._look_out(data, at + 1) or self._eof or left >= self._needed:
            self._own = offset
            self._needed = 1

    def _between(self, data: memoryview, at: int, offset: int) -> bool:
        """Whether a watch's variant, or a blank, stands where a frame of a tracker should."""
        if self._trackers.mode == codes.SEARCHING:
            return False
        if not offset and _AT_START.match(data, at):
            return True
        return _BETWEEN_FRAMES.match(data, at) is not None

    def _look_out(self, data: memoryview, at: int) -> bool:
        """Move the horizon to where something of a watch begins, or as far as can be told."""
        base = self._buffer.base
        if self._found >= base + at:
            self._horizon = self._found
            return True
        found = _OF_A_WATCH.search(data, max(at, self._horizon - base))
        if found is not None:
            self._found = self._horizon = base + found.start()
            return True
        last = len(data) if self._eof else len(data) - codes.LONGEST_HEAD + 1
        self._horizon = max(self._horizon, base + last)
        return False

    def events(self) -> Iterator[Event]:
        """What the bytes hold, one object an event."""
        for table in self.tables():
            events = watch_events if table.protocol == WATCH else tracker_events
            yield from events(table, self._conversations)
