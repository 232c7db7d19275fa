"""Shared by the benchmarks: a folder in memory where there is one, and the figure that counts."""

from __future__ import annotations

import contextlib
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


def _reset_peak() -> None:
    """From now on the peak of this process's memory is counted anew, where the kernel can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", "ascii")


def _peak_mb() -> int | None:
    """The most memory that this process held since then, in MB."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text("ascii").splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) // 1024
    return None


@pytest.fixture
def measure(benchmark: Any) -> Callable[..., None]:
    """Run a few rounds; note how many things a second the best round made.

    ``size`` is the bytes of one round; ``limit`` is of which limit of the same run it is a share.
    """

    def run(
        what: Callable[[], int], unit: str, rounds: int = 7, *, size: int = 0, limit: str = ""
    ) -> None:
        made = what()
        _reset_peak()
        benchmark.pedantic(what, rounds=rounds, iterations=1, warmup_rounds=1)
        best = benchmark.stats.stats.min
        noted = benchmark.extra_info
        noted["unit"] = unit
        noted["a second"] = round(made / best)
        noted["ns each"] = round(best / made * 1e9, 1)
        noted["MB a second"] = round(size / best / 1e6) if size else None
        noted["peak MB"] = _peak_mb()
        noted["limit"] = limit

    return run


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """The figures as a table, the best round of each, beside the limit of the same run."""
    session = getattr(config, "_benchmarksession", None)
    if session is None or not session.benchmarks:
        return
    terminalreporter.section("best rounds")
    found = {bench.name.removeprefix("test_"): bench.extra_info for bench in session.benchmarks}
    line = "{:62} {:>12} {:14} {:>12} {:>7} {:>8}  {}".format
    write = terminalreporter.write_line
    write(line("what", "a second", "", "ns each", "MB/s", "peak MB", "of the limit"))
    for name, said in found.items():
        limit = found.get(said["limit"])
        share = f"{limit['ns each'] / said['ns each']:.2f} of {said['limit']}" if limit else ""
        write(
            line(
                name,
                f"{said['a second']:,}",
                said["unit"],
                f"{said['ns each']:,}",
                said["MB a second"] or "",
                said["peak MB"] or "",
                share,
            )
        )
