"""Tables of frames to columns, through the compiled walk."""

from __future__ import annotations

from functools import cache

from gpsproto.codecs.watch import items, messages
from gpsproto.codecs.watch.message import KIND_CATEGORIES
from gpsproto.codecs.watch.positions import CELL_CID, CELL_LAC, CELL_MCC, CELL_MNC, FIXED
from gpsproto.codecs.watch.status import STATUS_BITS
from gpsproto.codecs.watch.vocabulary import KINDS, Vocabulary, program
from gpsproto.rawcolumns import RawColumns
from gpsproto.terms import Terms
from gpsproto.walk.watch import walk_watch
from gpsproto.wire.frame import FrameTable


@cache
def vocabulary() -> Vocabulary:
    """All messages and their fields."""
    return Vocabulary(messages(), items())


def terms(protocol: str, clock_set_ms: int) -> Terms:
    """What the watch protocol says, for the filter."""
    facts = vocabulary()
    parts = {"mcc": CELL_MCC, "mnc": CELL_MNC, "lac": CELL_LAC, "cid": CELL_CID}
    return Terms(
        protocol,
        (FIXED,),
        facts,
        tuple((kind.value, KIND_CATEGORIES.get(kind)) for kind in KINDS),
        clock_set_ms,
        families=frozenset(name for name in STATUS_BITS if name is not None),
        status_bits=STATUS_BITS,
        cells={part: facts.pair(item) for part, item in parts.items()},
        messages=("unknown", *(message.word for message in facts.messages)),
    )


def fill(table: FrameTable, first: int, last: int, columns: RawColumns) -> int:
    """Walk the frames from row ``first`` to ``last`` (exclusive) into columns until they are full.

    Returns the first row that was not taken.
    """
    projection, block, run = columns.projection, columns.block, columns.run
    made = program(vocabulary())
    return int(
        walk_watch(
            table.data, table.events, first, last, made.words, made.messages, made.items, made.keys,
            projection.actions, projection.kinds, projection.event_actions, projection.fixed,
            columns.desk, block.cells8, block.cells16, block.cells32, block.cells64, run.tokens,
            run.decoded, run.notes, columns.control,
        )
    )  # fmt: skip
