"""Codecs whose bodies are no AVL records: rewritten into a body that the walk takes, and walked.

So a policy is applied in one place, whatever the codec.  Two shapes are written:

| shape | a record |
|---|---|
| ``RECORD`` | as in Codec 8 Extended: fixed part, event id, total, groups |
| ``BARE`` | u64 time in ms (all ones: none), u16 total, the same groups |

In front stand codec id and count, behind it the count again.  What a codec did not send: altitude,
angle and speed have a value for it (``walk.codes``: ``..._NOT_SENT``), without a position satellites
are 0.  The elements of a ``BARE`` record have ids of ours, from 0xF000 on; a ``RECORD`` has the
device's.  A rewritten body is at most twice as long as what came, and 40 bytes a record more.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gpsproto.codecs import avl
from gpsproto.codecs.avl import Shape
from gpsproto.errors import ErrorCode
from gpsproto.rawcolumns import RawColumns
from gpsproto.walk import codes
from gpsproto.wire.frame import ERROR_CODES, FrameTable

RECORD = Shape(0x8E, "record", id_size=2, count_size=2, variable=True)
BARE = Shape(0x8E, "bare record", id_size=2, count_size=2, variable=True, bare=True)

_NO_TIME = (1 << 64) - 1
_WIDTHS = (1, 2, 4, 8)

RECORDS = "avl"
"""The kind of records that are counted by their codec alone."""


class Rewriting(NamedTuple):
    """A body as the walk takes it, how many records it holds, and of which kind.

    No records and no body: the frame is right, counted under its kind, and not read any further.
    """

    body: bytes
    rows: int
    kind: str


class Refused(NamedTuple):
    """Why a body does not fit, and its first wrong byte."""

    code: ErrorCode
    at: int


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A codec that is rewritten.  ``rewritten`` takes codec id to second count, and never raises."""

    codec: int
    name: str
    rewritten: Callable[[memoryview], Rewriting | Refused]
    shape: Shape = RECORD

    @property
    def acknowledged(self) -> bool:
        """Whether a server says how many records it took: of records alone."""
        return self.shape is RECORD


def bare(
    time_ms: int | None, values: Iterable[tuple[int, int, int]], unread: Iterable[int] = ()
) -> bytes:
    """A body of one ``BARE`` record: (id, bytes, value), and ids of what is there and not read.

    Of what is not read nothing is handed on, not even its length: the walk counts that it was there.
    """
    members, others = list(values), list(unread)
    parts = [b"\0\1", (_NO_TIME if time_ms is None else time_ms).to_bytes(8, "big")]
    parts.append((len(members) + len(others)).to_bytes(2, "big"))
    for width in _WIDTHS:
        group = [(id, value) for id, size, value in members if size == width]
        parts.append(len(group).to_bytes(2, "big"))
        parts += [id.to_bytes(2, "big") + value.to_bytes(width, "big") for id, value in group]
    parts.append(len(others).to_bytes(2, "big"))
    parts += [id.to_bytes(2, "big") + b"\0\0" for id in others]
    return b"".join([*parts, b"\1"])


def take(
    reading: Rewritten, table: FrameTable, row: int, shapes: bytes, columns: RawColumns
) -> bool:
    """Take a frame into columns, or refuse it in its table; False where the block is full."""
    found = reading.rewritten(table.body(row))
    if isinstance(found, Refused):
        table.refuse(row, *found)
        return True
    if found.rows > max(1, table.cell(row, codes.COUNT)):  # there is room for as many as announced
        table.refuse(row, ErrorCode.COUNT_MISMATCH, 1)
        return True
    if not found.rows:
        columns.desk[codes.TALLY_BYTES] += table.cell(row, codes.SIZE)
        columns.run.decoded[reading.codec] += 1
    else:
        before, one = len(columns), _alone(table.row(row), found)
        if not avl.fill(one, 0, 1, shapes, columns):
            return False
        if one.cell(0, codes.KIND) == codes.REJECTED:
            table.refuse(row, ERROR_CODES[one.cell(0, codes.CODE)], 0)
            return True
        columns.say(found.kind, before)
    if found.kind != RECORDS:
        columns.balance.messages[found.kind] += 1
    return True


def _alone(event: array[int], found: Rewriting) -> FrameTable:
    """A rewritten body as a table of its own; for the counts it is of the size that came."""
    event[codes.BODY] = 0
    event[codes.BODY_SIZE] = len(found.body)
    event[codes.COUNT] = found.rows
    return FrameTable(memoryview(found.body), event, 1, 0, 0)
