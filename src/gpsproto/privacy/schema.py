"""The record schema: every column that leaves, in order, with its Arrow type.

What leaves is plain: no unsigned integers, no dictionaries, microseconds in UTC.  A change here is
a change of ``SCHEMA_VERSION``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np

from gpsproto import catalog

SCHEMA_VERSION: Final = 1

TEXTS: Final = "list<string>"
NUMBERS_BY_NAME: Final = "map<string, double>"
TEXTS_BY_NAME: Final = "map<string, string>"
CELLS: Final = "list<struct<mcc: int16, mnc: string, lac: int32, cid: int64>>"

_FRONT: Final = {
    "subject": "string",
    "protocol": "string not null",
    "message": "string not null",
    "time": "timestamp[us, tz=UTC]",
    "received_at": "timestamp[us, tz=UTC]",
    "fix": "bool",
    "location_source": "string",
    "accuracy_m": "float",
    "latitude": "double",
    "longitude": "double",
    "altitude_m": "int32",
    "speed_kmh": "float",
    "course_deg": "float",
    "satellites": "int16",
    "priority": "string",
    "event": "string",
    "generation_type": "int16",
    "alarms": TEXTS,
    "states": TEXTS,
}
_BEHIND: Final = {
    "attributes": NUMBERS_BY_NAME,
    "pseudonyms": TEXTS_BY_NAME,
    "cells": CELLS,
    "clock_suspect": "bool",
    "retention_class": "string",
    "expires_on": "date32[day]",
}
CORE: Final = (
    "battery_percent", "signal_percent", "ignition", "movement", "external_voltage_mv",
    "battery_voltage_mv", "battery_current_ma", "sleep_mode", "network_type", "gnss_status",
    "gnss_pdop", "gnss_hdop", "total_odometer_m", "trip_odometer_m", "axis_x_mg", "axis_y_mg",
    "axis_z_mg", "green_driving_type", "digital_input_1_state", "digital_input_2_state",
    "digital_input_3_state", "digital_input_4_state", "digital_output_1_state",
    "digital_output_2_state", "analog_input_1_mv", "analog_input_2_mv", "dallas_temperature_1_c",
    "dallas_temperature_2_c", "dallas_temperature_3_c", "dallas_temperature_4_c",
    "ble_temperature_1_c", "ble_humidity_1_percent", "can_vehicle_speed_kmh", "can_engine_rpm",
    "can_engine_temperature_c", "can_engine_worktime_min", "can_fuel_level_l",
    "can_fuel_level_percent", "can_fuel_consumed_l", "can_total_mileage_m",
)  # fmt: skip
"""The elements that have a column of their own, in order; the catalog marks them as core."""

_TYPES: Final = {"int16": "int16", "int32": "int32", "int64": "int64", "float64": "double"}


def core_elements() -> Mapping[str, np.dtype[Any]]:
    """The elements that have a column of their own, in order, each with the type of its values."""
    facts = catalog.load()
    found = {name: facts.dtype(name) for name in CORE}
    return {name: dtype for name, dtype in found.items() if dtype is not None}


@cache
def columns() -> Mapping[str, str]:
    """Every column of the schema in order, with its Arrow type as Arrow spells it."""
    elements = {name: _TYPES[dtype.name] for name, dtype in core_elements().items()}
    return {**_FRONT, **elements, **_BEHIND}
