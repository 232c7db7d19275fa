"""Canaries: identifiers from reserved ranges, so that a find is a marker, a range or a set.

Every kind has a fixed part that nothing else in an output has, and a varying part that tells its
canaries apart.  Digits stand in blocks that are given to nobody: the test TAC 00101, MCC 001, the
country code 999.  Text holds a marker of four letters, which no pseudonym can spell, in every eight
bytes, so that a half or a third of it is found too.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

DIGITS, TEXT, RAW = "digits", "text", "raw"

_LETTERS = b"bcdfghjkmnprstvwxz0123456789"
# no byte that the watch protocol escapes, and no ASCII
_BYTES = bytes(range(0x84, 0xFE))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a canary is.  In ``form`` a ``#`` is a varying place, a ``~`` the Luhn digit; RAW forms
    are hexadecimal with ``##`` for a varying byte.  A second run of ``#`` repeats the first."""

    name: str
    nature: str
    form: str
    weight: int = 1

    @property
    def capacity(self) -> int:
        """How many canaries of the kind there can be."""
        return 10 ** self.form.count("#") if self.nature == DIGITS else 100_000


KINDS = (
    Kind("imei", DIGITS, "00101099775###~", 4),
    Kind("other_imei", DIGITS, "00101098664###~"),
    Kind("watch_id", DIGITS, "109877####", 3),
    Kind("friend_id", DIGITS, "109866####"),
    Kind("iccid", DIGITS, "8900101770770199####", 2),
    Kind("imsi", DIGITS, "00101993377####", 2),
    Kind("phone", DIGITS, "99964470####", 2),
    Kind("cell_id", DIGITS, "19766####"),
    Kind("lac", DIGITS, "1597####"),
    Kind("counter", DIGITS, "31770####"),
    Kind("latitude", DIGITS, "47137####"),
    Kind("longitude", DIGITS, "41179####"),
    Kind("ibutton", RAW, "01ca7a1e77####ee"),
    Kind("driver_card", TEXT, "Qzxc####Qzxd####"),
    Kind("person_name", TEXT, "Qzxn####", 3),
    Kind("vehicle_number", TEXT, "1ZXV####1ZXW####9"),
    Kind("plate", TEXT, "QXZ####J"),
    Kind("bluetooth_mac", RAW, "0ec75db1####"),
    Kind("bssid", RAW, "0ec75db2####"),
    Kind("beacon_uuid", RAW, "b7e1d9a3c5f2####9be4d3a7c1f6####"),
    Kind("beacon_name", TEXT, "Qzxb####"),
    Kind("ssid", TEXT, "Qzxs####", 2),
    Kind("password", TEXT, "Qzxp####", 2),
    Kind("message", TEXT, "Qzxm####", 2),
    Kind("apn", TEXT, "Qzxa####"),
    Kind("address", TEXT, "Qzxh####"),
    Kind("account", TEXT, "Qzxr####"),
    Kind("word", TEXT, "QZXU####"),
    Kind("voice", RAW, "9ef1c3b77d5b5d2c2a########a9d58b"),
    Kind("photo", RAW, "ffd8d79ce17d5b5d2c2a########b6e9"),
    # around the frames of a capture
    Kind("network_address", RAW, "20010db8c5f2####9be4d3a7c1f6####"),
    Kind("network_mac", RAW, "0ec75db3####"),
    Kind("capture_text", TEXT, "Qzxk####"),
)
BY_NAME = {kind.name: kind for kind in KINDS}

MOST = 100_000
"""More canaries than that there are not room for."""


@dataclass(frozen=True, slots=True)
class Canary:
    """One: ``value`` is its digits or text as ASCII, or its bytes."""

    kind: Kind
    value: bytes

    @property
    def number(self) -> int | None:
        """The integer that it is where it is digits, or eight bytes at most."""
        if self.kind.nature == DIGITS:
            return int(self.value)
        return int.from_bytes(self.value, "big") if len(self.value) <= 8 else None

    def __repr__(self) -> str:
        return f"Canary({self.kind.name})"


def luhn(body: bytes) -> bytes:
    """The check digit behind an IMEI's fourteen."""
    total = 0
    for place, digit in enumerate(body):
        value = (digit - 48) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return b"%d" % (-total % 10)


def _digits(kind: Kind, number: int) -> Canary:
    width = kind.form.count("#")
    value = kind.form.replace("#" * width, f"{number:0{width}}", 1).encode()
    if value.endswith(b"~"):
        value = value[:-1] + luhn(value[:-1])
    return Canary(kind, value)


