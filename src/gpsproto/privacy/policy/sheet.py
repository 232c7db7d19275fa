"""The text of one policy: parsed, its keys checked, the line of each at hand.

Errors are built outside the ``except`` blocks: a text that is not understood may hold anything.
"""

from __future__ import annotations

import re
import tomllib
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import overrides
from gpsproto.privacy.policy.keylines import KeyLines
from gpsproto.privacy.policy.policy import SINK

LONGEST = 1 << 20
LONGEST_PATH = 1_024
TOP = ("name", "description", "extends", "loosen")
TABLES = ("pseudonym", "allow", "retain", "override", "record", "sink")
NEEDED = ("pseudonym", "allow", "retain")
_KEYS = {"pseudonym": ("domain", "scope"), "record": ("role", "controller", "purposes")}
_PLACE = re.compile(r"\(at line ([0-9]{1,9}), column [0-9]{1,9}\)\Z", re.ASCII)
_AT_END = "(at end of document)"

Key = tuple[str, ...]
"""Of an entry: a key of the top, or a table and a key of it."""


class Sheet:
    """The text of one policy, and where it is from."""

    def __init__(self, text: str, *, folder: Path | None = None, built_in: str = "") -> None:
        self.folder = folder
        self.built_in = built_in
        self._text = text
        self.entries: dict[Key, Any] = {}
        table = self._parsed()
        for key, value in table.items():
            if key in TOP:
                self.entries[key,] = value
            elif key not in TABLES:
                raise self.refused(
                    ErrorCode.POLICY_BAD_KEY, key, hint=f"known: {', '.join((*TOP, *TABLES))}"
                )
            elif not isinstance(value, dict):
                raise self.refused(
                    ErrorCode.POLICY_BAD_VALUE, key, shown=key, hint="a table is wanted"
                )
            else:
                for below in value:
                    self._check(key, below)
                self.entries |= {(key, below): one for below, one in value.items()}
        if "extends" not in table:
            for key in NEEDED:
                if key not in table:
                    raise self.refused(ErrorCode.POLICY_MISSING, key, shown=key)
            if "loosen" in table:
                raise self.refused(
                    ErrorCode.POLICY_BAD_KEY, "loosen", shown="loosen",
                    hint="it goes with extends only",
                )  # fmt: skip

    @cached_property
    def lines(self) -> KeyLines:
        """Where its keys stand."""
        return KeyLines(self._text)

    def refused(self, code: ErrorCode, *path: str, shown: str = "", hint: str = "") -> PolicyError:
        """The error for a key; ``shown`` is as much of it as may be told."""
        return PolicyError(code, key=shown, hint=hint, line=self.lines.of(path))

    def _parsed(self) -> dict[str, Any]:
        if len(self._text) > LONGEST:
            raise PolicyError(ErrorCode.POLICY_UNREADABLE, hint="at most 1 MiB is read")
        parsed: dict[str, Any] | None = None
        line = 0
        try:
            parsed = tomllib.loads(self._text)
        except tomllib.TOMLDecodeError as error:
            line = _line(error, self._text)
        except (ValueError, RecursionError):
            pass  # a number of very many digits; lists in lists in lists
        if parsed is None:
            raise PolicyError(ErrorCode.POLICY_NOT_TOML, line=line)
        return parsed

    def _check(self, table: str, key: str) -> None:
        """Refuse a key that its table does not have."""
        hint = ""
        if table in _KEYS and key not in _KEYS[table]:
            hint = f"known: {', '.join(_KEYS[table])}"
        elif table in ("allow", "retain") and key not in Category.__members__.values():
            hint = f"categories: {', '.join(Category)}"
        elif table == "override" and not overrides.is_field(key):
            hint = overrides.HINT
        elif table == "sink" and not re.fullmatch(SINK, key):
            hint = "a name of small letters, digits, - and _ is wanted"
        if hint:
            raise self.refused(ErrorCode.POLICY_BAD_KEY, table, key, shown=table, hint=hint)


def _line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """The line of an error of the reader, and nothing else of it: its text may quote a key."""
    told = str(error)
    found = _PLACE.search(told)
    if found is not None:
        return int(found[1])
    return text.count("\n") + 1 if told.endswith(_AT_END) else 0


def presets() -> tuple[str, ...]:
    """Names of the built-in policies."""
    folder = resources.files(__package__) / "presets"
    return tuple(sorted(f.name[:-5] for f in folder.iterdir() if f.name.endswith(".toml")))


def found(policy: str | Path) -> Sheet:
    """A built-in policy by name, or a file by path."""
    if isinstance(policy, str) and policy in presets():
        text = (resources.files(__package__) / "presets" / f"{policy}.toml").read_text("utf-8")
        return Sheet(text, built_in=policy)
    path = Path(policy)
    text = ""
    failed: ErrorCode | None = None
    try:
        if not path.is_file():
            failed = ErrorCode.POLICY_UNKNOWN
        elif path.stat().st_size > LONGEST:
            failed = ErrorCode.POLICY_UNREADABLE
        else:
            text = path.read_text("utf-8")
    except (OSError, UnicodeError, ValueError):
        failed = ErrorCode.POLICY_UNREADABLE
    if failed is not None:
        raise PolicyError(failed, hint=f"built in: {', '.join(presets())}")
    return Sheet(text, folder=path.parent)
