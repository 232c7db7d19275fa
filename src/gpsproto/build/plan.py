"""Who of a fleet makes which frames, and in which order they come: blocks of devices by frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

BLOCK_BYTES = 1 << 20
"""Bytes of frames that are made at once: they stay in a core's cache."""

_TURN = 16  # devices of one kind whose frames follow each other, where there are two kinds


@dataclass(frozen=True, slots=True)
class Squad:
    """Devices of one kind: their numbers from ``first`` on, and the frames that they make together.

    ``short`` is how many records the last frame of the last device holds.
    """

    first: int
    devices: int
    frames: int
    records: int  # of a frame
    short: int
    is_watch: bool

    @classmethod
    def of_frames(
        cls, first: int, devices: int, frames: int, records: int, *, is_watch: bool
    ) -> Squad:
        """All frames are full."""
        return cls(first, devices, frames, records, records, is_watch)

    @classmethod
    def of_records(
        cls, first: int, devices: int, records: int, per_frame: int, *, is_watch: bool
    ) -> Squad:
        """The last frame holds what is left."""
        frames = -(-records // per_frame)
        return cls(first, devices, frames, per_frame, records - (frames - 1) * per_frame, is_watch)

    @property
    def total(self) -> int:
        """Records."""
        return (self.frames - 1) * self.records + self.short if self.frames else 0

    def frames_of(self, device: int) -> int:
        """Frames of one device; those of the lowest numbers may make one more."""
        each, more = divmod(self.frames, self.devices)
        return each + (device - self.first < more)

    def shares(self) -> Iterator[tuple[int, int, int]]:
        """Devices from one number to another (exclusive), and the frames that each of them makes."""
        each, more = divmod(self.frames, self.devices)
        if more:
            yield self.first, self.first + more, each + 1
        if each:
            yield self.first + more, self.first + self.devices, each

    @property
    def most(self) -> int:
        """Frames of the first device: no other makes more."""
        return -(-self.frames // self.devices)


@dataclass(frozen=True, slots=True)
class Block:
    """Frames ``frame`` to ``frame + frames`` of each of ``devices`` devices from ``device`` on."""

    squad: Squad
    device: int
    devices: int
    frame: int
    frames: int
    records: int
    by_time: bool


def one_after_another(squads: list[Squad], bytes_of: dict[Squad, int]) -> Iterator[Block]:
    """All frames of a device, then those of the next; sixteen devices of each kind take turns."""
    turn = _TURN if len(squads) > 1 else max(squad.devices for squad in squads)
    for each in zip_longest(*(_by_device(squad, bytes_of[squad], turn) for squad in squads)):
        for blocks in each:
            yield from blocks or ()


def at_once(squads: list[Squad], bytes_of: dict[Squad, int]) -> Iterator[list[Block]]:
    """What all devices make in a while, then what they make in the next; a list a while."""
    steps = max(squad.records for squad in squads)
    a_step = sum(squad.devices * bytes_of[squad] / squad.records for squad in squads)
    steps *= max(1, int(BLOCK_BYTES / a_step / steps))
    last = max(squad.most * squad.records for squad in squads)
    for step in range(0, last, steps):
        found: list[Block] = []
        for squad in squads:
            first, stop = step // squad.records, (step + steps) // squad.records
            found += _by_time(squad, first, min(stop, squad.most), bytes_of[squad])
        yield found


def _by_device(squad: Squad, size: int, turn: int) -> Iterator[Iterator[Block]]:
    """The blocks of each turn, which is of so many devices."""
    last = squad.first + squad.devices
    for first in range(squad.first, last, turn):
        yield _in_turn(squad, first, min(first + turn, last), size)


def _in_turn(squad: Squad, first: int, stop: int, size: int) -> Iterator[Block]:
    """Devices that make as many frames each, as blocks."""
    room = max(1, BLOCK_BYTES // size)
    for begin, end, frames in squad.shares():
        count = max(1, room // frames)
        for device in range(max(begin, first), min(end, stop), count):
            some = min(count, min(end, stop) - device)
            for frame in range(0, frames, room):
                upto = min(room, frames - frame)
                yield from _cut(squad, device, some, frame, upto, by_time=False)


def _by_time(squad: Squad, first: int, stop: int, size: int) -> Iterator[Block]:
    """Some frames of all devices; who makes one more has it in a block of its own."""
    each, more = divmod(squad.frames, squad.devices)
    room = max(1, BLOCK_BYTES // size)
    for frame, end, devices in (
        (first, min(stop, each), squad.devices), (max(first, each), stop, more)
    ):  # fmt: skip
        if frame >= end or not devices:
            continue
        count = max(1, room // (end - frame))
        for device in range(0, devices, count):
            some = min(count, devices - device)
            yield from _cut(squad, squad.first + device, some, frame, end - frame, by_time=True)


def _cut(
    squad: Squad, device: int, devices: int, frame: int, frames: int, *, by_time: bool
) -> Iterator[Block]:
    """A block; the short frame at the very end, and what comes with it, in blocks apart."""
    last = squad.first + squad.devices - 1
    full = squad.records
    ends = device + devices - 1 == last and frame + frames == squad.frames_of(last)
    if not ends or squad.short == full:
        yield Block(squad, device, devices, frame, frames, full, by_time)
        return
    final = frame + frames - 1
    if by_time:
        if frames > 1:
            yield Block(squad, device, devices, frame, frames - 1, full, by_time)
        if devices > 1:
            yield Block(squad, device, devices - 1, final, 1, full, by_time)
    else:
        if devices > 1:
            yield Block(squad, device, devices - 1, frame, frames, full, by_time)
        if frames > 1:
            yield Block(squad, last, 1, frame, frames - 1, full, by_time)
    yield Block(squad, last, 1, final, 1, squad.short, by_time)
