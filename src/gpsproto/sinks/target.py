"""Where a sink's bytes go: an open file, or a path whose file gets its name when it is whole."""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

from gpsproto.errors import SinkError

Where = str | os.PathLike[str] | IO[bytes]
Result = TypeVar("Result")

_OS_ERROR = re.compile(r"\(os error (\d+)\)")


class Target:
    """A binary file, or a path: written under a temporary name that is renamed at the end.

    What stands at the path and is no regular file (a pipe, /dev/null) is written as it is.  Every
    failure is a SinkError.  Has what Arrow asks of a file.
    """

    def __init__(self, where: Where) -> None:
        self._path: Path | None = None
        self._part: Path | None = None
        self._own = isinstance(where, (str, os.PathLike))
        self._gone = False
        if isinstance(where, (str, os.PathLike)):
            path = Path(where)
            if not path.exists() or path.is_file():
                # a name that says nothing of whose it is, hidden until it is whole
                self._path, self._part = path, path.parent / f".{secrets.token_hex(8)}.part"
            self._file: IO[bytes] = attempt(lambda: _opened(self._part, path))
        else:
            self._file = where

    @property
    def named_at_the_end(self) -> bool:
        """Whether it is a file of its own, which nobody reads before it is whole."""
        return self._part is not None

    @property
    def closed(self) -> bool:
        """Whether nothing more can be written."""
        return self._file.closed

    def write(self, data: bytes | memoryview) -> int:
        """Write all of it: a raw file may take less than it is given."""
        rest = memoryview(data)
        while rest.nbytes and not self._gone:
            rest = rest[attempt(lambda: _written(self._file, rest)) :]  # noqa: B023 - called at once
        return len(data)

    def hand(self, write: Callable[[IO[bytes]], object]) -> None:
        """Let somebody write to the file who does so by its number, past Python, where it has one."""
        if self._gone:
            return
        if _numbered(self._file):
            self.flush()  # what was written before comes before
            attempt(lambda: write(self._file))
            return
        text = io.BytesIO()
        write(text)
        self.write(text.getbuffer())

    def flush(self) -> None:
        """Let a reader at the other end see what was written."""
        if not self._gone:
            attempt(self._file.flush)

    def close(self) -> None:
        """Flush; close and name what was opened here.  A second time does nothing."""
        if self._own and self._part is None and self._file.closed:
            return
        attempt(self._file.flush)
        if not self._own:
            return
        part, path, file = self._part, self._path, self._file
        if part is not None:
            attempt(lambda: os.fsync(file.fileno()))
        attempt(file.close)
        if part is not None and path is not None:
            attempt(lambda: os.replace(part, path))
            self._part = None

    def discard(self) -> None:
        """Remove the unfinished file, and take no more; what went to an open file has gone."""
        part, self._part = self._part, None
        self._gone = True
        if self._own:
            with suppress(OSError):
                self._file.close()
        if part is not None:
            with suppress(OSError):
                part.unlink()


def attempt(step: Callable[[], Result]) -> Result:
    """Do something with the output; SinkError with the errno where it fails."""
    failed = 0
    try:
        return step()
    except OSError as error:
        failed = error.errno or _number_in(str(error))
    except ValueError:  # a closed file, a path that cannot be one
        failed = errno.EINVAL
    raise SinkError(failed)


def _number_in(text: str) -> int:
    """The errno that polars gives as text only."""
    found = _OS_ERROR.search(text)
    return int(found[1]) if found else errno.EIO


def _numbered(file: IO[bytes]) -> bool:
    try:
        return file.fileno() >= 0
    except (OSError, AttributeError):
        return False


def _opened(part: Path | None, path: Path) -> IO[bytes]:
    return open(part, "xb") if part is not None else open(path, "wb")


def _written(file: IO[bytes], data: memoryview) -> int:
    written = file.write(data)
    if written is None:
        raise BlockingIOError(errno.EAGAIN, "")
    return written
