"""What framing finds: the four outcomes as objects, and the same for a whole chunk as a table."""

from __future__ import annotations

from array import array
from typing import NoReturn, SupportsIndex, final

import numpy as np
import numpy.typing as npt

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode
from gpsproto.identity import DeviceId
from gpsproto.walk import codes

ERROR_CODES = {
    number: ErrorCode[name] for name, number in vars(codes).items() if name in ErrorCode.__members__
}
"""The walk's numbers as error codes, joined by name."""

NUMBERS = {code: number for number, code in ERROR_CODES.items()}
"""The same the other way."""


class _Raw:
    """Base of what still holds bytes from the wire: no repr, no pickle, no comparison by value."""

    __slots__ = ()

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("what holds bytes from the wire cannot be pickled or copied")


@final
class Envelope(_Raw):
    """What an answer must echo: a datagram's packet ids or a watch's head, and the device.  Opaque.

    ``echo`` is what stands between the bracket and the length of an answer to a watch.
    """

    __slots__ = ("__echo", "conversation", "device", "packet_ids")

    def __init__(
        self,
        device: DeviceId | None,
        conversation: int,
        packet_ids: tuple[int, int] | None,
        echo: bytes = b"",
    ) -> None:
        self.device = device
        self.conversation = conversation
        self.packet_ids = packet_ids
        self.__echo = echo

    def answered(self, content: bytes) -> bytes:
        """The frame that brings ``content`` to the watch; its name, id and index are the watch's."""
        if not self.__echo:
            raise ValueError("what is answered must be a watch's frame")
        if not 1 <= len(content) <= 0xFFFF:
            raise ValueError("an answer has 1 to 65535 bytes")
        return b"[%b%04X*%b]" % (self.__echo, len(content), content)

    def __repr__(self) -> str:
        return "Envelope(redacted)"


@final
class Frame(_Raw):
    """A frame that is right: ``body`` is codec id to second count, or a watch's content; not copied.

    ``notes`` says what was odd about it.
    """

    __slots__ = ("body", "codec", "count", "envelope", "notes", "offset", "size")

    def __init__(
        self,
        codec: int,
        count: int,
        envelope: Envelope,
        body: memoryview,
        offset: int,
        size: int,
        notes: tuple[ErrorCode, ...] = (),
    ) -> None:
        self.codec = codec
        self.count = count
        self.envelope = envelope
        self.body = body
        self.offset = offset
        self.size = size
        self.notes = notes

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


TELTONIKA = "teltonika"
WATCH = "watch"

_FEW = 32  # rows up to which plain Python is the faster
_SIGNED_ID = 34  # an id that stands farther from its bracket has a signature before it

Event = Handshake | Frame | Rejected | Skipped


@final
class FrameTable(_Raw):
    """What one scan found, as rows of integers over one buffer: see ``walk.codes``."""

    __slots__ = ("base", "data", "events", "others", "protocol", "rows")

    def __init__(
        self,
        data: memoryview,
        events: array[int],
        rows: int,
        base: int,
        others: int,
        protocol: str = TELTONIKA,
    ) -> None:
        self.data = data
        self.events = events
        self.rows = rows
        self.base = base  # offset of the buffer in the stream
        self.others = others  # rows that are not frames
        self.protocol = protocol  # of its frames: TELTONIKA or WATCH

    def __len__(self) -> int:
        return self.rows

    def __repr__(self) -> str:
        return f"FrameTable({self.rows} events)"

    def where(self, kind: int) -> list[int]:
        """Rows of a kind."""
        if self.rows <= _FEW:
            kinds = self.events[codes.KIND : self.rows * codes.STRIDE : codes.STRIDE]
            return [row for row, found in enumerate(kinds) if found == kind]
        found: list[int] = (self._column(codes.KIND) == kind).nonzero()[0].tolist()
        return found

    def _column(self, column: int) -> npt.NDArray[np.int64]:
        """An integer of every row."""
        whole = np.frombuffer(self.events, np.int64, self.rows * codes.STRIDE)
        return whole[column :: codes.STRIDE]

    def row(self, row: int) -> array[int]:
        """All integers of a row."""
        return self.events[row * codes.STRIDE : (row + 1) * codes.STRIDE]

    def cell(self, row: int, column: int) -> int:
        """One integer of a row."""
        return self.events[row * codes.STRIDE + column]

    def has(self, codec: int, frames: list[int] | None = None) -> bool:
        """Whether a frame is of a codec: one of these rows, or where none are named, any may be."""
        if frames is not None:
            return any(self.events[row * codes.STRIDE + codes.CODEC] == codec for row in frames)
        if self.rows <= _FEW:
            return codec in self.events[codes.CODEC : self.rows * codes.STRIDE : codes.STRIDE]
        return bool((self._column(codes.CODEC) == codec).any())

    def elements(self, row: int) -> int:
        """The most elements that a frame can hold: each takes two bytes, or one and a comma."""
        size = self.cell(row, codes.BODY_SIZE)
        if self.cell(row, codes.CODEC) == codes.BRACKET:
            return size
        return size // 2 + codes.ATTRIBUTES_EXTRA * self.cell(row, codes.COUNT)

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

    def notes(self, row: int) -> tuple[ErrorCode, ...]:
        """What is odd about a watch's frame that is taken all the same."""
        code = self.cell(row, codes.CODE)
        if self.protocol != WATCH or not code:
            return ()
        signed = self.cell(row, codes.AT) - self.cell(row, codes.OFFSET) > _SIGNED_ID
        if signed and code != codes.SIGNED:
            return ERROR_CODES[code], ErrorCode.SIGNED
        return (ERROR_CODES[code],)

    def _odd(self) -> list[int]:
        """Rows of frames that bear a code."""
        if self.protocol != WATCH:
            return []
        odd = (self._column(codes.KIND) == codes.FRAME) & (self._column(codes.CODE) != 0)
        found: list[int] = odd.nonzero()[0].tolist()
        return found

    def body(self, row: int) -> memoryview:
        """Codec id to second count, or a watch's content; not copied."""
        start = self.cell(row, codes.BODY)
        return self.data[start : start + self.cell(row, codes.BODY_SIZE)]

    def refuse(self, row: int, code: ErrorCode, at: int) -> None:
        """Make a frame a rejected one; ``at`` is the wrong byte of its body."""
        start = row * codes.STRIDE
        self.events[start + codes.AT] = self.cell(row, codes.BODY) + at
        self.events[start + codes.KIND] = codes.REJECTED
        self.events[start + codes.CODE] = NUMBERS[code]

    def count_others(self, balance: Balance) -> None:
        """Count what is not a decoded frame.  Once the walk is done: it rejects frames too."""
        for row in self.where(codes.REJECTED):
            found = self.rejected(row)
            balance.reject(found.code, found.size, found.offset, found.at)
        for row in self._odd():
            balance.notes.update(self.notes(row))
        if not self.others:
            return
        for row in self.where(codes.SKIPPED):
            gap = self.skipped(row)
            balance.skip(gap.code, gap.size, gap.offset)
        for row in self.where(codes.HANDSHAKE):
            balance.logins += 1
            balance.bytes_logins += self.cell(row, codes.SIZE)
