"""Watch frames in bytes, however these are cut: the same on both forms of the walk."""

from __future__ import annotations

from array import array
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.walk import codes
from gpsproto.wire import bracket
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.frame import ERROR_CODES, Frame, Skipped
from gpsproto.wire.limits import Limits
from tests.conftest import AS_IT_READS, Engine
from tests.strategies import cuts
from tests.subjects import bytewise, whole
from tests.subjects import events as found_by
from tests.watch_strategies import ANY_TEXT, BARE, FIX, LINK, any_streams, spelt

pytestmark = pytest.mark.core


def events(
    pieces: list[bytes], *, eof: bool = True, limits: Limits | None = None
) -> list[tuple[Any, ...]]:
    """What a dump holds, as comparable values."""
    return found_by(pieces, BracketFramer(resync=True, limits=limits), eof=eof)


def contents(data: bytes, **options: Any) -> list[bytes]:
    return [event[3] for event in events([data], **options) if event[0] == "frame"]


def notes(data: bytes) -> list[tuple[ErrorCode, ...]]:
    return [event[4] for event in events([data]) if event[0] == "frame"]


@given(data=any_streams(), limit=st.integers(1, 40), more=st.data())
def test_a_limit_is_the_same_however_the_stream_is_cut(
    data: bytes, limit: int, more: st.DataObject, engine: Engine
) -> None:
    limits = Limits(watch=limit)
    found = events([data], limits=limits)
    assert whole(found, len(data))
    assert all(len(event[3]) <= limit for event in found if event[0] == "frame")
    assert events(bytewise(data), limits=limits) == found
    assert events(more.draw(cuts(data)), limits=limits) == found


@given(content=ANY_TEXT.filter(lambda text: b"[" not in text), more=st.data())
def test_any_content_without_a_head_is_taken_by_its_length(
    content: bytes, more: st.DataObject
) -> None:
    data = spelt(content, index=more.draw(st.sampled_from([b"0001*", b"ABCD*"])))
    assert events([data]) == [("frame", 0, len(data), content, (), 1)]


def test_q1_a_length_that_is_too_small_costs_no_frame(engine: Engine) -> None:
    data = spelt(FIX + b",00", more=-3, name=b"SG") * 2
    assert contents(data) == [FIX + b",00"] * 2
    assert notes(data) == [(ErrorCode.LENGTH_MISMATCH,)] * 2


def test_q1_a_frame_whose_length_is_too_small_is_told_at_its_bracket(engine: Engine) -> None:
    framer = BracketFramer()
    for byte in bytewise(spelt(FIX, more=-3))[:-1]:
        framer.receive(byte)
        assert list(framer.events()) == []
    assert framer.needed == 1
    framer.receive(b"]")
    assert len(list(framer.events())) == 1


def test_q2_a_length_that_is_too_large_costs_no_frame(engine: Engine) -> None:
    data = spelt(b"ALCUSTOMER1,1", more=13) + b"\r\n" + LINK
    assert contents(data) == [b"ALCUSTOMER1,1", b"LK,50,100,100"]
    assert notes(data) == [(ErrorCode.LENGTH_MISMATCH,), ()]


def test_q2_the_head_of_the_next_frame_ends_the_wait(engine: Engine) -> None:
    framer = BracketFramer()
    framer.receive(spelt(b"LK,1,2,3", more=20_000))
    assert list(framer.events()) == []
    assert framer.needed == 20_000
    for byte in bytewise(LINK[:20])[:-1]:
        framer.receive(byte)
        assert list(framer.events()) == []
    framer.receive(LINK[19:])
    assert [type(event) for event in framer.events()] == [Frame, Frame]


def test_q3_brackets_in_the_name_of_a_network_are_content(engine: Engine) -> None:
    content = FIX + b",[Wall-Mount A/C],aa:bb:cc:dd:ee:ff,-70]["
    for wrong in (0, 0x0101):
        found = contents(spelt(content if not wrong else content[:-2], more=wrong) + LINK)
        assert found == [content if not wrong else content[:-2], b"LK,50,100,100"]


def test_q3_brackets_that_do_not_match_end_before_the_next_head(engine: Engine) -> None:
    data = spelt(b"UD,[[x],5", more=-2) + b"\r\n" + LINK
    assert contents(data) == [b"UD,[[x],5", b"LK,50,100,100"]
    assert events([data])[1] == ("skipped", 30, 2, ErrorCode.BETWEEN_FRAMES)


def test_q5_a_brace_is_a_brace(engine: Engine) -> None:
    assert contents(spelt(b"UD,}}] {}[,5") + LINK) == [b"UD,}}] {}[,5", b"LK,50,100,100"]


def test_q28_frames_stand_together_with_junk_and_line_ends_between(engine: Engine) -> None:
    data = LINK + b" [[[" + LINK + b"\r\n" + LINK + LINK + b"\n"
    found = events([data])
    assert [event[0] for event in found] == [
        "frame", "skipped", "skipped", "frame", "skipped", "frame", "frame", "skipped",
    ]  # fmt: skip
    assert [event[3] for event in found if event[0] == "skipped"] == [
        ErrorCode.BETWEEN_FRAMES, ErrorCode.NO_FRAME, ErrorCode.BETWEEN_FRAMES,
        ErrorCode.BETWEEN_FRAMES,
    ]  # fmt: skip


