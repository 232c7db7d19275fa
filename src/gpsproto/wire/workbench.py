"""What the scans of many streams share: one after another they write into the same memory."""

from __future__ import annotations

import os
from array import array
from typing import final

from gpsproto.walk import codes
from gpsproto.walk.brackets import rehash

_LEAST_IDS = 64


@final
class WatchIds:
    """Which conversation is a watch's, by its id: a table that the scan searches and adds to."""

    __slots__ = ("left", "table")

    def __init__(self) -> None:
        self.table = array("Q", [0] * (codes.IDS_FIRST + 2 * _LEAST_IDS * codes.IDS_STRIDE))
        for factor in range(codes.IDS_FIRST):
            self.table[factor] = int.from_bytes(os.urandom(8), "big") | 1
        self.left = _LEAST_IDS  # ids that it still has room for

    def __repr__(self) -> str:
        return "WatchIds(redacted)"

    def grow(self) -> None:
        """Make room for as many ids again."""
        slots = (len(self.table) - codes.IDS_FIRST) // codes.IDS_STRIDE
        larger = array("Q", [0]) * (codes.IDS_FIRST + 2 * slots * codes.IDS_STRIDE)
        larger[: codes.IDS_FIRST] = self.table[: codes.IDS_FIRST]
        rehash(self.table, larger)
        self.table = larger
        self.left = slots // 2


@final
class Workbench:
    """Rows for the events of a scan, its scratch, and the ids of watches.

    Framers that share one must be asked for their tables one after another: a table is valid until
    the next is asked for, of whichever of them.
    """

    __slots__ = ("events", "ids", "prefixes")

    def __init__(self, rows: int = 64) -> None:
        self.events = array("q", bytes(8 * codes.STRIDE * (rows + 2)))
        self.prefixes = array("H", [0])
        self.ids = WatchIds()

    def __repr__(self) -> str:
        return "Workbench()"

    def scratch(self, size: int) -> array[int]:
        """Room for the CRC of each prefix of so many bytes."""
        if len(self.prefixes) <= size:
            self.prefixes = array("H", bytes(2 * size + 2))
        return self.prefixes
