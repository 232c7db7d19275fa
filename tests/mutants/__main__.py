"""``python -m tests.mutants``: every seeded leak against a short hunt; status 1 if one is missed."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from tests.mutants.attempt import tried
from tests.mutants.registry import MUTANTS
from tests.mutants.short import clean

if __name__ == "__main__":
    start = time.perf_counter()
    if not clean():
        print("the hunt finds something where nothing leaks")
        sys.exit(1)
    count = 0
    # fresh processes: threads of the libraries do not survive a fork
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for one, (met, spent) in zip(MUTANTS, pool.map(tried, range(len(MUTANTS))), strict=True):
            count += met
            word = "caught" if met else "MISSED"
            print(f"{word}  {one.row:4} encoding {one.encoding:2}  {spent:5.1f} s  {one.name}")
    print(f"caught {count} of {len(MUTANTS)} in {time.perf_counter() - start:.0f} s")
    sys.exit(0 if count == len(MUTANTS) else 1)
