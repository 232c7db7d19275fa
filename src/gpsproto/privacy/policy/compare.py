"""What differs between two policies, and which of them is the stricter, key by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from gpsproto.category import Category
from gpsproto.privacy.policy import overrides
from gpsproto.privacy.policy.policy import TIME_WITH_GRID_S, Policy
from gpsproto.privacy.policy.rules import Coarse, Retention, Rule
from gpsproto.privacy.policy.strictness import (
    at_least,
    buckets_within,
    period_within,
    retention_within,
    rule_within,
)
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import WIDTH

Kind = Literal["stricter", "looser", "other"]


@dataclass(frozen=True, slots=True)
class Change:
    """What differs at a key.  ``looser`` also where neither of the two is within the other."""

    key: str
    kind: Kind
    was: str
    now: str


def compare(a: Policy, b: Policy) -> tuple[Change, ...]:
    """What has changed where ``a`` was and ``b`` is; empty where they have the same effect.

    Rules are compared as they work: a coarse place takes motion out, and rounds the time.
    """
    return tuple(_changes(a, b))


def looser(a: Policy, b: Policy) -> tuple[Change, ...]:
    """Where ``b`` may let more through than ``a``, or for longer."""
    return tuple(change for change in compare(a, b) if change.kind == "looser")


def _changes(a: Policy, b: Policy) -> Iterator[Change]:
    yield from _other("pseudonym.domain", a.domain, b.domain)
    for category in Category:
        yield from _of_rule(category, a, b)
    for category in Category:
        if category in a.retain and category in b.retain:
            yield from _of_retention(
                f"retain.{category}", a.retention(category), b.retention(category)
            )
    for key in sorted({*a.override, *b.override}):
        yield from _of_override(key, a, b)
    yield from _other("record.role", a.record.role, b.record.role)
    yield from _other("record.controller", a.record.controller, b.record.controller)
    for number in range(max(len(a.record.purposes), len(b.record.purposes))):
        was, now = (
            " / ".join((one.purposes[number].purpose, one.purposes[number].legal_basis))
            if number < len(one.purposes)
            else ""
            for one in (a.record, b.record)
        )
        yield from _other(f"record.purposes.{number}", was, now)
    for name in sorted({*a.sinks, *b.sinks}):
        uses = [one.sinks.get(name) for one in (a, b)]
        for below in ("purpose", "region"):
            was, now = (getattr(use, below, "") for use in uses)
            yield from _other(f"sink.{name}.{below}", was, now)


def _other(key: str, was: str, now: str) -> Iterator[Change]:
    if was != now:
        yield Change(key, "other", was, now)


def _kind(now_within: bool, was_within: bool) -> Kind:
    if now_within:
        return "other" if was_within else "stricter"
    return "looser"


def _of_rule(category: Category, a: Policy, b: Policy) -> Iterator[Change]:
    key = f"allow.{category}"
    was, now = a.rule(category), b.rule(category)
    if was == now:
        # what another rule hides for now
        yield from _other(key, spoken(a.allow.get(category)), spoken(b.allow.get(category)))
    elif was is None or now is None or was.action != now.action:
        kind = _kind(rule_within(now, was), rule_within(was, now))
        yield Change(key, kind, spoken(was), spoken(now))
    else:
        if was.scope is not now.scope:
            wider = WIDTH[now.scope] > WIDTH[was.scope]
            yield Change(
                f"{key}.scope", "looser" if wider else "stricter", was.scope.value, now.scope.value
            )
        if was.last_known is not now.last_known:
            yield Change(
                f"{key}.last_known", "looser" if now.last_known else "stricter",
                str(was.last_known).lower(), str(now.last_known).lower(),
            )  # fmt: skip
        place = category is Category.LOCATION
        yield from _of_coarse(key, _told(was.coarse, place), _told(now.coarse, place))


def _told(coarse: Coarse, place: bool) -> Coarse:
    """A way to lose detail, with the time that goes with a place and is not said."""
    if not place or coarse.time_s is not None or coarse.grid_m is None:
        return coarse
    return Coarse(coarse.grid_m, TIME_WITH_GRID_S)


def _of_coarse(key: str, was: Coarse, now: Coarse) -> Iterator[Change]:
    for below, before, after, spoken_as in (
        ("grid", was.grid_m, now.grid_m, _grid),
        ("time", was.time_s, now.time_s, _step),
    ):
        if before != after:
            kind = _kind(at_least(after, before), at_least(before, after))
            yield Change(f"{key}.{below}", kind, spoken_as(before), spoken_as(after))
    if was.buckets != now.buckets:
        kind = _kind(
            buckets_within(now.buckets, was.buckets), buckets_within(was.buckets, now.buckets)
        )
        yield Change(f"{key}.bucket", kind, _bounds(was.buckets), _bounds(now.buckets))
    if was.delta is not now.delta:
        yield Change(
            f"{key}.delta", "stricter" if now.delta else "looser",
            str(was.delta).lower(), str(now.delta).lower(),
        )  # fmt: skip


def _of_retention(key: str, was: Retention, now: Retention) -> Iterator[Change]:
    if (was.period, was.most) != (now.period, now.most):
        kind = _kind(retention_within(now, was), retention_within(was, now))
        yield Change(key, kind, *(lasting(one) for one in (was, now)))
    if was.until != now.until:
        # an event more ends it sooner; of two events nobody knows which comes first
        yield Change(
            f"{key}.until", "stricter" if was.until is None else "looser",
            was.until or "", now.until or "",
        )  # fmt: skip
    if was.inactive != now.inactive:
        kind = _kind(_ends_by(now.inactive, was.inactive), _ends_by(was.inactive, now.inactive))
        yield Change(f"{key}.inactive", kind, iso(was.inactive), iso(now.inactive))
    for below in ("service", "responsible", "legal_basis"):
        yield from _other(f"{key}.{below}", getattr(was, below), getattr(now, below))


def _ends_by(one: Period | None, other: Period | None) -> bool:
    return other is None or (one is not None and period_within(one, other))


def _of_override(key: str, a: Policy, b: Policy) -> Iterator[Change]:
    named = f"override.{key}"
    if key in a.override and key in b.override:
        was, now = a.override[key], b.override[key]
        if was == now:
            return
        if was is not None and now is not None:
            yield from _of_coarse(named, was.coarse, now.coarse)
        else:
            yield Change(named, "stricter" if now is None else "looser", spoken(was), spoken(now))
    elif key in b.override:
        kind: Kind = "other" if _does_as_much(key, a, b) else "stricter"
        yield Change(named, kind, "", spoken(b.override[key]))
    else:
        kind = "other" if _does_as_much(key, b, a) else "looser"
        yield Change(named, kind, spoken(a.override[key]), "")


def _does_as_much(key: str, without: Policy, having: Policy) -> bool:
    """Whether a policy without an override is as strict on its field as one that has it."""
    # a field that is not known here may be of any category
    may_be = overrides.categories(key) or frozenset(Category)
    rule = having.override[key]
    return all(
        rule_within(without.rule(one), None if having.rule(one) is None else rule) for one in may_be
    )


def spoken(rule: Rule | None) -> str:
    """A rule in the words of a policy."""
    if rule is None:
        return "drop"
    if rule.action == "pseudonymise":
        return f"pseudonymise, scope {rule.scope.value}"
    coarse = rule.coarse
    said: list[str] = [rule.action]
    if coarse.grid_m is not None:
        said.append(f"grid {_grid(coarse.grid_m)}")
    if coarse.time_s is not None:
        said.append(f"time {_step(coarse.time_s)}")
    if coarse.buckets:
        said.append(f"bucket {_bounds(coarse.buckets)}")
    if coarse.delta:
        said.append("delta")
    if rule.last_known:
        said.append("last_known")
    return ", ".join(said)


def lasting(retention: Retention) -> str:
    """How long something is kept, in the words of a policy."""
    said = [] if retention.period is None else [iso(retention.period)]
    if retention.until is not None:
        said.append(f"until {retention.until}")
    if retention.inactive is not None:
        said.append(f"inactive {iso(retention.inactive)}")
    if retention.most is not None:
        said.append(f"max {iso(retention.most)}")
    return ", ".join(said)


def iso(period: Period | None) -> str:
    """A period as it is written in a policy."""
    if period is None:
        return ""
    years, months = divmod(period.months, 12)
    parts = [f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (period.days, "D")) if n]
    # less than a day: hours are rounded down when they are read
    return "P" + "".join(parts) if parts else "PT1H"


def _grid(metres: int | None) -> str:
    if metres is None:
        return ""
    return f"{metres // 1_000}km" if metres % 1_000 == 0 else f"{metres}m"


def _step(seconds: int | None) -> str:
    if seconds is None:
        return ""
    for unit, size, head in (("D", 86_400, "P"), ("H", 3_600, "PT"), ("M", 60, "PT")):
        if seconds % size == 0:
            return f"{head}{seconds // size}{unit}"
    return f"PT{seconds}S"


def _bounds(buckets: tuple[float, ...]) -> str:
    return f"[{', '.join(f'{bound:.15g}' for bound in buckets)}]" if buckets else ""
