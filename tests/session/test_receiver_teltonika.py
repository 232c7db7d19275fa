"""What a Teltonika device is owed, over TCP and UDP, and when."""

from __future__ import annotations

import copy
import gc
import pickle
import traceback
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import DeviceId, FramingLost, Policy, Receiver, build, session
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.errors import ErrorCode, PolicyError
from tests.session.talk import IMEI, KEY, NOW, bytewise, talked
from tests.strategies import CODECS, cuts, record_lists
from tests.table import rows

OTHER_IMEI = "001010000000026"
TRACKING = Policy.load("tracking")
RECORD = Record(1_600_000_000_000, longitude_e7=52_000_000, latitude_e7=521_000_000, satellites=9)
FRAME = tcp_frame(0x08, [RECORD] * 3)
LONGER = tcp_frame(0x08, [RECORD] * 5)


def enveloped(body: bytes) -> bytes:
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc16(body).to_bytes(4, "big")


ANSWERS = {
    12: build.answer("Uptime: 1"),
    13: build.answer("done", codec=13, time_s=1_600_000_000),
    14: build.answer("done", codec=14, imei=IMEI),
    15: build.answer("done", codec=15, imei=IMEI, time_s=1_600_000_000),
}
UNREAD = [
    build.command("getinfo"), build.command("getinfo", codec=14, imei=IMEI),
    build.photo_part(1, 0, bytes(9)),
    build.serial(b"UUUU", codec=15, imei=IMEI, time_s=1_600_000_000),
]  # fmt: skip
WRONG = enveloped(b"\x0e\x01\x06\x00\x00\x00\x04done\x01")
COMMANDS = [*ANSWERS.values(), *UNREAD, build.refusal(IMEI), WRONG]


def logged_in(**options: object) -> Receiver:
    receiver = Receiver(TRACKING, KEY, expired="keep", **options)  # type: ignore[arg-type]
    assert receiver.receive(login(IMEI), NOW) is None
    assert receiver.due() == b"\x01"
    return receiver


@st.composite
def conversations(draw: st.DrawFn, codec: int) -> tuple[bytes, bytes]:
    """A login and frames of one codec, keep-alives and command answers between; what is owed."""
    sent, owed = login(IMEI), b"\x01"
    for _ in range(draw(st.integers(1, 4))):
        records = draw(record_lists(codec))
        sent += b"\xff" * draw(st.integers(0, 2)) + tcp_frame(codec, records)
        owed += len(records).to_bytes(4, "big")
        if draw(st.booleans()):
            sent += draw(st.sampled_from(COMMANDS))
    return sent, owed


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=20)
@given(more=st.data())
def test_a_conversation_gives_the_same_rows_and_answers_however_it_is_cut(
    codec: int, more: st.DataObject
) -> None:
    data, owed = more.draw(conversations(codec))
    whole = talked(Receiver(TRACKING, KEY, expired="keep"), [data])
    assert whole[1] == owed
    for pieces in ([*bytewise(data[:300]), data[300:]], more.draw(cuts(data))):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        assert talked(receiver, pieces) == whole
        assert receiver.balance.discrepancies() == []


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=20)
@given(more=st.data())
def test_live_rows_are_those_of_a_dump(codec: int, more: st.DataObject) -> None:
    data, _ = more.draw(conversations(codec))
    live, _ = talked(Receiver(TRACKING, KEY, expired="keep"), [data])
    dump = rows(gpsproto.decode(data, policy=TRACKING, key=KEY, input_format="stream"))
    when = {"received_at", "clock_suspect", "expires_on", "retention_class"}
    plain = [{k: v for k, v in row.items() if k not in when} for row in live]
    assert plain == [{k: v for k, v in row.items() if k not in when} for row in dump]


@pytest.mark.parametrize("codec", CODECS)
@settings(max_examples=20)
@given(more=st.data())
def test_a_datagram_is_owed_its_packet_ids_and_its_count(codec: int, more: st.DataObject) -> None:
    records = more.draw(record_lists(codec))
    channel, number = more.draw(st.integers(0, 0xFFFF)), more.draw(st.integers(0, 0xFF))
    packet = udp_packet(codec, records, IMEI, channel_packet_id=channel, avl_packet_id=number)
    found, sent = talked(Receiver(TRACKING, KEY, expired="keep", transport="udp"), [packet])
    assert len(found) == len(records)
    assert sent == (
        b"\x00\x05" + channel.to_bytes(2, "big") + b"\x01" + bytes([number, len(records)])
    )


