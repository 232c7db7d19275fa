"""One dump in every format: the same table, whoever writes it and whoever reads it."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.privacy import schema as declared
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.provenance import Provenance
from gpsproto.sinks.arrow import ArrowSink
from gpsproto.sinks.base import Sink
from gpsproto.sinks.csvfile import CsvSink
from gpsproto.sinks.jsonl import JsonLinesSink
from gpsproto.sinks.parquet import ParquetSink
from tests.strategies import CODECS, IMEI, record_lists

pa = pytest.importorskip("pyarrow", reason="tables come with the extra arrow")
pl = pytest.importorskip("polars", reason="tables come with the extra arrow")

KEY = gpsproto.PseudonymKey(bytes(range(32)))
SINKS: dict[str, Callable[[Path], Sink]] = {
    "records.jsonl": JsonLinesSink,
    "records.csv": CsvSink,
    "records.parquet": ParquetSink,
    "records.arrow": ArrowSink,
    "records.arrows": partial(ArrowSink, stream=True),
}
Rows = list[dict[str, Any]]

SOME = [
    Record(
        1_750_000_000_123 + n, 48_950_001 + n, 523_700_000, -3, 359, 9 * (n % 3 > 0), 87, n % 5, 239,
        elements=[(239, 1, 1), (66, 2, 12_500 + n), (25, 2, 7), (236, 1, n % 2), (72, 4, n)],
    )
    for n in range(40)
]  # fmt: skip
# 25 and 26 have no one name without a family
ODD = Record(1_750_000_000_000, elements=[(236, 1, 1), (25, 2, 7), (26, 2, 4)])
MADE = Provenance("some policy", "0123", "wxyz")
every_sink = pytest.mark.parametrize("name", SINKS)


def batches(records: list[Record], *, codec: int = 8, frames: int = 1) -> list[FilteredBatch]:
    data = login(IMEI) + tcp_frame(codec, records) * frames
    return list(gpsproto.decode(data, key=KEY, family="FMB", batch_records=255))


def write(name: str, folder: Path, found: list[FilteredBatch]) -> Path:
    with SINKS[name](folder / name) as sink:
        for batch in found:
            sink.write(batch)
    return folder / name


def fill(sink: Sink) -> None:
    with sink:
        for batch in batches(SOME, frames=10):
            sink.write(batch)


def fail(sink: Sink) -> None:
    """A run that fails midway."""
    with sink:
        sink.write(batches(SOME)[0])
        raise RuntimeError


def read_table(path: Path) -> Any:
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        return pq.read_table(path)
    opened = pa.ipc.open_file if path.suffix == ".arrow" else pa.ipc.open_stream
    return opened(path.read_bytes()).read_all()


def as_text(value: Any) -> Any:
    """A value of a table as JSON spells it."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list) and value and isinstance(value[0], tuple):
        return dict(value)
    return value


def rows(path: Path) -> Rows:
    """Every column of the schema of every record, spelled as in JSON, whatever the format."""
    names = declared.columns()
    if path.suffix == ".jsonl":
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        return [{name: line.get(name) for name in names} for line in lines]
    if path.suffix == ".csv":
        with path.open(newline="") as file:
            return [
                {n: typed(v, names[n]) for n, v in line.items()} for line in csv.DictReader(file)
            ]
    return [{n: as_text(v) for n, v in row.items()} for row in read_table(path).to_pylist()]


def typed(text: str, kind: str) -> Any:
    """A value of a CSV file, by its type in the schema."""
    if text == "":
        return None
    if kind.startswith(("string", "date32", "timestamp")):
        return text
    return json.loads(text)


