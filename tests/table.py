"""Batches as plain values, to compare: every column with its validity and its exact bytes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from gpsproto import FilteredBatch
from gpsproto.privacy.columns import READERS


def rows(batches: Iterable[FilteredBatch]) -> list[dict[str, Any]]:
    """One dict a record, every column that any batch holds in it, None where null."""
    out: list[dict[str, Any]] = []
    for batch in batches:
        columns = {}
        for name in (*batch.columns, *batch.attributes):
            if name == "attributes":
                continue
            values, validity = batch.column(name)
            listed = values.tolist()
            columns[name] = [v if ok else None for v, ok in zip(listed, validity, strict=True)]
        for number in range(len(batch)):
            row = {name: column[number] for name, column in columns.items()}
            # the one column that a batch has or not by what is in it
            kept = READERS.keys() - {"generation_type"}
            out.append({k: v for k, v in row.items() if v is not None or k in kept})
    return out
