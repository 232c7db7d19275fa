"""Where the time of a decode goes, in ns a record: python benchmarks/steps.py.

With ``watch`` behind it, of positions of one GPS watch from memory, columns not read.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import dump, read, watch_frames

import gpsproto
from gpsproto import PrivacyFilter
from gpsproto.block import Pool
from gpsproto.codecs import avl
from gpsproto.codecs.watch import payload
from gpsproto.wire import bracket, teltonika_tcp

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


def best(source: Path | bytes, family: str | None, rounds: int) -> tuple[int, float]:
    """The records, and the seconds of the best round; SPENT is that round's."""
    whole, records = 1e9, 0
    spent: Counter[str] = Counter()
    for _ in range(rounds):
        SPENT.clear()
        records = 0
        start = time.perf_counter()
        for batch in gpsproto.decode(source, family=family):
            records += len(batch)
            if family:
                began = time.perf_counter()
                read(batch)
                SPENT["reading the columns"] += time.perf_counter() - began
        took = time.perf_counter() - start
        SPENT["reading the bytes and the rest"] = took - SPENT.total()
        if took < whole:
            whole, spent = took, SPENT.copy()
    SPENT.clear()
    SPENT.update(spent)
    return records, whole


def main() -> None:
    timed(teltonika_tcp, "scan_tcp", "framing and CRC")
    timed(bracket, "scan_brackets", "framing")
    timed(avl, "walk_avl", "walk")
    timed(payload, "walk_watch", "walk")
    timed(Pool, "block", "zeroing the block")
    timed(PrivacyFilter, "seal", "sealing")
    if sys.argv[1:] == ["watch"]:
        records, seconds = best(b"".join(watch_frames(1)) * 50, None, 20)
    else:
        with tempfile.TemporaryDirectory() as folder:
            records, seconds = best(dump(Path(folder), 0x08, 1_000_000), "FMB", 7)
    for step, spent in SPENT.most_common():
        if spent / records < 1e-9:
            continue  # no part of this decode
        print(f"{step:32} {spent / records * 1e9:6.0f}")
    print(f"{'in all':32} {seconds / records * 1e9:6.0f}")


if __name__ == "__main__":
    main()
