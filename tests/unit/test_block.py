from __future__ import annotations

import gc
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.block import Block, Pool

POOLED = 1 << 16
SIZES = [8, 4_096, POOLED - 8, POOLED, POOLED + 8, 1 << 20]


def used(pool: Pool, size: int) -> np.ndarray[Any, Any]:
    """A frozen block whose every byte was written."""
    block = pool.block(size)
    block.cells8[:] = b"\xa5" * block.size
    block.dirty.append((0, block.size))
    return block.freeze()


def address(array: np.ndarray[Any, Any]) -> int:
    return int(array.__array_interface__["data"][0])


def where(block: Block) -> int:
    return address(np.frombuffer(block.cells8, np.uint8))


@pytest.mark.parametrize("size", SIZES)
def test_a_fresh_block_is_zero(size: int) -> None:
    block = Pool().block(size)
    assert block.size == size
    assert bytes(block.cells8) == bytes(size)


@given(st.integers(1, 3 * POOLED))
def test_a_block_is_a_multiple_of_eight_and_large_enough(size: int) -> None:
    block = Pool().block(size)
    assert size <= block.size < size + 8
    assert block.size % 8 == 0
    assert len(block.cells8) == block.size


@pytest.mark.parametrize("size", SIZES)
def test_the_views_of_a_block_show_the_same_bytes(size: int) -> None:
    block = Pool().block(size)
    block.cells64[0] = 0x0102030405060708
    block.cells8[size - 1] = 0xEE
    assert list(block.cells32[:2]) == list(np.frombuffer(block.cells8[:8], np.uint32))
    assert list(block.cells16[:4]) == list(np.frombuffer(block.cells8[:8], np.uint16))
    assert block.cells64[size // 8 - 1] >> 56 == 0xEE


@pytest.mark.parametrize("size", SIZES)
def test_what_was_written_is_in_the_frozen_array(size: int) -> None:
    block = Pool().block(size)
    block.cells8[:] = bytes(n % 251 for n in range(size))
    assert block.freeze().tobytes() == bytes(n % 251 for n in range(size))


@pytest.mark.parametrize("size", SIZES)
def test_a_frozen_array_cannot_be_written(size: int) -> None:
    frozen = used(Pool(), size)
    with pytest.raises(ValueError, match="read-only"):
        frozen[0] = 1
    for array in (frozen, frozen[1:], frozen.view(np.uint64), frozen[::2]):
        with pytest.raises(ValueError, match="WRITEABLE"):
            array.flags.writeable = True
    with pytest.raises(TypeError):
        memoryview(frozen)[0] = 1  # type: ignore[index]


@pytest.mark.parametrize("size", SIZES)
def test_a_frozen_block_cannot_be_written(size: int) -> None:
    block = Pool().block(size)
    block.freeze()
    for view in (block.cells8, block.cells16, block.cells32, block.cells64):
        with pytest.raises(ValueError, match="released"):
            view[0] = 1


@pytest.mark.parametrize("size", SIZES)
def test_memory_is_zero_when_it_is_lent_again(size: int) -> None:
    pool = Pool()
    for _ in range(3):
        frozen = used(pool, size)
        assert frozen.min() == 0xA5
        del frozen
        gc.collect()
    assert bytes(pool.block(size).cells8) == bytes(size)


@given(st.lists(st.tuples(st.integers(0, POOLED - 1), st.integers(0, POOLED)), max_size=6))
def test_every_dirty_range_is_zero_when_it_is_lent_again(spans: list[tuple[int, int]]) -> None:
    pool = Pool()
    block = pool.block(POOLED)
    for start, size in spans:
        stop = min(start + size, POOLED)
        block.cells8[start:stop] = b"\xa5" * (stop - start)
        block.dirty.append((start, stop))
    before = where(block)
    block.freeze()
    again = pool.block(POOLED)
    assert where(again) == before
    assert bytes(again.cells8) == bytes(POOLED)


def test_large_memory_goes_back_when_the_last_view_is_gone() -> None:
    pool = Pool()
    frozen = used(pool, POOLED)
    before = address(frozen)
    del frozen
    assert where(pool.block(POOLED)) == before


VIEWS = {
    "a slice": lambda frozen: frozen[8:16],
    "a slice of a slice": lambda frozen: frozen[8:64][8:16],
    "a view of another type": lambda frozen: frozen[:64].view(np.uint64),
    "a signed view": lambda frozen: frozen[:64].view(">i4")[1:],
    "every other byte": lambda frozen: frozen[::2],
    "a reshaped view": lambda frozen: frozen.reshape(-1, 8)[1],
    "a memory view": lambda frozen: memoryview(frozen)[8:16],
    "an array over a memory view": lambda frozen: np.frombuffer(memoryview(frozen)[8:], np.uint8),
    "an iterator": lambda frozen: frozen.flat,
    "a broadcast": lambda frozen: np.broadcast_to(frozen[:8], (4, 8)),
}


@pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)
def test_memory_is_not_lent_while_any_view_of_it_lives(make: Any) -> None:
    pool = Pool()
    frozen = used(pool, POOLED)
    before = address(frozen)
    view = make(frozen)
    shown = bytes(memoryview(view)) if isinstance(view, memoryview) else np.array(view).tobytes()
    del frozen
    gc.collect()
    other = pool.block(POOLED)
    assert where(other) != before
    other.cells8[:] = b"\x5a" * POOLED
    after = bytes(memoryview(view)) if isinstance(view, memoryview) else np.array(view).tobytes()
    assert after == shown
    assert set(after) == {0xA5}
    del view
    gc.collect()
    assert where(pool.block(POOLED)) == before


def test_memory_in_a_cycle_goes_back_when_it_is_collected() -> None:
    pool = Pool()
    frozen = used(pool, POOLED)
    before = address(frozen)
    cycle: list[Any] = [frozen]
    cycle.append(cycle)
    del frozen, cycle
    assert where(pool.block(POOLED)) != before
    gc.collect()
    assert where(pool.block(POOLED)) == before


def test_a_block_that_was_never_frozen_is_not_lent_again() -> None:
    pool = Pool()
    block = pool.block(POOLED)
    block.cells8[:] = b"\xa5" * POOLED
    del block
    assert bytes(pool.block(POOLED).cells8) == bytes(POOLED)


def test_blocks_that_are_lent_together_do_not_overlap() -> None:
    pool = Pool()
    for _ in range(3):
        frozen = [used(pool, POOLED) for _ in range(8)]
        starts = sorted(address(array) for array in frozen)
        assert all(b - a >= POOLED for a, b in pairwise(starts))
        del frozen


def test_memory_of_another_size_is_not_lent() -> None:
    pool = Pool()
    frozen = used(pool, POOLED)
    del frozen
    assert pool.block(2 * POOLED).size == 2 * POOLED


def test_a_frozen_array_outlives_its_pool_and_its_block() -> None:
    frozen = used(Pool(), POOLED)
    gc.collect()
    assert set(frozen.tobytes()) == {0xA5}


def test_few_blocks_are_kept_however_many_were_lent() -> None:
    pool = Pool()
    many = [used(pool, POOLED) for _ in range(20)]
    del many
    gc.collect()
    assert len(pool._free[POOLED]) == 3
