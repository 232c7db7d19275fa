"""Lists of beacons: canaries in what names a beacon, beside values that may leave."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from functools import partial

from gpsproto.build import (
    Beacon,
    Measured,
    Record,
    advanced_list,
    eye_data,
    login,
    simple_list,
    tcp_frame,
)
from gpsproto.category import Category
from gpsproto.codecs.beacons import LISTS
from gpsproto.privacy.policy import Policy
from gpsproto.prove.templates import Draft, Place, Stamp, drafted
from gpsproto.walk import codes

_LOGIN = Place("teltonika login", "L1")
_ROW = "L22"
_CODEC = 0x8E
_TIME_MS = 1_750_000_000_000
_DIGITS = b"0123456789"
_SIMPLE = (codes.LIST_SIMPLE, codes.LIST_GUESSED)
_MEASURED = Measured(20.5, 41, True, (True, 12), (3, -4), battery_mv=3_010)


def stamps(random_: random.Random) -> Iterator[Stamp]:
    """A frame for each list that is read: an id, a MAC, a name and further data are canaries."""
    for (id, _), form in LISTS.items():
        yield drafted(random_, partial(_stamp, id, form.layout))


def _stamp(id: int, layout: int, draft: Draft) -> Stamp | None:
    def hole(kind: str, what: str) -> bytes:
        return draft.hole(kind, "ascii", Place(f"teltonika:{id}@var {what}", _ROW))

    if layout in _SIMPLE:
        uuid = hole("beacon_uuid", "beacon id")
        data = simple_list([Beacon(uuid, -61, 3_005, 21), Beacon(bytes(20), -62)])
    else:
        named = Beacon(
            hole("beacon_uuid", "beacon id"), -61, 3_005, 20.5, mac=hole("bssid", "MAC"),
            further=((codes.BEACON_NAME, hole("beacon_name", "name").ljust(15, b"\0")),),
        )  # fmt: skip
        sensor = Beacon(
            rssi_dbm=-62, mac=hole("bluetooth_mac", "MAC of a sensor"),
            data=eye_data(_MEASURED, head=layout != codes.LIST_EYE),
        )  # fmt: skip
        other = Beacon(
            data=hole("other_imei", "further data"),
            further=((0x33, hole("friend_id", "unknown type")),),
        )
        data = advanced_list([named, sensor, other])
    record = Record(_TIME_MS, 51_000_000, 520_000_000, 12, 90, 9, 50, variable=[(id, data)])
    head = login(draft.hole("imei", "ascii", _LOGIN, _DIGITS).decode())
    frame = tcp_frame(_CODEC, [record])
    return draft.stamp(head + frame, [(len(head) + 8, len(head) + len(frame) - 4)])


_SMALL: Mapping[str, tuple[Category, Beacon, Beacon]] = {
    "signal strength": (Category.NET_LOCATION, Beacon(rssi_dbm=-61), Beacon(rssi_dbm=-97)),
    "battery": (Category.STATUS, Beacon(battery_mv=3_005), Beacon(battery_mv=2_711)),
    "low battery": (Category.STATUS, Beacon(low_battery=False), Beacon(low_battery=True)),
    "temperature": (
        Category.VEHICLE_TECH, Beacon(temperature_c=20.5), Beacon(temperature_c=-7.25)
    ),
    "humidity": (Category.VEHICLE_TECH, Beacon(humidity_percent=41), Beacon(humidity_percent=7)),
    "magnet": (Category.VEHICLE_TECH, Beacon(magnet=False), Beacon(magnet=True)),
    "moving": (Category.MOTION, Beacon(moving=False), Beacon(moving=True)),
    "movement count": (Category.MOTION, Beacon(movement_count=3), Beacon(movement_count=99)),
    "pitch": (Category.MOTION, Beacon(pitch_deg=1), Beacon(pitch_deg=-55)),
    "roll": (Category.MOTION, Beacon(roll_deg=1), Beacon(roll_deg=-155)),
}  # fmt: skip


def small(policy: Policy) -> Iterator[tuple[str, list[tuple[int, bytes]]]]:
    """What is too short for a canary and may not leave: a place, and lists that differ in it."""
    for what, (category, one, other) in _SMALL.items():
        if not policy.leaves(category):
            yield (
                f"teltonika:548@var {what} ({_ROW})",
                [(548, advanced_list([found])) for found in (one, other, Beacon(mac=bytes(6)))],
            )
