"""What a watch is owed, and when: section by section of the vendor's protocol."""

from __future__ import annotations

import re
import traceback

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpsproto import FramingLost, Policy, Receiver
from gpsproto.build import watch
from gpsproto.codecs.watch import messages
from gpsproto.errors import ErrorCode
from tests.session.talk import KEY, NOW, WATCH, answer, bytewise, talked
from tests.strategies import cuts

OTHER_WATCH = "9900000017"
TRACKING = Policy.load("tracking")
NOTHING = Policy("nothing", "nothing", {}, {})
POSITION = watch.Position(
    1_600_000_000_000, latitude=52.1, longitude=5.2, battery_percent=83, status=0x10000
)
VOICE = b"#!AMR\n" + bytes(range(256))


def sent(word: str, *arguments: str | bytes, **envelope: object) -> bytes:
    return watch.message(WATCH, word, *arguments, **envelope)  # type: ignore[arg-type]


# what is owed when it is stored: section 6 of the sheet
STORED = [
    (watch.position(WATCH, "AL", POSITION), "AL"),
    (watch.position(WATCH, "AL_LTE", POSITION), "AL"),
    (watch.position(WATCH, "AL_WCDMA", POSITION), "AL"),
    (watch.position(WATCH, "ALARM", POSITION), "AL"),
    (watch.position(WATCH, "ALCUSTOMER1", POSITION), "AL"),
    (watch.voice(WATCH, VOICE), "TK,1"),
    (watch.voice(WATCH, VOICE, word="TK2"), "TK2,1"),
    (sent("TKQ"), "TKQ"),
    (sent("TKQ2"), "TKQ2"),
    (sent("CONFIG", "TY:g36", "UL:600"), "CONFIG,1"),
    (sent("ICCID", "89310000000000000000", "001010000000018"), "ICCID"),
    (sent("ICCID1", "89310000000000000000", "001010000000018"), "ICCID2,1"),
    (sent("CCID", "89310000000000000000"), "CCID"),
    (sent("RYIMEI", "001010000000018"), "RYIMEI"),
    (sent("INIT"), "INIT,1"),
    (watch.health(WATCH, "bphrt", 112, 73, 67, None, None, None, None), "bphrt"),
    (watch.health(WATCH, "BPHRT", 112, 73, 67), "BPHRT"),
    (watch.health(WATCH, "btemp2", 1, 36.6), "btemp2"),
    (watch.health(WATCH, "oxygen", 0, 98), "oxygen,1"),
    (watch.health(WATCH, "heart", 80), "heart"),
    (watch.health(WATCH, "PULSE", 80), "PULSE"),
    (watch.health(WATCH, "blood", 112, 73), "blood"),
    (sent("WIFIINFOUP", "6e", "70", "s"), "WIFIINFOUP,1"),
]
AT_ONCE = [
    (watch.link(WATCH, 50, 100, 100), "LK"),
    (watch.link(WATCH), "LK"),
    (sent("lk"), "lk"),
    (sent("LK", "0", "100"), "LK"),
    (sent("KA", "0", "1", "2", "3"), "KA"),
    (sent("PING"), "PING"),
]
NEVER = [
    watch.position(WATCH, "UD", POSITION),
    watch.position(WATCH, "UD2", POSITION),
    watch.position(WATCH, "UD_LTE", POSITION),
    watch.position(WATCH, "WT", POSITION),
    watch.position(WATCH, "PP", POSITION, "091046"),
    sent("TK", "1"),
    sent("TK", "0"),
    sent("TK"),
    sent("PULSE", "1"),
    sent("UPLOAD"),
    sent("FIND"),
    sent("VERNO", "G29_BASE_V1.00"),
    sent("8800000015"),
    sent("NOBODYKNOWS", "1"),
    sent("LK_LTE"),
    sent("LKX"),
    watch.frame(WATCH, b""),
    watch.frame(WATCH, b",LK"),
    watch.frame(WATCH, b"LK " + b"x" * 60),
    watch.frame(WATCH, b"\xff\xfe,LK"),
]


def by_word(case: object) -> str | None:
    return re.sub(rb".*\*", b"", case[:24]).decode("latin-1") if isinstance(case, bytes) else None


@pytest.mark.parametrize(("frame", "content"), STORED, ids=by_word)
@pytest.mark.parametrize("policy", [TRACKING, NOTHING], ids=lambda policy: policy.name)
def test_what_is_owed_when_it_is_stored(frame: bytes, content: str, policy: Policy) -> None:
    receiver = Receiver(policy, KEY, expired="keep")
    batch = receiver.receive(frame, NOW)
    assert batch is not None
    assert receiver.due() == b""
    assert receiver.confirm(batch) == answer(content)


