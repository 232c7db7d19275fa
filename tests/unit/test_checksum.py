from __future__ import annotations

import random
from array import array
from itertools import pairwise

import crcmod.predefined
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpsproto.checksum import crc16, powers, tables
from tests.conftest import ENGINES, Engine

pytestmark = pytest.mark.core

CHECK = b"123456789"
reference = crcmod.predefined.mkPredefinedCrcFun("crc-16")  # ARC
engines = pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)


def bitwise(data: bytes) -> int:
    """The definition, a bit at a time."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xA001 if crc & 1 else 0)
    return crc


def times(left: int, right: int) -> int:
    """A product of polynomials modulo x^16 + x^15 + x^2 + 1, bit 0 being x^0."""
    product = 0
    for bit in range(16):
        if left >> bit & 1:
            product ^= right << bit
    for bit in range(31, 15, -1):
        if product >> bit & 1:
            product ^= 0x18005 << (bit - 16)
    return product


def mirrored(value: int) -> int:
    return int(f"{value:016b}"[::-1], 2)


def test_the_check_value_is_that_of_the_catalogue() -> None:
    assert crc16(CHECK) == reference(CHECK) == bitwise(CHECK) == 0xBB3D


def test_of_nothing_and_of_zeros_it_is_nought() -> None:
    assert crc16(b"") == crc16(bytes(1_000)) == 0


@engines
def test_every_engine_has_the_check_value(engine: Engine) -> None:
    assert engine.frames.crc16(CHECK, 0, len(CHECK), tables()) == 0xBB3D


@engines
@given(st.binary(max_size=70) | st.binary(max_size=5).map(lambda data: data * 60))
@example(bytes(range(256)))
@example(b"\xff" * 16)
@example(b"\x00" * 15 + b"\x01")
def test_every_engine_agrees_with_crcmod(engine: Engine, data: bytes) -> None:
    found = engine.frames.crc16(data, 0, len(data), tables())
    assert found == reference(data) == crc16(data)


@engines
def test_every_size_around_where_words_are_folded(engine: Engine) -> None:
    data = random.Random(16).randbytes(1_300)
    for size in (*range(240, 680), 1_279, 1_280, 1_281):
        for start in (0, size % 8):
            assert engine.frames.crc16(data, start, size, tables()) == reference(data[start:size])


@given(st.binary(max_size=40))
def test_it_is_the_remainder_by_definition(data: bytes) -> None:
    assert crc16(data) == bitwise(data)


@engines
@given(st.binary(max_size=60), st.data())
def test_every_engine_sums_the_span_it_is_given(
    engine: Engine, data: bytes, draw: st.DataObject
) -> None:
    start = draw.draw(st.integers(0, len(data)))
    stop = draw.draw(st.integers(start, len(data)))
    assert engine.frames.crc16(data, start, stop, tables()) == reference(data[start:stop])


@engines
@pytest.mark.parametrize(("start", "stop"), [(-1, 3), (0, 10), (5, 4), (10, 10), (-9, -1)])
def test_a_span_outside_the_data_is_refused(engine: Engine, start: int, stop: int) -> None:
    with pytest.raises(ValueError, match="inside the data"):
        engine.frames.crc16(CHECK, start, stop, tables())


def test_table_n_is_the_sum_of_a_byte_and_n_zeros() -> None:
    made = tables()
    assert len(made) == 16 * 256
    assert made.itemsize == 2
    for n in range(16):
        assert list(made[256 * n : 256 * n + 256]) == [
            reference(bytes([byte]) + bytes(n)) for byte in range(256)
        ]


def shifted(crc: int, size: int) -> int:
    """What ``powers`` are for: the sum after ``size`` zero bytes, by the bits of size."""
    value = mirrored(crc)
    for bit, power in enumerate(powers()):
        if size >> bit & 1:
            value = times(value, mirrored(power))
    return mirrored(value)


@given(st.binary(min_size=1, max_size=20), st.integers(0, 3_000))
def test_powers_shift_a_sum_by_zero_bytes(data: bytes, size: int) -> None:
    assert shifted(crc16(data), size) == crc16(data + bytes(size))


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_span_follows_from_two_prefixes(front: bytes, behind: bytes) -> None:
    assert crc16(front + behind) ^ shifted(crc16(front), len(behind)) == crc16(behind)


def test_every_power_is_the_square_of_the_one_before() -> None:
    made = powers()
    assert isinstance(made, array)
    assert len(made) == 32
    assert mirrored(made[0]) == times(1 << 8, 1)
    for before, after in pairwise(made):
        assert mirrored(after) == times(mirrored(before), mirrored(before))
