"""Dumps that hold frames of trackers and of watches: each scan takes what is its own."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Record, login, tcp_frame
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.walk import codes
from gpsproto.wire.bracket import BracketFramer, BracketScan
from gpsproto.wire.frame import Frame, Handshake, Rejected, Skipped
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_tcp import TcpFramer, TcpScan
from tests.conftest import Engine
from tests.strategies import IMEI, cuts, damaged

pytestmark = pytest.mark.core

TRACKER = tcp_frame(8, [Record(1_750_000_000_000, elements=[(239, 1, 1)])])
OTHER = tcp_frame(0x8E, [Record(1_750_000_000_000)] * 3)
WATCH = b"[3G*8800000015*000D*LK,50,100,100]"
INDEXED = b"[ZJ*8800000016*0001*0002*LK]"
SHORT = b"[SG*8800000015*0002*LK,1,2,3]"  # its length is too small
LONG = b"[SG*8800000015*0022*LK,1,2,3]"


def events(pieces: list[bytes], framer: Any = None) -> list[tuple[Any, ...]]:
    """What a dump holds, as comparable values; runs of skipped bytes joined."""
    framer = framer or StreamFramer()
    found: list[tuple[Any, ...]] = []

    def take() -> None:
        for event in framer.events():
            kind = type(event).__name__
            if isinstance(event, Frame):
                number = event.envelope.conversation
                found.append((kind, event.offset, event.size, bytes(event.body), number))
            elif isinstance(event, Handshake):
                found.append((kind, event.offset, event.size, event.conversation))
            elif isinstance(event, Rejected):
                found.append((kind, event.offset, event.size, event.code, event.at))
            elif isinstance(event, Skipped):
                last = found[-1] if found else ()
                if last[:1] + last[3:] == (kind, event.code):
                    found[-1] = (kind, last[1], last[2] + event.size, event.code)
                else:
                    found.append((kind, event.offset, event.size, event.code))

    for piece in pieces:
        framer.receive(piece)
        take()
    framer.receive_eof()
    take()
    return found


def frames(data: bytes) -> list[bytes]:
    """The frames of a dump, whole."""
    return [data[e[1] : e[1] + e[2]] for e in events([data]) if e[0] == "Frame"]


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def whole(found: list[tuple[Any, ...]], size: int) -> bool:
    ends = [0, *(event[1] + event[2] for event in found)]
    return [event[1] for event in found] + [size] == ends


PARTS = st.sampled_from([TRACKER, OTHER, WATCH, INDEXED, SHORT, LONG, login(IMEI)])
BETWEEN = st.sampled_from([
    b"", b"", b"", b"\r\n", b"\xff", b"\x00", b"junk", b"[", b"\x00\x00\x00\x00", b"\xffAQSH\x00\x03",
    b"IWAP#", b"SG*1*0002*LK\n", b"[3G*1*FFFF*", b"\x00\x0f3563", b" [[[", TRACKER[:20], WATCH[:25],
    b"\xff\xff", b"\xffA", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01",
    bytes(7) + b"\x01\x08",
])  # fmt: skip


@st.composite
def dumps(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(st.tuples(BETWEEN, PARTS), max_size=6))
    return b"".join(between + part for between, part in parts) + draw(BETWEEN)


@given(data=dumps(), more=st.data())
def test_a_dump_gives_the_same_however_it_is_cut_and_every_byte_is_in_one_event(
    data: bytes, more: st.DataObject, engine: Engine
) -> None:
    broken = more.draw(st.sampled_from([data, data, more.draw(damaged(data))]))
    found = events([broken])
    assert whole(found, len(broken))
    assert events(bytewise(broken)) == found
    assert events(more.draw(cuts(broken))) == found


@given(parts=st.lists(st.sampled_from([TRACKER, OTHER, WATCH, INDEXED, SHORT]), max_size=9))
def test_intact_frames_are_found_in_any_order(parts: list[bytes], engine: Engine) -> None:
    assert frames(b"".join(parts)) == parts
    assert frames(b"\r\n".join(parts) + b"\n") == parts


@given(
    before=st.sampled_from([WATCH, TRACKER, OTHER, INDEXED]), part=PARTS, more=st.data(),
    behind=st.sampled_from([WATCH, INDEXED]),
)  # fmt: skip
def test_no_watch_frame_is_lost_behind_a_damaged_one(
    before: bytes, part: bytes, more: st.DataObject, behind: bytes, engine: Engine
) -> None:
    broken = more.draw(damaged(part))
    found = frames(before + broken + behind * 2)
    assert found[0] == before
    # the damage may have made a head whose content is the next frame, never one of the last
    assert found[-1] == behind


@given(
    data=st.lists(st.sampled_from([TRACKER, OTHER, login(IMEI), b"\xff"]), max_size=6),
    more=st.data(),
)
def test_a_dump_of_trackers_reads_as_it_does_alone(
    data: list[bytes], more: st.DataObject, engine: Engine
) -> None:
    joined = b"".join(data)
    assert events([joined]) == events([joined], TcpFramer(resync=True))
    broken = bytearray(joined)
    for _ in range(more.draw(st.integers(0, 3)) if joined else 0):
        broken[more.draw(st.integers(0, len(joined) - 1))] = more.draw(
            st.sampled_from([0, 1, 8, 0x80, 0x8E])
        )
    assert events([bytes(broken)]) == events([bytes(broken)], TcpFramer(resync=True))


@given(
    data=st.lists(
        st.sampled_from([WATCH, INDEXED, SHORT, b"\r\n", b"SG*1*0002*L\n", b"IWAP#"]), max_size=6
    )
)
def test_a_dump_of_watches_reads_as_it_does_alone(data: list[bytes], engine: Engine) -> None:
    joined = b"".join(data)
    assert events([joined]) == events([joined], BracketFramer(resync=True))


def test_a_tables_protocol_says_whose_its_frames_are() -> None:
    framer = StreamFramer()
    framer.receive(TRACKER + WATCH + TRACKER)
    tables = [(table.protocol, table.cell(0, codes.CODEC)) for table in framer.tables()]
    assert tables == [("teltonika", 8), ("watch", codes.BRACKET), ("teltonika", 8)]


def test_conversations_are_numbered_in_the_order_in_which_they_begin(engine: Engine) -> None:
    conversations = Conversations()
    data = WATCH + login(IMEI) + TRACKER + INDEXED + TRACKER + WATCH + login(IMEI) + TRACKER
    found = events([data], StreamFramer(conversations=conversations))
    assert [e[4] for e in found if e[0] == "Frame"] == [1, 2, 3, 2, 1, 4]
    assert len(conversations) == 4
    assert conversations.unidentified() == 0


def test_a_frame_that_breaks_off_leaves_what_follows_to_the_other_scan(engine: Engine) -> None:
    data = WATCH[:25] + TRACKER + TRACKER[:30] + WATCH + TRACKER
    assert frames(data) == [TRACKER, WATCH, TRACKER]
    kinds = [(event[0], event[3]) for event in events([data]) if event[0] == "Rejected"]
    assert [kind for kind, _ in kinds] == ["Rejected", "Rejected"]
    assert kinds[0][1] is ErrorCode.TRUNCATED


def test_the_head_of_a_watch_is_not_part_of_a_tracker_head_that_is_refused(engine: Engine) -> None:
    assert frames(bytes(4) + WATCH) == [WATCH]
    assert frames(bytes(7) + b"\x01" + WATCH) == [WATCH]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"\xffAQSH\x00\x2b" + bytes(41), ErrorCode.ENCRYPTED),
        (b"IWAP00353456789012345#", ErrorCode.FOREIGN_IWAP),
        (b"SG*8800000015*0002*LK\r\n", ErrorCode.UNBRACKETED),
        (b"\x16\x03\x01\x02\x00\x01", ErrorCode.FOREIGN_TLS),
        (b"GET / HTTP/1.1\r\n\r\n", ErrorCode.FOREIGN_HTTP),
        (b"hello, is this a server?", ErrorCode.FOREIGN_TEXT),
    ],
)
def test_what_is_foreign_is_named_at_the_start_and_between_frames(
    data: bytes, code: ErrorCode, engine: Engine
) -> None:
    assert events([data])[0][3] is code
    found = events([TRACKER + data + WATCH])
    assert found[1][:4] == ("Skipped", len(TRACKER), len(data), code)
    assert found[-1][0] == "Frame"


@pytest.mark.parametrize(
    "data",
    [b"\xff" * 2_000, b"\x00[" * 1_000, b"[" * 2_000, b"\x00" * 2_000, b"\xff[AA*1*FFFF*" * 200,
     (b"\x00" + WATCH) * 60, (b"\xffA" + WATCH) * 60, b"\xff\x00x" * 700],
)  # fmt: skip
def test_the_scans_do_not_hand_over_without_end(
    data: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    from gpsproto.wire import bracket, teltonika_tcp

    calls = 0
    for module, name in ((bracket, "scan_brackets"), (teltonika_tcp, "scan_tcp")):
        scan = getattr(module, name)

        def counted(*arguments: Any, scan: Any = scan) -> None:
            nonlocal calls
            calls += 1
            scan(*arguments)

        monkeypatch.setattr(module, name, counted)
    found = events([data])
    assert whole(found, len(data))
    assert calls <= 20 + 4 * len(data)


def test_a_framer_shows_its_size_and_takes_nothing_behind_the_end() -> None:
    framer = StreamFramer()
    framer.receive(WATCH[:20])
    assert repr(framer) == "StreamFramer(20 bytes buffered)"
    assert list(framer.events()) == []
    assert framer.needed > 0
    framer.receive_eof()
    with pytest.raises(ValueError, match="ended"):
        framer.receive(b"")


def test_what_a_scan_was_told_before_the_end_does_not_bind_it_at_the_end(engine: Engine) -> None:
    broken = bytearray(OTHER)
    broken[7] = 0x80
    data = OTHER + bytes(broken) + TRACKER
    assert events([data]) == events([data], TcpFramer(resync=True))
    assert events(bytewise(data)) == events([data])


def test_an_unbracketed_frame_is_named_however_far_was_looked_ahead(engine: Engine) -> None:
    data = b"GET / HTTP/1.1\r\n\r\n" + TRACKER + b"SG*1*0002*LK\n" + WATCH
    assert ErrorCode.UNBRACKETED in {e[3] for e in events([data]) if e[0] == "Skipped"}
    assert events(bytewise(data)) == events([data])


HOSTILE = [
    b"[", b"]", b"\xff", b" ", b"\x00", b"\x00[", b"[[3G*1*", b"[3G*1*0010*", b"[3G*1*FFFF*UD,[",
    b"AB*1*0001*", b"\xffAQSH\x00\x00", b"\x00\x0f", b"\x00\x00\x00\x00\x00\x00\x00\x10\x08", b"IWAP",
]  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("first", [b"", WATCH, TRACKER])
def test_bytes_that_leave_some_undecided_at_every_end_are_not_read_in_small_steps(
    unit: bytes, first: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The work is counted in bytes that are handed to a scan, and in scans."""
    handed: list[int] = []
    for kind in (TcpScan, BracketScan):
        plain = kind.scan

        def counted(
            self: Any, data: memoryview, *args: Any, plain: Any = plain, **more: Any
        ) -> Any:
            handed.append(len(data))
            return plain(self, data, *args, **more)

        monkeypatch.setattr(kind, "scan", counted)
    chunk, chunks = 1 << 16, 4
    data = (unit * (chunk * chunks // len(unit) + 1))[: chunk * chunks]
    framer = StreamFramer(rows=4096)
    framer.receive(first)
    for at in range(0, len(data), chunk):
        framer.receive(data[at : at + chunk])
        assert all(table.rows for table in framer.tables())
    framer.receive_eof()
    assert all(table.rows for table in framer.tables())
    # a scan ends with its 4,096 rows, and each end of a chunk is found by doubling
    rows = 2 * len(data) // len(unit) // 4096
    assert len(handed) <= rows + 40 * chunks
