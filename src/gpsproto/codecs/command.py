"""What Codec 12, 13, 14 and 15 share: a message of a device or of its server, of one type and size.

| offset | bytes | field |
|---|---|---|
| 0 | 1 | codec id |
| 1 | 1 | quantity; normally 1, and never used to find anything |
| 2 | 1 | type |
| 3 | 4 | size S of what follows, up to the second quantity |
| 7 | 4 | Codec 13 and 15: time in seconds since 1970-01-01 UTC |
| .. | 8 | Codec 14 and 15: IMEI, two digits a byte, zeros in front |
| .. | | text, or whatever was sent through |
| 7 + S | 1 | quantity again |

The type says what it is: the kind of a record, or of a frame that is counted and not read.

| kind | what becomes of it |
|---|---|
| ``answer`` | a record: its time, what ``answer.read`` finds; text and IMEI are not read |
| ``refusal`` | a record: that the device is not the one that was meant |
| ``command`` | counted: login, password and numbers may stand in it |
| ``photo`` | counted; the length of the parts is checked |
| ``serial`` | counted: bytes of a serial port, a tachograph, a navigator |

A body is refused as ``truncated`` where the size is more than there is or too small for time and
IMEI, as ``trailing_bytes`` where it is less, as ``count_mismatch`` where the quantities differ.

The IMEI of Codec 14 and 15 is an identifier and names nobody here: it stands in the messages of the
server too, and who speaks must not change in the middle of a stream.

Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import construct as c

from gpsproto.category import Category
from gpsproto.codecs import camera
from gpsproto.codecs.answer import IMEI, TEXT, read
from gpsproto.codecs.carrier import Carrier
from gpsproto.codecs.rewritten import BARE, Refused, Rewriting, Rewritten, bare
from gpsproto.errors import ErrorCode

HEAD = 7
"""Bytes before what the size counts."""

_YEAR_2000_S = 946_684_800
_YEAR_2100_S = 4_102_444_800
_IMEI_SIZE = 8


class Kind(StrEnum):
    """What a message is."""

    COMMAND = "command"
    ANSWER = "answer"
    REFUSAL = "refusal"
    PHOTO = "photo"
    SERIAL = "serial"


@dataclass(frozen=True, slots=True)
class Command:
    """A codec of messages: what stands in front of its text, and which type is of which kind."""

    codec: int
    name: str
    types: Mapping[int, Kind]
    time: bool = False
    imei: bool = False

    @property
    def reading(self) -> Rewritten:
        """The codec as the registry wants it."""
        return Rewritten(self.codec, self.name, self.rewritten, BARE)

    def kind(self, type: int) -> Kind:
        """What a message of a type is."""
        return self.types.get(type, Kind.SERIAL)

    def rewritten(self, body: memoryview) -> Rewriting | Refused:
        """A record for an answer and for a refusal; of the rest, that it came."""
        size = len(body)
        if size <= HEAD:
            return Refused(ErrorCode.TRUNCATED, 2)
        if body[size - 1] != body[1]:
            return Refused(ErrorCode.COUNT_MISMATCH, size - 1)
        said, there = int.from_bytes(body[3:HEAD], "big"), size - HEAD - 1
        if said > there:
            return Refused(ErrorCode.TRUNCATED, 3)
        if said < there:
            return Refused(ErrorCode.TRAILING_BYTES, HEAD + said)
        kind, inside = self.kind(body[2]), body[HEAD : HEAD + said]
        if kind is Kind.PHOTO:
            wrong = camera.wrong(inside)
            return (
                Rewriting(b"", 0, kind.value)
                if wrong is None
                else Refused(wrong[0], HEAD + wrong[1])
            )
        if said < 4 * self.time + _IMEI_SIZE * self.imei:
            return Refused(ErrorCode.TRUNCATED, HEAD)
        if kind is not Kind.ANSWER and kind is not Kind.REFUSAL:
            return Rewriting(b"", 0, kind.value)
        time_ms, start = self._time(inside)
        unread = [IMEI] * self.imei
        if kind is Kind.REFUSAL:
            return Rewriting(bare(time_ms, (), unread), 1, kind.value)
        start += _IMEI_SIZE * self.imei
        if start < said:
            unread.append(TEXT)
        return Rewriting(bare(time_ms, read(inside[start:]), unread), 1, kind.value)

    def _time(self, inside: memoryview) -> tuple[int | None, int]:
        """The time in ms, and the bytes that it takes.

        An old example of Codec 13 has 8 bytes of milliseconds: they are taken where four of seconds
        would be of before the year 2000.
        """
        if not self.time:
            return None, 0
        seconds = int.from_bytes(inside[:4], "big")
        if seconds < _YEAR_2000_S and not self.imei and len(inside) >= 8:
            milliseconds = int.from_bytes(inside[:8], "big")
            if _YEAR_2000_S * 1000 <= milliseconds < _YEAR_2100_S * 1000:
                return milliseconds, 8
        return seconds * 1000, 4

    def grammar(self, *, milliseconds: bool = False) -> Any:
        """The body as a construct: the oracle and the builder."""
        inside: dict[str, Any] = {}
        if self.time:
            inside["time"] = c.Int64ub if milliseconds else c.Int32ub
        if self.imei:
            inside["imei"] = c.Bytes(_IMEI_SIZE)
        return c.Struct(
            "codec" / c.Const(self.codec, c.Int8ub),
            "quantity" / c.Int8ub,
            "type" / c.Int8ub,
            "inside"
            / c.Prefixed(
                c.Int32ub,
                c.Struct(*(name / form for name, form in inside.items()), "data" / c.GreedyBytes),
            ),
            "again" / c.Rebuild(c.Int8ub, c.this.quantity),
            c.Check(c.this.again == c.this.quantity),
            c.Terminated,
        )

    def body(
        self, type: int, data: bytes, *, time: int = 0, imei: bytes = bytes(_IMEI_SIZE),
        quantity: int = 1, milliseconds: bool = False,
    ) -> bytes:  # fmt: skip
        """Codec id to second quantity; construct's errors where a value does not fit."""
        parts = {"quantity": quantity, "type": type}
        inside = {"time": time, "imei": imei, "data": data}
        form = self.grammar(milliseconds=milliseconds)
        return bytes(form.build({**parts, "inside": inside}))

    def carriers(self, row: str, photo_row: str = "") -> Iterator[Carrier]:
        """Where its messages can hide an identifier; ``row`` is that of the leak surface."""
        of_kind = {kind: type for type, kind in self.types.items()} | {Kind.SERIAL: 0x0B}
        for kind, type in of_kind.items():
            if kind is Kind.PHOTO:
                yield Carrier(
                    f"{self.name} {kind}", "part", Category.PHOTO, photo_row,
                    _within(self, type, camera.part),
                )  # fmt: skip
                continue
            if self.imei:
                element = IMEI if kind in (Kind.ANSWER, Kind.REFUSAL) else None
                yield Carrier(
                    f"{self.name} {kind}", "imei", Category.DEVICE_ID, row, _named(self, type),
                    _IMEI_SIZE, element,
                )  # fmt: skip
            if kind is not Kind.REFUSAL:
                element = TEXT if kind is Kind.ANSWER else None
                field, category = _HELD[kind]
                yield Carrier(
                    f"{self.name} {kind}", field, category, row, _within(self, type, bytes),
                    element=element,
                )  # fmt: skip


_HELD = {
    Kind.COMMAND: ("text", Category.SECRET),
    Kind.ANSWER: ("text", Category.MESSAGE),
    Kind.SERIAL: ("bytes", Category.OPAQUE),
}


def _within(
    form: Command, type: int, wrapped: Callable[[bytes], bytes]
) -> Callable[[bytes], bytes]:
    return lambda data: form.body(type, wrapped(data), time=_YEAR_2000_S)


def _named(form: Command, type: int) -> Callable[[bytes], bytes]:
    return lambda data: form.body(type, b"getver", time=_YEAR_2000_S, imei=data)
