"""Lists of beacons, and what EYE sensors measure: elements of variable length in 8 Extended.

A simple list (AVL id 385) begins with a byte that says which part of how many it is.  Then follow
beacons: flags, an id of 20 bytes (iBeacon: UUID, major, minor) or 16 (Eddystone: namespace,
instance), and by the flags a signal strength, a battery voltage and a temperature.

An advanced list (548 and others) begins with 1.  Then follow records: a byte of length, and fields
of a byte of type, a byte of length and a value.  The additional data of an EYE sensor are flags and
what these announce, behind the maker's number 0x089A and a version, or without them in id 11317.

A length of 0 is legal: no beacon is near.  Source: the vendor's pages on beacons and EYE sensors.

What names a beacon (id, MAC, name, further data) is of third parties: no policy keeps it.  What a
beacon measures bears ids of ours in the catalog, by its number among the beacons of the record.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import construct as c

from gpsproto.category import Category
from gpsproto.terms import ListForm
from gpsproto.walk import codes

IDS = range(codes.BEACON, codes.BEACON_END)
"""Ids of ours of all that stands in a list."""

EYE_HEAD = b"\x9a\x08\x01"
"""What the manufacturer data of an EYE sensor begin with: the maker's number and a version."""

_COUNT = codes.BEACON + codes.BEACON_COUNT
_COUNTS = (
    "beacon_count", "advanced_beacon_count", "beacons_near_count", "beacons_away_count",
    "beacons_lost_count", "eye_sensor_count",
)  # fmt: skip
LISTS: Mapping[tuple[int, int], ListForm] = MappingProxyType({
    (385, 0): ListForm(codes.LIST_SIMPLE, _COUNT),
    (10500, 0): ListForm(codes.LIST_GUESSED, _COUNT, guessed=True),
    (548, 0): ListForm(codes.LIST_ADVANCED, _COUNT + 1),
    (548, 1024): ListForm(codes.LIST_ADVANCED, _COUNT + 1),
    (10828, 0): ListForm(codes.LIST_ADVANCED, _COUNT + 2),
    (10829, 0): ListForm(codes.LIST_ADVANCED, _COUNT + 3),
    (10831, 0): ListForm(codes.LIST_ADVANCED, _COUNT + 4),
    (11317, 0): ListForm(codes.LIST_EYE, _COUNT + 5),
})  # fmt: skip
"""The elements that are lists, by id and width.  No primary source says how 10500 is laid out."""


class Kind(NamedTuple):
    """A kind of field in a list: its type, and how its raw value is read, as in the catalog."""

    type: int
    width: int  # 0: of any length
    name: str  # with {} for the number of the beacon; without it is the same for all
    category: Category
    signed: bool = False
    scale: str = "1"
    offset: str = "0"
    null_raw: tuple[int, ...] = ()


_FAULTS = (32_765, 32_766, 32_767)
KINDS = (
    Kind(codes.BEACON_ID, 0, "beacon_id", Category.THIRD_PARTY_ID),
    Kind(codes.BEACON_DATA, 0, "beacon_data", Category.THIRD_PARTY_ID),
    Kind(codes.BEACON_NAME, 0, "beacon_name", Category.THIRD_PARTY_ID),
    Kind(codes.BEACON_MAC, 0, "beacon_mac", Category.THIRD_PARTY_ID),
    Kind(codes.BEACON_OTHER, 0, "beacon_unknown", Category.OPAQUE),
    Kind(codes.BEACON_FURTHER, 0, "beacon_further", Category.THIRD_PARTY_ID),
    *(
        Kind(codes.BEACON_COUNT + place, 2, name, Category.NET_LOCATION)
        for place, name in enumerate(_COUNTS)
    ),
    Kind(codes.BEACON_RSSI, 1, "beacon_{}_rssi_dbm", Category.NET_LOCATION, signed=True),
    Kind(
        codes.BEACON_TEMPERATURE, 2, "beacon_{}_temperature_c", Category.VEHICLE_TECH, True, "0.01",
        null_raw=_FAULTS,
    ),
    Kind(codes.BEACON_HUMIDITY, 1, "beacon_{}_humidity_percent", Category.VEHICLE_TECH),
    Kind(codes.BEACON_MAGNET, 1, "beacon_{}_magnet", Category.VEHICLE_TECH),
    Kind(codes.BEACON_MOVING, 1, "beacon_{}_moving", Category.MOTION),
    Kind(codes.BEACON_MOVEMENT_COUNT, 2, "beacon_{}_movement_count", Category.MOTION),
    Kind(codes.BEACON_PITCH, 1, "beacon_{}_pitch_deg", Category.MOTION, signed=True),
    Kind(codes.BEACON_ROLL, 2, "beacon_{}_roll_deg", Category.MOTION, signed=True),
    Kind(codes.BEACON_LOW_BATTERY, 1, "beacon_{}_low_battery", Category.STATUS),
    Kind(codes.BEACON_BATTERY, 2, "beacon_{}_battery_mv", Category.STATUS),
    Kind(
        codes.BEACON_TEMPERATURE_WHOLE, 2, "beacon_{}_temperature_c", Category.VEHICLE_TECH,
        signed=True,
    ),
    Kind(
        codes.BEACON_BATTERY_BYTE, 1, "beacon_{}_battery_mv", Category.STATUS, False, "10", "2000"
    ),
)  # fmt: skip
"""Every kind of field; the catalog has a row of each, and for each number where it has one."""


