"""A folder of Parquet files, one folder a value: what expires on a day is deleted with its folder."""

from __future__ import annotations

import os
import secrets
import shutil
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.extra import require
from gpsproto.privacy.provenance import Provenance
from gpsproto.sinks.base import Sink
from gpsproto.sinks.parquet import ParquetFile
from gpsproto.sinks.rowgroups import ROW_GROUP
from gpsproto.sinks.target import attempt

if TYPE_CHECKING:
    import pyarrow as pa

PARTITION_COLUMNS = ("expires_on", "retention_class", "subject", "protocol", "message")
"""The columns that folders can be made of: few values each, or one that is deleted as a whole."""

_NULL = "__HIVE_DEFAULT_PARTITION__"
_MOST_OPEN = 128
_MOST_GATHERED = 4 * ROW_GROUP


class ParquetDataset(Sink):
    """Writes to ``folder/column=value/...``, as Hive names them; the columns leave the files.

    Files stand in a hidden folder until the end, then each is named.  What stood in the folder
    before stays.  No more than 128 files are open: one that is longest without a record is ended,
    and a later record begins another in the same folder.
    """

    def __init__(
        self, folder: str | os.PathLike[str], by: Sequence[str], *, made: Provenance | None = None
    ) -> None:
        unknown = [name for name in by if name not in PARTITION_COLUMNS]
        if unknown or not by or len(set(by)) != len(by):
            raise ValueError(f"partitions are made of, once each: {', '.join(PARTITION_COLUMNS)}")
        require("pyarrow", extra="arrow")
        self._folder, self._by, self._made = Path(folder), tuple(by), made
        self._run = secrets.token_hex(8)
        self._part: Path | None = self._folder / f".{self._run}.part"
        self._open: OrderedDict[Path, ParquetFile] = OrderedDict()
        self._ended: list[Path] = []
        self._count = 0
        part = self._part
        self._ours = not self._folder.exists()
        attempt(lambda: self._folder.mkdir(exist_ok=True))
        attempt(part.mkdir)

    def _write(self, batch: FilteredBatch) -> None:
        from gpsproto.privacy.arrow import table

        self._made = batch.provenance.after(self._made)
        if not len(batch):
            return
        for folder, piece in _parts(table(batch, coded=True), self._by):
            self._file(folder, piece.schema).add(piece)
        if sum(file.gathered for file in self._open.values()) > _MOST_GATHERED:
            max(self._open.values(), key=lambda file: file.gathered).flush()

    def _file(self, folder: Path, schema: pa.Schema) -> ParquetFile:
        if folder not in self._open:
            if len(self._open) >= _MOST_OPEN:
                self._open.popitem(last=False)[1].close(self._made)
            assert self._part is not None
            path = folder / f"{self._run}-{self._count}.parquet"
            self._count += 1
            inside = self._part / path
            attempt(lambda: inside.parent.mkdir(parents=True, exist_ok=True))
            self._open[folder] = ParquetFile(inside, schema)
            self._ended.append(path)
        self._open.move_to_end(folder)
        return self._open[folder]

    def close(self) -> None:
        """End every file, then name them all.  A second time does nothing."""
        part = self._part
        if part is None:
            return
        while self._open:
            self._open[next(iter(self._open))].close(self._made)
            self._open.popitem(last=False)
        named: list[Path] = []
        try:
            for path in self._ended:
                attempt(lambda: _place(part / path, self._folder / path))  # noqa: B023
                named.append(self._folder / path)
            self._ended, named = [], []
        finally:
            for place in named:
                with suppress(OSError):
                    place.unlink()
        self._part, self._ours = None, False
        shutil.rmtree(part, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was written: none of it has a name yet."""
        for file in self._open.values():
            file.discard()
        self._open.clear()
        part, self._part = self._part, None
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
        if self._ours:
            with suppress(OSError):
                self._folder.rmdir()


def _place(part: Path, final: Path) -> None:
    final.parent.mkdir(parents=True, exist_ok=True)
    os.replace(part, final)


def _parts(table: pa.Table, by: Sequence[str]) -> Iterator[tuple[Path, pa.Table]]:
    """The records of each folder, in their order, without the columns that name it."""
    import pyarrow as pa

    codes = np.zeros(len(table), np.int64)
    coded = []
    for name in by:
        column = table[name].combine_chunks()
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        values = [*column.dictionary.cast(pa.string()).to_pylist(), None]
        places = column.indices.fill_null(len(values) - 1).to_numpy()
        codes = codes * len(values) + places
        coded.append((name, values, places))
    _, first, which, counts = np.unique(
        codes, return_index=True, return_inverse=True, return_counts=True
    )
    rest = table.drop_columns(list(by))
    if len(first) > 1:
        rest = rest.take(pa.array(np.argsort(which, kind="stable")))
    start = 0
    for row, count in zip(first.tolist(), counts.tolist(), strict=True):
        names = [f"{name}={_folder_name(values[places[row]])}" for name, values, places in coded]
        yield Path(*names), rest.slice(start, count)
        start += count


def _folder_name(value: str | None) -> str:
    return _NULL if value is None else quote(value, safe="")
