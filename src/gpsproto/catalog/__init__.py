"""What AVL ids mean: by (family, id, width), never by id alone.

The facts stand in ``avl.csv``, one meaning a row; ``refused.csv`` lists the readings that were not
taken.  Where a family's codec gives an element no width, a meaning of variable length holds at every
width that it can send.  Without a family, an (id, width) that has more than one meaning has no name,
and the strictest category of them all.  So it is in a family that others refine, where they differ
from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from functools import cache, cached_property
from importlib import resources
from typing import NamedTuple

import numpy as np

from gpsproto.catalog.families import ANY_WIDTH, FAMILIES, PARENTS, PROFILES, family_key
from gpsproto.catalog.fleet import fleet, load_fleet
from gpsproto.category import Category, strictest

__all__ = [
    "ANY_WIDTH", "FAMILIES", "IDENTITY_PARTS", "OURS", "PARENTS", "PRIVATE_ORDERS", "PROFILES",
    "VARIABLE",
    "Catalog", "Meaning", "family_key", "fleet", "load", "load_fleet",
]  # fmt: skip

VARIABLE = 0
"""The width of a meaning that holds for an element of any variable length."""

OURS = 0xF000
"""From here on ids are ours: of fields inside of an element, which have none on the wire."""

_CELLS = (1, 2, 4, 8)
_ONLY = {category: frozenset([category]) for category in Category}


Row = list[str]
"""A line of ``avl.csv``, split."""


class Meaning(NamedTuple):
    """What an element says in some families: value = raw * scale + offset, in the name's unit."""

    families: frozenset[str]
    id: int
    width: int
    name: str
    signed: bool
    scale: Decimal
    offset: Decimal
    category: Category
    null_raw: tuple[int, ...]
    labels: tuple[tuple[int, str], ...]
    core: bool = False

    @property
    def ratio(self) -> tuple[int, int]:
        """The scale as a fraction: dividing by 10 gives the decimal that times 0.1 misses."""
        return self.scale.as_integer_ratio()

    @property
    def integral(self) -> bool:
        """Whether every value is an integer."""
        return self.scale % 1 == 0 and self.offset % 1 == 0


class Catalog:
    """Meanings by (id, width), and what may be said of an element whose family is not known."""

    def __init__(self, rows: Iterable[Meaning | Row]) -> None:
        self._rows = list(rows)
        self._places: dict[tuple[int, int], list[int]] = {}
        self._by_pair: dict[tuple[int, int], list[Meaning]] = {}
        self._views: dict[str, dict[tuple[int, int], list[Meaning]]] = {}
        self._dtypes: dict[str, np.dtype[np.generic]] = {}
        for place, row in enumerate(self._rows):
            pair = (
                (row.id, row.width) if isinstance(row, Meaning) else (int(row[1]), _width(row[2]))
            )
            if pair in self._places:
                self._places[pair].append(place)
            else:
                self._places[pair] = [place]

    @cached_property
    def meanings(self) -> tuple[Meaning, ...]:
        """Every meaning, in the order of the rows."""
        return tuple(self._read(place) for place in range(len(self._rows)))

    @cached_property
    def _names(self) -> dict[str, list[Meaning]]:
        names: dict[str, list[Meaning]] = {}
        for meaning in self.meanings:
            names.setdefault(meaning.name, []).append(meaning)
        return names

    @cached_property
    def _widths(self) -> dict[int, list[int]]:
        widths: dict[int, list[int]] = {}
        for id, width in self._places:
            widths.setdefault(id, []).append(width)
        return widths

    def _read(self, place: int) -> Meaning:
        row = self._rows[place]
        if not isinstance(row, Meaning):
            row = self._rows[place] = _meaning(row)
        return row

    def _all(self, id: int, width: int) -> list[Meaning]:
        """What a pair means anywhere: a row is parsed when it is first asked for."""
        found = self._by_pair.get((id, width))
        if found is None:
            places = self._places.get((id, width))
            if places is None:
                return []
            found = self._by_pair[id, width] = [self._read(place) for place in places]
        return found

    def pairs(self, family: str | None = None) -> Iterator[tuple[int, int]]:
        """Every (id, width) that has a meaning, in order; with a family, those that only it has too."""
        if family is None or family not in ANY_WIDTH:
            return iter(sorted(self._places))
        return iter(sorted({*self._places, *self._seen_by(family)}))

    def ids(self) -> Iterator[int]:
        """Every id that a device may send and that has a meaning, in order."""
        return iter(sorted(id for id in self._widths if id < OURS))

    def _found(self, id: int, width: int, family: str | None) -> list[Meaning]:
        """What the pair may mean in a family."""
        if family is None:
            return self._all(id, width)
        return self._seen_by(family).get((id, width), [])

    def _seen_by(self, family: str) -> dict[tuple[int, int], list[Meaning]]:
        view = self._views.get(family)
        if view is None:
            view = self._views[family] = self._view(family)
        return view

    def _view(self, family: str) -> dict[tuple[int, int], list[Meaning]]:
        """What each pair may mean in a family: what refines it counts too; in what refines another,
        its own meaning comes before the other's."""
        parent = PARENTS.get(family)
        keys = {family, *(child for child, other in PARENTS.items() if other == family)}
        view: dict[tuple[int, int], list[Meaning]] = {}
        for id, width in self._places:
            found = self._all(id, width)
            kept = [meaning for meaning in found if not keys.isdisjoint(meaning.families)]
            if not kept and parent is not None:
                kept = [meaning for meaning in found if parent in meaning.families]
            if kept:
                view[id, width] = kept
        for id, width in [one for one in view if one[1] == VARIABLE and one[0] < OURS]:
            for size in ANY_WIDTH.get(family, ()):
                sized = [meaning._replace(width=size) for meaning in view[id, width]]
                view.setdefault((id, size), sized)
        return view

    def readings(self, id: int, width: int, family: str | None) -> tuple[Meaning, ...]:
        """All that a pair may mean in a family, or anywhere."""
        return tuple(self._found(id, width, family))

    def meaning(self, id: int, width: int, family: str | None) -> Meaning | None:
        """The one meaning of a pair in a family; without a family, the one it has in all; or None."""
        found = self._found(id, width, family)
        if len(found) == 1:
            return found[0]
        if len({(m.name, m.signed, m.scale, m.offset, m.null_raw) for m in found}) != 1:
            return None
        return found[0]

    def names_of(self, id: int, width: int, family: str | None) -> tuple[str, ...]:
        """Every name that the pair may have in a family, or anywhere."""
        return tuple(dict.fromkeys(one.name for one in self._found(id, width, family)))

    def categories(self, id: int, width: int, family: str | None) -> frozenset[Category]:
        """Every category that the pair may have; empty where the pair is not known.

        What is not certain is all of them at once: it is kept only where each of them is.
        """
        found = self._found(id, width, family)
        if len(found) == 1:
            return _ONLY[found[0].category]
        return frozenset([meaning.category for meaning in found])

    def category(self, id: int, width: int, family: str | None) -> Category | None:
        """The strictest category the pair may have; None where the pair is not known."""
        found = self.categories(id, width, family)
        return strictest(found) if found else None

    def event(self, id: int, family: str | None) -> tuple[str, frozenset[Category]] | None:
        """Name and categories of an event id, which has no width: those of all its widths."""
        if id >= OURS:
            return None
        categories: set[Category] = set()
        names: set[str] = set()
        for width in self._widths.get(id, ()):
            found = self.categories(id, width, family)
            if found:
                categories |= found
                meaning = self.meaning(id, width, family)
                names.add(meaning.name if meaning else f"avl_{id}")
        if not categories:
            return None
        return (names.pop() if len(names) == 1 else f"avl_{id}"), frozenset(categories)

    def families(self, id: int, width: int) -> frozenset[str]:
        """The families that know the pair, by themselves or by one that they refine."""
        return frozenset([family for family in FAMILIES if self._found(id, width, family)])

    def names(self) -> tuple[str, ...]:
        """Every name, in the order of the rows."""
        return tuple(self._names)

    def core_names(self) -> tuple[str, ...]:
        """The names of the stable columns, in the order of the rows."""
        return tuple(name for name, meanings in self._names.items() if meanings[0].core)

    def dtype(self, name: str) -> np.dtype[np.generic] | None:
        """The type of a name's column, the same in every family; None for no name of ours."""
        if name not in self._dtypes and name in self._names:
            self._dtypes[name] = _dtype(self._names[name])
        return self._dtypes.get(name)


