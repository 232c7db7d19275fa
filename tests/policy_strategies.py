"""Policies of any form, one a step stricter than another, and the TOML of a policy."""

from __future__ import annotations

import dataclasses
import json
from contextlib import suppress
from typing import Any

from hypothesis import strategies as st

from gpsproto.category import Category
from gpsproto.errors import PolicyError
from gpsproto.privacy.policy import Coarse, Policy, Purpose, Record, Retention, Rule, SinkUse
from gpsproto.privacy.policy.allowance import DAY_S, KEPT, SCOPES, WAYS
from gpsproto.privacy.policy.compare import iso
from gpsproto.privacy.policy.rules import EVENTS, ROLES
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import WIDTH

GRIDS = st.integers(50, 200_000)
STEPS = st.sampled_from([n for n in range(1, DAY_S + 1) if DAY_S % n == 0]) | st.integers(
    1, 31
).map(lambda days: days * DAY_S)
BUCKETS = st.lists(
    st.integers(-5, 5) | st.floats(-1e3, 1e3).map(lambda f: round(f, 3) + 0.0),
    min_size=1, max_size=6, unique=True,
).map(lambda bounds: tuple(sorted(float(bound) for bound in bounds)))  # fmt: skip
PERIODS = st.builds(Period, st.integers(0, 40), st.integers(0, 400)).filter(
    lambda period: period != Period(0, 0)
)
WORDS = st.text(alphabet='abc é"\\#=', max_size=8)
FIELDS = (
    "teltonika:67@2", "teltonika:16@4", "teltonika:113@1", "teltonika:battery_voltage_mv",
    "watch:steps", "watch:battery_percent", "teltonika:speed_kmh",
)  # fmt: skip


@st.composite
def coarse(draw: Any, category: Category) -> Coarse:
    ways = WAYS[category]
    if category is Category.LOCATION:
        return Coarse(draw(GRIDS), draw(st.none() | STEPS))
    if category is Category.TIME:
        return Coarse(time_s=draw(STEPS))
    delta = "delta" in ways and draw(st.booleans())
    return Coarse(buckets=draw(BUCKETS if not delta else st.just(()) | BUCKETS), delta=delta)


@st.composite
def rules(draw: Any, category: Category) -> Rule:
    if category in SCOPES:
        return Rule("pseudonymise", scope=draw(st.sampled_from(SCOPES[category])))
    last_known = category is Category.LOCATION and draw(st.booleans())
    if category in WAYS and draw(st.booleans()):
        return Rule("coarsen", last_known, coarse=draw(coarse(category)))
    return Rule("keep", last_known)


RETENTIONS = st.builds(
    Retention, st.none() | PERIODS, st.none() | st.sampled_from(EVENTS), st.none() | PERIODS,
    st.none() | PERIODS, WORDS, WORDS, WORDS,
).filter(lambda one: bool(one.bounds) or one.until is not None)  # fmt: skip


def with_override(policy: Policy, field: str, rule: Rule | None) -> Policy:
    """The policy with an override, where it is none too loose for its category."""
    made = policy
    with suppress(PolicyError):
        made = dataclasses.replace(policy, override={**policy.override, field: rule})
    return made


@st.composite
def policies(draw: Any) -> Policy:
    allowed = draw(st.lists(st.sampled_from(sorted({*KEPT, *SCOPES})), unique=True))
    policy = Policy(
        "n", draw(st.sampled_from("ab")),
        {category: draw(rules(category)) for category in allowed},
        {category: draw(RETENTIONS) for category in allowed},
        record=Record(
            draw(st.sampled_from(["", *ROLES])), draw(WORDS),
            tuple(
                draw(st.lists(st.builds(Purpose, WORDS.filter(bool), WORDS.filter(bool)), max_size=2))
            ),
        ),
        sinks=draw(
            st.dictionaries(
                st.sampled_from(["lake", "a-b_3"]),
                st.builds(SinkUse, WORDS.filter(bool), WORDS.filter(bool)),
            )
        ),
    )  # fmt: skip
    for field in draw(st.lists(st.sampled_from(FIELDS), unique=True, max_size=3)):
        rule = draw(
            st.none() | st.builds(Rule, st.just("coarsen"), coarse=coarse(Category.COUNTER))
        )
        policy = with_override(policy, field, rule)
    return policy


