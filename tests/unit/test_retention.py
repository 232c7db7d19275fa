from __future__ import annotations

import calendar
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpsproto.privacy.retention import Period, horizon

EPOCH = date(1970, 1, 1)
DATES = st.dates(EPOCH, date(2200, 12, 31))
PERIODS = st.builds(Period, st.integers(0, 60), st.integers(0, 800))
DAY_MS = 86_400_000


def later(day: date, period: Period) -> date:
    """The expiry by the calendar, one day at a time of thinking."""
    month = day.month - 1 + period.months
    year, month = day.year + month // 12, month % 12 + 1
    last = calendar.monthrange(year, month)[1]
    return date(year, month, min(day.day, last)) + timedelta(days=period.days)


def number(day: date) -> int:
    return (day - EPOCH).days


def expiry(day: date, period: Period) -> date:
    found: date = period.expiry(np.array([number(day)])).tolist()[0]
    return found


@given(DATES, PERIODS)
@example(date(2024, 2, 29), Period(12, 0))
@example(date(2024, 2, 29), Period(48, 0))
@example(date(2023, 11, 30), Period(3, 0))
@example(date(2022, 11, 30), Period(3, 0))
@example(date(2099, 11, 30), Period(3, 0))
@example(date(2000, 1, 31), Period(1, 1))
@example(date(2025, 12, 31), Period(2, 0))
@example(date(2025, 12, 1), Period(1, 0))
def test_an_expiry_is_that_of_the_calendar(day: date, period: Period) -> None:
    assert expiry(day, period) == later(day, period)


@given(st.lists(DATES, max_size=40), PERIODS)
def test_days_expire_each_for_itself(days: list[date], period: Period) -> None:
    found = period.expiry(np.array([number(day) for day in days], np.int64))
    assert found.tolist() == [later(day, period) for day in days]


@given(DATES, st.integers(1, 31), st.integers(0, 60))
def test_a_later_record_never_expires_earlier(day: date, ahead: int, months: int) -> None:
    period = Period(months, 0)
    assert expiry(day, period) <= expiry(day + timedelta(days=ahead), period)


def test_three_months_are_89_to_92_days() -> None:
    days = np.arange(number(date(1970, 1, 1)), number(date(2200, 12, 31)) + 1)
    lasted = Period(3, 0).expiry(days).astype(np.int64) - days
    assert (lasted.min(), lasted.max()) == (89, 92)


EIGHT_YEARS = np.arange(number(date(2017, 1, 1)), number(date(2025, 1, 1)))


@pytest.mark.parametrize("days", [0, 45])
@pytest.mark.parametrize("months", range(37))
def test_least_days_is_the_fewest_it_can_last(months: int, days: int) -> None:
    period = Period(months, days)
    lasted = period.expiry(EIGHT_YEARS).astype(np.int64) - EIGHT_YEARS
    assert period.least_days == lasted.min()


@given(DATES, st.builds(Period, st.integers(0, 400), st.integers(0, 400)))
def test_no_period_lasts_less_than_its_least_days(day: date, period: Period) -> None:
    assert (expiry(day, period) - day).days >= period.least_days


TIMES = st.integers(-(10 * 365) * DAY_MS, number(date(2200, 12, 31)) * DAY_MS)


@st.composite
def times(draw: st.DrawFn) -> list[int]:
    """Unsorted times: of one day, of a few years, or of centuries."""
    first = draw(TIMES)
    span = draw(st.sampled_from([1, DAY_MS, 300 * DAY_MS, 4_095 * DAY_MS, 4_097 * DAY_MS]))
    near = st.integers(first, first + span)
    return draw(st.lists(near, max_size=30) | st.lists(near | TIMES, max_size=30))


