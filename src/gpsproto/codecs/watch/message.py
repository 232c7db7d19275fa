"""How a message of the watch protocol is declared: its word, its fields, and what it is owed.

``[3G*8800000015*000D*LK,50,100,100]``: the content is a word and, behind commas, its arguments.
A family's file holds one ``Message`` a word; from it come the walk's program, the catalog of
fields, the answers, the documents and the lock file of categories.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gpsproto.category import FLOOR, IDENTITIES, Category

_WIDTHS = (0, 1, 2, 4, 8)
_WORD = re.compile(r"[0-9A-Z_a-z]{1,24}")


class Kind(StrEnum):
    """What a record of a message is: the value of its column ``message``."""

    POSITION = "position"
    ALARM = "alarm"
    LINK = "link"
    HEALTH = "health"
    IDENTITY = "identity"
    CONFIGURATION = "configuration"
    VOICE = "voice"
    PICTURE = "picture"
    CALL = "call"
    TEXT = "text"
    CONTACTS = "contacts"
    COMMAND = "command"


KIND_CATEGORIES: Mapping[Kind, Category] = {
    Kind.ALARM: Category.ALARM,
    Kind.HEALTH: Category.HEALTH,
    Kind.VOICE: Category.VOICE,
    Kind.PICTURE: Category.PHOTO,
    Kind.CALL: Category.CONTACT,
    Kind.TEXT: Category.MESSAGE,
    Kind.CONTACTS: Category.CONTACT,
}
"""What it says about somebody that such a message was sent; a kind that is not here says nothing."""


@dataclass(frozen=True, slots=True)
class Item:
    """A field of a message.  One name is one thing in every message that has it.

    ``width`` is the bytes of a cell; 0 is text, which is counted and never read.  A number is kept
    with ``digits`` decimals, as an integer of that many more digits, and is null outside ``least``
    to ``most`` and, without a note, at the values ``nulls``; all three are in the name's unit.
    ``core``: it has a column.
    """

    name: str
    category: Category
    meaning: str
    width: int = 0
    digits: int = 0
    least: int = 0
    most: int = 0
    nulls: tuple[int, ...] = ()
    core: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.category, Category):
            raise TypeError("a field must have a category")
        if self.width not in _WIDTHS:
            raise ValueError("a cell has 1, 2, 4 or 8 bytes; text has none")
        scale = 10**self.digits
        half = 1 << 8 * self.width - 1 if self.width else 0
        if self.width and not -half <= self.least * scale <= self.most * scale < half:
            raise ValueError("the range of a field must fit its cell, sign included")
        if self.core and not self.width:
            raise ValueError("text has no column")
        if self.width and self.category in FLOOR | IDENTITIES:
            raise ValueError("what may not leave in clear is text")


RESULT = Item("command_result", Category.STATUS, "done or not, or the switch again")
OTHER = Item("other_argument", Category.OPAQUE, "an argument whose meaning is not known")


@dataclass(frozen=True, slots=True)
class Message:
    """A message that a watch sends.

    ``items`` are its arguments in order; ``rest`` is what every further argument is (None: there
    is none).  ``position``: a position payload follows the items.  ``keys``: each argument is
    ``key:value`` behind a ``separator``; keys match as words do, whatever their case, and one that
    is not listed is a ``rest``.

    ``answer`` is the content that is owed, ``{word}`` standing for the word as it was sent; None
    where nothing is owed.  ``least``: with fewer arguments than that, but some, none is read.
    ``at_once``: it is owed before anything is stored.  ``receipt``: bare, or with one argument of
    one digit and no other, it is the watch's own answer to a command, and nothing is owed.
    ``suffixes``: digits and ``_RADIO`` may follow the word.  ``tells``: what it says, beside its
    kind, that such a message was sent.
    """

    word: str
    kind: Kind
    meaning: str
    items: tuple[Item, ...] = ()
    rest: Item | None = None
    position: bool = False
    keys: Mapping[str, Item] = field(default_factory=dict)
    separator: str = ","
    least: int = 0
    answer: str | None = None
    at_once: bool = False
    receipt: bool = False
    suffixes: bool = False
    tells: Category | None = None

    def __post_init__(self) -> None:
        if self.rest is not None and self.rest.width:
            raise ValueError("what any further argument is must be text")
        if not _WORD.fullmatch(self.word):
            raise ValueError("a word has 1 to 24 letters, digits or underscores")
        if len({key.upper() for key in self.keys}) != len(self.keys):
            raise ValueError("two keys differ by case only")
        if self.answer is not None and not _WORD.match(self.answer.replace("{word}", self.word)):
            raise ValueError("an answer begins with a word")

    @property
    def fields(self) -> tuple[Item, ...]:
        """Every item that it names, each once; those of a position payload are not among them."""
        rest = () if self.rest is None else (self.rest,)
        return tuple(dict.fromkeys((*self.items, *self.keys.values(), *rest)))
