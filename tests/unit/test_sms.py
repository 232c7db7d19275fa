"""SMS: the framer, the lines that spell them, and how they are recognised."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import (
    GhRecord,
    HourlyPlace,
    Record,
    binary_sms,
    body,
    codec7_body,
    login,
    sms24,
    tcp_frame,
    udp_packet,
)
from gpsproto.captures.recognise import InputFormat, recognise
from gpsproto.captures.smslines import messages
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.wire.frame import Frame, Rejected, Skipped
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_sms import SmsFramer, is_sms
from tests.conftest import Engine
from tests.gh_strategies import gh_record_lists
from tests.strategies import CODECS, IMEI, damaged, record_lists
from tests.table import rows

pytestmark = pytest.mark.core

KEY = PseudonymKey(bytes(range(32)))
TEST_IMEI = "001010000000016"  # begins with zeros, which a number has not
NOW_S = 1_750_000_000
PLACES = [HourlyPlace(52.37, -4.895, 50), None, HourlyPlace(52.38, -4.9, 60)]
TEXT = b"2024/05/01 12:00:00 Val:1 Lon:4.895 Lat:52.37 Q:1"


@st.composite
def sms(draw: st.DrawFn) -> bytes:
    """A message of any codec."""
    codec = draw(st.sampled_from([*CODECS, 7, 4]))
    if codec == 4:
        many = draw(st.integers(1, 24))
        return sms24(IMEI, NOW_S, [*(PLACES * 8)[:many]])
    if codec == 7:
        return binary_sms(codec7_body(draw(gh_record_lists)), IMEI)
    return binary_sms(body(codec, draw(record_lists(codec))), IMEI)


def found(*data: bytes, **options: Any) -> list[Any]:
    framer = SmsFramer(**options)
    for one in data:
        framer.receive(one)
    framer.receive_eof()
    return list(framer.events())


def decoded(*lines: bytes, **options: Any) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    source = b"\n".join(lines)
    out = rows(gpsproto.decode(source, input_format="sms", key=KEY, balance=balance, **options))
    assert balance.discrepancies() == []
    return out, balance


@given(sms())
def test_a_message_is_a_frame_and_its_imei_a_device(message: bytes) -> None:
    [event] = found(message)
    assert isinstance(event, Frame)
    assert bytes(event.body) == message[:-8]
    assert event.envelope.device is not None
    assert (event.offset, event.size) == (0, len(message))
    assert is_sms(message)
    assert recognise(message.hex().encode()) is InputFormat.SMS


@given(record_lists(0x8E))
def test_the_records_are_those_of_a_tcp_frame(records: list[Record]) -> None:
    over_tcp = rows(gpsproto.decode(login(IMEI) + tcp_frame(0x8E, records), key=KEY))
    out, _ = decoded(binary_sms(body(0x8E, records), IMEI).hex().encode())
    assert out == over_tcp


@pytest.mark.parametrize("imei", [IMEI, TEST_IMEI])
def test_the_subject_is_that_of_a_login(imei: str, engine: Engine) -> None:
    [by_login] = rows(gpsproto.decode(login(imei) + tcp_frame(8, [Record(1)]), key=KEY))
    [by_sms], _ = decoded(binary_sms(body(8, [Record(1)]), imei).hex().encode())
    assert by_sms["subject"] == by_login["subject"]
    assert decoded(sms24(imei, NOW_S, PLACES).hex().encode())[0][0]["subject"] == by_sms["subject"]


def test_messages_of_one_device_are_one_conversation() -> None:
    conversations = Conversations()
    one, other = sms24(IMEI, NOW_S, PLACES), sms24(TEST_IMEI, NOW_S, PLACES)
    events = found(one, other, one, conversations=conversations)
    assert [event.envelope.conversation for event in events] == [1, 2, 1]
    assert [event.offset for event in events] == [0, len(one), len(one) + len(other)]


def test_more_messages_than_rows_are_more_tables() -> None:
    framer = SmsFramer(rows=2)
    for _ in range(5):
        framer.receive(sms24(IMEI, NOW_S, PLACES))
    tables = list(framer.tables())
    assert [len(table) for table in tables] == [2, 2, 1]
    size = len(sms24(IMEI, NOW_S, PLACES))
    assert [table.base for table in tables] == [0, 2 * size, 4 * size]
    assert list(framer.tables()) == []


GOOD = binary_sms(body(8, [Record(1)]), IMEI)


@pytest.mark.parametrize(
    ("data", "code", "at"),
    [
        (GOOD[:10], ErrorCode.TRUNCATED, 10),
        (GOOD[:-9] + b"\x02" + GOOD[-8:], ErrorCode.COUNT_MISMATCH, len(GOOD) - 9),
        (GOOD[:-8] + bytes(8), ErrorCode.BAD_SMS_IMEI, len(GOOD) - 8),
        (GOOD[:-8] + (10**15).to_bytes(8, "big"), ErrorCode.BAD_SMS_IMEI, len(GOOD) - 8),
        (GOOD[:-8] + b"\xff" * 8, ErrorCode.BAD_SMS_IMEI, len(GOOD) - 8),
        (b"\x08\x01" + bytes(8_200) + b"\x01" + GOOD[-8:], ErrorCode.TOO_LARGE, 0),
        (b"\x04" + bytes(4), ErrorCode.TRUNCATED, 5),
        (tcp_frame(8, [Record(1)]), ErrorCode.UNKNOWN_CODEC, 0),
    ],
)
def test_a_wrong_message_is_rejected_by_code_and_byte(
    data: bytes, code: ErrorCode, at: int | None
) -> None:
    first, event, last = found(GOOD, data, GOOD)
    assert isinstance(first, Frame)
    assert isinstance(last, Frame)
    assert isinstance(event, Rejected)
    assert (event.code, event.offset, event.size) == (code, len(GOOD), len(data))
    if at is not None:
        assert event.at == len(GOOD) + at


def test_an_imei_of_16_digits_is_taken_where_it_is_allowed() -> None:
    data = GOOD[:-8] + (10**15 + 7).to_bytes(8, "big")
    [event] = found(data, limits=Limits(imei_digits=(14, 16)))
    assert isinstance(event, Frame)


@pytest.mark.parametrize("code", [0x00, 0x0C, 0x3D, 0x99])
def test_an_unknown_codec_is_rejected(code: int, engine: Engine) -> None:
    data = bytes([code]) + GOOD[1:]
    out, balance = decoded(data.hex().encode())
    assert out == []
    assert balance.rejected == {ErrorCode.UNKNOWN_CODEC: 1}


def test_an_imei_whose_check_digit_is_wrong_is_taken_and_counted() -> None:
    wrong = IMEI[:-1] + str((int(IMEI[-1]) + 1) % 10)
    out, balance = decoded(binary_sms(body(8, [Record(1)]), wrong).hex().encode())
    assert len(out) == 1
    assert balance.implausible_logins == 1


@given(sms(), st.data())
def test_every_prefix_and_every_damaged_message_ends_in_an_outcome(
    message: bytes, more: st.DataObject
) -> None:
    cut = message[: more.draw(st.integers(1, len(message)))]
    for data in (cut, more.draw(damaged(message))):
        out, balance = decoded(data.hex().encode(), limits=Limits(imei_digits=(14, 16)))
        ended = balance.frames + balance.rejected.total() + bool(balance.bytes_skipped.total())
        assert ended == bool(data)
        assert balance.frames or not out


@given(st.binary(max_size=300))
def test_any_bytes_end_in_an_outcome(data: bytes) -> None:
    for event in found(data):
        assert isinstance(event, Frame | Rejected | Skipped)
        assert (event.offset, event.size) == (0, len(data))


def test_a_text_is_counted_as_text() -> None:
    sent = sms24(IMEI, NOW_S, PLACES).hex().encode()
    out, balance = decoded(TEXT, sent, TEXT.hex().encode())
    assert len(out) == 3
    assert balance.bytes_skipped == {ErrorCode.FOREIGN_TEXT: 2 * len(TEXT)}


def test_neither_a_framer_nor_an_event_shows_an_imei() -> None:
    framer = SmsFramer()
    framer.receive(GOOD)
    shown = repr(framer) + "".join(map(repr, framer.events()))
    assert IMEI not in shown
    assert IMEI not in repr(found(GOOD)[0].envelope)


def test_nothing_is_taken_behind_the_end() -> None:
    framer = SmsFramer()
    framer.receive_eof()
    with pytest.raises(ValueError, match="ended"):
        framer.receive(GOOD)
    assert framer.needed == 0


# lines


@pytest.mark.parametrize(
    "line",
    [
        b"%s", b"  %s  ", b"0x%s", b"2024-05-01 12:00:00 %s", b"2024-05-01,+99912345678,%s",
        b"sms: 0x%s", b"[12:00] <%s>", b"1714550400 %s", b'payload="%s"\r', b"data=%s",
    ],
)  # fmt: skip
def test_a_message_is_read_behind_whatever_a_log_puts_before_it(line: bytes) -> None:
    balance = Balance()
    text = GOOD.hex().encode()
    for digits in (text, text.upper()):
        assert list(messages([line % digits], balance)) == [[GOOD]]
    assert balance == Balance()


def test_blanks_between_bytes_and_notes_are_nothing() -> None:
    lines = b"# a note\n\n" + GOOD.hex(" ").encode() + b"\r\n"
    assert list(messages([lines[:20], lines[20:]], Balance())) == [[GOOD]]


@pytest.mark.parametrize(
    "line", [b"hello", b"123", b"x" + b"08" * 20, b"g 1234", b"x 0" + b"1" * 20]
)
def test_a_line_of_anything_else_is_text(line: bytes) -> None:
    balance = Balance()
    made = [one for some in messages([line], balance) for one in some]
    assert made == []
    assert balance.bytes_skipped == {ErrorCode.FOREIGN_TEXT: len(line)}
    assert balance.bytes_in == len(line)


@given(st.binary(max_size=400))
def test_any_text_is_counted_in_full(data: bytes) -> None:
    balance = Balance()
    for _ in gpsproto.decode(data, input_format="sms", balance=balance):
        pass
    assert balance.discrepancies() == []


def test_a_message_that_is_no_text_is_one() -> None:
    for message in (GOOD, sms24(IMEI, NOW_S, PLACES)):
        for cut in ([message], [message[:7], message[7:]]):
            assert list(gpsproto.decode(iter(cut), input_format="sms", key=KEY))
    balance = Balance()
    chunks = [GOOD, *([bytes(1 << 19)] * 5)]
    assert not list(gpsproto.decode(iter(chunks), input_format="sms", balance=balance))
    assert balance.discrepancies() == []
    assert balance.bytes_in == sum(map(len, chunks))


# recognised


@pytest.mark.parametrize(
    "data",
    [
        GOOD[:-1] + bytes([GOOD[-1] ^ 1]),  # the check digit
        GOOD[:-9] + b"\x02" + GOOD[-8:],
        b"\x0c" + GOOD[1:],
        GOOD + b"\x00",
        sms24(IMEI, NOW_S, PLACES)[:6] + bytes(400) + GOOD[-8:],
        tcp_frame(8, [Record(1)]), login(IMEI), b"\x08", b"",
        codec7_body([GhRecord(NOW_S)]),
    ],
)  # fmt: skip
def test_what_is_not_a_message_beyond_doubt_is_not_taken_for_one(data: bytes) -> None:
    assert not is_sms(data)
    assert recognise(data.hex().encode()) is not InputFormat.SMS


def test_a_line_of_a_channel_packet_is_one_still() -> None:
    packet = udp_packet(8, [Record(1)], IMEI)
    assert recognise(packet.hex().encode()) is InputFormat.HEX_DATAGRAMS


def test_a_dump_of_messages_is_read_without_a_word() -> None:
    lines = b"\n".join(one.hex().encode() for one in (sms24(IMEI, NOW_S, PLACES), GOOD))
    balance = Balance()
    assert len(rows(gpsproto.decode(lines, key=KEY, balance=balance))) == 4
    assert dict(balance.frames_by_codec) == {4: 1, 8: 1}
