"""``gpsproto fields``: what the catalog knows, and what a policy makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click
from rich import box
from rich.table import Table

from gpsproto import catalog, codecs
from gpsproto.catalog import Meaning
from gpsproto.catalog.reading import reading
from gpsproto.catalog.units import unit
from gpsproto.cli import watchfields
from gpsproto.cli.answer import answer, answer_json, screen, shown_on
from gpsproto.cli.family import FamilyType
from gpsproto.cli.listing import Entry, entries
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.privacy.policy import Policy

HEAD = ("id", "bytes", "name", "unit", "value", "category", "leaves as", "families")
_WIDE = 120
_NAME = 42
_PART = 100
_WIDE_ONLY = ("unit", "value", "families")


@click.command()
@click.option(
    "--family", metavar="F", type=FamilyType(),
    help="What this device family or model knows.  [default: all families]",
)  # fmt: skip
@click.option(
    "--policy", metavar="NAME_OR_FILE", type=click.Path(readable=False), default="tracking",
    show_default=True, help="Whose rules say what leaves: a built-in policy or a TOML file.",
)  # fmt: skip
@click.option(
    "--search", metavar="TEXT",
    help="Only what has each word in its name, category or labels; a number is an id.",
)  # fmt: skip
@click.option(
    "--protocol", type=click.Choice([codecs.AVL, codecs.WATCH]), default=codecs.AVL,
    show_default=True, help="Elements of trackers, or fields of the messages of GPS watches.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def fields(
    family: str | None, policy: str, search: str | None, protocol: str, as_json: bool
) -> int:
    """List the elements that the catalog knows, and what becomes of each.

    A table on a terminal; elsewhere a line each, with tabs between the columns.  Status 1 where
    nothing was found.

    \b
    Example:
      gpsproto fields --family FMB920 --search fuel
    """
    rules = Policy.load(policy)
    if protocol == codecs.WATCH:
        return _of_watches(rules, family, search, as_json)
    found = [one for one in entries(rules, family) if search is None or one.fits(search)]
    if as_json:
        answer_json([_as_dict(one) for one in found])
    elif found:
        _show(found)
    if not found:
        say("nothing in the catalog fits")
        return FAILED
    return FINE


def _of_watches(rules: Policy, family: str | None, search: str | None, as_json: bool) -> int:
    """The same of the fields of watches; a family is a vendor profile."""
    known = watchfields.entries(rules, family)
    found = [one for one in known if search is None or one.fits(search)]
    if as_json:
        answer_json([one.as_dict() for one in found])
    elif found:
        _show_watch(found)
    if not found:
        say("no field of a watch fits")
        return FAILED
    return FINE


def _show_watch(found: list[watchfields.Entry]) -> None:
    console = screen()
    lines = [one.cells() for one in found]
    if not console.is_terminal:
        answer("".join("\t".join(line) + "\n" for line in (watchfields.HEAD, *lines)))
        return
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for name in watchfields.HEAD:
        table.add_column(name, overflow="fold")
    for line in lines:
        table.add_row(*line)
    with shown_on(console):
        console.print(table)


def _as_dict(entry: Entry) -> dict[str, Any]:
    one = entry.meaning
    return {
        "id": one.id,
        "bytes": one.width or None,
        "name": one.name,
        "unit": unit(one.name) or None,
        "dtype": str(catalog.load().dtype(one.name)),
        "signed": one.signed,
        "scale": float(one.scale),
        "offset": float(one.offset),
        "null_raw": list(one.null_raw),
        "labels": {str(value): text for value, text in one.labels},
        "category": one.category.value,
        "leaves_as": entry.leaves_as,
        "families": [family for family in catalog.FAMILIES if family in one.families],
    }


def cells(meaning: Meaning, leaves_as: str) -> Sequence[str]:
    """A meaning as a line of the table, by ``HEAD``."""
    families = " ".join(family for family in catalog.FAMILIES if family in meaning.families)
    return (
        str(meaning.id), str(meaning.width or "var"), meaning.name, unit(meaning.name),
        reading(meaning), meaning.category.value, leaves_as, families,
    )  # fmt: skip


def _show(found: list[Entry]) -> None:
    console = screen()
    lines = [cells(*one) for one in found]
    if not console.is_terminal:
        answer("".join("\t".join(line) + "\n" for line in (HEAD, *lines)))
        return
    narrow = console.width < _WIDE
    widths = _widths(lines, console.width)
    # in parts with widths of our own: the first lines of a long table are there at once
    for start in range(0, len(lines), _PART):
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0,
            show_header=start == 0,
        )  # fmt: skip
        for name, width in widths.items():
            right = name in ("id", "bytes")
            table.add_column(
                name, width=width, overflow="fold", justify="right" if right else "left"
            )
        for line in lines[start : start + _PART]:
            table.add_row(*(line[HEAD.index(name)] for name in widths))
        with shown_on(console):
            console.print(table)
    if narrow:
        with shown_on(console):
            console.print(f"{_WIDE} columns of terminal, or --json, show unit, value and families")


def _widths(lines: list[Sequence[str]], width: int) -> dict[str, int]:
    """How wide each column is that a terminal of a width has room for."""
    widths = {
        name: max(len(name), *(len(line[place]) for line in lines))
        for place, name in enumerate(HEAD)
    }
    if width < _WIDE:
        for name in _WIDE_ONLY:
            del widths[name]
        widths["name"] = min(widths["name"], _NAME)
        return widths
    widths["name"] = min(widths["name"], _NAME + (width - _WIDE) // 4)
    folded = ("value", "families")
    left = width - sum(wide + 1 for name, wide in widths.items() if name not in folded) - 2
    widths["families"] = min(widths["families"], max(left // 2, left - widths["value"]))
    widths["value"] = min(widths["value"], left - widths["families"])
    return widths