def _varied(kind: Kind, random_: random.Random) -> Canary:
    first = kind.form.index("#")
    width = len(kind.form[first:]) - len(kind.form[first:].lstrip("#"))
    if kind.nature == TEXT:
        varying = bytes(random_.choices(_LETTERS, k=width))
        if kind.name in ("vehicle_number", "word"):
            varying = varying.upper()
        if kind.name == "plate":
            varying = bytes(random_.choices(b"0123456789", k=width))
        return Canary(kind, kind.form.encode().replace(b"#" * width, varying))
    return _of_bytes(kind, bytes(random_.choices(_BYTES, k=width // 2)))


def _of_bytes(kind: Kind, varying: bytes) -> Canary:
    first = kind.form.index("#")
    width = len(kind.form[first:]) - len(kind.form[first:].lstrip("#"))
    return Canary(kind, bytes.fromhex(kind.form.replace("#" * width, varying[: width // 2].hex())))


class Pool:
    """The canaries of one kind; ``column(form)`` is one of their forms as a table of bytes."""

    def __init__(self, kind: Kind, count: int, random_: random.Random) -> None:
        self.kind = kind
        self._columns: dict[str, npt.NDArray[np.uint8]] = {}
        if kind.nature == DIGITS:
            numbers = random_.sample(range(kind.capacity), min(count, kind.capacity))
            self.canaries: Sequence[Canary] = [_digits(kind, number) for number in numbers]
        else:
            found: dict[bytes, Canary] = {}
            while len(found) < count:
                made = _varied(kind, random_)
                found[made.value] = made
            self.canaries = list(found.values())

    def __len__(self) -> int:
        return len(self.canaries)

    @cached_property
    def edges(self) -> tuple[Canary, ...]:
        """The least and the greatest that the kind can have: what holds for both holds for all."""
        if self.kind.nature == DIGITS:
            return _digits(self.kind, 0), _digits(self.kind, self.kind.capacity - 1)
        if self.kind.nature == RAW:
            return _of_bytes(self.kind, _BYTES[:1] * 8), _of_bytes(self.kind, _BYTES[-1:] * 8)
        return ()

    @cached_property
    def _places(self) -> dict[bytes, int]:
        return {one.value: place for place, one in enumerate(self.canaries)}

    def index(self, one: Canary) -> int:
        """Which of them it is."""
        return self._places[one.value]

    def column(self, form: str) -> npt.NDArray[np.uint8]:
        """Every canary in a form (n, size)."""
        found = self._columns.get(form)
        if found is None:
            shape = FORMS[form]
            rows = [np.frombuffer(shape(canary), np.uint8) for canary in self.canaries]
            found = self._columns[form] = np.stack(rows)
        return found


def pools(count: int, seed: int) -> dict[str, Pool]:
    """Canaries of every kind, at least ``count`` in all where there are so many."""
    if not len(KINDS) <= count <= MOST:
        raise ValueError(f"there are at least {len(KINDS)} canaries and at most {MOST}")
    random_ = random.Random(seed)
    total = sum(kind.weight for kind in KINDS)
    return {kind.name: Pool(kind, -(-count * kind.weight // total), random_) for kind in KINDS}


def _ascii(one: Canary) -> bytes:
    return one.value


def _integer(size: int, order: Any) -> Any:
    def form(one: Canary) -> bytes:
        number = one.number
        if number is None:
            return one.value[:size]
        return (number % (1 << 8 * size)).to_bytes(size, order)

    return form


def _bcd(one: Canary) -> bytes:
    digits = one.value.decode().rjust(16, "0")
    return bytes.fromhex(digits[-16:])


def _packed_low(one: Canary) -> bytes:
    """The last ten digits as an integer, as a tracker sends the second half of an ICCID."""
    return int(one.value[-10:]).to_bytes(8, "big")


def _block(number: int, size: int = 8) -> Any:
    def form(one: Canary) -> bytes:
        return one.value[number * size :][:size].ljust(size, b"\0")

    return form


def _negative(one: Canary) -> bytes:
    return (-int(one.value)).to_bytes(4, "big", signed=True)


def _degrees(one: Canary) -> bytes:
    return one.value[:2] + b"." + one.value[2:]


def _seven(one: Canary) -> bytes:
    """The bytes as a watch escapes them."""
    pairs = {0x7D: b"}\1", 0x5B: b"}\2", 0x5D: b"}\3", 0x2C: b"}\4", 0x2A: b"}\5"}
    return b"".join(pairs.get(byte, bytes([byte])) for byte in one.value)


FORMS = {
    "ascii": _ascii,
    "upper": lambda one: one.value.upper(),
    "u64": _integer(8, "big"),
    "u64 reversed": _integer(8, "little"),
    "u32": _integer(4, "big"),
    "e7 negative": _negative,
    "degrees": _degrees,
    "last ten as u64": _packed_low,
    "block 0": _block(0),
    "block 1": _block(1),
    "block 2": _block(2),
    "bcd": _bcd,
    "hex": lambda one: one.value.hex().encode(),
    "HEX": lambda one: one.value.hex().upper().encode(),
    "hex of hex": lambda one: one.value.hex().encode().hex().encode(),
    "utf-16be hex": lambda one: one.value.decode().encode("utf-16-be").hex().upper().encode(),
    "utf-16be": lambda one: one.value.decode().encode("utf-16-be"),
    "escaped": _seven,
    "mac": lambda one: one.value.hex(":").encode(),
    "MAC": lambda one: one.value.hex("-").upper().encode(),
    "plus": lambda one: b"+" + one.value,
    "zeros": lambda one: b"00" + one.value,
    "dashed": lambda one: one.value[:3] + b"-" + one.value[3:7] + b"-" + one.value[7:],
}
"""How a canary can stand in a frame; a form has one size for all canaries of a kind."""


@cache
def lengths(kind: str, form: str) -> int:
    """The size of a form of a kind."""
    made = Pool(BY_NAME[kind], 1, random.Random(0))
    return int(made.column(form).shape[1])
