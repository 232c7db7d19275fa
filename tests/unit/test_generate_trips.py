from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Fleet, Record
from gpsproto.build.draws import Draws, below, under
from gpsproto.build.identities import MOST, Identities, with_check_digit
from gpsproto.build.trips import EARTH_RADIUS_M, Motion, Trips
from gpsproto.identity import DeviceId

pytestmark = pytest.mark.once

INTERVALS = [1_000, 10_000, 60_000, 600_000, 3_600_000]
KINDS = ["driving", "walking", "mixed"]


def motion(
    seed: int, devices: int, steps: int, interval_ms: int = 10_000, trip: Any = "mixed"
) -> Motion:
    trips = Trips(
        Draws(seed), 0, devices, trip=trip, begins_ms=np.full(devices, 1_750_000_000_000),
        interval_ms=interval_ms,
    )  # fmt: skip
    return trips.go(0, devices, 0, steps)


def steps_of(made: Motion) -> Iterator[tuple[int, int, int]]:
    """A device, a record of it, and the next one."""
    devices, steps = made.time_ms.shape
    return ((d, a, b) for d in range(devices) for a, b in pairwise(range(steps)))


def metres(made: Motion, device: int, one: int, other: int) -> tuple[float, float]:
    """Distance in metres, and the course in degrees, from one place to another on a sphere."""
    lat = [math.radians(made.latitude_e7[device, at] / 1e7) for at in (one, other)]
    lon = [math.radians(made.longitude_e7[device, at] / 1e7) for at in (one, other)]
    half = math.sin((lat[1] - lat[0]) / 2) ** 2
    half += math.cos(lat[0]) * math.cos(lat[1]) * math.sin((lon[1] - lon[0]) / 2) ** 2
    east = (lon[1] - lon[0]) * math.cos(sum(lat) / 2)
    course = math.degrees(math.atan2(east, lat[1] - lat[0])) % 360
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(half)), course


@given(st.integers(0, 999), st.sampled_from(INTERVALS), st.sampled_from(KINDS))
def test_places_are_as_far_apart_as_the_speed_says(seed: int, interval: int, trip: str) -> None:
    made = motion(seed, 3, 80, interval, trip)
    for device, one, other in steps_of(made):
        far, course = metres(made, device, one, other)
        meant = made.speed_kmh[device, other] * interval / 3_600
        # a place is rounded to a centimetre; far steps bend with the meridians
        assert abs(far - meant) < 0.02 + meant * 0.01
        if meant > 20:
            turned = (course - made.course_deg[device, other] + 180) % 360 - 180
            assert abs(turned) < 1


@given(st.integers(0, 999), st.sampled_from(INTERVALS), st.sampled_from(KINDS))
def test_who_moves_has_speed_ignition_and_a_fix(seed: int, interval: int, trip: str) -> None:
    made = motion(seed, 4, 100, interval, trip)
    assert (made.moving == (made.speed_kmh > 0)).all()
    assert (made.ignition[made.moving == 1] == 1).all()
    assert (made.satellites[made.moving == 1] >= 4).all()
    assert (made.course_deg[made.moving == 0] == 0).all()
    assert ((made.course_deg >= 0) & (made.course_deg < 360)).all()
    assert (abs(made.altitude_m) < 1_000).all()
    assert (abs(made.latitude_e7) < 850_000_000).all()
    assert (abs(made.longitude_e7) < 1_800_000_000).all()


@given(st.integers(0, 999))
def test_a_change_of_the_ignition_is_told_by_the_record_that_has_it(seed: int) -> None:
    made = motion(seed, 3, 300)
    changed = made.ignition[:, 1:] != made.ignition[:, :-1]
    assert (made.ignition_changes[:, 1:] == changed).all()


@pytest.mark.parametrize(("trip", "least", "most"), [("driving", 12, 128), ("walking", 3, 6)])
def test_trips_look_like_driving_or_like_walking(trip: str, least: int, most: int) -> None:
    made = motion(5, 12, 600, trip=trip)
    speeds = made.speed_kmh[made.moving == 1]
    assert speeds.max() <= most
    assert np.median(speeds) >= least
    for device in range(12):
        starts = np.diff(made.moving[device]) == 1
        assert starts.sum() >= 2, "it starts more than once"
        assert (made.speed_kmh[device] == 0).sum() > 60, "it stands, too"
        # it speeds up and slows down: no step from standing to full speed
        assert made.speed_kmh[device][1:][starts].max() <= most // 2 + 1


