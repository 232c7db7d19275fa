"""Watch positions from memory to FilteredBatch, filter on; and the limits of the same run beside it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from data import keep_all, read, watch_frames

import gpsproto
from gpsproto import Policy
from gpsproto.wire.bracket import BracketFramer

REPEATS = 50
LIMIT = "watch_limit_splitting_the_same_bytes_at_commas"
POLICIES = {"tracking": lambda: Policy.load("tracking"), "keep-all": keep_all}


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("watches", [1, 1_000])
def test_watch_memory_to_batches(watches: int, policy: str, measure: Callable[..., None]) -> None:
    data = b"".join(watch_frames(watches)) * REPEATS
    rules = POLICIES[policy]()

    def decode() -> int:
        return sum(len(batch) for batch in gpsproto.decode(data, policy=rules))

    assert decode() == 4_000 * REPEATS
    measure(decode, "frames", size=len(data), limit=LIMIT)


def test_watch_memory_to_columns(measure: Callable[..., None]) -> None:
    data = b"".join(watch_frames(1_000)) * REPEATS

    def decode() -> int:
        frames = 0
        for batch in gpsproto.decode(data):
            read(batch)
            frames += len(batch)
        return frames

    measure(decode, "frames", size=len(data), limit=LIMIT)


@pytest.mark.parametrize("watches", [1, 1_000])
def test_watch_framing_alone(watches: int, measure: Callable[..., None]) -> None:
    data = b"".join(watch_frames(watches)) * REPEATS

    def scan() -> int:
        framer = BracketFramer(resync=True, rows=4096)
        frames = 0
        for at in range(0, len(data), 1 << 19):
            framer.receive(memoryview(data)[at : at + (1 << 19)])
            frames += sum(len(table) for table in framer.tables())
        return frames

    measure(scan, "frames", size=len(data), limit=LIMIT)


def test_watch_limit_copying_the_same_bytes(measure: Callable[..., None]) -> None:
    block = b"".join(watch_frames(1))

    def copy() -> int:
        bytearray(block)
        return 4_000

    measure(copy, "frames", rounds=50, size=len(block))


def test_watch_limit_splitting_the_same_bytes_at_commas(measure: Callable[..., None]) -> None:
    """The least that Python itself can do: the fields as bytes, none of them read."""
    block = watch_frames(1)

    def split() -> int:
        for frame in block:
            frame.split(b",")
        return 4_000

    measure(split, "frames", rounds=20)