def test_q36_an_encrypted_message_is_stepped_over_as_one(engine: Engine) -> None:
    login = b"\xffAQSH\x00\x2b\x01\x00\x00\x00" + bytes(37)
    assert len(login) == 48
    found = events([login + LINK])
    assert found[0] == ("skipped", 0, 48, ErrorCode.ENCRYPTED)
    assert found[1][0] == "frame"


def test_an_encrypted_message_hides_no_frame(engine: Engine) -> None:
    data = b"\xffAQSH\xff\xff\x01" + LINK
    assert events([data])[0] == ("skipped", 0, 8, ErrorCode.ENCRYPTED)
    framer = BracketFramer(resync=True)
    framer.receive(data)
    assert [type(event) for event in framer.events()] == [Skipped, Frame]


@pytest.mark.parametrize(
    ("data", "code", "size"),
    [
        (b"SG*8800000015*0002*LK\r\n", ErrorCode.UNBRACKETED, 23),
        (b"IWAP00353456789012345#", ErrorCode.FOREIGN_IWAP, 22),
        (b"\x78\x78\x0d\x01\x08\x80\x0d\x0a", ErrorCode.FOREIGN_GT06, 8),
        (b"\x79\x79\x00\x08\x80", ErrorCode.FOREIGN_GT06, 5),
        (b"\x16\x03\x01\x02\x00\x01", ErrorCode.FOREIGN_TLS, 6),
        (b"POST /x HTTP/1.1\r\n\r\n", ErrorCode.FOREIGN_HTTP, 20),
    ],
)
def test_another_protocol_is_named(data: bytes, code: ErrorCode, size: int, engine: Engine) -> None:
    assert events([data + LINK])[0] == ("skipped", 0, size, code)
    assert contents(data + LINK) == [b"LK,50,100,100"]
    assert events(bytewise(data + LINK)) == events([data + LINK])


def test_an_index_stands_before_the_length(engine: Engine) -> None:
    assert contents(spelt(b"JXTK,1", name=b"ZJ", index=b"0001*")) == [b"JXTK,1"]


def test_of_two_readings_the_one_that_lands_is_taken_and_else_the_indexed(engine: Engine) -> None:
    assert contents(b"[3G*1*0007*ABCD*LK]") == [b"ABCD*LK"]
    assert contents(b"[3G*1*0007*0002*LK]") == [b"LK"]
    assert contents(b"[3G*1*0009*0005*LK]" + LINK) == [b"LK", b"LK,50,100,100"]


def test_a_signature_is_stepped_over_and_noted(engine: Engine) -> None:
    signature = b"0123456789abcdefABCDEF0123456789"
    for name in (b"3G", b"HYK", b"IC01"):
        data = spelt(b"LK", name=signature + name) + spelt(b"LK,1", name=signature + name, more=9)
        assert contents(data + BARE) == [b"LK", b"LK,1", b"LK"]
        assert notes(data + BARE) == [
            (ErrorCode.SIGNED,), (ErrorCode.LENGTH_MISMATCH, ErrorCode.SIGNED), (),
        ]  # fmt: skip


@pytest.mark.parametrize(
    "head",
    [
        b"[3*1*0002*", b"[3G8*1*0002*", b"[3G**0002*", b"[3G*123456789012345678901*0002*",
        b"[3G*1*002*", b"[3G*1*00002*", b"[3G*1*000G*", b"[3 *1*0002*", b"[3G*1-2*0002*",
        b"[0123456789abcdefABCDEF012345678*3G*1*0002*", b"[0123456789abcdefABCDEF01234567893*1*0002*",
        b"[0123456789abcdefABCDEF0123456789IC012*1*0002*",
        b"[g123456789abcdef0123456789abcdef3G*1*0002*",
    ],
)  # fmt: skip
def test_what_is_no_head_opens_no_frame(head: bytes, engine: Engine) -> None:
    assert contents(head + b"LK]" + LINK) == [b"LK,50,100,100"]


def test_a_frame_that_breaks_off_is_refused_up_to_the_next_head(engine: Engine) -> None:
    data = spelt(FIX)[:60] + LINK
    assert events([data]) == [
        ("rejected", 0, 60, ErrorCode.TRUNCATED, 60),
        ("frame", 60, len(LINK), b"LK,50,100,100", (), 1),
    ]


def test_a_dump_that_ends_inside_a_frame_says_so(engine: Engine) -> None:
    for size in range(4, len(LINK)):
        assert events([LINK[:size]]) == [("rejected", 0, size, ErrorCode.TRUNCATED, size)]


def test_content_over_the_limit_is_refused_from_its_head(engine: Engine) -> None:
    found = events([spelt(FIX) + LINK], limits=Limits(watch=13))
    assert [event[0] for event in found] == ["rejected", "skipped", "frame"]
    assert found[0][1:4] == (0, 20, ErrorCode.TOO_LARGE)