def _dtype(meanings: list[Meaning]) -> np.dtype[np.generic]:
    """The smallest signed integer that holds every value of a name, or float64."""
    if not all(meaning.integral for meaning in meanings):
        return np.dtype(np.float64)
    values: list[int] = []
    for m in meanings:
        if m.width not in _CELLS and len(meanings) > 1:
            continue  # it has no cell, so no column
        bits = 8 * (m.width or 8)
        raw = (-(1 << bits - 1), (1 << bits - 1) - 1) if m.signed else (0, (1 << bits) - 1)
        values.extend(int(value * m.scale + m.offset) for value in raw)
    for size in (np.int16, np.int32):
        if values and _holds(np.dtype(size), values):
            return np.dtype(size)
    return np.dtype(np.int64)


def _holds(dtype: np.dtype[np.signedinteger], values: list[int]) -> bool:
    limits = np.iinfo(dtype)
    return min(values) >= limits.min and max(values) <= limits.max


_families = cache(lambda text: frozenset(text.split(";")))  # few texts differ from row to row
_decimal = cache(Decimal)
_category = cache(Category)


def _width(text: str) -> int:
    return VARIABLE if text == "var" else int(text)


@cache
def _nulls(text: str) -> tuple[int, ...]:
    return tuple(int(raw) for raw in text.split(";") if raw)


@cache
def _labels(text: str) -> tuple[tuple[int, str], ...]:
    parts = (label.split("=", 1) for label in text.split("|") if label)
    return tuple((int(value), label) for value, label in parts)


def _meaning(row: Row) -> Meaning:
    families, id, width, name, signed, scale, offset, category, null_raw, labels, core, _ = row
    return Meaning(
        _families(families), int(id), _width(width), name, signed == "1", _decimal(scale),
        _decimal(offset), _category(category), _nulls(null_raw), _labels(labels), core == "1",
    )  # fmt: skip


@cache
def load() -> Catalog:
    """Read the catalog; once a process.

    No cell of the file holds a comma, a quote or a line break, so a line is split and no more.
    """
    text = (resources.files(__package__) / "avl.csv").read_text("utf-8")
    return Catalog([line.split(",") for line in text.splitlines()[1:]])


PRIVATE_ORDERS = {(391, 1): 1, (250, 1): 3, (10543, 1): 1}
"""Elements whose value says that the trip is private: an order to the filter, in every family."""

IDENTITY_PARTS = {
    Category.SIM_ID: ((11, 8), (14, 8)),
    Category.DRIVER_ID: ((78, 8),),
}
"""Elements that together are one identifier, in order: ICCID halves, iButton."""
