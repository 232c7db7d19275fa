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

from gpsproto.cli.formats import STREAM_SUFFIX, OutputFormat
from gpsproto.cli.inputs import STDIN
from gpsproto.cli.process import hear_interrupts, standard
from gpsproto.cli.usage import Misuse
from gpsproto.errors import SinkError
from gpsproto.privacy.provenance import Provenance
from gpsproto.sinks.arrow import ArrowSink
from gpsproto.sinks.base import Sink
from gpsproto.sinks.csvfile import CsvSink
from gpsproto.sinks.dataset import ParquetDataset
from gpsproto.sinks.jsonl import JsonLinesSink
from gpsproto.sinks.parquet import ParquetSink
from gpsproto.sinks.target import Where


def records_sink(
    target: Path | None,
    kind: OutputFormat,
    by: tuple[str, ...] | None,
    made: Provenance,
    stack: ExitStack,
) -> Sink:
    """The sink of the records, let go with the stack; ``-`` and nothing are standard output."""
    sink: Sink
    if by is not None:
        assert target is not None
        sink = ParquetDataset(os.path.realpath(target), by, made=made)
    else:
        sink = _sink(_place(target, stack), kind, made, stream=_is_stream(target))
        hear_interrupts()
    # also where closing it fails; once it has its name there is nothing to discard
    stack.callback(sink.discard)
    return sink


def _sink(place: Where, kind: OutputFormat, made: Provenance, *, stream: bool | None) -> Sink:
    match kind:
        case OutputFormat.PARQUET:
            return ParquetSink(place, made=made)
        case OutputFormat.ARROW:
            return ArrowSink(place, made=made, stream=stream)
        case OutputFormat.CSV:
            return CsvSink(place)
        case OutputFormat.JSONL:
            return JsonLinesSink(place)


def _is_stream(target: Path | None) -> bool | None:
    return True if target is not None and target.suffix.lower() == STREAM_SUFFIX else None


def _place(target: Path | None, stack: ExitStack) -> Where:
    """Standard output, a pipe or device that is opened here, or a path."""
    if target is None or target == STDIN:
        out = standard("stdout")
        if out is None:
            raise SinkError(errno.EBADF)
        if isinstance(out, io.RawIOBase):
            # PYTHONUNBUFFERED: a raw file may write less than it is given and say so to nobody
            out = io.BufferedWriter(io.FileIO(out.fileno(), "wb", closefd=False))
            stack.callback(_let_go, out)
        return out
    if _is_special(target):
        file = _opened(target, "wb")
        stack.callback(_let_go, file)
        return file
    # a link stays a link
    return Path(os.path.realpath(target))


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
            raise Misuse("an output is a folder; a file is wanted, or --partition-by", context)
        real = os.path.realpath(path)
        if real in taken and not _is_special(path):
            raise Misuse("an output would replace an input, or another output", context)
        taken.add(real)


def check_place(target: Path | None, kind: OutputFormat, by: tuple[str, ...] | None) -> None:
    """Misuse where the records cannot go there in that form."""
    context = click.get_current_context()
    if by is not None:
        if target in (None, STDIN):
            raise Misuse("--partition-by wants a folder: name it with -o", context)
        assert target is not None
        if target.exists() and not target.is_dir():
            raise Misuse("with --partition-by the output is a folder, and this is none", context)
        return
    piped = target in (None, STDIN) or (target is not None and target.is_fifo())
    if kind is OutputFormat.PARQUET and (piped or on_terminal(target)):
        raise Misuse(
            "Parquet goes to a file: name it with -o; a pipe takes jsonl, csv or arrow", context
        )
    if kind is OutputFormat.ARROW and on_terminal(target):
        raise Misuse("Arrow is not for a terminal: name a file with -o, or pipe it on", context)


def on_terminal(target: Path | None) -> bool:
    """Whether the records would be shown to somebody."""
    if target in (None, STDIN):
        out = standard("stdout")
        return out is not None and out.isatty()
    assert target is not None
    return _is_terminal(target)


def _is_terminal(path: Path) -> bool:
    # only a device is opened: a pipe would wait for its other end
    with suppress(OSError, ValueError):
        if stat.S_ISCHR(path.stat().st_mode):
            with open(path, "rb") as file:
                return file.isatty()
    return False


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
