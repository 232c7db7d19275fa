"""Shared by the benchmarks: a folder in memory where there is one, and the figure that counts."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parent))


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """Where dumps are written: not a disk, so that reading is not what is measured."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as made:
        yield Path(made)


@pytest.fixture
def measure(benchmark: Any) -> Callable[..., None]:
    """Run a few rounds; note how many things a second the best round made."""

    def run(what: Callable[[], int], unit: str, rounds: int = 7) -> None:
        made = what()
        benchmark.pedantic(what, rounds=rounds, iterations=1, warmup_rounds=1)
        best = benchmark.stats.stats.min
        benchmark.extra_info[f"{unit} a second"] = round(made / best)
        benchmark.extra_info[f"ns a {unit.removesuffix('s')}"] = round(best / made * 1e9, 1)

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures as a table, the best round of each."""
    session = getattr(config, "_benchmarksession", None)
    if session is None or not session.benchmarks:
        return
    terminalreporter.section("best rounds")
    for bench in session.benchmarks:
        figures = ", ".join(f"{value:,} {name}" for name, value in bench.extra_info.items())
        terminalreporter.write_line(f"{bench.name:55} {figures}")
