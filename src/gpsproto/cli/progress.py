"""How far a run is: bytes, rate and records, on a terminal."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from gpsproto.balance import Balance

_EVERY_S = 0.1


class Report(Protocol):
    """Called with the bytes of each chunk."""

    def __call__(self, size: int, /) -> None: ...


@contextmanager
def shown(
    console: Console | None, sizes: Sequence[int | None], balance: Balance
) -> Iterator[Report | None]:
    """Show a bar while the inputs are read; a spinner where one does not say its size."""
    if console is None:
        yield None
        return
    known = [size for size in sizes if size is not None]
    total = sum(known) if len(known) == len(sizes) else None
    columns: list[ProgressColumn] = [
        SpinnerColumn() if total is None else BarColumn(bar_width=30), DownloadColumn(),
        TransferSpeedColumn(), TextColumn("{task.fields[records]:,} records"),
    ]  # fmt: skip
    if total is not None:
        columns.append(TimeRemainingColumn())
    # refreshed by hand: no thread beside the walk
    bar = Progress(
        *columns, console=console, auto_refresh=False, transient=console.is_terminal,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
    task = bar.add_task("", total=total, records=0)
    done, last = 0, 0.0

    def report(size: int) -> None:
        nonlocal done, last
        done += size
        now = time.monotonic()
        if now - last >= _EVERY_S:
            last = now
            bar.update(task, completed=done, records=balance.records, refresh=True)

    with bar:
        try:
            yield report
        finally:
            bar.update(task, completed=done, records=balance.records, refresh=True)
