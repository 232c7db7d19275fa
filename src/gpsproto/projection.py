"""What a policy lets through, as tables the walk looks into; and the raw columns it fills.

The one type that codecs and privacy share.  A look-up by (width, id) gives an element a slot, or a
reason to be stepped over.  A slot is a column of raw cells in a block.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, SupportsIndex, final

import numpy as np
import numpy.typing as npt

from gpsproto.balance import Balance
from gpsproto.block import Block, Pool
from gpsproto.catalog import Meaning
from gpsproto.category import Category
from gpsproto.identity import Conversations
from gpsproto.walk import codes

FIXED = {
    "timestamp": (codes.FIXED_TIME, 8),
    "longitude": (codes.FIXED_LONGITUDE, 4),
    "latitude": (codes.FIXED_LATITUDE, 4),
    "conversation": (codes.FIXED_CONVERSATION, 4),
    "altitude": (codes.FIXED_ALTITUDE, 2),
    "angle": (codes.FIXED_ANGLE, 2),
    "speed": (codes.FIXED_SPEED, 2),
    "event_id": (codes.FIXED_EVENT, 2),
    "priority": (codes.FIXED_PRIORITY, 1),
    "satellites": (codes.FIXED_SATELLITES, 1),
    "generation_type": (codes.FIXED_GENERATION, 1),
    "flags": (codes.FIXED_FLAGS, 1),
}
"""Fixed fields of an AVL record: the walk's number and the bytes of a cell."""

EVENT_KEPT = 1
EVENT_CLEARED_IN_PRIVATE = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an element is stepped over: ``action`` and, where it has one, its category."""

    action: str
    category: Category | None = None


UNKNOWN = Reason("unknown")


@dataclass(frozen=True, slots=True)
class Element:
    """An element that is kept: its column's name and how its raw cell is read."""

    name: str
    id: int
    width: int
    category: Category
    meaning: Meaning | None  # None: ambiguous without a family, out as it came