def test_a_device_comes_back_to_where_it_began() -> None:
    made = motion(3, 20, 3_000, 60_000, "driving")
    for device in range(20):
        home = (made.latitude_e7[device, 0], made.longitude_e7[device, 0])
        if made.moving[device, 0]:
            continue
        places = list(zip(made.latitude_e7[device], made.longitude_e7[device], strict=True))
        left = next(n for n, place in enumerate(places) if place != home)
        assert home in places[left:]


@given(st.integers(0, 999), st.integers(1, 40))
def test_a_trip_does_not_hang_on_how_it_is_cut(seed: int, cut: int) -> None:
    whole = motion(seed, 3, 60)
    trips = Trips(
        Draws(seed), 0, 3, trip="mixed", begins_ms=np.full(3, 1_750_000_000_000),
        interval_ms=10_000,
    )  # fmt: skip
    parts = [
        [trips.go(device, 1, at, size) for at, size in ((0, cut), (cut, 60 - cut))]
        for device in range(3)
    ]
    for name in Motion.__slots__[1:]:
        joined = np.concatenate(
            [np.concatenate([getattr(part, name) for part in row], axis=1) for row in parts]
        )
        assert (joined == getattr(whole, name)).all(), name


@given(st.integers(0, 999))
def test_odometers_add_up_the_way(seed: int) -> None:
    made = motion(seed, 3, 400)
    driven = made.speed_kmh * 10_000 // 3_600
    assert (np.diff(made.odometer_m, axis=1) == driven[:, 1:]).all()
    begins = made.trip_m[:, 1:] < made.trip_m[:, :-1]
    assert (np.diff(made.trip_m, axis=1)[~begins] == driven[:, 1:][~begins]).all()
    assert (made.trip_m[:, 1:][begins] == driven[:, 1:][begins]).all()


def test_devices_make_their_records_at_times_of_their_own() -> None:
    fleet = Fleet(devices=5, records=50, start_ms=1_750_000_000_000, interval_ms=10_000)
    times: dict[int, list[int]] = {}
    for device, one in fleet.meant():
        assert isinstance(one, Record)
        times.setdefault(device, []).append(one.timestamp_ms)
    assert [found[0] - 1_750_000_000_000 for found in times.values()] == [
        0, 2_000, 4_000, 6_000, 8_000,
    ]  # fmt: skip
    assert all(b - a == 10_000 for found in times.values() for a, b in pairwise(found))


@given(st.integers(0, 1 << 64), st.lists(st.integers(0, MOST - 1), unique=True, min_size=2))
def test_no_two_devices_share_an_identifier(seed: int, devices: list[int]) -> None:
    names = Identities(seed)
    assert len({names.imei(device) for device in devices}) == len(devices)
    assert len({names.watch_id(device) for device in devices}) == len(devices)


@given(st.integers(0, 1 << 64), st.integers(0, MOST - 1))
def test_an_imei_is_one_of_tests_and_its_check_digit_fits(seed: int, device: int) -> None:
    imei = Identities(seed).imei(device)
    assert imei.startswith("00101")
    assert DeviceId(imei.encode()).luhn_valid
    assert Identities(seed).watch_id(device) == imei[4:14]


def test_a_check_digit_is_that_of_a_published_example() -> None:
    assert with_check_digit("49015420323751") == "490154203237518"


def test_more_devices_than_there_are_identifiers_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        Identities(0).imei(MOST)


@given(st.integers(0, 1 << 64), st.integers(1, 65_536))
def test_draws_spread_over_what_was_asked_for(seed: int, limit: int) -> None:
    drawn = below(Draws(seed)("spread", np.arange(4_000)), 2, limit)
    assert drawn.min() >= 0
    assert drawn.max() < limit
    assert abs(drawn.mean() - (limit - 1) / 2) < limit / 20 + 1


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.5, 1.0])
def test_as_many_fall_under_a_rate_as_it_says(rate: float) -> None:
    share = under(Draws(1)("share", np.arange(100_000)), rate).mean()
    assert abs(share - rate) < 0.01
    assert share in (0, 1) or 0 < rate < 1
