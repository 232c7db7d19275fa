"""Canaries in every place of the wire: none in any output, message, log, repr or traceback."""

from __future__ import annotations

import base64
import itertools
import linecache
import logging
import sys
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from gpsproto import GpsprotoError, PseudonymKey, codecs
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.cli.command import run
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.policy import Policy
from gpsproto.session import Receiver
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer
from tests.door import watch_canaries
from tests.door.canaries import KEY, Canaries, every_output, everything_of, table_bytes

pytestmark = pytest.mark.once


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


# what is sent with canaries in it, by the protocol that it is of; a new protocol needs its own
DUMPS: Mapping[str, Callable[[Canaries], dict[str, bytes]]] = {
    codecs.AVL: dumps,
    codecs.WATCH: watch_canaries.dumps,
}
of_every_protocol = pytest.mark.parametrize("protocol", codecs.terms())


def test_the_search_finds_what_is_there(canaries: Canaries) -> None:
    digits = canaries.new()
    for leak in (
        digits.encode(), b"x" + digits[:14].encode(), digits.encode("utf-16-le"),
        digits.encode().hex().encode(), int(digits).to_bytes(8, "little"),
        base64.b64encode(digits.encode()), repr(int(digits)).encode(),
    ):  # fmt: skip
        assert canaries.found(b"..." + leak + b"...")
    raw, written = canaries.raw(), canaries.text()
    for leak in (
        raw, raw.hex().encode(), repr(raw).encode(), raw.decode("latin-1").encode(), written.lower(),
        written.decode().encode("utf-16-be").hex().encode(), base64.b64encode(raw), written[::-1],
    ):  # fmt: skip
        assert canaries.found(b"..." + leak + b"...")
    assert not canaries.found(b"nothing here")


@pytest.mark.core
@of_every_protocol
def test_no_canary_leaves_by_any_output(
    protocol: str,
    canaries: Canaries,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        for data in DUMPS[protocol](canaries).values():
            for kind in ("auto", "stream", "datagrams", "hex", "hex-datagrams"):
                shown = every_output(data, kind)
                assert canaries.found(shown) == []
    assert warned == []
    assert caplog.records == []
    captured = capfd.readouterr()
    assert captured.out + captured.err == ""


@pytest.mark.core
@of_every_protocol
def test_no_canary_leaves_by_an_error_its_chain_or_its_locals(
    protocol: str, canaries: Canaries
) -> None:
    seen = 0
    for data in DUMPS[protocol](canaries).values():
        for framer in (TcpFramer(), UdpFramer(resync=True), BracketFramer(), StreamFramer()):
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


@pytest.mark.core
@of_every_protocol
def test_no_canary_leaves_by_a_receiver(protocol: str, canaries: Canaries) -> None:
    refused = 0
    for data in DUMPS[protocol](canaries).values():
        receiver = Receiver("tracking", KEY)
        shown = b""
        try:
            for piece in (data[:50], data[50:]):
                batch = receiver.receive(piece)
                # what is due and confirmed goes to the device, and holds what it wants echoed
                receiver.due()
                if batch is not None:
                    shown += repr(batch).encode() + repr(list(batch.rows())).encode()
                    shown += b"".join(table_bytes(batch))
                    receiver.confirm(batch)
                shown += repr(receiver).encode()
        except GpsprotoError as error:
            refused += 1
            shown += everything_of(error, "gpsproto").encode()
        shown += repr(receiver).encode()
        assert canaries.found(shown) == []
    assert refused


@of_every_protocol
def test_no_canary_leaves_by_the_command_line(
    protocol: str, canaries: Canaries, tmp_path: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    sources = []
    for name, data in DUMPS[protocol](canaries).items():
        sources.append(str(tmp_path / name))
        (tmp_path / name).write_bytes(data)
    device, out, summary = tmp_path / "device", tmp_path / "out", tmp_path / "summary.json"
    device.write_text(canaries.new() + "\n")
    runs = [(sources, options) for options in (
        ["--strict"], ["--device-file", str(device)], ["--family", "FMB"],
        ["--input-format", "hex"], ["-o", str(out), "--progress"],
        *(["--to", kind, "-o", str(out)] for kind in ("csv", "parquet", "arrow")),
    )]  # fmt: skip
    for inputs, options in [*runs, *(([source], []) for source in sources)]:
        run(["decode", *inputs, "--summary-json", str(summary), *options])
        captured = capfd.readouterr()
        shown = captured.out.encode() + captured.err.encode() + summary.read_bytes()
        assert canaries.found(shown) == [], (inputs, options)
        if out.exists():
            assert canaries.found(out.read_bytes()) == []
            out.unlink()
        summary.unlink()
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
