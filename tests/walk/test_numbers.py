"""The short ways to read a field give what the long way gives."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gpsproto.walk import watch
from tests.conftest import interpreted

WALK = interpreted(watch)
FIELDS = st.one_of(
    st.integers(0, 10**10).map(lambda value: str(value).encode()),
    st.decimals(-1000, 1000, places=6).map(lambda value: str(value).encode()),
    st.text("0123456789.-+ @aF", max_size=14).map(str.encode),
    st.binary(max_size=12),
)
BEHIND = st.binary(max_size=24)


@given(FIELDS, BEHIND, st.integers(0, 7))
@example(b"12345678", b"", 0)
@example(b"5.1234567", b"9" * 16, 7)
@example(b"", b"123456789012345678", 0)
def test_a_number_is_what_it_is_whatever_stands_behind_it(
    field: bytes, behind: bytes, digits: int
) -> None:
    data = memoryview(b"," + field + behind)
    wanted = WALK._any_number(data, 1, 1 + len(field), digits)
    assert WALK._number(data, 1, 1 + len(field), digits) == wanted
    assert WALK._pointed(data, 1, 1 + len(field), digits) == wanted


@given(st.text("0123456789abcdefABCDEFg:@/`G", max_size=13), BEHIND)
def test_hexadecimal_digits_are_read_or_refused(text: str, behind: bytes) -> None:
    data = memoryview(text.encode() + behind)
    found = WALK._hex(data, 0, len(text))
    if text and len(text) <= 12 and set(text) <= set("0123456789abcdefABCDEF"):
        assert found == int(text, 16)
    else:
        assert found < 0


@pytest.mark.parametrize("place", range(17))
@given(byte=st.integers(0, 255), behind=BEHIND)
def test_a_mac_is_one_only_with_every_byte_in_its_place(
    place: int, byte: int, behind: bytes
) -> None:
    said = bytearray(b"a1:B2:c3-D4:e5:F6")
    said[place] = byte
    between = place % 3 == 2
    fits = chr(byte) in (":-" if between else "0123456789abcdefABCDEF")
    assert bool(WALK._is_mac(memoryview(bytes(said) + behind), 0, 17)) is fits