def rows() -> Iterator[tuple[int, str, Kind]]:
    """The fields as the catalog has them, in the order of their ids: id, name, kind."""
    for number in range(codes.BEACON_SLOTS + 1):
        for kind in sorted(KINDS):
            if ("{}" in kind.name) == (number > 0):
                id = codes.BEACON + codes.BEACON_SLOT * number + kind.type
                yield id, kind.name.format(number), kind


def _if(bit: str, parser: Any) -> Any:
    return c.If(c.this.flags[bit], parser)


_SIMPLE_FLAGS = c.BitStruct(
    c.Const(0, c.BitsInteger(2)), "ibeacon" / c.Flag, c.Const(0, c.BitsInteger(2)),
    "temperature" / c.Flag, "battery" / c.Flag, "rssi" / c.Flag,
)  # fmt: skip
_BEACON = c.Struct(
    "flags" / _SIMPLE_FLAGS,
    "id" / c.IfThenElse(c.this.flags.ibeacon, c.Bytes(20), c.Bytes(16)),
    "rssi" / _if("rssi", c.Int8ub),
    "battery" / _if("battery", c.Int16ub),
    "temperature" / _if("temperature", c.Int16ub),
)
SIMPLE = c.Struct(
    "part" / c.BitStruct("current" / c.Nibble, "total" / c.Nibble),
    "beacons" / c.GreedyRange(_BEACON),
    c.Terminated,
)
"""A simple list that is not empty; values are raw and unsigned, as in the walk."""

_FIELD = c.Struct("type" / c.Int8ub, "value" / c.Prefixed(c.Int8ub, c.GreedyBytes))
ADVANCED = c.Struct(
    "version" / c.Const(1, c.Int8ub),
    "records" / c.GreedyRange(
        c.Prefixed(c.Int8ub, c.FocusedSeq("fields", "fields" / c.GreedyRange(_FIELD), c.Terminated))
    ),
    c.Terminated,
)  # fmt: skip
"""An advanced list that is not empty: its records, each the fields of a beacon."""

EYE = c.Struct(
    "flags" / c.BitStruct(
        "battery" / c.Flag, "low_battery" / c.Flag, "angle" / c.Flag, "movement" / c.Flag,
        "magnet_state" / c.Flag, "magnet" / c.Flag, "humidity" / c.Flag, "temperature" / c.Flag,
    ),
    c.Check(lambda this: this.flags.magnet or not this.flags.magnet_state),
    "temperature" / _if("temperature", c.Int16ub),
    "humidity" / _if("humidity", c.Int8ub),
    "movement" / _if("movement", c.BitStruct("moving" / c.BitsInteger(1), "count" / c.BitsInteger(15))),
    "angle" / _if("angle", c.Struct("pitch" / c.Int8ub, "roll" / c.Int16ub)),
    "battery" / _if("battery", c.Int8ub),
    c.Terminated,
)  # fmt: skip
"""What an EYE sensor measured, from its flags on."""
