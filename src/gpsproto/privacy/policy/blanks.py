"""What a policy leaves open for its operator to fill in: texts that begin with ``FILL IN``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy.allowance import Way
from gpsproto.privacy.policy.policy import MOST_PURPOSES
from gpsproto.privacy.policy.sheet import Key, Sheet
from gpsproto.privacy.policy.values import RETENTION_KEYS

BLANK = "FILL IN"
_DEEPEST = 4  # parts of the longest key of a policy: record.purposes.0.purpose

_KNOWN = {
    *RETENTION_KEYS, *get_args(Way), "action", "scope", "last_known", "purpose", "region",
    *map(str, range(MOST_PURPOSES)),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """The value of a key, and the policy that it is from."""

    value: Any
    sheet: Sheet


Entries = dict[Key, Entry]


def is_blank(value: Any) -> bool:
    """Whether a value is left open."""
    return isinstance(value, str) and value.startswith(BLANK)


def _walked(value: Any, path: Key, change: Callable[[str, Key], Any]) -> Any:
    """A value with its blanks changed.  What is deeper than any policy is left to its reader."""
    if len(path) == _DEEPEST and isinstance(value, (dict, list)):
        return value
    if isinstance(value, dict):
        return {key: _walked(one, (*path, key), change) for key, one in value.items()}
    if isinstance(value, list):
        return [_walked(one, (*path, str(place)), change) for place, one in enumerate(value)]
    return change(value, path) if is_blank(value) else value


def _named(path: Key) -> str:
    """A blank by the key that fills it: of a retention in a table, the retention.

    Below the second part a key may be none of ours, and is not told.
    """
    below = path[2:]
    if (path[0] == "retain" and below == ("period",)) or not _KNOWN.issuperset(below):
        below = ()
    return ".".join((*path[:2], *below))


def filled(
    entries: Entries, fill: Mapping[str, Any], top: Sheet
) -> tuple[Entries, tuple[str, ...]]:
    """The entries with their blanks filled, and which keys those were.

    Raises PolicyError where one is left open, or where something else would be filled.
    """
    left: dict[Key, str] = {}
    keys: list[str] = []

    def change(text: str, path: Key) -> Any:
        keys.append(_named(path))
        given = fill.get(keys[-1], text)
        if is_blank(given):
            left[path] = text
        return given

    made = {
        path: Entry(_walked(entry.value, path, change), entry.sheet)
        for path, entry in entries.items()
    }
    if set(fill) - set(keys):
        known = ", ".join(keys) or "none"
        raise PolicyError(
            ErrorCode.POLICY_BAD_KEY, key="fill", hint=f"only blanks are filled; blanks: {known}"
        )
    if left:
        raise _left_open(left, entries, top)
    return made, tuple(keys)


def _left_open(left: Mapping[Key, str], entries: Entries, top: Sheet) -> PolicyError:
    said, lines = [], []
    for path, text in left.items():
        sheet = entries[path[:2]].sheet
        lines.append(top.lines.of(path if sheet is top else ["extends"]))
        key = _named(path)
        # the text of a user's file is a value, and not told; that of a built-in policy is ours
        said.append(
            f"{key}: {text[len(BLANK) :].lstrip(': ')}"
            if sheet.built_in
            else f"{key} (line {lines[-1]})"
        )
    keys = tuple(_named(path) for path in left)
    error = PolicyError(
        ErrorCode.POLICY_BLANK, key=keys[0], line=lines[0], hint=f"fill in {'; '.join(said)}"
    )
    error.blanks = keys
    return error


def as_filled(entries: Entries, final: Entries) -> Entries:
    """What a policy extends, with its blanks as they were filled above it.

    What was left open cannot be overstepped: it has the value that it got, and none where its
    category was dropped.
    """
    made = dict(entries)
    for key, entry in entries.items():
        blanks: list[Key] = []
        _walked(entry.value, key, lambda text, path, found=blanks: found.append(path))  # type: ignore[misc]
        if not blanks:
            continue
        if key in final:
            made[key] = Entry(final[key].value, entry.sheet)
        else:
            for table in {key[0], "allow", "retain"} if key[0] in ("allow", "retain") else key[:1]:
                made.pop((table, *key[1:]), None)
    return made
