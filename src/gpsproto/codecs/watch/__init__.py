"""The GPS-watch bracket protocol: one file a family of messages.

A message is declared by standing in the MESSAGES of a module here; what the declarations must be
to one another is checked when this package is imported.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable

from gpsproto.codecs.watch.message import Item, Message
from gpsproto.codecs.watch.positions import PAYLOAD

_SUFFIX = "[0-9]*(?:_[0-9A-Z_]*)?"
"""What may follow the word of a message with suffixes, in capitals; the walk has the same."""


_OF_STEM = re.compile(_SUFFIX + r"\Z")


def checked(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The messages, sorted by word in upper case.

    ValueError where a word, whatever its case, is declared twice or is another's with a suffix.
    """
    found: dict[str, Message] = {}
    for message in messages:
        if message.word.upper() in found:
            raise ValueError(f"the word {message.word} is declared twice")
        found[message.word.upper()] = message
    for stem, message in found.items():
        if message.suffixes:
            for word in found:
                if word != stem and re.fullmatch(stem + _SUFFIX, word):
                    raise ValueError(f"the word {word} is {stem} with a suffix")
    return tuple(found[word] for word in sorted(found))


def distinct(fields: Iterable[Item]) -> tuple[Item, ...]:
    """The items, each once, sorted by name.  ValueError where one name is two things."""
    found: dict[str, Item] = {}
    for item in fields:
        if found.setdefault(item.name, item) != item:
            raise ValueError(f"the field {item.name} is declared twice")
    return tuple(found[name] for name in sorted(found))


def _declared() -> Iterable[Message]:
    for module in pkgutil.iter_modules(__path__):
        yield from getattr(importlib.import_module(f"{__name__}.{module.name}"), "MESSAGES", ())


def messages() -> tuple[Message, ...]:
    """Every message that is declared, sorted by word in upper case."""
    return _MESSAGES


def find(word: str) -> Message | None:
    """The message of a word as it is sent, whatever its case and suffix."""
    word = word.upper()
    if word in _BY_WORD:
        return _BY_WORD[word]
    message = _BY_WORD.get(_OF_STEM.sub("", word, count=1))
    return message if message is not None and message.suffixes else None


def items() -> tuple[Item, ...]:
    """Every field of a message or of a position payload, sorted by name."""
    return _ITEMS


# last, so that a module here may import these two functions
_MESSAGES = checked(_declared())
_BY_WORD = {message.word.upper(): message for message in _MESSAGES}
_ITEMS = distinct((*PAYLOAD, *(item for message in _MESSAGES for item in message.fields)))
