"""The command as installed, in a process of its own: what it prints, writes and leaves behind."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from gpsproto.prove.containers import opened, packed
from gpsproto.prove.dumps import Dump
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search

_COMMAND = (sys.executable, "-m", "gpsproto.cli")
_TIMEOUT_S = 120
_OUT, _ERR = "command line: output", "command line: error"
_FILES, _NAMES = "command line: files", "file names"


def tried(
    dumps: Sequence[Dump], policy: str, search: Search, whole: bool,
    command: Sequence[str] | None = None,
) -> None:  # fmt: skip
    """Run the command over some dumps; ``whole``: with wrong usage and every form as well.

    Another ``command`` than ours is run but once in each way.
    """
    with tempfile.TemporaryDirectory(prefix="gpsproto-prove-") as name:
        folder = Path(name)
        (folder / "in").mkdir()
        (folder / "tmp").mkdir()
        inputs = []
        for number, dump in enumerate(dumps):
            path = folder / "in" / f"dump-{number}"
            path.write_bytes(dump.data)
            inputs.append((str(path), dump.input_format))
        device = folder / "in" / "device"
        device.write_bytes(_imei(dumps) + b"\n")
        for arguments in _runs(inputs, policy, str(device), whole=whole, brief=command is not None):
            _run([*(command or _COMMAND), *arguments], folder, search)
            _left(folder, search)
        if whole:
            wrong = list(_wrong(_imei(dumps).decode("latin-1"), inputs[0][0]))
            for arguments in wrong[: 1 if command else None]:
                _run([*(command or _COMMAND), *arguments], folder, search)
    search.planted(_OUT, sum(len(dump.units) for dump in dumps))


def _imei(dumps: Sequence[Dump]) -> bytes:
    """Digits that stand in a dump: a login's."""
    data = b"".join(dump.data for dump in dumps)
    at = data.find(b"\0\x0f0010109")
    return data[at + 2 : at + 17] if at >= 0 else b"001010997750000"


def _runs(
    inputs: Sequence[tuple[str, str]], policy: str, device: str, *, whole: bool, brief: bool
) -> Iterator[list[str]]:
    """The ways to run it; what is written goes to the folder ``out``."""
    base = ["--policy", policy, "--summary-json", "out/summary.json"]
    streams = [path for path, kind in inputs if kind == "stream"]
    smallest = inputs[-1][0]
    yield ["decode", *streams, *base]
    if not whole or brief:
        return
    yield [
        "decode",
        *streams,
        *base,
        "--strict",
        "--device-file",
        device,
        "-o",
        "out/records.jsonl",
    ]
    for path, kind in inputs:
        yield ["decode", path, *base, "--input-format", kind, "--to", "csv"]
    yield ["decode", *streams, *base, "-o", "out/records.parquet", "--progress"]
    yield ["decode", smallest, *base, "-o", "out/folder", "--partition-by", "expires_on,subject"]
    yield ["summary", *streams, "--policy", policy]


def _wrong(digits: str, path: str) -> Iterator[list[str]]:
    """Wrong usage with an identifier in it: none may be said again."""
    yield [digits]
    yield ["decode", digits]
    yield ["decode", "--policy", digits, path]
    yield ["decode", f"--imei={digits}", "-"]
    yield ["decode", path, "--family", digits]


def _run(arguments: Sequence[str], folder: Path, search: Search) -> None:
    (folder / "out").mkdir(exist_ok=True)
    environment = dict(os.environ, TMPDIR=str(folder / "tmp"), COLUMNS="200")
    done = subprocess.run(  # noqa: S603 - our own command
        list(arguments), cwd=folder, env=environment, capture_output=True, check=False,
        stdin=subprocess.DEVNULL, timeout=_TIMEOUT_S,
    )  # fmt: skip
    search.look(_OUT, done.stdout, Bytes.TEXT)
    search.look(_ERR, done.stderr, Bytes.TEXT)
    search.planted(_ERR, 0)


def _left(folder: Path, search: Search) -> None:
    """What it wrote and what it left in the folder for temporary files; names too."""
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if inside.parts[0] == "in":
            continue
        search.look(_NAMES, str(inside), Bytes.TEXT)
        if path.is_file():
            data = path.read_bytes()
            what = Bytes.COMPRESSED if packed(data) else Bytes.TEXT
            search.look(_FILES, data, what)
            for part in opened(data):
                search.look(_FILES, part, Bytes.BINARY)
            path.unlink()
