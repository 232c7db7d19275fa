"""Captures of conversations decode to the records of the conversations."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import CaptureError, ErrorCode, PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet, watch
from gpsproto.captures.flows import Piece
from gpsproto.captures.pcap import pieces
from gpsproto.errors import ExtraMissing
from tests import packets, watch_strategies
from tests.packets import ACK, DATA, DEVICE, FIN, PSH, RST, SERVER, SYN, Packet
from tests.strategies import frames
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
IMEIS = ("001010000000016", "001010000000024", "001010000000032")
RECORD = Record(1_790_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(239, 1, 1)])
FRAME = tcp_frame(0x08, [RECORD])
ACKNOWLEDGED = b"\0\0\0\1"
Talk = list[Packet]


def decoded(data: bytes, kind: str = "auto") -> tuple[list[str], Balance]:
    """The records in one order, whatever the one they came in; and the balance, which closes."""
    balance = Balance()
    found = rows(gpsproto.decode(data, key=KEY, balance=balance, input_format=kind))
    assert balance.discrepancies() == []
    # which columns are there hangs on what else is in the batch
    said = [[one for one in sorted(row.items()) if one[1] is not None] for row in found]
    return sorted(map(repr, said)), balance


def segments(
    stream: bytes, sizes: Iterable[int] = (), *, source: Any = DEVICE, target: Any = SERVER,
    start: int = 1000,
) -> Talk:  # fmt: skip
    """A stream as packets, cut at the places given."""
    bounds = sorted({0, len(stream), *sizes})
    return [Packet(source, target, stream[at:end], start + at) for at, end in pairwise(bounds)]


def opening(start: int = 1000, *, source: Any = DEVICE, target: Any = SERVER) -> Talk:
    """A handshake before the stream that begins at ``start``."""
    return [
        Packet(source, target, b"", start - 1, SYN),
        Packet(target, source, b"", 8999, SYN | ACK),
        Packet(source, target, b"", start, ACK),
    ]


def capture(talk: Iterable[Packet]) -> bytes:
    return packets.pcap(packets.ethernet(packets.ipv4(packet)) for packet in talk)


@st.composite
def cut(draw: st.DrawFn, stream: bytes, source: Any, target: Any) -> Talk:
    """A stream as segments that overlap and come twice, from a sequence number near the wrap too."""
    start = draw(st.sampled_from([1, 0, (1 << 32) - 20]) | st.integers(0, (1 << 32) - 1))
    sizes = draw(st.lists(st.integers(0, len(stream)), max_size=10))
    found = segments(stream, sizes, source=source, target=target, start=start)
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(stream) - 1))
        part = stream[at : at + draw(st.integers(1, 200))]
        found.append(Packet(source, target, part, start + at))
    if draw(st.booleans()):
        found = opening(start, source=source, target=target) + found
    if draw(st.booleans()):
        found.append(Packet(source, target, b"", start + len(stream), FIN | ACK))
    return found


@st.composite
def conversations(
    draw: st.DrawFn, *, shuffled: bool = True
) -> tuple[list[bytes], list[bytes], Talk]:
    """TCP streams of devices, datagrams, and the packets of both with answers, shuffled."""
    streams, datagrams = [], []
    sent: Talk = []
    for number in range(draw(st.integers(1, 3))):
        source, target = (f"198.51.100.{number}", 40_000), SERVER
        match draw(st.sampled_from(["tracker", "tracker", "watch", "datagrams"])):
            case "tracker":
                of_frames = draw(st.lists(frames(), min_size=1, max_size=3))
                stream = login(IMEIS[number]) + b"".join(of_frames)
                sent += segments(b"\1" + ACKNOWLEDGED, source=target, target=source, start=9000)
            case "watch":
                stream = b"".join(draw(st.lists(watch_strategies.frames(), min_size=1, max_size=3)))
                stream = (
                    watch.position("0300000187", "UD", watch.Position(1_790_000_000_000)) + stream
                )
                answer = b"[3G*0300000187*0002*LK]"
                sent += segments(answer, source=target, target=source, start=9000)
            case _:
                made = [udp_packet(0x08, [RECORD], IMEIS[number]) for _ in range(2)]
                datagrams += made
                sent += [Packet(source, target, one) for one in made]
                sent.append(Packet(target, source, bytes.fromhex("0005cafe010501")))
                continue
        streams.append(stream)
        sent += draw(cut(stream, source, target))
    return streams, datagrams, draw(st.permutations(sent)) if shuffled else sent


def plain(streams: list[bytes], datagrams: list[bytes]) -> list[str]:
    """The records of the same bytes, decoded without packets."""
    found = [record for stream in streams for record in decoded(stream, "stream")[0]]
    for datagram in datagrams:
        found += decoded(datagram, "datagrams")[0]
    return sorted(found)


FORMS: dict[str, Callable[[list[bytes]], bytes]] = {
    "pcap": packets.pcap,
    "pcap, big-endian": lambda found: packets.pcap(found, order=">"),
    "pcap, nanoseconds": lambda found: packets.pcap(found, magic=0xA1B23C4D),
    "pcap, longer heads": lambda found: packets.pcap(found, magic=0xA1B2CD34),
    "pcap by dpkt": packets.by_dpkt,
    "pcapng": packets.pcapng,
    "pcapng, big-endian": lambda found: packets.pcapng(found, order=">"),
}


@given(conversations(), st.sampled_from(sorted(FORMS)))
def test_a_capture_gives_the_records_of_its_conversations(
    made: tuple[list[bytes], list[bytes], Talk], form: str
) -> None:
    streams, datagrams, sent = made
    data = FORMS[form]([packets.ethernet(packets.ipv4(packet)) for packet in sent])
    found, balance = decoded(data)
    assert found == plain(streams, datagrams)
    assert set(balance.bytes_skipped) <= {
        ErrorCode.FROM_SERVER,
        ErrorCode.KEEP_ALIVE,
        ErrorCode.BETWEEN_FRAMES,
    }
    assert not balance.notes[ErrorCode.MISSING_SEGMENT]


@given(
    conversations(shuffled=False), st.integers(1 << 11, 1 << 13), st.integers(1, 40),
    st.lists(st.integers(1, 5_000), max_size=8),
)  # fmt: skip
def test_a_capture_gives_the_same_bytes_however_it_is_cut_and_looked_at(
    made: tuple[list[bytes], list[bytes], Talk], window: int, table: int, cuts: list[int]
) -> None:
    sent = made[2]
    data = packets.pcap([packets.ethernet(packets.ipv4(packet)) for packet in sent])
    bounds = sorted({0, len(data), *(min(cut, len(data)) for cut in cuts)})
    chunks = [data[at:end] for at, end in pairwise(bounds)]
    if any(len(packet.payload) > window - 200 for packet in sent):
        return
    one = spoken(pieces([data], Balance()))
    assert spoken(pieces(chunks, Balance(), window=window, rows=table)) == one


def spoken(found: Iterable[Iterable[Piece]]) -> list[bytes]:
    """What each conversation of pieces holds, in one order."""
    by_flow: dict[int, list[bytes]] = {}
    for together in found:
        for piece in together:
            by_flow.setdefault(piece.flow, []).append(bytes(piece.data))
    return sorted(b"".join(parts) for parts in by_flow.values())


@given(st.integers(2, 8), st.data())
def test_a_missing_segment_loses_the_frames_that_it_touches_and_no_other(
    count: int, more: st.DataObject
) -> None:
    own = [
        tcp_frame(0x08, [Record(1_790_000_000_000 + 1000 * n, 1, 2, 3, 4, 5, 6)])
        for n in range(count)
    ]
    stream = login(IMEIS[0]) + b"".join(own)
    cuts = more.draw(
        st.lists(st.integers(18, len(stream) - 1), min_size=2, max_size=9, unique=True)
    )
    sent = segments(stream, [17, *cuts])
    lost = more.draw(st.integers(1, len(sent) - 1))
    gone = range(sent[lost].sequence - 1000, sent[lost].sequence - 1000 + len(sent[lost].payload))
    kept, at = [], 17
    for frame in own:
        if at + len(frame) <= gone.start or at >= gone.stop:
            kept.append(frame)
        at += len(frame)
    sent = sent[:lost] + sent[lost + 1 :]
    found, _ = decoded(capture(opening() + sent))
    assert found == decoded(login(IMEIS[0]) + b"".join(kept))[0]


@pytest.mark.parametrize("link", [1, 113, 276, 0, 108, 101, 12, 14])
@pytest.mark.parametrize("form", [packets.pcap, packets.pcapng])
@pytest.mark.parametrize("version", [4, 6])
def test_every_link_is_read(link: int, form: Callable[..., bytes], version: int) -> None:
    stream = login(IMEIS[0]) + FRAME
    wrapped = packets.ipv4 if version == 4 else packets.ipv6
    sent = [packets.linked(link, wrapped(packet)) for packet in segments(stream, [30])]
    assert decoded(form(sent, link=link))[0] == decoded(stream)[0]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_file_is_recognised_and_read(form: str) -> None:
    stream = login(IMEIS[0]) + FRAME
    sent = [packets.ethernet(packets.ipv4(packet)) for packet in segments(stream, [30, 60])]
    assert decoded(FORMS[form](sent))[0] == decoded(stream)[0]


@pytest.mark.parametrize("tags", [[0x8100], [0x88A8, 0x8100], [0x9100, 0x8100]])
def test_the_tags_of_virtual_networks_are_stepped_over(tags: list[int]) -> None:
    stream = login(IMEIS[0]) + FRAME
    sent = [packets.ethernet(packets.ipv4(one), tags=tags) for one in segments(stream, [30])]
    assert decoded(packets.pcap(sent))[0] == decoded(stream)[0]


def test_options_and_extension_heads_are_stepped_over() -> None:
    stream = login(IMEIS[0]) + FRAME
    first, second = segments(stream, [30])
    sent = [packets.ipv4(first, options=bytes([1]) * 8), packets.ipv4(second)]
    assert decoded(packets.pcap(sent, link=101))[0] == decoded(stream)[0]
    sent = [packets.ipv6(first, heads=True), packets.ipv6(second)]
    assert decoded(packets.pcap(sent, link=101))[0] == decoded(stream)[0]


def test_a_packet_that_a_network_card_will_cut_up_counts_as_long_as_it_is() -> None:
    stream = login(IMEIS[0]) + FRAME
    (one,) = segments(stream)
    ip = packets.ipv4(one)
    sent = packets.ethernet(ip[:2] + b"\0\0" + ip[4:], pad=False)
    assert decoded(packets.pcap([sent]))[0] == decoded(stream)[0]


@pytest.mark.parametrize("cutting", [packets.fragments, packets.fragments6])
@pytest.mark.parametrize("size", [16, 80])
def test_fragments_are_put_together_in_whatever_order(
    cutting: Callable[[Packet, int], list[bytes]], size: int
) -> None:
    datagram = udp_packet(0x08, [RECORD] * 3, IMEIS[0])
    sent = cutting(Packet(DEVICE, SERVER, datagram), size)
    found, balance = decoded(packets.pcap(reversed(sent), link=101))
    assert found == decoded(datagram, "datagrams")[0]
    assert balance.bytes_in == len(datagram)


def test_fragments_that_miss_one_are_other_traffic() -> None:
    datagram = udp_packet(0x08, [RECORD] * 3, IMEIS[0])
    sent = packets.fragments(Packet(DEVICE, SERVER, datagram), 40)
    found, balance = decoded(packets.pcap(sent[:-1], link=101))
    assert found == []
    assert set(balance.bytes_skipped) == {ErrorCode.OTHER_TRAFFIC}


def test_packets_that_were_cut_off_lose_what_was_cut() -> None:
    stream = login(IMEIS[0]) + FRAME * 3
    whole = [packets.ethernet(packets.ipv4(one)) for one in segments(stream, [17, 90])]
    cut_off = [
        (whole[0], len(whole[0])),
        (whole[1][:-20], len(whole[1])),
        (whole[2], len(whole[2])),
    ]
    found, balance = decoded(packets.pcap(cut_off))
    assert len(found) == 2
    assert balance.notes[ErrorCode.MISSING_SEGMENT] == 1


def test_what_the_server_says_is_counted_and_not_decoded() -> None:
    command = bytes.fromhex("000000000000000F0C010500000007676574696E666F0100004312")
    talk = [
        *opening(), *segments(login(IMEIS[0]) + FRAME),
        *segments(b"\1" + command + ACKNOWLEDGED, source=SERVER, target=DEVICE, start=9000),
    ]  # fmt: skip
    found, balance = decoded(capture(talk))
    assert len(found) == 1
    assert dict(balance.bytes_skipped) == {ErrorCode.FROM_SERVER: 1 + len(command) + 4}
    assert balance.rejected.total() == 0


def test_who_is_the_device_is_told_by_frames_where_the_capture_begins_late() -> None:
    talk = segments(ACKNOWLEDGED, source=SERVER, target=DEVICE, start=9000)
    found, balance = decoded(capture([*talk, *segments(FRAME[30:] + FRAME)]))
    assert len(found) == 1
    assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == 4


def test_who_is_the_device_is_told_by_a_command_too() -> None:
    command = bytes.fromhex("000000000000000F0C010500000007676574696E666F0100004312")
    talk = segments(command, source=DEVICE, target=SERVER)  # the ends are the other way round
    found, balance = decoded(capture([*talk, *segments(FRAME, source=SERVER, target=DEVICE)]))
    assert len(found) == 1
    assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == len(command)


def test_a_watch_is_told_from_its_server_by_who_opened_by_reports_or_by_the_shared_port() -> None:
    link = b"[3G*0300000187*0002*LK]"
    report = watch.link("0300000187", 1, 2, 50)
    answer = segments(link, source=SERVER, target=DEVICE, start=9000)
    by_opening = [*opening(), *segments(link), *answer]
    by_report = [*segments(report), *answer]
    by_port = []
    for number in range(3):
        other = f"203.0.113.{number}", 1024  # below the port of the server
        by_port += [
            *segments(link, source=other), *segments(link, source=SERVER, target=other, start=50)
        ]  # fmt: skip
    for talk, frames_ in ((by_opening, 1), (by_report, 1), (by_port, 3)):
        _, balance = decoded(capture(talk))
        assert balance.frames == frames_
        assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == frames_ * len(link)


def test_other_protocols_are_counted() -> None:
    talk = [
        *segments(b"GET / HTTP/1.1\r\nHost: example.org\r\n\r\n", target=("203.0.113.9", 80)),
        *segments(b"\x16\x03\x01\x02\x00\x01" + bytes(range(200)), target=("203.0.113.9", 443)),
        Packet(DEVICE, ("203.0.113.9", 53), b"\x12\x34\x01\x00\0\1" + bytes(30)),
    ]
    ping = packets.ipv4(Packet(DEVICE, SERVER, b"ping"))
    ping = ping[:9] + b"\1" + ping[10:]
    arp = bytes(12) + b"\x08\x06" + bytes(46)
    sent = [packets.ethernet(packets.ipv4(one)) for one in talk]
    found, balance = decoded(packets.pcap([*sent, packets.ethernet(ping), arp]))
    assert found == []
    assert set(balance.bytes_skipped) == {ErrorCode.OTHER_TRAFFIC}
    assert balance.rejected.total() == 0


def test_a_port_that_is_used_again_is_another_conversation() -> None:
    first = [*opening(), *segments(login(IMEIS[0]) + FRAME)]
    second = [*opening(50_000), *segments(FRAME, start=50_000)]
    for end in (
        [Packet(DEVICE, SERVER, b"", 1000, FIN | ACK)],
        [Packet(DEVICE, SERVER, b"", 0, RST)],
        [],
    ):
        conversations_ = gpsproto.identity.Conversations()
        data = capture([*first, *end, *second])
        batches = list(gpsproto.decode(data, key=KEY, conversations=conversations_))
        assert sum(map(len, batches)) == 2
        assert len(conversations_) == 2
        assert conversations_.unidentified() == 1  # the login was that of the first


def test_a_probe_that_asks_whether_somebody_is_there_is_no_data() -> None:
    probe = Packet(DEVICE, SERVER, b"\0", 999, ACK)
    late = [probe, *segments(login(IMEIS[0]) + FRAME)]
    end = 1000 + 17 + len(FRAME)
    idle = [*segments(login(IMEIS[0]) + FRAME), Packet(DEVICE, SERVER, b"\0", end - 1, ACK)]
    for talk in (late, idle):
        found, balance = decoded(capture(talk))
        assert len(found) == 1
        assert not balance.bytes_skipped
        assert not balance.rejected


def test_segments_far_from_their_stream_are_conversations_of_their_own() -> None:
    far = 1 << 30
    talk = [*opening(), *segments(login(IMEIS[0]) + FRAME)]
    lone = segments(FRAME, start=far)
    found, balance = decoded(capture([*talk, *lone, *segments(FRAME, start=1017 + len(FRAME))]))
    assert len(found) == 3
    assert balance.logins == 1
    found, _ = decoded(capture([*talk, *segments(FRAME, [10, 20], start=far)]))
    assert len(found) == 2


def test_a_million_openings_take_little_memory_and_no_device_from_a_conversation() -> None:
    first = [*opening(), *segments(login(IMEIS[0]) + FRAME)]
    flood = [
        Packet((f"10.{n >> 8 & 255}.{n & 255}.9", 1 + n), SERVER, b"", 7, SYN) for n in range(3_000)
    ]
    last = segments(FRAME, start=1017 + len(FRAME))
    data = capture([*first, *flood, *last])
    balance = Balance()
    found = list(pieces([data], balance, rows=100, talks=50))
    assert len({piece.flow for together in found for piece in together}) == 1
    assert not balance.notes


def test_more_trackers_than_are_told_apart_are_counted_and_decoded() -> None:
    talk: Talk = []
    for number in range(100):
        talk += segments(FRAME, source=(f"10.0.0.{number}", 40_000))
    balance = Balance()
    found = spoken(pieces([capture(talk)], balance, rows=10, talks=20))
    assert found == [FRAME] * 100
    assert balance.notes[ErrorCode.TOO_MANY_FLOWS] == 80


def test_gaps_of_all_conversations_together_are_bounded() -> None:
    talk: Talk = []
    for number in range(50):
        source = f"10.0.0.{number}", 40_000
        talk += [*segments(FRAME, source=source)]
        talk += segments(FRAME * 3, source=source, start=1000 + 2 * len(FRAME))
    balance = Balance()
    found = [
        piece for together in pieces([capture(talk)], balance, rows=10, held=2_000)
        for piece in together
    ]  # fmt: skip
    assert sum(len(piece.data) for piece in found) == 50 * 4 * len(FRAME)
    assert sum(piece.lost for piece in found) == 50 * len(FRAME)


# files


def test_interfaces_of_several_links_and_sections_of_both_orders_are_read() -> None:
    stream = login(IMEIS[0]) + FRAME * 2
    first, second, third = (packets.ipv4(one) for one in segments(stream, [17, 60]))
    data = b"".join([
        packets.section(), packets.interface(1), packets.interface(113),
        packets.enhanced(packets.linked(113, second), place=1),
        packets.enhanced(packets.linked(1, first), place=0),
        packets.enhanced(packets.linked(1, first), place=9),  # of an interface that is not there
        packets.section(">"), packets.interface(101, ">"),
        packets.enhanced(third, order=">"),
    ])  # fmt: skip
    assert decoded(data)[0] == decoded(stream)[0]


def test_simple_and_old_packet_blocks_are_read() -> None:
    stream = login(IMEIS[0]) + FRAME
    first, second = (packets.ipv4(one) for one in segments(stream, [30]))
    simple = packets.block(3, len(first).to_bytes(4, "little") + first)
    sizes = len(second).to_bytes(4, "little") * 2
    old = packets.block(2, bytes(2) + b"\xff\xff" + bytes(8) + sizes + second)
    data = packets.section() + packets.interface(101) + simple + old
    assert decoded(data)[0] == decoded(stream)[0]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", ErrorCode.CAPTURE_HEAD),
        (b"no capture at all", ErrorCode.CAPTURE_HEAD),
        (packets.pcap([])[:23], ErrorCode.CAPTURE_HEAD),
        (packets.pcap([])[:4] + b"\x09\0" + packets.pcap([])[6:], ErrorCode.CAPTURE_HEAD),
        (packets.pcap([], link=147), ErrorCode.CAPTURE_LINK),
        (packets.section()[:20], ErrorCode.CAPTURE_HEAD),
        (packets.section()[:8] + bytes(4) + packets.section()[12:], ErrorCode.CAPTURE_HEAD),
        (packets.section()[:12] + b"\7" + packets.section()[13:], ErrorCode.CAPTURE_HEAD),
    ],
)
def test_what_is_no_capture_is_refused(data: bytes, code: ErrorCode) -> None:
    with pytest.raises(CaptureError) as caught:
        list(gpsproto.decode(data, input_format="pcap"))
    assert caught.value.code is code
    assert caught.value.__context__ is None


@pytest.mark.parametrize("form", [packets.pcap, packets.pcapng])
@pytest.mark.parametrize("size", [1, 15, 40, 90])
def test_a_file_that_breaks_off_gives_all_before_and_says_so(
    form: Callable[..., bytes], size: int
) -> None:
    stream = login(IMEIS[0]) + FRAME * 2
    sent = [packets.ethernet(packets.ipv4(one)) for one in segments(stream, [17 + len(FRAME)])]
    found, balance = decoded(form(sent)[:-size])
    assert len(found) == 1
    assert balance.rejected[ErrorCode.CAPTURE_CUT] == 1


@pytest.mark.parametrize("form", [packets.pcap, packets.pcapng])
def test_a_file_that_goes_on_with_what_is_no_packet_gives_all_before(
    form: Callable[..., bytes],
) -> None:
    stream = login(IMEIS[0]) + FRAME
    sent = [packets.ethernet(packets.ipv4(one)) for one in segments(stream)]
    data = form(sent)
    found, balance = decoded(data + b"\xff" * 1000)
    assert len(found) == 1
    assert balance.bytes_rejected[ErrorCode.CAPTURE_DAMAGED] == 1000
    assert balance.first_rejected == [(ErrorCode.CAPTURE_DAMAGED, len(data), len(data))]


def test_a_block_that_claims_gigabytes_is_stepped_over_without_being_held() -> None:
    data = packets.pcapng([]) + b"\x0a\0\0\0" + (1 << 31).to_bytes(4, "little") + bytes(5000)
    balance = Balance()
    assert list(pieces([data], balance, window=1 << 12)) == []
    assert balance.rejected[ErrorCode.CAPTURE_CUT] == 1


def test_nothing_of_the_network_comes_out() -> None:
    stream = login(IMEIS[0]) + FRAME
    sent = [packets.ethernet(packets.ipv4(one)) for one in [*opening(), *segments(stream, [30])]]
    balance = Balance()
    found = list(gpsproto.decode(packets.pcapng(sent), key=KEY, balance=balance))
    said = repr(rows(found)) + repr(balance) + repr(balance.as_dict())
    for canary in ("198.51", "192.0.2", "40001", "5027", "oma", "imei", "CLIENT", "a1b2c3"):
        assert canary not in said


def test_a_gateway_s_capture_is_read_from_a_path_and_by_name(tmp_path: Path) -> None:
    path = tmp_path / "capture.bin"
    path.write_bytes(capture(segments(login(IMEIS[0]) + FRAME)))
    for kind in ("auto", "pcap"):
        assert sum(map(len, gpsproto.decode(path, input_format=kind))) == 1


def test_without_its_extra_a_capture_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpsproto.captures import pcap_file

    def missing(*_: str, extra: str) -> None:
        raise ExtraMissing(extra)

    monkeypatch.setattr(pcap_file, "require", missing)
    with pytest.raises(ExtraMissing, match=r"pip install 'gpsproto\[pcap\]'"):
        list(gpsproto.decode(capture([])))


def test_a_last_flag_does_not_hide_data_that_comes_late() -> None:
    stream = login(IMEIS[0]) + FRAME
    first, second = segments(stream, [30])
    end = Packet(DEVICE, SERVER, b"", 1000 + len(stream), FIN | PSH | ACK)
    found, _ = decoded(capture([*opening(), end, second, first]))
    assert found == decoded(stream)[0]
    assert DATA == PSH | ACK


def test_one_unreadable_capture_of_an_archive_does_not_cost_the_others() -> None:
    good = packets.pcap([])
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("1.pcap", good)
        file.writestr("2.pcap", packets.pcap([], link=147))
        file.writestr("3.bin", tcp_frame(8, [Record(1_790_000_000_000)]))
    balance = Balance()
    found = list(gpsproto.decode(archive.getvalue(), balance=balance))
    assert sum(map(len, found)) == 1
    assert balance.rejected[ErrorCode.CAPTURE_LINK] == 1
    assert balance.discrepancies() == []
