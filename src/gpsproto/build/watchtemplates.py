"""Positions of watches in bulk: the builder makes one frame, numpy writes digits into copies.

A frame of the template has every number as long as it gets.  Behind that leading zeros are taken
out, as a watch writes none, and the length in the head is that of what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from gpsproto.build.draws import Ints
from gpsproto.build.layouts import Layout
from gpsproto.build.templates import Bytes, differing
from gpsproto.build.trips import Motion
from gpsproto.build.watch import Cell, Position, Wifi, position

WORD = "UD_LTE"

_ID = "1111111111"
_ONES = 1_321_009_871_000  # 2011-11-11T11:11:11Z, every digit a 1
_OTHERS = 1_582_156_800_000  # 2020-02-20T00:00:00Z, none of them
_NETWORKS: dict[Layout, tuple[int, int]] = {
    "basic": (1, 0), "fleet": (1, 2), "obd": (1, 2), "wide": (3, 5),
}  # fmt: skip
_HEXADECIMAL = np.frombuffer(b"0123456789abcdef", np.uint8)
_PER_DAY = 86_400
_SEEN = "02:00:00:"  # hardware addresses that no maker gives


@dataclass(frozen=True, slots=True)
class Number:
    """A number of a frame: the places of its digits, and how many stand before the point.

    Leading zeros are written where ``fixed``.
    """

    at: list[int]
    whole: int
    value: Callable[[Motion], Ints]
    base: int = 10
    fixed: bool = False


class WatchTemplate:
    """Positions of one layout, which says how many cells and Wi-Fi networks are seen."""

    records = 1

    def __init__(self, layout: Layout) -> None:
        self._cells, self._wifi = _NETWORKS[layout]
        self._widest = self._base()
        self._frame = position(_ID, WORD, self._widest)
        self._id_at = differing(self._frame, position("2" * 10, WORD, self._widest))
        content = self._frame.index(b"*", self._id_at[-1] + 2) + 1
        self._length_at = range(content - 5, content - 1)
        self._around = content + 1  # bytes that the length does not count
        self._letters: list[tuple[int, bytes, Callable[[Motion], npt.NDArray[np.bool_]]]] = [
            (self._place(valid=False), b"VA", lambda motion: motion.satellites > 0),
            (
                self._place(latitude=-self._number(11_111_111, 6)),
                b"SN", lambda motion: motion.latitude_e7 >= 0,
            ),
            (
                self._place(longitude=-self._number(111_111_111, 6)),
                b"WE", lambda motion: motion.longitude_e7 >= 0,
            ),
        ]  # fmt: skip
        self._numbers = [*self._numbers_of_a_fix(), *self._numbers_around()]

    @staticmethod
    def _number(value: int, decimals: int) -> Decimal:
        return Decimal(int(value)).scaleb(-decimals)

    def _base(self) -> Position:
        """A position whose every digit is a 1."""
        number = self._number
        return Position(
            _ONES, True, number(11_111_111, 6), number(111_111_111, 6),
            speed_kmh=number(1_111, 1), course_deg=number(1_111, 1), altitude_m=111,
            satellites=11, signal_percent=11, battery_percent=11, steps=111_111, rolls=0,
            status=0, cells=[_cell(11_111, 111_111, 11)] * self._cells, timing_advance=1,
            wifi=[Wifi(b"made up", f"{_SEEN}11:11:11", -11)] * self._wifi,
            accuracy_m=number(111, 1) if self._wifi else None,
        )  # fmt: skip

    def _places(self, **changed: object) -> list[int]:
        """Where the bytes stand that another value changes."""
        other = replace(self._widest, **changed)  # type: ignore[arg-type]
        return differing(self._frame, position(_ID, WORD, other))

    def _place(self, **changed: object) -> int:
        (at,) = self._places(**changed)
        return at

    def _numbers_of_a_fix(self) -> Iterator[Number]:
        when = self._places(time_ms=_OTHERS)
        yield Number(when[:6], 6, _date, fixed=True)
        yield Number(when[6:], 6, _clock, fixed=True)
        number = self._number
        for name, highest, decimals, value in (
            ("latitude", 22_222_222, 6, lambda motion: abs(motion.latitude_e7) // 10),
            ("longitude", 122_222_222, 6, lambda motion: abs(motion.longitude_e7) // 10),
            ("speed_kmh", 2_222, 1, lambda motion: 10 * motion.speed_kmh),
            ("course_deg", 2_222, 1, lambda motion: 10 * motion.course_deg),
            ("altitude_m", 222, 0, lambda motion: motion.altitude_m),
            ("satellites", 22, 0, lambda motion: motion.satellites),
            ("signal_percent", 22, 0, lambda motion: 60 + motion.noise(1, 40)),
            ("battery_percent", 22, 0, lambda motion: 30 + motion.noise(2, 70)),
            ("steps", 222_222, 0, _steps),
        ):
            at = self._places(**{name: number(highest, decimals)})
            if name == "longitude":  # 222 degrees would be none
                at = [at[0] - 1, *at]
            yield Number(at, len(at) - decimals, value)

    def _numbers_around(self) -> Iterator[Number]:
        """What cells and Wi-Fi networks say."""
        for n in range(self._cells):
            for field, value in enumerate((_area(n), _tower(n), _signal(10 + n, 50, 40))):
                cells = list(self._widest.cells or ())
                parts = [11_111, 111_111, 11]
                parts[field] *= 2
                cells[n] = _cell(*parts)
                at = self._places(cells=cells)
                yield Number(at, len(at), value)
        for n in range(self._wifi):
            wifi = list(self._widest.wifi or ())
            wifi[n] = replace(wifi[n], bssid=f"{_SEEN}22:22:22")
            yield Number(self._places(wifi=wifi), 6, _address(n), base=16, fixed=True)
            wifi[n] = replace(self._widest.wifi[n], signal_dbm=-22)  # type: ignore[index]
            yield Number(self._places(wifi=wifi), 2, _signal(20 + n, 40, 50))
        if self._wifi:
            yield Number(self._places(accuracy_m=self._number(222, 1)), 2, _accuracy)

    @property
    def size(self) -> int:
        """Bytes of the longest frame."""
        return len(self._frame)

    def written(self, motion: Motion, ids: Sequence[str], _: Ints) -> tuple[bytes, Ints]:
        """Frames of the motion's records, one behind the other, and the bytes of each."""
        count = len(motion.time_ms)
        # by column: a digit of all frames is written in one go
        columns = np.empty((self.size, count), np.uint8)
        columns[:] = np.frombuffer(self._frame, np.uint8)[:, None]
        kept = np.ones((self.size, count), np.bool_)
        spelt = np.frombuffer("".join(ids).encode(), np.uint8).reshape(count, 10)
        for place, at in enumerate(self._id_at):
            columns[at] = spelt[:, place]
        for at, letters, chosen in self._letters:
            columns[at] = np.where(chosen(motion)[:, 0], letters[1], letters[0])
        for number in self._numbers:
            _write(columns, kept, number, number.value(motion)[:, 0])
        lengths = kept.sum(axis=0)
        rest = lengths - self._around
        for at in reversed(self._length_at):
            rest, digit = rest >> 4, rest & 15
            columns[at] = np.where(digit > 9, 55 + digit, 48 + digit)
        return columns.T[kept.T].tobytes(), lengths

    def meant(self, motion: Motion, row: int) -> Position:
        """What the frame says, by its row in the motion."""
        one = motion.row(row)
        values = iter([int(number.value(one)[0, 0]) for number in self._numbers])
        _, _ = next(values), next(values)
        number = self._number
        latitude, longitude = (number(next(values), 6) for _ in range(2))
        north, east = one.latitude_e7[0, 0] >= 0, one.longitude_e7[0, 0] >= 0
        return Position(
            int(one.time_ms[0, 0]) // 1_000 * 1_000, bool(one.satellites[0, 0] > 0),
            latitude, longitude, "N" if north else "S", "E" if east else "W",
            number(next(values), 1), number(next(values), 1), next(values), next(values),
            next(values), next(values), next(values), rolls=0, status=0,
            cells=[_cell(next(values), next(values), next(values)) for _ in range(self._cells)],
            timing_advance=1,
            wifi=[
                Wifi(b"made up", _spelt(next(values)), -next(values)) for _ in range(self._wifi)
            ],
            accuracy_m=number(next(values), 1) if self._wifi else None,
        )  # fmt: skip

    def by_construct(self, motion: Motion, row: int, id: str, _: int) -> bytes:
        """The same frame, made by the builder from typed values."""
        return position(id, WORD, self.meant(motion, row))


