"""What a list of beacons holds, by its grammar and by plain reading of the rules."""

from __future__ import annotations

from typing import Any, NamedTuple

import construct

from gpsproto.codecs import beacons
from gpsproto.terms import ListForm

_FIRST, _SLOT, _SLOTS = 0xF100, 32, 10
_ADVANCED, _EYE, _GUESSED = 1, 2, 3
_NAMES = (0x01, 0x02, 0x05, 0x0F)
_WIDTHS = {0: 1, 6: 2, 7: 1, 8: 1, 9: 1, 10: 2, 11: 1, 12: 2, 13: 1, 14: 2}


class Found(NamedTuple):
    """A field: id of ours, width and raw value; width 0 where it has no value that may leave."""

    id: int
    width: int = 0
    raw: int = 0


def read(form: ListForm, data: bytes, before: int) -> tuple[list[Found], int] | None:
    """The fields behind ``before`` other beacons, and how many there are then; None: does not fit.

    The first is the number of beacons.
    """
    try:
        whole = _beacons(form, data)
    except construct.ConstructError:
        return None
    found = [Found(form.count_id, 2, len(whole))]
    for number, fields in enumerate(whole, before + 1):
        for type, width, raw in fields:
            if number > _SLOTS:
                found.append(Found(_FIRST + 0x11))
            elif width:
                found.append(Found(_FIRST + _SLOT * number + type, width, raw))
            else:
                found.append(Found(_FIRST + type))
    return found, before + len(whole)


def _beacons(form: ListForm, data: bytes) -> list[list[tuple[int, int, int]]]:
    if not data:
        return []
    if form.layout in (_ADVANCED, _EYE):
        records = beacons.ADVANCED.parse(data).records
        return [
            [part for field in one for part in _field(field, form.layout)] for one in records if one
        ]
    parsed = beacons.SIMPLE.parse(data)
    if form.layout == _GUESSED and not 1 <= parsed.part.current <= parsed.part.total:
        raise construct.ConstructError("no part")
    return [_simple(one) for one in parsed.beacons]


def _simple(one: Any) -> list[tuple[int, int, int]]:
    fields = [(1, 0, 0)]
    if one.rssi is not None:
        fields.append((0, 1, one.rssi))
    if one.battery is not None:
        fields.append((14, 2, one.battery))
    if one.temperature is not None:
        fields.append((16, 2, one.temperature))
    return fields


def _field(field: Any, layout: int) -> list[tuple[int, int, int]]:
    if field.type == 2:
        measured = eye(field.value, alone=layout == _EYE)
        if measured is not None:
            return measured
    if field.type in _NAMES:
        return [(field.type, 0, 0)]
    if _WIDTHS.get(field.type) == len(field.value):
        return [(field.type, len(field.value), int.from_bytes(field.value, "big"))]
    return [(0x10, 0, 0)]


def eye(data: bytes, *, alone: bool) -> list[tuple[int, int, int]] | None:
    """What an EYE sensor measured; None where the data are not of one."""
    if data.startswith(b"\x9a\x08\x01") and len(data) > 3:
        data = data[3:]
    elif not alone:
        return None
    try:
        one = beacons.EYE.parse(data)
    except construct.ConstructError:
        return None
    fields = []
    if one.temperature is not None:
        fields.append((6, 2, one.temperature))
    if one.humidity is not None:
        fields.append((7, 1, one.humidity))
    if one.flags.magnet:
        fields.append((8, 1, int(one.flags.magnet_state)))
    if one.movement is not None:
        fields += [(9, 1, one.movement.moving), (10, 2, one.movement.count)]
    if one.angle is not None:
        fields += [(11, 1, one.angle.pitch), (12, 2, one.angle.roll)]
    fields.append((13, 1, int(one.flags.low_battery)))
    if one.battery is not None:
        fields.append((17, 1, one.battery))
    return fields
