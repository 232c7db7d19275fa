"""The dumps of a run: called ``input#N`` in the order of the arguments, never by their names."""

from __future__ import annotations

import errno
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import IO, final

import click

from gpsproto.captures.archive import Archive, Member, is_zip
from gpsproto.captures.source import Chunk, Source, regular
from gpsproto.cli.files import named
from gpsproto.cli.process import standard
from gpsproto.cli.usage import Misuse
from gpsproto.errors import CaptureError, ErrorCode, GpsprotoError
from gpsproto.identity import DeviceId

STDIN = Path("-")
_LONGEST_DEVICE_FILE = 64


@final
class Packed:
    """A zip archive among the inputs, open while its members are read."""

    __slots__ = ("_archive", "_path", "readable", "sizes")

    def __init__(self, path: Path) -> None:
        self._path = path
        self._archive: Archive | None = None
        archive = self._opened()
        self.sizes = [] if archive is None else [member.size for member in archive.members()]
        """Bytes of each member, as the archive says; none where it cannot be read."""
        self.readable = archive is not None
        self.close()

    def __repr__(self) -> str:
        return f"Packed({len(self.sizes)} members)"

    def _opened(self) -> Archive | None:
        if self._archive is None:
            file = regular(self._path)
            self._archive = None if file is None else Archive.opened(file, _ignored)
            if file is not None and self._archive is None:
                file.close()
        return self._archive

    def member(self, index: int) -> Member | None:
        """A member by its place; None where the archive has changed since."""
        archive = self._opened()
        return None if archive is None else next(islice(archive.members(), index, None), None)

    def close(self) -> None:
        """Let the file go."""
        if self._archive is not None:
            self._archive.close()
            self._archive = None


@final
class Dump:
    """An input of the run, by its number; its path is not for the eye."""

    __slots__ = ("_index", "_packed", "number", "path", "watch")

    def __init__(
        self, number: int, path: Path, packed: Packed | None = None, index: int = 0
    ) -> None:
        self.number = number
        self.path = path
        self._packed = packed
        self._index = index
        self.watch: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None
        """Sees the chunks as they pass: a pipe can be read once."""

    def __repr__(self) -> str:
        return f"input#{self.number}"

    @property
    def size(self) -> int | None:
        """Bytes, where the input is a file that says so."""
        if self.path == STDIN:
            return None
        if self._packed is not None:
            return self._packed.sizes[self._index]
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def source(self) -> Source | Member:
        """What decode() reads.  Raises CaptureError where standard input is closed."""
        found: Path | IO[bytes] | Member | None = self.path
        if self.path == STDIN:
            found = standard("stdin")
        elif self._packed is not None:
            found = self._packed.member(self._index)
        if found is None:
            raise CaptureError(ErrorCode.UNREADABLE, errno=errno.EBADF)
        return found

    def close(self) -> None:
        """Say that it was read."""
        if self._packed is not None and self._index == len(self._packed.sizes) - 1:
            self._packed.close()


def _ignored(code: ErrorCode, offset: int) -> None:
    """Who reads the archive says what is wrong with it."""


def dumps(arguments: Sequence[Path]) -> list[Dump]:
    """Number the inputs: files, those of folders and patterns, members of archives.

    Misuse where an argument names none.
    """
    if sum(path == STDIN for path in arguments) > 1:
        raise Misuse("standard input can be read once", click.get_current_context())
    found: list[Dump] = []
    for argument in arguments:
        number = len(found) + 1
        paths, fault = [argument], ""
        if argument != STDIN:
            paths, fault = named(argument)
        if not fault:
            for path in paths:
                found += _of_file(path, len(found) + 1)
            fault = "" if len(found) >= number else "this archive holds no file"
        if fault:
            raise Misuse(f"input#{number}: {fault}", click.get_current_context())
    return found


def _of_file(path: Path, number: int) -> list[Dump]:
    """The dumps in a file: itself, or the members of an archive."""
    if path == STDIN or not is_zip(_head(path)):
        return [Dump(number, path)]
    packed = Packed(path)
    if not packed.readable:
        return [Dump(number, path)]  # reading it says why
    return [Dump(number + index, path, packed, index) for index in range(len(packed.sizes))]


def _head(path: Path) -> bytes:
    file = regular(path)
    if file is None:
        return b""
    with file, suppress(OSError):
        return file.read(4)
    return b""


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
