"""Codec 7, of GH personal trackers: a record of masks, and fields where a mask's bit is set.

| field | bytes | what |
|---|---|---|
| priority and time | 4 | bits 31-30 priority; bits 29-0 seconds since 2007-01-01 UTC |
| mask | 1 | bit 0 GPS element, bits 1 to 3 groups of 1-, 2- and 4-byte elements |
| GPS element | | a mask; latitude and longitude as float32, altitude i16, angle in 256 parts, speed, |
| | | satellites, cell (LAC, CID), signal, operator |
| groups | | a count, then (id, value) |

There is no event, no total and no group of 8-byte elements.
Source: the vendor's own parser, public servers.
"""

from __future__ import annotations

import struct

from gpsproto.codecs.avl import Shape
from gpsproto.errors import ErrorCode
from gpsproto.view import avl
from gpsproto.view.actions import Actions
from gpsproto.view.masking import Doubt
from gpsproto.view.reading import Node, Reading, Stop
from gpsproto.view.values import moment

CODEC = 0x07
SHAPE = Shape(CODEC, "Codec 7", id_size=1, count_size=1)

_EPOCH_S = 1_167_609_600  # 2007-01-01
_SECONDS = (1 << 30) - 1
_TURN = 360 / 256
_FIELDS = (  # of the GPS element: bit, name, bytes, the field or element that it is, unit
    (1, "altitude", 2, "altitude", "m"),
    (2, "angle", 1, "angle", "degrees"),
    (3, "speed", 1, "speed", "km/h"),
    (4, "satellites", 1, "satellites", ""),
    (5, "LAC", 2, (206, 2), ""),
    (5, "CID", 2, (205, 2), ""),
    (6, "signal", 1, (21, 1), ""),
    (7, "operator", 4, (241, 4), ""),
)


def records(r: Reading, count: int, actions: Actions) -> None:
    """Read so many records up to ``r.stop``.  Stop where one does not fit.

    No record has a total to be checked by, so where one does not fit none before it can be believed:
    of the first it is certain where its time stands.
    """
    read: list[Node] = []
    try:
        for number in range(1, count + 1):
            with r.group(f"record {number}") as record:
                read.append(record)
                _record(r, actions)
        if r.left:
            r.fault(ErrorCode.TRAILING_BYTES)
    except Stop:
        for place, record in enumerate(read):
            for node in record.children[0 if place else 1 :]:
                node.doubt = Doubt.LOST
        raise


def _record(r: Reading, actions: Actions) -> None:
    raw = r.number("priority and time", 4)
    node = r.last
    node.becomes(actions.of("avl", "timestamp"))
    node.value = f"{avl.PRIORITIES[raw >> 30]}, {moment(1_000 * (_EPOCH_S + (raw & _SECONDS)))}"
    mask = r.number("mask", 1)
    parts = ("GPS", "1-byte", "2-byte", "4-byte")
    r.last.value = ", ".join(name for bit, name in enumerate(parts) if mask >> bit & 1) or "nothing"
    if mask & 1:
        with r.group("GPS element"):
            _gps(r, actions)
    for bit, width in ((1, 1), (2, 2), (3, 4)):
        if mask >> bit & 1:
            with r.group(f"{width}-byte elements"):
                avl.elements(r, SHAPE, width, actions)


def _gps(r: Reading, actions: Actions) -> None:
    mask = r.number("mask", 1)
    r.last.value = f"{mask:08b}"
    if mask & 1:
        for name, most in (("latitude", 90), ("longitude", 180)):
            leaf = r.leaf(name, 4)
            (degrees,) = struct.unpack(">f", r.bytes_of(leaf))
            leaf.raw = r.bytes_of(leaf).hex()
            leaf.value, leaf.unit = f"{degrees:.7g}", "degrees"
            leaf.becomes(actions.of("avl", name))
            if not abs(degrees) <= most:
                leaf.secret, leaf.note = True, "out of range: no such place"
    for bit, name, size, field, unit in _FIELDS:
        if not mask >> bit & 1:
            continue
        raw = r.number(name, size, signed=name == "altitude")
        leaf = r.last
        leaf.unit = unit
        leaf.value = f"{raw * _TURN:.1f}" if name == "angle" else str(raw)
        _becomes(leaf, field, actions)


def _becomes(leaf: Node, field: str | tuple[int, int], actions: Actions) -> None:
    """What the policy makes of a field of the GPS element, which may be an element elsewhere."""
    found = actions.of("avl", field) if isinstance(field, str) else actions.element(*field)
    leaf.becomes(found)
