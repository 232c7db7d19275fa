"""Codec 7: what is built is what comes out, and what is not sent is not made up."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import (
    GhRecord,
    Record,
    codec7_body,
    codec7_frame,
    codec7_packet,
    login,
    tcp_frame,
)
from gpsproto.codecs import codec7
from gpsproto.codecs.rewritten import Refused, Rewriting
from gpsproto.errors import ErrorCode
from gpsproto.privacy.keys import PseudonymKey
from tests.conftest import Engine
from tests.gh_strategies import LATEST_S, gh_bodies, gh_record_lists
from tests.policies import KEEP_ALL
from tests.strategies import IMEI, damaged
from tests.subjects import SUBJECTS
from tests.table import rows

pytestmark = pytest.mark.core

KEY = PseudonymKey(bytes(range(32)))
NOW_S = 1_750_000_000
HERE = (52.37, -4.895)


def decoded(records: list[GhRecord], **options: Any) -> list[dict[str, Any]]:
    balance = Balance()
    options = {"policy": KEEP_ALL, "key": KEY, **options}
    found = rows(gpsproto.decode(codec7_frame(records), balance=balance, **options))
    assert balance.discrepancies() == []
    assert balance.rejected == {}
    return found


def one(*arguments: Any, **fields: Any) -> dict[str, Any]:
    [found] = decoded([GhRecord(NOW_S, *arguments, **fields)])
    return found


def float32(value: float) -> float:
    found: float = struct.unpack(">f", struct.pack(">f", value))[0]
    return found


@given(gh_record_lists)
def test_what_is_built_is_what_comes_out(records: list[GhRecord]) -> None:
    found = decoded(records)
    assert len(found) == len(records)
    for record, row in zip(records, found, strict=True):
        assert row["time"].replace(tzinfo=UTC) == datetime.fromtimestamp(record.timestamp_s, UTC)
        assert row["priority"] == ("low", "high", "panic", "security")[record.priority]
        if not row.get("fix"):
            continue
        assert record.latitude is not None
        assert record.longitude is not None
        assert row["latitude"] == round(float32(record.latitude) * 1e7) / 1e7
        assert row["longitude"] == round(float32(record.longitude) * 1e7) / 1e7
        assert row["satellites"] == (3 if record.satellites is None else record.satellites)
        altitude = None if record.altitude_m == -32_768 else record.altitude_m
        assert row.get("altitude_m") == altitude
        assert row.get("speed_kmh") == (None if record.speed_kmh == 255 else record.speed_kmh)
        if record.angle_deg is not None:
            off = abs(row["course_deg"] - record.angle_deg) % 360
            assert min(off, 360 - off) <= 360 / 256 / 2 + 0.5


@pytest.mark.parametrize("latitude", [-90.0, -0.0000001, 0.0, 33.5, 90.0])
@pytest.mark.parametrize("longitude", [-180.0, -70.25, 180.0])
def test_a_place_is_there_up_to_the_ends_of_the_world(
    latitude: float, longitude: float, engine: Engine
) -> None:
    row = one(latitude, longitude)
    assert row["latitude"] == pytest.approx(latitude, abs=1e-5)
    assert row["longitude"] == pytest.approx(longitude, abs=2e-5)


@pytest.mark.parametrize(
    "where",
    [
        (0.0, 0.0), (-0.0, 0.0), (1e-30, 1e-30), (91.0, 4.0), (-90.1, 4.0), (52.0, 180.1),
        (52.0, -181.0), (float("nan"), 4.0), (52.0, float("nan")), (float("inf"), 4.0),
        (52.0, float("-inf")), (3e38, -3e38),
    ],
)  # fmt: skip
def test_what_is_no_place_has_no_satellite_and_no_speed(
    where: tuple[float, float], engine: Engine
) -> None:
    row = one(*where, altitude_m=7, angle_deg=90, satellites=8, speed_kmh=44)
    assert row["fix"] is False
    assert row["satellites"] == 0
    assert not {"latitude", "longitude", "altitude_m", "speed_kmh", "course_deg"} & {
        name for name, value in row.items() if value is not None
    }


@pytest.mark.parametrize("missing", ["altitude_m", "angle_deg", "speed_kmh"])
def test_what_is_not_sent_is_null_and_its_bytes_are_zero(missing: str, engine: Engine) -> None:
    fields: dict[str, Any] = {"altitude_m": 7, "angle_deg": 90, "speed_kmh": 44, missing: None}
    frame = codec7_frame([GhRecord(NOW_S, *HERE, satellites=5, **fields)])
    [batch] = gpsproto.decode(frame, policy=KEEP_ALL, key=KEY)
    column = {"angle_deg": "course_deg"}.get(missing, missing)
    values, validity = batch.column(column)
    assert not validity.any()
    assert not values.any()


def test_satellites_that_are_not_sent_are_three() -> None:
    assert one(*HERE)["satellites"] == 3
    row = one(*HERE, satellites=0)
    assert (row["satellites"], row["fix"]) == (0, False)


def test_a_speed_of_255_is_not_known() -> None:
    assert one(*HERE, speed_kmh=254)["speed_kmh"] == 254
    assert one(*HERE, speed_kmh=255).get("speed_kmh") is None


@pytest.mark.parametrize(("sent", "degrees"), [(0, 0), (1, 1), (64, 90), (128, 180), (255, 359)])
def test_an_angle_is_of_256_steps(sent: int, degrees: int) -> None:
    body = bytearray(codec7_body([GhRecord(NOW_S, *HERE, angle_deg=0.0)]))
    body[16] = sent
    found = codec7.rewritten(memoryview(bytes(body)))
    assert isinstance(found, Rewriting)
    assert int.from_bytes(found.body[2 + 19 : 2 + 21], "big") == degrees


@pytest.mark.parametrize("seconds", [codec7.EPOCH_S, codec7.EPOCH_S + 7_010, LATEST_S])
@pytest.mark.parametrize("priority", range(4))
def test_the_priority_is_no_part_of_the_time(seconds: int, priority: int) -> None:
    [row] = decoded([GhRecord(seconds, priority=priority)])
    assert row["time"].replace(tzinfo=UTC) == datetime.fromtimestamp(seconds, UTC)
    assert row["clock_suspect"] is (seconds < 1_262_304_000)


def test_a_panic_is_an_alarm_and_an_event() -> None:
    row = one(priority=2)
    assert (row["event"], row["alarms"], row["priority"]) == ("gh_alarm", ["gh_alarm"], "panic")
    assert one(priority=1).get("event") is None


def test_the_cause_of_a_panic_is_its_event_where_it_is_sent() -> None:
    for width in (1, 2, 4):
        row = one(priority=2, elements=[(222, width, 1)])
        assert row["event"] == "gh_alarm_cause"
        assert row["gh_alarm_cause"] == 1
        assert row["alarms"] == ["gh_alarm"]
    assert one(elements=[(222, 1, 1)]).get("event") is None


@pytest.mark.parametrize("family", [None, "GH", "FMB", "FMX6"])
@pytest.mark.parametrize("width", [1, 2, 4])
def test_an_element_is_read_as_of_gh_at_any_width(
    family: str | None, width: int, engine: Engine
) -> None:
    elements = [(1, width, 80), (20, width, 12), (67, width, 201), (240, width, 1)]
    [row] = decoded([GhRecord(NOW_S, elements=elements)], family=family)
    assert row["battery_percent"] == 80
    assert row["gnss_hdop"] == 1.2
    assert row["battery_voltage_mv"] == 201
    assert row["movement"] == 1
    assert row.get("digital_input_1_state") is None


def test_a_number_that_its_column_cannot_hold_is_null() -> None:
    found = decoded([GhRecord(NOW_S, elements=[(1, 4, n)]) for n in (32_767, 32_768, 65_536 + 80)])
    assert [row.get("battery_percent") for row in found] == [32_767, None, None]


def test_the_cell_and_the_operator_do_not_leave_under_tracking() -> None:
    frame = codec7_frame([GhRecord(NOW_S, *HERE, cell=(1_597, 19_766), signal=21, operator=20_404)])
    balance = Balance()
    [row] = rows(gpsproto.decode(frame, balance=balance))
    assert row["gh_signal_quality"] == 21
    assert not {"gh_cell_and_area", "gh_operator_code"} & set(row)
    assert balance.dropped_by_category["net_location"] == 1
    assert balance.dropped_by_category["roaming"] == 1
    [row] = decoded([GhRecord(NOW_S, *HERE, cell=(1_597, 19_766), operator=20_404)])
    assert row["gh_cell_and_area"] == (1_597 << 16) + 19_766
    assert row["gh_operator_code"] == 20_404


def test_frames_of_other_codecs_keep_their_family_beside_it() -> None:
    other = tcp_frame(8, [Record(NOW_S * 1000, elements=[(1, 1, 1)])])
    mine = codec7_frame([GhRecord(NOW_S, elements=[(1, 1, 80)])])
    balance = Balance()
    found = rows(gpsproto.decode(login(IMEI) + other + mine + other, family="FMB", balance=balance))
    assert sorted(row.get("battery_percent") or 0 for row in found) == [0, 0, 80]
    assert sorted(row.get("digital_input_1_state") or 0 for row in found) == [0, 1, 1]
    assert dict(balance.frames_by_codec) == {7: 1, 8: 2}
    assert balance.discrepancies() == []


def test_a_datagram_holds_it_too(engine: Engine) -> None:
    packet = codec7_packet([GhRecord(NOW_S, *HERE)], IMEI)
    [row] = rows(gpsproto.decode(packet.hex().encode(), key=KEY))
    assert row["latitude"] == pytest.approx(52.37, abs=1e-5)
    assert row["subject"].startswith("dev_")


def test_255_records_go_into_one_batch() -> None:
    records = [
        GhRecord(NOW_S + n, *HERE, 1, 2, 3, 4, 2, (5, 6), 7, 8, [(n, 1, 9)]) for n in range(255)
    ]
    body = codec7_body(records)
    assert len(body) < 8_192
    [batch] = gpsproto.decode(codec7_frame(records), key=KEY, batch_records=255)
    assert len(batch) == 255


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (lambda b: b[:1] + b"\x00" + b[2:-1] + b"\x00", ErrorCode.NO_RECORDS, 9),
        (lambda b: b[:1] + b"\x02" + b[2:-1] + b"\x02", ErrorCode.TRUNCATED, None),
        (lambda b: b[:-1] + b"\xaa\xbb" + b[-1:], ErrorCode.TRAILING_BYTES, None),
        (lambda b: b[:6] + b"\x0f" + b[7:], ErrorCode.TRUNCATED, None),
    ],
)
def test_a_wrong_body_is_named_by_code_and_byte(
    change: Any, code: ErrorCode, at: int | None, engine: Engine
) -> None:
    good = codec7_body([GhRecord(NOW_S, *HERE, elements=[(1, 1, 80)])])
    balance = Balance()
    assert rows(gpsproto.decode(SUBJECTS[0].framed(change(good)), balance=balance)) == []
    assert list(balance.rejected) == [code]
    if at is not None:
        assert [where for *_, where in balance.first_rejected] == [at]
    assert balance.discrepancies() == []
    assert balance.fields_in == 0


@given(gh_bodies, st.data())
def test_every_prefix_and_every_damaged_body_is_rewritten_or_refused(
    body: bytes, more: st.DataObject
) -> None:
    for size in range(len(body)):
        found = codec7.rewritten(memoryview(body[:size]))
        assert isinstance(found, Rewriting | Refused)
    broken = more.draw(damaged(body))
    found = codec7.rewritten(memoryview(broken))
    if isinstance(found, Refused):
        assert 0 <= found.at <= len(broken)
    else:
        assert found.rows == broken[1]
