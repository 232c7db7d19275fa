"""S2: vehicles of a company (preset fleet)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from math import cos, hypot, radians
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import Policy, PolicyError
from gpsproto.balance import Balance
from gpsproto.category import PRIVATE_CLEARS, Category
from gpsproto.errors import ErrorCode
from gpsproto.privacy.retention import Period
from gpsproto.privacy.suppression import Suppression
from tests.statements.world import (
    DAY_MS,
    IMEI,
    KEY,
    NOON_MS,
    OTHER_IMEI,
    categories,
    left,
    of_everything,
    preset,
    record,
    sent,
)

pytestmark = pytest.mark.once

FLEET = "fleet"
IBUTTON = (78, 8, 0x0123456789ABCDEF)
OPTED_IN = """
name = "fleet with drivers"
extends = "fleet"
loosen = "the drivers agreed, see the works council's minutes"
[allow]
driver_id = { action = "pseudonymise", scope = "P1M" }
[retain]
driver_id = "P12M"
"""
ROUGH = """
name = "fleet for an insurer"
extends = "fleet"
[pseudonym]
domain = "insurer"
[allow]
location = { action = "coarsen", grid = "1km" }
"""
METRES_A_DEGREE = 111_195.0


@pytest.mark.statement("S2.1")
@given(st.integers(1, 20_000))
def test_usage_data_expire_within_twelve_months(day: int) -> None:
    at_ms = 1_356_998_400_000 + day * DAY_MS  # days since 2013-01-01
    (row,) = left(sent(record(at_ms, (66, 2, 12_500))), FLEET, family="FMB")
    moment = datetime.fromtimestamp(at_ms / 1000, UTC).date()
    leap = (moment.month, moment.day) == (2, 29)
    assert row["expires_on"] == moment.replace(year=moment.year + 1, day=28 if leap else moment.day)


@pytest.mark.statement("S2.1")
def test_every_category_has_twelve_months() -> None:
    policy = preset(FLEET)
    assert {policy.retention(category).bound for category in policy.retain} == {Period(12, 0)}


@pytest.mark.no_cover
@pytest.mark.statement("S2.2")
def test_nothing_of_the_driver_leaves() -> None:
    of_drivers = {
        Category.DRIVER_ID, Category.BEHAVIOUR, Category.HEALTH, Category.PERSON_NAME,
    }  # fmt: skip
    assert not categories(of_everything(FLEET)) & of_drivers
    (row,) = left(sent(record(NOON_MS, IBUTTON)), FLEET)
    assert row["pseudonyms"] is None


@pytest.mark.statement("S2.2")
def test_a_driver_who_opted_in_leaves_as_a_pseudonym_and_a_reason_must_be_given() -> None:
    (row,) = left(sent(record(NOON_MS, IBUTTON)), Policy.from_toml(OPTED_IN))
    assert row["pseudonyms"]["driver_id"].startswith("drv_")
    silent = "\n".join(line for line in OPTED_IN.splitlines() if not line.startswith("loosen"))
    with pytest.raises(PolicyError) as raised:
        Policy.from_toml(silent)
    assert raised.value.code is ErrorCode.POLICY_LOOSER


@pytest.mark.statement("S2.3")
@pytest.mark.parametrize("order", [(391, 1, 1), (250, 1, 3), (10543, 1, 1)])
def test_a_private_trip_gives_no_place_speed_or_counter(order: tuple[int, int, int]) -> None:
    trip = record(NOON_MS, order, (16, 4, 50_000), (24, 2, 80), (239, 1, 1), event=order[0])
    (row,) = left(sent(trip), FLEET, family="FMB")
    assert not categories([row]) & PRIVATE_CLEARS
    assert row["ignition"] is not None


@pytest.mark.statement("S2.4")
def test_two_recipients_get_pseudonyms_that_cannot_be_joined() -> None:
    data = sent(record()) + sent(record(), imei=OTHER_IMEI)
    one, other = (
        {row["subject"] for row in left(data, replace(preset(FLEET), domain=domain))}
        for domain in ("insurer", "workshop")
    )
    assert len(one) == len(other) == 2
    assert not one & other


@pytest.mark.statement("S2.5")
@given(st.integers(-800_000_000, 800_000_000), st.integers(-1_790_000_000, 1_790_000_000))
def test_where_the_place_is_rough_it_is_the_middle_of_a_cell(latitude: int, longitude: int) -> None:
    policy = Policy.from_toml(ROUGH)
    near = record(NOON_MS, latitude_e7=latitude, longitude_e7=longitude)
    (row,) = left(sent(near), policy)
    north = (row["latitude"] - latitude / 1e7) * METRES_A_DEGREE
    turn = (row["longitude"] - longitude / 1e7 + 180) % 360 - 180
    east = turn * METRES_A_DEGREE * cos(radians(row["latitude"]))
    assert hypot(north, east) <= 1_000
    assert (row["altitude_m"], row["speed_kmh"], row["course_deg"]) == (None, None, None)
    assert (row["time"].minute, row["time"].second) == (0, 0)


@pytest.mark.statement("S2.6")
def test_the_records_of_somebody_are_found_by_the_id_that_the_platform_holds() -> None:
    moments = [NOON_MS, NOON_MS + 40 * DAY_MS]
    found = left(sent(*map(record, moments)), FLEET)
    subjects = [
        KEY.subject("device_id", IMEI, domain=preset(FLEET).domain,
                    at=datetime.fromtimestamp(moment / 1000, UTC))
        for moment in moments
    ]  # fmt: skip
    assert [row["subject"] for row in found] == subjects
    assert len(set(subjects)) == 2


@pytest.mark.statement("S2.8")
def test_who_objected_is_in_no_record(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    objections = tmp_path / "objections"
    assert Suppression.add(objections, KEY, [("device_id", IMEI)]) == 1
    balance = Balance()
    months = [record(NOON_MS + month * 31 * DAY_MS) for month in range(4)]
    data = sent(*months) + sent(record(), imei=OTHER_IMEI)
    listed = Suppression.from_file(objections, KEY)
    found = left(data, FLEET, suppression=listed, balance=balance)
    assert len(found) == 1
    assert (balance.records_objected, balance.records_withheld) == (4, 4)
    assert IMEI not in objections.read_text()
