"""S1: a platform for GPS watches (preset watch-platform)."""

from __future__ import annotations

import hmac
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.build import Record
from gpsproto.category import FLOOR, Category
from gpsproto.privacy.audit import AuditLog, entry, verify
from gpsproto.privacy.retention import Period
from tests.statements.world import (
    KEY,
    categories,
    left,
    linked,
    of_everything,
    planted_in,
    preset,
    record,
    sent,
    watches,
)

pytestmark = pytest.mark.once

PLATFORM = "watch-platform"
THREE_MONTHS = Period(3, 0)


@pytest.mark.statement("S1.1")
@given(st.datetimes(datetime(2012, 1, 2), datetime(2090, 1, 1)))
def test_a_position_expires_within_three_months(moment: datetime) -> None:
    at_ms = round(moment.replace(tzinfo=UTC).timestamp() * 1000)
    (row,) = left(sent(record(at_ms)), PLATFORM)
    assert row["latitude"] is not None
    month = moment.month + 3
    year, month = moment.year + (month > 12), month - 12 * (month > 12)
    last = min(moment.day, (date(year + month // 12, month % 12 + 1, 1) - timedelta(1)).day)
    assert row["expires_on"] <= date(year, month, last)
    assert row["expires_on"] >= moment.date() + timedelta(days=88)


@pytest.mark.statement("S1.1")
def test_no_radio_cell_and_no_network_is_kept_for_any_time() -> None:
    assert not categories(of_everything(PLATFORM)) & {Category.NET_LOCATION, Category.ROAMING}


@pytest.mark.statement("S1.2")
def test_activity_battery_and_signal_are_for_analysis_and_three_months() -> None:
    policy = preset(PLATFORM)
    for category in (Category.ACTIVITY, Category.STATUS):
        assert policy.retention(category).bound == THREE_MONTHS
        assert policy.retention(category).service == "analysis"
    assert any("analysis" in one.purpose for one in policy.record.purposes)
    found = left(linked(1_000, 1_200), PLATFORM)
    assert {row["battery_percent"] for row in found} == {60}


@pytest.mark.statement("S1.2")
def test_of_steps_only_what_the_day_has_brought_leaves() -> None:
    found = left(linked(103_000, 103_200, 104_000), PLATFORM)
    assert found[-1]["steps"] == 1_000
    assert max(row["steps"] or 0 for row in found) == 1_000


@pytest.mark.statement("S1.3")
def test_messages_and_voice_are_not_kept_at_all() -> None:
    kinds = {Category.MESSAGE, Category.VOICE, Category.PHOTO}
    assert not categories(of_everything(PLATFORM)) & kinds
    assert planted_in(PLATFORM) == []
    assert kinds <= FLOOR


@pytest.mark.statement("S1.4")
def test_other_data_go_with_the_account_or_after_two_years_unused() -> None:
    policy = preset(PLATFORM)
    others = set(policy.retain) - {
        category for category in policy.retain if policy.retention(category).bound == THREE_MONTHS
    }
    assert others == {Category.PRODUCT}
    rule = policy.retention(Category.PRODUCT)
    assert (rule.until, rule.inactive) == ("account-closed", Period(24, 0))


@pytest.mark.statement("S1.5")
def test_nothing_is_there_that_was_not_allowed() -> None:
    found = of_everything(PLATFORM)
    allowed = set(preset(PLATFORM).allow)
    assert categories(found) <= allowed
    assert categories(found) >= allowed - {Category.PRODUCT}  # and what is allowed is there
    names = {name for row in found for name in row}
    assert not names & {"avl_20000", "avl_60001", "avl_65535"}


@pytest.mark.statement("S1.6")
def test_contacts_sim_number_and_zones_do_not_leave() -> None:
    denied = {Category.CONTACT, Category.PERSON_NAME, Category.SIM_ID, Category.ZONE}
    assert not categories(of_everything(PLATFORM)) & denied
    assert planted_in(PLATFORM) == []


@pytest.mark.statement("S1.7")
def test_each_run_leaves_a_line_that_cannot_be_changed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    for _ in range(2):
        balance, policy = Balance(), preset(PLATFORM)
        left(watches(), policy, balance=balance)
        key_ids = [KEY.domain(policy.domain).key_id]
        AuditLog(log, KEY).append(entry(balance, policy, key_ids, day=date(2026, 3, 15)))
    assert verify(log, KEY, expect=2).fault is None
    log.write_bytes(log.read_bytes().replace(b'"complete":true', b'"complete":false', 1))
    assert verify(log, KEY).fault is not None


@pytest.mark.statement("S1.10")
def test_a_mac_is_compared_in_constant_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    compare = hmac.compare_digest

    def watched(one: bytes, other: bytes) -> bool:
        compared.append(len(one))
        return compare(one, other)

    monkeypatch.setattr(hmac, "compare_digest", watched)
    log = tmp_path / "log"
    for _ in range(3):
        AuditLog(log, KEY).append(entry(Balance(), preset(PLATFORM), [], day=date(2026, 3, 15)))
    compared.clear()
    assert verify(log, KEY).lines == 3
    assert compared == [64, 64, 64]


def test_a_watch_without_fix_gives_no_place() -> None:
    (row,) = left(sent(Record(1_773_576_000_000, 51_234_567, 521_234_567)), PLATFORM)
    assert (row["latitude"], row["speed_kmh"]) == (None, None)