def test_brackets_that_close_beyond_the_limit_are_too_late(engine: Engine) -> None:
    data = spelt(b"x" * 50, more=-45) + LINK
    assert contents(data, limits=Limits(watch=13)) == [b"LK,50,100,100"]
    assert contents(data, limits=Limits(watch=50)) == [b"x" * 50, b"LK,50,100,100"]


@given(ids=st.lists(st.integers(0, 300), min_size=1, max_size=400))
def test_an_id_has_one_number_however_many_there_are(ids: list[int], engine: Engine) -> None:
    conversations = Conversations()
    framer = BracketFramer(resync=True, conversations=conversations, rows=7)
    framer.receive(b"".join(spelt(b"LK", id=b"%d" % id) for id in ids))
    numbers = [event.envelope.conversation for event in framer.events() if isinstance(event, Frame)]
    order = list(dict.fromkeys(ids))
    assert numbers == [order.index(id) + 1 for id in ids]
    assert len(conversations) == len(order)
    assert conversations.unidentified() == 0


def test_ids_that_differ_in_length_or_case_are_different(engine: Engine) -> None:
    ids = [b"1", b"01", b"001", b"a", b"A", b"1" * 8, b"1" * 9, b"1" * 16, b"1" * 17, b"1" * 20]
    found = events([b"".join(spelt(b"LK", id=id) for id in ids * 2)])
    assert [event[5] for event in found] == [*range(1, 11)] * 2


class Counting:
    """Counts the bytes that scans are given, and those that are looked at while a frame waits."""

    def __init__(self, engine: Engine, patch: pytest.MonkeyPatch) -> None:
        self.scanned = self.calls = 0
        scan, look = engine.brackets.scan_brackets, engine.brackets.look_on

        def scan_brackets(data: memoryview, *rest: Any) -> None:
            self.scanned += len(data)
            self.calls += 1
            scan(data, *rest)

        def look_on(data: bytes, *rest: Any) -> int:
            self.scanned += len(data)
            return int(look(data, *rest))

        patch.setattr(bracket, "scan_brackets", scan_brackets)
        patch.setattr(bracket, "look_on", look_on)


HOSTILE = {
    "heads": b"[AA*1*FFFF*" * 900,
    "brackets": b"[" * 10_000,
    "a head, brackets that open and close": b"[AA*1*0001*" + b"[" * 4_000 + b"]" * 4_000,
    "a head, pairs of brackets": b"[AA*1*0001*" + b"[]" * 4_000,
    "a head, heads that break off": b"[AA*1*FFFF*" + b"[AA*1*FFF" * 900,
    "a head and nothing that ends it": b"[AA*1*FFFF*" + b"x" * 9_000,
    "encrypted": b"\xffAQSH\xff\xff\x01" * 1_000,
    "names that break off": b"[0123456789abcdef0123456789abcdefAAAA*" * 300,
    "frames": LINK * 300,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_work_is_linear_however_small_the_reads_are(
    data: bytes, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for at_once in (False, True):
        with monkeypatch.context() as patch:
            counting = Counting(engine, patch)
            framer = BracketFramer(resync=True)
            for byte in bytewise(data):
                framer.receive(byte)
                if not at_once:
                    list(framer.events())
            list(framer.events())
            framer.receive_eof()
            list(framer.events())
        # a head is looked at again while it is not whole: 69 bytes at most
        assert counting.scanned <= 75 * len(data)


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_dump_of_one_piece_is_scanned_a_table_at_a_time(
    data: bytes, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(engine, monkeypatch)
    found = events([data])
    assert whole(found, len(data))
    assert counting.calls <= 4 + len(data) // 11 // 64 + 2


class Reads:
    """Bytes that count how often they are read: the interpreted walk asks for each."""

    def __init__(self, data: bytes) -> None:
        self.data, self.count = data, 0

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, at: Any) -> Any:
        self.count += at.stop - at.start if isinstance(at, slice) else 1
        return self.data[at]


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("limit", [100, 65_535])
def test_every_byte_is_read_a_bounded_number_of_times(data: bytes, limit: int) -> None:
    reads = Reads(data)
    ids = array("Q", [1] * 4 + [0] * 4 * 64)
    state = array("q", [0] * codes.STATE_SIZE)
    state[codes.IDS_LEFT], state[codes.NEXT] = 32, 1
    table = array("q", bytes(8 * codes.STRIDE * 4096))
    while state[codes.POSITION] < len(data):
        AS_IT_READS.brackets.scan_brackets(reads, True, True, False, limit, ids, table, state)
    assert reads.count <= 40 * len(data)


def test_the_codes_of_the_walk_have_names() -> None:
    assert ERROR_CODES[codes.UNBRACKETED] is ErrorCode.UNBRACKETED
    assert all(
        a < b for a, b in pairwise([codes.LOOKING_NOT, codes.LOOKING_HEADS, codes.LOOKING_BRACKETS])
    )
