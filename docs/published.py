"""The published statements and the tests that show them; the built-in policies side by side."""

from __future__ import annotations

import ast
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown import table

from gpsproto.category import FLOOR, Category
from gpsproto.errors import PolicyError
from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.retention import Period

DOCS = Path(__file__).resolve().parent
TESTS = DOCS.parent / "tests"
MARKER = "statement"
FILLED = "P1D"  # for a blank; the table says that it is one
ORDER = ("tracking", "partner-report", "watch-platform", "fleet", "support", "telecom")
GRID_KM = 1_000
SECONDS = {1: "by the second", 60: "by the minute", 3_600: "by the hour", 86_400: "by the day"}
SCOPES = {
    "record": "a record", "session": "a conversation", "P1D": "a day", "P1M": "a month",
    "stable": "for good",
}  # fmt: skip
EVENTS = {
    "account-closed": "the account is closed",
    "case-closed": "the case is closed",
    "service-end": "the service ends",
}


class Statement(NamedTuple):
    """What a statement says; ``outside`` is why no library can make it true, where none can."""

    id: str
    preset: str
    says: str
    outside: str = ""


def statements(path: Path = DOCS / "statements.toml") -> list[Statement]:
    """What docs/statements.toml holds."""
    return [Statement(**one) for one in tomllib.loads(path.read_text("utf-8"))["statement"]]


def marked(folder: Path = TESTS) -> dict[str, list[str]]:
    """The tests that bear a statement's id, by the id: file and function."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                for id in _ids(node):
                    found[id].append(f"{path.relative_to(folder.parent).as_posix()}::{node.name}")
    return dict(found)


def _ids(test: ast.FunctionDef) -> Iterator[str]:
    for one in test.decorator_list:
        if not isinstance(one, ast.Call) or not isinstance(one.func, ast.Attribute):
            continue
        if one.func.attr == MARKER:
            yield from (part.value for part in one.args if isinstance(part, ast.Constant))


def faults(said: list[Statement], tests: dict[str, list[str]]) -> Iterator[str]:
    """What is wrong between the statements and the tests."""
    ids = [one.id for one in said]
    for id in sorted({id for id in ids if ids.count(id) > 1}):
        yield f"statement {id} stands twice in docs/statements.toml"
    for one in said:
        if not one.outside and not tests.get(one.id):
            yield f"statement {one.id} has no test: @pytest.mark.{MARKER}({one.id!r})"
        if one.outside and tests.get(one.id):
            yield f"statement {one.id} is said to be outside of the library, and has a test"
    for id in sorted(set(tests) - set(ids)):
        yield f"a test bears {id}, which docs/statements.toml does not hold"


def statement_table() -> str:
    """Each statement, and what shows it."""
    tests = marked()

    def shown(one: Statement) -> str:
        if one.outside:
            return f"outside of a library: {one.outside}"
        names = (test.rpartition("::")[2] for test in tests.get(one.id, ()))
        return "; ".join(f"`{name}`" for name in names)

    rows = ((one.id, f"`{one.preset}`", one.says, shown(one)) for one in statements())
    return table(("id", "policy", "what is stated", "shown by the test"), rows)


def preset_table() -> str:
    """What becomes of each category under each built-in policy."""
    names = sorted(presets(), key=lambda name: (ORDER.index(name) if name in ORDER else 99, name))
    policies = [_loaded(name) for name in names]
    rows = (
        (f"`{category.value}`", *(_cell(policy, blanks, category) for policy, blanks in policies))
        for category in reversed(Category)
    )
    return table(("category", *(f"`{name}`" for name in names)), rows)


def _loaded(name: str) -> tuple[Policy, tuple[str, ...]]:
    """A built-in policy, and the keys that its operator must fill in."""
    blanks: tuple[str, ...] = ()
    try:
        return Policy.load(name), blanks
    except PolicyError as error:
        blanks = error.blanks
    return Policy.load(name, fill=dict.fromkeys(blanks, FILLED)), blanks


def _cell(policy: Policy, blanks: tuple[str, ...], category: Category) -> str:
    rule = policy.rule(category)
    if rule is None:
        return "never" if category in FLOOR else ""
    how = "kept"
    if rule.action == "pseudonymise":
        how = f"pseudonym, {SCOPES[rule.scope.value]}"
    elif rule.action == "coarsen":
        coarse = rule.coarse
        parts = []
        if coarse.grid_m is not None:
            parts.append(f"grid of {coarse.grid_m / GRID_KM:g} km")
        elif coarse.time_s is not None:
            parts.append(SECONDS.get(coarse.time_s, f"by {coarse.time_s} seconds"))
        parts += ["in steps"] * bool(coarse.buckets) + ["growth of the day"] * coarse.delta
        how = ", ".join(parts)
    return f"{how}; {_kept(policy, blanks, category)}"


def _kept(policy: Policy, blanks: tuple[str, ...], category: Category) -> str:
    if any(key.startswith(f"retain.{category.value}") for key in blanks):
        return "as long as is filled in"
    rule = policy.retention(category)
    parts = [] if rule.period is None else [_spoken(rule.period)]
    if rule.until is not None:
        parts.append(f"until {EVENTS.get(rule.until, rule.until)}")
    if rule.inactive is not None:
        parts.append(f"or {_spoken(rule.inactive)} unused")
    if rule.most is not None:
        parts.append(f"{_spoken(rule.most)} at most")
    return ", ".join(parts)


def _spoken(period: Period) -> str:
    years, months = divmod(period.months, 12)
    units = [(years, "year"), (months, "month"), (period.days, "day")]
    return " ".join(f"{n} {unit}s" if n != 1 else f"1 {unit}" for n, unit in units if n)
