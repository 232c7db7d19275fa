"""A small synthetic fleet, and ways to run the command line in this process and in its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.cli import command

IMEI = "490154203237518"
OTHER_IMEI = "356938035643809"
ICCID = (89_4620_3801, 7_0033_4452)


def record(number: int = 0) -> Record:
    return Record(
        timestamp_ms=1_750_000_000_000 + 1_000 * number,
        longitude_e7=48_950_000 + number,
        latitude_e7=523_700_000,
        altitude_m=3,
        angle_deg=90,
        satellites=9,
        speed_kmh=50,
        elements=[(239, 1, 1), (66, 2, 12_500), (11, 8, ICCID[0]), (14, 8, ICCID[1])],
    )


@dataclass(frozen=True)
class Made:
    """The same records as each kind of dump."""

    frame: bytes
    stream: bytes
    anonymous: bytes
    datagrams: bytes
    hex: bytes
    hex_datagrams: bytes


@pytest.fixture(scope="session")
def made() -> Made:
    frame = tcp_frame(8, [record(n) for n in range(5)])
    packets = [udp_packet(8, [record(n)], OTHER_IMEI, avl_packet_id=n) for n in range(3)]
    lines = [login(IMEI), frame, frame]
    return Made(
        frame,
        b"".join(lines),
        frame + frame,
        b"".join(packets),
        b"".join(line.hex().encode() + b"\n" for line in lines),
        b"".join(packet.hex().encode() + b"\n" for packet in packets),
    )


@dataclass(frozen=True)
class Done:
    status: int
    out: bytes
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


Run = Callable[..., Done]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run in this process."""
    # wide enough that no sentence is folded
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: object, stdin: bytes = b"") -> Done:
        with CliRunner().isolation(input=stdin) as (out, err, _):
            status = command.run([str(argument) for argument in arguments])
            sys.stdout.flush()
            sys.stderr.flush()
            return Done(status, out.getvalue(), err.getvalue().decode())

    return run


MAIN = [sys.executable, "-c", "from gpsproto.cli import main; main()"]


@pytest.fixture
def environment() -> dict[str, str]:
    """Ours, with standard output buffered, as a user has it."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    return kept | {"COLUMNS": "200"}


def _hear_signals() -> None:
    """A suite in the background ignores them, and its children would too."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture
def spawn(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a process of its own; what still runs at the end of the test is killed."""
    started: list[subprocess.Popen[bytes]] = []

    def spawn(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
        options.setdefault("env", environment)
        options.setdefault("stderr", subprocess.PIPE)
        options.setdefault("preexec_fn", _hear_signals)
        process = subprocess.Popen([*MAIN, *map(str, arguments)], **options)
        started.append(process)
        return process

    yield spawn
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def dump(tmp_path: Path, made: Made) -> Path:
    """A file with a login and two frames of five records."""
    path = tmp_path / "dump.bin"
    path.write_bytes(made.stream)
    return path


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "a.key"
    path.write_bytes(b"gpsproto-key/1 " + bytes(range(7, 39)).hex().encode() + b"\n")
    path.chmod(0o600)
    return path
