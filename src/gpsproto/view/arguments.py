"""An argument of a watch's message: a number of its form and range, or a text, which may be any."""

from __future__ import annotations

import re
from decimal import Decimal

from gpsproto.catalog.units import unit
from gpsproto.codecs.watch.message import Item, Message
from gpsproto.view.actions import Actions
from gpsproto.view.reading import Node, Reading
from gpsproto.view.values import plain

_NUMBER = re.compile(rb" *[+-]?(?P<whole>[0-9]{1,8})(?:\.[0-9]{0,8})?")
"""A number that is shown: an identifier has more digits."""


def argument(r: Reading, item: Item, field: bytes, actions: Actions, message: Message) -> Node:
    """An argument, its comma with it, as its declaration says what it is."""
    leaf = r.leaf(item.name, 1 + len(field))
    leaf.becomes(actions.of(message.word, item.name))
    leaf.is_value = True
    show(leaf, item, field)
    return leaf


def show(leaf: Node, item: Item, field: bytes) -> None:
    """What a field says; masked where it is no number of its form and range."""
    leaf.raw = field.decode("ascii", "backslashreplace")
    if not item.width:
        leaf.secret = leaf.secret or bool(field)
        leaf.value = leaf.raw
        leaf.note = f"{len(field)} bytes" if field else "empty"
        return
    # steps of the day may follow those of all days
    text = field.partition(b"@")[0] if item.name == "steps" else field
    if not field:
        leaf.value = "no value"
    elif _NUMBER.fullmatch(text) is None or (
        text != field and not _NUMBER.fullmatch(field[len(text) + 1 :])
    ):
        leaf.secret, leaf.note = True, "not of its form"
    else:
        number = Decimal(text.decode("ascii").strip())
        leaf.unit = unit(item.name)
        leaf.value = plain(number)
        if number in item.nulls:
            leaf.value, leaf.unit = "no value", ""
        elif not item.least <= number <= item.most:
            leaf.note = "out of its range"
