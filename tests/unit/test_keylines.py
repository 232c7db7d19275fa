"""Where a key stands in a TOML text."""

from __future__ import annotations

import tomllib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpsproto.privacy.policy.keylines import KeyLines

pytestmark = pytest.mark.once

KEYS = st.sampled_from(["a", "b-2", "3", "allow", "x y", "dot.ted", 'quo"te', "ü", "back\\slash"])
ODD = ['"# none"', "'[not.a.table]'", '"""\nb = 1\n\\""" still\n"""', "'''\n[c]\n'''''", '"a\\"b"']
PLAIN = ["1", "true", "1979-05-27 07:32:00", "-1e5", '""', "''"]
SPACE = st.sampled_from(["", " ", "\t"])
FILL = st.sampled_from(["", "# a = 1", "  # [allow]", "\t"])


def quoted(key: str) -> st.SearchStrategy[str]:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    forms = [f'"{escaped}"', f"'{key}'"]
    if all(char.isascii() and (char.isalnum() or char in "_-") for char in key):
        forms.append(key)
    if key == "ü":
        forms.append('"\\u00fc"')
    return st.sampled_from(forms)


class Text:
    """A text as it is written, and the line of each key in it."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.text = ""
        self.lines: dict[tuple[str, ...], int] = {}

    def write(self, text: str) -> None:
        self.text += text

    def note(self, path: tuple[str, ...]) -> None:
        self.lines.setdefault(path, self.text.count("\n") + 1)

    def space(self) -> None:
        self.write(self.draw(SPACE))

    def gap(self) -> None:
        """Between the members of a list."""
        if self.draw(st.booleans()):
            self.write(f"{self.draw(FILL)}\n")
        self.space()

    def key(self, table: tuple[str, ...], names: list[str]) -> None:
        for number, name in enumerate(names):
            if number:
                self.space()
                self.write(".")
                self.space()
            self.note((*table, *names[: number + 1]))
            self.write(self.draw(quoted(name)))

    def value(self, path: tuple[str, ...], depth: int) -> None:
        kind = self.draw(st.sampled_from(["plain", "odd", "list", "table"] if depth else ["plain"]))
        if kind in ("plain", "odd"):
            self.write(self.draw(st.sampled_from(PLAIN if kind == "plain" else ODD)))
        elif kind == "list":
            self.write("[")
            for number in range(self.draw(st.integers(0, 3))):
                self.gap()
                self.note((*path, str(number)))
                self.value((*path, str(number)), depth - 1)
                self.gap()
                self.write(",")
            self.gap()
            self.write("]")
        else:
            self.write("{")
            names = self.draw(st.lists(KEYS, max_size=3, unique=True))
            for number, name in enumerate(names):
                self.write("," if number else "")
                self.space()
                self.key(path, [name])
                self.write(" = ")
                self.value((*path, name), depth - 1)
                self.space()
            self.write("}")

    def pairs(self, table: tuple[str, ...], names: list[str]) -> None:
        for name in names:
            parts = [name, *self.draw(st.lists(KEYS, max_size=2))]
            self.space()
            self.key(table, parts)
            self.space()
            self.write("=")
            self.space()
            self.value((*table, *parts), 3)
            self.write(f"{self.draw(FILL)}\n{self.draw(FILL)}\n")


@st.composite
def texts(draw: Any) -> Text:
    made = Text(draw)
    made.pairs((), [f"top{n}" for n in range(draw(st.integers(0, 3)))])
    counts: dict[str, int] = {}
    for number in range(draw(st.integers(0, 4))):
        made.space()
        if draw(st.booleans()):
            name = draw(st.sampled_from(["many", "more"]))
            made.note((name,))
            table = (name, str(counts.get(name, 0)))
            counts[name] = counts.get(name, 0) + 1
            made.note(table)
            made.write(f"[[{name}]]")
        else:
            above = (
                [draw(st.sampled_from(sorted(counts)))] if counts and draw(st.booleans()) else []
            )
            table = tuple(part for name in above for part in (name, str(counts[name] - 1)))
            table = (*table, f"t{number}")
            made.note(table)
            made.write(f"[ {'.'.join([*above, f't{number}'])} ]")
        made.write("\n")
        made.pairs(table, draw(st.lists(KEYS, max_size=3, unique=True)))
    return made


def is_toml(text: str) -> bool:
    """Whether it is one: two dotted keys may bite each other."""
    with suppress(tomllib.TOMLDecodeError):
        tomllib.loads(text)
        return True
    return False


@given(texts(), st.sampled_from(["\n", "\r\n"]))
def test_every_key_is_found_on_the_line_that_it_was_written_on(made: Text, end: str) -> None:
    text = made.text.replace("\n", end)
    assume(is_toml(text))
    lines = KeyLines(text)
    assert {path: lines.of(path) for path in made.lines} == made.lines


@given(texts())
def test_nothing_else_is_taken_for_a_key(made: Text) -> None:
    assume(is_toml(made.text))
    assert set(KeyLines(made.text)._lines) <= set(made.lines)


@given(st.text(alphabet="ab=.[]{}\"'#\\,\n \t1", max_size=60))
def test_any_text_is_read_to_its_end(text: str) -> None:
    assert 0 <= KeyLines(text).of(["a", "b"]) <= text.count("\n") + 1


SOME = """name = "n"
[allow]
"time" = "keep"
location = { action = "coarsen", "grid" = "5km" }
[record]
purposes = [
  { purpose = "a" },
  { purpose = "b" },
]
[sink.lake]
region = 1
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        ("allow.time", 3), ("allow.colour", 2), ("allow.location.grid", 4), ("allow.location.x", 4),
        ("retain", 0), ("retain.time", 0), ("record.purposes.1.purpose", 8),
        ("record.purposes.7.purpose", 6), ("sink.lake.region", 11), ("sink.lake.x", 10),
    ],
)  # fmt: skip
def test_a_key_that_is_not_there_has_the_line_of_its_table(path: str, line: int) -> None:
    assert KeyLines(SOME).of(path.split(".")) == line


def test_a_text_nested_too_deep_has_the_lines_until_there() -> None:
    lines = KeyLines("a = 1\nb = " + "[" * 100_000)
    assert (lines.of(["a"]), lines.of(["b"])) == (1, 2)
