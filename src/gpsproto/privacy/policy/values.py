"""Values of a policy's TOML as rules, retentions and records.  Errors name the key, never a value."""

from __future__ import annotations

import re
from typing import Any

from gpsproto.category import FLOOR, Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy.allowance import (
    ACTIONS_HINT,
    BUCKET_HINT,
    GRID_HINT,
    RETENTION_HINT,
    SCOPES,
    TEXT_HINT,
    TIME_HINT,
    WAYS,
    is_text,
    refused_retention,
    refused_rule,
)
from gpsproto.privacy.policy.rules import Coarse, Purpose, Record, Retention, Rule, SinkUse
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

GRID = r"([1-9][0-9]{0,5})m|([1-9][0-9]{0,2}|0)(\.[0-9]{1,3})?km"
STEP = r"P(?=[0-9T])([0-9]{1,2}D)?(T(?=[0-9])([0-9]{1,3}H)?([0-9]{1,4}M)?([0-9]{1,5}S)?)?"
RETENTION_KEYS = ("period", "until", "inactive", "max", "service", "responsible", "legal_basis")

_GRID = re.compile(GRID, re.ASCII)
_STEP = re.compile(STEP, re.ASCII)
_UNITS_S = (86_400, 0, 3_600, 60, 1)  # by group of STEP


def scope(value: Any, key: str) -> Scope:
    """How far pseudonyms reach."""
    if not isinstance(value, str) or value not in Scope.__members__.values():
        raise _bad(key, f"scopes: {', '.join(Scope)}")
    return Scope(value)


def reason(value: Any) -> str:
    """Why a policy is looser than what it extends."""
    if not is_text(value):
        raise _bad("loosen", TEXT_HINT)
    return str(value)


def rule(category: Category, value: Any, usual: Scope) -> Rule | None:
    """A rule; None where it drops.  A pseudonym without a scope is of the usual one."""
    key = f"allow.{category}"
    if value == "delta":
        value = {"action": "coarsen", "delta": True}
    table: dict[str, Any] = {"action": value} if isinstance(value, str) else value
    if table == {"action": "drop"}:
        return None
    if category in FLOOR and category not in SCOPES:
        raise PolicyError(ErrorCode.POLICY_FLOOR, key=key)
    known: set[str] = {"action", *WAYS.get(category, ())}
    if category in SCOPES:
        known.add("scope")
    if category is Category.LOCATION:
        known.add("last_known")
    if not isinstance(table, dict) or set(table) - known:
        raise _bad(key, f"known: {', '.join(sorted(known))}")
    action = table.get("action")
    if action not in ("keep", "coarsen", "pseudonymise"):
        raise _bad(key, ACTIONS_HINT)
    made = Rule(
        action,
        _flag(table, "last_known", key),
        scope(table.get("scope", usual.value), f"{key}.scope")
        if action == "pseudonymise"
        else Scope.STABLE,
        _coarse(table, key),
    )
    if wrong := refused_rule(category, made):
        below = f".{wrong.below}" if wrong.below else ""
        raise PolicyError(wrong.code, key=f"{key}{below}", hint=wrong.hint)
    return made


def override(field: str, value: Any) -> Rule | None:
    """A rule for one field; None where it drops."""
    key = f"override.{field}"
    if value == "delta":
        value = {"delta": True}
    if value in ("drop", {"action": "drop"}):
        return None
    if not isinstance(value, dict) or set(value) - {"action", "bucket", "delta"}:
        raise _bad(key, '"drop", or { bucket = [...] }, or { delta = true } is wanted')
    if value.get("action", "coarsen") != "coarsen":
        raise _bad(key, 'action "coarsen" or "drop" is wanted')
    return Rule("coarsen", coarse=_coarse(value, key))


def _flag(table: dict[str, Any], below: str, key: str) -> bool:
    value = table.get(below, False)
    if not isinstance(value, bool):
        raise _bad(f"{key}.{below}", "true or false is wanted")
    return value


def _coarse(table: dict[str, Any], key: str) -> Coarse:
    return Coarse(
        _grid_m(table["grid"], f"{key}.grid") if "grid" in table else None,
        _time_s(table["time"], f"{key}.time") if "time" in table else None,
        _buckets(table["bucket"], f"{key}.bucket") if "bucket" in table else (),
        _flag(table, "delta", key),
    )


def _grid_m(value: Any, key: str) -> int:
    found = _GRID.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _bad(key, GRID_HINT)
    metres, kilometres, part = found.groups()
    if metres is not None:
        return int(metres)
    return 1_000 * int(kilometres) + int((part or ".")[1:].ljust(3, "0"))


def _time_s(value: Any, key: str) -> int:
    found = _STEP.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise _bad(key, TIME_HINT)
    return sum(
        int(part[:-1]) * unit
        for part, unit in zip(found.groups(), _UNITS_S, strict=True)
        if part and unit
    )


def _buckets(value: Any, key: str) -> tuple[float, ...]:
    if not isinstance(value, list) or not value:
        raise _bad(key, BUCKET_HINT)
    return tuple(value)


def retention(category: Category, value: Any) -> Retention:
    """How long something may be kept."""
    key = f"retain.{category}"
    table: dict[str, Any] = {"period": value} if isinstance(value, str) else value
    if not isinstance(table, dict):
        raise _bad(key, RETENTION_HINT)
    if set(table) - set(RETENTION_KEYS):
        raise _bad(key, f"known: {', '.join(RETENTION_KEYS)}")
    periods = {
        one: _period(table[one], key if isinstance(value, str) else f"{key}.{one}")
        for one in ("period", "inactive", "max")
        if one in table
    }
    made = Retention(
        periods.get("period"), table.get("until"), periods.get("inactive"), periods.get("max"),
        *(table.get(one, "") for one in ("service", "responsible", "legal_basis")),
    )  # fmt: skip
    if wrong := refused_retention(made):
        below = f".{wrong.below}" if wrong.below else ""
        raise PolicyError(wrong.code, key=f"{key}{below}", hint=wrong.hint)
    return made


def _period(value: Any, key: str) -> Period:
    found = Period.parse(value) if isinstance(value, str) else None
    if found is None:
        raise _bad(key, "an ISO 8601 duration is wanted, as P3M or P7D")
    return found


def record(table: dict[str, Any]) -> Record:
    """What the record of processing names."""
    purposes = table.get("purposes", [])
    if not isinstance(purposes, list):
        raise _bad("record.purposes", "a list of { purpose, legal_basis } is wanted")
    made = []
    for number, one in enumerate(purposes):
        if not isinstance(one, dict) or set(one) != {"purpose", "legal_basis"}:
            raise _bad(f"record.purposes.{number}", "{ purpose, legal_basis } is wanted")
        made.append(Purpose(one["purpose"], one["legal_basis"]))
    return Record(table.get("role", ""), table.get("controller", ""), tuple(made))


def sink(name: str, value: Any) -> SinkUse:
    """What a store is for."""
    if not isinstance(value, dict) or set(value) != {"purpose", "region"}:
        raise _bad(f"sink.{name}", "{ purpose, region } is wanted")
    return SinkUse(value["purpose"], value["region"])


def _bad(key: str, hint: str) -> PolicyError:
    return PolicyError(ErrorCode.POLICY_BAD_VALUE, key=key, hint=hint)
