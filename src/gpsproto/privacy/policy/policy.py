"""A policy: the closed list of what may leave.  What it does not name is dropped."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from gpsproto.category import STRICTNESS, Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import overrides
from gpsproto.privacy.policy.allowance import (
    TEXT_HINT,
    WAYS,
    is_text,
    refused_detail,
    refused_retention,
    refused_rule,
    ways_of,
)
from gpsproto.privacy.policy.rules import (
    ROLES,
    Coarse,
    Purpose,
    Record,
    Retention,
    Rule,
    SinkUse,
)
from gpsproto.privacy.policy.strictness import rule_within
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

RESERVED = "gpsproto/"
"""Domains that begin so are of the library itself."""

LONGEST_NAME = 64
SINK = r"(?!.*[0-9]{6})[a-z][a-z0-9_-]{0,31}"
"""The name of a sink: no run of digits that could be an identifier, since it stands in errors."""
MOST_SINKS = MOST_PURPOSES = 64
LONGEST_DESCRIPTION = 1_000

_HALF = re.compile("[\ud800-\udfff]")
_HIDDEN_BY_GRID = frozenset({Category.MOTION, Category.NET_LOCATION})
TIME_WITH_GRID_S = 3_600
"""What time is rounded down to beside a coarse place that does not say."""


@dataclass(frozen=True)
class Policy:
    """What may leave, under which pseudonym, for how long.  Raises PolicyError for what never may.

    ``allow`` holds a rule a category; a category that is not in it is dropped.  ``retain`` holds a
    period for each allowed category.  ``override`` holds stricter rules for single fields, None for
    one that is dropped: ``teltonika:113@1`` (id and width), ``watch:steps`` (name).
    ``record`` and ``sinks`` are for the record of processing.  ``extends`` names the policy that it
    was built over, ``loosen`` says why it may be looser than that; ``blanks`` are the keys that the
    file left open and that were filled in when it was read.
    ``digest`` names the rules: equal rules, equal digests.
    """

    name: str
    domain: str
    allow: Mapping[Category, Rule]
    retain: Mapping[Category, Retention | Period]
    description: str = ""
    override: Mapping[str, Rule | None] = field(default_factory=dict)
    record: Record = field(default_factory=Record)
    sinks: Mapping[str, SinkUse] = field(default_factory=dict)
    extends: str | None = None
    loosen: str = ""
    blanks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        retain = {
            category: Retention(one) if isinstance(one, Period) else one
            for category, one in self.retain.items()
        }
        object.__setattr__(self, "allow", MappingProxyType(dict(self.allow)))
        object.__setattr__(self, "retain", MappingProxyType(retain))
        object.__setattr__(self, "override", MappingProxyType(dict(self.override)))
        object.__setattr__(self, "sinks", MappingProxyType(dict(self.sinks)))
        # here and not only where TOML is read: no Policy exists that is looser than the floor
        self._check_texts()
        for category, rule in self.allow.items():
            _known(category, "allow")
            if wrong := refused_rule(category, rule):
                raise PolicyError(
                    wrong.code, key=_below(f"allow.{category}", wrong.below), hint=wrong.hint
                )
            if category not in self.retain:
                raise PolicyError(ErrorCode.POLICY_MISSING, key=f"retain.{category}")
        for category, retention in self.retain.items():
            _known(category, "retain")
            if category not in self.allow:
                raise PolicyError(ErrorCode.POLICY_MISSING, key=f"allow.{category}")
            if wrong := refused_retention(retention):
                raise PolicyError(
                    wrong.code, key=_below(f"retain.{category}", wrong.below), hint=wrong.hint
                )
        if len(self.override) > overrides.MOST:
            raise _bad("override", f"at most {overrides.MOST} are wanted")
        for key, exception in self.override.items():
            self._check_override(key, exception)

    def _check_texts(self) -> None:
        for key, text in (("name", self.name), ("pseudonym.domain", self.domain)):
            if not _can_be_written(text, 1, LONGEST_NAME):
                raise _bad(key, f"1 to {LONGEST_NAME} characters are wanted")
        if self.domain.startswith(RESERVED):
            raise _bad("pseudonym.domain", f"it must not begin with {RESERVED}")
        if not _can_be_written(self.description, 0, LONGEST_DESCRIPTION):
            raise _bad("description", f"at most {LONGEST_DESCRIPTION} characters are wanted")
        if not is_text(self.loosen, least=0):
            raise _bad("loosen", TEXT_HINT)
        record = self.record
        if record.role not in ("", *ROLES):
            raise _bad("record.role", f"one of {', '.join(ROLES)} is wanted")
        if not is_text(record.controller, least=0):
            raise _bad("record.controller", TEXT_HINT)
        if not isinstance(record.purposes, tuple) or len(record.purposes) > MOST_PURPOSES:
            raise _bad("record.purposes", f"at most {MOST_PURPOSES} are wanted")
        for number, one in enumerate(record.purposes):
            if not isinstance(one, Purpose) or not is_text(one.purpose):
                raise _bad(f"record.purposes.{number}.purpose", TEXT_HINT)
            if not is_text(one.legal_basis):
                raise _bad(f"record.purposes.{number}.legal_basis", TEXT_HINT)
        if len(self.sinks) > MOST_SINKS:
            raise _bad("sink", f"at most {MOST_SINKS} are wanted")
        for name, use in self.sinks.items():
            if not isinstance(name, str) or not re.fullmatch(SINK, name):
                raise PolicyError(
                    ErrorCode.POLICY_BAD_KEY, key="sink",
                    hint="a name of small letters, digits, - and _ is wanted",
                )  # fmt: skip
            for below in ("purpose", "region"):
                if not is_text(getattr(use, below, None)):
                    raise _bad(f"sink.{name}.{below}", TEXT_HINT)

    def _check_override(self, key: str, rule: Rule | None) -> None:
        """Refuse what is no field, and what would let more of one through than its category."""
        if not overrides.is_field(key):
            raise PolicyError(ErrorCode.POLICY_BAD_KEY, key="override", hint=overrides.HINT)
        if rule is None:
            return
        named = f"override.{key}"
        if not isinstance(rule, Rule) or rule != Rule("coarsen", coarse=rule.coarse):
            raise _bad(named, '"drop", or { bucket = [...] }, or { delta = true } is wanted')
        if wrong := refused_detail(rule.coarse):
            raise PolicyError(wrong.code, key=_below(named, wrong.below), hint=wrong.hint)
        ways = ways_of(rule.coarse)
        if ways - {"bucket", "delta"}:
            raise _bad(named, "a place and a time lose detail by their category only")
        may_be = overrides.categories(key)
        leaving = {one: allowed for one in may_be if (allowed := self.rule(one)) is not None}
        if may_be and not leaving:
            raise PolicyError(ErrorCode.POLICY_LOOSER, key=named, hint="its category is dropped")
        for category, allowed in leaving.items():
            if ways - WAYS.get(category, frozenset()):
                raise _bad(named, f"no way that {category} can lose detail")
            if not rule_within(rule, allowed):
                raise PolicyError(
                    ErrorCode.POLICY_LOOSER, key=named, hint=f"looser than allow.{category}"
                )

    def rule(self, category: Category) -> Rule | None:
        """What becomes of a category; None where it is dropped.

        Where the place is coarse, speed and course and cells are dropped with it, and the time is
        as coarse: they would tell where in the cell.
        """
        return self._rules.get(category)

    @cached_property
    def _rules(self) -> dict[Category, Rule]:
        found = dict(self.allow)
        place = found.get(Category.LOCATION)
        if place is not None and place.action == "coarsen":
            for category in _HIDDEN_BY_GRID:
                found.pop(category, None)
            time = found.get(Category.TIME)
            if time is not None:
                least = max(time.coarse.time_s or 0, place.coarse.time_s or TIME_WITH_GRID_S)
                found[Category.TIME] = Rule("coarsen", coarse=Coarse(time_s=least))
        return found

    def keeps(self, category: Category) -> bool:
        """Whether values of the category leave as they are."""
        rule = self.rule(category)
        return rule is not None and rule.action == "keep"

    def coarsens(self, category: Category) -> bool:
        """Whether values of the category leave with less detail."""
        rule = self.rule(category)
        return rule is not None and rule.action == "coarsen"

    def leaves(self, category: Category) -> bool:
        """Whether values of the category leave, as they are or with less detail."""
        rule = self.rule(category)
        return rule is not None and rule.action != "pseudonymise"

    def pseudonymises(self, category: Category) -> bool:
        """Whether values of the category leave as pseudonyms."""
        rule = self.rule(category)
        return rule is not None and rule.action == "pseudonymise"

    def scope(self, category: Category) -> Scope:
        """How far the pseudonyms of a category reach."""
        rule = self.rule(category)
        return Scope.STABLE if rule is None else rule.scope

    @property
    def grid_m(self) -> int | None:
        """The side of the cell that a place is rounded to, metres; None where it is exact."""
        rule = self.rule(Category.LOCATION)
        return None if rule is None else rule.coarse.grid_m

    @property
    def time_ms(self) -> int:
        """What times are rounded down to, milliseconds; 1 where they are exact."""
        rule = self.rule(Category.TIME)
        return 1 if rule is None or rule.coarse.time_s is None else 1_000 * rule.coarse.time_s

    @cached_property
    def needs_time(self) -> bool:
        """Whether the time of a record decides what leaves of it, even where it does not itself."""
        return any(
            rule.coarse.delta or (rule.action == "pseudonymise" and rule.scope.epochal)
            for rule in [*self._rules.values(), *self.override.values()]
            if rule is not None
        )

    @property
    def last_known(self) -> bool:
        """Whether the place of a record without fix leaves, marked ``last_known``."""
        rule = self.rule(Category.LOCATION)
        return rule is not None and rule.last_known

    @cached_property
    def periods(self) -> dict[Period, Category]:
        """The periods of what leaves, each with the strictest category that has it.

        A record expires with the first of them.
        """
        found: dict[Period, Category] = {}
        for category in sorted(self.retain, key=STRICTNESS.__getitem__):
            if self.leaves(category):
                for bound in self.retention(category).bounds:
                    found.setdefault(bound, category)
        return found

    def retention(self, category: Category) -> Retention:
        """How long values of an allowed category may be kept."""
        found = self.retain[category]
        return Retention(found) if isinstance(found, Period) else found

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rules, in hex."""
        content = {
            "domain": self.domain,
            "allow": {c.value: _stated(r) for c, r in self.allow.items()},
            "retain": {c.value: _lasting(self.retention(c)) for c in self.retain},
        }
        if self.override:
            content["override"] = {k: r and _stated(r) for k, r in self.override.items()}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @classmethod
    def load(cls, policy: str | Path, *, fill: Mapping[str, Any] | None = None) -> Policy:
        """Load a built-in policy by name, or a file by path.  Raises PolicyError.

        ``fill`` gives the values that the file leaves open (``FILL IN``), by their keys:
        ``{"retain.status": "P6M"}``.
        """
        from gpsproto.privacy.policy import file

        return file.load(policy, fill)

    @classmethod
    def from_toml(cls, text: str, *, fill: Mapping[str, Any] | None = None) -> Policy:
        """Read a policy.  Raises PolicyError, which names the key and the line."""
        from gpsproto.privacy.policy import file

        return file.read(text, fill)


