"""Lists of Bluetooth beacons inside an element: 385, 548, 10500, 10828, 10829, 10831, 11317.

A simple list: a byte of part and parts, then for each beacon flags (1 RSSI, 2 battery, 4 temperature,
32 iBeacon) and an id of 20 bytes (iBeacon) or 16 (Eddystone), and what the flags announce.
An advanced list: 0x01, then for each beacon a length and fields of type, length, value.
What does not fit to its last byte is no list, and is not shown.
Source: the vendor's pages on beacon lists and EYE sensors; 10500 has the form of 385 where it parses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gpsproto.category import Category
from gpsproto.privacy.policy.explain import Explained
from gpsproto.view.reading import Reading
from gpsproto.view.values import signed

SIMPLE = frozenset({385, 10500})
ADVANCED = frozenset({548, 10828, 10829, 10831, 11317})

_RSSI, _BATTERY, _TEMPERATURE, _IBEACON = 1, 2, 4, 32


class _Kind(NamedTuple):
    """A field of a beacon: ``places`` after the decimal point; an id has no number."""

    name: str
    size: int = 0  # 0: any
    unit: str = ""
    signed: bool = False
    places: int = 0
    is_id: bool = False


_TYPES = {
    0x00: _Kind("RSSI", 1, "dBm", True),
    0x01: _Kind("beacon id", is_id=True),
    0x05: _Kind("name", is_id=True),
    0x06: _Kind("temperature", 2, "°C", True, 2),
    0x07: _Kind("humidity", 1, "%"),
    0x08: _Kind("magnet", 1),
    0x09: _Kind("movement", 1),
    0x0A: _Kind("movement count", 2),
    0x0B: _Kind("pitch", 1, "degrees", True),
    0x0C: _Kind("roll", 2, "degrees", True),
    0x0D: _Kind("low battery", 1),
    0x0E: _Kind("battery", 2, "mV"),
    0x0F: _Kind("MAC", is_id=True),
}
_OTHER = _Kind("additional data", is_id=True)
_UNKNOWN = _Kind("unknown field", is_id=True)
_MEASURED = (  # by the bits of the flags of EYE data, which come first
    (0, (_Kind("temperature", 2, "°C", True, 2),)),
    (1, (_Kind("humidity", 1, "%"),)),
    (4, (_Kind("movement", 2),)),
    (5, (_Kind("pitch", 1, "degrees", True), _Kind("roll", 2, "degrees", True))),
    (7, (_Kind("battery", 1),)),
)
_EYE_BATTERY = (2_000, 10)  # mV of 0, and of one more


class Field(NamedTuple):
    """A stretch of a list, in order; ``head`` opens a beacon."""

    kind: _Kind
    size: int
    head: bool = False
    structure: bool = False


def found(data: bytes, id: int, declared: Explained | None) -> Sequence[tuple[Field, Explained]]:
    """The fields of a list from its first byte to its last; none where it is no list."""
    if declared is None or not data:
        return ()
    fields = None
    if id in SIMPLE:
        fields = _simple(data)
    elif id in ADVANCED:
        fields = _advanced(data)
    return tuple((field, declared) for field in fields or ())


def _simple(data: bytes) -> list[Field] | None:
    part, parts = data[0] >> 4, data[0] & 15
    if not 1 <= part <= parts:
        return None
    made = [Field(_Kind("part"), 1, structure=True)]
    at = 1
    while at < len(data):
        flags = data[at]
        made.append(Field(_Kind("flags"), 1, head=True, structure=True))
        sizes = [(_Kind("beacon id", is_id=True), 20 if flags & _IBEACON else 16)]
        if flags & _RSSI:
            sizes.append((_TYPES[0x00], 1))
        if flags & _BATTERY:
            sizes.append((_TYPES[0x0E], 2))
        if flags & _TEMPERATURE:
            sizes.append((_Kind("temperature", 2, "°C", True), 2))
        made += [Field(kind, size) for kind, size in sizes]
        at += 1 + sum(size for _, size in sizes)
    return made if at == len(data) else None


def _advanced(data: bytes) -> list[Field] | None:
    if data[0] != 1:
        return None
    made = [Field(_Kind("list version"), 1, structure=True)]
    at = 1
    while at < len(data):
        end = at + 1 + data[at]
        made.append(Field(_Kind("length"), 1, head=True, structure=True))
        at += 1
        if end > len(data):
            return None
        while at < end:
            if end - at < 2 or data[at + 1] > end - at - 2:
                return None
            type, size = data[at], data[at + 1]
            made += [
                Field(_Kind("type"), 1, structure=True),
                Field(_Kind("length"), 1, structure=True),
            ]
            made += _typed(type, size, data[at + 2 : at + 2 + size])
            at += 2 + size
    return made


def _typed(type: int, size: int, value: bytes) -> Iterator[Field]:
    """What a field of an advanced list holds."""
    kind = _TYPES.get(type, _UNKNOWN)
    if type == 0x02:
        eye = _eye(value)
        if eye is not None:
            yield from eye
            return
        kind = _OTHER
    if kind.size and kind.size != size:
        kind = _UNKNOWN
    yield Field(kind, size)


def _eye(value: bytes) -> list[Field] | None:
    """EYE data: flags, then a value for each bit that has one; None where it is something else."""
    if not value:
        return None
    kinds = [kind for bit, group in _MEASURED if value[0] >> bit & 1 for kind in group]
    if len(value) != 1 + sum(kind.size for kind in kinds):
        return None
    at = 1
    for kind in kinds:
        number = int.from_bytes(value[at : at + kind.size], "big")
        if kind.name == "temperature" and abs(signed(number, 2)) > 10_000:
            return None
        if kind.name == "humidity" and number > 100:
            return None
        at += kind.size
    return [Field(_Kind("flags"), 1, structure=True), *(Field(kind, kind.size) for kind in kinds)]


def read(r: Reading, fields: Sequence[tuple[Field, Explained]]) -> None:
    """Read the fields of a list that fits; a beacon is a group."""
    rest = list(fields)
    while rest and not rest[0][0].head:
        _field(r, *rest.pop(0))
    number = 0
    while rest:
        number += 1
        with r.group(f"beacon {number}"):
            _field(r, *rest.pop(0))
            while rest and not rest[0][0].head:
                _field(r, *rest.pop(0))


def _field(r: Reading, field: Field, declared: Explained) -> None:
    kind = field.kind
    leaf = r.leaf(kind.name, field.size)
    if not field.size:
        return
    if field.structure:
        leaf.raw = int.from_bytes(r.bytes_of(leaf), "big")
        if kind.name == "part":
            leaf.value = f"{leaf.raw >> 4} of {leaf.raw & 15}"
        return
    leaf.becomes(declared)
    leaf.is_value = True
    if kind.is_id:
        leaf.note = f"{field.size} bytes"
        return
    # the list is dropped whole; what a beacon measures names nobody
    leaf.secret, leaf.category = False, Category.STATUS
    raw = int.from_bytes(r.bytes_of(leaf), "big", signed=kind.signed)
    leaf.raw, leaf.unit = raw, kind.unit
    leaf.value = f"{raw / 10**kind.places:.{kind.places}f}" if kind.places else str(raw)
    if kind.name == "battery" and field.size == 1:
        least, step = _EYE_BATTERY
        leaf.value, leaf.unit = str(least + step * raw), "mV"
