"""The category lock file: what every (id, width) of the catalog says about somebody.

A diff of ``category_lock.txt`` is the privacy review of a change to the catalog.  A line is an id,
a width, the category without a family, and behind it the families that have another.  A refinement
of a family stands there only where it differs from that family.
Rewrite it with ``python tests/unit/lock.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpsproto import catalog

LOCK = Path(__file__).with_name("category_lock.txt")


def lines() -> Iterator[str]:
    known = catalog.load()
    for id, width in known.pairs():
        category = known.category(id, width, None)
        assert category is not None
        line = f"{id} {width or 'var'} {category.value}"
        for family in catalog.FAMILIES:
            own = known.category(id, width, family)
            parent = catalog.PARENTS.get(family)
            general = known.category(id, width, parent) if parent else category
            if own is not None and own is not general:
                line += f" {family}={own.value}"
        yield line


def main() -> None:
    LOCK.write_text("".join(f"{line}\n" for line in lines()), "ascii")


if __name__ == "__main__":
    main()
