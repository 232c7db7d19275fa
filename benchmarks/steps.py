"""Where the time of a decode goes, in ns a record: python benchmarks/steps.py.

With ``watch`` behind it, of positions of one GPS watch from memory, columns not read; with
``beacons``, of records with a list of five EYE sensors.
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
from gpsproto.build import Beacon, Measured, Record, advanced_list, eye_data, tcp_frame
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


def listed() -> bytes:
    """A frame of ten records, each with a list."""
    eye = eye_data(Measured(20.5, 40, True, (True, 3), (1, -2), battery_mv=3_000))
    near = [Beacon(rssi_dbm=-60 - n, mac=bytes(6), data=eye) for n in range(5)]
    found = advanced_list(near)
    elements = [(239, 1, 1), (240, 1, 1), (67, 2, 4_000), (68, 2, 10)]
    records = [
        Record(
            1_790_000_000_000 + n, 1, 1, 1, 1, 9, 1, elements=elements, variable=[(11317, found)]
        )
        for n in range(10)
    ]
    return tcp_frame(0x8E, records)


def main() -> None:
    timed(teltonika_tcp, "scan_tcp", "framing and CRC")
    timed(bracket, "scan_brackets", "framing")
    timed(avl, "walk_avl", "walk")
    timed(payload, "walk_watch", "walk")
    timed(Pool, "block", "zeroing the block")
    timed(PrivacyFilter, "seal", "sealing")
    if sys.argv[1:] == ["watch"]:
        records, seconds = best(b"".join(watch_frames(1)) * 50, None, 20)
    elif sys.argv[1:] == ["beacons"]:
        records, seconds = best(listed() * 20_000, "TAT", 7)
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
