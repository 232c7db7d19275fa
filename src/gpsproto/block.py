"""A block: the one piece of memory behind a batch, recycled when the last view of it is gone.

Fresh pages cost more than the walk, so large blocks come from a pool.  A block is lent through an
array that no view outlives; when that array dies, the memory goes back, dirty ranges noted, and is
zeroed when it is lent again.
"""

from __future__ import annotations

import mmap
import weakref
from collections import deque
from typing import Any

import numpy as np
import numpy.typing as npt

_POOLED = 1 << 16  # bytes from which recycling pays
_SPARE = 3  # free blocks kept a size

Bytes = npt.NDArray[np.uint8]


class Block:
    """Memory of ``size`` bytes, all zero: writable views until it is frozen, read-only after."""

    __slots__ = ("_memory", "_pool", "cells8", "cells16", "cells32", "cells64", "dirty", "size")

    def __init__(self, memory: bytearray | mmap.mmap, size: int, pool: Pool) -> None:
        self._memory = memory
        self._pool = pool
        self.size = size
        self.dirty: list[tuple[int, int]] = []
        self.cells8 = memoryview(memory)[:size]
        self.cells16 = self.cells8.cast("H")
        self.cells32 = self.cells8.cast("I")
        self.cells64 = self.cells8.cast("Q")

    @property
    def pooled(self) -> bool:
        """Whether the memory is lent again, so that what was written must be noted."""
        return self.size >= _POOLED

    def freeze(self) -> Bytes:
        """End writing; return the bytes as an array that nobody can make writable again."""
        lent: Bytes = np.frombuffer(self.cells8.toreadonly(), np.uint8)
        for view in (self.cells64, self.cells32, self.cells16, self.cells8):
            view.release()
        if isinstance(self._memory, mmap.mmap):
            self._pool.expect(lent, self._memory, self.dirty)
        return lent


class Pool:
    """Memory that is not lent at the moment, by size."""

    __slots__ = ("__weakref__", "_free", "_lent")

    def __init__(self) -> None:
        self._free: dict[int, deque[tuple[mmap.mmap, list[tuple[int, int]]]]] = {}
        self._lent: dict[int, weakref.ref[Any]] = {}

    def block(self, size: int) -> Block:
        """Lend a block of at least ``size`` bytes, a multiple of 8, all zero."""
        size = (size + 7) & ~7
        if size < _POOLED:
            return Block(bytearray(size), size, self)
        try:
            memory, dirty = self._free[size].pop()
        except (KeyError, IndexError):
            return Block(mmap.mmap(-1, size), size, self)
        view = np.frombuffer(memory, np.uint8)
        for start, stop in dirty:
            view[start:stop] = 0
        del view
        return Block(memory, size, self)

    def expect(self, lent: Bytes, memory: mmap.mmap, dirty: list[tuple[int, int]]) -> None:
        """Take the memory back when ``lent`` and every view of it are gone."""
        token = id(lent)

        def back(_: object) -> None:
            self._lent.pop(token, None)
            free = self._free.setdefault(len(memory), deque(maxlen=_SPARE))
            free.append((memory, dirty))

        self._lent[token] = weakref.ref(lent, back)
