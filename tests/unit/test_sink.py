from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpsproto
from gpsproto.block import Pool
from gpsproto.build import Record, tcp_frame
from gpsproto.identity import DeviceId
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.sinks.base import Sink

FRAME = tcp_frame(8, [Record(1_750_000_000_000 + n, satellites=9) for n in range(3)])
(BATCH,) = gpsproto.decode(FRAME, key=gpsproto.PseudonymKey(bytes(range(32))))


class Memory(Sink):
    """Keeps what it is given, and what became of it."""

    def __init__(self, failing: str = "") -> None:
        self.batches: list[FilteredBatch] = []
        self.done: list[str] = []
        self.failing = failing

    def _write(self, batch: FilteredBatch) -> None:
        self.batches.append(batch)

    def close(self) -> None:
        self.done.append("closed")
        if self.failing == "close":
            raise gpsproto.SinkError(28)

    def discard(self) -> None:
        self.done.append("discarded")


def test_a_filtered_batch_is_written() -> None:
    sink = Memory()
    sink.write(BATCH)
    assert sink.batches == [BATCH]


class Disguised:
    """Says that it is what it is not."""

    @property
    def __class__(self) -> Any:
        return FilteredBatch


OTHERS = [
    FRAME, None, {}, [BATCH], list(BATCH.rows()), FilteredBatch, Disguised(), np.zeros(3),
    Pool().block(64), DeviceId(b"490154203237518"), memoryview(FRAME), "subject",
]  # fmt: skip


@pytest.mark.parametrize("other", OTHERS, ids=lambda other: type(other).__name__)
def test_anything_else_is_refused_even_where_the_types_do_not_see_it(other: Any) -> None:
    sink = Memory()
    with pytest.raises(TypeError, match=r"^a sink takes a FilteredBatch and nothing else$"):
        sink.write(other)
    assert sink.batches == []


def test_raw_columns_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from gpsproto.privacy.filter import PrivacyFilter

    raw: list[Any] = []
    seal = PrivacyFilter.seal
    monkeypatch.setattr(PrivacyFilter, "seal", lambda door, c: raw.append(c) or seal(door, c))
    list(gpsproto.decode(FRAME))
    with pytest.raises(TypeError, match="FilteredBatch"):
        Memory().write(raw[0])


def test_write_cannot_be_replaced_by_a_subclass() -> None:
    with pytest.raises(TypeError, match=r"^Sink\.write is final$"):
        type("Leaky", (Sink,), {"write": lambda self, batch: None})
    with pytest.raises(TypeError, match=r"^Sink\.write is final$"):
        type("Leakier", (Memory,), {"write": Sink.write.__get__(Memory())})


def test_write_cannot_be_replaced_by_another_base() -> None:
    mixin = type("Mixin", (), {"write": lambda self, batch: None})
    with pytest.raises(TypeError, match=r"^Sink\.write is final$"):
        type("Leaky", (mixin, Sink), {})


def test_another_base_behind_the_sink_replaces_nothing() -> None:
    mixin = type("Mixin", (), {"write": lambda self, batch: None})
    kind: Any = type("Tight", (Memory, mixin), {})
    with pytest.raises(TypeError, match="FilteredBatch"):
        kind().write(FRAME)


def test_a_sink_says_how_it_writes() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Sink()  # type: ignore[abstract]


def test_a_sink_is_closed_at_the_end() -> None:
    with Memory() as sink:
        sink.write(BATCH)
    assert sink.done == ["closed"]


def test_a_sink_is_discarded_after_an_error() -> None:
    sink = Memory()
    with pytest.raises(RuntimeError, match="stop"), sink:
        raise RuntimeError("stop")
    assert sink.done == ["discarded"]


def test_a_sink_that_cannot_be_closed_is_discarded() -> None:
    sink = Memory("close")
    with pytest.raises(gpsproto.SinkError), sink:
        sink.write(BATCH)
    assert sink.done == ["closed", "discarded"]


def test_a_sink_without_an_end_of_its_own_has_nothing_to_do() -> None:
    class Plain(Sink):
        def _write(self, batch: FilteredBatch) -> None: ...

    with Plain() as sink:
        sink.write(BATCH)
    with pytest.raises(RuntimeError, match="stop"), Plain():
        raise RuntimeError("stop")
