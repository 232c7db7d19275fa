"""What AVL ids mean: by (family, id, width), never by id alone.

The facts stand in ``avl.csv``, one meaning a row.  Without a family, an (id, width) that has more
than one meaning has no name, and the strictest category of them all.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import resources

import numpy as np

from gpsproto.category import Category, strictest

FAMILIES = {
    "FM11": "FM11xx",
    "FM36": "FM36xx",
    "FMB": "FMB, FMC, FMM, FMU",
    "FMX6": "FMB6xx, FMC6xx, FMM6xx (FMx6)",
    "TAT": "TAT, TMT, GH5200",
    "TFT": "TFT100",
    "TST": "TST100",
    "FT": "FTC, FTM, ATX",
}
"""Device families by key, with the models they hold."""

VARIABLE = 0
"""The width of a meaning that holds for an element of any variable length."""


@dataclass(frozen=True, slots=True)
class Meaning:
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

    def __init__(self, meanings: tuple[Meaning, ...]) -> None:
        self.meanings = meanings
        self._by_pair: dict[tuple[int, int], list[Meaning]] = {}
        self._widths: dict[int, set[int]] = {}
        for meaning in meanings:
            self._by_pair.setdefault((meaning.id, meaning.width), []).append(meaning)
            self._widths.setdefault(meaning.id, set()).add(meaning.width)
        self._dtypes = _dtypes(meanings)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Every (id, width) that has a meaning, in order."""
        return iter(sorted(self._by_pair))

    def ids(self) -> Iterator[int]:
        """Every id that has a meaning, in order."""
        return iter(sorted(self._widths))

    def meaning(self, id: int, width: int, family: str | None) -> Meaning | None:
        """The one meaning of a pair in a family; without a family, the one it has in all; or None."""
        found = self._by_pair.get((id, width), [])
        if family is not None:
            found = [meaning for meaning in found if family in meaning.families]
        if len({(m.name, m.signed, m.scale, m.offset, m.null_raw) for m in found}) != 1:
            return None
        return found[0]

    def categories(self, id: int, width: int, family: str | None) -> frozenset[Category]:
        """Every category that the pair may have; empty where the pair is not known.

        What is not certain is all of them at once: it is kept only where each of them is.
        """
        found = self._by_pair.get((id, width), [])
        if family is not None:
            found = [meaning for meaning in found if family in meaning.families]
        return frozenset(meaning.category for meaning in found)

    def category(self, id: int, width: int, family: str | None) -> Category | None:
        """The strictest category the pair may have; None where the pair is not known."""
        found = self.categories(id, width, family)
        return strictest(found) if found else None

    def event(self, id: int, family: str | None) -> tuple[str, frozenset[Category]] | None:
        """Name and categories of an event id, which has no width: those of all its widths."""
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
        """The families that know the pair."""
        return frozenset().union(*(m.families for m in self._by_pair.get((id, width), [])))

    def names(self) -> tuple[str, ...]:
        """Every name, in the order of the rows."""
        return tuple(self._dtypes)

    def dtype(self, name: str) -> np.dtype[np.generic] | None:
        """The type of a name's column, the same in every family; None for no name of ours."""
        return self._dtypes.get(name)


def _dtypes(meanings: tuple[Meaning, ...]) -> dict[str, np.dtype[np.generic]]:
    """The smallest signed integer that holds every value of a name, or float64."""
    extremes: dict[str, list[int]] = {}
    whole: dict[str, bool] = {}
    for m in meanings:
        bits = 8 * (m.width or 8)
        raw = (-(1 << bits - 1), (1 << bits - 1) - 1) if m.signed else (0, (1 << bits) - 1)
        whole[m.name] = whole.get(m.name, True) and m.integral
        extremes.setdefault(m.name, []).extend(int(value * m.scale + m.offset) for value in raw)
    found: dict[str, np.dtype[np.generic]] = {}
    for name, values in extremes.items():
        integer = next(
            (size for size in (np.int16, np.int32) if _holds(np.dtype(size), values)), np.int64
        )
        found[name] = np.dtype(integer if whole[name] else np.float64)
    return found


def _holds(dtype: np.dtype[np.signedinteger], values: list[int]) -> bool:
    limits = np.iinfo(dtype)
    return min(values) >= limits.min and max(values) <= limits.max


def _read(row: dict[str, str]) -> Meaning:
    labels = (label.split("=", 1) for label in row["labels"].split("|") if label)
    return Meaning(
        families=frozenset(row["families"].split(";")),
        id=int(row["id"]),
        width=VARIABLE if row["width"] == "var" else int(row["width"]),
        name=row["name"],
        signed=row["signed"] == "1",
        scale=Decimal(row["scale"]),
        offset=Decimal(row["offset"]),
        category=Category(row["category"]),
        null_raw=tuple(int(raw) for raw in row["null_raw"].split(";") if raw),
        labels=tuple((int(value), text) for value, text in labels),
    )


@cache
def load() -> Catalog:
    """Read the catalog; once a process."""
    with (resources.files(__package__) / "avl.csv").open(encoding="utf-8") as rows:
        return Catalog(tuple(_read(row) for row in csv.DictReader(rows)))


def family_key(name: str) -> str:
    """Return the key of a family named in any case; ValueError names the keys."""
    key = name.upper()
    if key not in FAMILIES:
        raise ValueError(f"no such device family; one of: {', '.join(FAMILIES)}")
    return key


PRIVATE_ORDERS = {(391, 1): 1, (250, 1): 3, (10543, 1): 1}
"""Elements whose value says that the trip is private: an order to the filter, in every family."""

IDENTITY_PARTS = {
    Category.SIM_ID: ((11, 8), (14, 8)),
    Category.DRIVER_ID: ((78, 8),),
}
"""Elements that together are one identifier, in order: ICCID halves, iButton."""
