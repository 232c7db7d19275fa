"""The position of a watch: sixteen fields, then cells, Wi-Fi and an accuracy, in so far as they fit."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from gpsproto.codecs.watch.message import Item, Message
from gpsproto.codecs.watch.positions import (
    ACCURACY,
    CELL_CID,
    CELL_LAC,
    CELL_MCC,
    CELL_MNC,
    CELL_OTHER,
    NUMBERS,
    WIFI_NAME,
    WIFI_OTHER,
)
from gpsproto.declared import Part
from gpsproto.view.actions import Actions
from gpsproto.view.arguments import argument
from gpsproto.view.masking import MASKED
from gpsproto.view.reading import Node, Reading

_DEGREES = re.compile(rb" *[+-]?[0-9]{1,3}(?:\.[0-9]{0,8})?")
_STATUS = re.compile(rb"[0-9A-Fa-f]{4}|[0-9A-Fa-f]{8}")
_MAC = re.compile(rb"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")
_NO_MAC = re.compile(rb"0?")  # no address
_COUNT = re.compile(rb"[0-9]{1,3}")
_PLACE_FIELDS = (
    ("validity", ("A", "V")), ("latitude", ()), ("N or S", ("N", "S", "")), ("longitude", ()),
    ("E or W", ("E", "W", "")),
)  # fmt: skip
_MOST_DEGREES = {"latitude": 90, "longitude": 180}
_NO_FIX = frozenset(
    {"latitude", "longitude", "N or S", "E or W", "speed_kmh", "course_deg", "altitude_m"}
)
_CELL = (CELL_LAC, CELL_CID, CELL_OTHER)
_BEFORE_CELLS = ((CELL_OTHER, "timing advance"), (CELL_MCC, "MCC"), (CELL_MNC, "MNC"))


def read(r: Reading, fields: Sequence[bytes], message: Message, actions: Actions) -> None:
    """Read the fields of a position, each behind its comma."""
    rest = list(fields)
    with r.group("position") as group:
        _time(r, rest, message, actions)
        valid = rest[:1] == [b"A"]
        for name, letters in _PLACE_FIELDS:
            if rest:
                _place(r, name, letters, rest.pop(0), message, actions)
        for item in NUMBERS:
            if rest:
                argument(r, item, rest.pop(0), actions, message)
        if not valid:
            for node in group.children:
                # what stands there is no place; a policy may let out the last one that was known
                gone = node.name in _NO_FIX and not actions.policy.last_known
                if gone or node.name in ("speed_kmh", "course_deg"):
                    node.action, node.by = "drop", "no fix"
        if rest:
            _status(r, rest.pop(0), message, actions)
    if rest:
        _tail(r, rest, message, actions)


def _time(r: Reading, rest: list[bytes], message: Message, actions: Actions) -> None:
    """Date and time of day; shown where there is such a moment."""
    texts = [field.decode("ascii", "replace") for field in rest[:2]]
    said = ""
    if [len(text) for text in texts] == [6, 6] and "".join(texts).isdecimal():
        try:
            said = datetime.strptime("".join(texts), "%d%m%y%H%M%S").isoformat() + "Z"
        except ValueError:
            said = ""
    for name in ("date", "time of day"):
        if rest:
            field = rest.pop(0)
            leaf = r.leaf(name, 1 + len(field))
            leaf.becomes(actions.of(message.word, "timestamp"))
            leaf.raw = field.decode("ascii", "backslashreplace")
            leaf.value = said or leaf.raw
            leaf.secret, leaf.note = bool(field) and not said, "" if said else "no such time"


def _place(
    r: Reading, name: str, letters: Sequence[str], field: bytes, message: Message, actions: Actions
) -> None:
    leaf = r.leaf(name, 1 + len(field))
    leaf.becomes(actions.of(message.word, "latitude"))
    text = field.decode("ascii", "backslashreplace")
    leaf.raw = leaf.value = text
    if letters:
        if text.upper() not in letters:
            leaf.secret, leaf.note = True, f"one of {', '.join(one for one in letters if one)}"
        elif name == "validity":
            leaf.value = "satellite fix" if text == "A" else "no fix"
        return
    if not field:
        leaf.value = "no value"
    elif not _DEGREES.fullmatch(field) or abs(float(text)) > _MOST_DEGREES[name]:
        leaf.secret, leaf.note = True, "no such degrees"
    else:
        leaf.value, leaf.unit = text.strip(), "degrees"


def _status(r: Reading, field: bytes, message: Message, actions: Actions) -> None:
    """The status word: the names of its bits that are set."""
    leaf = r.leaf("status", 1 + len(field))
    leaf.raw = field.decode("ascii", "backslashreplace")
    if not _STATUS.fullmatch(field):
        leaf.secret, leaf.note = bool(field), "not 4 or 8 hexadecimal digits" if field else "empty"
        return
    word = int(field, 16)
    terms = actions.terms
    bits = terms.status_bits.get(actions.family, terms.status_bits[None])
    there = [bit for bit in bits if word >> bit.bit & 1]
    leaf.value = ", ".join(bit.name for bit in there) or "nothing"
    leaf.secret = any(bit.category in MASKED for bit in there)
    found = {bit.name: actions.of(message.word, bit.name) for bit in there}
    kept = [name for name, one in found.items() if one is not None and one.action == "keep"]
    leaf.action = "keep" if len(kept) == len(there) else "drop"
    leaf.by = next((one.by for one in found.values() if one is not None), "neutral")
    if kept and len(kept) < len(there):
        leaf.action, leaf.by = "keep some bits", "their categories"
    assert all(one is None or one.declared.part is Part.BIT for one in found.values())


def _tail(r: Reading, fields: list[bytes], message: Message, actions: Actions) -> None:
    """Cells and Wi-Fi, which are never shown, and the accuracy behind them."""

    def masked(item: Item, name: str, field: bytes) -> Node:
        leaf = argument(r, item, field, actions, message)
        leaf.name, leaf.secret, leaf.note = name, True, ""
        return leaf

    rest = list(fields)
    cells = int(rest[0]) if _COUNT.fullmatch(rest[0]) else -1
    needed = 4 + 3 * cells if cells > 0 else 1
    if cells < 0 or needed > len(rest):
        with r.group("tail") as tail:
            tail.note = "the count of cells is not that of the cells"
            for field in rest:
                masked(WIFI_NAME, "not read", field)
        return
    with r.group("cells"):
        count = masked(CELL_OTHER, "count", rest.pop(0))
        count.fits()
        if cells:
            for item, name in _BEFORE_CELLS:
                masked(item, name, rest.pop(0))
        for number in range(1, cells + 1):
            with r.group(f"cell {number}"):
                for item, name in zip(_CELL, ("LAC", "CID", "signal"), strict=True):
                    masked(item, name, rest.pop(0))
    if not rest:
        return
    if len(rest) <= 4 and rest[-1] in (b"00", b"10") and rest[-2:-1] == [b""]:
        for field in rest[:-1]:
            masked(CELL_OTHER, "other", field)
        masked(CELL_OTHER, "end code", rest[-1])
        return
    _wifi(r, rest, message, actions)


def _wifi(r: Reading, rest: list[bytes], message: Message, actions: Actions) -> None:
    """Networks: an address tells where a name ends, for a name may hold commas."""

    def masked(item: Item, name: str, field: bytes) -> Node:
        leaf = argument(r, item, field, actions, message)
        leaf.name, leaf.secret, leaf.note = name, True, ""
        return leaf

    announced = int(rest[0]) if _COUNT.fullmatch(rest[0]) else -1
    plain = len(rest) - 1 in (3 * announced, 3 * announced + 1) and all(
        (_MAC.fullmatch(rest[at]) or _NO_MAC.fullmatch(rest[at]))
        and not _MAC.fullmatch(rest[at + 1])
        for at in range(2, 3 * announced, 3)
    )
    addresses = sum(_MAC.fullmatch(field) is not None for field in rest[1:])
    with r.group("Wi-Fi"):
        count = masked(WIFI_OTHER, "count", rest.pop(0))
        number = 0
        while (plain or addresses == announced) and number < announced:
            place = (
                1 if plain else next((n for n, one in enumerate(rest) if _MAC.fullmatch(one)), -1)
            )
            if place < 0 or len(rest) < place + 2:
                break
            number += 1
            with r.group(f"network {number}"):
                name = b",".join(rest[:place])
                masked(WIFI_NAME, "name", name)
                masked(WIFI_OTHER, "address", rest[place])
                masked(WIFI_OTHER, "signal", rest[place + 1])
            del rest[: place + 2]
        if number == announced and (plain or addresses == announced):
            count.fits()
        else:
            count.fails("not the count of the networks")
        # as the decoder has it: one field behind the networks, of which an address says where they end
        accurate = number == announced and len(rest) == 1 and (plain or number > 0)
        for field in [] if accurate else rest:
            masked(WIFI_NAME, "not read", field)
    if accurate:
        argument(r, ACCURACY, rest[0], actions, message)
