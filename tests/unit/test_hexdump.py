from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.captures.hexdump import pieces, row
from gpsproto.captures.recognise import HEAD_SIZE, InputFormat, recognise
from gpsproto.errors import ErrorCode
from tests.dumps import (
    Read,
    by_tool,
    canonical,
    followed,
    from_server,
    imei,
    packets,
    streams,
    talks,
    wrapped,
    xxd,
)
from tests.strategies import cuts
from tests.unit.test_logs import told

pytestmark = pytest.mark.once

Dump = Callable[[bytes], bytes]
FORMS: dict[str, Dump] = {
    "xxd": xxd,
    "hexdump -C": canonical,
    "indented by a forum": lambda data: b"".join(
        b"    " + line + b"\n" for line in xxd(data).splitlines()
    ),
    "with CRLF": lambda data: canonical(data).replace(b"\n", b"\r\n"),
    "xxd -i": lambda data: (
        b"unsigned char dump_bin[] = {\n  "
        + b",\n  ".join(
            b", ".join(b"0x%02x" % byte for byte in data[at : at + 12])
            for at in range(0, len(data), 12)
        )
        + b"\n};\nunsigned int dump_bin_len = %d;\n" % len(data)
    ),
}
TOOLS = {
    "xxd": ["xxd"],
    "xxd of single bytes": ["xxd", "-g1", "-u"],
    "xxd of 32 columns": ["xxd", "-c", "32"],
    "xxd, plain": ["xxd", "-p"],
    "hexdump -C": ["hexdump", "-C"],
    "od in hexadecimal": ["od", "-A", "x", "-t", "x1z"],
    "od, no text": ["od", "-A", "x", "-t", "x1"],
    "od, offsets in octal": ["od", "-t", "x1"],
    "od, offsets in decimal": ["od", "-A", "d", "-t", "x1z"],
    "od of 8 columns": ["od", "-A", "x", "-w8", "-t", "x1z"],
}
RECORD = Record(1_750_000_000_000, satellites=9, elements=[(239, 1, 1)])
FRAME = tcp_frame(8, [RECORD])


@pytest.mark.parametrize("write", FORMS.values(), ids=FORMS)
@given(talks(most=2) | packets())
def test_a_dump_gives_the_records_of_its_bytes(write: Dump, sent: list[Read] | list[bytes]) -> None:
    parts = [part for part in sent if isinstance(part, bytes)]
    data = b"".join(parts or streams([part for part in sent if isinstance(part, Read)]))
    text = write(data)
    balance = Balance()
    assert told(text, balance) == told(data)
    assert balance.discrepancies() == []
    assert balance.bytes_in == len(data)


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_a_dump_of_a_tool_is_recognised_and_read(command: list[str]) -> None:
    if shutil.which(command[0]) is None:
        pytest.skip("this tool is not here")
    zeros = tcp_frame(8, [Record(1_750_000_000_000, elements=[(240, 8, 0)] * 9)])
    for data in (login(imei(1)) + FRAME, login(imei(1)) + zeros + FRAME * 9):
        text = by_tool(command, data)
        if "-p" not in command:
            assert recognise(text[:HEAD_SIZE]) is InputFormat.HEXDUMP
        assert told(text) == told(data)


@pytest.mark.parametrize("indent", [b"\t", b"    "])
@given(talks(most=1))
def test_a_followed_stream_holds_both_directions(indent: bytes, reads: list[Read]) -> None:
    text = followed(reads, indent=indent)
    balance = Balance()
    assert recognise(text[:HEAD_SIZE]) is InputFormat.HEXDUMP
    assert told(text, balance) == told(b"".join(streams(reads)), input_format="stream")
    assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == from_server(reads)
    assert balance.discrepancies() == []
    assert not balance.rejected


@given(st.lists(talks(most=1), min_size=1, max_size=3))
def test_followed_streams_one_after_the_other_are_conversations(several: list[list[Read]]) -> None:
    head = b"===================================================================\nFollow: tcp,hex\n"
    head += b"Filter: tcp.stream eq 0\nNode 0: 10.0.0.7:51234\nNode 1: 10.0.0.1:5027\n"
    text = b"".join(head + followed(reads) for reads in several)
    balance = Balance()
    wanted = b"".join(chain.from_iterable(streams(reads) for reads in several))
    assert told(text, balance) == told(wanted, input_format="stream")
    assert not balance.rejected


@given(talks(most=1))
def test_raw_lines_and_arrays_of_wireshark(reads: list[Read]) -> None:
    wanted = told(b"".join(streams(reads)), input_format="stream")
    raw = "Follow: tcp,raw\n" + "".join(
        f"{chr(9) * read.sent}{read.data.hex()}\n" for read in reads
    )
    arrays = "".join(
        f"char peer{int(read.sent)}_{n}[] = {{ /* Packet {n} */\n"
        + ",\n".join(
            ", ".join(f"0x{byte:02x}" for byte in read.data[at : at + 8])
            for at in range(0, len(read.data), 8)
        )
        + " };\n"
        for n, read in enumerate(reads)
    )
    for text in (raw.encode(), arrays.encode()):
        balance = Balance()
        assert recognise(text[:HEAD_SIZE]) is InputFormat.HEXDUMP
        assert told(text, balance) == wanted
        assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == from_server(reads)


