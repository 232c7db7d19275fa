"""The oracle of the watch: the printed values, the quirks, and what the builder wrote."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build.watch import Position
from gpsproto.codecs.watch import grammar
from gpsproto.walk import codes
from tests.walk.watch_oracle import read
from tests.watch_corpus import FIX, PRINTED, QUIRKS, STATUS, TAILS, Case, said
from tests.watch_strategies import LEADS, content, damaged_tails, positions, told, words

pytestmark = pytest.mark.core

CASES = [
    *(pytest.param(case, id=f"printed {case.name}") for case in PRINTED),
    *(pytest.param(case, id=case.name) for case in TAILS),
    *(
        pytest.param(case, id=f"{number} {case.name}")
        for number, cases in QUIRKS.items()
        for case in cases()
    ),
]
FIXED = (
    "time_ms", "fix", "latitude", "longitude", "speed_kmh", "course_deg", "altitude_m",
    "satellites", "signal_percent", "battery_percent", "steps", "rolls", "alarms", "states",
)  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_oracle_gives_the_stated_values(case: Case) -> None:
    for inside, row in zip(case.contents, case.rows, strict=True):
        found = read(inside, reachfar=case.reachfar)
        assert {key: found.get(key, "nothing") for key in row} == dict(row)


def test_there_is_a_case_for_every_quirk() -> None:
    assert list(QUIRKS) == [f"Q{number}" for number in range(1, 37)]
    assert all(cases() for cases in QUIRKS.values())


@pytest.mark.parametrize("case", CASES)
def test_a_case_says_of_every_byte_what_it_is(case: Case) -> None:
    at = framed = wrong = 0
    for inside in case.contents:
        first = case.data.index(inside + b"]", at)
        wrong += int(case.data[first - 5 : first - 1], 16) != len(inside)
        at = first + len(inside) + 1
        framed += at - case.data.rindex(b"[", 0, first)
    assert wrong == case.frame_codes.get("LENGTH_MISMATCH", 0)
    assert len(case.data) - framed == sum(case.skipped.values())


@pytest.mark.parametrize(("status", "alarms", "states"), STATUS)
def test_all_bits_of_a_status_are_told(status: str, alarms: list[str], states: list[str]) -> None:
    found = read(said("UD", status=status).encode())
    assert (found["alarms"], found["states"]) == (alarms, states)


@given(words, positions())
def test_the_oracle_reads_what_was_built(word: str, where: Position) -> None:
    assert read(content(word, where)) == told(word, where)


@given(st.sampled_from(TAILS))
def test_the_grammar_reads_the_tails_that_were_seen(case: Case) -> None:
    inside = case.contents[0].removeprefix(b"UD,")
    coded = inside.endswith((b",,00", b",,10"))
    form = grammar.position(end_code=coded)
    parsed = form.parse(inside)
    assert form.build(parsed) == inside


@given(words, positions(), st.data())
def test_a_broken_tail_costs_nothing_of_the_fixed_part(
    word: str, where: Position, data: st.DataObject
) -> None:
    whole = content(word, where)
    broken = data.draw(damaged_tails(whole))
    lead = len(LEADS.get(word, ()))
    assert broken.split(b",")[: 17 + lead] == whole.split(b",")[: 17 + lead]
    found, wanted = read(broken), told(word, where)
    assert {name: found[name] for name in FIXED} == {name: wanted[name] for name in FIXED}


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda raw: b"UD," + raw))
def test_the_oracle_reads_anything(raw: bytes) -> None:
    found = read(raw)
    assert all(hasattr(codes, note) for note in found["notes"])


NUMBERS: dict[str, tuple[Any, set[str]]] = {
    "": (None, set()), "1": (1, set()), "+1": (1, set()), "  7": (7, set()), "007": (7, set()),
    "2.5": (3, set()), "2.4999999999": (2, set()), "0.0": (0, set()), "-0.4": (0, set()),
    "-0.5": (None, {"VALUE_OUT_OF_RANGE"}), "999.5": (None, {"VALUE_OUT_OF_RANGE"}),
    "999.4": (999, set()), "1000": (None, {"VALUE_OUT_OF_RANGE"}),
    "9" * 60: (None, {"VALUE_OUT_OF_RANGE"}), "0" * 60 + "5": (5, set()),
    "5." + "0" * 60: (5, set()), "-": (None, {"BAD_VALUE"}), ".5": (None, {"BAD_VALUE"}),
    "5.": (None, {"BAD_VALUE"}), "1e2": (None, {"BAD_VALUE"}), "7 ": (7, set()),
    " ": (None, set()), "\t7": (None, {"BAD_VALUE"}), "- 7": (None, {"BAD_VALUE"}),
    "--7": (None, {"BAD_VALUE"}), "0x7": (None, {"BAD_VALUE"}), "1_0": (None, {"BAD_VALUE"}),
    "7@1": (7, set()), "7@": (None, {"BAD_VALUE"}), "NaN": (None, {"BAD_VALUE"}),
}  # fmt: skip


@pytest.mark.parametrize(("sent", "value", "notes"), [(k, *v) for k, v in NUMBERS.items()])
def test_a_number_has_one_form(sent: str, value: int | None, notes: set[str]) -> None:
    found = read(said("UD", satellites=sent).encode())
    assert (found["satellites"], found["notes"]) == (value, notes)


UNREADABLE = {"alarms": None, "states": None, "notes": {"BAD_VALUE"}}
OF_THE_FIXED_PART: dict[str, tuple[dict[str, str], dict[str, Any]]] = {
    "rounded half away from zero": ({"latitude": "-0.00000005"}, {"latitude": -1e-7}),
    "seven decimals are kept": ({"longitude": "5.12345678"}, {"longitude": 5.1234568}),
    "the poles": ({"latitude": "90", "longitude": "180.0"}, {"latitude": 90.0, "longitude": 180.0}),
    "a small letter": ({"latitude": "22.5", "north": "s"}, {"latitude": -22.5}),
    "a letter that is none": (
        {"north": "x"}, {"latitude": None, "longitude": None, "notes": {"BAD_VALUE"}},
    ),
    "a letter of the other axis": (
        {"east": "N"}, {"latitude": None, "longitude": None, "notes": {"BAD_VALUE"}},
    ),
    "a validity that is none": (
        {"validity": "a"},
        {
            "fix": None, "latitude": None, "longitude": None, "speed_kmh": None,
            "course_deg": None, "altitude_m": None, "last_known": None, "notes": {"BAD_VALUE"},
        },
    ),
    "an empty coordinate": ({"latitude": ""}, {"latitude": None, "longitude": None}),
    "a coordinate that is none": (
        {"latitude": "x"}, {"latitude": None, "longitude": None, "notes": {"BAD_VALUE"}},
    ),
    "a status that is none": ({"status": "0001000G"}, UNREADABLE),
    "a status of nine digits": ({"status": "000010000"}, UNREADABLE),
    "an empty status": ({"status": ""}, {**UNREADABLE, "notes": set()}),
    "a status of small letters": ({"status": "00000a10"}, {"states": ["still"]}),
    "an empty date": ({"date": ""}, {"time_ms": None, "notes": {"BAD_VALUE"}}),
    "a date with a blank": ({"date": " 20625"}, {"time_ms": None, "notes": {"BAD_VALUE"}}),
    "a leap second": ({"time": "235960"}, {"time_ms": None, "notes": {"BAD_VALUE"}}),
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "stated"), OF_THE_FIXED_PART.values(), ids=OF_THE_FIXED_PART
)  # fmt: skip
def test_a_field_of_the_fixed_part(changed: dict[str, str], stated: dict[str, Any]) -> None:
    found = read(said("UD", **changed).encode())
    wanted = {**FIX, **stated}
    assert {name: found[name] for name in wanted} == wanted


@pytest.mark.parametrize("count", range(16))
def test_what_is_there_of_a_short_position_is_read(count: int) -> None:
    found = read(",".join(said("UD").split(",")[: 1 + count]).encode())
    expected = {"MISSING_FIELDS"} | ({"HEMISPHERE_MISSING"} if count in (4, 6) else set())
    assert found["notes"] == expected
    assert found["time_ms"] == (FIX["time_ms"] if count >= 2 else None)
    assert found["fix"] == (True if count >= 3 else None)
    assert found["longitude"] == (FIX["longitude"] if count >= 6 else None)
    assert found["battery_percent"] == (64 if count >= 13 else None)
    assert found["cells"] == []


TAIL: dict[str, tuple[str, list[Any], float | None, set[str]]] = {
    "an empty count of cells": ("", [], None, {"CELLS_MISMATCH"}),
    "an empty count of networks": ("0,", [], None, {"WIFI_MISMATCH"}),
    "a count of networks that is none": ("0,x,1.0", [], None, {"WIFI_MISMATCH"}),
    "an accuracy that is none": ("0,0,x", [], None, {"BAD_VALUE"}),
    "a negative accuracy": ("0,0,-1", [], None, {"VALUE_OUT_OF_RANGE"}),
    "an empty accuracy": ("0,0,", [], None, set()),
    "something behind the accuracy": ("0,0,1.5,7", [], None, set()),
    "a country that is unknown": ("1,1,0,1,5,6,7", [(None, "1", 5, 6)], None, set()),
    "a country that is none": ("1,1,4A0,1,5,6,7", [(None, "1", 5, 6)], None, set()),
    "a country out of range": ("1,1,40000,1,5,6,7", [(None, "1", 5, 6)], None, set()),
    "a network of four digits": ("1,1,1,0001,5,6,7", [(1, None, 5, 6)], None, set()),
    "a cell of which nothing is known": ("1,1,1,1,FFFF,,7,0,2", [], 2.0, set()),
    "a negative area": ("1,1,1,1,-5,6,7", [(1, "1", None, 6)], None, set()),
    "an identity too long": ("1,1,1,1,5,FFFFFFFFFFFF,7", [], None, {"CELLS_MISMATCH"}),
    "a cell's signal is no end code": ("1,1,1,1,5,,10", [(1, "1", 5, None)], None, set()),
    "a network cut behind its address": ("0,1,a,f4:db:00:00:00:01", [], None, set()),
    "a network cut before its address": ("0,1,a", [], None, {"WIFI_MISMATCH"}),
    "a count with decimals": ("1.0,1,1,1,5,6,7,0,2", [], None, {"CELLS_MISMATCH"}),
}  # fmt: skip


@pytest.mark.parametrize(("tail", "cells", "accuracy", "notes"), TAIL.values(), ids=TAIL)
def test_a_tail(tail: str, cells: list[Any], accuracy: float | None, notes: set[str]) -> None:
    found = read(f"{said('UD', '')},{tail}".encode())
    assert (found["cells"], found["accuracy_m"], found["notes"]) == (cells, accuracy, notes)
