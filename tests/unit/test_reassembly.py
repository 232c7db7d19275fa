"""TCP segments in order, whatever came twice, late, cut or not at all."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.captures.reassembly import AHEAD, HELD, Reassembly, Run, Segment, distance

pytestmark = pytest.mark.once

TURN = 1 << 32
SEQUENCES = st.sampled_from([0, 1, TURN - 1, TURN - 5, TURN // 2, 12345]) | st.integers(0, TURN - 1)


def segment(data: bytes, start: int, at: int, size: int) -> Segment:
    return Segment((start + at) % TURN, data[at : at + size], len(data[at : at + size]))


@st.composite
def sent(draw: st.DrawFn) -> tuple[bytes, int, list[list[Segment]]]:
    """A stream, the number of its first byte, and its segments in batches: overlapping, shuffled."""
    data = draw(st.binary(min_size=1, max_size=300))
    start = draw(SEQUENCES)
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=8))
    bounds = sorted({0, len(data), *cuts})
    found = [segment(data, start, at, end - at) for at, end in pairwise(bounds)]
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(data) - 1))
        found.append(segment(data, start, at, draw(st.integers(1, 60))))
    found = draw(st.permutations(found))
    cut = draw(st.integers(0, len(found)))
    return data, start, [found[:cut], found[cut:]]


@given(sent())
def test_segments_in_any_order_twice_and_overlapping_are_the_stream(
    stream: tuple[bytes, int, list[list[Segment]]],
) -> None:
    data, start, batches = stream
    taking = Reassembly()
    assert taking.begin(start)
    runs = [run for batch in batches for run in taking.take(batch)]
    assert b"".join(run.data for run in runs) == data
    assert all(run.lost == 0 for run in runs)
    assert taking.held == 0
    assert taking.next == (start + len(data)) % TURN


@given(sent(), st.data())
def test_what_is_missing_is_told_with_its_size_and_all_else_is_there(
    stream: tuple[bytes, int, list[list[Segment]]], more: st.DataObject
) -> None:
    data, start, batches = stream
    every = [one for batch in batches for one in batch]
    kept = [one for one in every if more.draw(st.booleans())]
    there = bytearray(len(data))
    for one in kept:
        at = distance(one.sequence, start)
        there[at : at + len(one.data)] = b"\1" * len(one.data)
    taking = Reassembly()
    taking.begin(start)
    runs = [*taking.take(kept), *taking.take([], flush=True)]
    told = bytearray()
    for run in runs:
        told += bytes(run.lost) + b"\1" * len(run.data)
    assert bytes(told) == bytes(there).rstrip(b"\0")
    assert b"".join(run.data for run in runs) == bytes(
        byte for byte, is_there in zip(data, there, strict=True) if is_there
    )
    assert taking.held == 0


@given(st.binary(min_size=2, max_size=50), SEQUENCES)
def test_a_stream_that_is_joined_late_begins_at_the_first_byte_of_its_batch(
    data: bytes, start: int
) -> None:
    taking = Reassembly()
    runs = taking.take([segment(data, start, 1, 50), segment(data, start, 0, 1)])
    assert runs == [Run(0, data)]


def test_a_probe_of_a_byte_that_was_sent_says_nothing() -> None:
    taking = Reassembly()
    taking.begin(1000)
    taking.take([Segment(1000, b"abc", 3)])
    assert taking.take([Segment(1002, b"\0", 1)]) == []
    assert taking.take([Segment(1003, b"d", 1)]) == [Run(0, b"d")]


def test_a_segment_that_was_cut_off_by_the_capture_is_not_waited_for() -> None:
    taking = Reassembly()
    taking.begin(0)
    runs = taking.take([Segment(0, b"abc", 10), Segment(10, b"xyz", 3)])
    assert runs == [Run(0, b"abc"), Run(7, b"xyz")]


def test_what_waits_behind_a_gap_is_bounded_and_nothing_of_it_is_lost() -> None:
    taking = Reassembly()
    taking.begin(0)
    told = 0
    for number in range(3 * HELD // 1000):
        runs = taking.take([Segment(1000 + 1000 * number, bytes(1000), 1000)])
        told += sum(len(run.data) for run in runs)
        assert taking.held <= HELD
    told += sum(len(run.data) for run in taking.take([], flush=True))
    assert told == 1000 * (3 * HELD // 1000)


def test_what_was_sent_twice_behind_a_gap_is_held_once() -> None:
    taking = Reassembly()
    taking.begin(0)
    for _ in range(1000):
        taking.take([Segment(5, b"abc", 3), Segment(6, b"b", 1)])
    assert taking.held < 200


@pytest.mark.parametrize("away", [AHEAD + 1, -AHEAD - 1])
def test_a_segment_far_from_its_stream_does_not_move_it(away: int) -> None:
    taking = Reassembly()
    taking.begin(100)
    assert taking.take([Segment((100 + away) % TURN, b"far", 3)]) == []
    assert [bytes(one.data) for one in taking.strays] == [b"far"]
    assert taking.take([Segment(100, b"near", 4)], flush=True) == [Run(0, b"near")]


def test_an_opening_that_comes_late_is_that_of_the_stream_and_another_is_not() -> None:
    taking = Reassembly()
    taking.take([Segment(500, b"abc", 3)])
    assert taking.begin(500)
    assert not taking.begin(1 << 30)
