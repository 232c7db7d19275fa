"""Which of two rules lets less through: ``within(a, b)`` where a lets nothing through that b does not.

Not every two can be ranked: of bounds 0, 20 and 0, 30 neither is within the other.
"""

from __future__ import annotations

from gpsproto.privacy.policy.rules import Coarse, Retention, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import WIDTH

_MOST_DAYS = (0, 31, 62, 92, 123, 153, 184, 215, 245, 276, 306, 337)  # of n months in a row


def rule_within(one: Rule | None, other: Rule | None) -> bool:
    """Whether a rule lets nothing through that the other does not; None drops."""
    if one is None or other is None:
        return one is None
    if "pseudonymise" in (one.action, other.action):
        return one.action == other.action and WIDTH[one.scope] <= WIDTH[other.scope]
    if one.last_known and not other.last_known:
        return False
    if other.action == "keep":
        return True
    return one.action == "coarsen" and coarse_within(one.coarse, other.coarse)


def coarse_within(one: Coarse, other: Coarse) -> bool:
    """Whether values lose at least as much detail as in the other way."""
    return (
        at_least(one.grid_m, other.grid_m)
        and at_least(one.time_s, other.time_s)
        and buckets_within(one.buckets, other.buckets)
        and (one.delta or not other.delta)
    )


def at_least(one: int | None, other: int | None) -> bool:
    """Whether a step is at least as great; None is the finest."""
    return (one or 0) >= (other or 0)


def buckets_within(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    """Whether bounds tell no two values apart that the other's do not; without bounds all are."""
    # below the least bound all is as the least, so that it parts nothing
    return not other or (bool(one) and set(one[1:]) <= set(other[1:]))


def period_within(one: Period, other: Period) -> bool:
    """Whether a period ends no later than the other, whatever the day that it begins on."""
    months = one.months - other.months
    if months > 0:
        return _most_days(months) + one.days <= other.days
    least = Period(-months, 0).least_days
    return one.days <= other.days + least


def _most_days(months: int) -> int:
    years, months = divmod(months, 12)
    return 366 * years + _MOST_DAYS[months]


def retention_within(one: Retention, other: Retention) -> bool:
    """Whether what is kept after its time goes no later than under the other's periods."""
    return all(any(period_within(a, b) for a in one.bounds) for b in other.bounds)