def presets() -> tuple[str, ...]:
    """Names of the built-in policies."""
    from gpsproto.privacy.policy import sheet

    return sheet.presets()


def _can_be_written(text: object, least: int, most: int) -> bool:
    """Whether it is a text of a fit length; half a surrogate pair is no character."""
    return isinstance(text, str) and least <= len(text) <= most and not _HALF.search(text)


def _known(category: object, table: str) -> None:
    if not isinstance(category, Category):
        raise PolicyError(ErrorCode.POLICY_BAD_KEY, key=table, hint="a Category is wanted")


def _below(key: str, below: str) -> str:
    return f"{key}.{below}" if below else key


def _bad(key: str, hint: str) -> PolicyError:
    return PolicyError(ErrorCode.POLICY_BAD_VALUE, key=key, hint=hint)


def _stated(rule: Rule) -> list[Any]:
    """A rule for the digest: what is as usual is not in it, so that a new setting changes none."""
    more = {
        "scope": None if rule.scope is Scope.STABLE else rule.scope.value,
        "grid_m": rule.coarse.grid_m,
        "time_s": rule.coarse.time_s,
        # + 0.0: 20 and 20.0 are one bound, and so are 0.0 and -0.0
        "buckets": [float(bound) + 0.0 for bound in rule.coarse.buckets] or None,
        "delta": rule.coarse.delta or None,
    }
    more = {key: value for key, value in more.items() if value is not None}
    return [rule.action, rule.last_known, *([more] if more else [])]


def _lasting(retention: Retention) -> list[Any]:
    def days(period: Period | None) -> list[int] | None:
        return None if period is None else [period.months, period.days]

    more = {
        "until": retention.until,
        "inactive": days(retention.inactive),
        "max": days(retention.most),
    }
    more = {key: value for key, value in more.items() if value is not None}
    return [*(days(retention.period) or ()), *([more] if more else [])]
