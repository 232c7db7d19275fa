"""How many pseudonyms are equal over domains and epochs: none must be.

    python benchmarks/unlinkable.py 10000000

makes the pseudonyms of that many devices in two domains and two months each, on one core, and looks
for equal ones among all of them.  Compared are the first 64 of the 96 bits: where none of those are
equal, no pseudonyms are.
"""

from __future__ import annotations

import resource
import sys
import time

import numpy as np

from gpsproto.privacy.keys import DomainKey, PseudonymKey
from gpsproto.privacy.keys.pseudonym import ALPHABET
from gpsproto.privacy.scope import Scope

ROOT = bytes(range(32))
DOMAINS = ("partner-a", "partner-b")
MONTHS = (20_454, 20_485)  # January and February 2026
AT_ONCE = 1 << 16
_LETTERS = np.zeros(256, np.uint8)
_LETTERS[np.frombuffer(ALPHABET.encode(), np.uint8)] = np.arange(16)


def bits(key: DomainKey, count: int, epoch: int, out: np.ndarray) -> None:
    """The first 64 bits of the pseudonyms of ``count`` devices of one month."""
    for begin in range(0, count, AT_ONCE):
        end = min(begin + AT_ONCE, count)
        tails = "".join(
            key.pseudonym("device_id", b"%014d" % number, Scope.MONTH, epoch)[9:25]
            for number in range(begin, end)
        )
        digits = _LETTERS[np.frombuffer(tails.encode(), np.uint8)]
        packed = np.ascontiguousarray(digits[0::2] << 4 | digits[1::2])
        out[begin:end] = packed.view(">u8")


def equal(count: int) -> int:
    """How many of all those pseudonyms are equal to another one."""
    found = np.empty(count * len(DOMAINS) * len(MONTHS), np.uint64)
    parts = iter(np.split(found, len(DOMAINS) * len(MONTHS)))
    for domain in DOMAINS:
        key = PseudonymKey(ROOT).domain(domain)
        for month in MONTHS:
            bits(key, count, month, next(parts))
    found.sort()
    return int((found[1:] == found[:-1]).sum())


if __name__ == "__main__":
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    began = time.perf_counter()
    number = equal(wanted)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    print(
        f"{wanted:,} devices, {len(DOMAINS)} domains, {len(MONTHS)} months:"
        f" {number} equal; {seconds:.1f} s, {peak} MiB"
    )
    sys.exit(1 if number else 0)
