"""What a policy lets through, as tables the walk looks into.

The one type that codecs and privacy share.  A look-up by (width, id) gives an element a slot, or a
reason to be stepped over.  A slot is a column of raw cells in a block.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, final

import numpy as np
import numpy.typing as npt

from gpsproto.catalog import Meaning
from gpsproto.category import Category
from gpsproto.terms import ListForm, StatusBit
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
    "generation_type": (codes.FIXED_GENERATION, 2),
    "flags": (codes.FIXED_FLAGS, 1),
    "ends": (codes.FIXED_ENDS, 4),
    "status": (codes.FIXED_STATUS, 4),
    "message": (codes.FIXED_MESSAGE, 1),
}
"""Fields that are no element: the walk's number and the bytes of a cell."""

Key = str | tuple[int, int] | tuple[str, int, int]
"""What a slot holds: a fixed field, an element by id and width, or where an element is there."""

EVENT_KEPT = 1
EVENT_CLEARED_IN_PRIVATE = 2


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an element is stepped over: ``action`` and, where it has one, its category."""

    action: str
    category: Category | None = None


UNKNOWN = Reason("unknown")
BAD_LIST = Reason("bad_value")
"""Of a list whose lengths do not fit."""


class Coarsening(NamedTuple):
    """How an element's number loses detail; neither, where it leaves as it is."""

    buckets: tuple[float, ...] = ()  # bounds, in the unit of the name
    delta: bool = False  # only what it has grown since the day began


AS_IT_IS = Coarsening()


@dataclass(frozen=True, slots=True)
class Element:
    """An element that is kept: its name and how its raw cell is read."""

    name: str
    id: int
    width: int
    category: Category
    meaning: Meaning | None  # None: ambiguous without a family, out as it came
    cleared: bool  # in private mode
    core: bool  # has a column of its own; else it is one of a record's attributes
    coarse: Coarsening = AS_IT_IS


