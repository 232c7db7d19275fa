"""Records that do not leave: those that have expired, and those of who objected."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import Policy, PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.privacy.suppression import Suppression
from tests.policies import KEEP_ALL
from tests.strategies import CODECS, IMEI, record_lists
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
OTHER = "001010000000026"
TODAY = date(2026, 6, 15)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
DAY_MS = 86_400_000
NOON_MS = round(NOON.timestamp() * 1000)
POLICIES = {"tracking": Policy.load("tracking"), "keep all": KEEP_ALL}


def decoded(data: bytes, **options: Any) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    given = {"policy": "tracking", "key": KEY, "family": "FMB", "balance": balance} | options
    found = rows(gpsproto.decode(data, **given))
    assert balance.discrepancies() == []
    return found, balance


def sent(*days_ago: float, imei: str = IMEI) -> bytes:
    records = [Record(NOON_MS - round(days * DAY_MS), satellites=5) for days in days_ago]
    return login(imei) + b"".join(tcp_frame(0x08, [one]) for one in records)


def test_an_old_dump_is_kept_marked_and_counted() -> None:
    found, balance = decoded(sent(400, 1), today=TODAY)
    assert [row["expires_on"] <= TODAY for row in found] == [True, False]
    assert (balance.records, balance.records_expired, balance.records_withheld) == (2, 1, 0)


def test_what_has_expired_is_dropped_where_asked() -> None:
    found, balance = decoded(sent(400, 1, 200, 2), today=TODAY, expired="drop")
    assert [row["expires_on"] > TODAY for row in found] == [True, True]
    assert (balance.records, balance.records_expired, balance.records_withheld) == (4, 2, 2)


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("codec", CODECS)
@given(more=st.data())
def test_what_stays_is_what_it_was(policy: str, codec: int, more: st.DataObject) -> None:
    """Dropping takes out rows and changes none, attributes and all."""
    data = login(IMEI) + tcp_frame(codec, more.draw(record_lists(codec)))
    today = more.draw(st.dates(date(1970, 1, 2), date(2100, 1, 1)))
    options = {"policy": POLICIES[policy], "today": today}
    kept, _ = decoded(data, **options)
    left, balance = decoded(data, **options, expired="drop")
    assert left == [row for row in kept if row["expires_on"] is None or row["expires_on"] > today]
    assert balance.records_expired == len(kept) - len(left)


def test_what_is_dropped_is_not_in_the_memory_of_a_batch() -> None:
    gone = [Record(NOON_MS - 400 * DAY_MS, 0x1234567, 0x2345678, satellites=4)] * 20
    data = login(IMEI) + tcp_frame(0x08, [*gone, Record(NOON_MS, satellites=4)])
    (batch,) = gpsproto.decode(data, key=KEY, today=TODAY, expired="drop")
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    memory = contents.cells.tobytes()
    assert len(batch) == 1
    for number in (0x1234567, 0x2345678):
        assert number.to_bytes(4, "little") not in memory


def test_live_what_has_expired_is_not_stored_and_is_answered_for() -> None:
    receiver = gpsproto.Receiver("tracking", KEY)
    assert receiver.receive(login(IMEI), NOON) is None
    receiver.due()
    batch = receiver.receive(
        tcp_frame(0x08, [Record(NOON_MS), Record(0), Record(NOON_MS - 400 * DAY_MS)]), NOON
    )
    assert batch is not None
    assert len(batch) == 1
    assert receiver.confirm(batch) == (3).to_bytes(4, "big")
    assert receiver.balance.records_expired == 2


def test_a_clock_in_the_future_buys_no_time() -> None:
    receiver = gpsproto.Receiver("tracking", KEY)
    data = login(IMEI) + tcp_frame(0x08, [Record(NOON_MS + 4_000 * DAY_MS)])
    batch = receiver.receive(data, NOON)
    assert batch is not None
    (row,) = batch.rows()
    assert row["expires_on"] == date(2026, 9, 15)


def objecting(tmp_path: Path, *imeis: str) -> Suppression:
    file = tmp_path / "objections"
    Suppression.add(file, KEY, [("device_id", imei) for imei in imeis])
    return Suppression.from_file(file, KEY)


def test_records_of_who_objected_do_not_leave_and_are_counted(tmp_path: Path) -> None:
    data = sent(1, 2) + sent(1, imei=OTHER)
    found, balance = decoded(data, suppression=objecting(tmp_path, IMEI), today=TODAY)
    assert len(found) == 1
    assert found == decoded(sent(1, imei=OTHER), today=TODAY)[0]
    assert (balance.records, balance.records_objected, balance.records_withheld) == (3, 2, 2)


def test_an_objection_outlives_epochs_and_domains(tmp_path: Path) -> None:
    suppression = objecting(tmp_path, IMEI)
    for policy in POLICIES.values():
        found, _ = decoded(sent(1, 40, 80), suppression=suppression, policy=policy, today=TODAY)
        assert found == []


def test_its_pseudonym_is_never_emitted(tmp_path: Path) -> None:
    file = tmp_path / "objections"
    Suppression.add(file, KEY, [("device_id", IMEI)])
    listed = file.read_text().split()[-1]
    found, _ = decoded(sent(1), today=TODAY)
    assert listed.rpartition("_")[2] not in repr(found)


def test_live_who_objected_is_answered_and_not_stored(tmp_path: Path) -> None:
    receiver = gpsproto.Receiver("tracking", KEY, suppression=objecting(tmp_path, IMEI))
    assert receiver.receive(login(IMEI), NOON) is None
    receiver.due()
    batch = receiver.receive(tcp_frame(0x08, [Record(NOON_MS)]), NOON)
    assert batch is not None
    assert len(batch) == 0
    assert receiver.confirm(batch) == (1).to_bytes(4, "big")


def test_datagrams_of_who_objected_do_not_leave(tmp_path: Path) -> None:
    packets = [udp_packet(0x08, [Record(NOON_MS)], imei) for imei in (IMEI, OTHER) * 3]
    found, balance = decoded(b"".join(packets), suppression=objecting(tmp_path, OTHER), today=TODAY)
    assert len(found) == 3
    assert balance.records_objected == 3


@given(st.integers(-(2**40), 2**42), st.integers(0, 2**42))
def test_no_record_outlives_its_retention_and_none_dies_a_day_early(
    event_ms: int, received_ms: int
) -> None:
    """Over leap years, month ends and clocks that are wrong."""
    at = max(0, event_ms)
    received = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=received_ms)
    receiver = gpsproto.Receiver("tracking", KEY, expired="keep")
    batch = receiver.receive(login(IMEI) + tcp_frame(0x08, [Record(at)]), received)
    assert batch is not None
    (row,) = batch.rows()
    anchor = (datetime(1970, 1, 1) + timedelta(milliseconds=min(at, received_ms))).date()
    assert 89 <= (row["expires_on"] - anchor).days <= 92
    assert row["retention_class"] is not None


def test_an_identifier_that_does_not_leave_is_counted_as_withheld() -> None:
    data = login(IMEI) + tcp_frame(0x08, [Record(0, elements=((78, 8, 12_345),))])
    found, balance = decoded(data, policy=KEEP_ALL, today=TODAY, expired="drop")
    assert found == []
    assert balance.fields_by_action["withheld"] == 1
