"""A policy: the closed list of what may leave.  What it does not name is dropped.

TOML, read with tomllib into frozen values.  Errors name keys, never values.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from gpsproto.category import FLOOR, IDENTITIES, STRICTNESS, Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.retention import Period

Action = Literal["keep", "pseudonymise"]

_TOP = {"name", "description", "pseudonym", "allow", "retain"}
_LONGEST = 1 << 20
_NEVER_KEPT = IDENTITIES | {Category.PRIVATE_MODE}
_PSEUDONYMISED = frozenset({Category.DEVICE_ID, Category.SIM_ID, Category.DRIVER_ID})
_ACTIONS = '"keep", or for an identifier { action = "pseudonymise", scope = "stable" }'


@dataclass(frozen=True, slots=True)
class Rule:
    """What happens to a category: kept as it is, or replaced by a keyed pseudonym."""

    action: Action
    last_known: bool = False


@dataclass(frozen=True)
class Policy:
    """What may leave, under which pseudonym, for how long.  Raises PolicyError for what never may.

    ``allow`` holds a rule a category; a category that is not in it is dropped.  ``retain`` holds a
    period for each allowed category.  ``digest`` names the content: equal policies, equal digests.
    """

    name: str
    domain: str
    allow: Mapping[Category, Rule]
    retain: Mapping[Category, Period]
    description: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "allow", MappingProxyType(dict(self.allow)))
        object.__setattr__(self, "retain", MappingProxyType(dict(self.retain)))
        # here and not only where TOML is read: no Policy exists that is looser than the floor
        for category, rule in self.allow.items():
            _permit(category, rule)
            if category not in self.retain:
                raise PolicyError(ErrorCode.POLICY_MISSING, key=f"retain.{category}")
        for category in self.retain:
            if category not in self.allow:
                raise PolicyError(ErrorCode.POLICY_MISSING, key=f"allow.{category}")

    def keeps(self, category: Category) -> bool:
        """Whether values of the category leave as they are."""
        rule = self.allow.get(category)
        return rule is not None and rule.action == "keep"

    def pseudonymises(self, category: Category) -> bool:
        """Whether values of the category leave as pseudonyms."""
        rule = self.allow.get(category)
        return rule is not None and rule.action == "pseudonymise"

    @property
    def last_known(self) -> bool:
        """Whether the place of a record without fix leaves, marked ``last_known``."""
        rule = self.allow.get(Category.LOCATION)
        return rule is not None and rule.last_known

    @cached_property
    def periods(self) -> dict[Period, Category]:
        """The periods of what is kept, each with the strictest category that has it.

        A record expires with the first of them.
        """
        found: dict[Period, Category] = {}
        for category in sorted(self.retain, key=STRICTNESS.__getitem__):
            if self.keeps(category):
                found.setdefault(self.retain[category], category)
        return found

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the rules, in hex."""
        content = {
            "domain": self.domain,
            "allow": {c.value: [r.action, r.last_known] for c, r in self.allow.items()},
            "retain": {c.value: [p.months, p.days] for c, p in self.retain.items()},
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    @classmethod
    def load(cls, policy: str | Path) -> Policy:
        """Load a built-in policy by name, or a file by path.  Raises PolicyError."""
        if isinstance(policy, str) and policy in presets():
            text = (resources.files(__package__) / "presets" / f"{policy}.toml").read_text("utf-8")
            return cls.from_toml(text)
        path = Path(policy)
        text = ""
        failed: ErrorCode | None = None
        try:
            if not path.is_file():
                failed = ErrorCode.POLICY_UNKNOWN
            elif path.stat().st_size > _LONGEST:
                failed = ErrorCode.POLICY_UNREADABLE
            else:
                text = path.read_text("utf-8")
        except (OSError, UnicodeError, ValueError):
            failed = ErrorCode.POLICY_UNREADABLE
        if failed is not None:
            raise PolicyError(failed, hint=f"built in: {', '.join(presets())}")
        return cls.from_toml(text)

    @classmethod
    def from_toml(cls, text: str) -> Policy:
        """Read a policy.  Raises PolicyError, which names the key."""
        parsed: dict[str, Any] | None = None
        # a number of very many digits is a plain ValueError
        with suppress(ValueError, RecursionError):
            parsed = tomllib.loads(text)
        if parsed is None:
            raise PolicyError(ErrorCode.POLICY_NOT_TOML)
        if set(parsed) - _TOP:
            raise PolicyError(ErrorCode.POLICY_BAD_KEY, hint=f"known: {', '.join(sorted(_TOP))}")
        name = _text(parsed, "name", "name")
        pseudonym = _table(parsed, "pseudonym")
        if set(pseudonym) - {"domain"}:
            raise PolicyError(ErrorCode.POLICY_BAD_KEY, key="pseudonym", hint="known: domain")
        domain = _text(pseudonym, "domain", "pseudonym.domain")
        allow = {
            _category(key, "allow"): _rule(_category(key, "allow"), value)
            for key, value in _table(parsed, "allow").items()
        }
        retain = {
            _category(key, "retain"): _period(key, value)
            for key, value in _table(parsed, "retain").items()
        }
        description = parsed.get("description", "")
        if not isinstance(description, str):
            raise PolicyError(ErrorCode.POLICY_BAD_VALUE, key="description")
        return cls(name, domain, allow, retain, description)


def presets() -> tuple[str, ...]:
    """Names of the built-in policies."""
    folder = resources.files(__package__) / "presets"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def _table(parsed: dict[str, Any], key: str) -> dict[str, Any]:
    value = parsed.get(key)
    if value is None:
        raise PolicyError(ErrorCode.POLICY_MISSING, key=key)
    if not isinstance(value, dict):
        raise PolicyError(ErrorCode.POLICY_BAD_VALUE, key=key, hint="a table is wanted")
    return value


def _text(parsed: dict[str, Any], key: str, named: str) -> str:
    value = parsed.get(key)
    if value is None:
        raise PolicyError(ErrorCode.POLICY_MISSING, key=named)
    if not isinstance(value, str) or not 1 <= len(value) <= 64:
        raise PolicyError(
            ErrorCode.POLICY_BAD_VALUE, key=named, hint="1 to 64 characters are wanted"
        )
    return value


def _category(key: str, table: str) -> Category:
    if key not in Category.__members__.values():
        known = ", ".join(category.value for category in Category)
        raise PolicyError(ErrorCode.POLICY_BAD_KEY, key=table, hint=f"categories: {known}")
    return Category(key)


def _rule(category: Category, value: Any) -> Rule:
    named = f"allow.{category.value}"
    if isinstance(value, str):
        value = {"action": value}
    known = {"action", "scope"} | ({"last_known"} if category is Category.LOCATION else set())
    if not isinstance(value, dict) or set(value) - known:
        raise PolicyError(
            ErrorCode.POLICY_BAD_VALUE, key=named, hint=f"known: {', '.join(sorted(known))}"
        )
    action = value.get("action")
    scope = value.get("scope")
    last_known = value.get("last_known", False)
    if category in FLOOR:
        raise PolicyError(ErrorCode.POLICY_FLOOR, key=named)
    if not isinstance(last_known, bool):
        raise PolicyError(ErrorCode.POLICY_BAD_VALUE, key=f"{named}.last_known")
    if action == "keep" and scope is None:
        rule = Rule("keep", last_known)
    elif action == "pseudonymise" and scope in (None, "stable"):
        rule = Rule("pseudonymise")
    else:
        raise PolicyError(ErrorCode.POLICY_BAD_VALUE, key=named, hint=_ACTIONS)
    _permit(category, rule)
    return rule


def _permit(category: Category, rule: Rule) -> None:
    """Refuse what no policy may allow."""
    named = f"allow.{category}"
    if category in FLOOR:
        raise PolicyError(ErrorCode.POLICY_FLOOR, key=named)
    if rule.action == "keep":
        if category in _NEVER_KEPT:
            raise PolicyError(
                ErrorCode.POLICY_FLOOR, key=named, hint="an identifier is never kept in clear"
            )
    elif rule.action != "pseudonymise" or category not in _PSEUDONYMISED:
        raise PolicyError(ErrorCode.POLICY_BAD_VALUE, key=named, hint=_ACTIONS)


def _period(key: str, value: Any) -> Period:
    period = Period.parse(value) if isinstance(value, str) else None
    if period is None:
        raise PolicyError(
            ErrorCode.POLICY_BAD_VALUE, key=f"retain.{_category(key, 'retain').value}",
            hint="an ISO 8601 duration is wanted, as P3M or P7D",
        )  # fmt: skip
    return period
