from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.captures.digits import is_note, is_text_frame, spelled, surrounds
from gpsproto.captures.recognise import HEAD_SIZE, InputFormat, recognise

pytestmark = pytest.mark.once

IMEI = "356307042441013"
RECORD = Record(1_750_000_000_000, satellites=9, elements=[(239, 1, 1)])
FRAME = tcp_frame(8, [RECORD])
PACKET = udp_packet(8, [RECORD], IMEI)
STREAMS = {
    "a login": login(IMEI) + FRAME,
    "a frame": FRAME,
    "a keep-alive": b"\xff" + FRAME,
    "another codec": tcp_frame(0x8E, [RECORD]),
}
PACKETS = {
    "a packet": PACKET,
    "of 14 digits": udp_packet(8, [RECORD], IMEI[:14]),
    "of 16 digits": udp_packet(8, [RECORD], IMEI + "0"),
    "two packets": PACKET * 2,
    "of 25 records": udp_packet(0x8E, [RECORD] * 25, IMEI),
}
SPELLED = {
    "plain": lambda data: data.hex(),
    "upper case": lambda data: data.hex().upper(),
    "blanks between bytes": lambda data: data.hex(" "),
    "tabs between bytes": lambda data: data.hex(" ").replace(" ", "\t"),
    "0x before": lambda data: "0x" + data.hex(),
    "0X before": lambda data: "0X" + data.hex().upper(),
    "0x and blanks": lambda data: " 0x" + data.hex(" ", 2),
}
FRAMED = {
    "bare": "{}",
    "a newline behind": "{}\n",
    "CRLF": "{}\r\n{}\r\n",
    "a byte order mark": "\ufeff{}\n",
    "a comment before": "# a dump\n{}\n",
    "an indented comment": "  # a dump\n\t#\n{}\n",
    "blank lines before": "\n\r\n  \n{}\n",
    "all of them": "\ufeff# a dump\r\n\r\n{}\r\n# end\r\n",
}


@pytest.mark.parametrize("data", STREAMS.values(), ids=STREAMS)
def test_a_binary_stream_is_recognised(data: bytes) -> None:
    assert recognise(data) is InputFormat.STREAM


@pytest.mark.parametrize("data", PACKETS.values(), ids=PACKETS)
def test_binary_datagrams_are_recognised(data: bytes) -> None:
    assert recognise(data) is InputFormat.DATAGRAMS


@pytest.mark.parametrize("framed", FRAMED.values(), ids=FRAMED)
@pytest.mark.parametrize("spelled", SPELLED.values(), ids=SPELLED)
def test_lines_of_hexadecimal_digits_are_recognised(spelled, framed: str) -> None:  # type: ignore[no-untyped-def]
    for data, kind in [
        *((data, InputFormat.HEX) for data in STREAMS.values()),
        *((data, InputFormat.HEX_DATAGRAMS) for data in PACKETS.values()),
    ]:
        head = framed.replace("{}", spelled(data)).encode()[:HEAD_SIZE]
        assert recognise(head) is kind


@given(st.integers(1, 200))
def test_a_line_of_digits_is_recognised_wherever_it_breaks_off(size: int) -> None:
    head = (PACKET * 3).hex().encode()[: 2 * 24 + size]
    assert recognise(head) is InputFormat.HEX_DATAGRAMS


def test_a_line_longer_than_the_head_is_recognised() -> None:
    frame = tcp_frame(8, [RECORD] * 200)
    assert recognise(frame.hex().encode()[:HEAD_SIZE]) is InputFormat.HEX
    assert recognise(frame[:HEAD_SIZE]) is InputFormat.STREAM


@pytest.mark.parametrize(
    "head",
    [
        b"", b"\n\n", b"# only a comment\n", b"GET / HTTP/1.1\r\n", b"[3G*8800000015*000D*LK]",
        b"\x16\x03\x01\x02\x00", b"0", b"00 0\xff", b"zz", PACKET[:23], b"\x00\x00" + PACKET[2:],
    ],
)  # fmt: skip
def test_where_nothing_speaks_it_is_a_stream(head: bytes) -> None:
    assert recognise(head) is InputFormat.STREAM


@pytest.mark.parametrize(("at", "byte"), [(6, 1), (7, 13), (7, 17), (8, 0x2F), (22, 0x3A)])
def test_a_packet_whose_imei_is_wrong_is_no_packet(at: int, byte: int) -> None:
    data = bytearray(PACKET)
    data[at] = byte
    assert recognise(bytes(data)) is InputFormat.STREAM


def test_a_packet_too_short_for_its_imei_is_no_packet() -> None:
    least = 9 + 15
    assert recognise(least.to_bytes(2, "big") + PACKET[2:]) is InputFormat.DATAGRAMS
    assert recognise((least - 1).to_bytes(2, "big") + PACKET[2:]) is InputFormat.STREAM


@given(st.binary(max_size=60) | st.text("0123456789abcdefxX \r\n#", max_size=60).map(str.encode))
def test_anything_is_recognised_as_something(head: bytes) -> None:
    found = recognise(head)
    assert found is not InputFormat.AUTO
    if found.is_text:
        lines = [line.replace(b" ", b"") for line in head.splitlines() if not is_note(line)]
        # the last line may break off
        assert any(spelled(line) is not None or spelled(line[:-1]) is not None for line in lines)


