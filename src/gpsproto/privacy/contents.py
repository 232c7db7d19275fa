"""What a filtered batch holds, and the few shapes that a column read from it can have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto.privacy.policy import Policy
from gpsproto.projection import Element, Key, Plan, Projection
from gpsproto.walk import codes

Array = npt.NDArray[Any]

UNSIGNED = {width: np.dtype(f"u{width}") for width in (1, 2, 4, 8)}
SIGNED = {width: np.dtype(f"i{width}") for width in (1, 2, 4, 8)}


class Column(NamedTuple):
    """A column of n records.  ``values`` is read-only, zero (or None) where ``validity`` is False."""

    values: Array
    validity: npt.NDArray[np.bool_]


class Coded(NamedTuple):
    """A column of text as a number a record into ``labels``; the label None is a null."""

    codes: Array
    labels: Array


# Neither is frozen, though nobody changes them: a live frame makes one of each, and would pay for
# fifteen fields what a twentieth of all its work costs.


@dataclass(eq=False, slots=True)
class Pseudonyms:
    """Pseudonyms of one kind: a code a record, -1 where it has none, into labels."""

    kind: str
    codes: Array | None  # None: every record has the one label
    labels: Array


@dataclass(eq=False, slots=True)
class Contents:
    """What a filtered batch holds: read-only cells, and how they are read."""

    rows: int
    cells: npt.NDArray[np.uint8]
    plan: Plan
    seen: frozenset[int]
    counts: npt.NDArray[np.int64]  # attributes by key + 1
    projection: Projection
    policy: Policy
    subjects: Pseudonyms
    pseudonyms: tuple[Pseudonyms, ...]
    received_ms: int | None = None
    coarse: Mapping[int, Column] = field(default_factory=dict)  # by slot, whose cells are zero
    # found once, asked for by many columns
    noted: dict[str | int, Any] = field(default_factory=dict)

    @property
    def held(self) -> Mapping[str, tuple[Element, ...]]:
        """Elements that have at least one cell or attribute, by name."""
        held: dict[str, tuple[Element, ...]] | None = self.noted.get("held")
        if held is None:
            held = self.noted["held"] = {}
            cells = (self.projection.by_slot.get(slot) for slot in self.seen)
            listed = set(self.projection.cell_keys.values())
            keys = [key for key in self.counts.nonzero()[0].tolist() if key not in listed]
            for one in (*cells, *(self.projection.attributes[key - 1] for key in keys)):
                if one is not None:
                    held[one.name] = (*held.get(one.name, ()), one)
        return held

    def slot(self, slot: int, width: int, dtype: Any) -> Array:
        """The cells of a slot."""
        start = self.plan.starts[slot]
        return self.cells[start : start + self.rows * width].view(dtype)

    def attributes(self) -> tuple[Array, Array, Array]:
        """Keys + 1 and unsigned values of the attributes; the number of them up to each record."""
        total = int(self.counts.sum())
        ends = self.raw("ends")
        if ends is None:
            ends = np.zeros(self.rows, np.uint32)
        keys, values = self.plan.keys, self.plan.values
        return (
            self.cells[keys : keys + 2 * total].view(np.uint16),
            self.cells[values : values + 8 * total].view(np.uint64),
            ends,
        )

    def raw(self, key: Key) -> Array | None:
        """The unsigned cells of a slot, or None where the policy lets none through."""
        slot = self.projection.slots.get(key)
        if slot is None:
            return None
        width = self.projection.widths[slot]
        return self.slot(slot, width, UNSIGNED[width])

    @property
    def holds_generation(self) -> bool:
        """Whether any record says what made it (Codec 16)."""
        return self.projection.slots.get("generation_type") in self.seen

    @property
    def flags(self) -> Array:
        """What the walk noted of each record."""
        flags = self.raw("flags")
        assert flags is not None
        return flags

    def flag(self, bit: int) -> npt.NDArray[np.bool_]:
        """Which records have a flag; where none or all have it, that takes no memory."""
        found: npt.NDArray[np.bool_] | None = self.noted.get(bit)
        if found is None:
            found = self.noted[bit] = self._flag(bit)
        return found

    def _flag(self, bit: int) -> npt.NDArray[np.bool_]:
        if not self._any & bit:
            return everywhere(False, np.bool_, self.rows)
        if self.noted["all"] & bit:
            return present(self.rows)
        # many columns share it, so nobody may make it writable again
        return np.frombuffer(memoryview((self.flags & bit) != 0).toreadonly(), np.bool_)

    @property
    def _any(self) -> int:
        """The flags that any record has; those that all have are noted with it."""
        found: int | None = self.noted.get("any")
        if found is None:
            flags = self.flags
            found = self.noted["any"] = int(np.bitwise_or.reduce(flags))
            self.noted["all"] = int(np.bitwise_and.reduce(flags, initial=255))
        return found

    def none(self, bit: int) -> bool:
        """Whether no record has a flag, or any of some."""
        return not self._any & bit


def frozen(values: Array) -> Array:
    """The same array, read-only: a copy, or a view of cells that nobody can make writable."""
    values.setflags(write=False)  # a fifth of what values.flags costs
    return values


@lru_cache(maxsize=512)
def everywhere(value: Any, dtype: Any, rows: int) -> Array:
    """One value for all records, in no memory."""
    return np.broadcast_to(frozen(np.array(value, dtype)), (rows,))


def present(rows: int) -> npt.NDArray[np.bool_]:
    return everywhere(True, np.bool_, rows)


def null(dtype: Any, rows: int) -> Column:
    """A column without any value."""
    empty = None if dtype is object else 0
    return Column(everywhere(empty, dtype, rows), everywhere(False, np.bool_, rows))


def times(c: Contents) -> tuple[Array, Array] | None:
    """Milliseconds, and which of them are a time that can be; those that cannot are 0."""
    raw = c.raw("timestamp")
    if raw is None or not c.projection.selection.says_time:
        return None
    return raw.view(np.int64), (
        present(c.rows) if c.none(codes.NO_TIME) else frozen(~c.flag(codes.NO_TIME))
    )


def anchors(c: Contents) -> tuple[Array, Array] | None:
    """From when on a record may be kept, in ms, and where that can be said.

    A clock in the future buys no time: the record's own time counts up to that of its receipt, and
    a record without a time is of when it was received.
    """
    found = times(c)
    received = c.received_ms
    if received is None:
        return found
    if found is None:
        return everywhere(received, np.int64, c.rows), present(c.rows)
    ms, there = found
    return np.where(there, np.minimum(ms, received), received), present(c.rows)
