"""Frames as stamps: built once by the codecs' own grammars, then struck with other canaries.

A builder takes about a millisecond a frame; a stamp takes microseconds for as many frames as are
wanted, as whole columns of canaries go into a table of copies.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from gpsproto.checksum import crc16
from gpsproto.prove.canaries import Pool, lengths

Array = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an identifier can hide: a field, and the row of the leak surface that it is of."""

    field: str
    row: str

    def __str__(self) -> str:
        return f"{self.field} ({self.row})"


@dataclass(frozen=True, slots=True)
class Hole:
    """Bytes of a stamp that are a canary's: its kind, in which form, and the place."""

    start: int
    size: int
    kind: str
    form: str
    place: Place


@dataclass(frozen=True, slots=True)
class Stamp:
    """A unit of a dump, with holes.  ``frames`` are those in it; ``checks`` say where a CRC of four
    bytes stands behind the bytes from one offset to another."""

    data: bytes
    holes: tuple[Hole, ...]
    checks: tuple[tuple[int, int], ...] = ()
    frames: int = 1

    def struck(
        self, count: int, pools: dict[str, Pool], random_: np.random.Generator, groups: Groups
    ) -> list[bytes]:
        """So many copies, each with canaries of its own."""
        table = np.tile(np.frombuffer(self.data, np.uint8), (count, 1))
        for hole in self.holes:
            pool = pools[hole.kind]
            chosen = groups.of(hole.place, hole.kind, len(pool), random_, count)
            table[:, hole.start : hole.start + hole.size] = pool.column(hole.form)[chosen]
        if not self.checks:
            return [row.tobytes() for row in table]
        made = []
        for row in table:
            whole = row.tobytes()
            for start, end in self.checks:
                whole = b"".join(
                    (whole[:end], crc16(whole[start:end]).to_bytes(4, "big"), whole[end + 4 :])
                )
            made.append(whole)
        return made


class Groups:
    """Which canaries a place is given, so that a find says where it came in."""

    def __init__(self) -> None:
        self._numbers: dict[str, dict[Place, int]] = {}
        self.here: dict[str, set[Place]] = {}
        """By kind, the places that the frames at hand have."""

    @property
    def count(self) -> int:
        """How many places there are."""
        return len({place for places in self._numbers.values() for place in places})

    def of(
        self, place: Place, kind: str, size: int, random_: np.random.Generator, count: int
    ) -> npt.NDArray[np.int64]:
        """Indices into the pool of a kind for so many frames."""
        places = self._numbers.setdefault(kind, {})
        number = places.setdefault(place, len(places))
        self.here.setdefault(kind, set()).add(place)
        step = self.step(size)
        first = number % step
        return first + step * random_.integers(0, (size - first + step - 1) // step, count)

    @staticmethod
    def step(size: int) -> int:
        """Into how many groups a pool is parted: each has a few canaries."""
        return max(1, size // 2)

    def places(self, kind: str, index: int, size: int) -> list[Place]:
        """Where a canary may have come in, of the places that the frames at hand have."""
        step = self.step(size)
        numbers = self._numbers.get(kind, {})
        return sorted(
            (p for p in self.here.get(kind, ()) if numbers[p] % step == index % step), key=str
        )


@dataclass(slots=True)
class Draft:
    """What a stamp is made from: placeholders go into a builder, and are found in what it builds."""

    random: random.Random
    _waiting: list[tuple[bytes, str, str, Place]] = field(default_factory=list)

    def hole(self, kind: str, form: str, place: Place, alphabet: bytes = b"") -> bytes:
        """A placeholder of the size of a form; letters of an alphabet where not any byte may be."""
        size = lengths(kind, form)
        letters = alphabet or bytes(range(1, 127))
        data = bytes(self.random.choices(letters, k=size))
        if form in _SHAPED:
            data = _SHAPED[form](data)
        self._waiting.append((data, kind, form, place))
        return data

    def number(self, kind: str, form: str, place: Place) -> int:
        """The same, for a builder that takes an integer."""
        return int.from_bytes(self.hole(kind, form, place), "big")

    def stamp(
        self, data: bytes, checks: Sequence[tuple[int, int]] = (), frames: int = 1
    ) -> Stamp | None:
        """The stamp of what was built; None where a placeholder stands there twice, by accident."""
        holes = []
        for placeholder, kind, form, place in self._waiting:
            start = data.find(placeholder)
            if start < 0 or data.find(placeholder, start + 1) >= 0:
                return None
            holes.append(Hole(start, len(placeholder), kind, form, place))
        return Stamp(data, tuple(holes), tuple(checks), frames)


def _as_mac(data: bytes) -> bytes:
    return data[:6].hex(":").encode()


# what a grammar checks has its form before it has its value
_SHAPED: dict[str, Callable[[bytes], bytes]] = {
    "mac": _as_mac,
    "MAC": lambda data: _as_mac(data).upper().replace(b":", b"-"),
    "degrees": lambda data: data[:2] + b"." + data[3:],
}

_TRIES = 20


def drafted(random_: random.Random, build: Callable[[Draft], Stamp | None]) -> Stamp:
    """A stamp from a function that fills a draft."""
    for _ in range(_TRIES):
        made = build(Draft(random_))
        if made is not None:
            return made
    raise RuntimeError("no stamp could be built: a placeholder is not in the frame")
