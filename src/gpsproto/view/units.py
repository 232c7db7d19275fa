"""What a dump is made of, one thing after another: logins, frames, what was refused, what was skipped.

A dump is streamed through the framers and the decoder, so that a frame is here what it is there; of
all that it holds only what is sought is copied.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, NoReturn, SupportsIndex

import numpy as np

from gpsproto.balance import Balance
from gpsproto.captures.archive import Member
from gpsproto.captures.recognise import InputFormat
from gpsproto.captures.source import Source
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.pipeline import Decoder, framed, opened
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.walk import codes
from gpsproto.wire.frame import ERROR_CODES, WATCH, FrameTable

LONGEST = 1 << 20
"""Bytes of a run of others that are copied: the rest is only counted."""


class Kind(StrEnum):
    """What a stretch of a dump is."""

    LOGIN = "login"
    FRAME = "frame"
    REJECTED = "rejected"
    SKIPPED = "skipped"


_KINDS = {
    codes.FRAME: Kind.FRAME,
    codes.HANDSHAKE: Kind.LOGIN,
    codes.REJECTED: Kind.REJECTED,
    codes.SKIPPED: Kind.SKIPPED,
}


@dataclass(slots=True, eq=False, repr=False)
class Unit:
    """A stretch of a dump: its first bytes, and what decode() made of it.

    ``number`` counts the frames of the dump from 1, refused ones among them; 0 for what is none.
    ``size`` may be more than ``data`` holds.  ``at`` is the offset of the wrong byte.  ``body`` is
    where the codec id, or a watch's content, begins in ``data``, and its size; None where framing
    refused it.
    """

    kind: Kind
    number: int
    offset: int
    size: int
    data: bytes
    code: ErrorCode | None
    at: int
    watch: bool
    datagram: bool
    message: bool  # an SMS
    body: tuple[int, int] | None
    notes: tuple[ErrorCode, ...] = ()

    def __repr__(self) -> str:
        return f"Unit({self.kind.value}, offset={self.offset}, size={self.size})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("what holds bytes from the wire cannot be pickled or copied")

    @property
    def is_frame(self) -> bool:
        """Whether it counts as a frame, be it refused."""
        return self.kind in (Kind.FRAME, Kind.REJECTED)


@dataclass(frozen=True, slots=True)
class Sought:
    """Which frame: by its number, by a byte of it, or the first that was refused.

    With none of them the first frame, or the only refused one of the dump.
    """

    frame: int | None = None
    at: int | None = None
    rejected: bool = False


@dataclass(slots=True, eq=False)
class Found:
    """What was sought, and how many there are: ``whole`` where the dump was read to its end."""

    unit: Unit | None = None
    frames: int = 0
    rejected: int = 0
    whole: bool = True


Kinds = np.ndarray[tuple[int, ...], np.dtype[np.int64]]


class Judged(NamedTuple):
    """A table in which the decoder has marked what it refuses, and what framing found in its rows."""

    table: FrameTable
    form: InputFormat
    framed: Kinds


def tables(
    source: Source | Member, kind: InputFormat, door: PrivacyFilter, balance: Balance
) -> Iterator[Judged]:
    """The tables of a dump, judged; each is valid until the next is asked for."""
    conversations = Conversations()
    decoder = Decoder(door, conversations=conversations, balance=balance)
    for form, read in opened(source, kind, balance=balance):
        for table in framed(read, form, conversations=conversations, balance=balance):
            found = _kinds(table).copy()
            for _ in decoder.take(table):
                pass
            yield Judged(table, form, found)


def units(
    source: Source | Member, door: PrivacyFilter, *, input_format: InputFormat = InputFormat.AUTO,
    balance: Balance | None = None,
) -> Iterator[Unit]:  # fmt: skip
    """Every stretch of a dump, in order; together they are its bytes."""
    number = 0
    last: Unit | None = None
    found = tables(source, input_format, door, Balance() if balance is None else balance)
    for judged in found:
        for row in range(len(judged.table)):
            if last is not None and _grown(last, judged.table, row):
                continue
            if last is not None:
                yield last
            last = _unit(judged, row, number + 1)
            number += last.is_frame
    if last is not None:
        yield last


def found_in(
    source: Source | Member, door: PrivacyFilter, sought: Sought, *,
    input_format: InputFormat = InputFormat.AUTO, balance: Balance | None = None,
) -> Found:  # fmt: skip
    """Seek one frame of a dump, in one pass; where it is found early the rest is not read."""
    found = Found()
    picked: dict[str, Unit] = {}
    growing: dict[str, Unit] = {}
    early = sought != Sought()
    counted = Balance() if balance is None else balance
    for judged in tables(source, input_format, door, counted):
        table = judged.table
        for key, row in _rows(table, sought, found):
            if key not in picked:
                picked[key] = growing[key] = _unit(judged, row, _number(table, row, found))
        _grow(growing, table)
        found.frames += _count(table, codes.FRAME) + _count(table, codes.REJECTED)
        found.rejected += _count(table, codes.REJECTED)
        if early and picked and not growing:
            found.whole = False
            break
    if not early and found.rejected == 1 and "rejected" in picked:
        found.unit = picked["rejected"]
    else:
        found.unit = next(iter(picked[key] for key in _ORDER if key in picked), None)
    return found


_ORDER = ("sought", "frame", "rejected", "any")


def _rows(table: FrameTable, sought: Sought, found: Found) -> Iterator[tuple[str, int]]:
    """Rows that may be the one that is sought, and as what."""
    if sought.frame is not None:
        rows = _frames(table)
        place = sought.frame - 1 - found.frames
        if 0 <= place < len(rows):
            yield "sought", rows[place]
    elif sought.at is not None:
        for row in range(len(table)):
            start = table.base + table.cell(row, codes.OFFSET)
            if start <= sought.at < start + table.cell(row, codes.SIZE):
                yield "sought", row
    elif sought.rejected:
        for row in table.where(codes.REJECTED)[:1]:
            yield "sought", row
    else:
        for key, rows in (
            ("frame", _frames(table)), ("rejected", table.where(codes.REJECTED)),
            ("any", [*range(min(1, len(table)))]),
        ):  # fmt: skip
            for row in rows[:1]:
                yield key, row


def _kinds(table: FrameTable) -> Kinds:
    cells = np.frombuffer(table.events, np.int64, len(table) * codes.STRIDE)
    return cells[codes.KIND :: codes.STRIDE]


def _frames(table: FrameTable) -> list[int]:
    """Rows of frames, refused ones among them."""
    kinds = _kinds(table)
    return [int(row) for row in np.flatnonzero((kinds == codes.FRAME) | (kinds == codes.REJECTED))]


def _count(table: FrameTable, kind: int) -> int:
    return int(np.count_nonzero(_kinds(table) == kind))


def _number(table: FrameTable, row: int, found: Found) -> int:
    return found.frames + 1 + sum(one < row for one in _frames(table))


def _grow(growing: dict[str, Unit], table: FrameTable) -> None:
    """Let what was picked last take in what belongs to it; it is whole once something else comes."""
    for key, unit in list(growing.items()):
        for row in range(len(table)):
            start = table.base + table.cell(row, codes.OFFSET)
            if start < unit.offset + unit.size:
                continue
            if not _grown(unit, table, row):
                del growing[key]
                break


def _grown(unit: Unit, table: FrameTable, row: int) -> bool:
    """Take in a run of bytes that the search behind a refusal stepped over."""
    if (
        unit.kind not in (Kind.REJECTED, Kind.SKIPPED)
        or table.cell(row, codes.KIND) != codes.SKIPPED
    ):
        return False
    gap = table.skipped(row)
    if gap.code is not unit.code or gap.offset != unit.offset + unit.size:
        return False
    start = table.cell(row, codes.OFFSET)
    room = max(0, LONGEST - len(unit.data))
    unit.data += bytes(table.data[start : start + min(gap.size, room)])
    unit.size += gap.size
    return True


def _unit(judged: Judged, row: int, number: int) -> Unit:
    """A row as a unit of its own, its bytes copied."""
    table, form, framed = judged
    kind = _KINDS[table.cell(row, codes.KIND)]
    start, size = table.cell(row, codes.OFFSET), table.cell(row, codes.SIZE)
    data = bytes(table.data[start : start + min(size, LONGEST)])
    code = table.cell(row, codes.CODE)
    watch = table.protocol == WATCH
    body: tuple[int, int] | None = None
    if framed[row] == codes.FRAME:
        body = (table.cell(row, codes.BODY) - start, table.cell(row, codes.BODY_SIZE))
    refused = kind in (Kind.REJECTED, Kind.SKIPPED)
    return Unit(
        kind, number if kind in (Kind.FRAME, Kind.REJECTED) else 0, table.base + start, size, data,
        ERROR_CODES[code] if refused else None,
        table.base + table.cell(row, codes.AT) if refused else -1,
        watch, form.is_datagrams, form is InputFormat.SMS, body,
        table.notes(row) if kind is Kind.FRAME else (),
    )  # fmt: skip
