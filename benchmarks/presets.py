"""What each built-in policy costs beside one that keeps all: python benchmarks/presets.py [RECORDS].

Policies take turns, and each turn is compared with the same turn of keep-all: the machine is noisy,
and ratios of one run hold.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import dump, keep_all, read

import gpsproto
from gpsproto import Policy
from gpsproto.privacy.policy import presets

TURNS = 15
BLANKS = {f"retain.{name}": "P6M" for name in ("account_ref", "product", "status", "time")}


def policies() -> dict[str, Policy]:
    found = {"keep-all": keep_all()}
    for name in presets():
        found[name] = Policy.load(name, fill=BLANKS if name == "partner-report" else None)
    return found


def main(records: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for codec in (0x08, 0x8E):
            path = dump(Path(folder), codec, records)
            spent: dict[str, list[float]] = {name: [] for name in policies()}
            for _ in range(TURNS):
                for name, policy in policies().items():
                    start = time.perf_counter()
                    for batch in gpsproto.decode(path, policy=policy, family="FMB"):
                        read(batch)
                    spent[name].append(time.perf_counter() - start)
            for name, times in spent.items():
                ratios = [one / all_ for one, all_ in zip(times, spent["keep-all"], strict=True)]
                print(
                    f"codec {codec:02X}  {name:15} {statistics.median(ratios):.2f} of keep-all"
                    f"  {min(times) / records * 1e9:5.0f} ns a record at best"
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300_000)
