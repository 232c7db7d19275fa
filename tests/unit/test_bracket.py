"""The live framer of watches, its answers, and the escapes of binary content."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode, FramingLost, TruncatedStream
from gpsproto.walk import codes
from gpsproto.wire.bracket import BracketFramer, answer_frame, escaped, unescaped
from gpsproto.wire.frame import Frame, FrameTable, Rejected, Skipped
from tests.conftest import Engine

pytestmark = pytest.mark.core

LINK = b"[3G*8800000015*000D*LK,50,100,100]"
SIGNATURE = b"0123456789abcdef0123456789ABCDEF"


class Open:
    """A key that hides nothing."""

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        return f"{kind} {canonical.decode('ascii')}"


def shown(frame: Frame) -> str:
    assert frame.envelope.device is not None
    return frame.envelope.device.through(Open())


def taken(framer: BracketFramer) -> list[Any]:
    return list(framer.events())


def of(data: bytes) -> Frame:
    framer = BracketFramer()
    framer.receive(data)
    framer.receive_eof()
    (found,) = taken(framer)
    assert isinstance(found, Frame)
    return found


@pytest.mark.parametrize(
    ("data", "answer"),
    [
        (LINK, b"[3G*8800000015*0002*LK]"),
        (b"[ZJ*0304187088*00fA*0006*JXTK,1]", b"[ZJ*0304187088*00fA*0002*LK]"),
        (b"[" + SIGNATURE + b"HYK*1*0002*LK]", b"[HYK*1*0002*LK]"),
        (b"[" + SIGNATURE + b"IC01*1*0001*0002*LK]", b"[IC01*1*0001*0002*LK]"),
        (b"[SG*1*0007*ABCD*LK]", b"[SG*1*0002*LK]"),
        (b"[SG*1*0001*LK,1]", b"[SG*1*0002*LK]"),
    ],
)
def test_an_answer_echoes_the_name_the_id_and_the_index(
    data: bytes, answer: bytes, engine: Engine
) -> None:
    assert answer_frame(of(data).envelope, b"LK") == answer


@given(st.binary(min_size=1, max_size=300).filter(lambda content: b"[" not in content))
def test_an_answer_is_a_frame_of_its_content(content: bytes) -> None:
    found = of(answer_frame(of(b"[ZJ*0304187088*00fA*0006*JXTK,1]").envelope, content))
    assert bytes(found.body) == content
    assert found.notes == ()


@pytest.mark.parametrize("size", [0, 0x10000])
def test_an_answer_has_a_length_that_four_digits_can_say(size: int) -> None:
    with pytest.raises(ValueError, match="1 to 65535 bytes"):
        answer_frame(of(LINK).envelope, bytes(size))
    assert answer_frame(of(LINK).envelope, b"x" * 0xFFFF)[15:20] == b"FFFF*"


def test_a_frame_shows_no_byte_of_itself() -> None:
    frame = of(LINK)
    shown = f"{frame!r} {frame.envelope!r} {frame.envelope.device!r}"
    assert shown == (
        "Frame(codec=0x5B, count=1, offset=0, size=34) Envelope(redacted) DeviceId(redacted)"
    )
    for held in (frame, frame.envelope):
        with pytest.raises(TypeError):
            pickle.dumps(held)
        with pytest.raises(TypeError):
            copy.copy(held)
    framer = BracketFramer()
    framer.receive(LINK[:20])
    assert repr(framer) == "BracketFramer(20 bytes buffered)"


def test_a_device_is_its_watchs_id() -> None:
    ids = (LINK, b"[SG*8800000015*0002*LK]", b"[3G*9800000015*0002*LK]")
    one, same, other = (shown(of(data)) for data in ids)
    assert one == same == "watch_id 8800000015"
    assert other == "watch_id 9800000015"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xffAQSH\x00\x2b", ErrorCode.ENCRYPTED),
        (b"SG*8800000015*0002*LK\r\n", ErrorCode.UNBRACKETED),
        (b"IWAP00353456789012345#", ErrorCode.FOREIGN_IWAP),
        (b"\x78\x78\x0d\x01", ErrorCode.FOREIGN_GT06),
        (b"\x79\x79\x00\x08", ErrorCode.FOREIGN_GT06),
        (b"\x16\x03\x01\x02", ErrorCode.FOREIGN_TLS),
        (b"GET / HTTP/1.1\r\n", ErrorCode.FOREIGN_HTTP),
    ],
)
def test_q36_a_stream_that_begins_as_another_is_lost_and_stays_so(
    data: bytes, code: ErrorCode, engine: Engine
) -> None:
    for pieces in ([data + LINK], [data[at : at + 1] for at in range(len(data))], [b"\r\n" + data]):
        framer = BracketFramer()
        for piece in pieces:
            framer.receive(piece)
        with pytest.raises(FramingLost) as caught:
            taken(framer)
        assert caught.value.code is code
        assert caught.value.__context__ is None
        with pytest.raises(FramingLost):
            taken(framer)
        with pytest.raises(FramingLost):
            list(framer.pause())


def test_junk_ends_no_live_stream(engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(LINK + b"IWAP#" + LINK + b"\xffAQSH\x00\x02" + LINK + b"junk" + LINK)
    found = taken(framer)
    assert [event.code for event in found if isinstance(event, Skipped)] == [
        ErrorCode.FOREIGN_IWAP, ErrorCode.ENCRYPTED, ErrorCode.NO_FRAME,
    ]  # fmt: skip
    assert sum(isinstance(event, Frame) for event in found) == 4


@pytest.mark.parametrize("size", range(4, len(LINK)))
def test_an_end_inside_a_frame_says_how_much_came_and_was_needed(size: int, engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(LINK[:size])
    framer.receive_eof()
    for _ in range(2):
        with pytest.raises(TruncatedStream) as caught:
            taken(framer)
        assert caught.value.buffered == size
        assert size < caught.value.needed <= len(LINK)
    if size >= 20:
        assert caught.value.needed == len(LINK)


def test_a_frame_that_broke_off_does_not_end_a_live_stream(engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(LINK[:25] + LINK)
    assert [type(event) for event in taken(framer)] == [Rejected, Frame]


def test_a_pause_takes_what_ends_in_a_bracket(engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(b"[SG*8800000015*0FFF*LK,[a],2]\r\n")
    assert taken(framer) == []
    (table,) = list(framer.pause())
    assert bytes(table.body(0)) == b"LK,[a],2"
    assert table.notes(0) == (ErrorCode.LENGTH_MISMATCH,)
    framer.receive(LINK)
    assert [bytes(event.body) for event in taken(framer) if isinstance(event, Frame)] == [
        b"LK,50,100,100"
    ]


@pytest.mark.parametrize("data", [b"", b"[", LINK[:9], LINK[:25], b"[3G*1*0FFF*UD,[a],b", b"junk"])
def test_a_pause_takes_nothing_that_may_go_on(data: bytes, engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(data)
    needed = framer.needed
    assert [table for table in framer.pause() if table.where(codes.FRAME)] == []
    assert framer.needed >= needed
    framer.receive(b"" if data == b"junk" else LINK[len(data) :] if LINK.startswith(data) else b"]")
    framer.receive(LINK)
    assert [type(event) for event in taken(framer)][-1] is Frame


def test_bytes_behind_the_end_are_refused() -> None:
    framer = BracketFramer()
    framer.receive_eof()
    with pytest.raises(ValueError, match="ended"):
        framer.receive(b"")


def test_frames_that_are_odd_are_counted_by_what_is_odd() -> None:
    balance = Balance()
    framer = BracketFramer()
    framer.receive(LINK + b"[SG*1*0001*LK,1]" + b"[" + SIGNATURE + b"SG*1*0001*LK]" + LINK)
    framer.receive(b"[" + SIGNATURE + b"SG*1*0002*LK] x")
    framer.receive_eof()
    for table in framer.tables():
        table.count_others(balance)
    assert balance.notes == {ErrorCode.LENGTH_MISMATCH: 2, ErrorCode.SIGNED: 2}
    assert balance.as_dict()["frames"]["notes"] == {"length_mismatch": 2, "signed": 2}
    assert balance.bytes_skipped == {ErrorCode.BETWEEN_FRAMES: 1, ErrorCode.NO_FRAME: 1}
    assert balance.first_skipped[0][0] is ErrorCode.NO_FRAME


def test_a_table_of_a_watch_is_one() -> None:
    framer = BracketFramer()
    framer.receive(LINK)
    (table,) = framer.tables()
    assert isinstance(table, FrameTable)
    assert table.protocol == "watch"
    assert [table.cell(0, column) for column in range(codes.STRIDE)] == [
        codes.FRAME, 0, len(LINK), 20, 13, codes.BRACKET, 1, 1, 0, 4,
    ]  # fmt: skip


@given(st.binary(max_size=60) | st.text("}[],*\x01\x02\x03\x04\x05", max_size=40).map(str.encode))
def test_what_is_escaped_comes_back(data: bytes) -> None:
    sent = escaped(data)
    assert not set(sent) & set(b"[],*")
    assert unescaped(sent) == (data, 0)


def test_escapes_are_undone_in_one_pass() -> None:
    assert unescaped(b"}\x01\x02") == (b"}\x02", 0)
    assert escaped(b"}[],*") == b"}\x01}\x02}\x03}\x04}\x05"


@pytest.mark.parametrize(
    ("sent", "raw", "unknown"),
    [
        (b"}x", b"}x", 1), (b"}", b"}", 1), (b"}}\x01", b"}}\x01", 1),
        (b"a}\x06}\x02", b"a}\x06[", 1), (b"}\n", b"}\n", 1),
    ],
)  # fmt: skip
def test_a_pair_that_is_unknown_stays_and_is_counted(sent: bytes, raw: bytes, unknown: int) -> None:
    assert unescaped(sent) == (raw, unknown)
