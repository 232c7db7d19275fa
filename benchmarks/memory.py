"""Peak memory of the command line on a large dump: python benchmarks/memory.py [GIGABYTES]."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import dump


def main() -> None:
    size = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        small = dump(Path(folder), 0x08, 10_000).stat().st_size
        path = dump(Path(folder), 0x08, round(size * 1e9 / small) * 10_000)
        command = [sys.executable, "-m", "gpsproto.cli", "decode", str(path), "--family", "FMB"]
        command += ["-o", "/dev/null", "--quiet"]
        start = time.perf_counter()
        subprocess.run(command, check=True)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"{path.stat().st_size / 1e9:.2f} GB in {seconds:.0f} s, peak {peak:.0f} MB")


if __name__ == "__main__":
    main()
