"""Rows under construction, in a block that a projection has laid out; and what the walk counts."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Any, NoReturn, SupportsIndex, final

import numpy as np
import numpy.typing as npt

from gpsproto.balance import Balance
from gpsproto.block import Block, Pool
from gpsproto.identity import Conversations
from gpsproto.projection import Key, Projection
from gpsproto.walk import codes
from gpsproto.walk.avl import count_keys

_DAY_MS = 86_400_000
_FEW = 64  # attributes of a live frame
_POOL = Pool()


@final
class RunNumbers:
    """What the walk counts over a run, and its scratch: shared by the batches of one decoder."""

    __slots__ = (
        "attributes",
        "before",
        "decoded",
        "notes",
        "places",
        "stencils",
        "tally",
        "tokens",
        "unknown",
    )

    def __init__(self, projection: Projection) -> None:
        self.notes = array("q", bytes(8 * codes.NOTES_SIZE))  # by code
        self.tokens = array("q", bytes(8 * (codes.TOKENS_MOST + 1)))
        self.attributes = np.zeros(len(projection.attributes) + 1, np.int64)  # by key + 1
        self.tally = array("q", bytes(8 * codes.TALLY_SIZE))
        self.before = array("q", bytes(8 * codes.TALLY_SIZE))
        self.decoded = array("q", bytes(8 * codes.DECODED_SIZE))  # frames by codec or message
        places = codes.STENCIL_FIRST + codes.STENCILS * codes.STENCIL_STRIDE
        self.stencils = array("Q", bytes(8 * places))
        self.places = array("q", bytes(8 * codes.PLACES))
        self.unknown = array("q", bytes(8 * codes.UNKNOWN_SIZE))  # elements by id and width


@final
class RawColumns:
    """Rows under construction: raw cells in a block, identifiers still inside.  Never stored."""

    __slots__ = (
        "balance",
        "block",
        "coarsened",
        "control",
        "conversations",
        "desk",
        "identified",
        "incomplete",
        "plan",
        "projection",
        "pseudonymised",
        "received_ms",
        "run",
        "withheld",
    )

    def __init__(
        self,
        projection: Projection,
        conversations: Conversations,
        balance: Balance,
        run: RunNumbers,
        *,
        capacity: int,
        attributes: int,
        group16: int = codes.GROUP16_AUTO,
    ) -> None:
        capacity = max(8, (capacity + 7) & ~7)
        self.plan = projection.plan(capacity, attributes)
        self.projection = projection
        self.conversations = conversations
        self.balance = balance
        self.run = run
        self.block: Block = _POOL.block(self.plan.size)
        self.desk = memoryview(bytearray(self.plan.desk)).cast("q")
        self.desk[: codes.TALLY_SIZE] = memoryview(run.tally)
        self.control = self.plan.control[:]
        self.control[codes.CONTROL_GROUP16] = group16
        self.received_ms: int | None = None  # when they came, if somebody says so
        self.identified = 0  # records whose device is known
        self.pseudonymised = 0  # cells of identifiers that became pseudonyms
        self.incomplete = 0  # cells of identifiers that lack a part, or are zero
        self.coarsened = 0  # fields that lost detail
        self.withheld = 0  # cells of identifiers in records that do not leave

    def __len__(self) -> int:
        return self.control[codes.CONTROL_ROW]

    @property
    def capacity(self) -> int:
        """Rows that fit."""
        return self.control[codes.CONTROL_CAPACITY]

    def __repr__(self) -> str:
        return f"RawColumns({len(self)} records, redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("raw columns cannot be pickled or copied")

    def seen(self) -> list[int]:
        """Slots of elements that have at least one cell."""
        stamps_at = self.control[codes.CONTROL_STAMPS]
        slots = np.frombuffer(self.desk, np.int64)[codes.DESK_SLOTS : stamps_at]
        stamps = slots[codes.SLOT_STAMP :: codes.SLOT_STRIDE]
        found: list[int] = (stamps != codes.NEVER).nonzero()[0].tolist()
        return found

    @property
    def attributes(self) -> int:
        """Attributes in the block."""
        return self.control[codes.CONTROL_ATTRIBUTES]

    @property
    def received_floored_ms(self) -> int | None:
        """When they came, as exact as the times of the records; as the day where those do not leave."""
        selection = self.projection.selection
        step = selection.time_step_ms if selection.says_time else _DAY_MS
        return None if self.received_ms is None else self.received_ms - self.received_ms % step

    def keys(self) -> npt.NDArray[np.uint16]:
        """What each attribute is: its place among the projection's, + 1."""
        start = self.plan.keys
        return np.frombuffer(self.block.cells8[start : start + 2 * self.attributes], np.uint16)

    def counts(self) -> npt.NDArray[np.int64]:
        """How many attributes there are by key + 1, up to the last one that is there."""
        keys = self.keys()
        if len(keys) <= _FEW:
            return np.bincount(keys)
        found = np.zeros(int(keys.max()) + 1, np.int64)
        count_keys(keys, found)  # a third of the time of bincount, which wants wider ones
        return found

    def cells(self, key: Key) -> memoryview:
        """The bytes of a slot's cells, writable."""
        slot = self.projection.slots[key]
        start = self.plan.starts[slot]
        return self.block.cells8[start : start + len(self) * self.projection.widths[slot]]

    def say(self, kind: str, first: int) -> None:
        """Note of which kind the records from ``first`` on are, where the policy lets that be said."""
        kinds = self.projection.selection.kinds
        if kind in kinds:
            number = bytes([kinds.index(kind)])
            self.cells("message")[first:] = number * (len(self) - first)

    def values(self) -> npt.NDArray[np.uint64]:
        """The raw value of each attribute, writable."""
        start = self.plan.values
        return np.frombuffer(self.block.cells8[start : start + 8 * self.attributes], np.uint64)

    def ends(self) -> npt.NDArray[np.uint32]:
        """The number of attributes up to each record, it included."""
        if "ends" not in self.projection.slots:
            return np.zeros(len(self), np.uint32)
        return np.frombuffer(self.cells("ends"), np.uint32)

    def keep(self, rows: npt.NDArray[np.bool_]) -> None:
        """Keep some rows and wipe the others: what does not leave is nowhere in the block."""
        before, after = len(self), int(rows.sum())
        many: Any = np.diff(self.ends().astype(np.int64), prepend=0)
        of_kept = np.repeat(rows, many) if len(many) else np.zeros(0, np.bool_)
        slots = {*self.projection.fixed_slots, *self.seen()}
        slots |= {self.projection.marks[slot] for slot in slots if slot in self.projection.marks}
        for slot in slots:
            width, start = self.projection.widths[slot], self.plan.starts[slot]
            cells = np.frombuffer(
                self.block.cells8[start : start + before * width], np.dtype(f"u{width}")
            )
            cells[:after] = cells[rows]
            cells[after:] = 0
        for column in (self.values(), self.keys()):
            stay = column[of_kept]
            column[: len(stay)] = stay
            column[len(stay) :] = 0
        if "ends" in self.projection.slots:
            self.ends()[:after] = np.cumsum(many[rows])
        self.control[codes.CONTROL_ROW] = after
        for slot in self.seen():  # what only others had is not there
            if slot in self.projection.marks:
                start = self.plan.starts[self.projection.marks[slot]]
                if not any(self.block.cells8[start : start + after]):
                    at = codes.DESK_SLOTS + codes.SLOT_STRIDE * slot + codes.SLOT_STAMP
                    self.desk[at] = codes.NEVER
        self.control[codes.CONTROL_ATTRIBUTES] = int(of_kept.sum())

    def tell(self) -> None:
        """Give the run what the walk has counted, rows or none."""
        memoryview(self.run.tally)[:] = self.desk[: codes.TALLY_SIZE]

    def note_dirty(self, slots: Iterable[int]) -> None:
        """Note which ranges of the block were written, for the pool."""
        rows, widths, dirty = len(self), self.projection.widths, self.block.dirty
        marks = self.projection.marks
        for slot in (*slots, *(marks[slot] for slot in slots if slot in marks)):
            start = self.plan.starts[slot]
            dirty.append((start, start + rows * widths[slot]))
        dirty.append((self.plan.values, self.plan.values + 8 * self.attributes))
        dirty.append((self.plan.keys, self.plan.keys + 2 * self.attributes))
