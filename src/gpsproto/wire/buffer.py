"""Bytes that came and are not consumed yet: immutable chunks, joined once when they are needed."""

from __future__ import annotations

from typing import final


@final
class Buffer:
    """Chunks in order.  ``base`` is the stream offset of the first byte that is kept."""

    __slots__ = ("_chunks", "_size", "base")

    def __init__(self) -> None:
        self._chunks: list[memoryview] = []
        self._size = 0
        self.base = 0

    def __len__(self) -> int:
        return self._size

    def __repr__(self) -> str:
        return f"Buffer({self._size} bytes)"

    def append(self, data: bytes | memoryview) -> None:
        """Keep a chunk; it is not copied (unless strided), so it must not change afterwards."""
        view = memoryview(data)
        if not view.nbytes:
            return
        if not view.c_contiguous:
            view = memoryview(view.tobytes())
        elif view.format != "B" or view.ndim != 1:
            view = view.cast("B")
        self._chunks.append(view)
        self._size += view.nbytes

    def joined(self) -> memoryview:
        """All that is kept as one piece: copied only where a frame spans chunks."""
        if len(self._chunks) > 1:
            self._chunks = [memoryview(b"".join(self._chunks))]
        return self._chunks[0] if self._chunks else memoryview(b"")

    def consume(self, size: int) -> None:
        """Let go of the first ``size`` bytes of the joined piece."""
        rest = self.joined()[size:]
        self._chunks = [rest] if rest.nbytes else []
        self._size = rest.nbytes
        self.base += size
