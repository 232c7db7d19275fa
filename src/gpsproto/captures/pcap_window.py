"""The packets of a window of a capture, sorted by conversation and side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, final

import numpy as np
import numpy.typing as npt

from gpsproto.walk import codes

ENDS = codes.TCP_SYN | codes.TCP_FIN | codes.TCP_RST
"""Flags that open or end a conversation."""

Row = tuple[int, int, int, int, int, int]
"""Side, sequence number, flags, offset, size, whole size."""

_OFFSET_AND_SIZE = slice(codes.PACKET_OFFSET, codes.PACKET_SIZE + 1)


def _sums(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """What the values before each come to, and all of them."""
    sums = np.zeros(len(values) + 1, np.int64)
    np.cumsum(values, out=sums[1:])
    return sums


@final
class Window:
    """Packets and the number of the conversation of each; their order is that of the capture."""

    def __init__(
        self, data: memoryview, rows: npt.NDArray[np.int64], numbers: npt.NDArray[np.int64]
    ) -> None:
        self.data = data
        order = np.argsort(numbers * 2 + rows[:, codes.PACKET_SIDE], kind="stable")
        self._order = order
        self._rows = rows = rows[order]
        numbers = numbers[order]
        sides = rows[:, codes.PACKET_SIDE]
        flags = rows[:, codes.PACKET_FLAGS]
        whole = rows[:, codes.PACKET_WHOLE]
        self._sequences = rows[:, codes.PACKET_SEQUENCE]
        opens = flags & codes.TCP_SYN > 0
        self._behind = (self._sequences + whole + opens) & 0xFFFFFFFF
        other = np.flatnonzero(np.diff(numbers)) + 1
        self._bounds = np.concatenate(([0], other, [len(numbers)])).tolist()
        self._numbers = numbers[self._bounds[:-1]].tolist()
        # odd: what ends a conversation, is cut off, or may be a probe ...
        odd = flags & (codes.TCP_FIN | codes.TCP_RST) > 0
        odd |= (whole != rows[:, codes.PACKET_SIZE]) | ((whole == 1) & (flags & codes.TCP_PSH == 0))
        # ... or does not go on where the packet before it on its side ended; an opening has none
        joined = (numbers[1:] == numbers[:-1]) & (sides[1:] == sides[:-1])
        odd[1:] |= joined & ((self._sequences[1:] != self._behind[:-1]) | opens[1:])
        odd |= opens & (whole > 0)
        self._odd = _sums(odd)
        self._sides = _sums(sides)
        self._total = _sums(rows[:, codes.PACKET_SIZE])
        self._opens = opens

    def talks(self) -> Iterator[tuple[int, slice]]:
        """The number of each conversation, and where its packets are."""
        bounds = self._bounds
        for place, number in enumerate(self._numbers):
            yield number, slice(bounds[place], bounds[place + 1])

    def plain(self, one: slice) -> bool:
        """Whether each packet of either side goes on where the one before it ended."""
        return bool(self._odd[one.start] == self._odd[one.stop])

    def sides(self, one: slice) -> list[tuple[int, slice]]:
        """The sides that speak, and where the packets of each are."""
        middle = one.stop - int(self._sides[one.stop] - self._sides[one.start])
        found = []
        if middle > one.start:
            found.append((0, slice(one.start, middle)))
        if middle < one.stop:
            found.append((1, slice(middle, one.stop)))
        return found

    def opens(self, run: slice) -> bool:
        """Whether the first packet opens the conversation."""
        return bool(self._opens[run.start])

    def sequence(self, run: slice) -> int:
        """The sequence number of the first packet."""
        return int(self._sequences[run.start])

    def flags(self, run: slice) -> int:
        """The flags of the first packet."""
        return int(self._rows[run.start, codes.PACKET_FLAGS])

    def behind(self, run: slice) -> int:
        """The number of the byte behind the last."""
        return int(self._behind[run.stop - 1])

    def size(self, run: slice) -> int:
        """Bytes of payload."""
        return int(self._total[run.stop] - self._total[run.start])

    def joined(self, run: slice) -> bytes:
        """The payloads, one behind the other."""
        starts, sizes = self._rows[run, _OFFSET_AND_SIZE].T.tolist()
        data = self.data
        return b"".join([data[at : at + size] for at, size in zip(starts, sizes, strict=True)])

    def rows(self, one: slice) -> list[Row]:
        """The packets in the order of the capture."""
        order = one.start + np.argsort(self._order[one])
        return [
            (row[codes.PACKET_SIDE], row[codes.PACKET_SEQUENCE], row[codes.PACKET_FLAGS],
             row[codes.PACKET_OFFSET], row[codes.PACKET_SIZE], row[codes.PACKET_WHOLE])
            for row in self._rows[order].tolist()
        ]  # fmt: skip
