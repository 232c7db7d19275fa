"""A rule of one field: stricter than that of its category, and of no other field."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import gpsproto
from gpsproto import Policy, PseudonymKey, codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, watch
from gpsproto.codecs.watch import find
from gpsproto.privacy.policy import Coarse, Rule
from gpsproto.privacy.select import select
from tests.policies import KEEP_ALL
from tests.strategies import IMEI
from tests.table import rows

pytestmark = pytest.mark.once

KEY = PseudonymKey(bytes(range(32)))
START_MS = 1_767_225_600_000
SAID = login(IMEI) + tcp_frame(
    0x08,
    [
        Record(
            START_MS, 51_234_567, 521_234_567, altitude_m=3, angle_deg=7, satellites=5, speed_kmh=9,
            priority=1, event=239, elements=((239, 1, 1), (66, 2, 12_345), (67, 2, 4_011)),
        )
    ],
) + watch.position(
    "8800000015", "UD", watch.Position(START_MS, latitude=52, steps=77, status=0b10011)
)  # fmt: skip


def under(**override: Rule | None) -> list[dict[str, Any]]:
    policy = dataclasses.replace(
        KEEP_ALL, override={key.replace("__", ":"): rule for key, rule in override.items()}
    )
    balance = Balance()
    found = rows(gpsproto.decode(SAID, policy=policy, key=KEY, family="FMB", balance=balance))
    assert balance.discrepancies() == []
    return [{name: value for name, value in row.items() if value is not None} for row in found]


EVERYTHING = under()
FIELDS = {
    "teltonika": ["time", "longitude", "latitude", "altitude_m", "speed_kmh", "course_deg",
                  "satellites", "priority", "external_voltage_mv", "battery_voltage_mv"],
    "watch": ["time", "longitude", "latitude", "steps", "battery_percent", "speed_kmh"],
}  # fmt: skip
WITH_IT = {
    "time": {"clock_suspect", "expires_on", "retention_class"},
    "longitude": {"latitude", "location_source", "fix"},
    "latitude": {"longitude", "location_source", "fix"},
}  # what cannot be said without it


@pytest.mark.parametrize(
    ("protocol", "name"), [(protocol, name) for protocol in FIELDS for name in FIELDS[protocol]]
)
def test_a_field_that_is_dropped_is_gone_and_no_other(protocol: str, name: str) -> None:
    found = under(**{f"{protocol}__{name}": None})
    for row, before in zip(found, EVERYTHING, strict=True):
        if row["protocol"] != protocol:
            assert row == before
            continue
        gone = {name} | WITH_IT.get(name, set())
        assert name not in row
        assert {k: v for k, v in row.items() if k not in gone} == {
            k: v for k, v in before.items() if k not in gone
        }


def test_an_element_is_named_by_id_and_width_too() -> None:
    assert "external_voltage_mv" not in under(**{"teltonika__66@2": None})[0]


def test_an_element_is_named_by_any_meaning_that_it_may_have() -> None:
    policy = dataclasses.replace(KEEP_ALL, override={"teltonika:digital_output_3_state": None})
    before, after = (select(one, codecs.terms()["teltonika"], None) for one in (KEEP_ALL, policy))
    assert "avl_50" in {one.name for one in before.elements}
    assert "avl_50" not in {one.name for one in after.elements}


def test_an_element_that_is_dropped_is_not_told_by_its_event() -> None:
    assert EVERYTHING[0]["event"] == "ignition"
    found = under(teltonika__ignition=None)[0]
    assert "ignition" not in found
    assert "event" not in found


def test_one_element_is_coarse_where_its_category_is_kept() -> None:
    rough = Rule("coarsen", coarse=Coarse(buckets=(0.0, 12_000.0, 13_000.0)))
    found = under(teltonika__external_voltage_mv=rough)[0]
    assert found["external_voltage_mv"] == 12_000
    assert found["battery_voltage_mv"] == 4_011


def test_a_state_of_a_watch_is_dropped_by_its_name() -> None:
    assert "battery_low" in EVERYTHING[1]["states"]
    assert "battery_low" not in under(watch__battery_low=None)[1]["states"]


@pytest.mark.no_cover
@pytest.mark.parametrize("protocol", sorted(codecs.terms()))
def test_over_all_elements_one_that_is_dropped_changes_no_other(protocol: str) -> None:
    terms = codecs.terms()[protocol]
    before = select(KEEP_ALL, terms, None)
    for one in before.elements[:: max(1, len(before.elements) // 40)]:
        named = f"{one.id}@{one.width}" if protocol == codecs.AVL else one.name
        key = f"{protocol}:{named}"
        policy = dataclasses.replace(KEEP_ALL, override={key: None})
        after = select(policy, terms, None)
        assert [each for each in before.elements if each != one] == list(after.elements)
        assert (one.id, one.width) in after.dropped


@pytest.mark.parametrize("rules", [Policy.load("tracking"), KEEP_ALL], ids=lambda rules: rules.name)
def test_every_short_word_that_no_watch_knows_is_counted_and_never_said(rules: Policy) -> None:
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    words = [
        a + b + c for a in letters for b in ["", *letters] for c in ["", *letters] if b or not c
    ]
    words += [f"{number:06d}" for number in range(0, 10**6, 997)]
    strange = [word for word in words if find(word) is None]
    said = b"".join(watch.message("8800000015", word, "123456", "x") for word in strange)
    balance = Balance()
    found = rows(gpsproto.decode(said, policy=rules, key=KEY, balance=balance))
    assert found == []
    assert balance.messages == {"unknown": len(strange)}
    assert balance.discrepancies() == []
