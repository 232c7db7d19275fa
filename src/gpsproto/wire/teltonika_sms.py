"""Teltonika over SMS: one message, which ends in the IMEI of its device.

| message | bytes before the IMEI |
|---|---|
| binary | codec id, number of records, records, number of records again |
| 24 positions (codec id 4) | a stream of bits: codec id, time, number of elements, elements |

The IMEI is a number of 8 bytes, without the zeros that it may begin with.  There is no checksum.
Rejected: another codec, an IMEI or counts that do not fit, a size over the limit.  Skipped: a message
of text.
Source: the vendor's protocol description 2.10.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import final

from gpsproto.identity import Conversations, DeviceId
from gpsproto.walk import codes
from gpsproto.wire.frame import Envelope, Event, Frame, FrameTable
from gpsproto.wire.limits import Limits

CODECS = (0x04, 0x07, 0x08, 0x10, 0x8E)
"""Codec ids that a message may begin with."""

_POSITIONS = 0x04
_POSITIONS_HEAD = 6  # bytes up to the count of a message of positions, it included
_POSITION_BITS = 51  # the most of one
_IMEI = 8
_LEAST = 3 + _IMEI
_TEXT = bytes(range(32, 127)) + b"\t\r\n"


def is_sms(data: bytes) -> bool:
    """Whether bytes are a message beyond doubt: codec id, counts, an IMEI whose check digit fits."""
    if len(data) < _LEAST or _wrong(data, Limits()):
        return False
    count = _count(data)
    if data[0] == _POSITIONS:
        bits = 8 * (len(data) - _IMEI - _POSITIONS_HEAD)
        if not count <= bits < count * _POSITION_BITS + 8:
            return False
    return count > 0 and DeviceId(_digits(data, 15)).luhn_valid


def _digits(data: bytes | memoryview, least: int) -> bytes:
    """The IMEI at the end: its first zeros are not in the number."""
    return b"%0*d" % (least, int.from_bytes(data[-_IMEI:], "big"))


def _count(data: bytes | memoryview) -> int:
    """The number of records."""
    return data[5] >> 3 if data[0] == _POSITIONS else data[1]


def _wrong(data: bytes | memoryview, limits: Limits) -> tuple[int, int] | None:
    """What is wrong with a message, by the walk's number, and its byte."""
    if data[0] not in CODECS:
        return codes.UNKNOWN_CODEC, 0
    tail = len(data) - _IMEI
    least = _POSITIONS_HEAD if data[0] == _POSITIONS else _LEAST - _IMEI
    if tail < least:
        return codes.TRUNCATED, len(data)
    if tail > limits.table[data[0]]:
        return codes.TOO_LARGE, 0
    if data[0] != _POSITIONS and data[tail - 1] != data[1]:
        return codes.COUNT_MISMATCH, tail - 1
    fewest, most = limits.imei_digits
    digits = _digits(data, fewest)
    if len(digits) > most or not digits.strip(b"0"):
        return codes.BAD_SMS_IMEI, tail
    return None


@final
class SmsFramer:
    """Messages, one a call of ``receive``; what is wrong ends its message."""

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        conversations: Conversations | None = None,
        rows: int = 64,
    ) -> None:
        self._limits = limits or Limits()
        self._conversations = conversations if conversations is not None else Conversations()
        self._rows = rows
        self._waiting: list[bytes] = []
        self._base = 0
        self._eof = False

    def __repr__(self) -> str:
        return f"SmsFramer({len(self._waiting)} messages waiting)"

    @property
    def needed(self) -> int:
        """Bytes to come before anything can be said: a message is whole."""
        return 0

    def receive(self, data: bytes | memoryview) -> None:
        """Take a message."""
        if self._eof:
            raise ValueError("the input has ended")
        if len(data):
            self._waiting.append(bytes(data))

    def receive_eof(self) -> None:
        """Say that nothing more comes."""
        self._eof = True

    def tables(self) -> Iterator[FrameTable]:
        """What the messages hold, as tables of events."""
        waiting, self._waiting = self._waiting, []
        for first in range(0, len(waiting), self._rows):
            yield self._table(waiting[first : first + self._rows])

    def _table(self, messages: Sequence[bytes]) -> FrameTable:
        events = array("q", bytes(8 * codes.STRIDE * len(messages)))
        at = frames = 0
        for row, message in enumerate(messages):
            found = self._event(message, at)
            events[row * codes.STRIDE : (row + 1) * codes.STRIDE] = found
            frames += found[codes.KIND] == codes.FRAME
            at += len(message)
        base, self._base = self._base, self._base + at
        data = memoryview(b"".join(messages))
        return FrameTable(data, events, len(messages), base, len(messages) - frames)

    def _event(self, message: bytes, at: int) -> array[int]:
        """A row of a table for a message that stands at a byte of its buffer."""
        event = array("q", bytes(8 * codes.STRIDE))
        event[codes.OFFSET], event[codes.SIZE], event[codes.AT] = at, len(message), at
        wrong = _wrong(message, self._limits)
        if wrong is None:
            event[codes.KIND] = codes.FRAME
            event[codes.BODY], event[codes.BODY_SIZE] = at, len(message) - _IMEI
            event[codes.CODEC], event[codes.COUNT] = message[0], _count(message)
            digits = _digits(message, self._limits.imei_digits[0])
            event[codes.CONVERSATION] = self._conversations.of_datagram(digits)
        elif not message.translate(None, _TEXT):
            event[codes.KIND], event[codes.CODE] = codes.SKIPPED, codes.FOREIGN_TEXT
        else:
            event[codes.KIND] = codes.REJECTED
            event[codes.CODE], event[codes.AT] = wrong[0], at + wrong[1]
        return event

    def events(self) -> Iterator[Event]:
        """What the messages hold, one object an event."""
        for table in self.tables():
            for row in range(len(table)):
                kind = table.cell(row, codes.KIND)
                if kind == codes.FRAME:
                    yield self._frame(table, row)
                elif kind == codes.REJECTED:
                    yield table.rejected(row)
                else:
                    yield table.skipped(row)

    def _frame(self, table: FrameTable, row: int) -> Frame:
        number = table.cell(row, codes.CONVERSATION)
        return Frame(
            table.cell(row, codes.CODEC),
            table.cell(row, codes.COUNT),
            Envelope(self._conversations.device(number), number, None),
            table.body(row),
            table.base + table.cell(row, codes.OFFSET),
            table.cell(row, codes.SIZE),
        )
