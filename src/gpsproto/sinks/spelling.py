"""A batch for a format of text: polars columns, times spelled in RFC 3339 with milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gpsproto.privacy.batch import FilteredBatch

if TYPE_CHECKING:
    import polars as pl


def spelled(batch: FilteredBatch, *, whole: bool) -> pl.DataFrame:
    """The batch as polars columns: all of the schema, or those that hold a value.

    A column of nulls has the type Null, which costs least to spell.
    """
    import polars as pl
    import pyarrow as pa

    from gpsproto.privacy.arrow import table as as_table

    table = as_table(batch, coded=True)  # polars spells a text once, not once a record
    names, arrays = [], []
    for name, column in zip(table.column_names, table.columns, strict=True):
        null = column.null_count == len(table)
        if null and not whole:
            continue
        names.append(name)
        if null:
            arrays.append(pa.nulls(len(table)))
        else:
            arrays.append(_in_rfc_3339(column) if pa.types.is_timestamp(column.type) else column)
    return pl.DataFrame(pa.Table.from_arrays(arrays, names))


def _in_rfc_3339(times: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    # without a zone Arrow has a short way; every time here is one of UTC
    texts = times.cast(pa.timestamp("us")).cast(pa.timestamp("ms")).cast(pa.string())
    return pc.binary_replace_slice(pc.binary_replace_slice(texts, 10, 11, "T"), 23, 23, "Z")
