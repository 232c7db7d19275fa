"""Every stream, however it is cut: whole, byte by byte, in pieces, with bytes behind it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.errors import ErrorCode, FramingLost, TruncatedStream
from gpsproto.pipeline import Decoder
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.wire.frame import Frame, Handshake, Rejected, Skipped
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer
from tests.conftest import Engine
from tests.strategies import CODECS, IMEI, cuts, damaged, frames, record_lists
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
pytestmark = pytest.mark.core


def events(pieces: list[bytes], *, resync: bool, eof: bool = True) -> list[tuple[Any, ...]]:
    """What a framer finds, as comparable values; runs of skipped bytes joined."""
    framer = TcpFramer(resync=resync)
    found: list[tuple[Any, ...]] = []

    def take() -> None:
        for event in framer.events():
            if isinstance(event, Frame):
                number = event.envelope.conversation
                found.append(("frame", event.offset, event.size, bytes(event.body), number))
            elif isinstance(event, Handshake):
                found.append(("login", event.offset, event.size, event.conversation))
            elif isinstance(event, Rejected):
                found.append(("rejected", event.code, event.offset, event.size, event.at))
            elif isinstance(event, Skipped):
                last = found[-1] if found else ()
                joins = last[:2] == ("skipped", event.code) and sum(last[2:]) == event.offset
                if joins:
                    found[-1] = (*last[:3], last[3] + event.size)
                else:
                    found.append(("skipped", event.code, event.offset, event.size))

    try:
        for piece in pieces:
            framer.receive(piece)
            take()
        if eof:
            framer.receive_eof()
            take()
    except FramingLost as lost:
        found.append(("lost", lost.code, lost.offset))
    except TruncatedStream as cut:
        found.append(("truncated", cut.offset, cut.buffered, cut.needed))
    return found


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@st.composite
def conversations(draw: st.DrawFn) -> bytes:
    """Logins, keep-alives and frames in an order that devices send."""
    parts = [login(IMEI)] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 4))):
        parts.append(b"\xff" * draw(st.integers(0, 2)))
        parts.append(draw(frames()))
        if draw(st.integers(0, 5)) == 0:
            parts.append(login(IMEI))
    return b"".join(parts)


@given(data=conversations(), more=st.data())
def test_a_stream_gives_the_same_however_it_is_cut(data: bytes, more: st.DataObject) -> None:
    whole = events([data], resync=False)
    assert events(bytewise(data), resync=False) == whole
    assert events(more.draw(cuts(data)), resync=False) == whole
    assert {kind for kind, *_ in whole} <= {"frame", "login", "skipped"}


@given(data=conversations(), more=st.data())
def test_a_damaged_stream_gives_the_same_however_it_is_cut(
    data: bytes, more: st.DataObject
) -> None:
    broken = more.draw(damaged(data))
    for resync in (False, True):
        whole = events([broken], resync=resync)
        assert events(bytewise(broken), resync=resync) == whole
        assert events(more.draw(cuts(broken)), resync=resync) == whole


@given(data=conversations(), tail=st.binary(max_size=40))
def test_bytes_behind_a_stream_change_nothing_before_them(data: bytes, tail: bytes) -> None:
    whole = [event for event in events([data], resync=True) if event[0] == "frame"]
    found = [event for event in events([data + tail], resync=True) if event[0] == "frame"]
    assert found[: len(whole)] == whole


@given(data=frames(), more=st.data())
def test_every_prefix_of_a_frame_asks_for_more_and_gives_nothing(
    data: bytes, more: st.DataObject, engine: Engine
) -> None:
    size = more.draw(st.integers(0, len(data) - 1))
    framer = TcpFramer()
    framer.receive(data[:size])
    assert list(framer.events()) == []
    if size >= 9:
        assert framer.needed == len(data) - size
    else:
        assert framer.needed > 0
    framer.receive(data[size:])
    assert [type(event) for event in framer.events()] == [Frame]


@given(data=frames(), more=st.data())
def test_an_end_inside_a_frame_says_how_much_came_and_was_needed(
    data: bytes, more: st.DataObject
) -> None:
    size = more.draw(st.integers(9, len(data) - 1))
    framer = TcpFramer()
    framer.receive(data[:size])
    framer.receive_eof()
    with pytest.raises(TruncatedStream) as caught:
        list(framer.events())
    assert (caught.value.buffered, caught.value.needed) == (size, len(data))
    assert caught.value.__context__ is None


@given(data=conversations(), more=st.data())
def test_a_mutation_ends_in_one_of_the_four_outcomes_and_every_byte_is_accounted_for(
    data: bytes, more: st.DataObject, engine: Engine
) -> None:
    broken = more.draw(damaged(data))
    balance = Balance()
    found = list(gpsproto.decode(broken, key=KEY, balance=balance, input_format="stream"))
    assert balance.discrepancies() == []
    assert sum(len(batch) for batch in found) == balance.records
    live = events([broken], resync=False)
    assert {kind for kind, *_ in live} <= {
        "frame", "login", "skipped", "rejected", "lost", "truncated",
    }  # fmt: skip


@given(first=frames(), second=frames(), third=frames(), more=st.data())
def test_no_intact_frame_is_lost_beside_a_damaged_one(
    first: bytes, second: bytes, third: bytes, more: st.DataObject
) -> None:
    broken = more.draw(damaged(second))
    found = events([first + broken + third], resync=True)
    kept = [event for event in found if event[0] == "frame"]
    assert kept[0][3] == first[8:-4]
    # the damage may end in zeros or keep-alives, which can only join what follows as junk
    assert kept[-1][3] == third[8:-4]


def test_a_damaged_length_does_not_swallow_the_frames_behind_it() -> None:
    frame = tcp_frame(8, [Record(1_600_000_000_000, elements=[(239, 1, 1)])])
    broken = frame[:6] + b"\x01" + frame[7:]
    found = events([broken + frame * 9 + broken], resync=True)
    assert [kind for kind, *_ in found].count("frame") == 9


def test_a_stream_cut_off_inside_a_frame_gives_the_frames_behind_the_cut() -> None:
    frame = tcp_frame(8, [Record(1_600_000_000_000, elements=[(239, 1, 1)])])
    found = events([frame + frame[:30] + frame + frame[:-7]], resync=True)
    assert [kind for kind, *_ in found].count("frame") == 2
    assert found[-1][:2] == ("rejected", ErrorCode.TRUNCATED)


def test_digits_inside_a_damaged_frame_are_no_login() -> None:
    hidden = Record(1_600_000_000_000, variable=[(264, IMEI.encode())])
    broken = bytearray(tcp_frame(0x8E, [hidden]))
    broken[20] ^= 1
    found = events([bytes(broken) + tcp_frame(8, [Record(1)])], resync=True)
    assert [kind for kind, *_ in found] == ["rejected", "frame"]


def test_frames_behind_a_login_belong_to_its_device() -> None:
    frame = tcp_frame(8, [Record(1_600_000_000_000)])
    other = "356307042441021"
    data = frame + login(IMEI) + frame + frame + login(other) + frame
    subjects = [row["subject"] for row in rows(gpsproto.decode(data, key=KEY))]
    assert subjects[0] == "unknown_1"
    assert subjects[1] == subjects[2] != subjects[3]
    assert all(subject.startswith("dev_") for subject in subjects[1:])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (bytes.fromhex("1603010200010001fc0303") + bytes(20), ErrorCode.FOREIGN_TLS),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", ErrorCode.FOREIGN_HTTP),
        (b"OPTIONS * HTTP/1.1\r\n\r\n", ErrorCode.FOREIGN_HTTP),
        (b"[3G*8800000015*000D*LK,50,100,100]", ErrorCode.FOREIGN_TEXT),
        (b"hello, is this a server?", ErrorCode.FOREIGN_TEXT),
        (bytes.fromhex("02e3cafe0105000f333532303933"), ErrorCode.FOREIGN_DATAGRAM),
        (b"\x00\x0fABCDEFGHIJKLMNO" + bytes(9), ErrorCode.BAD_HANDSHAKE),
        (bytes(range(128, 160)), ErrorCode.BAD_PREAMBLE),
    ],
)
def test_a_foreign_stream_is_named(data: bytes, code: ErrorCode, engine: Engine) -> None:
    assert events([data], resync=False) == [("lost", code, 0)]
    assert events(bytewise(data), resync=False) == [("lost", code, 0)]


def test_framing_lost_is_sticky() -> None:
    framer = TcpFramer()
    framer.receive(b"GET / HTTP/1.1\r\n\r\n")
    for _ in range(3):
        with pytest.raises(FramingLost):
            list(framer.events())


@pytest.mark.parametrize("codec", [*CODECS, 0x0C, 0x55])
def test_a_size_over_the_limit_is_refused_from_the_head(codec: int, engine: Engine) -> None:
    limits = Limits(by_codec={codec: 100}, other=100)
    framer = TcpFramer(limits=limits)
    framer.receive(bytes(4) + (101).to_bytes(4, "big") + bytes([codec]))
    with pytest.raises(FramingLost) as caught:
        list(framer.events())
    assert caught.value.code is ErrorCode.TOO_LARGE
    framer = TcpFramer(limits=limits)
    framer.receive(bytes(4) + (100).to_bytes(4, "big") + bytes([codec]))
    assert list(framer.events()) == []
    assert framer.needed == 112 - 9


def test_a_frame_of_25_full_records_is_within_the_default_limits() -> None:
    full = Record(1, elements=[(id, 1 << id % 4, 1) for id in range(1, 23)])
    data = tcp_frame(8, [full] * 25)
    assert 3_000 < len(data) < 4_000
    assert [kind for kind, *_ in events([data], resync=False)] == ["frame"]


def test_a_frame_of_255_records_goes_into_one_batch() -> None:
    data = tcp_frame(8, [Record(n) for n in range(255)])
    found = list(gpsproto.decode(data, batch_records=255))
    assert [len(batch) for batch in found] == [255]


@given(data=conversations(), size=st.sampled_from([255, 256, 300, 32_696]))
def test_the_size_of_batches_changes_nothing(data: bytes, size: int) -> None:
    data = data * 40
    whole = rows(gpsproto.decode(data, key=KEY))
    assert rows(gpsproto.decode(data, key=KEY, batch_records=size)) == whole


@given(data=conversations(), more=st.data())
def test_decoding_pieces_equals_decoding_the_whole(data: bytes, more: st.DataObject) -> None:
    whole = rows(gpsproto.decode(data, key=KEY, input_format="stream"))
    pieces = more.draw(cuts(data))
    assert rows(gpsproto.decode(pieces, key=KEY, input_format="stream")) == whole
    assert rows(gpsproto.decode(bytewise(data), key=KEY, input_format="stream")) == whole


@given(data=conversations())
def test_a_live_batch_equals_the_dumps_records(data: bytes) -> None:
    door = PrivacyFilter(Policy.load("tracking"), KEY)
    decoder, framer = Decoder(door), TcpFramer()
    decoder = Decoder(door)
    framer = TcpFramer(conversations=decoder.conversations)
    framer.receive(data)
    live = [decoder.one(table) for table in framer.tables()]
    assert rows(live) == rows(gpsproto.decode(data, key=KEY, input_format="stream"))


def test_a_live_run_settles_what_it_counted_once() -> None:
    decoder = Decoder(PrivacyFilter(Policy.load("tracking"), KEY))
    framer = TcpFramer(conversations=decoder.conversations)
    for count in (1, 2):
        framer.receive(tcp_frame(8, [Record(1, elements=[(239, 1, 1)])]))
        for table in framer.tables():
            decoder.one(table)
        decoder.settle()
        decoder.settle()
        assert decoder.balance.records == decoder.balance.frames == count
        assert decoder.balance.fields_by_action.total() == decoder.balance.fields_in == 10 * count


@given(more=st.data())
def test_datagrams_of_one_or_several_packets_give_their_records(
    more: st.DataObject, engine: Engine
) -> None:
    codec = more.draw(st.sampled_from(CODECS))
    packets = [
        udp_packet(codec, records, IMEI)
        for records in more.draw(st.lists(record_lists(codec), min_size=1, max_size=3))
    ]
    framer = UdpFramer()
    framer.receive(b"".join(packets))
    found = [event for event in framer.events() if isinstance(event, Frame)]
    assert [bytes(event.body) for event in found] == [packet[23:] for packet in packets]
    assert {event.envelope.packet_ids for event in found} == {(0xCAFE, 1)}
    streamed = rows(gpsproto.decode(b"".join(packets), key=KEY, input_format="datagrams"))
    lines = b"".join(packet.hex().encode() + b"\n" for packet in packets)
    assert rows(gpsproto.decode(lines, key=KEY)) == streamed


@given(more=st.data())
def test_a_damaged_datagram_costs_only_itself(more: st.DataObject) -> None:
    packet = udp_packet(8, [Record(1_600_000_000_000)], IMEI)
    broken = more.draw(damaged(packet))
    balance = Balance()
    lines = b"\n".join(data.hex().encode() for data in (packet, broken, packet) if data)
    found = rows(gpsproto.decode(lines, key=KEY, balance=balance, input_format="hex-datagrams"))
    assert balance.discrepancies() == []
    assert len(found) >= 2


@given(more=st.data())
def test_a_file_of_datagrams_goes_on_behind_a_damaged_one(more: st.DataObject) -> None:
    packet = udp_packet(8, [Record(1_600_000_000_000)], IMEI)
    broken = bytearray(packet)
    at = more.draw(st.integers(0, len(packet) - 1))
    broken[at] ^= more.draw(st.integers(1, 255))
    data = packet + bytes(broken) + packet
    balance = Balance()
    pieces = more.draw(cuts(data))
    found = rows(gpsproto.decode(pieces, key=KEY, balance=balance, input_format="datagrams"))
    assert balance.discrepancies() == []
    assert len(found) >= 2 if at > 1 else len(found) >= 1


def test_a_keep_alive_is_skipped_before_the_login_too() -> None:
    found = events([b"\xff" + login(IMEI) + b"\xff\xff" + tcp_frame(8, [Record(1)])], resync=False)
    assert [kind for kind, *_ in found] == ["skipped", "login", "skipped", "frame"]


def test_every_codec_of_the_registry_is_here() -> None:
    assert CODECS == [0x08, 0x10, 0x8E]
    assert all(shape.codec == codec for codec, shape in codecs.shapes().items())