def test_the_published_datagram_gets_the_published_answer() -> None:
    packet = bytes.fromhex(
        "003DCAFE0105000F33353230393330383634303336353508010000016B4F815B300100000000000000000000"
        "00000000000103021503010101425DBC000001"
    )
    _, sent = talked(Receiver(TRACKING, KEY, expired="keep", transport="udp"), [packet])
    assert sent.hex().upper() == "0005CAFE010501"


def test_nothing_is_owed_for_records_before_they_are_confirmed() -> None:
    receiver = logged_in()
    batch = receiver.receive(FRAME, NOW)
    assert batch is not None
    assert receiver.due() == b""
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"
    assert receiver.due() == b""


def test_a_login_and_a_frame_in_one_read_are_answered_apart() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    batch = receiver.receive(login(IMEI) + FRAME, NOW)
    assert batch is not None
    assert receiver.due() == b"\x01"
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"


def test_what_is_due_is_given_once() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    receiver.receive(login(IMEI), NOW)
    assert (receiver.due(), receiver.due()) == (b"\x01", b"")


def test_several_frames_of_a_read_are_one_batch_and_an_answer_each() -> None:
    batch = (receiver := logged_in()).receive(FRAME + LONGER + FRAME, NOW)
    assert batch is not None
    assert len(batch) == 11
    assert receiver.confirm(batch) == bytes.fromhex("00000003 00000005 00000003")


def test_more_frames_than_one_scan_finds_are_one_batch() -> None:
    batch = (receiver := logged_in()).receive(FRAME * 200, NOW)
    assert batch is not None
    assert len(batch) == 600
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03" * 200


def test_a_short_frame_behind_a_long_one_does_not_wait_for_more() -> None:
    receiver = logged_in()
    for frame in (tcp_frame(0x08, [RECORD] * 25), LONGER, FRAME, tcp_frame(0x08, [RECORD])):
        assert receiver.receive(frame, NOW) is not None


def test_the_count_is_that_of_the_frame_whatever_the_policy_lets_through() -> None:
    nothing = Policy("nothing", "nothing", {}, {})
    batch = (receiver := Receiver(nothing, KEY, expired="keep")).receive(login(IMEI) + FRAME, NOW)
    assert batch is not None
    assert receiver.subject is None
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"


@pytest.mark.parametrize("codec", ANSWERS)
def test_an_answer_is_stored_and_owed_nothing(codec: int) -> None:
    receiver = logged_in()
    batch = receiver.receive(ANSWERS[codec], NOW)
    assert batch is not None
    assert [row["message"] for row in rows([batch])] == ["answer"]
    assert receiver.due() == receiver.confirm(batch) == b""
    batch = receiver.receive(ANSWERS[codec] + FRAME + ANSWERS[codec], NOW)
    assert batch is not None
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"


@pytest.mark.parametrize("frame", [*UNREAD, WRONG], ids=lambda frame: f"0x{frame[8]:02X}")
def test_what_is_no_record_is_neither_stored_nor_answered(frame: bytes) -> None:
    receiver = logged_in()
    assert receiver.receive(frame, NOW) is None
    assert receiver.due() == b""
    batch = receiver.receive(frame + FRAME, NOW)
    assert batch is not None
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"
    assert receiver.balance.discrepancies() == []


def test_an_answer_in_a_datagram_is_owed_nothing() -> None:
    body = ANSWERS[12][8:-4]
    rest = b"\xca\xfe\x01\x05\x00\x0f" + IMEI.encode() + body
    receiver = Receiver(TRACKING, KEY, transport="udp", expired="keep")
    batch = receiver.receive(len(rest).to_bytes(2, "big") + rest, NOW)
    assert batch is not None
    assert receiver.confirm(batch) == b""


def test_a_keep_alive_is_owed_nothing() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    for _ in range(3):
        assert receiver.receive(b"\xff", NOW) is None
    assert receiver.receive(login(IMEI), NOW) is None
    assert receiver.receive(b"\xff", NOW) is None
    assert receiver.due() == b"\x01"
    assert receiver.balance.discrepancies() == []


