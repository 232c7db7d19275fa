"""How long a record may be kept: calendar arithmetic in UTC, rounded down to the day.

Three months are at least 89 days.  Without a receive time the anchor is the event time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

_DAY_MS = 86_400_000
_PERIOD = re.compile(r"P(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,5})D)?(?:T(\d{1,5})H)?", re.ASCII)
_LEAST_DAYS = (0, 28, 59, 89, 120, 150, 181, 212, 242, 273, 303, 334)  # of n months in a row
_LAST_DAY = np.datetime64("9999-12-31", "D")  # the last that a calendar date can say
_TABLE = 4_096  # days a batch may span and still be looked up rather than sorted


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """An ISO 8601 duration of whole months, days and hours (``P3M``, ``P7D``, ``PT72H``)."""

    months: int
    days: int

    @classmethod
    def parse(cls, text: str) -> Period | None:
        """Read a duration; None where it is not one, or is empty.  Hours are rounded down to days."""
        found = _PERIOD.fullmatch(text)
        if found is None:
            return None
        years, months, days, hours = (int(part or 0) for part in found.groups())
        if not (years or months or days or hours):
            return None
        return cls(12 * years + months, days + hours // 24)

    @property
    def least_days(self) -> int:
        """The fewest days it can last, to compare periods by: a quarter has at least 89."""
        years, months = divmod(self.months, 12)
        return 365 * years + _LEAST_DAYS[months] + self.days

    def expiry(self, days: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
        """The day on which records of these days (since 1970-01-01) expire."""
        dates = days.astype("datetime64[D]")
        if self.months:
            months = dates.astype("datetime64[M]")
            into = (dates - months.astype("datetime64[D]")).astype(np.int64)
            target = months + np.timedelta64(self.months, "M")
            first = target.astype("datetime64[D]")
            length = ((target + np.timedelta64(1, "M")).astype("datetime64[D]") - first).astype(
                np.int64
            )
            # 30 November and three months is the last day of February, not a day in March
            dates = first + np.minimum(into, length - 1).astype("timedelta64[D]")
        expires: npt.NDArray[Any] = np.minimum(dates + np.timedelta64(self.days, "D"), _LAST_DAY)
        return expires


class Horizon:
    """When the first of some periods ends: P3M has 89 to 92 days, so it hangs on the day."""

    def __init__(self, periods: tuple[Period, ...]) -> None:
        self._periods = periods
        self._of_days = lru_cache(maxsize=64)(self._days)
        self._of_day = lru_cache(maxsize=64)(self._day)

    def expiry(self, times_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.datetime64]:
        """The day on which records of these times (ms, UTC) expire."""
        return self._looked_up(times_ms)[0]

    def day(self, time_ms: int) -> int:
        """The day, from 1970-01-01 on, on which a record of this time (ms, UTC) expires."""
        return self._of_day(time_ms // _DAY_MS)

    def _day(self, number: int) -> int:
        return int(self._of_days(number, number)[0][0].astype(np.int64))

    def first(self, times_ms: npt.NDArray[np.int64]) -> npt.NDArray[np.intp]:
        """The number of the period that ends first, by time in ms (UTC)."""
        return self._looked_up(times_ms)[1]

    def _looked_up(
        self, times_ms: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.intp]]:
        if not len(times_ms):
            return times_ms.astype("datetime64[D]"), times_ms.astype(np.intp)
        low, high = int(times_ms.min()) // _DAY_MS, int(times_ms.max()) // _DAY_MS
        if high - low >= _TABLE:
            distinct, places = np.unique(times_ms // _DAY_MS, return_inverse=True)
            ends, which = self._ends(distinct)
            return ends.take(places), which.take(places)
        ends, which, same = self._of_days(low, high)
        if low == high:
            return np.broadcast_to(ends, times_ms.shape), np.broadcast_to(which, times_ms.shape)
        days = times_ms // _DAY_MS
        days -= low
        return ends.take(days), np.broadcast_to(which[0], days.shape) if same else which.take(days)

    def _days(
        self, low: int, high: int
    ) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.intp], bool]:
        ends, which = self._ends(np.arange(low, high + 1))
        ends.flags.writeable = which.flags.writeable = False
        return ends, which, bool((which == which[0]).all())

    def _ends(
        self, days: npt.NDArray[np.int64]
    ) -> tuple[npt.NDArray[np.datetime64], npt.NDArray[np.intp]]:
        ends = np.stack([period.expiry(days) for period in self._periods])
        return ends.min(axis=0), ends.argmin(axis=0)


horizon = lru_cache(maxsize=64)(Horizon)
"""The horizon of some periods, made once."""
