"""The unit of an element, or of a watch's field, stands at the end of its name, and nowhere else."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import catalog
from gpsproto.catalog import Meaning
from gpsproto.catalog.reading import reading
from gpsproto.catalog.units import UNITS, unit
from gpsproto.category import Category
from gpsproto.codecs import watch
from tests.unit.test_catalog_facts import ROWS, Fact, facts, families, pair

__all__ = ["facts"]
KNOWN = catalog.load()
NAMES = [*KNOWN.names(), *(item.name for item in watch.items())]
SAYS = {
    "°C": "°C", "10*°C": "°C", "%": "%", "%RH": "%", "m": "m", "km": "km", "cm": "cm", "mm": "mm",
    "kPa": "kPa", "s": "s", "sec": "s", "ms": "ms", "min": "min", "min.": "min", "h": "h",
    "kg": "kg", "ml": "ml", "l": "l", "l/h": "l/h", "km/h": "km/h", "m/s": "m/s", "rpm": "1/min",
    "1/min": "1/min", "mV": "mV", "mA": "mA", "Hz": "Hz", "lx": "lx", "kWh": "kWh", "Wh": "Wh",
    "Ah": "Ah", "mAh": "mAh", "kW": "kW", "N": "N", "dB": "dB", "dBm": "dBm", "m2": "m²",
    "m3": "m³", "m2/h": "m²/h", "g/m2": "g/m²", "km/l": "km/l", "Degrees °": "degrees",
    "kWh/100km": "kWh/100 km", "l/100km": "l/100 km", "Wh/km": "Wh/km", "kg/h": "kg/h",
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("external_voltage_mv", "mV"), ("can_fuel_rate_l_h", "l/h"), ("uptime_s", "s"),
        ("fuel_rate_gps_l_100km", "l/100 km"), ("can_arm_height_m", "m"),
        ("can_engine_worktime_min", "min"), ("isobus_ground_speed_m_s", "m/s"),
        ("axis_x_mg", "milli-g"), ("fms_fuel_economy_km_l", "km/l"), ("pulse_bpm", "1/min"),
        ("age_years", "years"),
    ],
)  # fmt: skip
def test_the_unit_is_the_end_of_the_name(name: str, says: str) -> None:
    assert name in NAMES
    assert unit(name) == says


@pytest.mark.parametrize(
    "name",
    ["ignition", "vin", "trip", "rfid_com2", "towing", "gnss_hdop", "fms_tell_tale_0", "avl_50",
     "j1939_total_vehicle_hours_raw", "can_agri_grain_tank_100_percent_full", "dsm_com1_g_sensor_event",
     "driver_1_days_over_9_h_driving", "thermograph_sensor_1_unit", "s", "m", ""],
)  # fmt: skip
def test_a_word_that_ends_like_a_unit_is_none(name: str) -> None:
    assert unit(name) == ""


def test_every_unit_is_that_of_some_name() -> None:
    ends = {"_".join(name.split("_")[1:][-n:]) for name in NAMES for n in (1, 2)}
    assert set(UNITS) <= ends


def test_a_scaled_quantity_has_a_unit_or_is_a_ratio() -> None:
    plain = {"hdop", "vdop", "pdop", "score", "ratio", "count"}
    for meaning in KNOWN.meanings:
        if meaning.scale != 1 and meaning.name != "green_driving_value":
            assert unit(meaning.name) or meaning.name.split("_")[-1] in plain, meaning


def test_the_unit_of_a_fact_is_that_of_the_name(facts: list[Fact]) -> None:
    """Where no note of the catalog says why it is another."""
    differ = set()
    for fact in facts:
        for family in families(fact):
            row = ROWS.get((family, *pair(fact)))
            if row is None or row["note"] or fact["unit"] not in SAYS:
                continue
            said = SAYS[fact["unit"]]
            if (fact["unit"], fact["multiplier"]) == ("l", "0.001"):
                said = f"m{said}"  # thousandths of a litre
            if unit(row["name"]) != said:
                differ.add((fact["id"], fact["width"], row["name"], fact["unit"]))
    assert not differ


def raw(**facts: Any) -> Meaning:
    plain = Meaning(
        frozenset(), 1, 1, "name", False, Decimal(1), Decimal(0), Category.STATUS, (), ()
    )
    return plain._replace(**facts)


@pytest.mark.parametrize(
    ("meaning", "said"),
    [
        (raw(), ""),
        (raw(labels=((0, "off"), (1, "on"))), "0 = off, 1 = on"),
        (raw(scale=Decimal("0.1"), signed=True), "times 0.1; signed"),
        (raw(offset=Decimal(-40)), "minus 40"),
        (raw(scale=Decimal(2), offset=Decimal(5)), "times 2; plus 5"),
        (raw(null_raw=(254, 255)), "null at raw 254, 255"),
    ],
)
def test_how_a_raw_value_is_read_is_said_in_words(meaning: Meaning, said: str) -> None:
    assert reading(meaning) == said


@given(st.sampled_from(KNOWN.meanings), st.integers(0, 255))
def test_the_words_of_a_scale_give_the_value(meaning: Meaning, value: int) -> None:
    said = reading(meaning)
    scale = re.search(r"times ([0-9.E+-]+)", said)
    offset = re.search(r"(plus|minus) ([0-9.]+)", said)
    found = value * Decimal(scale[1] if scale else 1)
    if offset:
        found += Decimal(offset[2]) * (1 if offset[1] == "plus" else -1)
    labelled = bool(meaning.labels) and meaning.scale != 1
    assert labelled or found == value * meaning.scale + meaning.offset
