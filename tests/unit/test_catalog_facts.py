"""The catalog against the table of facts: each of its rows is there, or is refused for a reason."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from importlib import resources

import pytest

from gpsproto import catalog
from gpsproto.catalog import FAMILIES, OURS, VARIABLE
from gpsproto.category import STRICTNESS, Category
from tests.conftest import SHARED

pytestmark = pytest.mark.once

FACTS = SHARED / "data" / "avl_facts.csv"
KNOWN = catalog.load()
FACT_FAMILIES = {
    "FM11xx": {"FM11"},
    "FM36xx": {"FM36"},
    "FMB/FMC/FMM/FMU": {"FMB"},
    "FMx6": {"FMX6"},
    "FMx6:FMC650": {"FMC650"},
    "FMx6:FMC650/FMM650": {"FMC650", "FMM650"},
    "FMx6:FMB641/FMM650": {"FMB641", "FMM650"},
    "TAT/TMT/GH5200": {"TAT"},
    "TFT100": {"TFT"},
    "TST100": {"TST"},
    "FT, ATX": {"FT"},
    "FT (FTC/FTM)": {"FT"},
    "subset:FMB150/FMC150/FMC250/FMM150/FMM250": {"FMB150"},
    "subset:FMB150/FMB250/FMC150/FMC250/FMM150/FMM250": {"FMB150"},
    "OBD (FMx00x)": {"OBD"},
    "FM with 16-byte group (codec 8 variant)": {"FM11", "FM36"},
    "GH (codec 7)": {"GH"},
}
HINTS = {
    "zone_event": "zone", "device_hw_id": "device_id", "location_copy": "location",
    "driver_attr": "driver_id", "media": "photo", "vehicle_fault": "vehicle_tech",
}  # fmt: skip
MISJUDGED = {
    (200, 4): "the cell, as 205 and 206: policies that keep a place drop it",
    (202, 4): "the operator, as 241",
    (244, VARIABLE): "says that the device roams, not where",
    (905, 1): "the operator of a machine, not of a network",
    (12721, 1): "the operator of a machine, not of a network",
    (20014, 1): "says that some beacon was lost, not which",
}
SCALES = {
    ("V", "_mv"): 1000, ("A", "_ma"): 1000, ("l", "_ml"): 1000, ("G", "_mg"): 1000,
}  # fmt: skip
UNITS = {
    "%": "percent", "%RH": "percent", "°C": "c", "10*°C": "c", "m": "m", "kPa": "kpa", "s": "s",
    "kg": "kg", "ml": "ml", "min.": "min", "min": "min", "mV": "mv", "km/h": "kmh", "km": "km",
    "h": "h", "rpm": "rpm", "1/min": "rpm", "kWh": "kwh", "Hz": "hz", "mm": "mm", "mA": "ma",
    "lx": "lx", "N": "n", "dB": "db", "dBm": "dbm", "mG": "mg", "mg": "mg",
}  # fmt: skip

Fact = dict[str, str]


def pair(fact: Fact) -> tuple[int, int]:
    return int(fact["id"]), VARIABLE if fact["width"] == "var" else int(fact["width"])


def families(fact: Fact) -> Iterator[str]:
    for name in fact["families"].split("; "):
        yield from FACT_FAMILIES[name]


def table(name: str) -> list[dict[str, str]]:
    with (resources.files(catalog) / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


"""Ids of ours, for what has none of the device's."""

REFUSED = {
    (family, *pair(row)) for row in table("refused.csv") for family in row["families"].split(";")
}
ROWS = {
    (family, *pair(row)): row for row in table("avl.csv") for family in row["families"].split(";")
}


@pytest.fixture(scope="module")
def facts() -> list[Fact]:
    if not FACTS.is_file():
        pytest.skip("the facts are not here: ../shared is not beside the project")
    with FACTS.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_reading_that_is_refused_has_a_reason_and_a_family() -> None:
    rows = table("refused.csv")
    assert rows
    for row in rows:
        assert {*row["families"].split(";")} <= {*FAMILIES}
        assert row["reason"]


def test_every_fact_is_in_the_catalog_or_refused(facts: list[Fact]) -> None:
    lacking = set()
    for fact in facts:
        for family in families(fact):
            key = (family, *pair(fact))
            if key not in ROWS and key not in REFUSED:
                lacking.add(key)
            elif key in ROWS:
                assert KNOWN.categories(*pair(fact), family)
                assert KNOWN.families(*pair(fact)) >= {family}
    assert not lacking


def test_the_catalog_invents_no_pair(facts: list[Fact]) -> None:
    known = {(family, *pair(fact)) for fact in facts for family in families(fact)}
    # ids of ours are of what stands inside of an element: the facts have none
    assert not {row for row in ROWS if row[1] < OURS} - known


def test_sign_and_scale_are_the_facts_or_a_note_says_why_not(facts: list[Fact]) -> None:
    differ = set()
    for fact in facts:
        for family in families(fact):
            key = (family, *pair(fact))
            row = ROWS.get(key)
            if row is None or row["note"] or key in REFUSED:
                continue
            signed = {"yes": "1", "no": "0"}.get(fact["signed"], "0")
            scale = Decimal(fact["multiplier"] or 0)
            for (unit, ending), factor in SCALES.items():
                if fact["unit"] == unit and row["name"].endswith(ending):
                    scale *= factor
            if row["name"] == "signal_percent":
                scale = Decimal(20)  # five bars
            if (signed, scale) != (row["signed"], Decimal(row["scale"])):
                differ.add((key, row["name"], fact["signed"], fact["multiplier"]))
    assert not differ


def test_the_unit_of_a_fact_stands_in_the_name_or_a_note_says_why_not(facts: list[Fact]) -> None:
    differ = set()
    for fact in facts:
        for family in families(fact):
            row = ROWS.get((family, *pair(fact)))
            if row is None or row["note"] or fact["unit"] not in UNITS:
                continue
            if not re.search(rf"_{UNITS[fact['unit']]}(_|$)", row["name"]):
                differ.add((fact["id"], fact["width"], row["name"], fact["unit"]))
    assert not differ


def test_no_pair_is_milder_than_the_facts_hint(facts: list[Fact]) -> None:
    milder = set()
    for fact in facts:
        if hint := fact["sensitive_hint"]:
            category = KNOWN.category(*pair(fact), None)
            assert category is not None
            if STRICTNESS[category] > STRICTNESS[Category(HINTS.get(hint, hint))]:
                milder.add(pair(fact))
    assert milder == {*MISJUDGED}


def test_what_is_text_or_has_no_cell_is_nothing_that_a_policy_keeps_by_mistake() -> None:
    mild = {Category.STATUS, Category.VEHICLE_TECH, Category.COUNTER, Category.MOTION}
    for meaning in KNOWN.meanings:
        if meaning.width > 8:
            assert meaning.category not in mild, meaning
