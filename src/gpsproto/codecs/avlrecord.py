"""A record as the walk takes it: what a codec of another form is rewritten into.

The body is that of Codec 8 Extended: the fixed part, the event, then groups of elements.  A fixed
field that a codec does not send has a value that no device sends, and leaves as a null.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from gpsproto.walk import codes

_CODEC = 0x8E
_FIXED = struct.Struct(">QBiihHBHHH")  # up to the total of elements
_COUNT = struct.Struct(">H")
_WIDTHS = (1, 2, 4, 8)
_NO_VARIABLE = bytes(2)
_E7 = 10_000_000

PRIORITY_NOT_SENT = 0xFF
ASSUMED_SATELLITES = 3
"""For a place whose satellites are not sent: the fewest that give one."""

INVALID_SPEED = 0xFF
"""What devices of the older codecs send in a byte for a speed that they do not know."""

Elements = Mapping[int, Sequence[tuple[int, bytes]]]
"""Elements by their width in bytes: id and value as sent."""


class Place(NamedTuple):
    """A place in 1e-7 degrees."""

    longitude_e7: int
    latitude_e7: int


class Fixed(NamedTuple):
    """The fixed part of a record; what is not said was not sent.

    Altitude in m, angle in degrees, speed in km/h.
    """

    time_ms: int
    priority: int = PRIORITY_NOT_SENT
    place: Place | None = None
    altitude: int = codes.ALTITUDE_NOT_SENT
    angle: int = codes.ANGLE_NOT_SENT
    satellites: int = 0
    speed: int = codes.SPEED_NOT_SENT


def place(longitude: float, latitude: float) -> Place | None:
    """A place from degrees; None where they are none: both 0, out of range, or no number."""
    if not (abs(longitude) <= 180 and abs(latitude) <= 90):  # so a NaN is none either
        return None
    found = Place(round(longitude * _E7), round(latitude * _E7))
    return found if any(found) else None


def record(fixed: Fixed, event: int = 0, elements: Elements | None = None) -> bytes:
    """One record."""
    elements = elements or {}
    longitude, latitude = fixed.place or (0, 0)
    total = sum(map(len, elements.values()))
    parts = [
        _FIXED.pack(
            fixed.time_ms, fixed.priority, longitude, latitude, fixed.altitude, fixed.angle,
            fixed.satellites, fixed.speed, event, total,
        )
    ]  # fmt: skip
    for width in _WIDTHS:
        group = elements.get(width, ())
        parts.append(_COUNT.pack(len(group)))
        for id, value in group:
            parts += (_COUNT.pack(id), value)
    parts.append(_NO_VARIABLE)
    return b"".join(parts)


def body(records: Iterable[bytes]) -> bytes:
    """Codec id to second count, of at most 255 records."""
    found = list(records)
    return b"".join((bytes((_CODEC, len(found))), *found, bytes((len(found),))))
