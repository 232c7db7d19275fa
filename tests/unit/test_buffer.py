from __future__ import annotations

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gpsproto.wire.buffer import Buffer

pytestmark = pytest.mark.core

CHUNKS = st.lists(st.binary(max_size=12), max_size=10)


class BufferLikeBytes(RuleBasedStateMachine):
    """A buffer beside the plain bytes it stands for."""

    def __init__(self) -> None:
        super().__init__()
        self.buffer = Buffer()
        self.plain = b""
        self.base = 0

    @rule(data=st.binary(max_size=12), view=st.booleans())
    def append(self, data: bytes, view: bool) -> None:
        self.buffer.append(memoryview(data) if view else data)
        self.plain += data

    @precondition(lambda self: self.plain)
    @rule(data=st.data())
    def consume(self, data: st.DataObject) -> None:
        size = data.draw(st.integers(0, len(self.plain)))
        self.buffer.consume(size)
        self.plain = self.plain[size:]
        self.base += size

    @rule()
    def join(self) -> None:
        assert bytes(self.buffer.joined()) == self.plain

    @invariant()
    def same(self) -> None:
        assert len(self.buffer) == len(self.plain)
        assert self.buffer.base == self.base


TestBufferLikeBytes = BufferLikeBytes.TestCase


@given(CHUNKS)
def test_chunks_are_joined_in_order(chunks: list[bytes]) -> None:
    buffer = Buffer()
    for chunk in chunks:
        buffer.append(chunk)
    assert bytes(buffer.joined()) == b"".join(chunks)
    assert len(buffer) == len(b"".join(chunks))


def test_one_chunk_is_not_copied() -> None:
    data = bytes(range(200))
    buffer = Buffer()
    buffer.append(b"")
    buffer.append(data)
    assert buffer.joined().obj is data
    buffer.consume(50)
    assert buffer.joined().obj is data
    assert bytes(buffer.joined()) == data[50:]


def test_what_is_joined_once_is_not_joined_again() -> None:
    buffer = Buffer()
    buffer.append(b"ab")
    buffer.append(b"cd")
    assert buffer.joined().obj is buffer.joined().obj


def test_a_view_stays_right_when_more_comes_and_some_is_consumed() -> None:
    buffer = Buffer()
    buffer.append(b"abcd")
    held = buffer.joined()[1:3]
    buffer.append(b"efgh")
    buffer.joined()
    buffer.consume(6)
    assert bytes(held) == b"bc"
    assert bytes(buffer.joined()) == b"gh"


def test_what_is_consumed_is_let_go() -> None:
    buffer = Buffer()
    buffer.append(b"abcd")
    buffer.consume(4)
    assert buffer.joined().nbytes == 0
    assert buffer.base == 4


@pytest.mark.parametrize(
    "view",
    [
        memoryview(array("H", [0x6261, 0x6463])), memoryview(b"abcd").cast("B", (2, 2)),
        memoryview(b"aXbXcXdX")[::2], memoryview(b"dcba")[::-1], memoryview(b"abcd").cast("c"),
    ],
    ids=["words", "two dimensions", "every other byte", "backwards", "characters"],
)  # fmt: skip
def test_a_view_of_another_form_is_taken_as_its_bytes(view: memoryview) -> None:
    buffer = Buffer()
    buffer.append(view)
    buffer.append(b"!")
    assert bytes(buffer.joined()) == b"abcd!"
    single = Buffer()
    single.append(view)
    found = single.joined()
    assert (found.format, found.ndim, found.c_contiguous) == ("B", 1, True)
    assert bytes(found) == b"abcd"
    assert len(single) == 4


def test_a_buffer_shows_its_size_and_nothing_else() -> None:
    buffer = Buffer()
    buffer.append(b"490154203237518")
    assert f"{buffer!r} {buffer}" == "Buffer(15 bytes) Buffer(15 bytes)"


@given(
    chunks=st.lists(st.binary(min_size=1, max_size=9), min_size=1, max_size=6),
    least=st.integers(0, 60),
)
def test_the_front_has_as_many_bytes_as_are_asked_for_and_joins_no_more(
    chunks: list[bytes], least: int
) -> None:
    buffer = Buffer()
    for chunk in chunks:
        buffer.append(chunk)
    whole = b"".join(chunks)
    front = bytes(buffer.front(least))
    assert whole.startswith(front)
    assert len(front) == max(len(chunks[0]), min(least, len(whole)))
    assert bytes(buffer.joined()) == whole


def test_the_chunk_that_came_last_is_at_hand() -> None:
    buffer = Buffer()
    assert bytes(buffer.last()) == b""
    for data in (b"ab", b"cd"):
        buffer.append(data)
        assert buffer.last().obj is data
