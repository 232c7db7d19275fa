"""Which of two policies is the stricter."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from gpsproto.category import Category
from gpsproto.privacy.policy import Coarse, Policy, Record, Retention, Rule, SinkUse
from gpsproto.privacy.policy.compare import Change, compare, looser
from gpsproto.privacy.policy.strictness import period_within, rule_within
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope
from tests.policy_strategies import PERIODS, policies, rules, stricter

pytestmark = pytest.mark.once

REVERSED = {"stricter": {"looser"}, "looser": {"stricter", "looser"}, "other": {"other"}}


@given(policies())
def test_a_policy_does_not_differ_from_itself(policy: Policy) -> None:
    assert compare(policy, policy) == ()


@given(policies(), st.data())
def test_what_was_made_stricter_is_nowhere_looser(policy: Policy, data: Any) -> None:
    made = policy
    for _ in range(data.draw(st.integers(1, 3))):
        made = data.draw(stricter(made))
    assert looser(policy, made) == ()


@given(policies(), st.data())
def test_back_from_stricter_is_looser_at_the_same_keys(policy: Policy, data: Any) -> None:
    made = data.draw(stricter(policy))
    forth = {change.key for change in compare(policy, made) if change.kind == "stricter"}
    assert forth <= {change.key for change in looser(made, policy)}


@given(policies(), policies())
def test_the_other_way_round_every_change_is_the_other(a: Policy, b: Policy) -> None:
    forth, back = compare(a, b), compare(b, a)
    assert [change.key for change in forth] == [change.key for change in back]
    for one, other in zip(forth, back, strict=True):
        assert (one.was, one.now) == (other.now, other.was)
        assert other.kind in REVERSED[one.kind]


@given(policies(), policies())
def test_two_policies_of_one_digest_differ_in_no_rule(a: Policy, b: Policy) -> None:
    same = dataclasses.replace(
        b, domain=a.domain, allow=a.allow, retain=a.retain, override=a.override
    )
    assert same.digest == a.digest
    assert {change.kind for change in compare(a, same)} <= {"other"}


@given(policies(), policies())
def test_policies_that_do_not_differ_have_one_digest(a: Policy, b: Policy) -> None:
    if not compare(a, b):
        assert a.digest == b.digest


@given(st.sampled_from([Category.LOCATION, Category.COUNTER, Category.DEVICE_ID]), st.data())
def test_being_within_goes_on_from_rule_to_rule(category: Category, data: Any) -> None:
    one, two, three = (data.draw(st.none() | rules(category)) for _ in range(3))
    assert rule_within(one, one)
    if rule_within(one, two) and rule_within(two, three):
        assert rule_within(one, three)


DAYS = np.arange("1995-12-20", "2003-01-10", dtype="datetime64[D]").astype(np.int64)


@given(PERIODS, PERIODS)
@example(Period(1, 0), Period(0, 30))
@example(Period(0, 28), Period(1, 0))
@example(Period(3, 0), Period(0, 92))
def test_a_period_is_within_another_only_where_it_never_ends_later(a: Period, b: Period) -> None:
    assume(abs(a.months - b.months) < 24)
    if period_within(a, b):
        assert (a.expiry(DAYS) <= b.expiry(DAYS)).all()
    elif a.months // 12 == b.months // 12 or abs(a.months - b.months) < 12:
        # of years the shortest and the longest are taken, of months those that there are
        assert (a.expiry(DAYS) > b.expiry(DAYS)).any()


def policy(rule: Rule | None, category: Category = Category.LOCATION, **changed: Any) -> Policy:
    allow = {} if rule is None else {category: rule}
    return Policy(
        "n", "d", **{"allow": allow, "retain": dict.fromkeys(allow, Period(3, 0)), **changed}
    )


def grid(metres: int, time_s: int | None = None) -> Rule:
    return Rule("coarsen", coarse=Coarse(metres, time_s))


def bounds(*buckets: float) -> Rule:
    return Rule("coarsen", coarse=Coarse(buckets=buckets))


COUNTER, DEVICE = Category.COUNTER, Category.DEVICE_ID
DELTA = Rule("coarsen", coarse=Coarse(delta=True))
LOOSER: dict[str, tuple[Rule | None, Rule, Category, str]] = {
    "what was dropped": (None, grid(500), Category.LOCATION, "allow.location"),
    "exact again": (grid(500), Rule("keep"), Category.LOCATION, "allow.location"),
    "a smaller cell": (grid(500), grid(499), Category.LOCATION, "allow.location.grid"),
    "a finer time": (grid(500), grid(500, 1_800), Category.LOCATION, "allow.location.time"),
    "the last place": (
        Rule("keep"), Rule("keep", True), Category.LOCATION, "allow.location.last_known",
    ),
    "more bounds": (bounds(0, 20), bounds(0, 10, 20), COUNTER, "allow.counter.bucket"),
    "other bounds": (bounds(0, 20), bounds(0, 30), COUNTER, "allow.counter.bucket"),
    "no bounds": (
        Rule("coarsen", coarse=Coarse(buckets=(0.0,), delta=True)), DELTA, COUNTER,
        "allow.counter.bucket",
    ),
    "no difference": (DELTA, bounds(0), COUNTER, "allow.counter.delta"),
    "a wider scope": (
        Rule("pseudonymise", scope=Scope.DAY), Rule("pseudonymise", scope=Scope.MONTH), DEVICE,
        "allow.device_id.scope",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("was", "now", "category", "key"), LOOSER.values(), ids=LOOSER)
def test_what_lets_more_through_is_looser(
    was: Rule | None, now: Rule, category: Category, key: str
) -> None:
    assert [c.key for c in looser(policy(was, category), policy(now, category))] == [key]


KEPT: dict[str, tuple[Retention, Retention, str | None]] = {
    "longer": (Retention(Period(3, 0)), Retention(Period(3, 1)), "retain.location"),
    "another kind of length": (Retention(Period(1, 0)), Retention(Period(0, 30)), "retain.location"),
    "shorter": (Retention(Period(3, 0)), Retention(Period(0, 89)), None),
    "no end in time": (
        Retention(Period(3, 0)), Retention(until="case-closed"), "retain.location",
    ),
    "no event": (
        Retention(Period(3, 0), until="case-closed"), Retention(Period(3, 0)),
        "retain.location.until",
    ),
    "an event more": (
        Retention(Period(3, 0)), Retention(Period(3, 0), until="case-closed"), None,
    ),
    "another event": (
        Retention(until="account-closed"), Retention(until="case-closed"), "retain.location.until",
    ),
    "longer unused": (
        Retention(until="account-closed", inactive=Period(12, 0)),
        Retention(until="account-closed", inactive=Period(24, 0)), "retain.location.inactive",
    ),
    "a bound on an event": (
        Retention(until="case-closed"), Retention(until="case-closed", most=Period(12, 0)), None,
    ),
    "other words": (Retention(Period(3, 0)), Retention(Period(3, 0), service="x"), None),
}  # fmt: skip


@pytest.mark.parametrize(("was", "now", "key"), KEPT.values(), ids=KEPT)
def test_what_is_kept_longer_is_looser(was: Retention, now: Retention, key: str | None) -> None:
    rule = Rule("keep")
    a, b = (policy(rule, retain={Category.LOCATION: one}) for one in (was, now))
    assert [c.key for c in looser(a, b)] == ([] if key is None else [key])
    assert compare(a, b)


def test_an_override_that_is_gone_is_looser() -> None:
    having = policy(Rule("keep"), Category.STATUS, override={"teltonika:113@1": None})
    assert [c.key for c in looser(having, policy(Rule("keep"), Category.STATUS))] == [
        "override.teltonika:113@1"
    ]


def test_an_override_that_its_category_outdoes_may_go() -> None:
    having = policy(Rule("keep"), Category.STATUS, override={"teltonika:113@1": None})
    assert looser(having, policy(None)) == ()


def test_what_a_coarse_place_hid_is_looser_when_the_place_goes() -> None:
    motion = {Category.MOTION: Rule("keep")}
    a = policy(None, allow={**motion, Category.LOCATION: grid(500)},
               retain=dict.fromkeys([Category.MOTION, Category.LOCATION], Period(1, 0)))  # fmt: skip
    b = policy(None, allow=motion, retain={Category.MOTION: Period(1, 0)})
    assert [c.key for c in looser(a, b)] == ["allow.motion"]


def test_domain_record_and_sinks_are_neither() -> None:
    a = policy(None)
    b = dataclasses.replace(
        a, domain="e", record=Record("processor"), sinks={"lake": SinkUse("x", "EU")}
    )
    assert compare(a, b) == (
        Change("pseudonym.domain", "other", "d", "e"),
        Change("record.role", "other", "", "processor"),
        Change("sink.lake.purpose", "other", "", "x"),
        Change("sink.lake.region", "other", "", "EU"),
    )
