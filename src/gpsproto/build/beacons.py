"""Lists of beacons from typed values, by the grammars of the codec: for ``Record.variable``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from gpsproto.codecs import beacons
from gpsproto.walk import codes


@dataclass(frozen=True, slots=True)
class Measured:
    """What an EYE sensor measures; None: it has no such sensor.

    ``movement`` is whether it moves and how often it has (up to 32,767), ``angle`` pitch and roll in
    degrees.  The battery has steps of 10 mV from 2,000 mV on.
    """

    temperature_c: float | None = None
    humidity_percent: int | None = None
    magnet: bool | None = None
    movement: tuple[bool, int] | None = None
    angle: tuple[int, int] | None = None
    low_battery: bool = False
    battery_mv: int | None = None


@dataclass(frozen=True, slots=True)
class Beacon:
    """A beacon in a list.  ``id`` is 20 bytes of an iBeacon or 16 of Eddystone in a simple list, and
    any in an advanced one.  The fields from ``name`` on are of advanced lists only, and ``further``
    are other fields of those: types with their values.
    """

    id: bytes = b""
    rssi_dbm: int | None = None
    battery_mv: int | None = None
    temperature_c: float | None = None
    name: str | None = None
    mac: bytes | None = None
    data: bytes | None = None
    humidity_percent: int | None = None
    magnet: bool | None = None
    moving: bool | None = None
    movement_count: int | None = None
    pitch_deg: int | None = None
    roll_deg: int | None = None
    low_battery: bool | None = None
    further: Sequence[tuple[int, bytes]] = ()


def simple_list(found: Iterable[Beacon], *, part: int = 1, parts: int = 1) -> bytes:
    """A simple list, or one part of it.  Raises ValueError for what cannot be written."""
    return _built(lambda: beacons.SIMPLE.build({
        "part": {"current": part, "total": parts},
        "beacons": [_simple(one) for one in found],
    }))  # fmt: skip


def advanced_list(found: Iterable[Beacon]) -> bytes:
    """An advanced list.  Raises ValueError for what cannot be written."""
    return _built(lambda: beacons.ADVANCED.build({"records": [[*_fields(one)] for one in found]}))


def eye_data(measured: Measured, *, head: bool = True) -> bytes:
    """The additional data of an EYE sensor, with the maker's number or from the flags on.

    Raises ValueError for what cannot be written.
    """
    return _built(lambda: beacons.EYE_HEAD * head + beacons.EYE.build(_measured(measured)))


def _built(build: Any) -> bytes:
    written: bytes | None = None
    with suppress(Exception):  # construct has many, and each quotes the value
        written = build()
    if written is None:
        raise ValueError("a value does not fit its field")
    return written


def _raw(value: int, size: int) -> bytes:
    return value.to_bytes(size, "big", signed=value < 0)


def _unsigned(value: float | None, size: int, per_unit: int = 1) -> int | None:
    if value is None:
        return None
    return int.from_bytes(_raw(round(value * per_unit), size), "big")


def _simple(one: Beacon) -> dict[str, Any]:
    if len(one.id) not in (16, 20):
        raise ValueError("an id of 16 or 20 bytes")
    return {
        "flags": {
            "ibeacon": len(one.id) == 20,
            "rssi": one.rssi_dbm is not None,
            "battery": one.battery_mv is not None,
            "temperature": one.temperature_c is not None,
        },
        "id": one.id,
        "rssi": _unsigned(one.rssi_dbm, 1),
        "battery": one.battery_mv,
        "temperature": _unsigned(one.temperature_c, 2),
    }


def _fields(one: Beacon) -> Iterable[dict[str, Any]]:
    given = (
        (codes.BEACON_RSSI, one.rssi_dbm, 1),
        (codes.BEACON_ID, one.id or None, 0),
        (codes.BEACON_DATA, one.data, 0),
        (codes.BEACON_NAME, None if one.name is None else one.name.encode().ljust(15, b"\0"), 0),
        (codes.BEACON_TEMPERATURE, _unsigned(one.temperature_c, 2, 100), 2),
        (codes.BEACON_HUMIDITY, one.humidity_percent, 1),
        (codes.BEACON_MAGNET, one.magnet, 1),
        (codes.BEACON_MOVING, one.moving, 1),
        (codes.BEACON_MOVEMENT_COUNT, one.movement_count, 2),
        (codes.BEACON_PITCH, one.pitch_deg, 1),
        (codes.BEACON_ROLL, one.roll_deg, 2),
        (codes.BEACON_LOW_BATTERY, one.low_battery, 1),
        (codes.BEACON_BATTERY, one.battery_mv, 2),
        (codes.BEACON_MAC, one.mac, 0),
    )
    for type, value, size in given:
        if value is not None:
            yield {"type": type, "value": value if isinstance(value, bytes) else _raw(value, size)}
    for type, value in one.further:
        yield {"type": type, "value": value}


def _measured(one: Measured) -> dict[str, Any]:
    steps, rest = divmod((one.battery_mv or 2_000) - 2_000, 10)
    if rest:
        raise ValueError("a battery has steps of 10 mV")
    moving, count = one.movement or (False, 0)
    pitch, roll = one.angle or (0, 0)
    return {
        "flags": {
            "temperature": one.temperature_c is not None,
            "humidity": one.humidity_percent is not None,
            "magnet": one.magnet is not None,
            "magnet_state": bool(one.magnet),
            "movement": one.movement is not None,
            "angle": one.angle is not None,
            "low_battery": one.low_battery,
            "battery": one.battery_mv is not None,
        },
        "temperature": _unsigned(one.temperature_c, 2, 100),
        "humidity": one.humidity_percent,
        "movement": {"moving": moving, "count": count},
        "angle": {"pitch": _unsigned(pitch, 1), "roll": _unsigned(roll, 2)},
        "battery": steps,
    }
