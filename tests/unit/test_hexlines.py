from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.captures import textlines
from gpsproto.captures.hexlines import cut, decoded
from gpsproto.captures.textlines import lines
from gpsproto.errors import ErrorCode
from tests.strategies import cuts

pytestmark = pytest.mark.once

BOM = b"\xef\xbb\xbf"
LINES = st.lists(
    st.binary(max_size=12).map(lambda b: b.replace(b"\n", b""))
    | st.binary(max_size=9).map(lambda b: b.hex(" ").encode()),
    max_size=8,
)
TEXTS = st.builds(
    lambda bom, found, end: bom + b"\n".join(found) + end,
    st.sampled_from([b"", BOM, BOM[:2]]), LINES, st.sampled_from([b"", b"\n", b"\r\n"]),
)  # fmt: skip


def joined(chunks: Iterable[bytes]) -> list[bytes]:
    return [line for found in lines(chunks, cut) for line in found]


def read(chunks: Iterable[bytes]) -> tuple[list[bytes], Balance]:
    balance = Balance()
    found = [data for piece in decoded(chunks, balance) for data in piece]
    return found, balance


@given(TEXTS)
def test_lines_are_those_of_the_text(text: bytes) -> None:
    wanted = text.removeprefix(BOM).split(b"\n")
    if not wanted[-1]:
        wanted.pop()
    assert joined([text]) == wanted


@given(TEXTS, st.data())
def test_lines_are_the_same_however_the_text_is_cut(text: bytes, data: st.DataObject) -> None:
    whole = joined([text])
    assert joined(data.draw(cuts(text))) == whole
    assert joined(bytes([byte]) for byte in text) == whole


@given(st.lists(st.binary(min_size=1, max_size=30), max_size=8), st.data())
def test_what_is_spelled_is_read_however_the_text_is_cut(
    frames: list[bytes], data: st.DataObject
) -> None:
    spellings = [
        bytes.hex, lambda b: b.hex().upper(), lambda b: b.hex(" "), lambda b: "0x" + b.hex(),
        lambda b: f"  {b.hex()}\t", lambda b: f"# a note\n\n{b.hex()}\r", lambda b: b.hex("\t", 3),
    ]  # fmt: skip
    text = "\n".join(data.draw(st.sampled_from(spellings))(frame) for frame in frames).encode()
    found, balance = read(data.draw(cuts(data.draw(st.sampled_from([b"", BOM])) + text)))
    assert found == frames
    assert not balance.rejected
    assert balance.bytes_in == 0


BAD = {
    "a letter": b"000g", "half a byte": b"000", "a word": b"timeout", "a dash": b"00-0F",
    "0x inside": b"00 0x0F", "not ASCII": "00é0".encode(), "nul": b"00\x0000", "a sign": b"+000",
    "an underscore": b"0_00", "full-width digits": "\uff10\uff10".encode(),
}  # fmt: skip


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD)
def test_a_line_that_is_not_hexadecimal_is_counted_and_the_others_are_read(bad: bytes) -> None:
    found, balance = read([b"000F\n" + bad + b"\nCAFE00\n" + bad + b"\n01"])
    assert found == [b"\x00\x0f", b"\xca\xfe\x00", b"\x01"]
    assert balance.rejected == {ErrorCode.NOT_HEX: 2}
    assert balance.first_rejected == [(ErrorCode.NOT_HEX, 2, 2), (ErrorCode.NOT_HEX, 5, 5)]
    assert balance.bytes_rejected.total() == balance.bytes_in == 2 * len(bad)
    assert balance.discrepancies() == []


@given(TEXTS, st.data())
def test_bad_lines_are_counted_alike_however_the_text_is_cut(
    text: bytes, data: st.DataObject
) -> None:
    whole, one = read([text])
    pieces, other = read(data.draw(cuts(text)))
    assert pieces == whole
    assert one == other


@pytest.mark.parametrize("text", [b"", b"\n", b"\r\n \t\n", b"# 00\n#\n  # 01", BOM, BOM + b"#"])
def test_notes_hold_nothing(text: bytes) -> None:
    assert read([text]) == ([], Balance())


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> int:
    """Lines end at 64 characters, so that an endless one is soon at hand."""
    monkeypatch.setattr(textlines, "_LONGEST_LINE", 64)
    return 64


@given(st.binary(min_size=300, max_size=400), st.sampled_from(["", " ", "\t"]), st.data())
def test_an_endless_line_is_cut_between_bytes(
    short: int, content: bytes, blank: str, data: st.DataObject
) -> None:
    text = content.hex(blank).encode() if blank else content.hex().encode()
    text = data.draw(st.sampled_from([b"", b" ", b"0x", b"\t0X"])) + text
    found, balance = read(data.draw(cuts(text)))
    assert b"".join(found) == content
    assert not balance.rejected


@given(st.integers(1, 40))
def test_an_endless_line_stays_bounded(short: int, size: int) -> None:
    longest = 0
    held = 0
    for found in lines((b"ab" * size for _ in range(40)), cut):
        longest = max(longest, *map(len, found))
        held += sum(map(len, found))
    assert longest <= short + 2 * size
    assert held == 80 * size


@pytest.mark.parametrize("begin", [b"#", b"  # 00", b"\t#"])
def test_an_endless_comment_stays_a_comment(short: int, begin: bytes) -> None:
    text = begin + b" 00" * 200
    assert read([text[at : at + 50] for at in range(0, len(text), 50)]) == ([], Balance())
    found, balance = read([text[:150], text[150:], b"\n0102\n"])
    assert found == [b"\x01\x02"]
    assert not balance.rejected


def test_a_line_of_a_million_digits_is_one_line() -> None:
    found, _ = read([b"00" * 250_000] * 2)
    assert found == [bytes(500_000)]


TEXT = b"[3G*8800000015*000D*LK,50,100,100]"


@pytest.mark.parametrize("blanks", [b"", b"  ", b"\t"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_watchs_frame_in_clear_stands_for_itself(blanks: bytes, end: bytes) -> None:
    found, balance = read(
        [b"CAFE" + end + blanks + TEXT + end + b"# a note\n" + TEXT * 2 + b"\n01"]
    )
    assert found == [b"\xca\xfe", blanks + TEXT + end, TEXT * 2 + b"\n", b"\x01"]
    assert balance == Balance()


def test_a_bad_line_behind_text_is_found_by_the_bytes_before_it() -> None:
    _, balance = read([TEXT + b"\n[2026-01-01] 00\n"])
    assert balance.first_rejected == [(ErrorCode.NOT_HEX, len(TEXT) + 1, len(TEXT) + 1)]


@given(st.data())
def test_an_endless_line_of_text_is_cut_between_frames(short: int, data: st.DataObject) -> None:
    text = TEXT * 9 + b"\n"
    found, balance = read(data.draw(cuts(text)))
    assert b"".join(found).replace(b"\n", b"") == TEXT * 9
    assert not balance.rejected


def test_an_endless_frame_stays_text(short: int) -> None:
    found, balance = read([b"[3G*1*FFFF*" + b"x" * 40, b"x" * 40, b"x" * 40])
    assert b"".join(found).count(b"x") == 120 or balance.rejected[ErrorCode.NOT_HEX]
