"""What Codec 8, 8 Extended and 16 share: the record's fixed part, and the way through it.

| offset | bytes | field |
|---|---|---|
| 0 | 8 | timestamp, ms since 1970-01-01 UTC |
| 8 | 1 | priority: 0 low, 1 high, 2 panic, 3 security |
| 9 | 4 | longitude, 1e-7 degrees, two's complement |
| 13 | 4 | latitude, the same |
| 17 | 2 | altitude, m, two's complement |
| 19 | 2 | angle, degrees, 0 = north, clockwise |
| 21 | 1 | satellites in use; 0: no fix, and the place above is the last one |
| 22 | 2 | speed, km/h |

Behind it stands the IO element: event id, total, then groups of 1-, 2-, 4- and 8-byte elements, and
in 8 Extended a group of variable length.  A codec is a ``Shape``: the sizes of ids and counts.
Source: the vendor's protocol page "Codec"; the numbers are not always announced consistently, so
totals are a check and never steer the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import construct as c

from gpsproto.category import Category
from gpsproto.layout import Field, Layout, WireType
from gpsproto.rawcolumns import RawColumns
from gpsproto.walk import codes
from gpsproto.walk.avl import walk_avl
from gpsproto.wire.frame import FrameTable

FIXED = Layout(
    "AVL record",
    (
        Field("timestamp", WireType.U64, "ms", Category.TIME, "when the record was made"),
        Field("priority", WireType.U8, "", Category.ALARM, "low, high, panic, security"),
        Field("longitude", WireType.I32, "1e-7 deg", Category.LOCATION, "last known without fix"),
        Field("latitude", WireType.I32, "1e-7 deg", Category.LOCATION, "last known without fix"),
        Field("altitude", WireType.I16, "m", Category.LOCATION, "above sea level"),
        Field("angle", WireType.U16, "deg", Category.MOTION, "course, 0 = north, clockwise"),
        Field("satellites", WireType.U8, "", Category.STATUS, "0: no fix"),
        Field("speed", WireType.U16, "km/h", Category.MOTION, "over ground"),
    ),
)
"""The fixed part of an AVL record."""

HEAD = Layout(
    "AVL IO element head (Codec 16)",
    (Field("generation_type", WireType.U8, "", Category.STATUS, "what made the record, 0 to 7"),),
)
"""What Codec 16 adds behind the event id."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a codec writes the IO element: sizes in bytes of ids and of counts, and its extras."""

    codec: int
    name: str
    id_size: int
    count_size: int
    generation: bool = False
    variable: bool = False
    group16: bool = False
    bare: bool = False  # no fixed part but the time, and elements of ours alone

    def row(self) -> bytes:
        """The shape as the walk reads it."""
        row = bytearray(codes.SHAPE_STRIDE)
        row[codes.SHAPE_KNOWN] = codes.KNOWN
        row[codes.SHAPE_ID_SIZE] = self.id_size
        row[codes.SHAPE_COUNT_SIZE] = self.count_size
        row[codes.SHAPE_GENERATION] = self.generation
        row[codes.SHAPE_VARIABLE] = self.variable
        row[codes.SHAPE_GROUP16] = self.group16
        row[codes.SHAPE_BARE] = self.bare
        return bytes(row)

    def grammar(self, *, group16: bool = False) -> Any:
        """The body from codec id to second count as a construct: the oracle and the builder."""
        number = {1: c.Int8ub, 2: c.Int16ub}
        count, id = number[self.count_size], number[self.id_size]

        def group(value: Any) -> Any:
            return c.PrefixedArray(count, c.Struct("id" / id, "value" / value))

        groups = {
            "n1": group(c.Int8ub),
            "n2": group(c.Int16ub),
            "n4": group(c.Int32ub),
            "n8": group(c.Int64ub),
        }
        if group16:
            groups["n16"] = group(c.Bytes(16))
        if self.variable:
            groups["nx"] = group(c.Prefixed(c.Int16ub, c.GreedyBytes))
        head = ["event" / id]
        if self.generation:
            head.append("generation" / c.Int8ub)
        record = c.Struct(
            "fixed" / FIXED.grammar(),
            *head,
            "total" / c.Rebuild(count, lambda this: sum(len(this[name]) for name in groups)),
            *(name / members for name, members in groups.items()),
            c.Check(lambda this: this.total == sum(len(this[name]) for name in groups)),
        )
        return c.Struct(
            "codec" / c.Const(self.codec, c.Int8ub),
            "count" / c.Rebuild(c.Int8ub, c.len_(c.this.records)),
            "records" / record[c.this.count],
            "again" / c.Rebuild(c.Int8ub, c.len_(c.this.records)),
            c.Check(c.this.again == c.this.count),
            c.Terminated,
        )


def fill(table: FrameTable, first: int, last: int, shapes: bytes, columns: RawColumns) -> int:
    """Walk the frames from row ``first`` to ``last`` (exclusive) into columns until they are full.

    Returns the first row that was not taken.
    """
    projection, block = columns.projection, columns.block
    return int(
        walk_avl(
            table.data,
            table.events,
            first,
            last,
            shapes,
            projection.actions,
            projection.watched,
            projection.event_actions,
            projection.fixed,
            projection.private_slots,
            columns.desk,
            block.cells8,
            block.cells16,
            block.cells32,
            block.cells64,
            columns.run.stencils,
            columns.run.places,
            columns.run.unknown,
            columns.run.before,
            columns.run.decoded,
            columns.control,
        )
    )
