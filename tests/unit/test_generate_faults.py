from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Counts, Faults, Fleet
from gpsproto.errors import ErrorCode
from tests.generated import column, decoded, dump, fleets

pytestmark = pytest.mark.once

FRAMES = 2_000
RATE = 0.05


def made(kind: Any = "teltonika", form: Any = "bin", **faults: float) -> tuple[bytes, Counts]:
    counts = Counts()
    fleet = Fleet(devices=8, frames=FRAMES, kind=kind, layout="basic", faults=Faults(**faults))
    return b"".join(fleet.written(form, counts)), counts


def near(count: int, rate: float = RATE, of: int = FRAMES) -> bool:
    return abs(count - rate * of) < 4 * (rate * of) ** 0.5


def test_a_bad_crc_is_rejected_as_one_and_costs_nothing_else() -> None:
    data, counts = made(bad_crc=RATE)
    _, balance = decoded(data)
    assert near(counts.bad_crc)
    assert dict(balance.rejected) == {ErrorCode.BAD_CRC: counts.bad_crc}
    assert not balance.bytes_skipped
    assert balance.records == FRAMES - counts.bad_crc


@pytest.mark.parametrize("kind", ["teltonika", "watch"])
def test_a_repeated_frame_decodes_twice(kind: str) -> None:
    data, counts = made(kind, duplicates=RATE)
    found, balance = decoded(data)
    assert near(counts.repeated)
    assert balance.frames == FRAMES + counts.repeated + counts.links
    assert not balance.rejected
    both = list(zip(column(found, "subject"), column(found, "time"), strict=True))
    assert len(both) - len(set(both)) == counts.repeated


@pytest.mark.parametrize("kind", ["teltonika", "watch"])
def test_a_frame_that_breaks_off_is_no_frame_and_costs_nothing_else(kind: str) -> None:
    data, counts = made(kind, truncated=RATE)
    _, balance = decoded(data)
    assert near(counts.truncated)
    assert balance.frames == FRAMES - counts.truncated + counts.links
    assert 0 < sum(balance.rejected.values()) <= counts.truncated
    assert counts.logins == (8 + counts.truncated if kind == "teltonika" else 0)


@pytest.mark.parametrize("kind", ["teltonika", "watch"])
def test_noise_is_skipped_byte_for_byte(kind: str) -> None:
    data, counts = made(kind, noise=RATE)
    _, balance = decoded(data)
    assert near(counts.noise)
    assert balance.frames == FRAMES + counts.links
    assert sum(balance.bytes_skipped.values()) == counts.noise_bytes > counts.noise
    assert not balance.rejected


@pytest.mark.parametrize("kind", ["teltonika", "watch"])
def test_a_wrong_clock_shows_a_time_long_ago(kind: str) -> None:
    data, counts = made(kind, clock_errors=RATE)
    found, balance = decoded(data)
    assert near(counts.clock_errors)
    assert balance.frames == FRAMES + counts.links
    times = [time for time in column(found, "time") if time is not None]
    assert len(times) == FRAMES
    assert sum(time < np.datetime64("2010-01-01") for time in times) == counts.clock_errors
    assert column(found, "clock_suspect").count(True) == counts.clock_errors


@pytest.mark.parametrize("kind", ["teltonika", "watch"])
def test_reads_that_are_cut_hold_the_same_bytes(kind: str) -> None:
    whole, _ = made(kind, "hex")
    cut, counts = made(kind, "hex", split=RATE)
    assert near(counts.split)
    lines = cut.splitlines()
    assert len(lines) >= len(whole.splitlines()) + counts.split
    assert b"".join(lines) == b"".join(whole.splitlines())
    assert decoded(cut)[1].frames == decoded(whole)[1].frames


RATES = st.sampled_from([0.0, 0.05, 0.2])


@given(fleets(), RATES, RATES, RATES, RATES, RATES, st.sampled_from(["bin", "hex"]))
def test_whatever_goes_wrong_nothing_intact_is_lost(
    fleet: Fleet, bad: float, cut: float, twice: float, noise: float, clock: float, form: Any
) -> None:
    faults = Faults(bad, cut, twice, noise, clock, 0.3)
    if fleet.kind == "watch" or fleet.transport == "udp":
        faults = replace(faults, bad_crc=0.0)
    if fleet.transport == "udp":
        form, faults = "hex", replace(faults, split=0.0)
    if form == "bin":
        faults = replace(faults, split=0.0)
    fleet, counts = replace(fleet, faults=faults), Counts()
    _, balance = decoded(b"".join(fleet.written(form, counts)))
    assert (balance.frames, balance.records) == (counts.frames_intact, counts.records_intact)


@given(fleets(kind="teltonika", transport="tcp"), RATES, RATES)
def test_after_any_fault_a_record_is_still_its_own_device_s(
    fleet: Fleet, bad: float, cut: float
) -> None:
    plain = column(decoded(dump(fleet))[0], "subject")
    faulty = replace(fleet, faults=Faults(bad_crc=bad, truncated=cut, noise=0.1))
    found, _ = decoded(dump(faulty))
    pairs = set(zip(column(found, "time"), column(found, "subject"), strict=True))
    assert pairs <= set(zip(column(decoded(dump(fleet))[0], "time"), plain, strict=True))


def test_without_faults_nothing_goes_wrong() -> None:
    _, balance = decoded(made("mixed")[0])
    assert not balance.rejected
    assert not balance.bytes_skipped or set(balance.bytes_skipped) <= {ErrorCode.BETWEEN_FRAMES}


@pytest.mark.parametrize("name", Faults.__slots__)
@pytest.mark.parametrize("rate", [-0.1, 1.1, float("nan")])
def test_a_rate_that_is_none_is_refused(name: str, rate: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Faults(**{name: rate})


def test_more_faults_than_frames_are_refused() -> None:
    Faults(bad_crc=0.1, truncated=0.2, duplicates=0.7)
    with pytest.raises(ValueError, match="add up"):
        Faults(bad_crc=0.6, truncated=0.6)


@pytest.mark.parametrize(
    ("transport", "faults"),
    [("tcp", Faults(split=0.1)), ("udp", Faults(noise=0.1)), ("udp", Faults(truncated=0.1))],
)
def test_a_binary_file_refuses_what_it_cannot_show(transport: Any, faults: Faults) -> None:
    fleet = Fleet(records=99, transport=transport, faults=faults)
    with pytest.raises(ValueError, match="does not tell"):
        fleet.written("bin")
    assert dump(fleet, "hex")
