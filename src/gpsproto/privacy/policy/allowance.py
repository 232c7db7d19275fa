"""What a policy may allow of each category: the floor, the actions, the bounds.

The one declaration: the reader, the checks of a policy made without a file, and the schema take it.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.errors import ErrorCode
from gpsproto.privacy.policy.rules import EVENTS, Action, Coarse, Retention, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

Way = Literal["grid", "time", "bucket", "delta"]

KEPT = frozenset(Category) - FLOOR - IDENTITIES - {Category.PRIVATE_MODE}
"""What may leave, as it is or with less detail."""

_NUMBERS = KEPT - {
    Category.LOCATION, Category.TIME,
    # codes of places and of models: their order says nothing
    Category.NET_LOCATION, Category.ZONE, Category.ROAMING, Category.PRODUCT,
}  # fmt: skip

WAYS: Mapping[Category, frozenset[Way]] = MappingProxyType(
    {
        **dict.fromkeys(_NUMBERS, frozenset[Way](["bucket"])),
        **dict.fromkeys((Category.COUNTER, Category.ACTIVITY), frozenset[Way](["bucket", "delta"])),
        Category.LOCATION: frozenset[Way](["grid", "time"]),
        Category.TIME: frozenset[Way](["time"]),
    }
)
"""How a category may lose detail."""

SCOPES: Mapping[Category, tuple[Scope, ...]] = MappingProxyType(
    {
        **dict.fromkeys(
            (Category.DEVICE_ID, Category.SIM_ID, Category.DRIVER_ID, Category.ACCOUNT_REF),
            tuple(Scope),
        ),
        # of other people's devices one may be told from another within a record, no more
        Category.THIRD_PARTY_ID: (Scope.RECORD,),
    }
)
"""How far the pseudonyms of a category may reach; a category that is not here has none."""

GRID_M = (50, 200_000)
DAY_S = 86_400
LONGEST_TIME_S = 31 * DAY_S
MOST_BUCKETS = 64
LONGEST_TEXT = 200
_GREATEST = 1 << 53  # up to it every integer is a float

ACTIONS_HINT = '"keep", "drop", { action = "coarsen", ... }, or of an identifier "pseudonymise"'
GRID_HINT = 'a text as "500m" or "5km", from 50m to 200km, is wanted'
TIME_HINT = 'a text as "PT15M", "PT1H" or "P1D" is wanted: a divisor of a day, or days up to P31D'
BUCKET_HINT = f"1 to {MOST_BUCKETS} numbers, each greater than the one before, are wanted"
RETENTION_HINT = (
    f"a period as P3M or P7D, or a table with period, max or until ({', '.join(EVENTS)})"
)


class Refusal(NamedTuple):
    """Why something may not be: the code, the key below the one asked about, what is wanted."""

    code: ErrorCode
    below: str = ""
    hint: str = ""


def _bad(below: str, hint: str) -> Refusal:
    return Refusal(ErrorCode.POLICY_BAD_VALUE, below, hint)


def refused_rule(category: Category, rule: object) -> Refusal | None:
    """Why no policy may have this rule for the category; None where it may."""
    if not isinstance(rule, Rule) or rule.action not in get_args(Action):
        return _bad("", ACTIONS_HINT)
    for below, kind, hint in (
        ("scope", Scope, f"scopes: {', '.join(Scope)}"),
        ("last_known", bool, "true or false is wanted"),
    ):
        if not isinstance(getattr(rule, below), kind):
            return _bad(below, hint)
    if rule.action == "pseudonymise":
        return _refused_pseudonym(category, rule)
    if category in FLOOR:
        return Refusal(ErrorCode.POLICY_FLOOR)
    if category not in KEPT:
        return Refusal(ErrorCode.POLICY_FLOOR, hint="an identifier is never kept in clear")
    if rule.scope is not Scope.STABLE:
        return _bad("scope", "a scope is of pseudonyms only")
    if rule.last_known and category is not Category.LOCATION:
        return _bad("last_known", "it is of a location only")
    if rule.action == "keep":
        return None if rule.coarse == Coarse() else _bad("", 'action "coarsen" is wanted')
    return _refused_coarse(category, rule.coarse)


def _refused_pseudonym(category: Category, rule: Rule) -> Refusal | None:
    scopes = SCOPES.get(category)
    if scopes is None:
        return Refusal(ErrorCode.POLICY_FLOOR) if category in FLOOR else _bad("", ACTIONS_HINT)
    if rule.scope not in scopes:
        hint = f"scopes: {', '.join(scopes)}"
        return Refusal(ErrorCode.POLICY_FLOOR, hint=hint)
    if rule.last_known or rule.coarse != Coarse():
        return _bad("", "a pseudonym has a scope, no more")
    return None


def _refused_coarse(category: Category, coarse: object) -> Refusal | None:
    ways = WAYS.get(category, frozenset())
    wrong = refused_detail(coarse)
    if wrong is not None or not isinstance(coarse, Coarse):
        return wrong
    given = ways_of(coarse)
    if given - ways:
        return _bad(min(given - ways), f"{category} takes: {', '.join(sorted(ways)) or 'none'}")
    if category is Category.LOCATION and coarse.grid_m is None:
        return _bad("grid", GRID_HINT)
    return None


def ways_of(coarse: Coarse) -> frozenset[Way]:
    """How something loses detail."""
    given: dict[Way, bool] = {
        "grid": coarse.grid_m is not None,
        "time": coarse.time_s is not None,
        "bucket": bool(coarse.buckets),
        "delta": coarse.delta,
    }
    return frozenset(way for way, there in given.items() if there)


def refused_detail(coarse: object) -> Refusal | None:
    """Why values may not lose detail in this way, whatever they are."""
    if not isinstance(coarse, Coarse) or not isinstance(coarse.delta, bool):
        return _bad("", "a way to lose detail is wanted")
    if coarse.grid_m is not None and not (
        type(coarse.grid_m) is int and GRID_M[0] <= coarse.grid_m <= GRID_M[1]
    ):
        return _bad("grid", GRID_HINT)
    if coarse.time_s is not None and not _is_step(coarse.time_s):
        return _bad("time", TIME_HINT)
    if coarse.buckets != () and not _is_ascending(coarse.buckets):
        return _bad("bucket", BUCKET_HINT)
    if not ways_of(coarse):
        return _bad("", "one of grid, time, bucket, delta is wanted")
    return None


def _is_step(seconds: object) -> bool:
    if type(seconds) is not int or not 1 <= seconds <= LONGEST_TIME_S:
        return False
    return DAY_S % seconds == 0 or seconds % DAY_S == 0


def _is_ascending(bounds: object) -> bool:
    if not isinstance(bounds, tuple) or not 1 <= len(bounds) <= MOST_BUCKETS:
        return False
    if not all(type(bound) in (int, float) and abs(bound) <= _GREATEST for bound in bounds):
        return False  # neither is a nan at most anything
    return all(low < high for low, high in pairwise(bounds))


def refused_retention(retention: object) -> Refusal | None:
    """Why a retention may not be."""
    if not isinstance(retention, Retention):
        return _bad("", RETENTION_HINT)
    periods: dict[str, Any] = {
        "period": retention.period,
        "inactive": retention.inactive,
        "max": retention.most,
    }
    for below, period in periods.items():
        if period is not None and not isinstance(period, Period):
            return _bad(below, "an ISO 8601 duration is wanted, as P3M or P7D")
    if retention.until is not None and retention.until not in EVENTS:
        return _bad("until", f"one of {', '.join(EVENTS)} is wanted")
    if not retention.bounds and retention.until is None:
        return _bad("", RETENTION_HINT)
    for below in ("service", "responsible", "legal_basis"):
        if not is_text(getattr(retention, below), least=0):
            return _bad(below, TEXT_HINT)
    return None


TEXT_HINT = f"a line of at most {LONGEST_TEXT} characters is wanted"


def is_text(value: object, *, least: int = 1, most: int = LONGEST_TEXT) -> bool:
    """Whether it is a line of text of a fit length."""
    return isinstance(value, str) and least <= len(value) <= most and value.isprintable()
