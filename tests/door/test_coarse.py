"""Coarse policies: what leaves has less detail, and nothing finer is in the memory of a batch."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import Policy, PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, watch
from gpsproto.category import Category
from gpsproto.pipeline import decode_through
from gpsproto.privacy.coarsen import grid
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.policy import Coarse, Rule
from gpsproto.privacy.retention import Period
from tests.strategies import IMEI, record_lists
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
START_MS = 1_767_225_600_000 + 9 * HOUR_MS  # 2026-01-01 09:00 UTC
PLACE = 521_234_567, 51_234_567
ODOMETER, TRIP, FUEL = (16, 4), (199, 4), (107, 4)


def policy(**allow: Rule) -> Policy:
    rules = {Category(name): rule for name, rule in allow.items()}
    rules[Category.DEVICE_ID] = Rule("pseudonymise")
    return Policy("coarse", "coarse", rules, dict.fromkeys(rules, Period(3, 0)))


def coarse(**how: Any) -> Rule:
    return Rule("coarsen", coarse=Coarse(**how))


KEEP = Rule("keep")
CELLS = policy(
    location=coarse(grid_m=5_000), time=KEEP, motion=KEEP, status=KEEP, counter=coarse(delta=True),
    net_location=KEEP,
)  # fmt: skip


def decoded(data: bytes, rules: Policy, **options: Any) -> list[dict[str, Any]]:
    balance = Balance()
    found = rows(
        gpsproto.decode(data, policy=rules, key=KEY, balance=balance, family="FMB", **options)
    )
    assert balance.discrepancies() == []
    return found


def record(
    at_ms: int, *, latitude: int = PLACE[0], longitude: int = PLACE[1], **fields: Any
) -> Record:
    return Record(
        at_ms,
        longitude,
        latitude,
        altitude_m=17,
        angle_deg=90,
        speed_kmh=50,
        satellites=9,
        **fields,
    )


def test_a_place_leaves_as_the_middle_of_its_cell_and_without_height_or_motion() -> None:
    data = login(IMEI) + tcp_frame(0x08, [record(START_MS)])
    (row,) = decoded(data, CELLS)
    middle = grid(*(np.array([v], np.int32) for v in PLACE), 5_000)
    assert (row["latitude"], row["longitude"]) == (middle[0][0] / 1e7, middle[1][0] / 1e7)
    assert row["fix"]
    assert row["location_source"] == "gnss"
    assert {row[name] for name in ("altitude_m", "speed_kmh", "course_deg")} == {None}


def test_with_the_place_the_time_is_coarse() -> None:
    data = login(IMEI) + tcp_frame(0x08, [record(START_MS + 1_234_567)])
    (row,) = decoded(data, CELLS)
    assert row["time"] == datetime(2026, 1, 1, 9)


def test_no_exact_place_or_time_is_in_the_memory_of_a_batch() -> None:
    at = START_MS + 1_234_567
    data = login(IMEI) + tcp_frame(0x08, [record(at)] * 30)
    (batch,) = gpsproto.decode(data, policy=CELLS, key=KEY)
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    memory = contents.cells.tobytes()
    for number, size in ((at, 8), (PLACE[0], 4), (PLACE[1], 4)):
        assert number.to_bytes(size, "little") not in memory


@given(record_lists(0x08), st.sampled_from([1, 60, 3_600, 86_400]))
def test_a_time_is_never_later_and_never_a_step_earlier(records: list[Record], step_s: int) -> None:
    exact = policy(time=KEEP)
    data = login(IMEI) + tcp_frame(0x08, records)
    for fine, rough in zip(
        decoded(data, exact), decoded(data, policy(time=coarse(time_s=step_s))), strict=True
    ):
        if fine["time"] is None:
            assert rough["time"] is None
            continue
        assert timedelta(0) <= fine["time"] - rough["time"] < timedelta(seconds=step_s)
        assert int(rough["time"].replace(tzinfo=UTC).timestamp()) % step_s == 0


def test_the_time_of_receipt_is_as_coarse() -> None:
    receiver = gpsproto.Receiver(CELLS, KEY)
    now = datetime(2026, 1, 1, 10, 20, 30, tzinfo=UTC)
    batch = receiver.receive(login(IMEI) + tcp_frame(0x08, [record(START_MS)]), now)
    assert batch is not None
    (row,) = batch.rows()
    assert row["received_at"] == datetime(2026, 1, 1, 10, tzinfo=UTC)


def counters(values: list[int], *, step_ms: int = 60_000, id: int = ODOMETER[0]) -> bytes:
    records = [
        record(START_MS + step_ms * number, elements=((id, 4, value),))
        for number, value in enumerate(values)
    ]
    return login(IMEI) + b"".join(tcp_frame(0x08, [one]) for one in records)


def test_a_counter_with_a_column_leaves_as_what_it_has_grown_today() -> None:
    found = decoded(counters([900_000, 900_150, 901_000]), CELLS)
    assert [row["total_odometer_m"] for row in found] == [0, 150, 1_000]


def test_a_counter_among_the_attributes_does_too() -> None:
    found = decoded(counters([5_000, 5_010, 5_090], id=FUEL[0]), CELLS)
    (name,) = {key for row in found for key in row if "fuel" in key}
    scale = found[1][name] / 10
    assert [row[name] for row in found] == [0, 10 * scale, 90 * scale]


def test_on_the_next_day_it_begins_at_nothing() -> None:
    found = decoded(counters([900_000, 900_150, 901_000, 901_500], step_ms=10 * HOUR_MS), CELLS)
    assert [row["total_odometer_m"] for row in found] == [0, 150, 0, 500]


@pytest.mark.parametrize("id", [ODOMETER[0], FUEL[0]])
def test_no_height_of_a_counter_is_in_the_memory_of_a_batch(id: int) -> None:
    values = [0x5A5A_0000 + 3 * number for number in range(40)]
    batches = [*gpsproto.decode(counters(values, id=id), policy=CELLS, key=KEY, family="FMB")]
    for batch in batches:
        contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
        memory = contents.cells.tobytes()
        assert not any(value.to_bytes(4, "little") in memory for value in values)


def test_batches_of_any_size_give_the_same() -> None:
    data = counters([900_000 + 7 * number for number in range(700)])
    assert decoded(data, CELLS, batch_records=255) == decoded(data, CELLS)


def test_two_dumps_behind_one_door_are_one_day() -> None:
    door = PrivacyFilter(CELLS, KEY, family="FMB")
    found = [
        row["total_odometer_m"]
        for value in (900_000, 900_200)
        for row in rows(decode_through(door, counters([value])))
    ]
    assert found == [0, 200]


def test_numbers_leave_as_the_bound_below_them() -> None:
    rules = policy(status=coarse(buckets=(0.0, 3_600.0, 4_000.0)), time=KEEP)
    records = [
        record(START_MS + number, elements=((67, 2, value),))
        for number, value in enumerate([100, 3_599, 3_600, 4_100])
    ]
    found = decoded(login(IMEI) + tcp_frame(0x08, records), rules)
    assert [row["battery_voltage_mv"] for row in found] == [0, 0, 3_600, 4_000]


def test_steps_of_a_watch_leave_as_those_of_the_day() -> None:
    rules = policy(activity=coarse(delta=True), time=KEEP, location=KEEP)
    data = b"".join(
        watch.position("8800000015", "UD", watch.Position(START_MS + 60_000 * n, steps=steps))
        for n, steps in enumerate([4_000, 4_100, 4_700])
    )
    assert [row["steps"] for row in decoded(data, rules)] == [0, 100, 700]


def test_a_counter_without_a_day_says_nothing() -> None:
    rules = policy(activity=coarse(delta=True), status=KEEP)
    (row,) = decoded(b"[3G*8800000015*000D*LK,50,100,100]", rules)
    assert row.get("steps") is None
    assert row["battery_percent"] == 100


def test_less_detail_is_counted_as_such() -> None:
    balance = Balance()
    data = counters([900_000, 900_150])
    for _ in gpsproto.decode(data, policy=CELLS, key=KEY, family="FMB", balance=balance):
        pass
    # each has a time, two coordinates and a counter
    assert balance.fields_by_action["coarsened"] == 2 * 4
    assert balance.discrepancies() == []


def test_cells_of_a_network_do_not_leave_beside_a_coarse_place() -> None:
    said = watch.Position(START_MS, latitude=52, longitude=5)
    (row,) = decoded(watch.position("8800000015", "UD", said), CELLS)
    assert row["cells"] is None


def test_where_the_time_is_dropped_its_receipt_is_too() -> None:
    rules = dataclasses.replace(CELLS, override={"teltonika:time": None})
    receiver = gpsproto.Receiver(rules, KEY)
    now = datetime(2026, 1, 1, 10, 20, 30, 123_000, tzinfo=UTC)
    batch = receiver.receive(login(IMEI) + tcp_frame(0x08, [record(START_MS)]), now)
    assert batch is not None
    (row,) = batch.rows()
    assert row.get("received_at") is None
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    assert contents.received_ms % DAY_MS == 0


def test_one_device_cannot_end_a_run_with_a_counter() -> None:
    most = 2**63 - 1
    frames = [
        tcp_frame(0x8E, [record(START_MS + number, elements=((992, 8, value),))])
        for number, value in enumerate([0, most, 0, 5, most] * 60)
    ]
    found = decoded(login(IMEI) + b"".join(frames), CELLS, batch_records=255)
    assert len(found) == 300


def test_a_bound_that_a_column_cannot_hold_is_the_greatest_that_it_can() -> None:
    rules = policy(status=coarse(buckets=(100_000.0, 200_000.0)), time=KEEP)
    data = login(IMEI) + tcp_frame(0x08, [record(START_MS, elements=((113, 1, 50),))])
    assert decoded(data, rules)[0]["battery_percent"] == 32_767


def test_two_runs_behind_one_door_do_not_share_what_is_of_nobody_known() -> None:
    door = PrivacyFilter(CELLS, KEY, family="FMB")
    frames = [counters([value]).partition(IMEI.encode())[2] for value in (1_000, 912_345)]
    found = [
        row["total_odometer_m"] for frame in frames for row in rows(decode_through(door, frame))
    ]
    assert found == [0, 0]


def test_of_a_step_of_weeks_nothing_is_gone_before_it_must_be() -> None:
    short = policy(status=KEEP, time=coarse(time_s=31 * 86_400))
    rules = dataclasses.replace(short, retain=dict.fromkeys(short.allow, Period(0, 7)))
    now = datetime(2026, 1, 20, 12, tzinfo=UTC)
    receiver = gpsproto.Receiver(rules, KEY)
    at = round(now.timestamp() * 1000) - 60_000
    batch = receiver.receive(login(IMEI) + tcp_frame(0x08, [record(at)]), now)
    assert batch is not None
    assert len(batch) == 1
