"""The dumps of a run: called ``input#N``, never by their names."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, final

import click

from gpsproto.captures.source import Chunk, Source, chunks
from gpsproto.cli.process import standard
from gpsproto.cli.usage import NEVER_HERE, Misuse, like_an_id
from gpsproto.errors import CaptureError, ErrorCode, GpsprotoError
from gpsproto.identity import DeviceId

STDIN = Path("-")
_LONGEST_DEVICE_FILE = 64


@final
class Dump:
    """An input of the run, by its number; its path is not for the eye."""

    __slots__ = ("number", "path", "watch")

    def __init__(self, number: int, path: Path) -> None:
        self.number = number
        self.path = path
        self.watch: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None
        """Sees the chunks as they pass: a pipe can be read once."""

    def __repr__(self) -> str:
        return f"input#{self.number}"

    @property
    def size(self) -> int | None:
        """Bytes, where the input is a file that says so."""
        if self.path == STDIN:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def source(self) -> Source:
        """What decode() reads.  Raises CaptureError where standard input is closed."""
        found: Path | IO[bytes] | None = self.path
        if self.path == STDIN:
            found = standard("stdin")
        if found is None:
            raise CaptureError(ErrorCode.UNREADABLE, errno=errno.EBADF)
        return found if self.watch is None else self.watch(chunks(found))


def dumps(paths: Sequence[Path]) -> list[Dump]:
    """Number the inputs; Misuse where one is not there."""
    found = [Dump(number, path) for number, path in enumerate(paths, 1)]
    if sum(path == STDIN for path in paths) > 1:
        raise Misuse("standard input can be read once", click.get_current_context())
    for dump in found:
        fault = _fault(dump.path)
        if fault:
            raise Misuse(f"{dump}: {fault}", click.get_current_context())
    return found


def _fault(path: Path) -> str:
    if path == STDIN:
        return ""
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return NEVER_HERE if like_an_id(str(path)) else "no such file"
    except (OSError, ValueError):
        return ""  # reading it says why
    return "this is a folder; name the files in it" if stat.S_ISDIR(found.st_mode) else ""


def device_in(path: Path) -> DeviceId:
    """Read the id of the device that speaks where a dump holds no login."""
    content = b""
    try:
        with path.open("rb") as file:
            content = file.read(_LONGEST_DEVICE_FILE + 1)
    except (OSError, ValueError):
        pass
    digits = content.strip()
    good = len(content) <= _LONGEST_DEVICE_FILE and 14 <= len(digits) <= 16 and digits.isdigit()
    device = DeviceId(digits) if good else None
    # an error's frame must not hold it
    del content, digits
    if device is None:
        raise GpsprotoError(ErrorCode.DEVICE_FILE)
    return device
