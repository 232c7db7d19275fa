"""The category lock files: what every (id, width) of the catalog says about somebody.

A diff of ``category_lock.txt`` is the privacy review of a change to the catalog.  A line is an id,
a width, the category without a family, and behind it the families that have another.  A refinement
of a family stands there only where it differs from that family.
``watch_lock.txt`` says the same of the watch protocol: a field with its category, bytes and
decimals a line; then a message with its kind, and what it is owed or ``-``.
``schema_lock.txt`` is the record schema: a diff of it is a new version of the schema.
Rewrite all with ``python tests/unit/lock.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from gpsproto import catalog
from gpsproto.codecs import watch
from gpsproto.privacy import schema

LOCK = Path(__file__).with_name("category_lock.txt")
WATCH_LOCK = Path(__file__).with_name("watch_lock.txt")
SCHEMA_LOCK = Path(__file__).with_name("schema_lock.txt")


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


def watch_lines() -> Iterator[str]:
    for item in watch.items():
        yield f"{item.name} {item.category.value} {item.width} {item.digits}"
    for message in watch.messages():
        yield f"{message.word} {message.kind.value} {message.answer or '-'}"


def schema_lines() -> Iterator[str]:
    yield f"version {schema.SCHEMA_VERSION}"
    for name, kind in schema.columns().items():
        yield f"{name}:{kind}"


def main() -> None:
    WATCH_LOCK.write_text("".join(f"{line}\n" for line in watch_lines()), "ascii")
    SCHEMA_LOCK.write_text("".join(f"{line}\n" for line in schema_lines()), "ascii")
    LOCK.write_text("".join(f"{line}\n" for line in lines()), "ascii")


if __name__ == "__main__":
    main()
