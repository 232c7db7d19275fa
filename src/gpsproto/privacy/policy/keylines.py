"""The line that each key of a TOML text stands on, for errors: tomllib tells values, not places.

Only for a text that tomllib has taken: what it refuses is not looked for here.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Sequence
from contextlib import suppress

Path = tuple[str, ...]
"""A key and those above it; of a list the number, as text."""

_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*)*")
_MULTILINE = re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")|' r"'''.*?'{3,5}(?!')", re.DOTALL)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|' r"'[^'\n]*'")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
_PLAIN = re.compile(r"[^,\]}#\n]+")


class KeyLines:
    """Where the keys of a text stand, tables and lists among them; the first line is 1."""

    def __init__(self, text: str) -> None:
        self._text = text.replace("\r\n", "\n")
        self._breaks = [place for place, char in enumerate(self._text) if char == "\n"]
        self._lines: dict[Path, int] = {}
        self._lists: dict[Path, int] = {}  # of tables: how many there are so far
        # what was found until then stands: a line is a help, and must not stop the error
        with suppress(RecursionError):
            self._statements()

    def of(self, path: Sequence[str]) -> int:
        """The line of a key, else of the table that it would stand in; 0 where there is neither."""
        for length in range(len(path), 0, -1):
            line = self._lines.get(tuple(path[:length]))
            if line is not None:
                return line
        return 0

    def _note(self, path: Path, place: int) -> None:
        self._lines.setdefault(path, bisect_right(self._breaks, place - 1) + 1)

    def _skip(self, place: int) -> int:
        found = _BLANK.match(self._text, place)
        return found.end() if found else place

    def _statements(self) -> None:
        table: Path = ()
        place = self._skip(0)
        while place < len(self._text):
            start = place
            if self._text.startswith("[[", place):
                place, key = self._key(place + 2)
                table = (*self._resolved(key[:-1]), key[-1])
                number = self._lists[table] = self._lists.get(table, 0) + 1
                self._note(table, start)
                table = (*table, str(number - 1))
                self._note(table, start)
                place += 2
            elif self._text[place] == "[":
                place, key = self._key(place + 1)
                table = self._resolved(key)
                self._note(table, start)
                place += 1
            else:
                place = self._pair(table, place)
            place = self._skip(max(place, start + 1))

    def _resolved(self, key: Path) -> Path:
        """The table that a header means: of a list of tables the last."""
        path: Path = ()
        for part in key:
            path = (*path, part)
            if path in self._lists:
                path = (*path, str(self._lists[path] - 1))
        return path

    def _key(self, place: int) -> tuple[int, Path]:
        """A key and what stands behind it; its parts are parted by dots."""
        parts: list[str] = []
        while True:
            place = self._skip(place)
            quoted = _STRING.match(self._text, place)
            found = quoted or _BARE.match(self._text, place)
            if found is None:
                return place, tuple(parts) or ("",)
            parts.append(_unquoted(found[0]) if quoted else found[0])
            place = self._skip(found.end())
            if not self._text.startswith(".", place):
                return place, tuple(parts)
            place += 1

    def _pair(self, table: Path, place: int) -> int:
        start = place
        place, key = self._key(place)
        for length in range(1, len(key) + 1):
            self._note((*table, *key[:length]), start)
        place = self._skip(place + 1)  # the =
        return self._value((*table, *key), place)

    def _value(self, path: Path, place: int) -> int:
        opened = self._text[place : place + 1]
        if opened in ("[", "{"):
            return self._many(path, place + 1, "]" if opened == "[" else "}")
        for form in (_MULTILINE, _STRING, _PLAIN):
            found = form.match(self._text, place)
            if found is not None:
                return found.end()
        return place + 1

    def _many(self, path: Path, place: int, closed: str) -> int:
        """The members of a list or of an inline table, up to what closes it."""
        number = 0
        place = self._skip(place)
        while place < len(self._text) and self._text[place] != closed:
            start = place
            if closed == "}":
                place = self._pair(path, place)
            else:
                self._note((*path, str(number)), place)
                place = self._value((*path, str(number)), place)
                number += 1
            place = self._skip(place)
            if self._text.startswith(",", place):
                place = self._skip(place + 1)
            place = max(place, start + 1)
        return place + 1


def _unquoted(text: str) -> str:
    """A quoted key as it is meant."""
    if text[0] == "'" or "\\" not in text:
        return text[1:-1]
    with suppress(ValueError):
        return next(iter(tomllib.loads(f"{text} = 0")))
    return text
