"""24-position SMS: the bits against an independent reader, and what becomes of each hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import construct
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import HourlyPlace, sms24, tcp_frame
from gpsproto.build.teltonika import framed
from gpsproto.codecs import codec4
from gpsproto.codecs.rewritten import Refused, Rewriting
from gpsproto.errors import ErrorCode
from gpsproto.privacy.keys import PseudonymKey
from tests.conftest import Engine
from tests.policies import KEEP_ALL
from tests.strategies import IMEI, damaged
from tests.table import rows

pytestmark = pytest.mark.core

KEY = PseudonymKey(bytes(range(32)))
NOW_S = 1_750_000_000
GRAMMAR = codec4.grammar()
STEP = 180 / (2**20 - 1)  # degrees between two places that can be told apart

_PLACES = st.builds(
    HourlyPlace, st.floats(-90, 90), st.floats(-180, 180), st.integers(0, 255)
)  # fmt: skip
_NEAR = st.builds(
    HourlyPlace, st.floats(52.3, 52.4), st.floats(-4.9, -4.8), st.integers(0, 255)
)  # fmt: skip
HOURS = st.lists(st.none() | _PLACES | _NEAR, min_size=1, max_size=24)
STARTS = st.integers(codec4.EPOCH_S, codec4.EPOCH_S + (1 << 35) - 1)


def bits_of(data: bytes) -> list[int]:
    """Every bit in the order in which they are sent."""
    return [byte >> place & 1 for byte in data for place in range(8)]


def read(data: bytes) -> tuple[int, list[tuple[float, float, int] | None]]:
    """Start and places by the letter of the description, a bit at a time."""
    stream = iter(bits_of(data))

    def number(count: int) -> int:
        return int("".join(str(next(stream)) for _ in range(count))[::-1], 2)

    assert number(8) == 4
    start, found, raw = number(35), [], (0, 0)
    for _ in range(number(5)):
        if not number(1):
            found.append(None)
            continue
        if number(1):
            raw = raw[0] - number(14) + 8191, raw[1] - number(14) + 8191
        else:
            raw = number(21), number(20)
        where = raw[0] * 360 / (2**21 - 1) - 180, raw[1] * 180 / (2**20 - 1) - 90
        found.append((where[1], where[0], number(8)))
    return start, found


def decoded(message: bytes, **options: Any) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    options = {"policy": KEEP_ALL, "key": KEY, "input_format": "sms", **options}
    found = rows(gpsproto.decode(message.hex().encode(), balance=balance, **options))
    assert balance.discrepancies() == []
    return found, balance


@given(STARTS, HOURS, st.booleans())
def test_what_is_built_is_what_an_independent_reader_reads(
    start: int, places: list[HourlyPlace | None], differences: bool
) -> None:
    message = sms24(IMEI, start, places, differences=differences)
    assert int.from_bytes(message[-8:], "big") == int(IMEI)
    seconds, found = read(message[:-8])
    assert seconds + codec4.EPOCH_S == start
    for place, other in zip(places, found, strict=True):
        assert (place is None) is (other is None)
        if place is not None and other is not None:
            assert other == pytest.approx(place, abs=STEP / 2 + 1e-9)


@given(STARTS, HOURS)
def test_what_is_built_is_what_comes_out(start: int, places: list[HourlyPlace | None]) -> None:
    message = sms24(IMEI, start, places)
    found, balance = decoded(message)
    _, expected = read(message[:-8])
    assert balance.rejected == {}
    assert len(found) == len(places)
    for hour, (row, place) in enumerate(zip(found, expected, strict=True)):
        when = datetime.fromtimestamp(0, UTC) + timedelta(seconds=start, hours=hour)
        if when.year < 9999:
            assert row["time"].replace(tzinfo=UTC) == when
        assert row["fix"] is (place is not None)
        assert row.get("priority") is None
        assert row.get("altitude_m") is row.get("course_deg") is None
        if place is None:
            assert row.get("latitude") is row.get("speed_kmh") is None
            assert row["satellites"] == 0
            continue
        assert (row["latitude"], row["longitude"]) == pytest.approx(place[:2], abs=1e-7)
        assert row.get("speed_kmh") == (None if place[2] == 255 else place[2])


@given(STARTS, HOURS, st.booleans())
def test_the_grammar_writes_the_same_bytes_again(
    start: int, places: list[HourlyPlace | None], differences: bool
) -> None:
    body = sms24(IMEI, start, places, differences=differences)[:-8]
    assert GRAMMAR.build(GRAMMAR.parse(body)) == body


def test_the_clock_begins_with_the_year_2000_two_hours_east() -> None:
    found, _ = decoded(sms24(IMEI, codec4.EPOCH_S, [None]))
    assert found[0]["time"] == datetime(1999, 12, 31, 22, tzinfo=found[0]["time"].tzinfo)


def test_24_places_near_each_other_fit_into_an_sms() -> None:
    trip = [HourlyPlace(52.3 + n / 1000, -4.9 + n / 1000, n) for n in range(24)]
    assert len(sms24(IMEI, NOW_S, trip)) <= 140 < len(sms24(IMEI, NOW_S, trip, differences=False))


def test_an_hour_without_fix_is_a_record_without_a_place(engine: Engine) -> None:
    found, balance = decoded(sms24(IMEI, NOW_S, [HourlyPlace(52, 4), None, HourlyPlace(53, 4)]))
    assert [row["fix"] for row in found] == [True, False, True]
    assert [row["time"].hour for row in found] == [15, 16, 17]
    assert balance.records == 3


def test_a_difference_is_to_the_last_place_that_there_was(engine: Engine) -> None:
    found, _ = decoded(
        sms24(IMEI, NOW_S, [HourlyPlace(-33.5, -70.6), None, HourlyPlace(-33.6, -70.5)])
    )
    assert found[2]["latitude"] == pytest.approx(-33.6, abs=1e-4)
    assert found[2]["longitude"] == pytest.approx(-70.5, abs=1e-4)


def body_of(*elements: dict[str, Any]) -> bytes:
    return bytes(GRAMMAR.build({"seconds": 0, "elements": elements}))


def element(is_difference: int, longitude: int, latitude: int) -> dict[str, Any]:
    where = {"longitude": longitude, "latitude": latitude}
    return {"valid": 1, "place": {"is_difference": is_difference, "where": where, "speed": 9}}


def test_a_difference_to_nothing_is_one_to_zero() -> None:
    found, _ = decoded(body_of(element(1, 0, 0)) + int(IMEI).to_bytes(8, "big"))
    assert found[0]["longitude"] == pytest.approx(8191 * 360 / (2**21 - 1) - 180, abs=1e-7)
    assert found[0]["latitude"] == pytest.approx(8191 * 180 / (2**20 - 1) - 90, abs=1e-7)


def test_a_difference_that_leads_out_of_the_world_is_no_place_and_the_next_goes_on() -> None:
    near = element(1, 0, 0)
    found, _ = decoded(
        body_of(element(1, 16_383, 16_383), near, near) + int(IMEI).to_bytes(8, "big")
    )
    assert [row["fix"] for row in found] == [False, False, True]
    assert found[2]["longitude"] == pytest.approx(8190 * 360 / (2**21 - 1) - 180, abs=1e-7)


@pytest.mark.parametrize("raw", [(0, 0), (2**21 - 1, 2**20 - 1)])
def test_the_ends_of_the_world_are_places(raw: tuple[int, int]) -> None:
    found, _ = decoded(body_of(element(0, *raw)) + int(IMEI).to_bytes(8, "big"))
    assert abs(found[0]["longitude"]) == 180
    assert abs(found[0]["latitude"]) == 90


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (lambda b: b[:-1], ErrorCode.TRUNCATED, None),
        (lambda b: b + b"\0", ErrorCode.TRAILING_BYTES, None),
        (lambda b: b[:5], ErrorCode.TRUNCATED, 13),
        (lambda b: b[:5] + bytes([b[5] & 7]) + b[6:], ErrorCode.NO_RECORDS, 5),
    ],
)
def test_a_wrong_body_is_named_by_code_and_byte(
    change: Any, code: ErrorCode, at: int | None, engine: Engine
) -> None:
    good = sms24(IMEI, NOW_S, [HourlyPlace(52, 4), HourlyPlace(53, 5)])
    found, balance = decoded(change(good[:-8]) + good[-8:])
    assert found == []
    assert list(balance.rejected) == [code]
    if at is not None:
        assert [where for *_, where in balance.first_rejected] == [at]


def test_a_tcp_frame_of_this_codec_gives_no_more_records_than_it_announces() -> None:
    body = sms24(IMEI, codec4.EPOCH_S, [None] * 8)[:-8]
    assert body[1] == 0
    balance = Balance()
    framed_twice = framed(body + body[1:2]) + tcp_frame(8, [gpsproto.build.Record(1)])
    assert len(rows(gpsproto.decode(framed_twice, balance=balance, input_format="stream"))) == 1
    assert balance.rejected.total() == 1
    assert balance.discrepancies() == []


@given(STARTS, HOURS, st.data())
def test_every_prefix_and_every_damaged_body_is_rewritten_or_refused(
    start: int, places: list[HourlyPlace | None], more: st.DataObject
) -> None:
    body = sms24(IMEI, start, places)[:-8]
    for size in range(len(body)):
        assert isinstance(codec4.rewritten(memoryview(body[:size])), Refused)
    broken = more.draw(damaged(body))
    found = codec4.rewritten(memoryview(broken))
    if isinstance(found, Rewriting):
        assert found.rows == GRAMMAR.parse(b"\x04" + broken[1:]).count
    elif found.code in (ErrorCode.TRUNCATED, ErrorCode.TRAILING_BYTES):
        with pytest.raises(construct.ConstructError):
            GRAMMAR.parse(b"\x04" + broken[1:])