def _write(columns: Bytes, kept: npt.NDArray[np.bool_], number: Number, value: Ints) -> None:
    """Write digits, the last one first, and mark leading zeros as not kept."""
    rest = value.astype(np.uint32)
    base = np.uint32(number.base)
    for at in reversed(number.at):
        upper = rest // base
        digit = (rest - upper * base).astype(np.uint8)
        columns[at] = _HEXADECIMAL[digit] if number.base > 10 else digit + 48
        rest = upper
    if number.fixed:
        return
    leading = np.ones(len(value), np.bool_)
    for at in number.at[: number.whole - 1]:
        leading &= columns[at] == 48
        kept[at] = ~leading


def _cell(area: int, tower: int, signal: int) -> Cell:
    return Cell(999, "99", area, tower, signal)


def _spelt(address: int) -> str:
    return _SEEN + address.to_bytes(3, "big").hex(":")


def _date(motion: Motion) -> Ints:
    """Day, month and year, two digits each: the civil date of a day, counted from 1 March of 0."""
    days = motion.time_ms // (1_000 * _PER_DAY) + 719_468
    era, day = np.divmod(days, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    of_year = day - (365 * year + year // 4 - year // 100)
    month = (5 * of_year + 2) // 153
    of_month = of_year - (153 * month + 2) // 5 + 1
    civil = np.where(month < 10, month + 3, month - 9)
    short = (year + 400 * era + (civil <= 2)) % 100
    return np.asarray(10_000 * of_month + 100 * civil + short)


def _clock(motion: Motion) -> Ints:
    seconds = motion.time_ms // 1_000 % _PER_DAY
    return np.asarray(10_000 * (seconds // 3_600) + 100 * (seconds // 60 % 60) + seconds % 60)


def _steps(motion: Motion) -> Ints:
    return np.minimum(motion.trip_m * 4 // 3, 999_999)


def _accuracy(motion: Motion) -> Ints:
    return 50 + motion.noise(3, 600)


def _area(cell: int) -> Callable[[Motion], Ints]:
    return lambda motion: 4_410 + motion.device // 50 % 40_000 + cell + 0 * motion.speed_kmh


def _tower(cell: int) -> Callable[[Motion], Ints]:
    return lambda motion: 20_000 + cell * 4_096 + motion.noise(30 + cell, 512)


def _signal(salt: int, least: int, span: int) -> Callable[[Motion], Ints]:
    return lambda motion: least + motion.noise(salt, span)


def _address(network: int) -> Callable[[Motion], Ints]:
    return lambda motion: (network << 16) + motion.noise(40 + network, 4_096)
