"""Less detail, deterministically: a grid for places, steps for times, bounds for numbers, and for
counters what they have grown since the day began.

Noise averages away: a hundred reports of one house give the house.  The middle of a cell does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.int64]

METRES_PER_DEGREE = 111_194.926_644_558_73
"""Of latitude, on a sphere of the mean radius 6,371,008.8 m (IUGG)."""

_E7 = 10_000_000
_HALF, _TURN = 90 * _E7, 360 * _E7
_MOST = (1 << 63) - 1
_COUNTERS = 1 << 18  # counters whose last value is remembered: a subject's element on a day


def grid(
    latitudes_e7: npt.NDArray[np.int32], longitudes_e7: npt.NDArray[np.int32], grid_m: int
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
    """The middle of the cell that each place lies in; degrees times 10^7, as they came.

    Bands of latitude are at least ``grid_m`` high, and each is cut into cells at least as wide,
    measured along its middle: so cells are about as large anywhere, a band at a pole is few cells,
    and the cell at 180 degrees is one on both sides.
    """
    bands = max(1, int(180 * METRES_PER_DEGREE / grid_m))
    band = (latitudes_e7.astype(np.int64) + _HALF) * bands // (2 * _HALF)
    band = np.minimum(band, bands - 1)  # the pole itself
    middle = (band + 0.5) * (180 / bands) - 90
    around = 360 * METRES_PER_DEGREE * np.cos(np.radians(middle))
    cells = np.maximum(1, (around / grid_m).astype(np.int64))
    east = (longitudes_e7.astype(np.int64) + _TURN // 2) % _TURN
    cell = east * cells // _TURN
    longitude = (2 * cell + 1) * _TURN // (2 * cells) - _TURN // 2
    return np.rint(middle * _E7).astype(np.int32), longitude.astype(np.int32)


def floored(times_ms: Array, step_ms: int) -> Array:
    """Times rounded down to a step, counted from 1970-01-01 (UTC)."""
    return times_ms - times_ms % step_ms


def bucketed(values: npt.NDArray[np.float64], bounds: Sequence[float]) -> npt.NDArray[np.float64]:
    """The greatest bound that is not above each value; the least for what lies below all."""
    found = np.searchsorted(np.array(bounds), values, side="right") - 1
    return np.array(bounds, np.float64)[np.maximum(found, 0)]


class Growth:
    """What counters have grown since the first record of the day (UTC), for each subject.

    Counted is what rises above the highest that was seen, from the day's first value that is not 0:
    a counter that is read while its source is off says 0, one that begins anew or comes out of order
    is below its peak, and neither may show its height.  What is remembered is bounded; a counter that
    is forgotten begins again.
    """

    __slots__ = ("_last",)

    def __init__(self) -> None:
        # the day's first value, and its highest
        self._last: OrderedDict[tuple[int, int, str, int], tuple[int, int]] = OrderedDict()

    def of(
        self, element: tuple[int, int], whose: Sequence[tuple[str, int]],
        places: npt.NDArray[np.unsignedinteger[Any]], values: Array,
    ) -> Array:  # fmt: skip
        """What each value, in the order of the records, is above the first of its subject's day.

        ``whose[places]`` says subject and day of each.
        """
        if not len(values):
            return values
        alone = len(whose) == 1 or bool((places == places[0]).all())
        order = None if alone else np.argsort(places, kind="stable")
        lined = values if order is None else values[order]
        groups = places[:1] if order is None else places[order]
        starts = (
            np.flatnonzero(np.diff(groups, prepend=groups[0] + 1)) if order is not None else [0]
        )
        bounds = [*map(int, starts), len(lined)]
        grown_by = np.zeros(len(lined), np.int64)
        for start, stop in pairwise(bounds):
            key = *element, *whose[int(groups[start])]
            some = lined[start:stop]
            known = self._last.get(key)
            if known is None:
                begun = np.flatnonzero(some)
                if not len(begun):
                    continue
                known = int(some[begun[0]]), int(some[begun[0]])
            first, peak = known
            peaks = np.maximum(np.maximum.accumulate(np.where(some == 0, first, some)), peak)
            # as unsigned, for the whole span of a number of 8 bytes does not fit a signed one
            above = peaks.view(np.uint64) - np.array(first).view(np.uint64)
            grown_by[start:stop] = np.minimum(above, np.uint64(_MOST)).view(np.int64)
            self._last[key] = first, int(peaks[-1])
            self._last.move_to_end(key)
        while len(self._last) > _COUNTERS:
            self._last.popitem(last=False)
        if order is None:
            return grown_by
        out = np.empty(len(lined), np.int64)
        out[order] = grown_by
        return out

    def __repr__(self) -> str:
        return f"Growth({len(self._last)} counters)"
