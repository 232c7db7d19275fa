"""Where the time of a decode goes, in ns a record: python benchmarks/steps.py."""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import dump, read

import gpsproto
from gpsproto import PrivacyFilter
from gpsproto.block import Pool
from gpsproto.codecs import avl
from gpsproto.wire import teltonika_tcp

SPENT: Counter[str] = Counter()


def timed(owner: Any, name: str, step: str) -> None:
    """Add up the time that a function takes."""
    plain: Callable[..., Any] = getattr(owner, name)

    def measured(*arguments: Any, **options: Any) -> Any:
        start = time.perf_counter()
        try:
            return plain(*arguments, **options)
        finally:
            SPENT[step] += time.perf_counter() - start

    setattr(owner, name, measured)


def main() -> None:
    timed(teltonika_tcp, "scan_tcp", "framing and CRC")
    timed(avl, "walk_avl", "walk")
    timed(Pool, "block", "zeroing the block")
    timed(PrivacyFilter, "seal", "sealing")
    with tempfile.TemporaryDirectory() as folder:
        path = dump(Path(folder), 0x08, 1_000_000)
        best: tuple[float, dict[str, float]] = (1e9, {})
        for _ in range(7):
            SPENT.clear()
            records = 0
            start = time.perf_counter()
            for batch in gpsproto.decode(path, family="FMB"):
                records += len(batch)
                began = time.perf_counter()
                read(batch)
                SPENT["reading the columns"] += time.perf_counter() - began
            whole = time.perf_counter() - start
            SPENT["reading the file and the rest"] = whole - SPENT.total()
            best = min(best, (whole, dict(SPENT)), key=lambda run: run[0])
    for step, seconds in sorted(best[1].items(), key=lambda item: -item[1]):
        print(f"{step:32} {seconds / records * 1e9:6.0f}")
    print(f"{'in all':32} {best[0] / records * 1e9:6.0f}")


if __name__ == "__main__":
    main()
