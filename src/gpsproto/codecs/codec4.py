"""24-position SMS (codec id 0x04): a place an hour, in as few bits as may be.

A stream of bits, in each byte the lowest first, in each number the lowest first:

| bits | field |
|---|---|
| 8 | codec id, 4 |
| 35 | seconds since 2000-01-01 00:00 at Vilnius, that is UTC + 2 h |
| 5 | number of elements; 24 fit into an SMS |
| | the elements; up to the end of the last byte it is filled up |

An element is of one hour, the next is of the next:

| bits | field |
|---|---|
| 1 | whether there was a fix; 0: nothing else of this hour |
| 1 | whether the place is a difference to the one before |
| 14, 14 | if so: longitude, latitude; the place before is that much, less 8,191, more |
| 21, 20 | if not: longitude * (2^21 - 1) / 360 from -180 on, latitude * (2^20 - 1) / 180 from -90 on |
| 8 | speed, km/h; 255: not known |

An hour without a fix is a record without a place.  A difference where no place came before is one to
0 and 0, as the vendor has it.  A place is up to 0.00009 degrees off, which is how it was sent.
Source: the vendor's protocol description 2.10.
"""

from __future__ import annotations

from typing import Any

import construct as c

from gpsproto.codecs import avlrecord
from gpsproto.codecs.avlrecord import Fixed
from gpsproto.codecs.rewritten import RECORDS, Refused, Rewriting, Rewritten
from gpsproto.errors import ErrorCode

CODEC = 0x04
EPOCH_S = 946_677_600
"""2000-01-01 00:00 at UTC + 2 h, in seconds since 1970."""

MOST = 24
"""Elements that fit into an SMS."""

LONGITUDES, LATITUDES = (1 << 21) - 1, (1 << 20) - 1
NO_DIFFERENCE = 8_191
_HEAD_BITS = 48
_HOUR_MS = 3_600_000
_FLAGS = 1, 1
_WHOLE, _DIFFERENCE, _SPEED = (21, 20), (14, 14), 8
_LONGEST = 1 + (_HEAD_BITS + 31 * (sum(_FLAGS) + sum(_WHOLE) + _SPEED)) // 8  # bytes


def _bits(count: int) -> Any:
    """A number whose lowest bit comes first, among bits that do."""

    def written(value: int, _: Any) -> bytes:
        if not 0 <= value < 1 << count:
            raise c.IntegerError("a number does not fit its bits")
        return bytes(value >> place & 1 for place in range(count))

    return c.ExprAdapter(
        c.Bytes(count), lambda found, _: sum(bit << n for n, bit in enumerate(found)), written
    )


def grammar() -> Any:
    """The body, codec id to the last byte that is filled up, as a construct: oracle and builder."""
    pair = {
        name: c.Struct("longitude" / _bits(longitude), "latitude" / _bits(latitude))
        for name, (longitude, latitude) in (("whole", _WHOLE), ("difference", _DIFFERENCE))
    }
    place = c.Struct(
        "is_difference" / _bits(1),
        "where" / c.IfThenElse(c.this.is_difference, pair["difference"], pair["whole"]),
        "speed" / _bits(_SPEED),
    )
    element = c.Struct("valid" / _bits(1), "place" / c.If(c.this.valid, place))
    return c.BitsSwapped(
        c.Bitwise(
            c.Struct(
                "codec" / c.Const(CODEC, _bits(8)),
                "seconds" / _bits(35),
                "count" / c.Rebuild(_bits(5), c.len_(c.this.elements)),
                "elements" / element[c.this.count],
                c.Padding(lambda this: -sum(map(_size, this.elements)) % 8),
                c.Terminated,
            )
        )
    )


def _size(element: Any) -> int:
    """Bits of an element."""
    if not element["valid"]:
        return 1
    where = _DIFFERENCE if element["place"]["is_difference"] else _WHOLE
    return sum(_FLAGS) + sum(where) + _SPEED


class _Bits:
    """A stream of bits, read from the lowest on."""

    def __init__(self, data: bytes) -> None:
        self._left = int.from_bytes(data, "little")
        self._size = 8 * len(data)
        self.at = 0

    def take(self, count: int) -> int:
        """The next number; 0 behind the end."""
        self.at += count
        value = self._left & (1 << count) - 1
        self._left >>= count
        return value

    def ended(self) -> bool:
        """Whether more was taken than there is."""
        return self.at > self._size


def rewritten(body: memoryview) -> Rewriting | Refused:
    """The body as the walk takes it: a record an hour."""
    bits = _Bits(bytes(body[:_LONGEST]))  # so that a long one costs no more
    bits.take(8)
    seconds, count = bits.take(35), bits.take(5)
    if bits.ended():
        return Refused(ErrorCode.TRUNCATED, len(body))
    if not count:
        return Refused(ErrorCode.NO_RECORDS, 5)
    time_ms = 1000 * (EPOCH_S + seconds)
    longitude = latitude = 0
    found = []
    for hour in range(count):
        fixed = Fixed(time_ms + hour * _HOUR_MS)
        if bits.take(1):
            if bits.take(1):
                longitude += NO_DIFFERENCE - bits.take(_DIFFERENCE[0])
                latitude += NO_DIFFERENCE - bits.take(_DIFFERENCE[1])
            else:
                longitude, latitude = bits.take(_WHOLE[0]), bits.take(_WHOLE[1])
            fixed = _with_place(fixed, longitude, latitude, bits.take(_SPEED))
        found.append(avlrecord.record(fixed))
    if bits.ended():
        return Refused(ErrorCode.TRUNCATED, len(body))
    used = (bits.at + 7) // 8
    if used != len(body):
        return Refused(ErrorCode.TRAILING_BYTES, used)
    return Rewriting(avlrecord.body(found), count, RECORDS)


def _with_place(fixed: Fixed, longitude: int, latitude: int, speed: int) -> Fixed:
    place = avlrecord.place(longitude * 360 / LONGITUDES - 180, latitude * 180 / LATITUDES - 90)
    if place is None:
        return fixed
    return fixed._replace(
        place=place,
        satellites=avlrecord.ASSUMED_SATELLITES,
        speed=fixed.speed if speed == avlrecord.INVALID_SPEED else speed,
    )


READING = Rewritten(codec=CODEC, name="24-position SMS", rewritten=rewritten)
