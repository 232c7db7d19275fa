"""Canaries in every place of the wire: none in any output, message, log, repr or traceback."""

from __future__ import annotations

import base64
import io
import itertools
import json
import linecache
import logging
import random
import sys
import traceback
import warnings
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Any

import pytest

import gpsproto
from gpsproto import GpsprotoError, PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.cli.command import run
from gpsproto.identity import Conversations
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.policy import Policy
from gpsproto.sinks.arrow import ArrowSink
from gpsproto.sinks.csvfile import CsvSink
from gpsproto.sinks.jsonl import JsonLinesSink
from gpsproto.sinks.parquet import ParquetSink
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer

SEED = 20_260_922
KEY = PseudonymKey(bytes(range(32)))


def imei(random_: random.Random) -> str:
    """A test IMEI: its allocation code, 00101, is given to no device."""
    body = "00101" + "".join(random_.choices("0123456789", k=9))
    total = sum(v - 9 if (v := int(d) * (1 + place % 2)) > 9 else v for place, d in enumerate(body))
    return body + str(-total % 10)


class Canaries:
    """Identifiers planted, and every spelling of them to look for."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)
        self.planted: list[str] = []

    def new(self) -> str:
        self.planted.append(imei(self.random))
        return self.planted[-1]

    def needles(self) -> Iterator[bytes]:
        for digits in self.planted:
            number = int(digits)
            spelled = [
                digits, digits[:14], digits[4:14], digits[::-1],
                digits.encode().hex(), digits.encode().hex().upper(),
                f"{number:x}", f"{number:X}", number.to_bytes(8, "little").hex(),
                str(number), f"{float(number)!r}",
                base64.b64encode(digits.encode()).decode().rstrip("=")[:-1],
                ("0" + digits), digits + "f",
            ]  # fmt: skip
            for text in spelled:
                yield text.encode()
                yield text.encode("utf-16-le")
            yield number.to_bytes(8, "big")
            yield number.to_bytes(8, "little")
            yield bytes.fromhex("0" + digits)
            yield bytes.fromhex(digits + "f")

    def found(self, haystack: bytes) -> list[bytes]:
        return [needle for needle in self.needles() if len(needle) > 5 and needle in haystack]


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


def planted_elements(c: Canaries) -> list[tuple[int, int, int]]:
    """A canary as the 8-byte value of every id that has room for one."""
    return [(id, 8, int(c.new())) for id in (11, 14, 78, 8, 195, 196, 207, 217, 218, 219, 233)]


def dumps(c: Canaries) -> dict[str, bytes]:
    """Streams with a canary in every place of the wire, the damaged ones among them."""
    eight = Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=planted_elements(c))
    texts = [(id, c.new().encode()) for id in (256, 325, 385, 387, 10358, 40_000)]
    extended = Record(
        1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=planted_elements(c), variable=texts
    )
    # beyond year 9999, as an IMEI is; a number that could be a time is one
    c.planted.append("99" + c.new()[2:])
    as_time = Record(int(c.planted[-1]), elements=[(239, 1, 1)])
    good = login(c.new()) + tcp_frame(8, [eight]) + tcp_frame(0x8E, [extended, as_time])
    packets = udp_packet(8, [eight], c.new()) + udp_packet(0x8E, [extended], c.new())
    unknown = b"\x0c\x01\x06" + len(c.planted[-1]).to_bytes(4, "big") + c.new().encode() + b"\x01"
    command = (
        bytes(4) + len(unknown).to_bytes(4, "big") + unknown + crc16(unknown).to_bytes(4, "big")
    )
    bad = []
    for _ in range(40):
        frame = bytearray(tcp_frame(0x8E, [extended]))
        frame[c.random.randrange(len(frame))] ^= c.random.randrange(1, 256)
        bad.append(login(c.new()) + bytes(frame))
    return {
        "good": good,
        "packets": packets,
        "command": login(c.new()) + command + good,
        "damaged": b"".join(bad) + good,
        "cut": good[:-20],
        "text": b"[3G*" + c.new().encode() + b"*0002*LK]" + c.new().encode() * 4,
        "http": f"GET /?id={c.new()} HTTP/1.1\r\n\r\n".encode(),
        "hex": good.hex().encode() + b"\nimei " + c.new().encode() + b"\n" + good.hex().encode(),
        "half_login": login(c.new())[:12],
        "bad_login": b"\x00\x0f" + c.new().encode()[:14] + b"X" + bytes(20),
    }


def table_bytes(batch: gpsproto.FilteredBatch) -> Iterator[bytes]:
    """Every buffer of a batch's Arrow table, raw."""
    for column in batch.to_arrow().columns:
        for chunk in column.chunks:
            yield from (buffer.to_pybytes() for buffer in chunk.buffers() if buffer is not None)


