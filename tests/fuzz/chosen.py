"""A policy by its number, and what may be shown under one: for the targets that go through the door.

What may be shown is asked of what the protocols declare, not of the door's own selection.
"""

from __future__ import annotations

import random
from functools import cache

from tests.policy_strategies import FIELDS, with_override

from gpsproto import FilteredBatch, Policy, codecs
from gpsproto.category import Category
from gpsproto.codecs.declared import declared
from gpsproto.declared import Part
from gpsproto.privacy.policy import Coarse, Retention, Rule
from gpsproto.privacy.policy.allowance import refused_rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

POLICIES = 64
"""So few that most inputs meet one whose tables are made."""
FAMILIES = (None, "FMB", "FMX6", "GH", "REACHFAR")
_VALUES = (Part.FIXED, Part.ELEMENT, Part.BIT)
_BESIDE = {
    "fix": Category.LOCATION, "location_source": Category.LOCATION,
    "cells": Category.NET_LOCATION,
    "clock_suspect": Category.TIME, "expires_on": Category.TIME,
}  # fmt: skip
"""Columns that no field is declared for, with the category that they tell of."""
_COARSE = (
    Coarse(500), Coarse(5_000, 3_600), Coarse(time_s=900), Coarse(time_s=7 * 86_400),
    Coarse(buckets=(0.0, 20.5, 1_000.0)), Coarse(delta=True), Coarse(buckets=(-5.0,), delta=True),
)  # fmt: skip
_RETENTIONS = (
    Retention(Period(3, 0)),
    Retention(Period(0, 1), most=Period(0, 400)),
    Retention(until="service-end"),
    Retention(until="case-closed", most=Period(12 * 999 + 9_999, 99_999)),
)
_EXCEPTIONS = (None, Rule("coarsen", coarse=Coarse(buckets=(0.0, 9.0))))


@cache
def rules(category: Category) -> tuple[Rule, ...]:
    """Rules of every form that the category may have."""
    forms = [Rule("keep"), *(Rule("coarsen", coarse=one) for one in _COARSE)]
    forms += [Rule(one.action, True, coarse=one.coarse) for one in forms]
    forms += [Rule("pseudonymise", scope=scope) for scope in Scope]
    return tuple(one for one in forms if refused_rule(category, one) is None)


@cache
def policy(number: int) -> Policy:
    """The policy of a number."""
    random_ = random.Random(number)
    allow = {
        category: random_.choice(rules(category))
        for category in Category
        if rules(category) and random_.random() < 0.7
    }
    made = Policy(
        "chosen", "fuzz", allow, {category: random_.choice(_RETENTIONS) for category in allow}
    )
    for field in random_.sample(FIELDS, random_.randrange(3)):
        made = with_override(made, field, random_.choice(_EXCEPTIONS))
    return made


@cache
def _declared(protocol: str, family: str | None) -> list[tuple[set[str], frozenset[Category]]]:
    """What the fields of a protocol may be named by, and every category that each may have."""
    facts = codecs.terms()[protocol].facts
    events = [found for id in facts.ids() if (found := facts.event(id, family)) is not None]
    found = [({name}, may_be) for name, may_be in events]
    for one in declared(protocol, family):
        if one.part in _VALUES:
            # an element that may bear several bears none of them
            other = {f"avl_{one.place[0]}"} if one.names[1:] else set()
            found.append(({one.field, *one.names, *other}, one.may_be))
    return found


_ALLOWED: dict[tuple[str, str, str | None], set[str]] = {}


def allowed(policy: Policy, protocol: str, family: str | None) -> set[str]:
    """What ``shown`` may say of a batch at most."""
    known = policy.digest, protocol, family
    if known not in _ALLOWED:
        found = {"protocol", *(one.value for one in policy.allow if policy.rule(one))}
        found |= {"subject"} if policy.pseudonymises(Category.DEVICE_ID) else set()
        found |= {name for name, category in _BESIDE.items() if policy.leaves(category)}
        for place, (kind, category) in enumerate(codecs.terms()[protocol].kinds):
            if not place or category is None or policy.leaves(category):
                found.add(kind)
        dropped = {key for key, rule in policy.override.items() if rule is None}
        # a codec that one family alone speaks is read as of that family
        for one in (family, *codecs.own_families().values()):
            for names, may_be in _declared(protocol, one):
                if all(map(policy.leaves, may_be)) and dropped.isdisjoint(
                    f"{protocol}:{name}" for name in names
                ):
                    found |= names
        _ALLOWED[known] = found
    return _ALLOWED[known]


def shown(batch: FilteredBatch) -> set[str]:
    """What a batch says: its columns that hold a value, and the names in those that hold names."""
    found: set[str] = set()
    for row in batch.rows():
        for column, value in row.items():
            if value is None:
                continue
            if column in ("alarms", "states", "attributes", "pseudonyms"):
                found.update(value)
            elif column in ("event", "message", "retention_class"):
                found.add(value)
            else:
                found.add(column)
    return found
