"""Outputs that fail at any step: nothing half-written has its final name, and a rerun is the same."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gpsproto.build import Record, login, tcp_frame

pytestmark = pytest.mark.once

_IMEI = "001010000000016"
_FORMS = ("jsonl", "csv", "parquet", "arrow")
_KILLED = """
import os, signal, sys
from gpsproto.sinks import target
left = int(sys.argv.pop(1))
step = target.attempt
def attempt(what):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return step(what)
target.attempt = attempt
from gpsproto.cli import main
try:
    main()
finally:
    print("steps left", left)
"""


@pytest.fixture
def dump(tmp_path: Path) -> Path:
    """Enough records for several writes."""
    frames = [
        tcp_frame(8, [Record(1_750_000_000_000 + 1_000 * n, n, n, satellites=5)]) for n in range(50)
    ]
    path = tmp_path / "dump.bin"
    path.write_bytes(login(_IMEI) + b"".join(frames) * 40)
    return path


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """A key file, so that a rerun gives the same pseudonyms."""
    path = tmp_path / "a.key"
    path.write_bytes(b"gpsproto-key/1 " + bytes(range(7, 39)).hex().encode() + b"\n")
    path.chmod(0o600)
    return path


def decoded(
    code: str, arguments: list[object], limit: Callable[[], None] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """The command line in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, check=False,
        preexec_fn=limit, timeout=120,
    )  # fmt: skip


def run(dump: Path, key: Path, out: Path) -> list[object]:
    return ["decode", dump, "--key-file", key, "-o", out, "--quiet", "--batch-records", 255]


@pytest.mark.parametrize("form", _FORMS)
def test_a_kill_between_two_steps_leaves_nothing_under_the_name(
    form: str, dump: Path, key: Path, tmp_path: Path
) -> None:
    whole = tmp_path / f"whole.{form}"
    done = decoded(_KILLED, [10_000, *run(dump, key, whole)])
    steps = 10_000 - int(done.stdout.split()[-1])
    assert done.returncode == 0
    assert steps >= 4
    expected = whole.read_bytes()
    out = tmp_path / f"out.{form}"
    for number in sorted({0, steps // 2, steps - 2, steps - 1}):
        killed = decoded(_KILLED, [number, *run(dump, key, out)])
        assert killed.returncode == -signal.SIGKILL
        assert not out.exists()
    again = decoded(_KILLED, [10_000, *run(dump, key, out)])
    assert again.returncode == 0
    assert out.read_bytes() == expected


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("size", [1, 4_096, 20_000])
def test_a_disk_that_fills_up_fails_the_run_and_leaves_nothing(
    form: str, size: int, dump: Path, key: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    place = folder / f"out.{form}"

    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    if form == "parquet" and size == 20_000:
        size = 10_000  # two thousand records of one device need no more
    done = decoded("from gpsproto.cli import main; main()", run(dump, key, place), small)
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: sink_failed: ")
    assert done.stderr.count(b"\n") == 1
    assert list(folder.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
@pytest.mark.parametrize("form", _FORMS)
def test_a_folder_that_may_not_be_written_to_fails_the_run(
    form: str, dump: Path, key: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    folder.mkdir(mode=0o500)
    done = decoded("from gpsproto.cli import main; main()", run(dump, key, folder / f"o.{form}"))
    assert done.returncode == 1
    assert done.stderr.startswith(b"Error: sink_failed: ")


@pytest.mark.parametrize("form", _FORMS)
def test_a_place_that_is_no_folder_fails_the_run(
    form: str, dump: Path, key: Path, tmp_path: Path
) -> None:
    done = decoded("from gpsproto.cli import main; main()", run(dump, key, dump / f"o.{form}"))
    assert done.returncode in (1, 2)
    assert b"Traceback" not in done.stderr
    assert dump.is_file()
