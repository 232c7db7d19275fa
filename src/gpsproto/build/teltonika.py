"""Teltonika logins, frames and channel packets from typed values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gpsproto import codecs
from gpsproto.checksum import crc16

_GROUPS = {1: "n1", 2: "n2", 4: "n4", 8: "n8"}


@dataclass(frozen=True, slots=True)
class Record:
    """An AVL record.  ``elements`` are (id, width in bytes, raw unsigned value), ``variable``
    (id, bytes) of Codec 8 Extended, ``wide`` (id, 16 bytes) of the unannounced group of Codec 8.

    Longitude and latitude are in 1e-7 degrees, speed in km/h, angle in degrees, altitude in m.
    """

    timestamp_ms: int
    longitude_e7: int = 0
    latitude_e7: int = 0
    altitude_m: int = 0
    angle_deg: int = 0
    satellites: int = 0
    speed_kmh: int = 0
    priority: int = 0
    event: int = 0
    generation: int = 0
    elements: Sequence[tuple[int, int, int]] = ()
    variable: Sequence[tuple[int, bytes]] = ()
    wide: Sequence[tuple[int, bytes]] = field(default=())


@cache
def _grammar(codec: int, group16: bool) -> Any:
    return codecs.shapes()[codec].grammar(group16=group16)


def _parts(record: Record, *, group16: bool, variable: bool) -> dict[str, Any]:
    parts: dict[str, Any] = {
        "fixed": {
            "timestamp": record.timestamp_ms,
            "priority": record.priority,
            "longitude": record.longitude_e7,
            "latitude": record.latitude_e7,
            "altitude": record.altitude_m,
            "angle": record.angle_deg,
            "satellites": record.satellites,
            "speed": record.speed_kmh,
        },
        "event": record.event,
        "generation": record.generation,
    }
    for width, name in _GROUPS.items():
        parts[name] = [
            {"id": id, "value": value} for id, size, value in record.elements if size == width
        ]
    if group16:
        parts["n16"] = [{"id": id, "value": value} for id, value in record.wide]
    if variable:
        parts["nx"] = [{"id": id, "value": value} for id, value in record.variable]
    return parts


def body(codec: int, records: Sequence[Record]) -> bytes:
    """Codec id to second count.  Raises ValueError for a codec or a value that cannot be written."""
    shape = codecs.shapes().get(codec)
    if shape is None:
        raise ValueError("no such AVL codec")
    group16 = any(record.wide for record in records)
    if group16 and not shape.group16:
        raise ValueError("this codec has no 16-byte group")
    if any(record.variable for record in records) and not shape.variable:
        raise ValueError("this codec has no elements of variable length")
    if any(width not in _GROUPS for record in records for _, width, _ in record.elements):
        raise ValueError("elements are 1, 2, 4 or 8 bytes wide")
    written: bytes | None = None
    try:
        parts = [_parts(r, group16=group16, variable=shape.variable) for r in records]
        written = _grammar(codec, group16).build({"records": parts})
    except Exception:  # noqa: S110 - construct has many, and each quotes the value
        pass
    if written is None:
        raise ValueError("a value does not fit its field")
    return written


def login(imei: str) -> bytes:
    """The login of a device: a 16-bit length and the digits."""
    digits = imei.encode("ascii")
    return len(digits).to_bytes(2, "big") + digits


def framed(data: bytes) -> bytes:
    """A body of any codec in its envelope: preamble, length, codec id to second count, CRC."""
    return bytes(4) + len(data).to_bytes(4, "big") + data + crc16(data).to_bytes(4, "big")


def packet(data: bytes, imei: str, channel_packet_id: int, avl_packet_id: int) -> bytes:
    """A body of any codec as a channel packet."""
    digits = imei.encode("ascii")
    rest = channel_packet_id.to_bytes(2, "big") + b"\x01" + avl_packet_id.to_bytes(1, "big")
    rest += len(digits).to_bytes(2, "big") + digits + data
    return len(rest).to_bytes(2, "big") + rest


def tcp_frame(codec: int, records: Sequence[Record]) -> bytes:
    """A frame of records: preamble, length, body and CRC."""
    return framed(body(codec, records))


def udp_packet(
    codec: int,
    records: Sequence[Record],
    imei: str,
    *,
    channel_packet_id: int = 0xCAFE,
    avl_packet_id: int = 1,
) -> bytes:
    """A channel packet as a datagram holds it."""
    return packet(body(codec, records), imei, channel_packet_id, avl_packet_id)
