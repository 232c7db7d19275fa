"""Parquet: zstd, statistics, dictionaries where they pay, and how the records were made."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.extra import require
from gpsproto.privacy.provenance import Provenance
from gpsproto.privacy.schema import columns
from gpsproto.sinks.base import Sink
from gpsproto.sinks.rowgroups import RowGroup
from gpsproto.sinks.target import Target, Where

if TYPE_CHECKING:
    import pyarrow as pa

_LEVEL = 1  # of zstd: the next ones cost more than they save
_BUFFER = 1 << 20
_AT_ONCE = 1 << 14  # values handed to an encoder in one go; 1,024 by itself
# of few values each: the others have so many that a dictionary is given up midway
_FEW_VALUES = {"string": "{}", "list<string>": "{}.list.element"}
_FORMS = dict.fromkeys(
    ("int16", "int32", "int64", "timestamp[us, tz=UTC]", "date32[day]"), "DELTA_BINARY_PACKED"
) | dict.fromkeys(("float", "double"), "BYTE_STREAM_SPLIT")


class ParquetSink(Sink):
    """Writes the whole schema to a path, or to a binary file, by row groups of some 131,000 records.

    A row group is encoded in a thread of its own while the next one is gathered: what fails there is
    raised by a later ``write``, or by ``close``.  ``made`` says who made the records where no batch
    may come; else the first batch does.
    """

    def __init__(self, where: Where, *, made: Provenance | None = None) -> None:
        require("pyarrow", extra="arrow")
        from gpsproto.privacy.arrow import schema

        self._file = ParquetFile(where, schema(coded=True), ahead=True)
        self._made = made

    def _write(self, batch: FilteredBatch) -> None:
        from gpsproto.privacy.arrow import table

        self._made = batch.provenance.after(self._made)
        self._file.add(table(batch, coded=True))

    def close(self) -> None:
        """Write what is gathered and the footer; name the file.  A second time does nothing."""
        self._file.close(self._made)

    def discard(self) -> None:
        """Remove the unfinished file."""
        self._file.discard()


class _Pages:
    """What Arrow writes to: it closes what it lets go, and a file that is not whole keeps no name."""

    closed = False
    mode = "wb"

    def __init__(self, target: Target) -> None:
        self.write = target.write

    def flush(self) -> None:
        """Nothing is held here."""

    def close(self) -> None:
        """Who closes the target says when."""


class ParquetFile:
    """One file of tables that have this schema.  ``ahead``: gather while a row group is encoded."""

    def __init__(self, where: Where, schema: pa.Schema, *, ahead: bool = False) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._target = Target(where)
        # a page is a few kilobytes, and each call of Python costs as much as encoding one
        self._pages: Any = pa.BufferedOutputStream(pa.PythonFile(_Pages(self._target)), _BUFFER)
        self._gathered = RowGroup()
        self._ended = False
        self._encoder = ThreadPoolExecutor(1) if ahead else None
        self._encoding: Future[None] | None = None
        kinds = {name: columns()[name].removesuffix(" not null") for name in schema.names}
        with_few = [
            _FEW_VALUES[kind].format(name) for name, kind in kinds.items() if kind in _FEW_VALUES
        ]
        # numbers in the form that zstd likes: a third less space, and less time
        forms = {n: _FORMS[kind] for n, kind in kinds.items() if kind in _FORMS}
        # the types of Parquet say all: Arrow's own note would bring the dictionaries back
        self._writer: Any = pq.ParquetWriter(
            self._pages, schema, compression="zstd", compression_level=_LEVEL,
            use_dictionary=with_few, column_encoding=forms, store_schema=False,
            write_batch_size=_AT_ONCE,
        )  # fmt: skip

    @property
    def gathered(self) -> int:
        """Records that are not yet written."""
        return self._gathered.rows

    def add(self, table: pa.Table) -> None:
        """Gather a table; write when there is enough for a row group."""
        self._gathered.add(table)
        if self._gathered.full:
            self.flush()

    def flush(self) -> None:
        """Write what is gathered as a row group, however small."""
        rows = self._gathered.rows
        if not rows:
            return
        if self._ended:
            raise ValueError("the file is finished")
        table = self._gathered.take()
        if self._encoder is None:
            self._encode(table, rows)
            return
        self._settle()
        self._encoding = self._encoder.submit(self._encode, table, rows)

    def _encode(self, table: pa.Table, rows: int) -> None:
        self._writer.write_table(table, row_group_size=rows)
        self._pages.flush()

    def _settle(self) -> None:
        """Wait for the row group under way; raise what it raised."""
        encoding, self._encoding = self._encoding, None
        if encoding is not None:
            encoding.result()

    def close(self, made: Provenance | None) -> None:
        """Write what is gathered and the footer; give the file its name."""
        if not self._ended:
            self.flush()
            self._settle()
            if made is not None:
                self._writer.add_key_value_metadata(made.metadata())
            self._writer.close()
            self._pages.flush()
            self._ended = True
        self._rest()
        self._target.close()

    def _rest(self) -> None:
        if self._encoder is not None:
            self._encoder.shutdown()

    def discard(self) -> None:
        """Remove what is not whole."""
        self._rest()
        self._target.discard()
        if not self._ended:
            self._ended = True
            # it would write its footer when it is let go; the target takes no more
            with suppress(Exception):
                self._writer.close()
