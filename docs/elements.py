"""The tables of the catalog: its families, the stable columns, every meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby

from markdown import table

from gpsproto import catalog
from gpsproto.catalog import Meaning
from gpsproto.catalog.reading import reading
from gpsproto.catalog.units import unit
from gpsproto.cli.listing import ATTRIBUTE, COLUMN, Entry, entries
from gpsproto.codecs.beacons import rows as fields_of_beacons
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.schema import CORE
from gpsproto.walk import codes

_KEPT = (COLUMN, ATTRIBUTE)


@cache
def listed(family: str | None) -> tuple[Entry, ...]:
    return tuple(entries(Policy.load("tracking"), family))


@cache
def leaves_as(family: str | None) -> dict[tuple[int, int], str]:
    return {(one.meaning.id, one.meaning.width): one.leaves_as for one in listed(family)}


def in_its_families(meaning: Meaning) -> list[str]:
    """What becomes of it where the family is given; mostly one thing."""
    families = [family for family in catalog.FAMILIES if family in meaning.families]
    return list(dict.fromkeys(leaves_as(family)[as_sent(meaning, family)] for family in families))


def as_sent(meaning: Meaning, family: str) -> tuple[int, int]:
    """Its id, and the width that it is sent in: one of them where its codec gives it none."""
    widths = catalog.ANY_WIDTH.get(family, ())
    any_width = widths and not meaning.width and meaning.id < catalog.OURS
    return meaning.id, widths[0] if any_width else meaning.width


def families_of(meaning: Meaning) -> str:
    return " ".join(family for family in catalog.FAMILIES if family in meaning.families)


def code(text: str) -> str:
    """A name as code; a word of ours as it is."""
    return f"`{text}`" if text.startswith("avl_") else text


def families() -> str:
    def rows() -> Iterator[Sequence[str]]:
        for key, models in catalog.FAMILIES.items():
            kept = [pair for pair, word in leaves_as(key).items() if word in _KEPT]
            refines = catalog.PARENTS.get(key)
            yield (
                f"`{key}`", models, f"`{refines}`" if refines else "", f"{len(leaves_as(key)):,}",
                f"{len(kept):,}",
            )  # fmt: skip

    head = ("`--family`", "models", "refines", "elements known", "that `tracking` names")
    return table(head, rows())


def core() -> str:
    """The elements that have a column of their own."""
    facts = catalog.load()

    def rows() -> Iterator[Sequence[str]]:
        for name in CORE:
            meanings = [one for one in facts.meanings if one.name == name and one.width]
            ways: dict[str, list[str]] = {}
            for one in meanings:
                where = f"{one.id}@{one.width} {families_of(one)}"
                ways.setdefault(reading(one) or "as sent", []).append(where)
            values = list(ways)
            if len(values) > 1:
                values = [f"{text} ({'; '.join(where)})" for text, where in ways.items()]
            ids = dict.fromkeys(f"{one.id}@{one.width}" for one in meanings)
            yield (
                f"`{name}`", str(facts.dtype(name)), unit(name), "; or ".join(values),
                f"`{meanings[0].category.value}`", ", ".join(ids),
            )  # fmt: skip

    return table(("column", "dtype", "unit", "value", "category", "id@bytes"), rows())


def beacons() -> str:
    """The fields that a list of beacons may hold, of all beacons and of the n-th."""

    def rows() -> Iterator[Sequence[str]]:
        for id, name, kind in fields_of_beacons():
            if "{}" in kind.name and not name.startswith("beacon_1_"):
                continue
            step = f" + {codes.BEACON_SLOT} (n - 1)" if "{}" in kind.name else ""
            [meaning] = catalog.load().readings(id, kind.width, "FMB")
            yield (
                f"{id}{step}", str(kind.width or "var"), f"`{kind.name.format('<n>')}`", unit(name),
                reading(meaning), f"`{kind.category.value}`",
            )  # fmt: skip

    return table(("id", "bytes", "name", "unit", "value", "category"), rows())


def group(id: int) -> tuple[int, int]:
    """First and last id of the group that an id is in."""
    size = 100 if id < 1_000 else 1_000
    first = id // size * size
    return first, first + size - 1


def elements() -> str:
    """Every meaning, in groups by id."""
    head = (
        "id", "bytes", "name", "unit", "value", "category", "leaves as", "no `--family`", "families"
    )  # fmt: skip
    parts = []
    for (first, last), found in groupby(listed(None), key=lambda one: group(one.meaning.id)):
        rows = (
            (
                str(one.id), str(one.width or "var"), f"`{one.name}`", unit(one.name), reading(one),
                f"`{one.category.value}`", ", ".join(map(code, in_its_families(one))),
                code(without), families_of(one),
            )
            for one, without in found
        )  # fmt: skip
        parts.append(f"\n### Ids {first} to {last}\n\n{table(head, rows)}")
    return "".join(parts) + "\n"
