"""Codec 7 and messages of SMS from typed values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from gpsproto.build.teltonika import framed, packet
from gpsproto.codecs import codec4, codec7

_GROUPS = {1: "n1", 2: "n2", 4: "n4"}
_IMEI = 8


@dataclass(frozen=True, slots=True)
class GhRecord:
    """A record of Codec 7.  None is what is not sent; latitude and longitude go together.

    Time in seconds since 1970, coordinates in degrees (sent as 32-bit floats), altitude in m, angle
    in degrees (sent in steps of 360/256), speed in km/h.  ``cell`` is area and identity.
    ``elements`` are (id, width in bytes, raw unsigned value), widths 1, 2 and 4.
    """

    timestamp_s: int
    latitude: float | None = None
    longitude: float | None = None
    altitude_m: int | None = None
    angle_deg: float | None = None
    satellites: int | None = None
    speed_kmh: int | None = None
    priority: int = 0
    cell: tuple[int, int] | None = None
    signal: int | None = None
    operator: int | None = None
    elements: Sequence[tuple[int, int, int]] = ()


class HourlyPlace(NamedTuple):
    """An hour of a 24-position SMS: degrees, km/h."""

    latitude: float
    longitude: float
    speed_kmh: int = 0


@cache
def _grammar(codec: int) -> Any:
    return {codec4.CODEC: codec4.grammar, codec7.CODEC: codec7.grammar}[codec]()


def _built(codec: int, parts: dict[str, Any]) -> bytes:
    """Parts by the grammar of their codec; ValueError, which quotes nothing, where they do not fit."""
    written: bytes | None = None
    with suppress(Exception):  # construct has many, and each quotes the value
        written = _grammar(codec).build(parts)
    if written is None:
        raise ValueError("a value does not fit its field")
    return written


def _gps(record: GhRecord) -> dict[str, Any]:
    place = {"latitude": record.latitude, "longitude": record.longitude}
    if (record.latitude is None) is not (record.longitude is None):
        raise ValueError("latitude and longitude go together")
    angle = None if record.angle_deg is None else round(record.angle_deg * 256 / 360) % 256
    cell = (
        None if record.cell is None else dict(zip(("area", "identity"), record.cell, strict=True))
    )
    return {
        "place": None if record.latitude is None else place,
        "altitude": record.altitude_m,
        "angle": angle,
        "speed": record.speed_kmh,
        "satellites": record.satellites,
        "cell": cell,
        "signal": record.signal,
        "operator": record.operator,
    }


def _mask(parts: dict[str, Any], names: Sequence[str]) -> int:
    return sum(1 << bit for bit, name in enumerate(names) if parts[name] is not None)


def _gh_parts(record: GhRecord) -> dict[str, Any]:
    if any(width not in _GROUPS for _, width, _ in record.elements):
        raise ValueError("elements of Codec 7 are 1, 2 or 4 bytes wide")
    gps = _gps(record)
    gps["mask"] = _mask(gps, list(codec7.GPS))
    parts: dict[str, Any] = {"gps": gps if gps["mask"] else None}
    for width, name in _GROUPS.items():
        group = [{"id": id, "value": value} for id, size, value in record.elements if size == width]
        parts[name] = group or None
    parts["mask"] = _mask(parts, codec7.PARTS)
    seconds = record.timestamp_s - codec7.EPOCH_S
    return {"when": {"priority": record.priority, "seconds": seconds}, **parts}


def codec7_body(records: Sequence[GhRecord]) -> bytes:
    """Codec id to second count.  Raises ValueError for a value that cannot be written."""
    return _built(codec7.CODEC, {"records": [_gh_parts(record) for record in records]})


def codec7_frame(records: Sequence[GhRecord]) -> bytes:
    """A TCP frame of Codec 7."""
    return framed(codec7_body(records))


def codec7_packet(
    records: Sequence[GhRecord],
    imei: str,
    *,
    channel_packet_id: int = 0xCAFE,
    avl_packet_id: int = 1,
) -> bytes:
    """A channel packet of Codec 7, as a datagram holds it."""
    return packet(codec7_body(records), imei, channel_packet_id, avl_packet_id)


def binary_sms(body: bytes, imei: str) -> bytes:
    """An SMS that holds the body of a frame: of ``body()`` or ``codec7_body()``."""
    if not imei.isascii() or not imei.isdigit() or int(imei) >> 8 * _IMEI:
        raise ValueError("an IMEI is digits that fit into 8 bytes")
    return body + int(imei).to_bytes(_IMEI, "big")


def sms24(
    imei: str,
    start_s: int,
    places: Sequence[HourlyPlace | None],
    *,
    differences: bool = True,
) -> bytes:
    """An SMS of up to 24 places, an hour apart from ``start_s`` on, seconds since 1970.

    None is an hour without fix.  Places are written as differences to the one before where these
    fit, unless ``differences`` is False.  Raises ValueError for a value that cannot be written.
    """
    if not 1 <= len(places) <= codec4.MOST:
        raise ValueError("1 to 24 places fit into an SMS")
    before: tuple[int, int] | None = None
    elements: list[dict[str, Any]] = []
    for place in places:
        if place is None:
            elements.append({"valid": 0, "place": None})
            continue
        where = _steps(place)
        less = before and tuple(
            old - new + codec4.NO_DIFFERENCE for old, new in zip(before, where, strict=True)
        )
        near = bool(differences and less and all(0 <= one < 1 << 14 for one in less))
        written = less if near and less else where
        elements.append({
            "valid": 1,
            "place": {
                "is_difference": int(near),
                "where": {"longitude": written[0], "latitude": written[1]},
                "speed": place.speed_kmh,
            },
        })  # fmt: skip
        before = where
    body = _built(codec4.CODEC, {"seconds": start_s - codec4.EPOCH_S, "elements": elements})
    return binary_sms(body, imei)


def _steps(place: HourlyPlace) -> tuple[int, int]:
    """Longitude and latitude as the message counts them."""
    if not (abs(place.longitude) <= 180 and abs(place.latitude) <= 90):
        raise ValueError("a place is within 180 and 90 degrees")
    return (
        round((place.longitude + 180) * codec4.LONGITUDES / 360),
        round((place.latitude + 90) * codec4.LATITUDES / 180),
    )
