"""What goes wrong on the way to a server, at rates: drawn by the frame, so that a seed says it all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from gpsproto.build.draws import Draws, Ints, under

_DAY_MS = 86_400_000
_NEVER_SET_MS = 946_684_800_000  # 2000-01-01, where many clocks begin
_ROLLOVER_MS = 1_024 * 7 * _DAY_MS  # GPS weeks have ten bits
_NOISE = bytes(range(0x80, 0xFF))  # opens no frame of either protocol, and is no keep-alive
_LONGEST_NOISE = 24
_MOST_CUTS = 3
_LEAST_HEAD = 12  # of a frame that breaks off: its length has come


@dataclass(frozen=True, slots=True)
class Faults:
    """How often each goes wrong, between 0 and 1.

    ``bad_crc``, ``truncated``, ``duplicates`` and ``noise`` are of frames, and a frame has one of
    them at most: a bit is wrong; the connection ends inside it, and the device logs in again; it is
    sent twice; bytes of nobody stand before it.  What is damaged is not sent again.  The first frame
    of a device has none of them and the last one is not cut, so that no login is taken for part of
    a frame where one device follows another in a file.
    ``clock_errors`` is of records: a clock that was never set, or lost 1,024 weeks.  ``split`` is of
    frames, which then come in several reads.
    """

    bad_crc: float = 0.0
    truncated: float = 0.0
    duplicates: float = 0.0
    noise: float = 0.0
    clock_errors: float = 0.0
    split: float = 0.0

    def __post_init__(self) -> None:
        if not all(0 <= getattr(self, one.name) <= 1 for one in fields(self)):
            raise ValueError("a rate lies between 0 and 1")
        if round(self.bad_crc + self.truncated + self.duplicates + self.noise, 9) > 1:
            raise ValueError("a frame has one fault at most: their rates add up to more than 1")


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which of some frames something happens to, as columns, and bits that say how."""

    bad_crc: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    duplicates: npt.NDArray[np.bool_]
    noise: npt.NDArray[np.bool_]
    split: npt.NDArray[np.bool_]
    bits: npt.NDArray[np.uint64]

    @property
    def any(self) -> npt.NDArray[np.bool_]:
        """Where anything does."""
        return self.bad_crc | self.truncated | self.duplicates | self.noise | self.split


def chosen(
    faults: Faults, draws: Draws, devices: Ints, frames: Ints, last: npt.NDArray[np.bool_]
) -> Chosen:
    """Draw what happens to the frames with these numbers of these devices; ``last``: of each."""
    one_of, later = draws("fault", devices, frames), frames > 0
    rates = np.cumsum([faults.bad_crc, faults.truncated, faults.duplicates, faults.noise])
    bad, cut, twice, noisy = (under(one_of, float(rate)) & later for rate in rates)
    return Chosen(
        bad, cut & ~bad & ~last, twice & ~cut, noisy & ~twice,
        under(draws("split", devices, frames), faults.split), draws("detail", devices, frames),
    )  # fmt: skip


def clocks(faults: Faults, draws: Draws, devices: Ints, times_ms: Ints, steps: Ints) -> Ints:
    """Times of records as the devices' clocks show them."""
    if not faults.clock_errors:
        return times_ms
    wrong = under(draws("clock", devices, steps), faults.clock_errors)
    never = draws("never set", devices, steps) >> np.uint64(63) == 1
    shown = np.where(never, _NEVER_SET_MS + times_ms % _DAY_MS, times_ms - _ROLLOVER_MS)
    return np.where(wrong, shown, times_ms)


def damaged(frame: bytes, first: int, stop: int, bits: int) -> bytes:
    """A frame with one bit wrong, between two places."""
    place, bit = first + bits % (stop - first), bits >> 32 & 7
    return frame[:place] + bytes([frame[place] ^ 1 << bit]) + frame[place + 1 :]


def cut(frame: bytes, bits: int) -> bytes:
    """The beginning of a frame that breaks off."""
    least = min(_LEAST_HEAD, len(frame) - 1)
    return frame[: least + bits % (len(frame) - least)]


def noise(bits: int) -> bytes:
    """Bytes that belong to no frame."""
    count = 1 + bits % _LONGEST_NOISE
    return bytes(_NOISE[(bits >> 5 * place % 57) % len(_NOISE)] for place in range(count))


def pieces(frame: bytes, bits: int) -> Sequence[bytes]:
    """A frame as several reads, cut at random places."""
    count = 1 + bits % _MOST_CUTS
    cuts = {1 + (bits >> 16 * n & 0xFFFF) % (len(frame) - 1) for n in range(count)}
    places = [0, *sorted(cuts), len(frame)]
    return [frame[start:stop] for start, stop in pairwise(places)]
