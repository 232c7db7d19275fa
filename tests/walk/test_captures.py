"""Dumps of real trackers that every developer has at hand; never part of the project."""

from __future__ import annotations

from pathlib import Path

import pytest

import gpsproto
from gpsproto.balance import Balance
from tests.table import rows


@pytest.mark.parametrize(
    ("name", "frames", "records"),
    [
        ("codec8_tcp_reads.hex", 699, 5_089),
        ("codec8_stream_1024.hex", 699, 5_089),
        ("codec8e_frames.hex", 5, 20),
    ],
)
def test_every_frame_and_record_of_a_capture_is_decoded(
    captures: Path, name: str, frames: int, records: int
) -> None:
    balance = Balance()
    found = list(gpsproto.decode(captures / name, balance=balance))
    assert balance.frames >= frames
    assert sum(len(batch) for batch in found) == balance.records >= records
    assert balance.discrepancies() == []
    assert balance.rejected.total() <= 1


def test_the_same_bytes_cut_otherwise_give_the_same_records(captures: Path) -> None:
    names = "codec8_tcp_reads.hex", "codec8_stream_1024.hex"
    first, second = (rows(gpsproto.decode(captures / name)) for name in names)
    assert first == second
