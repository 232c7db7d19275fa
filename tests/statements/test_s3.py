"""S3: customer service that looks into a complaint (preset support)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import Policy, PolicyError
from gpsproto.category import FLOOR, Category
from gpsproto.errors import ErrorCode
from gpsproto.privacy.policy import Rule
from gpsproto.privacy.retention import Period
from tests.statements.world import (
    HOUR_MS,
    NOON_MS,
    PLACE,
    categories,
    left,
    of_everything,
    planted_in,
    preset,
    record,
    sent,
)

pytestmark = pytest.mark.once

SUPPORT = "support"
CELL_E7 = 450_000  # 5 km of latitude


@pytest.mark.statement("S3.1")
def test_a_pseudonym_lasts_for_a_conversation_and_no_longer() -> None:
    data = sent(record(), record()) + sent(record())
    first, again, later = (row["subject"] for row in left(data, SUPPORT))
    assert first == again
    assert first.startswith("dev_")
    assert later != first
    assert first not in {row["subject"] for row in left(data, SUPPORT)}  # nor over two runs


@pytest.mark.statement("S3.2")
@given(st.integers(-CELL_E7, CELL_E7), st.integers(-CELL_E7, CELL_E7))
def test_a_place_is_told_within_five_kilometres(north: int, east: int) -> None:
    here = record(latitude_e7=PLACE[0] + north, longitude_e7=PLACE[1] + east)
    (row,) = left(sent(here), SUPPORT)
    # at 52 degrees a degree of longitude is about 0.6 of one of latitude
    assert abs(row["latitude"] - here.latitude_e7 / 1e7) <= 0.046
    assert abs(row["longitude"] - here.longitude_e7 / 1e7) <= 0.075


@pytest.mark.statement("S3.2")
def test_places_of_a_cell_are_one_place() -> None:
    steps = [record(latitude_e7=PLACE[0] + 100 * n) for n in range(1_000)]
    found = {(row["latitude"], row["longitude"]) for row in left(sent(*steps[::50]), SUPPORT)}
    assert len(found) <= 2


@pytest.mark.statement("S3.3")
@given(st.integers(0, 400 * 24 * HOUR_MS))
def test_a_time_is_told_by_the_hour_and_motion_not_at_all(after_ms: int) -> None:
    (row,) = left(sent(record(NOON_MS + after_ms)), SUPPORT)
    hour = datetime.fromtimestamp((NOON_MS + after_ms) // HOUR_MS * 3_600, UTC)
    assert row["time"] == hour.replace(tzinfo=None)
    assert (row["speed_kmh"], row["course_deg"]) == (None, None)


@pytest.mark.no_cover
@pytest.mark.statement("S3.3")
def test_speed_and_cells_do_not_leave_in_any_other_field() -> None:
    assert not categories(of_everything(SUPPORT)) & {Category.MOTION, Category.NET_LOCATION}


@pytest.mark.statement("S3.4")
def test_everything_goes_with_the_case_and_after_twelve_months_at_the_latest() -> None:
    policy = preset(SUPPORT)
    for category in policy.retain:
        rule = policy.retention(category)
        assert (rule.until, rule.bound) == ("case-closed", Period(12, 0))
    (row,) = left(sent(record()), SUPPORT)
    assert row["expires_on"] == datetime(2027, 3, 15).date()


@pytest.mark.statement("S3.5")
def test_no_voice_leaves_and_no_policy_can_let_it() -> None:
    assert Category.VOICE not in categories(of_everything(SUPPORT))
    assert planted_in(SUPPORT) == []
    assert Category.VOICE in FLOOR
    with pytest.raises(PolicyError) as raised:
        Policy("voice", "voice", {Category.VOICE: Rule("keep")}, {Category.VOICE: Period(1, 0)})
    assert raised.value.code is ErrorCode.POLICY_FLOOR
