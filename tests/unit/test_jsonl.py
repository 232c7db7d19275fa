from __future__ import annotations

import io
import json
import os
import re
import resource
import stat
import threading
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.errors import ErrorCode, SinkError
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.sinks.jsonl import JsonLinesSink
from tests.strategies import IMEI, record_lists

pytest.importorskip("polars", reason="JSON Lines are written by polars, of the extra arrow")

KEY = gpsproto.PseudonymKey(bytes(range(32)))
FULL = Record(
    1_750_000_000_123, 48_950_001, 523_700_000, -3, 359, 9, 87, 1, 239,
    elements=[(239, 1, 1), (66, 2, 12_500), (25, 2, 7), (236, 1, 1), (72, 4, 0xFFFFFFF6)],
)  # fmt: skip
BARE = Record(1_750_000_001_000)


def batches(records: list[Record], *, codec: int = 8, device: bool = True) -> list[FilteredBatch]:
    data = (login(IMEI) if device else b"") + tcp_frame(codec, records)
    return list(gpsproto.decode(data, key=KEY))


def written(found: list[FilteredBatch]) -> list[dict[str, Any]]:
    out = io.BytesIO()
    with JsonLinesSink(out) as sink:
        for batch in found:
            sink.write(batch)
    text = out.getvalue()
    assert not text or text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


def as_json(value: Any) -> Any:
    """A row's value as the record schema writes it in JSON, said a second time."""
    if isinstance(value, datetime):
        assert value.utcoffset() is not None
        return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"
    if isinstance(value, date):
        return value.isoformat()
    return value


def fill(sink: JsonLinesSink) -> None:
    """Write more than a pipe or a buffer holds."""
    (batch,) = batches([FULL] * 100)
    for _ in range(20):
        sink.write(batch)


def fail(sink: JsonLinesSink) -> None:
    """A run that fails midway."""
    with sink:
        sink.write(batches([FULL])[0])
        raise RuntimeError("stop")


SENSIBLE_TIMES = st.integers(0, 250_000_000_000_000)


@given(st.sampled_from([8, 0x8E, 0x10]), st.data())
def test_the_lines_are_the_rows(codec: int, data: st.DataObject) -> None:
    records = [
        Record(**{**vars_of(record), "timestamp_ms": data.draw(SENSIBLE_TIMES)})
        for record in data.draw(record_lists(codec))
    ]
    found = batches(records, codec=codec)
    rows = [{k: as_json(v) for k, v in row.items()} for batch in found for row in batch.rows()]
    assert written(found) == rows
    assert len(rows) == len(records)


def vars_of(record: Record) -> dict[str, Any]:
    return {name: getattr(record, name) for name in Record.__slots__}


def test_a_record_is_written_in_the_terms_of_the_schema() -> None:
    (row,) = written(batches([FULL]))
    subject = row.pop("subject")
    assert re.fullmatch("dev_[bcdfghjkmnpqrstv]{4}_[bcdfghjkmnpqrstv]{24}", subject)
    assert row == {
        "protocol": "teltonika", "message": "avl", "time": "2025-06-15T15:06:40.123Z",
        "fix": True, "location_source": "gnss", "latitude": 52.37, "longitude": 4.8950001,
        "altitude_m": -3, "speed_kmh": 87.0, "course_deg": 359.0, "satellites": 9,
        "priority": "high", "event": "ignition", "alarms": ["alarm_event"],
        "ignition": 1, "external_voltage_mv": 12_500, "dallas_temperature_1_c": -1.0,
        "attributes": {"alarm_event": 1.0, "avl_25": 7.0}, "clock_suspect": False,
        "retention_class": "location", "expires_on": "2025-09-15",
    }  # fmt: skip


def test_a_line_is_one_line_whatever_it_holds() -> None:
    out = io.BytesIO()
    with JsonLinesSink(out) as sink:
        for batch in batches([FULL, BARE] * 5):
            sink.write(batch)
    assert out.getvalue().count(b"\n") == 10


