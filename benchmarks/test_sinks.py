"""From file to file: a million records of 15 elements into each format, on one core.

taskset -c 1 .venv/bin/python -m pytest benchmarks/test_sinks.py --benchmark-only -q
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from data import dump

import gpsproto
from gpsproto.sinks.arrow import ArrowSink
from gpsproto.sinks.base import Sink
from gpsproto.sinks.csvfile import CsvSink
from gpsproto.sinks.jsonl import JsonLinesSink
from gpsproto.sinks.parquet import ParquetSink

RECORDS = 1_000_000
SINKS: dict[str, Callable[[Path], Sink]] = {
    "jsonl": JsonLinesSink,
    "csv": CsvSink,
    "parquet": ParquetSink,
    "arrow": ArrowSink,
}


@pytest.mark.parametrize("kind", SINKS)
def test_file_to_file(kind: str, folder: Path, measure: Callable[..., None]) -> None:
    path = dump(folder, 0x08, RECORDS)
    out = folder / f"out.{kind}"

    def decode() -> int:
        records = 0
        with SINKS[kind](out) as sink:
            for batch in gpsproto.decode(path, family="FMB"):
                sink.write(batch)
                records += len(batch)
        return records

    measure(decode, "records", rounds=3, size=path.stat().st_size)
    out.unlink()


def test_file_to_arrow_tables(folder: Path, measure: Callable[..., None]) -> None:
    path = dump(folder, 0x08, RECORDS)

    def decode() -> int:
        return sum(len(batch.to_arrow()) for batch in gpsproto.decode(path, family="FMB"))

    measure(decode, "records", rounds=3, size=path.stat().st_size)
