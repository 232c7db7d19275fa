"""How a decode grows with its input: python benchmarks/growth.py [MOST_RECORDS].

Codec 8 from file to FilteredBatch, every column read; each size in a process of its own, whose peak
memory counts the interpreter and the libraries.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import IMEI, RECORDS_A_FRAME, dump, frames, read

import gpsproto
from gpsproto.build import login

_SMALL = 10_000  # records that are made; more of them are these again
_AT_LEAST_S = 2.0


def measured(source: Path) -> None:
    """Print records, seconds of the best round, and the peak of memory in MB."""
    best, spent, records = 1e9, 0.0, 0
    while spent < _AT_LEAST_S:
        start = time.perf_counter()
        records = 0
        for batch in gpsproto.decode(source, family="FMB"):
            read(batch)
            records += len(batch)
        took = time.perf_counter() - start
        best, spent = min(best, took), spent + took
    print(records, best, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)


def written(folder: Path, records: int) -> Path:
    """A dump of that many records."""
    if records >= _SMALL:
        return dump(folder, 0x08, records)
    path = folder / f"{records}.bin"
    some = frames(0x08)[: records // RECORDS_A_FRAME]
    path.write_bytes(login(IMEI) + b"".join(some))
    return path


def main(most: int) -> None:
    """One line a size."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    line = "{:>12} {:>12} {:>14} {:>12} {:>9}".format
    print(line("records", "MB", "records/s", "ns a record", "peak MB"))
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        records = RECORDS_A_FRAME
        while records <= most:
            path = written(Path(folder), records)
            done = subprocess.run(
                [sys.executable, __file__, "--of", str(path)], check=True, capture_output=True
            )
            found, seconds, peak = done.stdout.split()
            each = float(seconds) / int(found)
            size = path.stat().st_size / 1e6
            print(
                line(f"{int(found):,}", f"{size:,.3f}", f"{1 / each:,.0f}", f"{each * 1e9:,.0f}",
                     int(peak)),
                flush=True,
            )  # fmt: skip
            path.unlink()
            records *= 10


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--of":
        measured(Path(sys.argv[2]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