@dataclass(frozen=True, slots=True)
class Identity:
    """An identifier that leaves as a pseudonym: its parts, in the order of its canonical form."""

    kind: Category
    parts: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What a policy lets through, before it is laid out."""

    protocol: str
    kinds: tuple[str | None, ...]  # None: it is not said, the first stands for it
    clock_set_ms: int
    fixed: frozenset[str]
    elements: tuple[Element, ...]
    identities: tuple[Identity, ...]
    dropped: Mapping[tuple[int, int], Reason]
    events: Mapping[int, tuple[str, int]]  # id -> name, EVENT_KEPT or EVENT_CLEARED_IN_PRIVATE
    private_orders: Mapping[tuple[int, int], int]
    last_known: bool = False
    status_bits: tuple[StatusBit, ...] = ()
    cells: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    messages: tuple[str, ...] = ()
    grid_m: int | None = None  # of places; None: they leave as they are
    time_step_ms: int = 1  # of times
    says_time: bool = True  # else a time is there for the door alone
    lists: Mapping[tuple[int, int], ListForm] = field(default_factory=dict)  # that are read


@dataclass(frozen=True, slots=True)
class Plan:
    """A block laid out: a fresh desk and control, bytes, and what begins at which."""

    desk: bytes
    control: array[int]
    size: int
    starts: tuple[int, ...]  # of each slot
    values: int  # of the attributes
    keys: int


def action_of(id: int, width: int) -> int:
    """Where the action of an id and a width stands."""
    plane = codes.PLANE_OF_WIDTH.get(width, codes.PLANE_VARIABLE)
    if id >= codes.OURS:
        return codes.OURS_BASE + codes.OURS_PLANE * plane + id
    return codes.PLANE * plane + id


@final
class Projection:
    """A selection laid out: slots by cell width, and the tables over them."""

    def __init__(self, selection: Selection) -> None:
        self.selection = selection
        # those that private mode clears come first: one comparison tells them
        self.attributes = tuple(
            sorted((e for e in selection.elements if not e.core), key=lambda e: not e.cleared)
        )
        always = {"conversation", "flags", *(("ends",) * bool(self.attributes))}
        if len(selection.kinds) > 1:
            always.add("message")
        cells: list[tuple[Key, int]] = [
            (name, width)
            for name, (_, width) in FIXED.items()
            if name in selection.fixed or name in always
        ]
        core = [e for e in selection.elements if e.core]
        elements = [(e.id, e.width) for e in core]
        elements += [part for one in selection.identities for part in one.parts]
        cells += [(pair, pair[1]) for pair in elements]
        cells += [(("mark", *pair), 1) for pair in elements]
        cells.sort(key=lambda cell: -cell[1])
        self.slots = {key: number for number, (key, _) in enumerate(cells)}
        self.widths = tuple(width for _, width in cells)
        self.reasons: tuple[Reason, ...] = tuple(
            dict.fromkeys(
                [UNKNOWN, *selection.dropped.values(), *[BAD_LIST] * bool(selection.lists)]
            )
        )
        if len(self.reasons) > codes.DROP_REASONS:
            raise ValueError("too many reasons to drop an element")
        self.actions = self._actions(elements)
        self.watched = self._watch()
        self.event_actions = bytearray(codes.PLANE)
        self.event_codes = np.zeros(codes.PLANE, np.int16)  # an event id's place in the labels
        self.event_labels = np.array(
            [None, *(name for name, _ in selection.events.values())], object
        )
        self.event_labels.flags.writeable = False
        self.kinds = bytes(
            number if kind is not None else 0 for number, kind in enumerate(selection.kinds)
        )
        self.kind_labels = np.array(
            [kind or selection.kinds[0] for kind in selection.kinds], object
        )
        self.kind_labels.flags.writeable = False
        for number, (event, (_, action)) in enumerate(selection.events.items(), 1):
            self.event_actions[event] = action
            self.event_codes[event] = number
        self.fixed = array("q", [-1] * codes.FIXED_COUNT)
        for name, (number, _) in FIXED.items():
            if name in self.slots:
                self.fixed[number] = self._place(name)
        self.fixed_slots = tuple(n for key, n in self.slots.items() if isinstance(key, str))
        self.marks = {self.slots[pair]: self.slots["mark", *pair] for pair in elements}
        self.by_slot = {self.slots[e.id, e.width]: e for e in core}
        self.private_slots = array("q", self._cleared())
        self.coarse = tuple(e for e in selection.elements if e.coarse != AS_IT_IS)
        # among the attributes: what the column cells is made of
        self.cell_keys = {
            part: key
            for key, one in enumerate(self.attributes, 1)
            for part, pair in selection.cells.items()
            if (one.id, one.width) == pair
        }
        self.recipes: dict[str, tuple[Any, ...]] = {}  # how columns are read, kept by who reads
        self._plans: dict[tuple[int, int], Plan] = {}

    def _place(self, key: Key) -> int:
        """Where a slot stands on the desk."""
        return codes.DESK_SLOTS + codes.SLOT_STRIDE * self.slots[key]

    def _cleared(self) -> list[int]:
        """Slots that private mode empties."""
        places = ("longitude", "latitude", "altitude", "angle", "speed")
        cleared: list[Key] = [(e.id, e.width) for e in self.by_slot.values() if e.cleared]
        return [self.slots[key] for key in (*cleared, *places) if key in self.slots]

    def _reason(self, reason: Reason) -> int:
        return -(codes.TALLY_DROPPED + self.reasons.index(reason))

    def _actions(self, elements: list[tuple[int, int]]) -> npt.NDArray[np.int16]:
        actions = np.full(codes.ACTIONS, self._reason(UNKNOWN), np.int16)
        for pair, reason in self.selection.dropped.items():
            actions[action_of(*pair)] = self._reason(reason)
        for pair in elements:
            actions[action_of(*pair)] = self._place(pair)
        for key, one in enumerate(self.attributes):
            actions[action_of(one.id, one.width)] = codes.ATTRIBUTE + key
        return actions

    def _watch(self) -> array[int]:
        watched = array("h")
        for number, ((id, width), value) in enumerate(self.selection.private_orders.items()):
            if width != 1:
                raise ValueError("only 1-byte elements are watched")
            watched.extend((value, int(self.actions[id])))
            self.actions[id] = codes.WATCHED - number
        first = len(self.selection.private_orders)
        for number, (pair, form) in enumerate(self.selection.lists.items(), first):
            place = action_of(*pair)
            otherwise = int(self.actions[place]) if form.guessed else self._reason(BAD_LIST)
            kind = (form.count_id - codes.BEACON) * codes.LIST_LAYOUTS
            watched.extend((kind + form.layout, otherwise))
            self.actions[place] = codes.WATCHED - number
        return watched

    def plan(self, capacity: int, attributes: int) -> Plan:
        """Where everything stands in a block for a number of rows, a multiple of 8, and attributes."""
        attributes = 1 << max(3, (attributes - 1).bit_length()) if self.attributes else 0
        known = self._plans.get((capacity, attributes))
        if known is None:
            table = array("q")
            starts: list[int] = []
            size = 0
            for width in self.widths:
                starts.append(size)
                size += width * capacity
            for slot, (start, width) in enumerate(zip(starts, self.widths, strict=True)):
                mark = self.marks.get(slot)
                marks = codes.NO_MARK if mark is None else starts[mark]
                table.extend((start // width, codes.NEVER, marks))
            stamps = bytes(8 * len(self.attributes))
            desk = bytes(8 * codes.TALLY_SIZE) + table.tobytes() + stamps
            control = self._control(capacity, attributes)
            control[codes.CONTROL_VALUES] = size // 8
            control[codes.CONTROL_KEYS] = (size + 8 * attributes) // 2
            known = self._plans[capacity, attributes] = Plan(
                desk, control, size + 10 * attributes, tuple(starts), size, size + 8 * attributes
            )
        return known

    def _control(self, capacity: int, attributes: int) -> array[int]:
        control = array("q", [0] * codes.CONTROL_SIZE)
        control[codes.CONTROL_CAPACITY] = capacity
        control[codes.CONTROL_LAST_KNOWN] = self.selection.last_known
        control[codes.CONTROL_SLOTS8] = sum(width == 8 for width in self.widths)
        control[codes.CONTROL_SLOTS4] = sum(width >= 4 for width in self.widths)
        control[codes.CONTROL_SLOTS2] = sum(width >= 2 for width in self.widths)
        control[codes.CONTROL_SLOTS] = len(self.widths)
        control[codes.CONTROL_ATTRIBUTES_MOST] = attributes
        control[codes.CONTROL_STAMPS] = codes.DESK_SLOTS + codes.SLOT_STRIDE * len(self.widths)
        control[codes.CONTROL_CLEARED_KEYS] = sum(one.cleared for one in self.attributes)
        control[codes.CONTROL_STATUS] = sum(1 << one.bit for one in self.selection.status_bits)
        return control