def damaged(frame: bytes) -> bytes:
    return frame[:-1] + bytes([frame[-1] ^ 1])


def test_a_frame_with_a_wrong_crc_is_asked_for_again() -> None:
    receiver = logged_in()
    assert receiver.receive(damaged(FRAME), NOW) is None
    assert receiver.due() == b"\x00\x00\x00\x00"
    assert receiver.balance.rejected == {ErrorCode.BAD_CRC: 1}


def test_a_damaged_command_answer_is_not_asked_for_again() -> None:
    receiver = logged_in()
    assert receiver.receive(damaged(ANSWERS[12]), NOW) is None
    assert receiver.due() == b""


def test_a_damaged_frame_is_answered_in_its_place() -> None:
    receiver = logged_in()
    first = receiver.receive(FRAME, NOW)
    assert receiver.receive(damaged(FRAME), NOW) is None
    last = receiver.receive(FRAME + damaged(FRAME) + LONGER, NOW)
    assert first is not None
    assert last is not None
    assert receiver.due() == b""
    assert receiver.confirm(first) == bytes.fromhex("00000003 00000000")
    assert receiver.confirm(last) == bytes.fromhex("00000003 00000000 00000005")


@pytest.mark.parametrize(
    "frame",
    [
        enveloped(FRAME[8:-5] + b"\x00\x03"),  # a byte too many
        enveloped(FRAME[8:-5] + b"\x04"),  # the second count differs
        enveloped(b"\x08\x00\x00"),  # no records
        enveloped(b"\x07" + FRAME[9:-4]),  # a codec that is not read
    ],
)
def test_an_intact_frame_that_cannot_be_read_is_not_answered(frame: bytes) -> None:
    receiver = logged_in()
    assert receiver.receive(frame, NOW) is None
    assert receiver.due() == b""
    assert receiver.balance.rejected.total() == 1
    batch = receiver.receive(FRAME, NOW)
    assert batch is not None
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"


def test_a_wrong_datagram_is_not_answered() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", transport="udp")
    packet = udp_packet(0x08, [RECORD], IMEI)
    for wrong in (
        b"",
        packet[:-1],
        packet[:-1] + b"\x02",
        b"hello",
        packet[:9] + b"x" + packet[10:],
    ):
        assert receiver.receive(wrong, NOW) is None
    assert receiver.due() == b""
    assert talked(receiver, [packet])[1].hex() == "0005cafe010101"
    assert receiver.balance.discrepancies() == []


def test_several_packets_of_a_datagram_are_answered_together() -> None:
    packets = [udp_packet(0x08, [RECORD] * n, IMEI, avl_packet_id=n) for n in (1, 2)]
    found, sent = talked(
        Receiver(TRACKING, KEY, expired="keep", transport="udp"), [b"".join(packets)]
    )
    assert len(found) == 3
    assert sent.hex() == "0005cafe010101" + "0005cafe010202"


# --- the order of answers


def test_over_tcp_an_answer_that_is_confirmed_early_waits_for_its_turn() -> None:
    receiver = logged_in()
    first, second, third = (receiver.receive(frame, NOW) for frame in (FRAME, LONGER, FRAME))
    assert first is not None
    assert second is not None
    assert third is not None
    assert receiver.confirm(second) == b""
    assert receiver.confirm(first) == bytes.fromhex("00000003 00000005")
    assert receiver.confirm(third) == bytes.fromhex("00000003")


def test_over_udp_an_answer_has_its_packet_id_and_need_not_wait() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", transport="udp")
    packets = [udp_packet(0x08, [RECORD], IMEI, avl_packet_id=n) for n in (1, 2)]
    first, second = (receiver.receive(packet, NOW) for packet in packets)
    assert first is not None
    assert second is not None
    assert receiver.confirm(second).hex() == "0005cafe010201"
    assert receiver.confirm(first).hex() == "0005cafe010101"


def test_a_second_login_is_answered_behind_what_waits() -> None:
    receiver = logged_in()
    batch = receiver.receive(FRAME, NOW)
    assert batch is not None
    assert receiver.receive(login(OTHER_IMEI), NOW) is None
    assert receiver.due() == b""
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03" + b"\x01"


