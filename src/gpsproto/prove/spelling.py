"""What a spelling of a canary is, and what of a canary can be spelled: its bytes, digits, numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from gpsproto.prove.canaries import DIGITS, RAW, TEXT, Canary

SHORTEST = 6
"""Bytes of a spelling that is strong enough to be looked for."""

IMEI = 15  # digits
HEX_SHORTEST = 7  # fewer hexadecimal digits are found in the random name of a file


class Spelling(NamedTuple):
    """One way to write a canary: ``label`` names the way, the same for all canaries of a kind."""

    label: str
    data: bytes
    weak: bool = False


class Encoding(NamedTuple):
    """A family of encodings, by its number in the specification."""

    number: int
    name: str
    spell: Callable[[Canary], Iterable[Spelling]]


REGISTRY: dict[int, Encoding] = {}
_Spell = Callable[[Canary], Iterable[Spelling]]


def encoding(number: int, name: str) -> Callable[[_Spell], _Spell]:
    """Register a family under its number."""

    def register(spell: _Spell) -> _Spell:
        REGISTRY[number] = Encoding(number, name, spell)
        return spell

    return register


def plain(one: Canary) -> Iterator[tuple[str, bytes]]:
    """The bytes that it is, in the cases that a program may put them in."""
    yield "", one.value
    if one.kind.nature == TEXT:
        yield " lower", one.value.lower()
        yield " upper", one.value.upper()
    if one.kind.nature == DIGITS and len(one.value) == IMEI:
        yield " of 14", one.value[:-1]  # as a pseudonym is made of it


def whole(one: Canary) -> Iterator[tuple[str, bytes]]:
    """The same, without what counts as a part."""
    return ((label, data) for label, data in texts(one) if label != " of 14")


def texts(one: Canary) -> Iterator[tuple[str, bytes]]:
    """What it is as text: its letters, or its bytes in hexadecimal; a place in degrees."""
    if one.kind.nature == RAW:
        yield " hex", one.value.hex().encode()
        yield " HEX", one.value.hex().upper().encode()
        return
    yield from plain(one)
    if one.kind.name in PLACES:
        yield " degrees", degrees(one)


def numbers(one: Canary) -> Iterator[tuple[str, int]]:
    if one.number is not None and (one.kind.nature != TEXT):
        yield "", one.number
        if one.kind.nature == DIGITS:
            yield " + 1", one.number + 1  # as a cell keeps a number that may be null
        if one.kind.nature == DIGITS and len(one.value) == IMEI:
            yield " of 14", int(one.value[:-1])
        if one.kind.name == "iccid":
            yield " last ten", int(one.value[-10:])
        if one.kind.name == "longitude":
            yield " west", -one.number


PLACES = ("latitude", "longitude")


def degrees(one: Canary) -> bytes:
    return one.value[:2] + b"." + one.value[2:]


def words(one: Canary) -> Iterator[tuple[str, int]]:
    """Numbers that fit 64 bits, as they are in two's complement."""
    for label, number in numbers(one):
        if abs(number) < 1 << 64:
            yield label, number % (1 << 64)


def nibbles(one: Canary) -> Iterator[tuple[str, str]]:
    """Its digits as pairs of nibbles: both alignments, with what fills them."""
    if one.kind.nature != DIGITS:
        return
    digits = one.value.decode()
    if len(digits) == IMEI:
        yield " of 14", digits[:-1]
    if len(digits) % 2:
        yield " behind 0", "0" + digits
        yield " before F", digits + "f"
        yield " without the first", digits[1:]
        if len(digits) != IMEI:
            yield " without the last", digits[:-1]
    else:
        yield "", digits
        yield " behind 0", "0" + digits + "f"
        yield " inner", digits[1:-1]


def blocks(one: Canary) -> Iterator[tuple[str, bytes]]:
    """Eight bytes at a time, as elements of a tracker hold a text; those that tell it apart."""
    for at in range(0, len(one.value), 8):
        block = one.value[at : at + 8]
        if len(block) >= 4 and not (one.kind.name == "iccid" and at < 16):
            yield f" {at}", block
