"""Trips of made-up devices: where each is at each step, how fast, which way, and what it has driven.

A device waits, goes somewhere, waits there, and goes back the same way: so it never strays from its
made-up home, and every step follows from its number.  Everything is integer arithmetic on whole
columns, so that the same seed gives the same trips on every platform.

Between two records a device moves by the later one's speed, in the later one's course, for one
interval, on a sphere of 6,371 km.  Ignition is on from a record before it starts to one after it
stands; it moves where its speed is over 0.  Some waits are in a garage, without a fix.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from gpsproto.build.draws import Bits, Draws, Ints, below

Trip = Literal["driving", "walking", "mixed"]

LONGEST_INTERVAL_MS = 3_600_000
EARTH_RADIUS_M = 6_371_000

_TRIG_BITS = 14
_MOVE_BITS = 24
_E7_PER_M = 360e7 / (2 * math.pi * EARTH_RADIUS_M)
_E7_PER_MOVE = round(_E7_PER_M / 3_600 * (1 << _MOVE_BITS))  # of a km/h that lasts a ms
_QUARTER = [round(math.sin(math.radians(n)) * (1 << _TRIG_BITS)) for n in range(91)]
_HALF = _QUARTER + _QUARTER[89:0:-1]
_SIN = np.array(_HALF + [-value for value in _HALF], np.int64)  # exactly odd: the way back closes
_COS = np.roll(_SIN, -90)
_PER_DEGREE = 16
_SECANT = np.array(
    [
        round((1 << _TRIG_BITS) / math.cos(math.radians((n + 0.5) / _PER_DEGREE)))
        for n in range(85 * _PER_DEGREE)
    ],
    np.int64,
)

_KNOT = 6  # steps between two points that speed, course and height are drawn for
_LEAST_CYCLE = 12
_WAIT_AT_FIRST = 8
_OF_A_TOWN = 50  # devices that live in one made-up town
_STYLES = np.array([(12, 52), (25, 85), (55, 128), (3, 6)], np.int64)  # km/h between stops
_WALKING = 3
_ODD = 0x9E3779B1


@dataclass(frozen=True, slots=True)
class Motion:
    """What devices do at steps: columns of shape (devices, steps).

    Degrees are in 1e-7, the course in whole degrees from north, ``odometer_m`` from a start that is
    drawn.  ``seeds`` are 32 random bits for each; ``device`` is of shape (devices, 1).
    """

    device: Ints
    time_ms: Ints
    longitude_e7: Ints
    latitude_e7: Ints
    altitude_m: Ints
    course_deg: Ints
    satellites: Ints
    speed_kmh: Ints
    ignition: Ints
    moving: Ints
    ignition_changes: Ints
    odometer_m: Ints
    trip_m: Ints
    seeds: npt.NDArray[np.uint32]

    def frames(self, records: int, *, by_time: bool) -> Motion:
        """The same with a row for each frame of ``records`` records.

        ``by_time``: the first frames of all devices come first, else all frames of the first device.
        """
        device, *columns = (getattr(self, name) for name in self.__slots__)
        count, steps = columns[0].shape
        found = [column.reshape(count, steps // records, records) for column in columns]
        owner = np.repeat(device, steps // records, axis=1)
        if by_time:
            owner, found = owner.T, [column.transpose(1, 0, 2) for column in found]
        return Motion(owner.reshape(-1, 1), *(column.reshape(-1, records) for column in found))

    def row(self, row: int) -> Motion:
        """One row of it."""
        return Motion(*(getattr(self, name)[row : row + 1] for name in self.__slots__))

    def noise(self, salt: int, limit: int) -> Ints:
        """Whole numbers under ``limit`` (at most 65,535), others for each salt."""
        word = (self.seeds * np.uint32(_ODD + 2 * salt)) >> np.uint32(16)
        return np.asarray((word * np.uint32(limit) >> np.uint32(16)).view(np.int32))


@dataclass(frozen=True, slots=True)
class _Way:
    """Where in its cycle of waiting and going a device is."""

    pair: Ints
    back: npt.NDArray[np.bool_]
    length: Ints  # steps of the way
    place: Ints  # of the way out, 1 to length: what this step has gone; 0 at home
    going: npt.NDArray[np.bool_]
    phase: Ints
    wait: Ints
    cycle: Ints
    drawn: Bits


class Trips:
    """The trips of devices ``first`` to ``first + count``, taken step by step.

    ``begins_ms`` is when each device makes its first record, in ms since 1970 (UTC).
    """

    def __init__(
        self,
        draws: Draws,
        first: int,
        count: int,
        *,
        trip: Trip,
        begins_ms: Ints,
        interval_ms: int,
    ) -> None:
        if not 0 < interval_ms <= LONGEST_INTERVAL_MS:
            raise ValueError("an interval is 1 ms to an hour")
        self._draws = draws
        self._first = first
        self._interval_ms = interval_ms
        self._begins_ms = begins_ms
        device = np.arange(first, first + count)
        self._style = self._styles(device, trip)
        # minutes of waiting and going; as steps, the same for every trip of a device
        minutes = 20 + below(draws("cycle", device), 0, 60)
        self._cycle = np.maximum(_LEAST_CYCLE, minutes * 60_000 // interval_ms)
        wait = self._cycle - _length(draws("way", device, np.zeros_like(device)), self._cycle)
        early = np.minimum(below(draws("begin", device), 0, 2 * _WAIT_AT_FIRST), wait)
        self._shift = wait - np.maximum(0, early - _WAIT_AT_FIRST)
        self._latitude, self._longitude = self._homes(device)
        self._height = below(draws("height", device // _OF_A_TOWN), 0, 400)
        self._odometer = 1_000 * below(draws("odometer", device), 0, 65_000)
        self._trip = np.zeros_like(device)

    def _styles(self, device: Ints, trip: Trip) -> Ints:
        drawn = self._draws("style", device)
        driving = below(drawn, 0, _WALKING)
        if trip == "driving":
            return driving
        walks = np.full_like(device, _WALKING)
        return walks if trip == "walking" else np.where(below(drawn, 1, 2), walks, driving)

    def _homes(self, device: Ints) -> tuple[Ints, Ints]:
        """Latitudes and longitudes: a town somewhere, over land or sea, and a place in it."""
        town, drawn = self._draws("town", device // _OF_A_TOWN), self._draws("home", device)
        fine = below(drawn, 2, 1_000), below(drawn, 3, 1_000)
        latitude = (below(town, 0, 1_000) - 500) * 1_000_000 + below(drawn, 0, 3_000) * 1_000
        longitude = (below(town, 1, 3_000) - 1_500) * 1_000_000 + below(drawn, 1, 3_000) * 1_000
        return latitude + fine[0], longitude + fine[1]

    def go(self, first: int, count: int, step: int, steps: int) -> Motion:
        """The next ``steps`` of ``count`` devices from ``first`` on, which have made ``step``."""
        some = slice(first - self._first, first - self._first + count)
        device = np.arange(first, first + count)[:, None]
        step_of = np.arange(step, step + steps)[None, :]
        way = self._way(device, some, step_of)
        speed, course, rise = self._drive(device, some, way)
        latitude, longitude = self._places(some, speed, course)
        metres = speed * self._interval_ms // 3_600
        odometer = self._odometer[some, None] + np.cumsum(metres, axis=1)
        self._odometer[some] = odometer[:, -1]
        bits = self._draws("step", device, step_of)
        garage = ~way.going & (below(way.drawn, 2, np.where(way.back, 6, 12)) == 0)
        around = way.going | (way.phase == way.wait - 1) | ((way.phase == 0) & (way.cycle > 0))
        changes = (way.phase == way.wait - 1) | ((way.phase == 1) & (way.cycle > 0))
        return Motion(
            device,
            self._begins_ms[some, None] + step_of * self._interval_ms,
            longitude,
            latitude,
            self._height[some, None] + rise,
            np.where(speed > 0, course, 0),
            np.where(garage, 0, 6 + below(bits, 0, 9)),
            speed,
            around.astype(np.int64),
            (speed > 0).astype(np.int64),
            changes.astype(np.int64),
            odometer,
            self._since_start(some, metres, way),
            (bits >> np.uint64(32)).astype(np.uint32),
        )

    def _way(self, device: Ints, some: slice, step: Ints) -> _Way:
        length_of_cycle = self._cycle[some, None]
        cycle, phase = np.divmod(step + self._shift[some, None], length_of_cycle)
        pair, back = cycle >> 1, (cycle & 1).astype(bool)
        drawn = self._draws("way", device, pair)
        length = _length(drawn, length_of_cycle)
        wait = length_of_cycle - length
        gone = phase - wait + 1
        going = gone > 0
        place = np.where(back, length + 1 - gone, gone)
        place = np.where(going, place, np.where(back, length, 0))
        return _Way(pair, back, length, place, going, phase, wait, cycle, drawn)

    def _drive(self, device: Ints, some: slice, way: _Way) -> tuple[Ints, Ints, Ints]:
        """Speed, course and height over home; back they are those of the way out."""
        at = np.maximum(way.place - 1, 0)
        knot, after = np.divmod(at, _KNOT)
        here = self._draws("knot", device, (way.pair << 20) + knot)
        there = self._draws("knot", device, (way.pair << 20) + knot + 1)

        def between(one: Ints, other: Ints) -> Ints:
            return np.asarray((one * (_KNOT - after) + other * after) // _KNOT)

        slow, fast = (_STYLES[self._style[some], n][:, None] for n in (0, 1))

        def speed_at(knot: Bits) -> Ints:
            stands = below(knot, 3, 10) == 0  # a crossing, a light
            return np.where(stands, 0, slow + below(knot, 0, fast - slow + 1))

        ramp = np.minimum(np.minimum(at + 1, way.length - at), 3)
        speed = between(speed_at(here), speed_at(there)) * ramp // 3
        speed = np.where(way.going, speed, 0)
        heading = below(way.drawn, 1, 360)
        course = heading + between(below(here, 1, 140), below(there, 1, 140)) - 70
        course = (course + np.where(way.back, 180, 0)) % 360
        rise = between(below(here, 2, 60), below(there, 2, 60)) * np.minimum(way.place, 6) // 6
        return speed, course, rise

    def _places(self, some: slice, speed: Ints, course: Ints) -> tuple[Ints, Ints]:
        move = speed * (self._interval_ms * _E7_PER_MOVE)
        north = _shifted(move * _COS[course], _MOVE_BITS + _TRIG_BITS)
        before = self._latitude[some, None]
        latitude = before + np.cumsum(north, axis=1)
        # at the middle of the step, so that the way back takes the same
        middle = np.abs(2 * latitude - north) * (_PER_DEGREE // 2) // 10_000_000
        east = _shifted(move * _SIN[course], _MOVE_BITS + _TRIG_BITS) * _SECANT[middle]
        longitude = self._longitude[some, None] + np.cumsum(_shifted(east, _TRIG_BITS), axis=1)
        self._latitude[some], self._longitude[some] = latitude[:, -1], longitude[:, -1]
        return latitude, longitude

    def _since_start(self, some: slice, metres: Ints, way: _Way) -> Ints:
        """Metres since the last start: a running sum that begins anew where a way begins."""
        total = self._trip[some, None] + np.cumsum(metres, axis=1)
        begins = way.going & (way.phase == way.wait)
        before = np.maximum.accumulate(np.where(begins, total - metres, 0), axis=1)
        found = total - before
        self._trip[some] = found[:, -1]
        return np.asarray(found)


def _length(drawn: Bits, cycle: Ints) -> Ints:
    """Steps of a way there: a quarter to three quarters of the cycle."""
    return cycle // 4 + below(drawn, 0, cycle // 2)


def _shifted(value: Ints, bits: int) -> Ints:
    """Divide by a power of two, rounding both signs alike."""
    return np.asarray(np.sign(value) * ((np.abs(value) + (1 << (bits - 1))) >> bits))