@pytest.mark.parametrize(
    ("kind", "text", "datagrams"),
    [
        (InputFormat.STREAM, False, False),
        (InputFormat.DATAGRAMS, False, True),
        (InputFormat.HEX, True, False),
        (InputFormat.HEX_DATAGRAMS, True, True),
        (InputFormat.PCAP, False, False),
    ],
)
def test_a_format_says_what_it_is_made_of(kind: InputFormat, text: bool, datagrams: bool) -> None:
    assert (kind.is_text, kind.is_datagrams) == (text, datagrams)


@pytest.mark.parametrize(
    "name", ["codec8_tcp_reads.hex", "codec8_stream_1024.hex", "codec8e_frames.hex"]
)
def test_a_captured_dump_is_recognised(captures: Path, name: str) -> None:
    with (captures / name).open("rb") as file:
        assert recognise(file.read(HEAD_SIZE)) is InputFormat.HEX


@pytest.mark.parametrize(
    "magic",
    ["d4c3b2a1", "a1b2c3d4", "4d3cb2a1", "a1b23c4d", "34cdb2a1", "a1b2cd34", "0a0d0d0a"],
)
def test_a_capture_is_recognised_by_its_first_bytes(magic: str) -> None:
    assert recognise(bytes.fromhex(magic) + bytes(20)) is InputFormat.PCAP
    assert recognise(bytes.fromhex(magic)[:3]) is not InputFormat.PCAP


FRAME_OF_A_WATCH = b"[3G*8800000015*000D*LK,50,100,100]"


@pytest.mark.parametrize(
    "head",
    [
        FRAME_OF_A_WATCH, FRAME_OF_A_WATCH * 3, (FRAME_OF_A_WATCH + b"\r\n") * 9,
        b"\r\n \t" + FRAME_OF_A_WATCH, b" [[[" + FRAME_OF_A_WATCH, b"# a dump\n" + FRAME_OF_A_WATCH,
        b"\xef\xbb\xbf" + FRAME_OF_A_WATCH, FRAME_OF_A_WATCH + FRAME, FRAME_OF_A_WATCH + b"\n" + FRAME,
        b"[3G*8800000015*0008*TK,\n00\nab]" + FRAME_OF_A_WATCH, FRAME + FRAME_OF_A_WATCH,
    ],
)  # fmt: skip
def test_frames_of_watches_are_a_stream(head: bytes) -> None:
    assert recognise(head) is InputFormat.STREAM


@pytest.mark.parametrize("other", [FRAME, FRAME_OF_A_WATCH], ids=["tracker", "watch"])
def test_lines_of_text_and_of_digits_are_lines(other: bytes) -> None:
    for head in (FRAME_OF_A_WATCH * 2, b" \t" + FRAME_OF_A_WATCH + b"\r"):
        assert recognise(head + b"\n" + other.hex().encode()) is InputFormat.HEX
        assert recognise(other.hex().encode() + b"\n" + head) is InputFormat.HEX
    assert recognise(FRAME_OF_A_WATCH.hex(" ").encode()) is InputFormat.HEX


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        (FRAME_OF_A_WATCH, True), (b"\t " + FRAME_OF_A_WATCH, True), (b"[3G*", True),
        (b"[0123456789abcdef0123456789abcdefIC01*1*", True), (b"[2026-01-01 00:00] 00", False),
        (b"x" + FRAME_OF_A_WATCH, False), (b"[", False), (b"", False), (b"3G*1*0002*LK", False),
    ],
)  # fmt: skip
def test_a_line_that_begins_as_a_watchs_frame_is_text(line: bytes, is_one: bool) -> None:
    assert is_text_frame(line) is is_one


@pytest.mark.parametrize(
    "line",
    [
        'bytes.fromhex("{hex}")', "data = bytes.fromhex('{hex}')", 'b = unhexlify("{hex}");',
        "const buf = Buffer.from('{hex}', 'hex');", "<Buffer {pairs}>", "frame = bytes([{list}])",
        "frame = bytearray(({list}))", "var raw = new Array({list});",
    ],
)  # fmt: skip
def test_bytes_in_a_call_of_a_program_are_read(line: str) -> None:
    data = next(iter(STREAMS.values()))
    dressed = line.format(
        hex=data.hex(), pairs=data.hex(" "), list=", ".join(f"0x{byte:02x}" for byte in data)
    ).encode()
    assert spelled(dressed) == data
    assert recognise(dressed) is InputFormat.HEX


@pytest.mark.parametrize(
    "line",
    [b"f(20240501)", b"at(12 34 56)", b"(see 0123456789)", b"f(" + b"00" * 12 + b"g)", b"f()"],
)
def test_a_number_in_a_call_is_no_byte(line: bytes) -> None:
    assert spelled(line) is None


@pytest.mark.parametrize("line", [b"frame = bytes([", b"data = [", b"x = unhexlify("])
def test_a_call_that_opens_stands_around_bytes(line: bytes) -> None:
    assert surrounds(line)


@pytest.mark.parametrize("quote", [b"> ", b">> ", b">"])
def test_a_frame_that_somebody_quotes_is_digits_and_not_what_a_server_sent(quote: bytes) -> None:
    frame = tcp_frame(8, [Record(1_790_000_000_000)]).hex().encode()
    lines = b"".join(quote + frame[at : at + 60] + b"\n" for at in range(0, len(frame), 60))
    assert recognise(lines) is InputFormat.HEX
    assert sum(map(len, gpsproto.decode(lines))) == 1