@pytest.mark.parametrize(("frame", "content"), AT_ONCE, ids=by_word)
@pytest.mark.parametrize("policy", [TRACKING, NOTHING], ids=lambda policy: policy.name)
def test_what_is_owed_at_once(frame: bytes, content: str, policy: Policy) -> None:
    receiver = Receiver(policy, KEY, expired="keep")
    batch = receiver.receive(frame, NOW)
    assert receiver.due() == answer(content)
    if batch is not None:
        assert len(batch) == 1
        assert receiver.confirm(batch) == b""


@pytest.mark.parametrize("frame", NEVER, ids=by_word)
@pytest.mark.parametrize("policy", [TRACKING, NOTHING], ids=lambda policy: policy.name)
def test_what_is_never_answered(frame: bytes, policy: Policy) -> None:
    receiver = Receiver(policy, KEY, expired="keep")
    batch = receiver.receive(frame, NOW)
    assert receiver.due() == b""
    if batch is not None:
        assert len(batch) == 1
        assert receiver.confirm(batch) == b""
    assert receiver.balance.discrepancies() == []


def test_the_published_answers_byte_for_byte() -> None:
    pairs = {
        b"[3G*8800000015*000D*LK,50,100,100]": b"[3G*8800000015*0002*LK]",
        b"[3G*8800000015*0013*bphrt,112,73,67,,,,]": b"[3G*8800000015*0005*bphrt]",
        b"[3G*8800000015*0006*CONFIG]": b"[3G*8800000015*0008*CONFIG,1]",
        b"[3G*8800000015*0004*INIT]": b"[3G*8800000015*0006*INIT,1]",
        b"[3G*8800000015*0003*TKQ]": b"[3G*8800000015*0003*TKQ]",
        b"[3G*8800000015*0004*TKQ2]": b"[3G*8800000015*0004*TKQ2]",
        b"[3G*8800000015*000D*WIFIINFOUP,,,]": b"[3G*8800000015*000C*WIFIINFOUP,1]",
        b"[3G*8800000015*000B*oxygen,0,98]": b"[3G*8800000015*0008*oxygen,1]",
    }
    for frame, owed in pairs.items():
        assert talked(Receiver(TRACKING, KEY, expired="keep"), [frame])[1] == owed


@pytest.mark.parametrize("index", [None, 0, 0xBEEF])
@pytest.mark.parametrize("prefix", ["3G", "SG", "ZJ"])
@pytest.mark.parametrize("id", [WATCH, "0304187088", "001010000000018", "aB1"])
def test_an_answer_has_prefix_id_and_index_of_what_it_answers(
    index: int | None, prefix: str, id: str
) -> None:
    frame = watch.message(id, "JXTK", "0", "1", "2", "3", b"x", prefix=prefix, index=index)
    frame += watch.link(id, prefix=prefix, index=index)
    receiver = Receiver(TRACKING, KEY, expired="keep")
    batch = receiver.receive(frame, NOW)
    assert batch is not None
    assert receiver.due() == answer("LK", id, prefix, index)
    assert receiver.confirm(batch) == answer("JXTKR,1", id, prefix, index)


def test_an_answer_has_no_signature() -> None:
    frame = watch.link(WATCH, prefix="IC01", signature="0123456789abcdef" * 2)
    assert (
        talked(Receiver(TRACKING, KEY, expired="keep"), [frame])[1] == b"[IC01*8800000015*0002*LK]"
    )


def test_every_declared_answer_leaves_in_the_spelling_of_the_watch() -> None:
    for message in messages():
        for word in (message.word, message.word.lower(), message.word.upper()):
            frame = watch.message(WATCH, word, "12", "34", "56")
            content = None if message.answer is None else message.answer.replace("{word}", word)
            owed = b"" if content is None else answer(content)
            assert talked(Receiver(TRACKING, KEY, expired="keep"), [frame])[1] == owed, message.word


@pytest.mark.parametrize(("frame", "content"), STORED + AT_ONCE, ids=by_word)
def test_an_answer_does_not_wait_for_more_than_its_frame(frame: bytes, content: str) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert talked(receiver, bytewise(frame[:-1])) == ([], b"")
    assert talked(receiver, [frame[-1:]])[1] == answer(content)


