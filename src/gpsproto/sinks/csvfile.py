"""CSV: a line of names, then a line a record; lists and maps are JSON text."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.extra import require
from gpsproto.privacy.schema import columns
from gpsproto.sinks.base import Sink
from gpsproto.sinks.spelling import spelled
from gpsproto.sinks.target import Target, Where

if TYPE_CHECKING:
    import polars as pl

_LINES = 1 << 16  # lines made before they are written: what bounds the memory
_AT_ONCE = 8_192  # lines spelled in one go; polars takes 1,024 by itself
_NESTED = tuple(name for name, kind in columns().items() if "<" in kind)


class CsvSink(Sink):
    """Writes every column of the schema, to a binary file or a path, as JsonLinesSink does.

    A null is nothing between two commas.
    """

    def __init__(self, where: Where) -> None:
        require("pyarrow", "polars", extra="arrow")
        self._target = Target(where)
        self._headed = False

    def _write(self, batch: FilteredBatch) -> None:
        import polars as pl

        table = spelled(batch, whole=True)
        nulls = {name for name, kind in table.schema.items() if kind == pl.Null}
        table = table.with_columns(_as_json(table[name]) for name in _NESTED if name not in nulls)
        self._head()
        for lines in table.iter_slices(_LINES):
            self._target.hand(partial(lines.write_csv, include_header=False, batch_size=_AT_ONCE))
        self._target.flush()

    def _head(self) -> None:
        """The line of names, which stands there where no record does too."""
        if not self._headed:
            self._target.write(",".join(columns()).encode() + b"\n")
            self._headed = True

    def close(self) -> None:
        """Flush; close and name what was opened here.  A second time does nothing."""
        if not self._target.closed:
            self._head()
        self._target.close()

    def discard(self) -> None:
        """Remove the unfinished file; what went to an open file has gone."""
        self._target.discard()


def _as_json(column: pl.Series) -> pl.Series:
    """Lists and maps as JSON text, null where they are."""
    import polars as pl

    # the text of {"": value}, without what stands around the value
    text = pl.DataFrame({"": column}).to_struct().struct.json_encode().str.slice(4).str.head(-1)
    return text.zip_with(column.is_not_null(), pl.Series([None], dtype=pl.String)).alias(
        column.name
    )
