"""Arrow IPC: a file that others map into memory, or a stream through a pipe."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.extra import require
from gpsproto.privacy.provenance import Provenance
from gpsproto.sinks.base import Sink
from gpsproto.sinks.target import Target, Where


class ArrowSink(Sink):
    """Writes record batches of the whole schema, compressed, to a binary file or a path.

    ``stream`` is for a reader that cannot seek; without it a path that is no pipe gets a file.
    ``made`` says who made the records where no batch may come; else the first batch does.
    """

    def __init__(
        self, where: Where, *, made: Provenance | None = None, stream: bool | None = None
    ) -> None:
        require("pyarrow", extra="arrow")
        self._target = Target(where)
        self._stream = not self._target.named_at_the_end if stream is None else stream
        self._made = made
        self._writer: Any = None

    def _write(self, batch: FilteredBatch) -> None:
        self._made = batch.provenance.after(self._made)
        self._begin().write_table(batch.to_arrow())
        self._target.flush()

    def _begin(self) -> Any:
        if self._writer is None:
            import pyarrow as pa

            from gpsproto.privacy.arrow import schema

            make = pa.ipc.new_stream if self._stream else pa.ipc.new_file
            # columns without a value would else be written as zeros
            options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
            file = pa.PythonFile(self._target, mode="w")
            self._writer = make(file, schema(self._made), options=options)
        return self._writer

    def close(self) -> None:
        """End the file, flush, name what was opened here.  A second time does nothing."""
        if not self._target.closed:
            self._begin().close()
        self._target.close()

    def discard(self) -> None:
        """Remove the unfinished file; what went to an open file has gone."""
        self._target.discard()
        if self._writer is not None:
            with suppress(Exception):
                self._writer.close()
