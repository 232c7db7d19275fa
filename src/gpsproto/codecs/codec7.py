"""Codec 7 (codec id 0x07): the personal trackers GH12xx, GH3000 and GH4000.

| bytes | field |
|---|---|
| 4 | bits 31 and 30 the priority, the others seconds since 2007-01-01 00:00 UTC |
| 1 | mask: bit 0 a GPS element, bits 1 to 3 groups of 1-, 2- and 4-byte elements |
| | the GPS element: a mask of its own, then what its bits announce |
| | each group: a count, then one byte of id and the value of each |

There is no event id, no total and no group of 8 bytes.  Of the GPS element:

| bit | bytes | field |
|---|---|---|
| 0 | 8 | latitude, then longitude: 32-bit floats in degrees |
| 1 | 2 | altitude, m, two's complement |
| 2 | 1 | angle, 360/256 degrees |
| 3 | 1 | speed, km/h; 255: not known |
| 4 | 1 | satellites; 3 are assumed where it is not sent |
| 5 | 4 | area and identity of the cell: leaves as element 200 |
| 6 | 1 | signal: element 201 |
| 7 | 4 | operator: element 202 |

A panic is element 204, and an event: 222, the cause, where the record holds one, else 204.  Both
coordinates 0, one out of range or no number: there is no place, no satellite and no speed.
Source: the vendor's parser of GH data 1.8.1, and servers that are public.
"""

from __future__ import annotations

import struct
from typing import Any

import construct as c

from gpsproto.codecs import avlrecord
from gpsproto.codecs.avlrecord import Fixed
from gpsproto.codecs.rewritten import RECORDS, Refused, Rewriting, Rewritten
from gpsproto.errors import ErrorCode

CODEC = 0x07
EPOCH_S = 1_167_609_600
"""2007-01-01 00:00 UTC, in seconds since 1970."""

PARTS = ("gps", "n1", "n2", "n4")
"""What the bits of a record's mask announce, from bit 0 on."""

GPS = {
    "place": 8, "altitude": 2, "angle": 1, "speed": 1, "satellites": 1, "cell": 4, "signal": 1,
    "operator": 4,
}  # fmt: skip
"""What the bits of a GPS element's mask announce, from bit 0 on, with its bytes."""

_BITS = {name: 1 << bit for bit, name in enumerate(GPS)}
_SIZES = [
    sum(size for name, size in GPS.items() if mask & _BITS[name]) for mask in range(1 << len(GPS))
]
_WIDTHS = {"n1": 1, "n2": 2, "n4": 4}
_HEAD = struct.Struct(">IB")
_PLACE = struct.Struct(">ff")
_SECONDS = (1 << 30) - 1
_PANIC = 2
_ALARM, _CAUSE = 204, 222
_BESIDE = ("altitude", "angle", "speed", "satellites")  # what is there with a place only
_NOT_SENT = Fixed(0)
_SYNTHESISED = {"cell": 200, "signal": 201, "operator": 202}


def _sent(bit: int, parser: Any) -> Any:
    return c.If(lambda this: this.mask & 1 << bit, parser)


def _group(value: Any) -> Any:
    return c.PrefixedArray(c.Int8ub, c.Struct("id" / c.Int8ub, "value" / value))


def grammar() -> Any:
    """The body from codec id to second count as a construct: the oracle and the builder."""
    fields = {
        "place": c.Struct("latitude" / c.Float32b, "longitude" / c.Float32b),
        "altitude": c.Int16sb,
        "angle": c.Int8ub,
        "speed": c.Int8ub,
        "satellites": c.Int8ub,
        "cell": c.Struct("area" / c.Int16ub, "identity" / c.Int16ub),
        "signal": c.Int8ub,
        "operator": c.Int32ub,
    }
    gps = c.Struct(
        "mask" / c.Int8ub,
        *(name / _sent(bit, fields[name]) for bit, name in enumerate(GPS)),
    )
    parts = {
        "gps": gps,
        "n1": _group(c.Int8ub),
        "n2": _group(c.Int16ub),
        "n4": _group(c.Int32ub),
    }
    record = c.Struct(
        "when" / c.BitStruct("priority" / c.BitsInteger(2), "seconds" / c.BitsInteger(30)),
        "mask" / c.Int8ub,
        *(name / _sent(bit, parts[name]) for bit, name in enumerate(PARTS)),
    )
    return c.Struct(
        "codec" / c.Const(CODEC, c.Int8ub),
        "count" / c.Rebuild(c.Int8ub, c.len_(c.this.records)),
        "records" / record[c.this.count],
        "again" / c.Rebuild(c.Int8ub, c.len_(c.this.records)),
        c.Check(c.this.again == c.this.count),
        c.Terminated,
    )