def every_output(data: bytes, kind: str) -> bytes:
    """All bytes that a run lets out: every sink, columns, rows, reprs, balance, memory of batches."""
    out = io.BytesIO()
    balance, conversations = Balance(), Conversations()
    with ExitStack() as stack:
        made = (JsonLinesSink, CsvSink, ParquetSink, ArrowSink)
        sinks = [stack.enter_context(sink(out)) for sink in made]
        for batch in gpsproto.decode(
            data,
            key=KEY,
            balance=balance,
            conversations=conversations,
            input_format=kind,
            batch_records=256,
        ):
            for sink in sinks:
                sink.write(batch)
            out.writelines(table_bytes(batch))
            out.write(repr(batch).encode() + repr(list(batch.rows())).encode())
            for name in batch.columns:
                values, validity = batch.column(name)
                out.write(name.encode() + repr(values.tolist()).encode() + validity.tobytes())
                if values.dtype != object:
                    out.write(values.tobytes())
            out.write(batch._FilteredBatch__contents.cells.tobytes())  # type: ignore[attr-defined]
            out.write(b"".join(names.encode() for names in batch.columns))
    assert balance.discrepancies() == []
    out.write(json.dumps(balance.as_dict()).encode() + repr(balance).encode())
    out.write(repr(conversations).encode())
    return out.getvalue()


def everything_of(error: BaseException, ours: str) -> str:
    """An error's text, attributes, chain, and the locals of the library's own frames."""
    shown = [str(error), repr(error), repr(vars(error)), repr(error.args)]
    assert error.__context__ is None
    assert error.__cause__ is None
    step: TracebackType | None = error.__traceback__
    while step is not None:
        if ours in step.tb_frame.f_code.co_filename:
            shown.append(repr(step.tb_frame.f_locals))
        step = step.tb_next
    shown.append("".join(traceback.TracebackException.from_exception(error).format()))
    return "\n".join(shown)


def test_the_search_finds_what_is_there(canaries: Canaries) -> None:
    digits = canaries.new()
    for leak in (
        digits.encode(), b"x" + digits[:14].encode(), digits.encode("utf-16-le"),
        digits.encode().hex().encode(), int(digits).to_bytes(8, "little"),
        base64.b64encode(digits.encode()), repr(int(digits)).encode(),
    ):  # fmt: skip
        assert canaries.found(b"..." + leak + b"...")
    assert not canaries.found(b"nothing here")


@pytest.mark.core
def test_no_canary_leaves_by_any_output(
    canaries: Canaries, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for data in dumps(canaries).values():
            for kind in ("auto", "stream", "datagrams", "hex", "hex-datagrams"):
                shown = every_output(data, kind)
                assert canaries.found(shown) == []
    assert warned == []
    assert caplog.records == []
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


@pytest.mark.core
def test_no_canary_leaves_by_an_error_its_chain_or_its_locals(canaries: Canaries) -> None:
    seen = 0
    for data in dumps(canaries).values():
        for framer in (TcpFramer(), UdpFramer(resync=True)):
            try:
                framer.receive(data)
                shown = [repr(event) for event in framer.events()]
                framer.receive_eof()
                shown += [repr(event) for event in framer.events()]
                assert canaries.found("\n".join(shown).encode()) == []
            except GpsprotoError as error:
                seen += 1
                shown_error = everything_of(error, "gpsproto")
                assert canaries.found(shown_error.encode()) == []
    assert seen >= 4


def test_no_canary_leaves_by_the_command_line(
    canaries: Canaries, tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, data in dumps(canaries).items():
        source = tmp_path / name
        source.write_bytes(data)
        device = tmp_path / "device"
        device.write_text(canaries.new() + "\n")
        for options in (
            [], ["--strict"], ["--device-file", str(device)], ["--family", "FMB"],
            ["--input-format", "hex"], ["-o", str(tmp_path / "out"), "--progress"],
            *(["--to", kind, "-o", str(tmp_path / "out")] for kind in ("csv", "parquet", "arrow")),
        ):  # fmt: skip
            summary = tmp_path / "summary.json"
            run(["decode", str(source), "--summary-json", str(summary), *options])
            captured = capfd.readouterr()
            shown = captured.out.encode() + captured.err.encode() + summary.read_bytes()
            assert canaries.found(shown) == [], (name, options)
            for made in tmp_path.iterdir():
                if made.name == "out":
                    assert canaries.found(made.read_bytes()) == []
                    made.unlink()
        assert sorted(p.name for p in tmp_path.iterdir() if p.suffix == ".part") == []


def test_usage_errors_do_not_repeat_what_was_typed(
    canaries: Canaries, capfd: pytest.CaptureFixture[str]
) -> None:
    digits = canaries.new()
    for arguments in itertools.chain(
        [[digits], ["decode", digits], ["decode", "--family", digits, "-"]],
        [["decode", "--device", digits], ["decode", "--policy", digits, "-"], ["keys", digits]],
        [["decode", f"--imei={digits}", "-"], ["decode", "-", "--batch-records", digits + "x"]],
    ):
        assert run(arguments) in (1, 2)
        captured = capfd.readouterr()
        assert canaries.found((captured.out + captured.err).encode()) == []


def test_keys_and_filters_show_no_root() -> None:
    root = bytes(range(1, 33))
    key = PseudonymKey(root)
    door = PrivacyFilter(Policy.load("tracking"), key)
    shown = repr(key) + repr(door) + repr(key.domain("a")) + str(vars(door))
    assert root.hex() not in shown
    assert repr(root)[2:-1] not in shown
    assert sys.getsizeof(key) < 200
    linecache.clearcache()
