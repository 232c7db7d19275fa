"""Inputs that break off, fail, grow, lie about their length, or come a byte at a time."""

from __future__ import annotations

import os
import random
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet, watch
from gpsproto.errors import CaptureError, ErrorCode, FramingLost
from gpsproto.identity import Conversations
from gpsproto.wire import bracket, teltonika_tcp
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.teltonika_tcp import TcpFramer

IMEI = "001010000000016"
WATCH_ID = "0300000187"
FRAMES = [
    tcp_frame(8, [Record(1_750_000_000_000 + 1_000 * n, n, n, satellites=5)]) for n in range(40)
]
STREAM = login(IMEI) + b"".join(FRAMES)


def decoded(source: object, balance: Balance) -> int:
    """Records of a dump; the balance must close."""
    found = sum(len(batch) for batch in gpsproto.decode(source, balance=balance))  # type: ignore[arg-type]
    assert balance.discrepancies() == []
    return found


@given(st.integers(0, len(STREAM)))
def test_of_a_file_that_breaks_off_every_whole_frame_is_there(size: int) -> None:
    ends = [len(login(IMEI)) + sum(map(len, FRAMES[: n + 1])) for n in range(len(FRAMES))]
    balance = Balance()
    assert decoded(STREAM[:size], balance) == sum(end <= size for end in ends)
    assert balance.bytes_in == size


def test_a_file_that_grows_while_it_is_read_is_read_to_where_it_ends_then(tmp_path: Path) -> None:
    path = tmp_path / "grows.bin"
    path.write_bytes(STREAM)
    more = b"".join(FRAMES) * 400  # past a chunk, so that reading goes on
    grown = threading.Event()

    def grow(_: int) -> None:
        if not grown.is_set():
            grown.set()
            with path.open("ab") as file:
                file.write(more)

    with path.open("ab") as file:
        file.write(more)
    balance = Balance()
    found = sum(len(batch) for batch in gpsproto.decode(path, balance=balance, progress=grow))
    assert balance.discrepancies() == []
    assert balance.bytes_in == len(STREAM) + 2 * len(more) == path.stat().st_size
    assert found == 40 + 2 * 400 * 40


def test_a_region_that_cannot_be_read_is_an_error_with_its_number(tmp_path: Path) -> None:
    """The kernel refuses the first page of this process's memory: a real failing read."""
    error = None
    try:
        list(gpsproto.decode("/proc/self/mem"))
    except CaptureError as caught:
        error = caught
    assert error is not None
    assert error.code is ErrorCode.UNREADABLE
    assert error.__context__ is None


def test_what_came_before_a_read_that_fails_is_decoded() -> None:
    class Failing:
        def __init__(self) -> None:
            self.parts = iter([STREAM * 300, STREAM * 300])

        def read(self, size: int, /) -> bytes:
            for part in self.parts:
                return part
            raise OSError(5, "the disk is gone")

    balance, found, failed = Balance(), 0, False
    try:
        for batch in gpsproto.decode(Failing(), balance=balance, batch_records=255):  # type: ignore[arg-type]
            found += len(batch)
    except CaptureError:
        failed = True
    assert failed
    assert found > 300 * 40


@pytest.mark.parametrize("length", [0xFFFFFFFF, 1 << 31, 1 << 24, 65_537])
def test_a_length_of_gigabytes_is_refused_before_anything_is_awaited(length: int) -> None:
    head = bytes(4) + length.to_bytes(4, "big") + b"\x08\x01"
    framer = TcpFramer()
    framer.receive(login(IMEI) + head)
    lost = None
    try:
        list(framer.events())
    except FramingLost as error:
        lost = error
    if lost is None:  # live, a frame that is too large is rejected or ends the conversation
        assert framer.needed < 100
    balance = Balance()
    assert decoded(login(IMEI) + head + b"".join(FRAMES), balance) == 40
    assert balance.rejected[ErrorCode.TOO_LARGE] == 1