@given(st.integers(2, 12), st.sampled_from([b"zz", b"g", b"?"]))
def test_a_damaged_line_takes_away_its_frame_alone(number: int, bad: bytes) -> None:
    data = login(imei(1)) + FRAME * 6
    lines = xxd(data).splitlines(keepends=True)
    lines[number] = lines[number][:10] + bad + lines[number][10 + len(bad) :]
    balance = Balance()
    list(gpsproto.decode(b"".join(lines), balance=balance))
    assert balance.rejected[ErrorCode.NOT_HEX] == 1
    assert balance.first_rejected[0] == (ErrorCode.NOT_HEX, 16 * number, 16 * number)
    assert balance.records >= 4
    assert balance.discrepancies() == []


def test_a_line_that_is_missing_is_a_gap() -> None:
    lines = xxd(login(imei(1)) + FRAME * 4).splitlines(keepends=True)
    del lines[3]
    balance = Balance()
    found = told(b"".join(lines), balance)
    assert len(found) == 1
    assert balance.notes[ErrorCode.MISSING_SEGMENT] == 1
    assert balance.records == 3


def test_a_star_stands_for_no_more_than_a_frame_may_hold() -> None:
    text = b"00000000  " + b"00 " * 15 + b"00  |................|\n*\nfffffff0  01  |.|\n"
    balance = Balance()
    list(gpsproto.decode(text, balance=balance))
    assert balance.bytes_in == 17


@given(talks(most=1), st.binary(max_size=300), st.data())
def test_whatever_a_dump_holds_the_balance_closes(
    reads: list[Read], junk: bytes, data: st.DataObject
) -> None:
    text = bytearray(followed(reads))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(text)))
        if data.draw(st.booleans()):
            text[at:at] = junk[:40]
        else:
            del text[at : at + data.draw(st.integers(1, 40))]
    balance = Balance()
    parts = data.draw(cuts(bytes(text) + junk))
    list(gpsproto.decode(parts, balance=balance, input_format="hexdump"))
    assert balance.discrepancies() == []


@given(talks(most=1), st.data())
def test_a_dump_is_the_same_however_it_is_cut(reads: list[Read], data: st.DataObject) -> None:
    text = followed(reads)
    once, cut = Balance(), Balance()
    whole = b"".join(bytes(p.data) for some in pieces([text], once) for p in some)
    parts = data.draw(cuts(text))
    assert b"".join(bytes(p.data) for some in pieces(parts, cut) for p in some) == whole
    assert once == cut


@pytest.mark.parametrize(
    "line",
    [b"", b"000f333536", b"00000000 0000002c 08010000", b"hello", b"10:00:00 00 0f", b"00000000"],
)  # fmt: skip
def test_other_lines_are_no_dump(line: bytes) -> None:
    assert row(line) is None


PASTED: dict[str, Callable[[bytes], str]] = {
    "plain": lambda data: data.hex(),
    "wrapped": lambda data: wrapped(data.hex(), 64),
    "wrapped, upper case and blanks": lambda data: wrapped(data.hex(" ").upper(), 48),
    "a label": lambda data: f"hex: {data.hex()}",
    "a label, wrapped": lambda data: f"HEX = {wrapped(data.hex(), 60)}",
    "quoted": lambda data: f'data = "{data.hex()}";',
    "0x": lambda data: f"0x{data.hex().upper()}",
    "0x and commas": lambda data: ", ".join(f"0x{byte:02X}" for byte in data),
    "0x of one digit": lambda data: " ".join(f"0x{byte:x}" for byte in data),
    "an array": lambda data: "const uint8_t frame[] = {" + ",".join(map(hex, data)) + "};",
    "an array over lines": lambda data: (
        "byte frame[] = {\n" + "\n".join(f"{byte:#04x}," for byte in data) + "\n};"
    ),
    "colons": lambda data: data.hex(":"),
    "dashes": lambda data: data.hex("-").upper(),
    "commas": lambda data: data.hex(","),
    "escapes": lambda data: "".join(f"\\x{byte:02x}" for byte in data),
    "quoted escapes": lambda data: '"' + "".join(f"\\x{byte:02X}" for byte in data) + '"',
    "Python": lambda data: f"{data!r}",
    "Python, behind a name": lambda data: f"data = {data!r}",
    "a fence of a forum": lambda data: (
        f"Hello, what is this frame?\n```\n{data.hex()}\n```\nThanks!"
    ),
}


@pytest.mark.parametrize("write", PASTED.values(), ids=PASTED)
@pytest.mark.parametrize("frame", [FRAME, tcp_frame(0x8E, [RECORD] * 3)], ids=["8", "8E"])
def test_a_pasted_frame_is_decoded(write: Callable[[bytes], str], frame: bytes) -> None:
    balance = Balance()
    for end in ("", "\n", "\r\n"):
        text = (write(frame) + end).encode()
        assert recognise(text[:HEAD_SIZE]).is_text
        found = told(text, balance)
        assert list(found.values()) == list(told(frame).values())
    assert balance.rejected.total() == balance.rejected[ErrorCode.NOT_HEX]


@pytest.mark.parametrize("width", [16, 32, 48, 64, 100])
@given(packets())
def test_pasted_datagrams_may_be_wrapped(width: int, sent: list[bytes]) -> None:
    text = "\n".join(wrapped(packet.hex(), width) for packet in sent).encode()
    balance = Balance()
    assert recognise(text[:HEAD_SIZE]) is InputFormat.HEX_DATAGRAMS
    assert told(text, balance) == told(b"".join(sent), input_format="datagrams")
    assert not balance.rejected


def test_a_short_text_does_not_stand_for_more_than_memory_holds() -> None:
    text = b"".join(b"%08x: ff55  .U\n*\n" % (n << 20) for n in range(20_000))
    balance = Balance()
    assert list(gpsproto.decode(text, balance=balance)) == []
    assert balance.bytes_in < 1 << 22
    assert balance.discrepancies() == []
