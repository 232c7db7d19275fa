from __future__ import annotations

import errno
import io
import threading
from pathlib import Path
from typing import Any

import pytest

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.sinks import parquet, rowgroups
from gpsproto.sinks.parquet import ParquetSink
from tests.strategies import IMEI

pq = pytest.importorskip("pyarrow.parquet", reason="Parquet comes with the extra arrow")

KEY = gpsproto.PseudonymKey(bytes(range(32)))


def record(number: int) -> Record:
    return Record(
        1_750_000_000_000 + 1_000 * number, 48_950_001 + number, 523_700_000, satellites=9,
        event=239 * (number % 2), elements=[(66, 2, number), (239, 1, number % 2)],
    )  # fmt: skip


def written(path: Path, records: int, *, batch_records: int = 255) -> Any:
    data = login(IMEI) + b"".join(
        tcp_frame(8, [record(n) for n in range(at, at + 10)]) for at in range(0, records, 10)
    )
    with ParquetSink(path) as sink:
        for batch in gpsproto.decode(data, key=KEY, family="FMB", batch_records=batch_records):
            sink.write(batch)
    return pq.ParquetFile(path)


def test_small_batches_are_gathered_into_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowgroups, "ROW_GROUP", 2_000)
    found = written(tmp_path / "out", 6_000).metadata
    sizes = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert sum(sizes) == 6_000
    assert all(2_000 <= size < 2_300 for size in sizes[:-1])


def test_the_order_of_the_records_is_kept(tmp_path: Path) -> None:
    values = written(tmp_path / "out", 3_000).read()["external_voltage_mv"].to_pylist()
    assert values == list(range(3_000))


def test_columns_have_statistics_and_are_compressed(tmp_path: Path) -> None:
    group = written(tmp_path / "out", 1_000).metadata.row_group(0)
    columns = {
        group.column(number).path_in_schema: group.column(number)
        for number in range(group.num_columns)
    }
    voltage = columns["external_voltage_mv"]
    assert (voltage.statistics.min, voltage.statistics.max) == (0, 999)
    assert columns["accuracy_m"].statistics.null_count == 1_000
    assert {column.compression for column in columns.values()} == {"ZSTD"}


@pytest.mark.parametrize("column", ["subject", "event", "retention_class"])
def test_columns_of_few_values_have_a_dictionary(tmp_path: Path, column: str) -> None:
    group = written(tmp_path / "out", 1_000).metadata.row_group(0)
    (found,) = [
        group.column(n) for n in range(group.num_columns)
        if group.column(n).path_in_schema == column
    ]  # fmt: skip
    assert found.has_dictionary_page
    assert "PLAIN" not in [encoding for encoding in found.encodings if encoding != "PLAIN"]


def test_no_dictionary_is_left_in_what_is_read(tmp_path: Path) -> None:
    read = written(tmp_path / "out", 1_000)
    assert str(read.schema_arrow.field("subject").type) == "string"
    assert b"ARROW:schema" not in (read.metadata.metadata or {})


@pytest.mark.parametrize("size", [1, 3, 100])
def test_pieces_of_any_size_stay_few(size: int) -> None:
    import pyarrow as pa

    gathered = rowgroups.RowGroup()
    for start in range(0, 3_000, size):
        column = pa.array([str(n % 7) for n in range(start, start + size)]).dictionary_encode()
        gathered.add(pa.table({"a": column, "b": range(start, start + size)}))
        assert len(gathered._pieces) < 16
    rows = gathered.rows
    assert gathered.take()["b"].to_pylist() == list(range(rows))
    assert gathered.rows == 0


class Full(io.BytesIO):
    """A disk that is full after some bytes."""

    def write(self, data: Any) -> int:
        if self.tell() + len(data) > 30_000:
            raise OSError(errno.ENOSPC, "full")
        return super().write(data)


def test_what_fails_while_the_next_group_is_gathered_is_raised_in_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rowgroups, "ROW_GROUP", 500)
    monkeypatch.setattr(parquet, "_BUFFER", 1_000)
    data = login(IMEI) + tcp_frame(8, [record(n) for n in range(200)]) * 50
    batches = gpsproto.decode(data, key=KEY, family="FMB", batch_records=255)
    before = threading.active_count()

    def run() -> None:
        with ParquetSink(Full()) as sink:
            for batch in batches:
                sink.write(batch)

    with pytest.raises(gpsproto.SinkError):
        run()
    assert threading.active_count() == before


@pytest.mark.parametrize("end", ["close", "discard"])
def test_a_row_group_behind_the_end_is_a_wrong_call(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rowgroups, "ROW_GROUP", 100)
    data = login(IMEI) + tcp_frame(8, [record(n) for n in range(200)])
    (batch,) = gpsproto.decode(data, key=KEY, family="FMB", batch_records=255)
    sink = ParquetSink(io.BytesIO())
    getattr(sink, end)()
    with pytest.raises(ValueError, match="finished"):
        sink.write(batch)
