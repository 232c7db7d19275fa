"""The command line as a user runs it: from start to end, a new process each time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from data import dump

RECORDS = 1_000_000
GPSPROTO = (sys.executable, "-m", "gpsproto.cli")


@pytest.mark.parametrize("kind", ["jsonl", "csv", "parquet", "arrow"])
def test_command_line_file_to_file(kind: str, folder: Path, measure: Callable[..., None]) -> None:
    path = dump(folder, 0x08, RECORDS)
    out = folder / f"told.{kind}"

    def decode() -> int:
        subprocess.run(
            [*GPSPROTO, "decode", str(path), "--family", "FMB", "-o", str(out), "--quiet"],
            check=True,
        )
        return RECORDS

    measure(decode, "records", rounds=3, size=path.stat().st_size)
    out.unlink()


@pytest.mark.parametrize("what", ["import gpsproto", "--version", "decode"])
def test_start_up(what: str, folder: Path, measure: Callable[..., None]) -> None:
    empty = folder / "empty.bin"
    empty.write_bytes(b"")
    command = {
        "import gpsproto": (sys.executable, "-c", "import gpsproto"),
        "--version": (*GPSPROTO, "--version"),
        "decode": (*GPSPROTO, "decode", str(empty), "--quiet"),
    }[what]

    def start() -> int:
        subprocess.run(command, check=True, capture_output=True)
        return 1

    measure(start, "starts", rounds=5)
