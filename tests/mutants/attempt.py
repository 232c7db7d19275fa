"""One leak by itself, in whatever process."""

from __future__ import annotations

import time

from tests.mutants.registry import MUTANTS
from tests.mutants.short import caught, found


def tried(number: int) -> tuple[bool, float]:
    """Whether a leak is caught, and how long that took, in seconds."""
    began = time.perf_counter()
    met = caught(MUTANTS[number], found(MUTANTS[number]))
    return met, time.perf_counter() - began
