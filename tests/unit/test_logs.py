from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.captures import textlines
from gpsproto.captures.logline import said
from gpsproto.captures.logs import pieces
from gpsproto.captures.recognise import HEAD_SIZE, InputFormat, recognise
from gpsproto.errors import ErrorCode
from gpsproto.privacy.keys import PseudonymKey
from tests.dumps import LOGS, STAMP, Read, from_server, imei, packets, streams, talks
from tests.table import rows

pytestmark = pytest.mark.once

KEY = PseudonymKey.new_ephemeral()
Write = Callable[[Sequence[Read]], bytes]
forms = pytest.mark.parametrize("write", LOGS.values(), ids=LOGS)


def told(source: Any, balance: Balance | None = None, **options: Any) -> dict[str, list[Any]]:
    """The records of each device."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows(gpsproto.decode(source, key=KEY, balance=balance, **options)):
        found[row["subject"]].append(row)
    return found


def plainly(reads: Sequence[Read]) -> dict[str, list[Any]]:
    return told(b"".join(streams(reads)), input_format="stream")


@forms
@given(talks())
def test_a_log_gives_the_records_of_its_conversations(write: Write, reads: list[Read]) -> None:
    balance = Balance()
    text = write(reads)
    assert recognise(text[:HEAD_SIZE]) is InputFormat.LOG
    assert told(text, balance) == plainly(reads)
    assert balance.discrepancies() == []
    assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == from_server(reads)
    assert not balance.rejected


@forms
@given(talks(), st.data())
def test_lines_that_say_nothing_do_not_matter(
    write: Write, reads: list[Read], data: st.DataObject
) -> None:
    lines = write(reads).splitlines()
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(lines)))
        if at and write is LOGS["digits below their line"]:
            at = 0
        lines.insert(at, data.draw(st.sampled_from(NOTES)))
    text = b"\r\n".join(lines)
    assert recognise(text[:HEAD_SIZE]) is InputFormat.LOG
    balance = Balance()
    assert told(text, balance) == plainly(reads)
    assert not balance.rejected


NOTES = [
    b"", b"   ", b"# a note", STAMP.encode() + b"  INFO: Version: 6.2", b"\tat org.example.Main(1)",
    STAMP.encode() + b"  INFO: [T0a0b0c0d] connected",
    STAMP.encode() + b"  INFO: [T0a0b0c0d] id: 001010000000018, time: 2024-05-01 10:00:00, lat: "
    b"52.37000, lon: 4.89500, course: 90.0",
    STAMP.encode() + b" INFO listening on port 5027", STAMP.encode() + b" INFO logged in 1234",
    STAMP.encode() + b" WARN no answer from 10.0.0.7:5027 in 30", b"Started at 10:00:00 as 4711",
    b"java.io.IOException: Connection reset by peer",
]  # fmt: skip


@given(talks(), st.sampled_from(sorted(LOGS)), st.data())
def test_a_damaged_line_is_counted_and_the_rest_is_read(
    reads: list[Read], form: str, data: st.DataObject
) -> None:
    """Damage within one line of a device that sends whole frames takes no other frame away."""
    write = LOGS[form]
    if form in ("a string of a program", "Traccar, text in clear", "digits below their line"):
        write = LOGS["words"]
    other = [Read(9, login(imei(9))), *(Read(9, tcp_frame(8, [RECORD])) for _ in range(3))]
    at = data.draw(st.integers(1, 2))
    lines = write(other).splitlines()
    bad = bytearray(lines[at])
    # within the digits of the frame's body
    place = bad.lower().index(b"08 01" if b"08 01" in bad else b"0801")
    bad[place : place + 1] = data.draw(st.sampled_from([b"g", b"?", b"zz", b""]))
    lines[at] = bytes(bad)
    text = b"\n".join([*lines, *write(reads).splitlines()])
    balance = Balance()
    found = told(text, balance)
    wanted = plainly([*other[:3], *reads])
    assert found == wanted
    assert balance.rejected == {ErrorCode.NOT_HEX: 1}
    assert balance.bytes_rejected[ErrorCode.NOT_HEX] == len(bad)
    assert balance.discrepancies() == []


RECORD = Record(1_750_000_000_000, satellites=9, elements=[(239, 1, 1)])
FRAME = tcp_frame(8, [RECORD])
DATAGRAM_LOGS = {
    "Traccar": lambda data: f"{STAMP}  INFO: [U9c6a3f2b: teltonika < 10.0.0.7] {data.hex()}",
    "stamped": lambda data: f"2024-05-01T10:00:00Z {data.hex()}",
    "words": lambda data: f"rx {data.hex(' ')}",
}


@pytest.mark.parametrize("spell", DATAGRAM_LOGS.values(), ids=DATAGRAM_LOGS)
@given(packets())
def test_a_datagram_a_line(spell: Callable[[bytes], str], sent: list[bytes]) -> None:
    text = "\n".join(map(spell, sent)).encode()
    assert recognise(text[:HEAD_SIZE]) is InputFormat.LOG
    assert told(text) == told(b"".join(sent), input_format="datagrams")


@given(talks(), st.binary(max_size=400), st.data())
def test_whatever_a_log_holds_the_balance_closes(
    reads: list[Read], junk: bytes, data: st.DataObject
) -> None:
    text = bytearray(data.draw(st.sampled_from(list(LOGS.values())))(reads))
    for _ in range(data.draw(st.integers(0, 6))):
        at = data.draw(st.integers(0, len(text)))
        if data.draw(st.booleans()):
            text[at:at] = junk[:40]
        else:
            del text[at : at + data.draw(st.integers(1, 40))]
    balance = Balance()
    list(gpsproto.decode(bytes(text) + junk, balance=balance, input_format="log"))
    assert balance.discrepancies() == []


def test_a_session_that_closes_ends_its_conversation() -> None:
    """Half a frame is not completed by who comes next under the same number."""
    one = f"{STAMP}  INFO: [9c6a3f2b: 5027 < 10.0.0.7] HEX: "
    lines = [
        one + login(imei(1)).hex(), one + FRAME[:20].hex(), f"{STAMP}  INFO: [9c6a3f2b] disconnected",
        one + login(imei(2)).hex(), one + FRAME.hex(),
    ]  # fmt: skip
    balance = Balance()
    assert len(told("\n".join(lines).encode(), balance)) == 1
    assert balance.rejected == {ErrorCode.TRUNCATED: 1}
    assert balance.records == 1


def test_what_the_server_sent_is_counted_and_not_decoded() -> None:
    text = f"{STAMP} sent: {(login(imei(1)) + FRAME).hex()}\n{STAMP} recv: ff\n".encode()
    balance = Balance()
    assert told(text, balance) == {}
    assert balance.bytes_skipped[ErrorCode.FROM_SERVER] == 17 + len(FRAME)
    assert balance.rejected.total() == 0


def test_text_of_other_protocols_is_counted() -> None:
    text = (
        f"{STAMP}  INFO: [T9c6a3f2b: osmand < 10.0.0.7] GET /?id=1&lat=52 HTTP/1.1\\r\\n".encode()
    )
    balance = Balance()
    assert told(text, balance) == {}
    assert set(balance.bytes_skipped) == {ErrorCode.OTHER_TRAFFIC}


def test_a_frame_in_clear_may_go_on_in_the_next_line() -> None:
    one = f"{STAMP}  INFO: [T9c6a3f2b: watch < 10.0.0.7] "
    text = f"{one}[3G*8800000015*000D*LK,50,\n{one}100,100]\\r\\n\n".encode()
    balance = Balance()
    list(gpsproto.decode(text, balance=balance))
    assert balance.frames == 1
    assert not balance.rejected


def test_sessions_that_are_too_many_are_ended_the_most_silent_first() -> None:
    balance = Balance()
    lines = b"".join(b"10:00:00 conn %d rx: ff\n" % n for n in (0, 1, 2, 0, 3, 0))
    found = [piece for some in pieces([lines], balance, talks=2) for piece in some]
    assert [piece.flow for piece in found if piece.ended] == [0, 1, 2]


@pytest.mark.parametrize("end", ["", "\n"])
def test_an_endless_line_of_digits_is_read_and_bounded(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setattr(textlines, "_LONGEST_LINE", 400)
    data = login(imei(1)) + FRAME * 40
    for spelled in (data.hex(), data.hex(" ")):
        text = f"{STAMP} session=7 recv: {spelled}{end}".encode()
        balance = Balance()
        parts = [text[at : at + 100] for at in range(0, len(text), 100)]
        list(gpsproto.decode(parts, balance=balance))
        found = [p for some in pieces(parts, Balance()) for p in some]
        assert b"".join(bytes(p.data) for p in found) == data
        assert len(found) > 5
        assert balance.records == 40


def test_an_endless_note_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(textlines, "_LONGEST_LINE", 400)
    text = f"{STAMP} " + "nothing to see " * 100 + f"\n{STAMP} recv: {FRAME.hex()}"
    balance = Balance()
    list(
        gpsproto.decode(
            [text[at : at + 64].encode() for at in range(0, len(text), 64)], balance=balance
        )
    )
    assert (balance.records, balance.rejected.total()) == (1, 0)


def test_a_log_without_a_frame_is_a_log() -> None:
    text = "\n".join(f"{STAMP}  INFO: line {n} of a start" for n in range(400)).encode()
    assert recognise(text[:HEAD_SIZE]) is InputFormat.LOG
    balance = Balance()
    assert told(text, balance) == {}
    assert balance == Balance()


@pytest.mark.parametrize(
    ("line", "session", "sent", "payload"),
    [
        (f"{STAMP} session=42 rx: 000f33", b"42", False, b"000f33"),
        (f"{STAMP} recv from 10.0.0.7:51234 len=17 00 0f 33", b"10.0.0.7:51234", False, b"00 0f 33"),
        (f"{STAMP} Sent 1 bytes to 10.0.0.7:51234: 01", b"10.0.0.7:51234", True, b"01"),
        ("May  1 10:00:00 host app[123]: recv 000f33", b"", False, b"000f33"),
        ("1714557600.123 000f33", b"", False, b"000f33"),
        ("recv feed 000f333536333037", b"", False, b"000f333536333037"),
        ('{"data":"000f33","peer":"10.0.0.7:51234","dir":"out"}', b"10.0.0.7:51234", True, b"000f33"),
        (f"{STAMP} [9c6a3f2b] < 0x000f33", b"9c6a3f2b", False, b"000f33"),
    ],
)  # fmt: skip
def test_a_line_is_read(line: str, session: bytes, sent: bool, payload: bytes) -> None:
    found = said(line.encode())
    assert found is not None
    assert (found.session, found.sent, found.payload) == (session, sent, payload)
    assert line.encode()[found.at :].startswith(payload)


def test_nothing_shows_what_a_line_held() -> None:
    found = said(f"{STAMP} device 001010000000018 rx: 3335".encode())
    assert "0010" not in repr(found)
    assert "3335" not in repr(found)


@pytest.mark.parametrize("line", [b"b'" + b"'" * 1_000_000 + b"a", b" b'" * 300_000 + b"a"])
def test_quotes_without_end_cost_no_more_than_their_number(line: bytes) -> None:
    assert said(b"10:00:00 " + line) is None
