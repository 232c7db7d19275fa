"""The declared messages as the filter and the walk want them: fields by number, and a program.

A field is an element: its number is its id, its cell's size its width, as an AVL element has them.
So a policy becomes the same tables, and a field that is not allowed is stepped over the same way.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from gpsproto.catalog import VARIABLE, Meaning
from gpsproto.category import Category
from gpsproto.codecs.watch.message import KIND_CATEGORIES, RESULT, Item, Kind, Message
from gpsproto.codecs.watch.positions import PAYLOAD
from gpsproto.walk import codes

KINDS = tuple(Kind)
_WORD_SIZE = 24


class Vocabulary:
    """Fields and messages: facts for the filter."""

    def __init__(self, messages: Iterable[Message], items: Iterable[Item]) -> None:
        self.messages = tuple(messages)
        self.items = tuple(items)
        self._by_id = dict(enumerate(self.items, 1))
        self._ids = {item.name: id for id, item in self._by_id.items()}

    def pair(self, item: Item) -> tuple[int, int]:
        """Number and width of a field."""
        return self._ids[item.name], item.width

    def pairs(self, family: str | None = None) -> Iterable[tuple[int, int]]:
        """Every field."""
        return [(id, item.width) for id, item in self._by_id.items()]

    def _item(self, id: int, width: int) -> Item | None:
        item = self._by_id.get(id)
        return item if item is not None and item.width == width else None

    def names_of(self, id: int, width: int, family: str | None) -> tuple[str, ...]:
        """The name of a field."""
        item = self._item(id, width)
        return () if item is None else (item.name,)

    def meaning(self, id: int, width: int, family: str | None) -> Meaning | None:
        """How a field's cells are read; None for text."""
        item = self._item(id, width)
        if item is None or width == VARIABLE:
            return None
        return Meaning(
            frozenset(), id, width, item.name, True, Decimal(1).scaleb(-item.digits), Decimal(0),
            item.category, (), (), item.core,
        )  # fmt: skip

    def categories(self, id: int, width: int, family: str | None) -> frozenset[Category]:
        """The category of a field."""
        item = self._item(id, width)
        return frozenset() if item is None else frozenset([item.category])

    def ids(self) -> Iterable[int]:
        """The numbers of the messages."""
        return range(1, len(self.messages) + 1)

    def event(self, id: int, family: str | None) -> tuple[str, frozenset[Category]] | None:
        """A message's word, and what it says that one was sent.

        The word of a position says that it is no alarm: where alarms are not kept, neither leaves.
        """
        message = self.messages[id - 1]
        kind = Kind.ALARM if message.kind is Kind.POSITION else message.kind
        said = (KIND_CATEGORIES.get(kind), message.tells)
        return message.word, frozenset(one for one in said if one is not None)


@dataclass(frozen=True, slots=True)
class Program:
    """The messages as the walk reads them: see ``walk.codes``."""

    words: array[int]
    messages: array[int]
    items: array[int]
    keys: array[int]


def packed(word: bytes) -> tuple[int, int, int] | None:
    """A word in capitals as three numbers; None where it is too long for a word."""
    if not 1 <= len(word) <= _WORD_SIZE:
        return None
    filled = word.upper().ljust(_WORD_SIZE, b"\0")
    first, second, third = (int.from_bytes(filled[at : at + 8], "big") for at in (0, 8, 16))
    return first, second, third


def _mixed(parts: tuple[int, int, int]) -> int:
    """Where in the table a word is looked for first."""
    mixed = (parts[0] ^ (parts[1] >> 3) ^ (parts[2] >> 7)) * codes.WORD_FACTOR & (1 << 64) - 1
    return mixed >> 40


@cache
def program(vocabulary: Vocabulary) -> Program:
    """Write the program of a vocabulary."""
    size = 1 << (2 * len(vocabulary.messages)).bit_length()
    words = array("Q", bytes(8 * codes.WORD_STRIDE * size))
    messages, items, keys = array("q"), array("q"), array("Q")

    def place(item: Item) -> int:
        """A field's place in the table of actions."""
        id, width = vocabulary.pair(item)
        return codes.PLANE_OF_WIDTH.get(width, codes.PLANE_VARIABLE) * codes.PLANE + id

    def row(item: Item) -> list[int]:
        scale = 10**item.digits
        nulls = [value * scale for value in item.nulls]
        return [
            place(item), item.width, item.digits, item.least * scale, item.most * scale, len(nulls),
            *[*nulls, 0, 0][:2],
        ]  # fmt: skip

    def key(word: str) -> tuple[int, int, int]:
        parts = packed(word.encode("ascii"))
        assert parts is not None
        return parts

    for item in (*PAYLOAD, RESULT):
        items.extend(row(item))
    for number, message in enumerate(vocabulary.messages, 1):
        parts = key(message.word)
        at = _mixed(parts) & size - 1
        while words[codes.WORD_STRIDE * at + 3]:
            at = at + 1 & size - 1
        words[codes.WORD_STRIDE * at : codes.WORD_STRIDE * at + 4] = array("Q", [*parts, number])
        made = [0] * codes.MESSAGE_STRIDE
        made[codes.MESSAGE_ITEMS] = len(items) // codes.ITEM_STRIDE
        made[codes.MESSAGE_ITEM_COUNT] = len(message.items)
        for item in message.items:
            items.extend(row(item))
        made[codes.MESSAGE_REST] = -1 if message.rest is None else place(message.rest)
        made[codes.MESSAGE_POSITION] = message.position
        made[codes.MESSAGE_LEAST] = message.least
        made[codes.MESSAGE_RECEIPT] = message.receipt
        made[codes.MESSAGE_SUFFIXES] = message.suffixes
        made[codes.MESSAGE_KIND] = KINDS.index(message.kind)
        made[codes.MESSAGE_KEYS] = len(keys) // codes.KEY_STRIDE
        made[codes.MESSAGE_KEY_COUNT] = len(message.keys)
        made[codes.MESSAGE_SEPARATOR] = ord(message.separator)
        for word, item in message.keys.items():
            keys.extend([*key(word), len(items) // codes.ITEM_STRIDE])
            items.extend(row(item))
        messages.extend(made)
    return Program(words, messages, items, keys)
