"""Mutants of what fields are: a category that is wrong, in the catalog or in a declaration."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from gpsproto import codecs
from gpsproto.catalog import Catalog
from gpsproto.category import Category
from gpsproto.codecs import watch
from gpsproto.codecs.watch import payload
from gpsproto.codecs.watch.message import Item
from gpsproto.codecs.watch.vocabulary import Vocabulary
from gpsproto.terms import Terms
from tests.mutants.spy import Patch

_KEPT = frozenset([Category.STATUS])


def element(*pairs: tuple[int, int]) -> Callable[[Patch], None]:
    """Elements of trackers that are taken for a status, known before or not."""
    flipped = set(pairs)

    def apply(patch: Patch) -> None:
        categories, meaning, known = Catalog.categories, Catalog.meaning, Catalog.pairs

        def loosened(self: Catalog, id: int, width: int, family: str | None) -> Any:
            return _KEPT if (id, width) in flipped else categories(self, id, width, family)

        def unnamed(self: Catalog, id: int, width: int, family: str | None) -> Any:
            return None if (id, width) in flipped else meaning(self, id, width, family)

        def more(self: Catalog, family: str | None = None) -> Iterator[tuple[int, int]]:
            return iter(sorted({*known(self, family), *flipped}))

        patch.setattr(Catalog, "categories", loosened)
        patch.setattr(Catalog, "meaning", unnamed)
        patch.setattr(Catalog, "pairs", more)

    return apply


def event(*ids: int) -> Callable[[Patch], None]:
    """Events that are taken for a status."""

    def apply(patch: Patch) -> None:
        found = Catalog.event

        def loosened(self: Catalog, id: int, family: str | None) -> Any:
            return (f"avl_{id}", _KEPT) if id in ids else found(self, id, family)

        patch.setattr(Catalog, "event", loosened)

    return apply


def _vocabulary(patch: Patch, facts: Vocabulary) -> None:
    patch.setattr(payload, "vocabulary", lambda: facts)
    terms = {**codecs.terms(), codecs.WATCH: payload.terms(codecs.WATCH, 0)}
    patch.setattr(codecs, "terms", lambda: terms)


def text_as_number(*leaking: Item) -> Callable[[Patch], None]:
    """A text of a watch that is dropped becomes a number that is kept."""

    def broken(item: Item) -> Item:
        if item not in leaking:
            return item
        return replace(item, category=Category.STATUS, width=8, most=10**15)

    def apply(patch: Patch) -> None:
        messages = []
        for one in watch.messages():
            items = tuple(map(broken, one.items))
            rest = one.rest
            if rest in leaking:  # the first of them
                items, rest = (*items, broken(rest)), None
            keys = {key: broken(item) for key, item in one.keys.items()}
            messages.append(replace(one, items=items, rest=rest, keys=keys))
        _vocabulary(patch, Vocabulary(messages, map(broken, watch.items())))

    return apply


def number_kept(*leaking: Item) -> Callable[[Patch], None]:
    """A number of a watch that is dropped is taken for a status."""

    def apply(patch: Patch) -> None:
        facts = Vocabulary(watch.messages(), watch.items())
        categories = facts.categories
        pairs = {facts.pair(item) for item in leaking}

        def loosened(id: int, width: int, family: str | None) -> frozenset[Category]:
            return _KEPT if (id, width) in pairs else categories(id, width, family)

        facts.categories = loosened  # type: ignore[method-assign]
        _vocabulary(patch, facts)

    return apply


def terms(**changed: Any) -> Callable[[Patch], None]:
    """What a protocol says to the filter, changed."""

    def apply(patch: Patch) -> None:
        made: dict[str, Terms] = {
            name: replace(one, **changed) for name, one in codecs.terms().items()
        }
        patch.setattr(codecs, "terms", lambda: made)

    return apply
