"""What a policy is made of: a rule and a retention a category, and what is put on record."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

Action = Literal["keep", "coarsen", "pseudonymise"]

EVENTS = ("account-closed", "case-closed", "service-end")
"""What may end a retention."""

ROLES = ("controller", "joint-controller", "processor")
"""What the one who runs this may be (GDPR, articles 4, 26 and 28)."""

LEGAL_BASES = (
    "consent", "contract", "legal-obligation", "vital-interests", "public-task",
    "legitimate-interests",
)  # fmt: skip
"""The words for the grounds of GDPR article 6(1) a to f; another text is taken as it is."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """How values lose detail.  Deterministic: what is random averages away."""

    grid_m: int | None = None
    """Of a place: the side of the cell whose middle leaves, metres."""
    time_s: int | None = None
    """Of a time: seconds that it is rounded down to; of a place: those of the time beside it."""
    buckets: tuple[float, ...] = ()
    """Of a number: bounds in the unit of its name; the greatest that is not above it leaves."""
    delta: bool = False
    """Of a counter: what it has grown since the day's first record leaves."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a category: kept as it is, made coarse, or replaced by a keyed pseudonym."""

    action: Action
    last_known: bool = False
    scope: Scope = Scope.STABLE
    coarse: Coarse = Coarse()


@dataclass(frozen=True, slots=True)
class Retention:
    """How long values of a category may be kept, and in whose charge.

    ``period`` is counted from the record's time.  ``until`` is an event (account-closed,
    case-closed, service-end); ``inactive`` is how long after the last use; ``most`` bounds both.
    """

    period: Period | None = None
    until: str | None = None
    inactive: Period | None = None
    most: Period | None = None
    service: str = ""
    responsible: str = ""
    legal_basis: str = ""

    @property
    def bounds(self) -> tuple[Period, ...]:
        """The periods after its time within which a record must go; the first that ends counts."""
        return tuple(period for period in (self.period, self.most) if period is not None)

    @property
    def bound(self) -> Period | None:
        """How long after its time a record may be kept at most; None where an event ends it."""
        return min(self.bounds, key=lambda period: period.least_days, default=None)


@dataclass(frozen=True, slots=True)
class Purpose:
    """What the records are for, and on what legal ground."""

    purpose: str
    legal_basis: str


@dataclass(frozen=True, slots=True)
class Record:
    """What a record of processing names (GDPR, article 30); ``controller`` may stay empty."""

    role: str = ""
    controller: str = ""
    purposes: tuple[Purpose, ...] = ()


@dataclass(frozen=True, slots=True)
class SinkUse:
    """What a store is for, and in what region it stands."""

    purpose: str
    region: str