@dataclass(frozen=True, slots=True)
class Identity:
    """An identifier that leaves as a pseudonym: its parts, in the order of its canonical form."""

    kind: Category
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a policy lets through, before it is laid out."""

    fixed: frozenset[str]
    elements: tuple[Element, ...]
    identities: tuple[Identity, ...]
    dropped: Mapping[tuple[int, int], Reason]
    events: Mapping[int, tuple[str, int]]  # id -> name, EVENT_KEPT or EVENT_CLEARED_IN_PRIVATE
    private_orders: Mapping[tuple[int, int], int]
    cleared_in_private: frozenset[Category]
    last_known: bool = False
    ambiguous: frozenset[tuple[int, int]] = field(default_factory=frozenset)


@final
class Projection:
    """A selection laid out: slots by cell width, and the tables over them."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        cells: list[tuple[str | tuple[int, int], int]] = [
            (name, width)
            for name, (_, width) in FIXED.items()
            if name in selection.fixed or name in ("conversation", "flags")
        ]
        cells += [((e.id, e.width), e.width) for e in selection.elements]
        cells += [(part, part[1]) for one in selection.identities for part in one.parts]
        cells.sort(key=lambda cell: -cell[1])
        self.slots = {key: number for number, (key, _) in enumerate(cells)}
        self.widths = tuple(width for _, width in cells)
        self.reasons: tuple[Reason, ...] = tuple(dict.fromkeys([UNKNOWN, *selection.dropped.values()]))
        if len(self.reasons) > codes.DROP_REASONS:
            raise ValueError("too many reasons to drop an element")
        self.actions = self._actions()
        self.watched = self._watch()
        self.event_actions = bytearray(codes.PLANE)
        for event, (_, action) in selection.events.items():
            self.event_actions[event] = action if "event_id" in selection.fixed else 0
        self.fixed = array("q", [-1] * codes.FIXED_COUNT)
        for name, (number, _) in FIXED.items():
            self.fixed[number] = self.slots.get(name, -1)
        cleared = [e for e in selection.elements if e.category in selection.cleared_in_private]
        private = [self.slots[e.id, e.width] for e in cleared]
        private += [
            self.slots[name]
            for name in ("longitude", "latitude", "altitude", "angle", "speed")
            if name in self.slots
        ]
        self.private_slots = array("q", private)
        self._layouts: dict[int, tuple[bytes, int]] = {}

    def _reason(self, reason: Reason) -> int:
        return -1 - self.reasons.index(reason)

    def _actions(self) -> npt.NDArray[np.int16]:
        actions = np.full(codes.PLANES * codes.PLANE, self._reason(UNKNOWN), np.int16)
        for (id, width), reason in self.selection.dropped.items():
            plane = codes.PLANE_OF_WIDTH.get(width, codes.PLANE_VARIABLE)
            actions[plane * codes.PLANE + id] = self._reason(reason)
        for key, slot in self.slots.items():
            if not isinstance(key, str):
                actions[codes.PLANE_OF_WIDTH[key[1]] * codes.PLANE + key[0]] = slot
        return actions

    def _watch(self) -> array[int]:
        watched = array("h")
        for number, ((id, width), value) in enumerate(self.selection.private_orders.items()):
            if width != 1:
                raise ValueError("only 1-byte elements are watched")
            watched.extend((value, int(self.actions[id])))
            self.actions[id] = codes.WATCHED - number
        return watched

    def layout(self, capacity: int) -> tuple[bytes, int]:
        """The slot table for a number of rows (a multiple of 8), and the bytes of its block."""
        known = self._layouts.get(capacity)
        if known is None:
            table = array("q")
            unit = 0
            total = sum(self.widths)
            for number, width in enumerate(self.widths):
                cell, valid = unit * capacity // width, (total + number) * capacity
                table.extend((cell, valid, codes.NEVER))
                unit += width
            size = (total + len(self.widths)) * capacity
            known = self._layouts[capacity] = (table.tobytes(), size)
        return known

    def control(self, capacity: int, group16: int) -> array[int]:
        """A fresh control table for the walk."""
        control = array("q", [0] * codes.CONTROL_SIZE)
        control[codes.CONTROL_CAPACITY] = capacity
        control[codes.CONTROL_LAST_KNOWN] = self.selection.last_known
        control[codes.CONTROL_GROUP16] = group16
        control[codes.CONTROL_SLOTS8] = sum(width == 8 for width in self.widths)
        control[codes.CONTROL_SLOTS4] = sum(width >= 4 for width in self.widths)
        control[codes.CONTROL_SLOTS2] = sum(width >= 2 for width in self.widths)
        control[codes.CONTROL_SLOTS] = len(self.widths)
        return control


_POOL = Pool()


@final
class RawColumns:
    """Rows under construction: raw cells in a block, identifiers still inside.  Never stored."""

    __slots__ = (
        "balance", "before", "block", "control", "conversations", "decoded", "identified",
        "incomplete", "projection", "pseudonymised", "slots", "tally",
    )  # fmt: skip

    def __init__(
        self,
        projection: Projection,
        conversations: Conversations,
        balance: Balance,
        *,
        capacity: int,
        group16: int = codes.GROUP16_AUTO,
    ) -> None:
        capacity = (capacity + 7) & ~7
        table, size = projection.layout(capacity)
        self.projection = projection
        self.conversations = conversations
        self.balance = balance
        self.block: Block = _POOL.block(size)
        self.slots = memoryview(bytearray(table)).cast("q")
        self.control = projection.control(capacity, group16)
        self.tally = array("q", bytes(8 * codes.TALLY_SIZE))
        self.before = array("q", bytes(8 * codes.TALLY_SIZE))
        self.decoded = array("q", bytes(8 * 256))
        self.identified = 0  # records whose device is known
        self.pseudonymised = 0  # cells of identifiers that became pseudonyms
        self.incomplete = 0  # cells of identifiers that lack a part, or are zero

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
        stamps = np.frombuffer(self.slots, np.int64)[codes.SLOT_STAMP :: codes.SLOT_STRIDE]
        return [int(slot) for slot in np.flatnonzero(stamps != codes.NEVER)]

    def note_dirty(self, slots: Iterable[int]) -> None:
        """Note which ranges of the block were written, for the pool."""
        rows = self.capacity
        for slot in slots:
            width = self.projection.widths[slot]
            start = self.slots[3 * slot + codes.SLOT_CELL] * width
            valid = self.slots[3 * slot + codes.SLOT_VALID]
            self.block.dirty.append((start, start + rows * width))
            self.block.dirty.append((valid, valid + rows))
