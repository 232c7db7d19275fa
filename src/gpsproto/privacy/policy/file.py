"""Policies as TOML files: the built-in ones, those of users, and those that stand over others.

Errors name the key and the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Policy, overrides
from gpsproto.privacy.policy import values as policyvalues
from gpsproto.privacy.policy.blanks import Entries, Entry, as_filled, filled, is_blank
from gpsproto.privacy.policy.compare import looser
from gpsproto.privacy.policy.rules import Rule
from gpsproto.privacy.policy.sheet import LONGEST_PATH, TOP, Sheet, found, presets
from gpsproto.privacy.scope import Scope

DEEPEST = 8
"""So many policies may stand on each other, beside the first."""

_OWN = frozenset(TOP)  # not taken over from what a policy extends
_DROPPED = ("drop", {"action": "drop"})
_PERIODS = frozenset({"period", "until", "inactive", "max"})


def load(policy: str | Path, fill: Mapping[str, Any] | None) -> Policy:
    """A built-in policy by name, or a file by path."""
    return _made(found(policy), fill or {})


def read(text: str, fill: Mapping[str, Any] | None) -> Policy:
    """A policy of a text; it may extend built-in ones."""
    return _made(Sheet(text), fill or {})


def _made(top: Sheet, fill: Mapping[str, Any]) -> Policy:
    """The policy of a sheet, over those that it extends."""
    sheets = [top]
    while ("extends",) in sheets[0].entries:
        sheets.insert(0, _base(sheets[0], top, len(sheets)))
    levels: list[Entries] = []
    for sheet in sheets:
        levels.append(_over(levels[-1] if levels else {}, sheet))
    final, blanks = filled(levels[-1], fill, top)
    policy: Policy | None = None
    for sheet, level in zip(sheets, levels, strict=True):
        base = policy
        entries = final if sheet is top else as_filled(level, final)
        policy = _placed(entries, sheet, top, base, blanks if sheet is top else ())
        if base is not None and not policy.loosen:
            _refuse_looser(base, policy, sheet, top)
    assert policy is not None
    return policy


def _base(sheet: Sheet, top: Sheet, depth: int) -> Sheet:
    """The sheet that another extends."""
    value = sheet.entries["extends",]
    refused: PolicyError | None = None
    made: Sheet | None = None

    def wrong(code: ErrorCode, hint: str = "") -> PolicyError:
        return _told(sheet.refused(code, "extends", shown="extends", hint=hint), sheet, top)

    known = ", ".join(presets())
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_PATH:
        raise wrong(ErrorCode.POLICY_BAD_VALUE, f"a path is wanted, or one of: {known}")
    if depth > DEEPEST:
        raise wrong(ErrorCode.POLICY_CIRCLE, f"at most {DEEPEST} stand on each other")
    if value not in presets() and sheet.folder is None:
        raise wrong(ErrorCode.POLICY_UNKNOWN, f"what is no file extends one of: {known}")
    try:
        made = found(value if value in presets() else (sheet.folder or Path()) / value)
    except PolicyError as error:
        refused = error
    if made is None:
        assert refused is not None
        raise _beneath(refused, top)
    return made


def _over(base: Entries, sheet: Sheet) -> Entries:
    """A sheet over what it extends, key by key."""
    own = {key: Entry(value, sheet) for key, value in sheet.entries.items()}
    merged = {key: entry for key, entry in base.items() if key[0] not in _OWN} | own
    for key, entry in own.items():
        retained = "retain", key[-1]
        if key[0] == "allow" and entry.value in _DROPPED and retained not in own:
            merged.pop(retained, None)
        elif key[0] == "retain" and key in base and isinstance(entry.value, str):
            # how long, alone: in whose charge and on what ground stays as it was
            was = base[key].value
            texts = (
                {k: v for k, v in was.items() if k not in _PERIODS} if isinstance(was, dict) else {}
            )
            if texts and not is_blank(entry.value):
                merged[key] = Entry({**texts, "period": entry.value}, sheet)
    return merged


def _placed(
    entries: Entries, sheet: Sheet, top: Sheet, base: Policy | None, blanks: tuple[str, ...]
) -> Policy:
    """The policy of the entries; its errors with the line of the key."""
    refused: PolicyError | None = None
    policy: Policy | None = None
    try:
        policy = _policy(entries, sheet, base, blanks)
    except PolicyError as error:
        refused = error
    if policy is not None:
        return policy
    assert refused is not None
    path = refused.key.split(".")
    entry = entries.get(tuple(path[:2])) or entries.get((path[0],))
    origin = sheet if entry is None else entry.sheet
    line = origin.lines.of(path)
    if refused.code is ErrorCode.POLICY_MISSING and path[0] in ("allow", "retain"):
        # the one that it should go with
        line = origin.lines.of(["retain" if path[0] == "allow" else "allow", *path[1:]]) or line
    raise _told(
        PolicyError(refused.code, key=refused.key, hint=refused.hint, line=line), origin, top
    )


def _policy(entries: Entries, sheet: Sheet, base: Policy | None, blanks: tuple[str, ...]) -> Policy:
    def value(*key: str) -> Any:
        if key not in entries:
            raise PolicyError(ErrorCode.POLICY_MISSING, key=".".join(key))
        return entries[key].value

    def table(name: str) -> dict[str, Any]:
        return {key[1]: entry.value for key, entry in entries.items() if key[0] == name}

    pseudonym = table("pseudonym")
    usual = policyvalues.scope(pseudonym.get("scope", Scope.STABLE.value), "pseudonym.scope")
    rules = {
        Category(key): policyvalues.rule(Category(key), one, usual)
        for key, one in table("allow").items()
    }
    policy = Policy(
        value("name"),
        value("pseudonym", "domain"),
        {category: rule for category, rule in rules.items() if rule is not None},
        {
            Category(key): policyvalues.retention(Category(key), one)
            for key, one in table("retain").items()
        },
        value("description") if ("description",) in entries else "",
        record=policyvalues.record(table("record")),
        sinks={name: policyvalues.sink(name, one) for name, one in table("sink").items()},
        extends=None if base is None else base.name,
        loosen=policyvalues.reason(value("loosen")) if ("loosen",) in entries else "",
        blanks=blanks,
    )
    exceptions = {key: policyvalues.override(key, one) for key, one in table("override").items()}
    return replace(
        policy,
        override={
            key: rule
            for key, rule in exceptions.items()
            if entries["override", key].sheet is sheet or not _is_moot(key, rule, policy)
        },
    )


def _is_moot(key: str, rule: Rule | None, policy: Policy) -> bool:
    """Whether an override that was taken over is of categories that are all dropped by now."""
    may_be = overrides.categories(key) if rule is not None else frozenset[Category]()
    return bool(may_be) and not any(policy.rule(category) for category in may_be)


def _refuse_looser(base: Policy, policy: Policy, sheet: Sheet, top: Sheet) -> None:
    keys = [change.key for change in looser(base, policy)]
    if not keys:
        return
    hint = 'it may only be stricter than what it extends, or say loosen = "reason"'
    if keys[1:]:
        hint += f"; looser too: {', '.join(keys[1:])}"
    path = keys[0].split(".")
    line = sheet.lines.of(path) or sheet.lines.of(["extends"])
    raise _told(PolicyError(ErrorCode.POLICY_LOOSER, key=keys[0], hint=hint, line=line), sheet, top)


def _told(error: PolicyError, sheet: Sheet, top: Sheet) -> PolicyError:
    """The error, as one of the policy that was asked for."""
    return error if sheet is top else _beneath(error, top)


def _beneath(error: PolicyError, top: Sheet) -> PolicyError:
    """An error of a policy that another stands on."""
    where = [f"at {error.key}"] if error.key else []
    where += [f"line {error.line}"] if error.line else []
    hint = " ".join(["in a policy that it stands on", *where])
    return PolicyError(
        error.code, key="extends", line=top.lines.of(["extends"]),
        hint="; ".join([hint, error.hint] if error.hint else [hint]),
    )  # fmt: skip