@given(st.sampled_from(CODECS), st.data())
def test_every_format_holds_the_same_table(
    tmp_path_factory: pytest.TempPathFactory, codec: int, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("formats")
    drawn = data.draw(record_lists(codec))
    for record in drawn:
        if record.timestamp_ms > 250_000_000_000_000:
            drawn = [SOME[0], *[r for r in drawn if r.timestamp_ms <= 250_000_000_000_000]]
            break
    found = batches(drawn, codec=codec)
    tables = [rows(write(name, folder, found)) for name in SINKS]
    assert len(tables[0]) == len(drawn)
    for table in tables[1:]:
        assert table == tables[0]


@pytest.mark.parametrize("name", ["records.parquet", "records.arrow", "records.arrows"])
def test_binary_formats_give_the_table_back(tmp_path: Path, name: str) -> None:
    found = batches(SOME, frames=30)
    read = read_table(write(name, tmp_path, found))
    assert len(found) > 3
    assert read.equals(pa.concat_tables([batch.to_arrow() for batch in found]))


@every_sink
def test_no_batch_gives_a_file_without_records(tmp_path: Path, name: str) -> None:
    assert rows(write(name, tmp_path, [])) == []


@pytest.mark.parametrize("name", ["records.parquet", "records.arrow", "records.arrows"])
def test_a_file_without_records_has_schema_and_metadata(tmp_path: Path, name: str) -> None:
    with SINKS[name](tmp_path / name, made=MADE):  # type: ignore[call-arg]
        pass
    read = read_table(tmp_path / name)
    assert read.schema.equals(batches(SOME)[0].to_arrow().schema)
    assert read.schema.metadata[b"gpsproto.policy_name"] == b"some policy"
    assert read.schema.metadata[b"gpsproto.key_ids"] == b"wxyz"
    assert read.schema.metadata[b"gpsproto.schema_version"] == b"1"


@pytest.mark.parametrize("name", ["records.parquet", "records.arrow", "records.arrows"])
def test_a_file_says_how_its_records_were_made(tmp_path: Path, name: str) -> None:
    found = batches(SOME)
    metadata = read_table(write(name, tmp_path, found)).schema.metadata
    assert metadata == {k.encode(): v.encode() for k, v in found[0].provenance.metadata().items()}


@pytest.mark.parametrize("name", ["records.parquet", "records.arrow"])
def test_records_of_another_key_do_not_go_into_the_same_file(tmp_path: Path, name: str) -> None:
    (other,) = gpsproto.decode(
        tcp_frame(8, SOME[:1]), key=gpsproto.PseudonymKey(bytes([7, *range(31)]))
    )
    with pytest.raises(ValueError, match="one policy and one key"):
        write(name, tmp_path, [*batches(SOME), other])
    assert not [*tmp_path.iterdir()]


@every_sink
def test_a_file_gets_its_name_when_it_is_whole(tmp_path: Path, name: str) -> None:
    with SINKS[name](tmp_path / name) as sink:
        for batch in batches(SOME, frames=10):
            sink.write(batch)
        (part,) = tmp_path.iterdir()
        assert part.suffix == ".part"
    assert [*tmp_path.iterdir()] == [tmp_path / name]


@every_sink
def test_a_run_that_failed_leaves_no_file(tmp_path: Path, name: str) -> None:
    sink = SINKS[name](tmp_path / name)
    with pytest.raises(RuntimeError):
        fail(sink)
    sink.discard()
    assert not [*tmp_path.iterdir()]


@every_sink
def test_a_sink_may_be_closed_twice(tmp_path: Path, name: str) -> None:
    with SINKS[name](tmp_path / name) as sink:
        sink.write(batches(SOME)[0])
        sink.close()
    assert len(rows(tmp_path / name)) == len(SOME)


@every_sink
def test_a_full_disk_is_told_in_every_format(name: str) -> None:
    with pytest.raises(gpsproto.SinkError) as caught:
        fill(SINKS[name](Path("/dev/full")))
    assert caught.value.errno == 28
    assert caught.value.__context__ is None


@every_sink
def test_a_folder_that_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(gpsproto.SinkError) as caught:
        SINKS[name](tmp_path / "nowhere" / name)
    assert caught.value.errno == 2


READERS: dict[str, dict[str, Callable[[Path], Any]]] = {
    "pandas": {
        ".jsonl": lambda path: _pandas().read_json(path, lines=True),
        ".csv": lambda path: _pandas().read_csv(path, low_memory=False),
        ".parquet": lambda path: _pandas().read_parquet(path),
        ".arrow": lambda path: _pandas().read_feather(path),
    },
    "polars": {
        ".jsonl": pl.read_ndjson,
        ".csv": lambda path: pl.read_csv(path, infer_schema_length=None),
        ".parquet": pl.read_parquet,
        ".arrow": pl.read_ipc,
    },
    "duckdb": {
        ".jsonl": lambda path: _duckdb(f"read_json('{path}')"),
        ".csv": lambda path: _duckdb(f"read_csv('{path}')"),
        ".parquet": lambda path: _duckdb(f"read_parquet('{path}')"),
    },
}


def _pandas() -> Any:
    return pytest.importorskip("pandas")


def _duckdb(source: str) -> dict[str, list[Any]]:
    duckdb = pytest.importorskip("duckdb")
    wanted = ("subject", "latitude", "external_voltage_mv", "priority")
    read = duckdb.sql(f"SELECT {', '.join(wanted)} FROM {source}").fetchall()
    return {name: [row[place] for row in read] for place, name in enumerate(wanted)}


@pytest.mark.parametrize(
    ("reader", "suffix"), [(reader, suffix) for reader, of in READERS.items() for suffix in of]
)
def test_others_read_it_back(tmp_path: Path, reader: str, suffix: str) -> None:
    found = batches(SOME, frames=10)
    read = READERS[reader][suffix](write(f"records{suffix}", tmp_path, found))
    for name in ("subject", "latitude", "external_voltage_mv", "priority"):
        wanted = [value for batch in found for value in batch.to_arrow()[name].to_pylist()]
        values = read[name] if isinstance(read[name], list) else read[name].to_list()
        assert [None if value != value else value for value in values] == wanted, name  # noqa: PLR0124


def test_lists_and_maps_in_csv_are_json_text(tmp_path: Path) -> None:
    (batch,) = gpsproto.decode(tcp_frame(8, [ODD, Record(1_750_000_000_000)]), key=KEY)
    path = write("records.csv", tmp_path, [batch])
    first, second = csv.DictReader(path.read_text().splitlines())
    assert first["alarms"] == '["alarm_event"]'
    assert json.loads(first["attributes"]) == {"alarm_event": 1.0, "avl_25": 7.0, "avl_26": 4.0}
    assert second["alarms"] == second["attributes"] == ""


def test_csv_begins_with_the_names_of_the_schema_once(tmp_path: Path) -> None:
    text = write("records.csv", tmp_path, batches(SOME, frames=20)).read_text()
    assert text.splitlines()[0] == ",".join(declared.columns())
    assert text.count("subject,protocol") == 1


def test_numbers_are_printed_shortest(tmp_path: Path) -> None:
    record = Record(1_750_000_000_000, 1, 523_700_001, satellites=4, elements=[(181, 2, 1)])
    text = write("records.jsonl", tmp_path, batches([record])).read_text()
    assert '"latitude":52.3700001,"longitude":1e-7,' in text
    assert '"gnss_pdop":0.1,' in text


@pytest.mark.parametrize("kind", [JsonLinesSink, CsvSink, ArrowSink])
def test_a_reader_sees_each_batch_as_it_is_written(kind: type[Any]) -> None:
    reading, writing = os.pipe()
    (batch,) = batches(SOME[:1])
    with os.fdopen(reading, "rb", buffering=0) as near, os.fdopen(writing, "wb") as far:
        os.set_blocking(reading, False)
        sink = kind(far)
        sink.write(batch)
        assert near.read()
        sink.write(batch)
        assert near.read()
        sink.discard()
