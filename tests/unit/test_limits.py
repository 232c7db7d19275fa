from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Record, login, tcp_frame
from gpsproto.errors import ErrorCode
from gpsproto.walk import codes
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.frame import Frame, Handshake, Rejected, Skipped
from gpsproto.wire.limits import AVL, COMMAND, DEFAULT_BY_CODEC, Limits
from gpsproto.wire.teltonika_tcp import TcpFramer

pytestmark = pytest.mark.core

FULL = Record(1, elements=[(1, 8, 0)] * 8 + [(2, 4, 0)] * 8 + [(3, 1, 0)] * 8)
BY_CODEC = st.dictionaries(st.integers(0, 255), st.integers(3, 1 << 24), max_size=6)


@given(BY_CODEC, st.integers(3, 1 << 24), st.sampled_from([(14, 14), (14, 16), (15, 15), (16, 16)]))
def test_the_table_holds_each_codecs_limit_and_then_the_digits(
    by_codec: dict[int, int], other: int, digits: tuple[int, int]
) -> None:
    limits = Limits(by_codec, other, digits)
    assert len(limits.table) == codes.LIMIT_DIGITS_MOST + 1
    assert limits.table.itemsize == 8
    assert list(limits.table[:256]) == [by_codec.get(codec, other) for codec in range(256)]
    assert limits.table[codes.LIMIT_DIGITS_LEAST] == digits[0]
    assert limits.table[codes.LIMIT_DIGITS_MOST] == digits[1]


@given(BY_CODEC, st.integers(3, 1 << 24))
def test_the_longest_frame_is_the_greatest_limit_and_its_envelope(
    by_codec: dict[int, int], other: int
) -> None:
    greatest = max(by_codec.get(codec, other) for codec in range(256))
    assert Limits(by_codec, other).longest == greatest + 4 + 4 + 4


def test_by_default_frames_are_as_long_as_devices_really_send() -> None:
    limits = Limits()
    assert limits.imei_digits == (15, 15)
    assert {c: limits.table[c] for c in DEFAULT_BY_CODEC} == DEFAULT_BY_CODEC
    assert {limits.table[codec] for codec in (7, 8, 0x8E, 0x10)} == {AVL}
    assert {limits.table[codec] for codec in range(0x0C, 0x10)} == {COMMAND}
    assert len(tcp_frame(8, [FULL] * 25)) > 3_000
    framer = TcpFramer()
    framer.receive(tcp_frame(8, [FULL] * 25))
    assert [type(event) for event in framer.events()] == [Frame]


@pytest.mark.parametrize("by_codec", [{-1: 9}, {256: 9}, {8: 9, 300: 9}])
def test_a_codec_id_is_one_byte(by_codec: dict[int, int]) -> None:
    with pytest.raises(ValueError, match="a codec id is one byte"):
        Limits(by_codec)


@pytest.mark.parametrize("size", [2, 0, -1])
def test_a_limit_leaves_room_for_a_frame(size: int) -> None:
    for limits in ({"by_codec": {8: size}}, {"other": size}, {"by_codec": {8: size}, "other": 9}):
        with pytest.raises(ValueError, match="at least 3 bytes"):
            Limits(**limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [(1 << 24) + 1, 1 << 32])
def test_a_limit_is_one(size: int) -> None:
    for limits in ({"by_codec": {8: size}}, {"other": size}):
        with pytest.raises(ValueError, match="wait for ever"):
            Limits(**limits)  # type: ignore[arg-type]


@pytest.mark.parametrize("digits", [(13, 15), (15, 17), (16, 15), (0, 0), (-1, 16)])
def test_an_imei_has_14_to_16_digits(digits: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="14 to 16 digits"):
        Limits(imei_digits=digits)


def test_the_smallest_and_the_greatest_limits_are_allowed() -> None:
    assert Limits({8: 3}, 1 << 24, (14, 16)).longest == (1 << 24) + 12


def test_limits_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Limits().other = 1  # type: ignore[misc]


@given(st.integers(-2, 2))
def test_a_frame_is_refused_from_its_head_where_it_is_over_the_limit(over: int) -> None:
    frame = tcp_frame(8, [FULL])
    size = len(frame) - 12
    framer = TcpFramer(limits=Limits({8: size - over}), resync=True)
    framer.receive(frame)
    framer.receive_eof()
    found = list(framer.events())
    if over <= 0:
        assert [type(event) for event in found] == [Frame]
    else:
        assert [event.code for event in found if isinstance(event, Rejected)] == [
            ErrorCode.TOO_LARGE
        ]


@pytest.mark.parametrize(
    ("imei", "digits", "known"),
    [
        ("35630704244101", (14, 16), True), ("3563070424410131", (14, 16), True),
        ("356307042441013", (15, 15), True), ("35630704244101", (15, 15), False),
        ("3563070424410131", (15, 15), False),
    ],
)  # fmt: skip
def test_a_login_has_as_many_digits_as_the_limits_say(
    imei: str, digits: tuple[int, int], known: bool
) -> None:
    framer = TcpFramer(limits=Limits(imei_digits=digits), resync=True)
    framer.receive(login(imei) + tcp_frame(8, [FULL]))
    framer.receive_eof()
    kinds = [type(event) for event in framer.events()]
    assert (Handshake in kinds) is known
    assert kinds[-1] is Frame


@pytest.mark.parametrize("size", [0, -1, 0x10000])
def test_a_watchs_content_is_what_four_digits_can_say(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 65535 bytes"):
        Limits(watch=size)


def test_a_watchs_content_is_refused_from_its_head_where_it_is_over_the_limit() -> None:
    for limit, kinds in ((5, [Rejected, Skipped]), (6, [])):
        framer = BracketFramer(limits=Limits(watch=limit))
        framer.receive(b"[3G*8800000015*0006*LK,50")
        assert [type(event) for event in framer.events()] == kinds
    assert Limits().watch == Limits(watch=65_535).watch == 65_535


@pytest.mark.parametrize("size", [3, 100, 1 << 24])
def test_one_limit_may_hold_for_all(size: int) -> None:
    limits = Limits.of_all(size)
    assert set(limits.table[:256]) == {size}
    assert limits.watch == min(size, 65_535)