@given(times(), PERIODS)
def test_times_expire_as_their_days_do(times_ms: list[int], period: Period) -> None:
    found = horizon((period,)).expiry(np.array(times_ms, np.int64))
    one_by_one = [later(EPOCH + timedelta(milliseconds=ms), period) for ms in times_ms]
    assert found.dtype == np.dtype("M8[D]")
    assert found.tolist() == one_by_one


@pytest.mark.parametrize(("offset", "day"), [(-1, 1), (0, 2), (DAY_MS - 1, 2), (DAY_MS, 3)])
def test_a_day_begins_at_midnight_utc(offset: int, day: int) -> None:
    midnight = number(date(2025, 3, 2)) * DAY_MS
    found = horizon((Period(0, 7),)).expiry(np.array([midnight + offset]))
    assert found.tolist() == [date(2025, 3, day + 7)]


@pytest.mark.parametrize(
    ("text", "period"),
    [
        ("P3M", Period(3, 0)),
        ("P7D", Period(0, 7)),
        ("P1Y", Period(12, 0)),
        ("P1Y2M3D", Period(14, 3)),
        ("P12M", Period(12, 0)),
        ("PT72H", Period(0, 3)),
        ("PT24H", Period(0, 1)),
        ("PT47H", Period(0, 1)),
        ("PT23H", Period(0, 0)),
        ("P1DT23H", Period(0, 1)),
        ("P0Y0M1D", Period(0, 1)),
        ("P007D", Period(0, 7)),
    ],
)
def test_a_duration_is_read_and_hours_are_rounded_down(text: str, period: Period) -> None:
    assert Period.parse(text) == period


@pytest.mark.parametrize(
    "text",
    [
        "", "P", "PT", "P0D", "PT0H", "P0Y0M0DT0H", "3M", "p3m", "P3m", "P-3M", "-P3M", "+P3M",
        "P3", "P3M ", " P3M", "P3M\n", "P 3M", "P3M2Y", "P1D1M", "P1.5M", "P1,5M", "P1W", "PT30M",
        "PT1S", "P1DT", "PM", "P1000Y", "P10000M", "P100000D", "P٣M", "P3MP3M",
    ],
)  # fmt: skip
def test_what_is_no_duration_is_not_read(text: str) -> None:
    assert Period.parse(text) is None


@given(st.text(max_size=12) | st.from_regex(r"P?[0-9YMDTH.\-]{0,10}", fullmatch=True))
def test_any_text_is_a_duration_or_none(text: str) -> None:
    found = Period.parse(text)
    assert found is None or (found.months >= 0 and found.days >= 0 and text[0] == "P")


@given(st.integers(0, 999), st.integers(0, 9_999), st.integers(0, 99_999), st.integers(0, 99_999))
def test_the_parts_of_a_duration_add_up(years: int, months: int, days: int, hours: int) -> None:
    period = Period.parse(f"P{years}Y{months}M{days}DT{hours}H")
    if years or months or days or hours:
        assert period == Period(12 * years + months, days + hours // 24)
    else:
        assert period is None


@given(
    day=st.dates(date(1970, 1, 1), date(2200, 1, 1)),
    periods=st.lists(
        st.sampled_from([Period(3, 0), Period(0, 90), Period(0, 89), Period(12, 0)]), min_size=1
    ),
)
def test_a_record_expires_with_the_first_of_its_periods(day: date, periods: list[Period]) -> None:
    ms = (day - date(1970, 1, 1)).days * 86_400_000
    times = np.array([ms, ms + 86_400_000])
    found, which = horizon(tuple(periods)).expiry(times), horizon(tuple(periods)).first(times)
    for number, shown in enumerate(found):
        days = np.array([(day - date(1970, 1, 1)).days + number])
        assert shown == min(period.expiry(days)[0] for period in periods)
        assert shown == periods[which[number]].expiry(days)[0]


def test_the_last_day_is_one_that_a_calendar_date_can_say() -> None:
    late = np.array([253_402_300_799_999])
    assert horizon((Period(3, 0),)).expiry(late)[0].item() == date(9999, 12, 31)