def test_a_column_that_is_null_throughout_is_left_out() -> None:
    rows = written(batches([BARE, BARE]))
    for name in ("latitude", "event", "ignition", "attributes", "received_at", "cells", "alarms"):
        assert not [row for row in rows if name in row]


def test_a_single_null_is_null() -> None:
    rows = written(batches([FULL, BARE]))
    for name in ("latitude", "event", "ignition", "alarms", "attributes", "speed_kmh"):
        assert rows[0][name] is not None
        assert rows[1][name] is None
    assert list(rows[0]) == list(rows[1])


def test_attributes_are_an_object_of_numbers_without_nulls() -> None:
    other = Record(1_750_000_002_000, elements=[(26, 2, 3), (25, 2, 4)])
    rows = written(batches([FULL, other, BARE]))
    assert [row["attributes"] for row in rows] == [
        {"alarm_event": 1.0, "avl_25": 7.0}, {"avl_25": 4.0, "avl_26": 3.0}, None,
    ]  # fmt: skip
    assert not [name for row in rows for name in row if name.startswith("avl_")]


@given(SENSIBLE_TIMES)
def test_a_time_is_rfc_3339_in_utc_with_milliseconds(ms: int) -> None:
    (row,) = written(batches([Record(ms)]))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", row["time"])
    assert datetime.fromisoformat(row["time"]).timestamp() == pytest.approx(ms / 1000, abs=1e-4)
    assert row["time"][-4:-1] == f"{ms % 1000:03d}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", row["expires_on"])


def test_a_time_that_cannot_be_is_null() -> None:
    rows = written(batches([Record((1 << 64) - 1), BARE]))
    assert [row["time"] for row in rows] == [None, "2025-06-15T15:06:41.000Z"]
    assert rows[0]["expires_on"] is None


def test_no_batch_no_byte(tmp_path: Path) -> None:
    with JsonLinesSink(tmp_path / "out"):
        pass
    assert (tmp_path / "out").read_bytes() == b""


@pytest.mark.parametrize("kind", [str, Path])
def test_a_path_gets_its_name_when_it_is_whole(tmp_path: Path, kind: Any) -> None:
    target = tmp_path / f"{IMEI}.jsonl"
    with JsonLinesSink(kind(target)) as sink:
        for batch in batches([FULL] * 3):
            sink.write(batch)
        (part,) = tmp_path.iterdir()
        assert part != target
        assert part.name.startswith(".")
        assert part.name.endswith(".part")
        assert IMEI not in part.name
    assert [*tmp_path.iterdir()] == [target]
    assert len(target.read_bytes().splitlines()) == 3


def test_two_sinks_of_one_name_do_not_meet_before_the_end(tmp_path: Path) -> None:
    one, other = JsonLinesSink(tmp_path / "out"), JsonLinesSink(tmp_path / "out")
    assert len([*tmp_path.iterdir()]) == 2
    one.write(batches([FULL])[0])
    one.close()
    other.close()
    assert (tmp_path / "out").read_bytes() == b""


def test_what_stood_there_stays_until_the_new_is_whole(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"before")
    with JsonLinesSink(tmp_path / "out") as sink:
        sink.write(batches([FULL])[0])
        assert (tmp_path / "out").read_bytes() == b"before"
    assert json.loads((tmp_path / "out").read_bytes())["time"]


def test_a_run_that_failed_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"before")
    sink = JsonLinesSink(tmp_path / "out")
    with pytest.raises(RuntimeError, match="stop"):
        fail(sink)
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]
    assert (tmp_path / "out").read_bytes() == b"before"


def test_what_is_discarded_once_stays_discarded(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "out")
    sink.discard()
    sink.discard()
    assert not [*tmp_path.iterdir()]


def test_what_is_closed_is_not_discarded(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "out")
    sink.write(batches([FULL])[0])
    sink.close()
    sink.discard()
    assert (tmp_path / "out").read_bytes()