def rewritten(body: memoryview) -> Rewriting | Refused:
    """The body as the walk takes it."""
    if len(body) < 3:
        return Refused(ErrorCode.TRUNCATED, len(body))
    count, end = body[1], len(body) - 1
    if not count:
        return Refused(ErrorCode.NO_RECORDS, 1)
    if body[end] != count:
        return Refused(ErrorCode.COUNT_MISMATCH, end)
    at = 2
    found = []
    for _ in range(count):
        stop, whole = _end(body, at, end)
        if not whole:
            return Refused(ErrorCode.TRUNCATED, stop)
        found.append(_record(body, at))
        at = stop
    if at != end:
        return Refused(ErrorCode.TRAILING_BYTES, at)
    return Rewriting(avlrecord.body(found), count, RECORDS)


def _end(body: memoryview, at: int, end: int) -> tuple[int, bool]:
    """Where a record ends, and True; or where it breaks off."""
    if end - at < _HEAD.size:
        return at, False
    mask = body[at + 4]
    at += _HEAD.size
    for bit, part in enumerate(PARTS):
        if mask & 1 << bit:
            if at == end:
                return at, False
            size = _SIZES[body[at]] if part == "gps" else body[at] * (1 + _WIDTHS[part])
            if end - at - 1 < size:
                return at, False
            at += 1 + size
    return at, True


def _record(body: memoryview, at: int) -> bytes:
    """A record that is whole, rewritten."""
    when, mask = _HEAD.unpack_from(body, at)
    at += _HEAD.size
    fields: dict[str, bytes] = {}
    if mask & 1:
        sent = body[at]
        at += 1
        for name, size in GPS.items():
            if sent & _BITS[name]:
                fields[name] = bytes(body[at : at + size])
                at += size
    elements: dict[int, list[tuple[int, bytes]]] = {1: [], 2: [], 4: []}
    for bit, part in enumerate(PARTS[1:], 1):
        if mask & 1 << bit:
            width = _WIDTHS[part]
            many, at = body[at], at + 1
            for _ in range(many):
                elements[width].append((body[at], bytes(body[at + 1 : at + 1 + width])))
                at += 1 + width
    for name, id in _SYNTHESISED.items():
        if name in fields:
            elements[GPS[name]].append((id, fields[name]))
    priority, event = when >> 30, 0
    if priority == _PANIC:
        ids = {id for group in elements.values() for id, _ in group}
        event = _CAUSE if _CAUSE in ids else _ALARM
        elements[1].append((_ALARM, b"\x01"))
    time_ms = 1000 * (EPOCH_S + (when & _SECONDS))
    return avlrecord.record(_fixed(time_ms, priority, fields), event, elements)


def _fixed(time_ms: int, priority: int, fields: dict[str, bytes]) -> Fixed:
    """The fixed part, from the fields of the GPS element."""
    place = None
    if "place" in fields:
        latitude, longitude = _PLACE.unpack(fields["place"])
        place = avlrecord.place(longitude, latitude)
    if place is None:
        return Fixed(time_ms, priority)
    altitude, angle, speed, satellites = map(fields.get, _BESIDE)
    if speed is not None and speed[0] == avlrecord.INVALID_SPEED:
        speed = None
    return Fixed(
        time_ms,
        priority,
        place,
        _NOT_SENT.altitude if altitude is None else int.from_bytes(altitude, "big", signed=True),
        _NOT_SENT.angle if angle is None else round(angle[0] * 360 / 256),
        avlrecord.ASSUMED_SATELLITES if satellites is None else satellites[0],
        _NOT_SENT.speed if speed is None else speed[0],
    )


FAMILY = "GH"
"""No other device speaks Codec 7, so that its ids are read as of these whatever family is said."""

READING = Rewritten(codec=CODEC, name="Codec 7", rewritten=rewritten)
