"""How far a pseudonym reaches: within which the same subject has the same one."""

from __future__ import annotations

from enum import StrEnum


class Scope(StrEnum):
    """Where a pseudonym stays the same, from the narrowest to the widest."""

    RECORD = "record"  # a new one each time
    SESSION = "session"  # within a conversation
    DAY = "P1D"  # within a day (UTC) of the record's time
    MONTH = "P1M"  # within a calendar month (UTC) of the record's time
    STABLE = "stable"  # as long as the key is kept

    @property
    def epochal(self) -> bool:
        """Whether the key of it changes with time."""
        return self is _DAY or self is _MONTH


_DAY, _MONTH = Scope.DAY, Scope.MONTH

WIDTH = {scope: width for width, scope in enumerate(Scope)}
"""The narrowest first: a scope of a smaller number is the stricter."""