def test_the_records_of_a_read_are_one_batch() -> None:
    frames = watch.link(WATCH, 1, 2, 77) + b"\r\n".join(NEVER[:3]) + STORED[0][0]
    receiver = Receiver(TRACKING, KEY, expired="keep")
    batch = receiver.receive(frames, NOW)
    assert batch is not None
    events = [row["event"] for row in batch.rows()]
    assert len(events) == 5
    assert events[0] == "LK"
    assert receiver.due() == answer("LK")
    assert receiver.confirm(batch) == answer("AL")


def test_an_answer_is_held_until_what_was_sent_before_is_stored() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    position, alarm = receiver.receive(NEVER[0], NOW), receiver.receive(STORED[0][0], NOW)
    assert position is not None
    assert alarm is not None
    assert receiver.receive(watch.link(WATCH), NOW) is None
    assert receiver.due() == answer("LK"), "what is due waits for nothing"
    assert receiver.confirm(alarm) == b""
    assert receiver.confirm(position) == answer("AL")


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    some = [frame for frame, _ in STORED + AT_ONCE] + NEVER
    frames = draw(st.lists(st.sampled_from(some), min_size=1, max_size=6))
    between = st.sampled_from([b"", b"\r\n", b" \t", b"junk"])
    return frames[0] + b"".join(draw(between) + frame for frame in frames[1:])


@settings(max_examples=30)
@given(data=conversations(), more=st.data())
def test_a_conversation_gives_the_same_rows_and_answers_however_it_is_cut(
    data: bytes, more: st.DataObject
) -> None:
    whole = talked(Receiver(TRACKING, KEY, expired="keep"), [data], eof=True)
    for pieces in ([*bytewise(data[:300]), data[300:]], more.draw(cuts(data))):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        found, answers = talked(receiver, pieces, eof=True)
        assert found == whole[0]
        # what is due overtakes what waits for a batch of the same read
        assert sorted(re.findall(rb"\[[^]]*\]", answers)) == sorted(
            re.findall(rb"\[[^]]*\]", whole[1])
        )
        assert receiver.balance.discrepancies() == []


# --- frames that are not as they should be


def wrong_length(frame: bytes, by: int) -> bytes:
    head, _, content = frame[:-1].partition(b"AL,")
    length = int(head[-5:-1], 16) + by
    return head[:-5] + b"%04X*AL," % length + content + b"]"


def test_a_frame_whose_length_is_too_small_is_answered() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    found, answers = talked(receiver, [wrong_length(STORED[0][0], -3)])
    if not found:  # without a next frame nobody can tell before a pause
        batch = receiver.pause(NOW)
        assert batch is not None
        answers = receiver.confirm(batch)
    assert answers == answer("AL")


def test_a_frame_whose_length_is_too_large_is_answered_after_a_pause() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert receiver.receive(wrong_length(STORED[0][0], 13), NOW) is None
    batch = receiver.pause(NOW)
    assert batch is not None
    assert len(batch) == 1
    assert receiver.confirm(batch) == answer("AL")
    assert talked(receiver, [watch.link(WATCH)])[1] == answer("LK")
    assert receiver.balance.discrepancies() == []


def test_a_frame_whose_length_is_too_large_is_answered_when_the_next_comes() -> None:
    frames = wrong_length(STORED[0][0], 13) + watch.link(WATCH)
    receiver = Receiver(TRACKING, KEY, expired="keep")
    batch = receiver.receive(frames, NOW)
    assert batch is not None
    assert receiver.due() == answer("LK")
    assert receiver.confirm(batch) == answer("AL")


def test_a_pause_inside_a_frame_changes_nothing() -> None:
    frame = STORED[0][0]
    for at in range(1, len(frame)):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        assert receiver.receive(frame[:at], NOW) is None
        assert receiver.pause(NOW) is None
        batch = receiver.receive(frame[at:], NOW)
        assert batch is not None
        assert receiver.confirm(batch) == answer("AL")


def test_what_the_end_decides_can_be_stored_and_confirmed() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert receiver.receive(wrong_length(STORED[0][0], 13), NOW) is None
    batch = receiver.eof(NOW)
    assert batch is not None
    assert receiver.ended
    assert receiver.confirm(batch) == answer("AL")
    assert receiver.balance.discrepancies() == []


