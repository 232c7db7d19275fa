"""``python -m tests.planted``: every planted mistake; status 1 where the suite does not find one.

That the suites pass without a mistake is what ``make test`` shows.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from tests.planted.attempt import found
from tests.planted.registry import PLANTED

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=len(PLANTED), help="the first of them")
    some = PLANTED[: parser.parse_args().cases]
    start = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        count = 0
        for one, met in zip(some, pool.map(found, some), strict=True):
            count += met
            print(f"{'found' if met else 'MISSED':6}  {one.name}", flush=True)
    print(f"found {count} of {len(some)} in {time.perf_counter() - start:.0f} s")
    sys.exit(0 if count == len(some) else 1)
