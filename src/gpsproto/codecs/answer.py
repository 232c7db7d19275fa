"""The few numbers that are read from the text of an answer; all else of it is dropped unread.

| answer to | begins with | read |
|---|---|---|
| ``getver`` | ``Ver:`` | ``Uptime``, seconds |
| ``getinfo`` | ``INI:`` or ``RTC:`` | ``UpTime``, seconds |
| ``getio`` | ``DI1:`` | |
| ``getstatus`` | ``Data Link:`` | ``Signal``, 0 to 5 |
| ``battery`` | ``BatState:`` or ``ChargerType:`` | ``BatV``, mV; ``BatLvl``, percent |

A key counts only in the answer that has it, so that no text which somebody set is taken for one; and
only with a number of its range behind it, that ends where the next key begins.

Source: the examples of the vendor's protocol page "Codec" (``getver``, ``getinfo``, ``getio``), its
page of the command ``battery``, and answers to ``getstatus`` as servers have shown them.
"""

from __future__ import annotations

import re
from typing import NamedTuple

MESSAGE = "answer"
IDS = range(0xF000, 0xF100)
"""The elements of an answer have ids of ours."""

CLASS, LENGTH, UPTIME, SIGNAL, VOLTAGE, CHARGE = IDS[:6]
TEXT, IMEI = 0xF010, 0xF011
"""What is read; and what is there and is not."""


class _Key(NamedTuple):
    """A number in an answer: its element, and the greatest that it can be."""

    pattern: re.Pattern[bytes]
    id: int
    width: int
    most: int


def _key(name: bytes, id: int, width: int, most: int, digits: int, unit: bytes = b"") -> _Key:
    form = rb"(?:\A|[ \r\n])%b: ?([0-9]{1,%d})%b(?=[ \r\n]|\Z)" % (name, digits, unit)
    return _Key(re.compile(form), id, width, most)


_UPTIME = _key(b"Up[Tt]ime", UPTIME, 4, 99_999_999, 8, b"s?")
_CLASSES = (
    (re.compile(rb"Ver:"), (_UPTIME,)),
    (re.compile(rb"INI:|RTC:"), (_UPTIME,)),
    (re.compile(rb"DI1:"), ()),
    (re.compile(rb"Data Link:"), (_key(b"Signal", SIGNAL, 1, 5, 1),)),
    (
        re.compile(rb"BatState:|ChargerType:"),
        (_key(b"BatV", VOLTAGE, 2, 65_535, 5), _key(b"BatLvl", CHARGE, 1, 100, 3)),
    ),
)
_LENGTHS = (0, 32, 128, 512, 2_048)


def read(text: memoryview) -> list[tuple[int, int, int]]:
    """(id, bytes, value) of what an answer says: of which class it is, how long about, and its keys."""
    number = 0
    keys: tuple[_Key, ...] = ()
    for place, (begins, some) in enumerate(_CLASSES, 1):
        if begins.match(text):
            number, keys = place, some
            break
    found = [(CLASS, 1, number), (LENGTH, 1, sum(len(text) > most for most in _LENGTHS))]
    for key in keys:
        said = key.pattern.search(text)
        if said is not None and (value := int(said[1])) <= key.most:
            found.append((key.id, key.width, value))
    return found
