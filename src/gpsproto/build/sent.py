"""What devices send to a server, read by read: logins, frames, and what went wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import numpy.typing as npt

from gpsproto.build import faults, teltonika, watch
from gpsproto.build.draws import Ints
from gpsproto.build.faults import Chosen

Read = bytes | None
"""Bytes that came at once; None: the connection ended, and the next read is of a new one."""

_ID = "1111111111"


@dataclass(slots=True)
class Counts:
    """What was written: of the frames ``bad_crc`` and ``truncated`` cannot be decoded.

    ``repeated`` frames were sent twice, and stand once in ``frames``; ``links`` are the first
    messages of watches, as ``logins`` are of trackers.  ``noise_bytes`` belong to no frame,
    ``clock_errors`` are records.
    """

    frames: int = 0
    records: int = 0
    logins: int = 0
    links: int = 0
    bytes: int = 0
    bad_crc: int = 0
    truncated: int = 0
    repeated: int = 0
    split: int = 0
    noise: int = 0
    noise_bytes: int = 0
    clock_errors: int = 0
    records_lost: int = 0  # of damaged frames
    records_repeated: int = 0
    frames_checked: int = 0  # made again by construct, and decoded

    @property
    def frames_intact(self) -> int:
        """Frames that a decoder finds: repeated ones twice, damaged ones not, links too."""
        return self.frames + self.links + self.repeated - self.bad_crc - self.truncated

    @property
    def records_intact(self) -> int:
        """Records in them."""
        return self.records + self.links + self.records_repeated - self.records_lost

    def as_dict(self) -> dict[str, int]:
        """The counts by name."""
        return {one.name: getattr(self, one.name) for one in fields(self)}


@dataclass(slots=True)
class Sent:
    """A lot of frames in the order in which they are sent; columns are of the frames.

    ``starts`` are their first bytes in ``data``, and where the last one ends.  ``number`` counts the
    frames of each device from 0, ``ends_us`` is when its last record was made (us since 1970).
    ``damageable`` says between which bytes a change spoils nothing but the CRC; None without one.
    """

    data: bytes
    starts: list[int]
    device: Ints
    number: Ints
    names: list[str]
    ends_us: Ints
    closes: npt.NDArray[np.bool_]
    records: int
    is_watch: bool
    is_datagrams: bool
    happens: Chosen
    damageable: tuple[int, int] | None
    more: bool = False
    """Whether more is to come of the same stretch of time."""

    def __len__(self) -> int:
        return len(self.names)

    def frame(self, row: int) -> bytes:
        """A frame as it was meant to be sent."""
        return self.data[self.starts[row] : self.starts[row + 1]]

    @property
    def special(self) -> Iterator[tuple[int, list[Read]]]:
        """The frames that do not come alone and whole, and what comes instead, in their order."""
        rows = self.happens.any
        if not self.is_datagrams:
            rows = rows | (self.number == 0)
        return ((row, self.reads(row)) for row in np.flatnonzero(rows).tolist())

    def reads(self, row: int) -> list[Read]:
        """All that comes of a frame: what stands before it, the frame as it comes, and again."""
        found: list[Read] = []
        if self.number[row] == 0 and not self.is_datagrams:
            found.append(self.opening(row))
        happens, frame, bits = self.happens, self.frame(row), int(self.happens.bits[row])
        if happens.noise[row]:
            found.append(faults.noise(bits))
        if happens.truncated[row]:
            found.append(faults.cut(frame, bits >> 3))
            if not self.is_datagrams:
                found.append(None)
                if not self.is_watch:
                    found.append(self.opening(row))
            return found
        if happens.bad_crc[row] and self.damageable is not None:
            frame = faults.damaged(frame, *self.damageable, bits)
        found += faults.pieces(frame, bits >> 5) if happens.split[row] else [frame]
        if happens.duplicates[row]:
            found.append(frame)
        return found

    def opening(self, row: int) -> bytes:
        """What a device says first: its login, or a watch's sign of life."""
        name = self.names[row]
        return (
            _link().replace(_ID.encode(), name.encode()) if self.is_watch else teltonika.login(name)
        )

    def count(self, counts: Counts) -> None:
        """Add all that is in it."""

        def many(marks: npt.NDArray[np.bool_]) -> int:
            return int(np.count_nonzero(marks))

        happens = self.happens
        bad, cut, twice = map(many, (happens.bad_crc, happens.truncated, happens.duplicates))
        openings = 0 if self.is_datagrams else many(self.number == 0)
        counts.frames += len(self)
        counts.records += len(self) * self.records
        counts.bad_crc += bad
        counts.truncated += cut
        counts.repeated += twice
        counts.records_lost += (bad + cut) * self.records
        counts.records_repeated += twice * self.records
        counts.split += many(happens.split & ~happens.truncated)
        if self.is_watch:
            counts.links += openings
        elif not self.is_datagrams:
            counts.logins += openings + cut
        noisy = happens.bits[happens.noise].tolist()
        counts.noise += len(noisy)
        counts.noise_bytes += sum(len(faults.noise(bits)) for bits in noisy)


@cache
def _link() -> bytes:
    return watch.link(_ID, 0, 0, 90)
