"""The fields of watch messages under a policy: each, its messages, and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from gpsproto import codecs
from gpsproto.catalog.units import unit
from gpsproto.cli.listing import ATTRIBUTE, COLUMN
from gpsproto.codecs.watch import items, messages
from gpsproto.codecs.watch.message import Item
from gpsproto.codecs.watch.payload import vocabulary
from gpsproto.codecs.watch.positions import (
    CELL_CID,
    CELL_LAC,
    CELL_MCC,
    CELL_MNC,
    PAYLOAD,
    PLACE,
    STATUS,
    TIME,
)
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.select import select

HEAD = ("name", "unit", "value", "category", "leaves as", "messages")
_POSITION = "every position"
_CELLS = (CELL_MCC, CELL_MNC, CELL_LAC, CELL_CID)


class Entry(NamedTuple):
    """A field, what it leaves as, and the words of the messages that have it."""

    item: Item
    leaves_as: str
    words: tuple[str, ...]

    @property
    def value(self) -> str:
        """How its text is read."""
        one = self.item
        if not one.width or one.least == one.most:
            return "text"
        decimals = f", {one.digits} decimals" if one.digits else ""
        return f"{one.least} to {one.most}{decimals}"

    def fits(self, text: str) -> bool:
        """Whether each word of a search is in its name, category, meaning or messages."""
        one = self.item
        said = "|".join([one.name, one.category.value, one.meaning, *self.words]).lower()
        return all(word in said for word in text.lower().split())

    def cells(self) -> Sequence[str]:
        """A line of the table, by ``HEAD``."""
        one = self.item
        return (
            one.name, unit(one.name), self.value, one.category.value, self.leaves_as,
            " ".join(self.words),
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        one = self.item
        number = bool(one.width) and one.least != one.most
        return {
            "name": one.name,
            "unit": unit(one.name) or None,
            "meaning": one.meaning,
            "decimals": one.digits if number else None,
            "least": one.least if number else None,
            "most": one.most if number else None,
            "category": one.category.value,
            "leaves_as": self.leaves_as,
            "messages": list(self.words),
        }


def entries(policy: Policy, family: str | None) -> Iterator[Entry]:
    """Every field that a watch's message may have, in order of name."""
    selection = select(policy, codecs.terms()[codecs.WATCH], family)
    facts = vocabulary()
    leaves_as = {pair: reason.action for pair, reason in selection.dropped.items()}
    for one in selection.elements:
        leaves_as[one.id, one.width] = COLUMN if one.core else ATTRIBUTE
    # what stands in columns that are no elements
    for item in _CELLS if selection.cells else ():
        leaves_as[facts.pair(item)] = COLUMN
    for item in (TIME, PLACE, STATUS):
        if (item is STATUS and selection.status_bits) or policy.keeps(item.category):
            leaves_as[facts.pair(item)] = COLUMN
    for item in items():
        words = [one.word for one in messages() if item in one.fields]
        if item in PAYLOAD:
            words.append(_POSITION)
        yield Entry(item, leaves_as[facts.pair(item)], tuple(words))
