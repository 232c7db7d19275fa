"""Bytes that came and are not consumed yet: immutable chunks, joined once when they are needed."""

from __future__ import annotations

from typing import final


@final
class Buffer:
    """Chunks in order.  ``base`` is the stream offset of the first byte that is kept."""

    __slots__ = ("_chunks", "_own", "_span", "base", "size")

    def __init__(self) -> None:
        self._chunks: list[memoryview] = []
        self._own = 0  # chunks that are copies of ours, from the first one on
        self._span = 0  # bytes joined last, while some of them are kept
        self.size = 0
        self.base = 0

    def __len__(self) -> int:
        return self.size

    def __repr__(self) -> str:
        return f"Buffer({self.size} bytes)"

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
        self.size += view.nbytes

    def front(self, least: int) -> memoryview:
        """The first piece, of at least ``least`` bytes where so many are kept.

        A frame that spans chunks is joined, and no byte behind it: the rest of a chunk stays where
        it is.  Where that was not enough, twice as much is joined each time: what leaves some bytes
        undecided at every end would else be led through a chunk in steps of a few bytes.
        """
        if not self._chunks:
            return memoryview(b"")
        if self._chunks[0].nbytes < least and len(self._chunks) > 1:
            least = self._span = max(least, 2 * self._span)
            size, whole = 0, 0
            while whole < len(self._chunks) and size < least:
                size += self._chunks[whole].nbytes
                whole += 1
            beyond = max(0, size - least)
            last = self._chunks[whole - 1]
            cut = last.nbytes - beyond
            piece = memoryview(b"".join([*self._chunks[: whole - 1], last[:cut]]))
            self._chunks[:whole] = [piece, last[cut:]] if beyond else [piece]
            self._own = 0
        return self._chunks[0]

    def detach(self) -> None:
        """Copy what is kept, so that the chunks that it came in may go."""
        self._chunks[self._own :] = [
            memoryview(bytes(chunk)) for chunk in self._chunks[self._own :]
        ]
        self._own = len(self._chunks)

    def last(self) -> memoryview:
        """The chunk that was kept last."""
        return self._chunks[-1] if self._chunks else memoryview(b"")

    def joined(self) -> memoryview:
        """All that is kept as one piece."""
        return self.front(self.size)

    def consume(self, size: int) -> None:
        """Let go of the first ``size`` bytes."""
        self.size -= size
        self.base += size
        while size:
            first = self._chunks[0]
            if first.nbytes > size:
                self._chunks[0] = first[size:]
                return
            size -= first.nbytes
            del self._chunks[0]
            self._own = max(0, self._own - 1)
            self._span = 0
