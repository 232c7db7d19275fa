"""What framing finds: the four outcomes as objects, and the same for a whole chunk as a table."""

from __future__ import annotations

from array import array
from typing import NoReturn, SupportsIndex, final

import numpy as np

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode
from gpsproto.identity import DeviceId
from gpsproto.walk import codes

ERROR_CODES = {
    number: ErrorCode[name] for name, number in vars(codes).items() if name in ErrorCode.__members__
}
"""The walk's numbers as error codes, joined by name."""


class _Raw:
    """Base of what still holds bytes from the wire: no repr, no pickle, no comparison by value."""

    __slots__ = ()

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("what holds bytes from the wire cannot be pickled or copied")


@final
class Envelope(_Raw):
    """What an answer must echo: the packet ids of a datagram, and the device.  Opaque."""

    __slots__ = ("conversation", "device", "packet_ids")

    def __init__(
        self, device: DeviceId | None, conversation: int, packet_ids: tuple[int, int] | None
    ) -> None:
        self.device = device
        self.conversation = conversation
        self.packet_ids = packet_ids

    def __repr__(self) -> str:
        return "Envelope(redacted)"


@final
class Frame(_Raw):
    """A frame whose CRC and counts are right: ``body`` is codec id to second count, not copied."""

    __slots__ = ("body", "codec", "count", "envelope", "offset", "size")

    def __init__(
        self, codec: int, count: int, envelope: Envelope, body: memoryview, offset: int, size: int
    ) -> None:
        self.codec = codec
        self.count = count
        self.envelope = envelope
        self.body = body
        self.offset = offset
        self.size = size

    def __repr__(self) -> str:
        return (
            f"Frame(codec=0x{self.codec:02X}, count={self.count}, "
            f"offset={self.offset}, size={self.size})"
        )


@final
class Handshake(_Raw):
    """A login: the device that speaks from here on."""

    __slots__ = ("conversation", "device", "offset", "size")

    def __init__(self, device: DeviceId, conversation: int, offset: int, size: int) -> None:
        self.device = device
        self.conversation = conversation
        self.offset = offset
        self.size = size

    def __repr__(self) -> str:
        return f"Handshake(redacted, offset={self.offset})"


@final
class Rejected(_Raw):
    """A frame that was refused, with its size, so that the stream goes on; ``at`` is the byte."""

    __slots__ = ("at", "code", "offset", "size")

    def __init__(self, code: ErrorCode, offset: int, size: int, at: int) -> None:
        self.code = code
        self.offset = offset
        self.size = size
        self.at = at

    def __repr__(self) -> str:
        return f"Rejected({self.code.value}, offset={self.offset}, size={self.size})"


@final
class Skipped(_Raw):
    """Bytes that belong to no frame, and why."""

    __slots__ = ("code", "offset", "size")

    def __init__(self, code: ErrorCode, offset: int, size: int) -> None:
        self.code = code
        self.offset = offset
        self.size = size

    def __repr__(self) -> str:
        return f"Skipped({self.code.value}, offset={self.offset}, size={self.size})"


_FEW = 32  # rows up to which plain Python is the faster

Event = Handshake | Frame | Rejected | Skipped


@final
class FrameTable(_Raw):
    """What one scan found, as rows of integers over one buffer: see ``walk.codes``."""

    __slots__ = ("base", "data", "events", "others", "rows")

    def __init__(
        self, data: memoryview, events: array[int], rows: int, base: int, others: int
    ) -> None:
        self.data = data
        self.events = events
        self.rows = rows
        self.base = base  # offset of the buffer in the stream
        self.others = others  # rows that are not frames

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"FrameTable({self.rows} events)"

    def where(self, kind: int) -> list[int]:
        """Rows of a kind."""
        kinds = self.events[codes.KIND : self.rows * codes.STRIDE : codes.STRIDE]
        if self.rows <= _FEW:
            return [row for row, found in enumerate(kinds) if found == kind]
        return [int(row) for row in np.flatnonzero(np.frombuffer(kinds, np.int64) == kind)]

    def row(self, row: int) -> array[int]:
        """All integers of a row."""
        return self.events[row * codes.STRIDE : (row + 1) * codes.STRIDE]

    def cell(self, row: int, column: int) -> int:
        """One integer of a row."""
        return self.events[row * codes.STRIDE + column]

    def elements(self, row: int) -> int:
        """The most IO elements that a frame can hold: each takes two bytes at least."""
        return self.cell(row, codes.BODY_SIZE) // 2

    def rejected(self, row: int) -> Rejected:
        """A row as the object it stands for."""
        return Rejected(
            ERROR_CODES[self.cell(row, codes.CODE)],
            self.base + self.cell(row, codes.OFFSET),
            self.cell(row, codes.SIZE),
            self.base + self.cell(row, codes.AT),
        )

    def skipped(self, row: int) -> Skipped:
        """A row as the object it stands for."""
        return Skipped(
            ERROR_CODES[self.cell(row, codes.CODE)],
            self.base + self.cell(row, codes.OFFSET),
            self.cell(row, codes.SIZE),
        )

    def body(self, row: int) -> memoryview:
        """Codec id to second count, not copied."""
        start = self.cell(row, codes.BODY)
        return self.data[start : start + self.cell(row, codes.BODY_SIZE)]

    def count_others(self, balance: Balance) -> None:
        """Count what is not a decoded frame.  Once the walk is done: it rejects frames too."""
        for row in self.where(codes.REJECTED):
            found = self.rejected(row)
            balance.reject(found.code, found.size, found.offset, found.at)
        if not self.others:
            return
        for row in self.where(codes.SKIPPED):
            gap = self.skipped(row)
            balance.skip(gap.code, gap.size, gap.offset)
        for row in self.where(codes.HANDSHAKE):
            balance.logins += 1
            balance.bytes_logins += self.cell(row, codes.SIZE)