def test_a_batch_is_confirmed_once_and_here() -> None:
    receiver, other = logged_in(), logged_in()
    batch, foreign = receiver.receive(FRAME, NOW), other.receive(FRAME, NOW)
    assert batch is not None
    assert foreign is not None
    with pytest.raises(ValueError, match="does not wait"):
        receiver.confirm(foreign)
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"
    with pytest.raises(ValueError, match="does not wait"):
        receiver.confirm(batch)


def test_a_batch_that_is_confirmed_before_its_turn_is_let_go() -> None:
    receiver = logged_in()
    first, second = receiver.receive(FRAME, NOW), receiver.receive(FRAME, NOW)
    assert second is not None
    receiver.confirm(second)
    held = gc.get_referrers(second)
    assert all(type(one).__module__ != session.__name__ for one in held)
    with pytest.raises(ValueError, match="does not wait"):
        receiver.confirm(second)
    assert first is not None
    assert len(receiver.confirm(first)) == 8


# --- who speaks


def test_the_subject_is_that_of_the_records() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert receiver.subject is None
    receiver.receive(login(IMEI), NOW)
    subject = receiver.subject
    assert subject is not None
    assert subject.startswith("dev_")
    batch = receiver.receive(FRAME, NOW)
    assert batch is not None
    assert {row["subject"] for row in batch.rows()} == {subject}


def test_accept_is_given_the_pseudonym_and_never_the_id() -> None:
    asked: list[str] = []
    receiver = logged_in(accept=lambda subject: asked.append(subject) or True)
    assert asked == [receiver.subject]
    assert IMEI[:14] not in asked[0]


def test_who_is_refused_gets_a_zero_and_nothing_more_is_taken() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", accept=lambda subject: False)
    assert receiver.receive(login(IMEI) + FRAME + b"more", NOW) is None
    assert receiver.due() == b"\x00"
    assert receiver.ended
    assert receiver.lost is None
    assert receiver.eof(NOW) is None
    with pytest.raises(ValueError, match="ended"):
        receiver.receive(FRAME, NOW)
    balance = receiver.balance
    assert (balance.logins, balance.frames, balance.discrepancies()) == (1, 0, [])


def test_a_second_device_that_is_refused_ends_what_the_first_began() -> None:
    mine = logged_in().subject
    receiver = logged_in(accept=lambda subject: subject == mine)
    batch = receiver.receive(FRAME + login(IMEI) + FRAME + login(OTHER_IMEI) + FRAME, NOW)
    assert batch is not None
    assert len(batch) == 6
    assert receiver.ended
    assert receiver.confirm(batch) == bytes.fromhex("00000003 01 00000003 00")
    assert receiver.balance.discrepancies() == []


def test_over_udp_who_is_refused_is_not_answered_and_others_are() -> None:
    mine = logged_in().subject
    receiver = Receiver(
        TRACKING, KEY, expired="keep", transport="udp", accept=lambda subject: subject == mine
    )
    theirs = udp_packet(0x08, [RECORD] * 2, OTHER_IMEI)
    assert talked(receiver, [theirs]) == ([], b"")
    assert not receiver.ended
    found, sent = talked(receiver, [udp_packet(0x08, [RECORD], IMEI), theirs])
    assert (len(found), sent.hex()) == (1, "0005cafe010101")
    assert receiver.balance.discrepancies() == []


def test_an_accept_that_fails_serves_nobody() -> None:
    def fails(subject: str) -> bool:
        raise LookupError

    receiver = Receiver(TRACKING, KEY, expired="keep", accept=fails)
    with pytest.raises(LookupError):
        receiver.receive(login(IMEI) + FRAME, NOW)
    assert receiver.ended
    assert receiver.due() == b""
    with pytest.raises(ValueError, match="ended"):
        receiver.receive(FRAME, NOW)


def test_accept_needs_a_policy_that_makes_pseudonyms() -> None:
    nothing = Policy("nothing", "nothing", {}, {})
    with pytest.raises(ValueError, match="pseudonyms"):
        Receiver(nothing, KEY, expired="keep", accept=lambda subject: True)


def test_a_frame_before_any_login_is_nobodys() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    with pytest.raises(FramingLost) as caught:
        receiver.receive(FRAME, NOW)
    assert (caught.value.code, caught.value.offset) == (ErrorCode.BAD_HANDSHAKE, 0)
    assert receiver.due() == b""
    assert receiver.balance.discrepancies() == []