@st.composite
def stricter(draw: Any, policy: Policy) -> Policy:
    """A policy that differs in one step, which lets less through."""
    allow, retain = dict(policy.allow), dict(policy.retain)
    if not allow or not draw(st.integers(0, 5)):
        return with_override(policy, draw(st.sampled_from(FIELDS)), None)
    category = draw(st.sampled_from(sorted(allow)))
    rule, kept = allow[category], policy.retention(category)
    step = draw(st.sampled_from(["drop", "narrow", "detail", "last known", "end", "sooner"]))
    if step == "drop":
        hidden = {category}
        if category is Category.LOCATION:
            # or they would come out of its shadow
            hidden |= {Category.MOTION, Category.NET_LOCATION, Category.TIME}
        for one in hidden & {*allow}:
            del allow[one], retain[one]
    elif step == "narrow" and rule.action == "pseudonymise":
        scopes = [one for one in SCOPES[category] if WIDTH[one] <= WIDTH[rule.scope]]
        allow[category] = dataclasses.replace(rule, scope=draw(st.sampled_from(scopes)))
    elif step == "detail" and category in WAYS:
        how = draw(coarse(category)) if rule.action == "keep" else draw(_coarser(rule.coarse))
        allow[category] = dataclasses.replace(rule, action="coarsen", coarse=how)
    elif step == "last known":
        allow[category] = dataclasses.replace(rule, last_known=False)
    elif step == "end":
        ends = {"until": kept.until or draw(st.sampled_from(EVENTS))}
        retain[category] = dataclasses.replace(kept, **ends)
    else:
        shorter = kept.period and Period(
            draw(st.integers(0, kept.period.months)), draw(st.integers(0, kept.period.days))
        )
        if shorter and shorter != Period(0, 0):
            retain[category] = dataclasses.replace(kept, period=shorter)
        retain[category] = dataclasses.replace(
            policy.retention(category) if category not in retain else retain[category],  # type: ignore[arg-type]
            inactive=kept.inactive or draw(PERIODS),
        )
    try:
        return dataclasses.replace(policy, allow=allow, retain=retain)
    except PolicyError:
        # an override is none any more under its stricter category
        return dataclasses.replace(
            policy, allow=allow, retain=retain,
            override=dict.fromkeys(policy.override),
        )  # fmt: skip


@st.composite
def _coarser(draw: Any, how: Coarse) -> Coarse:
    if how.grid_m is not None:
        time = how.time_s and draw(
            st.sampled_from([n for n in (how.time_s, DAY_S) if n >= how.time_s])
        )
        return Coarse(draw(st.integers(how.grid_m, 200_000)), time)
    if how.time_s is not None:
        steps = STEPS.filter(lambda step: step >= (how.time_s or 0))
        return Coarse(time_s=draw(st.just(31 * DAY_S) | steps))
    kept = tuple(bound for bound in how.buckets if draw(st.booleans()))
    return Coarse(buckets=kept or how.buckets[:1], delta=how.delta)


def text(value: str) -> str:
    """A TOML text; JSON writes one, but for pairs of surrogates and a DEL as it is."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def number(value: float) -> str:
    return repr(value)


def as_toml(policy: Policy) -> str:
    """The policy as a user would write it."""
    lines = [f"name = {text(policy.name)}", "[pseudonym]", f"domain = {text(policy.domain)}"]
    lines += ["[allow]", *(f"{key} = {rule_toml(rule)}" for key, rule in policy.allow.items())]
    lines += ["[retain]"]
    lines += [f"{key} = {retention_toml(policy.retention(key))}" for key in policy.retain]
    lines += ["[override]"]
    for field, rule in policy.override.items():
        lines.append(f'"{field}" = {rule_toml(rule)}')
    record = policy.record
    lines += ["[record]", f"role = {text(record.role)}", f"controller = {text(record.controller)}"]
    for one in record.purposes:
        lines += [
            "[[record.purposes]]", f"purpose = {text(one.purpose)}",
            f"legal_basis = {text(one.legal_basis)}",
        ]  # fmt: skip
    for name, use in policy.sinks.items():
        lines += [
            f"[sink.{name}]",
            f"purpose = {text(use.purpose)}",
            f"region = {text(use.region)}",
        ]
    return "\n".join(lines)


def rule_toml(rule: Rule | None) -> str:
    if rule is None:
        return '"drop"'
    said = [f'action = "{rule.action}"']
    if rule.action == "pseudonymise":
        said.append(f'scope = "{rule.scope.value}"')
    if rule.last_known:
        said.append("last_known = true")
    how = rule.coarse
    if how.grid_m is not None:
        said.append(f'grid = "{how.grid_m}m"')
    if how.time_s is not None:
        days, seconds = divmod(how.time_s, DAY_S)
        said.append(f'time = "{f"P{days}D" if days else f"PT{seconds}S"}"')
    if how.buckets:
        said.append(f"bucket = [{', '.join(map(number, how.buckets))}]")
    if how.delta:
        said.append("delta = true")
    return f"{{ {', '.join(said)} }}"


def retention_toml(retention: Retention) -> str:
    said = []
    for key, period in (
        ("period", retention.period), ("inactive", retention.inactive), ("max", retention.most),
    ):  # fmt: skip
        if period is not None:
            said.append(f'{key} = "{iso(period)}"')
    if retention.until is not None:
        said.append(f'until = "{retention.until}"')
    for key in ("service", "responsible", "legal_basis"):
        if getattr(retention, key):
            said.append(f"{key} = {text(getattr(retention, key))}")
    return f"{{ {', '.join(said)} }}"
