"""Where a run writes: standard output, a device or pipe, or a file that appears only when whole."""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

import click

from gpsproto.cli.inputs import STDIN
from gpsproto.cli.process import standard
from gpsproto.cli.usage import Misuse
from gpsproto.errors import SinkError
from gpsproto.sinks.jsonl import JsonLinesSink


def records_sink(target: Path | None, stack: ExitStack) -> JsonLinesSink:
    """The sink of the records, let go with the stack; ``-`` and nothing are standard output."""
    if target is None or target == STDIN:
        out = standard("stdout")
        if out is None:
            raise SinkError(errno.EBADF)
        if isinstance(out, io.RawIOBase):
            # PYTHONUNBUFFERED: a raw file may write less than it is given and say so to nobody
            out = io.BufferedWriter(io.FileIO(out.fileno(), "wb", closefd=False))
            stack.callback(_let_go, out)
        return JsonLinesSink(out)
    if _is_special(target):
        file = _opened(target, "wb")
        stack.callback(_let_go, file)
        return JsonLinesSink(file)
    # a link stays a link
    sink = JsonLinesSink(Path(os.path.realpath(target)))
    # also where closing it fails; once it has its name there is nothing to discard
    stack.callback(sink.discard)
    return sink


class SummaryFile:
    """A file that gets its name when it is whole; opened first, so that a run fails early."""

    def __init__(self, target: Path) -> None:
        self._target = Path(os.path.realpath(target))
        self._part: Path | None = None
        if _is_special(target):
            self._file = _opened(target, "wb")
        else:
            self._part = self._target.parent / f".{secrets.token_hex(8)}.part"
            self._file = _opened(self._part, "xb")

    def finish(self, content: bytes) -> None:
        """Write it and give it its name.  Raises SinkError."""
        failed = 0
        try:
            self._file.write(content)
            self._file.flush()
            if self._part is not None:
                os.fsync(self._file.fileno())
                os.replace(self._part, self._target)
                self._part = None
        except OSError as error:
            failed = error.errno or errno.EIO
        self.discard()
        if failed:
            raise SinkError(failed)

    def discard(self) -> None:
        """Leave nothing behind but what is whole."""
        part, self._part = self._part, None
        _let_go(self._file)
        if part is not None:
            with suppress(OSError):
                part.unlink()


def check_targets(targets: list[Path | None], sources: list[Path | None]) -> None:
    """Misuse where an output is a folder, an input, or another output."""
    context = click.get_current_context()
    written = [path for path in targets if path not in (None, STDIN)]
    taken = {os.path.realpath(path) for path in sources if path not in (None, STDIN)}
    for path in written:
        assert path is not None
        if path.is_dir():
            raise Misuse("an output is a folder; a file is wanted", context)
        real = os.path.realpath(path)
        if real in taken and not _is_special(path):
            raise Misuse("an output would replace an input, or another output", context)
        taken.add(real)


def _is_special(path: Path) -> bool:
    """Whether it is there and no regular file: a pipe or device, which no rename may replace."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except (OSError, ValueError):
        return False


def _let_go(file: IO[bytes]) -> None:
    with suppress(OSError):
        file.close()


def _opened(path: Path, mode: str) -> IO[bytes]:
    failed = 0
    try:
        file: IO[bytes] = open(path, mode)  # noqa: SIM115 - its owner closes it
        return file
    except (OSError, ValueError) as error:
        failed = getattr(error, "errno", None) or errno.EINVAL
    raise SinkError(failed)