def test_a_watch_that_is_cut_off_is_no_error() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    receiver.receive(watch.link(WATCH) + STORED[0][0][:50], NOW)
    assert receiver.eof(NOW) is None
    assert receiver.lost is None
    assert receiver.balance.rejected == {ErrorCode.TRUNCATED: 1}
    assert receiver.balance.discrepancies() == []


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xffAQSH\x00\x2b\x01\x00\x00\x00" + bytes(37), ErrorCode.ENCRYPTED),
        (b"IWAP00353456789012345#", ErrorCode.FOREIGN_IWAP),
        (b"\x78\x78\x0d\x01" + bytes(14), ErrorCode.FOREIGN_GT06),
        (b"\x79\x79\x00\x0d\x01" + bytes(14), ErrorCode.FOREIGN_GT06),
        (b"SG*8800000015*0002*LK\r\n", ErrorCode.UNBRACKETED),
    ],
)
def test_another_protocol_of_the_market_is_lost_by_its_name(data: bytes, code: ErrorCode) -> None:
    for pieces in ([data], bytewise(data)):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        with pytest.raises(FramingLost) as caught:
            talked(receiver, pieces, eof=True)
        assert caught.value.code is code
        assert receiver.balance.discrepancies() == []


def test_line_ends_before_the_first_frame_are_skipped() -> None:
    data = b"\r\n \t" + watch.link(WATCH)
    for pieces in ([data], bytewise(data)):
        assert talked(Receiver(TRACKING, KEY, expired="keep"), pieces)[1] == answer("LK")


# --- who speaks


def test_the_subject_is_that_of_the_records() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    batch = receiver.receive(NEVER[0], NOW)
    assert batch is not None
    assert receiver.subject is not None
    assert receiver.subject.startswith("wat_")
    assert [row["subject"] for row in batch.rows()] == [receiver.subject]


def test_several_watches_behind_one_connection_are_told_apart() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    other = watch.position(OTHER_WATCH, "AL", POSITION)
    batch = receiver.receive(STORED[0][0] + other, NOW)
    assert batch is not None
    assert len({row["subject"] for row in batch.rows()}) == 2
    assert receiver.confirm(batch) == answer("AL") + answer("AL", OTHER_WATCH)
    theirs = receiver.subject
    receiver.receive(watch.link(WATCH), NOW)
    assert receiver.subject != theirs


def test_a_watch_is_asked_for_once() -> None:
    asked: list[str] = []
    receiver = Receiver(
        TRACKING, KEY, expired="keep", accept=lambda subject: asked.append(subject) or True
    )
    talked(receiver, [watch.link(WATCH)] * 3)
    assert asked == [receiver.subject]


def test_a_watch_that_is_refused_gets_no_answer_and_ends_the_conversation() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", accept=lambda subject: False)
    assert receiver.receive(watch.link(WATCH) + STORED[0][0], NOW) is None
    assert receiver.due() == b""
    assert receiver.ended
    balance = receiver.balance
    assert (balance.frames, balance.bytes_in, balance.discrepancies()) == (0, 0, [])


# --- what must not be seen


def test_nothing_about_a_receiver_shows_the_watch() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    receiver.receive(STORED[0][0] + watch.link(WATCH), NOW)
    for shown in (repr(receiver), str(receiver), f"{receiver}"):
        assert WATCH not in shown


def test_no_error_shows_what_was_read() -> None:
    for data in (b"SG*%b*0002*LK\r\n" % WATCH.encode(), b"IWAP00%b#" % WATCH.encode()):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        with pytest.raises(FramingLost) as caught:
            talked(receiver, [data], eof=True)
        error = caught.value
        assert error.__context__ is None
        frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
        ours = [frame for frame in frames if "gpsproto/" in frame.filename]
        assert ours
        assert WATCH not in repr([frame.locals for frame in ours]) + str(error) + repr(error.args)


@pytest.mark.parametrize(
    "word",
    ["AL", "al", "AL_LTE", "AL_LTE_CAT1", "AL_", "AL2", "AL2_NR", "AL\0", "AL-", "AL B", "A"],
)
def test_an_alarm_is_answered_where_it_is_stored_and_nowhere_else(word: str) -> None:
    inside = word.encode() + b",120625,101500,A,52.0,N,5.1,E,0,0,0,9,80,64,0,0,00010000,0,0"
    receiver = Receiver("tracking", KEY, expired="keep")
    batch = receiver.receive(b"[3G*8800000015*%04X*%s]" % (len(inside), inside))
    stored = batch is not None and len(batch) > 0
    answered = batch is not None and b"*AL]" in receiver.confirm(batch)
    assert stored == answered
