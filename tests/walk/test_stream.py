"""Every stream, however it is cut: whole, byte by byte, in pieces, with bytes behind it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.codecs import codec4
from gpsproto.errors import ErrorCode, FramingLost, TruncatedStream
from gpsproto.pipeline import BATCH_RECORDS, Decoder
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.wire.frame import Frame
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer
from tests.conftest import ENGINES, Engine
from tests.strategies import CODECS, IMEI, cuts, damaged, record_lists
from tests.subjects import SUBJECTS, Subject, bytewise, events, whole
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
OUTCOMES = {"frame", "login", "skipped", "rejected", "lost", "truncated"}
pytestmark = pytest.mark.core
of_every_codec = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
some = settings(max_examples=max(1, settings.default.max_examples * 2 // 5))  # of each codec


def test_every_codec_of_the_registry_is_here() -> None:
    assert {subject.protocol for subject in SUBJECTS} == set(codecs.terms())
    names = {subject.name for subject in SUBJECTS}
    assert len(SUBJECTS) == len(names)
    on_a_stream = {*codecs.shapes(), *codecs.readings()} - {codec4.CODEC}
    assert {f"codec 0x{codec:02X}" for codec in on_a_stream} <= names
    assert len(SUBJECTS) == len(on_a_stream) + len(codecs.terms()) - 1
    assert CODECS == [0x08, 0x10, 0x8E]
    assert all(shape.codec == codec for codec, shape in codecs.shapes().items())


@of_every_codec
@some
@given(more=st.data())
def test_a_stream_gives_the_same_however_it_is_cut(subject: Subject, more: st.DataObject) -> None:
    data = more.draw(subject.conversations)
    found = events([data], subject.live())
    assert events(bytewise(data), subject.live()) == found
    assert events(more.draw(cuts(data)), subject.live()) == found
    assert {kind for kind, *_ in found} <= {"frame", "login", "skipped"}
    assert whole(found, len(data))


def maybe_damaged(subject: Subject, more: st.DataObject) -> bytes:
    """Whatever may come, damaged or as it is."""
    data = more.draw(subject.streams)
    return more.draw(st.sampled_from([data, more.draw(subject.damaged(data))]))


@of_every_codec
@some
@given(more=st.data())
def test_a_damaged_stream_gives_the_same_however_it_is_cut(
    subject: Subject, more: st.DataObject
) -> None:
    broken = maybe_damaged(subject, more)
    pieces = more.draw(cuts(broken))
    found = events([broken], subject.live())
    assert events(bytewise(broken), subject.live()) == found
    assert events(pieces, subject.live()) == found
    assert {kind for kind, *_ in found} <= OUTCOMES
    for of_whole, of_bytes, of_pieces in zip(
        subject.resyncs(), subject.resyncs(), subject.resyncs(), strict=True
    ):
        found = events([broken], of_whole)
        assert whole(found, len(broken))
        assert events(bytewise(broken), of_bytes) == found
        assert events(pieces, of_pieces) == found


@of_every_codec
@some
@given(more=st.data())
def test_both_forms_of_the_walk_find_the_same(subject: Subject, more: st.DataObject) -> None:
    broken = maybe_damaged(subject, more)
    found = []
    for engine in ENGINES:
        with pytest.MonkeyPatch.context() as patch:
            engine.use(patch)
            found.append(
                [events([broken], framer) for framer in [subject.live(), *subject.resyncs()]]
            )
    assert found[0] == found[-1]


@of_every_codec
@some
@given(tail=st.binary(max_size=40), more=st.data())
def test_bytes_behind_a_stream_change_nothing_before_them(
    subject: Subject, tail: bytes, more: st.DataObject
) -> None:
    data = more.draw(subject.conversations)
    for alone, followed in zip(subject.resyncs(), subject.resyncs(), strict=True):
        found = [event for event in events([data], alone) if event[0] == "frame"]
        longer = [event for event in events([data + tail], followed) if event[0] == "frame"]
        assert longer[: len(found)] == found


@of_every_codec
@some
@given(more=st.data())
def test_every_prefix_of_a_frame_asks_for_more_and_gives_nothing(
    subject: Subject, more: st.DataObject, engine: Engine
) -> None:
    data = more.draw(subject.frames)
    size = more.draw(st.integers(0, len(data) - 1))
    framer = subject.live()
    framer.receive(data[:size])
    assert list(framer.events()) == []
    if size >= subject.head(data):
        assert framer.needed == len(data) - size
    else:
        assert framer.needed > 0
    framer.receive(data[size:])
    (event,) = framer.events()
    assert isinstance(event, Frame)
    assert bytes(event.body) == subject.content(data)
    assert framer.needed > 0


@of_every_codec
@some
@given(more=st.data())
def test_an_end_inside_a_frame_says_how_much_came_and_was_needed(
    subject: Subject, more: st.DataObject
) -> None:
    data = more.draw(subject.frames)
    size = more.draw(st.integers(subject.head(data), len(data) - 1))
    assume(not subject.ends(data[:size]))
    framer = subject.live()
    framer.receive(data[:size])
    framer.receive_eof()
    with pytest.raises(TruncatedStream) as caught:
        list(framer.events())
    assert (caught.value.buffered, caught.value.needed) == (size, len(data))
    assert caught.value.__context__ is None


@of_every_codec
@some
@given(more=st.data())
def test_a_mutation_leaves_every_byte_and_every_field_accounted_for(
    subject: Subject, more: st.DataObject
) -> None:
    broken = more.draw(subject.damaged(more.draw(subject.conversations)))
    balance = Balance()
    found = list(gpsproto.decode(broken, key=KEY, balance=balance, input_format="stream"))
    assert balance.discrepancies() == []
    assert sum(len(batch) for batch in found) == balance.records


@of_every_codec
@some
@given(more=st.data())
def test_no_intact_frame_is_lost_beside_a_damaged_one(
    subject: Subject, more: st.DataObject
) -> None:
    first, second, third = (more.draw(subject.frames) for _ in range(3))
    broken = more.draw(subject.damaged(second))
    for framer in subject.resyncs():
        kept = [event for event in events([first + broken + third], framer) if event[0] == "frame"]
        assert kept[0][3] == subject.content(first)
        # the damage may end in zeros or keep-alives, which can only join what follows as junk
        assert kept[-1][3] == subject.content(third)


@of_every_codec
@some
@given(size=st.sampled_from([255, 256, 300, BATCH_RECORDS]), more=st.data())
def test_the_size_of_batches_changes_nothing(
    subject: Subject, size: int, more: st.DataObject
) -> None:
    data = more.draw(subject.conversations) * 40
    found = rows(gpsproto.decode(data, key=KEY))
    assert rows(gpsproto.decode(data, key=KEY, batch_records=size)) == found


@of_every_codec
@some
@given(more=st.data())
def test_decoding_pieces_equals_decoding_the_whole(subject: Subject, more: st.DataObject) -> None:
    data = more.draw(subject.conversations)
    found = rows(gpsproto.decode(data, key=KEY, input_format="stream"))
    pieces = more.draw(cuts(data))
    assert rows(gpsproto.decode(pieces, key=KEY, input_format="stream")) == found
    assert rows(gpsproto.decode(bytewise(data), key=KEY, input_format="stream")) == found


@of_every_codec
@some
@given(more=st.data())
def test_a_live_batch_equals_the_dumps_records(subject: Subject, more: st.DataObject) -> None:
    data = more.draw(subject.conversations)
    decoder = Decoder(PrivacyFilter(Policy.load("tracking"), KEY))
    framer = subject.live(conversations=decoder.conversations)
    live = []
    for piece in more.draw(cuts(data)):
        framer.receive(piece)
        live += [decoder.one(table) for table in framer.tables()]
    assert rows(live) == rows(gpsproto.decode(data, key=KEY, input_format="stream"))


# what is particular to trackers


def tracked(pieces: list[bytes], *, resync: bool) -> list[tuple[Any, ...]]:
    return events(pieces, TcpFramer(resync=resync))


def test_a_damaged_length_does_not_swallow_the_frames_behind_it() -> None:
    frame = tcp_frame(8, [Record(1_600_000_000_000, elements=[(239, 1, 1)])])
    broken = frame[:6] + b"\x01" + frame[7:]
    found = tracked([broken + frame * 9 + broken], resync=True)
    assert [kind for kind, *_ in found].count("frame") == 9


def test_a_stream_cut_off_inside_a_frame_gives_the_frames_behind_the_cut() -> None:
    frame = tcp_frame(8, [Record(1_600_000_000_000, elements=[(239, 1, 1)])])
    found = tracked([frame + frame[:30] + frame + frame[:-7]], resync=True)
    assert [kind for kind, *_ in found].count("frame") == 2
    assert (found[-1][0], found[-1][3]) == ("rejected", ErrorCode.TRUNCATED)


def test_digits_inside_a_damaged_frame_are_no_login() -> None:
    hidden = Record(1_600_000_000_000, variable=[(264, IMEI.encode())])
    broken = bytearray(tcp_frame(0x8E, [hidden]))
    broken[20] ^= 1
    found = tracked([bytes(broken) + tcp_frame(8, [Record(1)])], resync=True)
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
    assert tracked([data], resync=False) == [("lost", 0, 0, code)]
    assert tracked(bytewise(data), resync=False) == [("lost", 0, 0, code)]


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
    assert [kind for kind, *_ in tracked([data], resync=False)] == ["frame"]


def test_a_frame_of_255_records_goes_into_one_batch() -> None:
    data = tcp_frame(8, [Record(n) for n in range(255)])
    found = list(gpsproto.decode(data, batch_records=255))
    assert [len(batch) for batch in found] == [255]


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
    found = tracked([b"\xff" + login(IMEI) + b"\xff\xff" + tcp_frame(8, [Record(1)])], resync=False)
    assert [kind for kind, *_ in found] == ["skipped", "login", "skipped", "frame"]
