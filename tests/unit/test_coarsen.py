"""The arithmetic that takes detail out."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.privacy.coarsen import METRES_PER_DEGREE, Growth, bucketed, floored, grid

LATITUDES = st.integers(-900_000_000, 900_000_000)
LONGITUDES = st.integers(-1_800_000_000, 1_800_000_000)
GRIDS = st.sampled_from([50, 100, 500, 1_000, 5_000, 50_000, 200_000])


def cell(latitude: int, longitude: int, grid_m: int) -> tuple[int, int]:
    found = grid(np.array([latitude], np.int32), np.array([longitude], np.int32), grid_m)
    return int(found[0][0]), int(found[1][0])


def metres(one: tuple[int, int], other: tuple[int, int]) -> float:
    """The distance on the sphere (haversine)."""
    (lat1, lon1), (lat2, lon2) = ([math.radians(v / 1e7) for v in place] for place in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2
    half += math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * math.degrees(math.asin(min(1, math.sqrt(half)))) * METRES_PER_DEGREE


@given(LATITUDES, LONGITUDES, GRIDS)
def test_a_place_is_moved_less_than_a_cell(latitude: int, longitude: int, grid_m: int) -> None:
    # half a diagonal, and what a band is wider at the edge that is nearer to the equator; in the
    # last bands a cell is a slice of the cap
    assert metres((latitude, longitude), cell(latitude, longitude, grid_m)) <= 1.2 * grid_m


@given(LATITUDES, LONGITUDES, GRIDS)
def test_the_middle_of_a_cell_stays_where_it_is(latitude: int, longitude: int, grid_m: int) -> None:
    middle = cell(latitude, longitude, grid_m)
    assert cell(*middle, grid_m) == middle


@given(LATITUDES, GRIDS)
def test_the_date_line_is_one_meridian(latitude: int, grid_m: int) -> None:
    assert cell(latitude, 1_800_000_000, grid_m) == cell(latitude, -1_800_000_000, grid_m)


@pytest.mark.parametrize("grid_m", [500, 5_000])
@pytest.mark.parametrize("latitude_deg", [0, 30, 52, 65, 75, 85])
def test_cells_are_as_wide_in_metres_at_any_latitude(grid_m: int, latitude_deg: int) -> None:
    step = 100  # 1e-5 degrees
    longitudes = np.arange(40_000_000, 60_000_000, step, dtype=np.int32)
    latitudes = np.full(len(longitudes), latitude_deg * 10_000_000, np.int32)
    middles, longitudes = grid(latitudes, longitudes, grid_m)
    found = np.diff(np.unique(longitudes)) / 1e7
    wide = found * METRES_PER_DEGREE * math.cos(math.radians(middles[0] / 1e7))
    assert (wide >= grid_m - 1).all()
    assert (wide <= 1.02 * grid_m).all()


@given(LATITUDES, LONGITUDES, GRIDS)
def test_what_leaves_is_a_place(latitude: int, longitude: int, grid_m: int) -> None:
    found = cell(latitude, longitude, grid_m)
    assert abs(found[0]) <= 900_000_000
    assert -1_800_000_000 <= found[1] < 1_800_000_000


def test_a_hundred_reports_of_one_house_are_one_place() -> None:
    random = np.random.default_rng(7)
    inside = random.integers(-300, 300, (2, 100))  # 30 m around
    latitude, longitude = cell(521_234_567, 51_234_567, 5_000)
    found = grid(
        (latitude + inside[0]).astype(np.int32), (longitude + inside[1]).astype(np.int32), 5_000
    )
    assert len({*zip(*(values.tolist() for values in found), strict=True)}) == 1


@given(
    st.integers(0, 253_402_300_799_999), st.sampled_from([1_000, 900_000, 3_600_000, 86_400_000])
)
def test_a_time_is_rounded_down_to_a_step(time_ms: int, step_ms: int) -> None:
    found = int(floored(np.array([time_ms]), step_ms)[0])
    assert found % step_ms == 0
    assert 0 <= time_ms - found < step_ms


@given(
    st.lists(st.floats(-1e9, 1e9), min_size=1),
    st.lists(st.integers(-(10**6), 10**6), min_size=1, unique=True),
)
def test_a_number_becomes_the_greatest_bound_that_is_not_above_it(
    values: list[float], bounds: list[int]
) -> None:
    bounds.sort()
    found = bucketed(np.array(values), bounds).tolist()
    assert found == [
        max((bound for bound in bounds if bound <= value), default=bounds[0]) for value in values
    ]


def grown(growth: Growth, who: list[int], days: list[int], values: list[int]) -> list[int]:
    whose = list(dict.fromkeys(zip(who, days, strict=True)))
    places = [whose.index(pair) for pair in zip(who, days, strict=True)]
    named = [("abc"[one], day) for one, day in whose]
    found = growth.of((16, 4), named, np.array(places, np.uint16), np.array(values, np.int64))
    return found.tolist()


def expected(who: list[int], days: list[int], values: list[int]) -> list[int]:
    """The same, one record after the other."""
    seen: dict[tuple[int, int], tuple[int, int]] = {}
    out = []
    for key, value in zip(zip(who, days, strict=True), values, strict=True):
        if value:
            first, peak = seen.get(key, (value, value))
            seen[key] = first, max(peak, value)
        first, peak = seen.get(key, (0, 0))
        out.append(peak - first)
    return out


COUNTS = st.just(0) | st.integers(1, 40) | st.integers(1, 2**40)
ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 3), COUNTS), max_size=40)


@given(ROWS)
def test_what_a_counter_has_grown_is_counted_from_the_days_first_record(
    rows: list[tuple[int, int, int]],
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    assert grown(Growth(), *columns) == expected(*columns)


@given(ROWS, st.integers(0, 40))
def test_it_is_the_same_in_one_batch_and_in_two(rows: list[tuple[int, int, int]], cut: int) -> None:
    growth = Growth()
    found = []
    for part in (rows[:cut], rows[cut:]):
        found += grown(growth, *([list(c) for c in zip(*part, strict=True)] or [[], [], []]))
    assert found == grown(Growth(), *([list(c) for c in zip(*rows, strict=True)] or [[], [], []]))


@given(ROWS, st.integers(0, 2**62))
def test_the_height_of_a_counter_does_not_show(
    rows: list[tuple[int, int, int]], height: int
) -> None:
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    lifted = [value and value + height for value in columns[2]]
    assert grown(Growth(), *columns) == grown(Growth(), columns[0], columns[1], lifted)


def test_within_a_day_it_never_falls() -> None:
    found = grown(Growth(), [0] * 6, [1] * 6, [100, 120, 5, 9, 3, 130])
    assert found == [0, 20, 20, 20, 20, 30]
    assert all(one <= other for one, other in pairwise(found))


@pytest.mark.parametrize("values", [[912_345, 0, 912_345], [0, 912_345], [0, 0, 912_345, 912_345]])
def test_a_counter_that_says_nothing_for_a_while_does_not_show_its_height(
    values: list[int],
) -> None:
    assert set(grown(Growth(), [0] * len(values), [1] * len(values), values)) == {0}


def test_what_comes_out_of_order_is_not_counted_twice() -> None:
    assert grown(Growth(), [0] * 4, [1] * 4, [1_000, 1_055, 1_000, 1_055]) == [0, 55, 55, 55]


def test_no_count_is_too_great() -> None:
    growth, most = Growth(), 2**63 - 1
    for _ in range(3):
        assert grown(growth, [0] * 4, [1] * 4, [1, most, 2, most])[-1] == most - 1
    assert grown(growth, [1] * 2, [1] * 2, [-(2**63), most]) == [0, most]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gpsproto.privacy.coarsen._COUNTERS", 3)
    growth = Growth()
    for day in range(10):
        grown(growth, [0], [day], [day + 1])
    assert repr(growth) == "Growth(3 counters)"
