"""TCP segments of one direction, put into order.

Segments come in batches, within which their order says nothing.  What was sent twice is taken once.
What lies behind a gap waits for it to be filled, up to a limit; then the gap is told and passed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, final

AHEAD = 16 << 20
"""Bytes: what is farther from where the stream stands is no part of it."""

HELD = 256 << 10
"""Bytes that wait for a gap to be filled, with what it costs to hold each segment."""

COST = 160
"""Bytes that holding a segment takes, beside its own."""

_TURN = 1 << 32
_LATE = 1 << 16  # bytes that what comes late may be late


class Segment(NamedTuple):
    """Payload of a packet; ``whole`` is its size when it was sent, of which a part may be captured."""

    sequence: int
    data: bytes | memoryview
    whole: int


class Run(NamedTuple):
    """Bytes in order, and how many are missing right before them."""

    lost: int
    data: bytes


def distance(sequence: int, origin: int) -> int:
    """Bytes from one sequence number to another, which wrap around; negative where it is before."""
    return (sequence - origin + _TURN // 2) % _TURN - _TURN // 2


@final
class Reassembly:
    """One direction of a conversation.

    ``next`` is the sequence number of the next byte; None before any is known.  ``held`` is what
    holding the segments behind gaps takes.  ``strays`` are segments that are no part of the stream.
    """

    __slots__ = ("_waiting", "held", "next", "start", "strays")

    def __init__(self) -> None:
        self._waiting: Sequence[Segment] = ()
        self.held = 0
        self.next: int | None = None
        self.start = 0
        self.strays: Sequence[Segment] = ()

    def __repr__(self) -> str:
        return f"Reassembly({self.held} bytes held)"

    def begin(self, sequence: int) -> bool:
        """Say what the first byte's number is; False where the stream cannot have begun there."""
        if self.next is not None:
            # told late, as captures do that are out of order; else it is another stream's
            return 0 <= distance(self.start, sequence) < _LATE
        self.next = self.start = sequence % _TURN
        return True

    def take(self, segments: Iterable[Segment], *, flush: bool = False) -> list[Run]:
        """The bytes that can be told with these segments; with ``flush`` no gap is waited for.

        Nor is one where a segment was cut off when it was captured: it will not come whole.
        """
        batch = list(segments)
        if self.next is None:
            if not batch:
                return []
            near = (distance(segment.sequence, batch[0].sequence) for segment in batch)
            first = min(away for away in near if abs(away) <= AHEAD)
            self.next = self.start = (batch[0].sequence + first) % _TURN
        passing = flush or any(segment.whole > len(segment.data) for segment in batch)
        placed = []
        strays = []
        for segment in (*self._waiting, *batch):
            away = distance(segment.sequence, self.next)
            if abs(away) <= AHEAD:
                placed.append((away, segment.data))
            elif len(segment.data):
                strays.append(segment._replace(data=bytes(segment.data)))
        if strays:
            self.strays = [*self.strays, *strays]
        placed.sort(key=lambda one: one[0])
        return self._runs(placed, passing)

    def _runs(self, placed: list[tuple[int, bytes | memoryview]], passing: bool) -> list[Run]:
        """Lead the segments, which are in order, into runs; keep what waits."""
        assert self.next is not None
        runs: list[Run] = []
        parts: list[bytes | memoryview] = []
        at = lost = 0
        left = sum(len(data) + COST for _, data in placed)
        self._waiting, self.held = (), 0
        for index, (away, data) in enumerate(placed):
            end = away + len(data)
            if end > at:
                if away > at:
                    if not passing and left <= HELD:
                        self._hold(placed[index:])
                        break
                    if parts:
                        runs.append(Run(lost, b"".join(parts)))
                        parts = []
                    lost, at = away - at, away
                parts.append(data[at - away :])
                at = end
            left -= len(data) + COST
        if parts:
            runs.append(Run(lost, b"".join(parts)))
        self.next = (self.next + at) % _TURN
        return runs

    def _hold(self, placed: list[tuple[int, bytes | memoryview]]) -> None:
        """Keep segments behind a gap, and none that others hold already."""
        assert self.next is not None
        covered = 0
        waiting = []
        for away, data in placed:
            if away + len(data) > covered:
                covered = away + len(data)
                waiting.append(Segment((self.next + away) % _TURN, bytes(data), len(data)))
                self.held += len(data) + COST
        self._waiting = waiting
