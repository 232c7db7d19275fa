"""JSON Lines: one object a record, times in RFC 3339 UTC with milliseconds."""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np

from gpsproto.errors import ExtraMissing, SinkError
from gpsproto.privacy.batch import FilteredBatch, listed
from gpsproto.sinks.base import Sink

_LINES = 2_048  # lines made before they are written: what bounds the memory


class JsonLinesSink(Sink):
    """Writes to a binary file, or to a path: under a temporary name that is renamed at the end.

    What stands at the path and is no regular file (a pipe, /dev/null) is written as it is.  A
    column that is null through a whole batch is left out; a single null is ``null``.
    """

    def __init__(self, target: str | os.PathLike[str] | IO[bytes]) -> None:
        self._dumps = _encoder()
        self._path: Path | None = None
        self._part: Path | None = None
        self._own = isinstance(target, (str, os.PathLike))
        if isinstance(target, (str, os.PathLike)):
            path = Path(target)
            if not path.exists() or path.is_file():
                # a name that says nothing of whose it is, hidden until it is whole
                self._path, self._part = path, path.parent / f".{secrets.token_hex(8)}.part"
            self._file: IO[bytes] = _attempt(lambda: _opened(self._part, path))
        else:
            self._file = target

    def _write(self, batch: FilteredBatch) -> None:
        records = _records(batch)
        while lines := [self._dumps(record) for record in islice(records, _LINES)]:
            lines.append(b"")
            text = b"\n".join(lines)
            _attempt(partial(_write_whole, self._file, text))

    def close(self) -> None:
        """Flush; close and name what was opened here.  A second time does nothing."""
        if self._own and self._part is None and self._file.closed:
            return
        _attempt(self._file.flush)
        if not self._own:
            return
        part, path, file = self._part, self._path, self._file
        if part is not None:
            _attempt(lambda: os.fsync(file.fileno()))
        _attempt(file.close)
        if part is not None and path is not None:
            _attempt(lambda: os.replace(part, path))
            self._part = None

    def discard(self) -> None:
        """Remove the unfinished file; what went to an open file has gone."""
        part, self._part = self._part, None
        if self._own:
            with suppress(OSError):
                self._file.close()
        if part is not None:
            with suppress(OSError):
                part.unlink()


def _attempt(step: Any) -> Any:
    """Do something with the output; SinkError with the errno where it fails."""
    failed = 0
    try:
        return step()
    except OSError as error:
        failed = error.errno or errno.EIO
    raise SinkError(failed)


def _opened(part: Path | None, path: Path) -> IO[bytes]:
    return open(part, "xb") if part is not None else open(path, "wb")


def _write_whole(file: IO[bytes], text: bytes) -> None:
    """Write all of it: a raw file may take less than it is given."""
    rest = memoryview(text)
    while rest.nbytes:
        written = file.write(rest)
        if written is None:
            raise BlockingIOError(errno.EAGAIN, "")
        rest = rest[written:]


def _encoder() -> Any:
    found = None
    try:
        import orjson

        found = orjson.dumps
    except ImportError:
        pass
    if found is None:
        raise ExtraMissing("cli")
    return found


def _records(batch: FilteredBatch) -> Iterator[dict[str, Any]]:
    names: list[str] = []
    columns: list[list[Any]] = []
    for name in batch.columns:
        values, validity = batch.column(name)
        if validity.any():
            names.append(name)
            columns.append(_texts(values, validity))
    for row in zip(*columns, strict=True):
        yield dict(zip(names, row, strict=True))


def _texts(values: Any, validity: Any) -> list[Any]:
    if values.dtype.kind != "M":
        return listed(values, validity)
    if values.dtype == np.dtype("M8[D]"):
        texts = np.datetime_as_string(values, unit="D")
    else:
        texts = np.datetime_as_string(values, unit="ms", timezone="UTC")
    return listed(texts, validity)