def test_ids_made_up_without_end_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MOST_DEVICES", 5)
    imeis = [f"0010100000{n:04}7" for n in range(12)]
    receiver = Receiver(TRACKING, KEY, expired="keep")
    _, sent = talked(receiver, [login(imei) for imei in imeis[:6]])
    assert sent == b"\x01" * 5 + b"\x00"
    assert receiver.ended
    receiver = Receiver(TRACKING, KEY, expired="keep", transport="udp")
    found, sent = talked(receiver, [udp_packet(0x08, [RECORD], imei) for imei in imeis])
    assert len(found) == len({row["subject"] for row in found}) == 12
    assert len(sent) == 12 * 7
    assert len(receiver._conversations) <= 6
    implausible = sum(not DeviceId(imei.encode()).luhn_valid for imei in imeis)
    assert receiver.balance.implausible_logins == implausible
    assert receiver.balance.implausible_logins == implausible, "asked for twice"
    assert receiver.balance.discrepancies() == []


def test_devices_of_several_families_in_one_read_get_no_names_that_are_not_sure() -> None:
    subjects = [logged_in().subject, (other := Receiver(TRACKING, KEY, expired="keep")).subject]
    other.receive(login(OTHER_IMEI), NOW)
    subjects = [subjects[0], other.subject]
    families = {subjects[0]: "FMB", subjects[1]: "FMX6"}
    frame = tcp_frame(0x08, [Record(1_600_000_000_000, elements=[(72, 4, 250), (178, 1, 3)])])
    data = login(IMEI) + frame + login(OTHER_IMEI) + frame
    receiver = Receiver(TRACKING, KEY, expired="keep", families=families)
    apart, _ = talked(receiver, [data[:17] + frame, data[17 + len(frame) :]])
    assert [row.get("network_type") for row in apart] == [None, 3]
    receiver = Receiver(TRACKING, KEY, expired="keep", families=families)
    together, sent = talked(receiver, [data])
    unsure, _ = talked(Receiver(TRACKING, KEY, expired="keep"), [data])
    assert together == unsure
    assert sent == bytes.fromhex("01 00000001 01 00000001")
    assert receiver.balance.discrepancies() == []


# --- the end


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\x16\x03\x01\x02\x00" + bytes(20), ErrorCode.FOREIGN_TLS),
        (b"GET / HTTP/1.1\r\nHost: there\r\n\r\n", ErrorCode.FOREIGN_HTTP),
        (b"hello, is anybody there?", ErrorCode.FOREIGN_TEXT),
        (b"\r\n\r\nhello, is anybody there?", ErrorCode.FOREIGN_TEXT),
        (b" " * 40 + b"[3G*8800000015*0002*LK]", ErrorCode.FOREIGN_TEXT),
        (b"\x00\x0f35A", ErrorCode.BAD_HANDSHAKE),
        (udp_packet(0x08, [RECORD] * 20, IMEI), ErrorCode.FOREIGN_DATAGRAM),
        (b"xenia is a name, not a start", ErrorCode.FOREIGN_TEXT),
        (b"\x80" * 16, ErrorCode.BAD_PREAMBLE),
    ],
)
def test_a_foreign_stream_is_lost_by_its_code(data: bytes, code: ErrorCode) -> None:
    for pieces in ([data], bytewise(data)):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        with pytest.raises(FramingLost) as caught:
            talked(receiver, pieces, eof=True)
        assert caught.value.code is code
        assert receiver.lost is caught.value
        assert receiver.ended
        assert receiver.balance.rejected == {code: 1}
        assert receiver.balance.discrepancies() == []


def test_a_stream_that_is_lost_stays_lost() -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    junk = b"\x16\x03\x01" + bytes(20)
    for call in (lambda: receiver.receive(junk, NOW), lambda: receiver.receive(FRAME, NOW)):
        with pytest.raises(FramingLost):
            call()
    with pytest.raises(FramingLost):
        receiver.eof(NOW)
    assert receiver.due() == b""


