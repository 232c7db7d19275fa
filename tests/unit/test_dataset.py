"""A partitioned data set: what expires is deleted with its folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.sinks import dataset
from gpsproto.sinks.dataset import PARTITION_COLUMNS, ParquetDataset
from tests.strategies import IMEI

ds = pytest.importorskip("pyarrow.dataset", reason="Parquet comes with the extra arrow")

KEY = gpsproto.PseudonymKey(bytes(range(32)))
DAY_MS = 86_400_000
NULL = "__HIVE_DEFAULT_PARTITION__"


def batch(days: list[int | None], *, imei: str = IMEI) -> FilteredBatch:
    """A record on each of these days; None has no time that can be."""
    records = [
        Record(
            (1 << 64) - 1 if day is None else 1_750_000_000_000 + DAY_MS * day,
            satellites=n % 200, elements=[(66, 2, n)],
        )
        for n, day in enumerate(days)
    ]  # fmt: skip
    data = login(imei) + b"".join(
        tcp_frame(8, records[at : at + 50]) for at in range(0, len(records), 50)
    )
    (found,) = gpsproto.decode(data, key=KEY)
    return found


def write(folder: Path, found: list[FilteredBatch], *by: str) -> None:
    with ParquetDataset(folder, by or ("expires_on",)) as sink:
        for one in found:
            sink.write(one)


def fail(sink: ParquetDataset) -> None:
    """A run that fails midway."""
    with sink:
        sink.write(batch([0, 1]))
        raise RuntimeError


def folders(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_there_is_a_folder_a_day_and_one_for_no_day(tmp_path: Path) -> None:
    write(tmp_path / "out", [batch([0, 1, None, 0])])
    assert folders(tmp_path / "out") == [
        "expires_on=2025-09-15", "expires_on=2025-09-16", f"expires_on={NULL}",
    ]  # fmt: skip


def test_a_day_that_expires_is_deleted_with_its_folder(tmp_path: Path) -> None:
    write(tmp_path / "out", [batch([0, 1, 0, 2])])
    shutil.rmtree(tmp_path / "out" / "expires_on=2025-09-15")
    assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 2


def test_the_data_set_holds_every_record_in_order(tmp_path: Path) -> None:
    found = batch([n % 3 for n in range(100)])
    write(tmp_path / "out", [found])
    read = ds.dataset(tmp_path / "out", partitioning="hive").to_table()
    whole = found.to_arrow()
    assert (
        sorted(read["external_voltage_mv"].to_pylist()) == whole["external_voltage_mv"].to_pylist()
    )
    day = ds.dataset(tmp_path / "out" / "expires_on=2025-09-16").to_table()
    assert day["external_voltage_mv"].to_pylist() == list(range(1, 100, 3))
    assert set(whole.column_names) - set(day.column_names) == {"expires_on"}
    assert day.schema.field("time") == whole.schema.field("time")


def test_duckdb_reads_the_data_set_with_its_folders(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    write(tmp_path / "out", [batch([0, 1, 0])])
    source = f"read_parquet('{tmp_path}/out/**/*.parquet', hive_partitioning = true)"
    counted = duckdb.sql(
        f"SELECT expires_on::VARCHAR, count(*) FROM {source} GROUP BY 1 ORDER BY 1"
    )
    assert counted.fetchall() == [("2025-09-15", 2), ("2025-09-16", 1)]


def test_several_columns_are_folders_in_folders(tmp_path: Path) -> None:
    found = [batch([0, 1]), batch([0], imei="001010000000024")]
    write(tmp_path / "out", found, "expires_on", "subject")
    subject = found[1].column("subject").values[0]
    assert folders(tmp_path / "out" / "expires_on=2025-09-16") == [
        f"subject={found[0].column('subject').values[0]}"
    ]
    assert f"subject={subject}" in folders(tmp_path / "out" / "expires_on=2025-09-15")


def test_each_file_says_how_its_records_were_made(tmp_path: Path) -> None:
    found = batch([0, 1])
    write(tmp_path / "out", [found])
    for file in ds.dataset(tmp_path / "out").get_fragments():
        assert file.metadata.metadata[b"gpsproto.key_ids"] == found.key_id.encode()
        assert file.metadata.metadata[b"gpsproto.policy_name"] == b"tracking"


def test_nothing_has_a_name_before_the_end(tmp_path: Path) -> None:
    with ParquetDataset(tmp_path / "out", ["expires_on"]) as sink:
        sink.write(batch([0, 1]))
        (hidden,) = (tmp_path / "out").iterdir()
        assert hidden.name.startswith(".")
        assert not [path for path in hidden.rglob("*.parquet") if not path.name.startswith(".")]
    assert folders(tmp_path / "out") == ["expires_on=2025-09-15", "expires_on=2025-09-16"]


def test_a_run_that_failed_leaves_no_folder(tmp_path: Path) -> None:
    sink = ParquetDataset(tmp_path / "out", ["expires_on"])
    with pytest.raises(RuntimeError):
        fail(sink)
    sink.discard()
    assert not [*tmp_path.iterdir()]


def test_a_run_that_failed_leaves_what_stood_there(tmp_path: Path) -> None:
    write(tmp_path / "out", [batch([0])])
    before = sorted((tmp_path / "out").rglob("*"))
    sink = ParquetDataset(tmp_path / "out", ["expires_on"])
    sink.write(batch([0, 1]))
    sink.discard()
    assert sorted((tmp_path / "out").rglob("*")) == before


def test_a_file_that_cannot_be_named_takes_the_others_back(tmp_path: Path) -> None:
    sink = ParquetDataset(tmp_path / "out", ["expires_on"])
    sink.write(batch([0, 1]))
    (tmp_path / "out" / "expires_on=2025-09-16").touch()
    with pytest.raises(gpsproto.SinkError), sink:
        pass
    assert not [*(tmp_path / "out").rglob("*.parquet")]


def test_a_second_run_adds_to_the_first(tmp_path: Path) -> None:
    for _ in range(2):
        write(tmp_path / "out", [batch([0, 1])])
    assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 4


def test_no_more_files_are_open_than_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_MOST_OPEN", 3)
    with ParquetDataset(tmp_path / "out", ["expires_on"]) as sink:
        for _ in range(2):
            sink.write(batch(list(range(10))))
            assert len(sink._open) <= 3
    assert len(folders(tmp_path / "out")) == 10
    assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 20


def test_what_is_gathered_over_all_files_is_bounded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "_MOST_GATHERED", 20)
    with ParquetDataset(tmp_path / "out", ["expires_on"]) as sink:
        for _ in range(10):
            sink.write(batch([0, 1, 0, 2]))
            assert sum(file.gathered for file in sink._open.values()) <= 20
    assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 40


@pytest.mark.parametrize("by", [[], ["latitude"], ["expires_on", "expires_on"]])
def test_other_columns_make_no_folders(tmp_path: Path, by: list[str]) -> None:
    with pytest.raises(ValueError, match="expires_on, retention_class, subject"):
        ParquetDataset(tmp_path / "out", by)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("column", PARTITION_COLUMNS)
def test_each_of_the_columns_makes_folders(tmp_path: Path, column: str) -> None:
    found = batch([0, 1])
    write(tmp_path / "out", [found], column)
    read = ds.dataset(tmp_path / "out", partitioning="hive").to_table()
    wanted = {str(value) for value in found.to_arrow()[column].to_pylist()}
    assert {str(value) for value in read[column].to_pylist()} == wanted


def test_a_place_that_is_no_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "out").touch()
    with pytest.raises(gpsproto.SinkError):
        ParquetDataset(tmp_path / "out", ["expires_on"])
