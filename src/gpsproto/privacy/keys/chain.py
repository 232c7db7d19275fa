"""The one-way chain of epochs: a secret a day, each made from the one before.

Whoever holds the secret of a day can make those of later days and none of an earlier one.
"""

from __future__ import annotations

import hmac
from datetime import UTC, date, datetime
from threading import Lock
from typing import NoReturn, SupportsIndex, final

from gpsproto.privacy.keys.derivation import labelled
from gpsproto.privacy.scope import Scope

_EPOCH = date(1970, 1, 1).toordinal()
FIRST = date(2000, 1, 1)
"""The first day of every chain; what is before it belongs to it."""
FIRST_DAY = FIRST.toordinal() - _EPOCH
LAST_DAY = date(2199, 12, 31).toordinal() - _EPOCH
"""What is behind it belongs to it: a clock gone wild must not make the chain endless."""
_SIZE = 32
_STEP = labelled("step")


@final
class Chain:
    """The secrets of the days from ``day`` on, made when asked for and kept: at most 2.3 MB."""

    __slots__ = ("__lock", "__values", "day")

    def __init__(self, start: bytes, day: int = FIRST_DAY) -> None:
        self.__values = bytearray(start)
        self.__lock = Lock()
        self.day = day

    def at(self, day: int) -> bytes | None:
        """The secret of a day, counted from 1970-01-01; None where the chain has left it behind."""
        place = _SIZE * (clamped(day) - self.day)
        if place < 0:
            return None
        if place >= len(self.__values):
            with self.__lock:
                last = bytes(self.__values[-_SIZE:])
                for _ in range((place - len(self.__values)) // _SIZE + 1):
                    last = hmac.digest(last, _STEP, "sha256")
                    self.__values += last
        return bytes(self.__values[place : place + _SIZE])

    def __repr__(self) -> str:
        return "Chain(redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


def clamped(day: int) -> int:
    """The day, or the nearest that a chain has."""
    return min(max(day, FIRST_DAY), LAST_DAY)


def epoch(scope: Scope, day: int) -> int:
    """The first day of the epoch that a day belongs to, within what a chain has."""
    day = clamped(day)
    if scope is Scope.MONTH:
        day -= date.fromordinal(day + _EPOCH).day - 1
    return day


def day_of(at: date) -> int:
    """Days since 1970-01-01, in UTC where it is a time that says its zone."""
    if isinstance(at, datetime) and at.tzinfo is not None:
        at = at.astimezone(UTC)
    return at.toordinal() - _EPOCH


def date_of(day: int) -> date:
    """The date of days since 1970-01-01."""
    return date.fromordinal(day + _EPOCH)