def test_a_sink_may_be_closed_within_its_context(tmp_path: Path) -> None:
    with JsonLinesSink(tmp_path / "out") as sink:
        sink.write(batches([FULL])[0])
        sink.close()
    assert (tmp_path / "out").read_bytes()


def test_an_open_file_stays_open_and_keeps_what_was_written(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as file:
        with pytest.raises(RuntimeError, match="stop"):
            fail(JsonLinesSink(file))
        with JsonLinesSink(file) as sink:
            sink.write(batches([BARE])[0])
        assert not file.closed
        assert len((tmp_path / "out").read_bytes().splitlines()) == 2


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_full_disk_is_told(buffering: int) -> None:
    with open("/dev/full", "wb", buffering=buffering) as file:
        with pytest.raises(SinkError) as caught:
            fill(JsonLinesSink(file))
    assert caught.value.errno == 28
    assert caught.value.code is ErrorCode.SINK_FAILED
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


def test_a_disk_that_is_full_at_the_end_is_told() -> None:
    file = open("/dev/full", "wb")  # noqa: SIM115
    with pytest.raises(SinkError) as caught, JsonLinesSink(file) as sink:
        sink.write(batches([FULL])[0])
    assert caught.value.errno == 28
    with suppress(OSError):
        file.close()


def test_a_file_that_may_not_grow_is_told_and_removed(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(SinkError) as caught, JsonLinesSink(tmp_path / "out") as sink:
            fill(sink)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == 27
    assert not [*tmp_path.iterdir()]


def test_a_file_that_cannot_grow_at_its_end_is_told_and_removed(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, before[1]))
    try:
        with pytest.raises(SinkError) as caught, JsonLinesSink(tmp_path / "out") as sink:
            sink.write(batches([FULL])[0])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.errno == 27
    assert not [*tmp_path.iterdir()]


def test_a_name_that_is_taken_by_a_folder_meanwhile_is_told(tmp_path: Path) -> None:
    sink = JsonLinesSink(tmp_path / "out")
    (tmp_path / "out").mkdir()
    with pytest.raises(SinkError) as caught, sink:
        sink.write(batches([FULL])[0])
    assert caught.value.errno == 21
    assert [*tmp_path.iterdir()] == [tmp_path / "out"]


def test_a_raw_pipe_that_takes_less_than_it_is_given_is_told() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with os.fdopen(reading, "rb"), os.fdopen(writing, "wb", buffering=0) as file:
        with pytest.raises(SinkError) as caught:
            fill(JsonLinesSink(file))
    assert caught.value.errno == 11


def test_a_closed_pipe_is_told() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb", buffering=0) as file:
        with pytest.raises(SinkError) as caught:
            JsonLinesSink(file).write(batches([FULL])[0])
    assert caught.value.errno == 32


@pytest.mark.parametrize("name", ["no/out", "."])
def test_a_path_that_cannot_be_opened_is_told_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(SinkError) as caught:
        JsonLinesSink(tmp_path / name)
    assert caught.value.errno in (2, 21)
    assert str(tmp_path) not in f"{caught.value!r} {vars(caught.value)}"
    assert caught.value.__context__ is None


def test_a_device_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    with JsonLinesSink(link) as sink:
        sink.write(batches([FULL])[0])
    assert stat.S_ISCHR(link.stat().st_mode)
    assert [*tmp_path.iterdir()] == [link]


def test_a_device_that_is_full_is_told(tmp_path: Path) -> None:
    link = tmp_path / "full"
    link.symlink_to("/dev/full")
    with pytest.raises(SinkError) as caught, JsonLinesSink(link) as sink:
        sink.write(batches([FULL])[0])
    assert caught.value.errno == 28


def test_a_named_pipe_is_written_to_and_ends_with_the_sink(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[bytes] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_bytes()), daemon=True)
    reader.start()
    with JsonLinesSink(pipe) as sink:
        sink.write(batches([FULL])[0])
    reader.join(10)
    assert not reader.is_alive()
    assert len(read[0].splitlines()) == 1
    assert stat.S_ISFIFO(pipe.stat().st_mode)