class Counted:
    """A scan, and the bytes that it was handed."""

    def __init__(self, scan: object) -> None:
        self.scan = scan
        self.bytes = self.calls = 0

    def __call__(self, data: memoryview, *rest: object) -> object:
        self.bytes += len(data)
        self.calls += 1
        return self.scan(data, *rest)  # type: ignore[operator]


def drip(data: bytes) -> Iterator[bytes]:
    return (data[at : at + 1] for at in range(len(data)))


@pytest.mark.no_cover
def test_a_million_reads_of_one_byte_are_looked_at_a_few_times_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Work is linear in bytes: counted in bytes handed to the scan, not in seconds."""
    counted = Counted(teltonika_tcp.scan_tcp)
    monkeypatch.setattr(teltonika_tcp, "scan_tcp", counted)
    data = b"".join(FRAMES) * (1_000_000 // len(b"".join(FRAMES)) + 1)
    framer, found = TcpFramer(), 0
    for byte in drip(data[:1_000_000]):
        framer.receive(byte)
        for _ in framer.events():
            found += 1
    assert found == 1_000_000 // len(FRAMES[0])
    assert counted.bytes < 3 * 1_000_000


def test_a_frame_that_never_ends_costs_its_bytes_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(teltonika_tcp.scan_tcp)
    monkeypatch.setattr(teltonika_tcp, "scan_tcp", counted)
    framer = TcpFramer()
    head = bytes(4) + (65_000).to_bytes(4, "big") + b"\x0c\x01"
    for byte in drip(head + bytes(60_000)):
        framer.receive(byte)
        assert not list(framer.events())
    assert counted.bytes < 100


def test_a_watch_that_drips_costs_its_bytes_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    counted, looked = Counted(bracket.scan_brackets), Counted(bracket.look_on)
    monkeypatch.setattr(bracket, "scan_brackets", counted)
    monkeypatch.setattr(bracket, "look_on", looked)
    frame = watch.message(WATCH_ID, "LK", "1", "2", "100")
    framer, found = BracketFramer(), 0
    data = frame * (100_000 // len(frame))
    for byte in drip(data):
        framer.receive(byte)
        found += len(list(framer.events()))
    assert found == 100_000 // len(frame)
    # each byte that may end a frame is looked at, with the head before it
    assert counted.bytes + looked.bytes < 40 * len(data)


@pytest.mark.no_cover
def test_many_conversations_cost_little_memory_each() -> None:
    many = 50_000
    packets = (
        udp_packet(8, [Record(1_750_000_000_000)], f"{10_000_000_000_000 + n:015d}")
        for n in range(0, many, 50)
    )
    template = next(packets)
    conversations, balance = Conversations(), Balance()

    def chunks() -> Iterator[bytes]:
        for start in range(0, many, 1_000):
            yield b"".join(
                template[:8] + f"{10_000_000_000_000 + start + n:015d}".encode() + template[23:]
                for n in range(1_000)
            )

    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()
    found = 0
    for batch in gpsproto.decode(
        chunks(), conversations=conversations, balance=balance, input_format="datagrams"
    ):
        found += len(batch)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == many
    assert balance.discrepancies() == []
    assert (after - before) / many < 2_000  # bytes a device: a million of them fit into 2 GB


def test_noise_is_skipped_in_bounded_memory() -> None:
    random_ = random.Random(1)
    block = random_.randbytes(1 << 20)
    balance = Balance()
    tracemalloc.start()
    assert decoded((block for _ in range(24)), balance) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert balance.bytes_in == 24 << 20
    assert peak < 32 << 20


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="no such device here")
def test_zeros_without_end_are_skipped_in_bounded_memory() -> None:
    balance = Balance()

    def zeros() -> Iterator[bytes]:
        with open("/dev/zero", "rb") as file:
            for _ in range(24):
                yield file.read(1 << 20)

    tracemalloc.start()
    assert decoded(zeros(), balance) == 0
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert balance.bytes_in == 24 << 20
    assert peak < 32 << 20
