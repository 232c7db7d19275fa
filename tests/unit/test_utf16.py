from __future__ import annotations

import codecs
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.captures.utf16 import narrowed
from tests.strategies import cuts

STREAM = login("001010000000016") + tcp_frame(8, [Record(1_790_000_000_000)])
MARKS = {"utf-16-le": codecs.BOM_UTF16_LE, "utf-16-be": codecs.BOM_UTF16_BE}


def wide(text: str, encoding: str) -> bytes:
    return MARKS[encoding] + text.encode(encoding)


def together(chunks: Iterator[bytes | memoryview]) -> bytes:
    return b"".join(map(bytes, chunks))


@pytest.mark.parametrize("encoding", MARKS)
@pytest.mark.parametrize("name", ["auto", "hex"])
def test_a_text_of_utf_16_is_decoded_as_one_of_utf_8(encoding: str, name: str) -> None:
    text = f"my tracker sends\r\n{STREAM.hex(' ')}\r\n" if name == "auto" else STREAM.hex()
    balance = Balance()
    batches = list(gpsproto.decode(wide(text, encoding), balance=balance, input_format=name))
    assert (sum(map(len, batches)), balance.logins, balance.bytes_decoded) == (
        1, 1, len(STREAM) - 17,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", MARKS)
@given(st.text(st.characters(codec="ascii", min_codepoint=32), min_size=4), st.data())
def test_it_is_the_same_however_it_is_cut(encoding: str, text: str, data: st.DataObject) -> None:
    chunks = data.draw(cuts(wide(text, encoding)))
    assert together(narrowed(iter(chunks))) == text.encode()


@given(st.binary(max_size=40), st.data())
def test_anything_else_is_as_it_was(found: bytes, data: st.DataObject) -> None:
    if found[:2] not in MARKS.values():
        assert together(narrowed(iter(data.draw(cuts(found))))) == found


@pytest.mark.parametrize("front", MARKS.values())
def test_a_mark_before_bytes_is_none(front: bytes) -> None:
    assert together(narrowed(iter([front + STREAM]))) == front + STREAM


def test_half_a_letter_at_the_end_is_no_failure() -> None:
    assert together(narrowed(iter([wide("00 0f", "utf-16-le") + b"\x30"]))).startswith(b"00 0f")


@pytest.mark.parametrize("name", ["stream", "datagrams"])
def test_a_dump_that_is_said_to_be_bytes_is_not_looked_at(name: str) -> None:
    text = wide(STREAM.hex(), "utf-16-le")
    balance = Balance()
    list(gpsproto.decode(text, balance=balance, input_format=name))
    assert balance.bytes_in == len(text)
