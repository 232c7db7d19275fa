"""Whatever a dump is given as, read as chunks of bytes."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from typing import IO, Protocol, runtime_checkable

from gpsproto.errors import CaptureError, ErrorCode

CHUNK = 1 << 19
"""Bytes read at once: a chunk and the rows made of it stay in a core's cache."""


@runtime_checkable
class Readable(Protocol):
    """A binary file: all that is asked of it."""

    def read(self, size: int, /) -> bytes | None:
        """Give at most ``size`` bytes; none at the end."""


Chunk = bytes | memoryview
Source = bytes | bytearray | memoryview | str | os.PathLike[str] | IO[bytes] | Iterable[Chunk]


def chunks(source: Source) -> Iterator[Chunk]:
    """Read bytes, a path, a binary file or an iterable of chunks; small chunks are put together.

    Raises CaptureError where it cannot be read, TypeError where it is none of these.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        whole = memoryview(bytes(source))  # pieces of it are no copies
        return (whole[at : at + CHUNK] for at in range(0, len(whole), CHUNK))
    if isinstance(source, (str, os.PathLike)):
        return gathered(_of_path(source))
    if isinstance(source, Readable):
        return gathered(_of_file(source))
    if isinstance(source, Iterable):
        return gathered(source)
    raise TypeError("bytes, a path, a binary file or an iterable of chunks are wanted")


def _of_path(path: str | os.PathLike[str]) -> Iterator[bytes]:
    failed = 0
    try:
        file = open(path, "rb", buffering=0)  # noqa: SIM115 - closed below
    except (OSError, ValueError) as error:
        failed = getattr(error, "errno", None) or 22
    if failed:
        raise CaptureError(ErrorCode.UNREADABLE, errno=failed)
    return _closing(file)


def regular(path: str | os.PathLike[str]) -> IO[bytes] | None:
    """A file that can be read from its end; None where it is a pipe, or cannot be opened."""
    try:
        if stat.S_ISREG(os.stat(path).st_mode):
            return open(path, "rb")
    except (OSError, ValueError):
        pass
    return None


def _closing(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        yield from _of_file(file)


def _of_file(file: Readable) -> Iterator[bytes]:
    # one system call a read: a loop of them in C would not hear a signal that falls between two
    read = getattr(file, "read1", file.read)
    while True:
        failed = 0
        data: bytes | None = b""
        try:
            data = read(CHUNK)
        except OSError as error:
            failed = error.errno or 5
        if failed:
            raise CaptureError(ErrorCode.UNREADABLE, errno=failed)
        if not data:
            return
        if not isinstance(data, bytes):
            raise TypeError("a file opened in binary mode is wanted")
        yield data


def gathered(parts: Iterable[Chunk]) -> Iterator[bytes]:
    """Small parts put together to chunks."""
    waiting: list[bytes] = []
    size = 0
    for part in parts:
        if not isinstance(part, (bytes, bytearray, memoryview)):
            raise TypeError("chunks must be bytes")
        waiting.append(bytes(part))
        size += len(waiting[-1])
        if size >= CHUNK:
            yield b"".join(waiting)
            waiting, size = [], 0
    if size:
        yield b"".join(waiting)