def test_what_came_before_a_stream_was_lost_is_given_first() -> None:
    receiver = logged_in()
    batch = receiver.receive(FRAME + b"\x16\x03\x01" + bytes(20), NOW)
    assert batch is not None
    assert receiver.ended
    assert receiver.lost is not None
    assert receiver.lost.offset == 17 + len(FRAME)
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"
    with pytest.raises(FramingLost):
        receiver.receive(b"", NOW)
    assert receiver.balance.discrepancies() == []


@pytest.mark.parametrize("data", [b"", b"\xff", login(IMEI)[:9], login(IMEI) + FRAME[:40]])
def test_a_device_that_is_cut_off_is_no_error(data: bytes) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    receiver.receive(data, NOW)
    assert receiver.eof(NOW) is None
    assert receiver.eof(NOW) is None
    assert receiver.ended
    assert receiver.lost is None
    assert receiver.balance.discrepancies() == []
    with pytest.raises(ValueError, match="ended"):
        receiver.receive(b"more", NOW)


def test_what_is_stored_after_the_end_can_still_be_confirmed() -> None:
    receiver = logged_in()
    batch = receiver.receive(FRAME, NOW)
    receiver.eof(NOW)
    assert batch is not None
    assert receiver.confirm(batch) == b"\x00\x00\x00\x03"


def test_a_pause_says_nothing_to_a_tracker() -> None:
    receiver = logged_in()
    receiver.receive(FRAME[:50], NOW)
    assert receiver.pause(NOW) is None
    assert receiver.receive(FRAME[50:], NOW) is not None


# --- wrong calls, and what must not be seen


def test_a_policy_must_be_given() -> None:
    with pytest.raises(TypeError):
        Receiver(key=KEY)  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        Receiver(None, KEY)  # type: ignore[arg-type]
    with pytest.raises(PolicyError):
        Receiver("no such policy", KEY)
    with pytest.raises(TypeError):
        Receiver("tracking", b"key")  # type: ignore[arg-type]
    assert Receiver("tracking", KEY, expired="keep").subject is None


def test_wrong_calls_are_refused() -> None:
    receiver = logged_in()
    with pytest.raises(ValueError, match="transport"):
        Receiver(TRACKING, KEY, expired="keep", transport="sms")  # type: ignore[arg-type]
    for wrong in ("text", 5, None):
        with pytest.raises(TypeError):
            receiver.receive(wrong, NOW)  # type: ignore[arg-type]
    for wrong in (None, FRAME, "batch"):
        with pytest.raises(TypeError):
            receiver.confirm(wrong)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="time zone"):
        receiver.receive(FRAME, datetime(2026, 3, 1))
    with pytest.raises(TypeError):
        receiver.receive(FRAME, 1_700_000_000)  # type: ignore[arg-type]
    assert receiver.receive(FRAME) is not None


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_a_buffer_may_change_after_the_call(kind: type) -> None:
    receiver = logged_in()
    held = bytearray(FRAME[:60])
    receiver.receive(kind(held), NOW)
    held[:] = bytes(60)
    batch = receiver.receive(FRAME[60:], NOW)
    assert batch is not None
    assert len(batch) == 3


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_nothing_about_a_receiver_shows_who_speaks(transport: str) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", transport=transport)  # type: ignore[arg-type]
    data = login(IMEI) + FRAME
    receiver.receive(data if transport == "tcp" else udp_packet(0x08, [RECORD], IMEI), NOW)
    for shown in (repr(receiver), str(receiver), f"{receiver}", repr(vars(receiver))):
        assert IMEI[:14] not in shown
    for taken in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            taken(receiver)


def test_no_error_shows_what_was_read() -> None:
    for data in (login(IMEI) + FRAME + IMEI.encode() * 3, login("35A" + IMEI[3:]), FRAME):
        for pieces in ([data], bytewise(data)):
            receiver = Receiver(TRACKING, KEY, expired="keep")
            with pytest.raises(FramingLost) as caught:
                talked(receiver, [*pieces, b""], eof=True)
            error = caught.value
            assert error.__cause__ is None
            assert error.__context__ is None
            frames = traceback.TracebackException.from_exception(error, capture_locals=True).stack
            ours = [frame for frame in frames if "gpsproto/" in frame.filename]
            shown = repr([frame.locals for frame in ours]) + str(error) + repr(error.args)
            assert ours
            assert IMEI[3:14] not in shown
