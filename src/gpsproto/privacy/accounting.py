"""Every field that came in, by what became of it.

A record's fields are its device, the fixed part (time, priority, longitude, latitude, altitude,
angle, satellites, speed, event id), the generation type in Codec 16, and its elements.  What was
kept is counted in the sealed cells, not in the walk, so that a sum that closes proves something.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from gpsproto.category import Category
from gpsproto.privacy.columns import Contents
from gpsproto.projection import RawColumns
from gpsproto.walk import codes

_FIXED = {
    "timestamp": Category.TIME,
    "priority": Category.ALARM,
    "satellites": Category.STATUS,
}
_PLACE = ("longitude", "latitude", "altitude")
_MOTION = ("angle", "speed")


def account(columns: RawColumns, contents: Contents) -> None:
    """Add a batch's records and fields to the balance of the run."""
    balance, tally, rows = columns.balance, columns.desk, contents.rows
    fields = Account(columns, contents)
    fields.fixed()
    fields.elements()
    balance.records += rows
    balance.records_private += fields.private
    balance.places_out_of_range += fields.out_of_range
    balance.bytes_decoded += tally[codes.TALLY_BYTES]
    balance.fields_in += 9 * rows + tally[codes.TALLY_GENERATIONS] + tally[codes.TALLY_ELEMENTS]
    balance.fields_in += columns.identified
    balance.fields_by_action.update(fields.actions)
    balance.dropped_by_category.update(fields.dropped)
    for codec in np.flatnonzero(columns.decoded):
        balance.frames_by_codec[int(codec)] += columns.decoded[codec]


class Account:
    """The fields of one batch by action."""

    def __init__(self, columns: RawColumns, contents: Contents) -> None:
        self.columns = columns
        self.contents = contents
        self.tally = columns.desk
        self.actions: Counter[str] = Counter()
        self.dropped: Counter[str] = Counter()
        flags = contents.raw("flags")
        assert flags is not None
        self.places = int(np.count_nonzero(flags & codes.HAS_PLACE))
        self.motions = int(np.count_nonzero(flags & codes.HAS_MOTION))
        self.private = int(np.count_nonzero(flags & codes.IS_PRIVATE))
        self.out_of_range = int(np.count_nonzero(flags & codes.OUT_OF_RANGE))

    def _add(self, action: str, count: int, category: Category | None = None) -> None:
        if count:
            self.actions[action] += count
            if category is not None:
                self.dropped[category.value] += count

    def fixed(self) -> None:
        """The device and the fixed part."""
        rows, slots = self.contents.rows, self.contents.projection.slots
        for name, category in _FIXED.items():
            if name in slots:
                self._add("kept", rows)
            else:
                self._add("dropped", rows, category)
        self._event(rows)
        self._coupled(_PLACE, Category.LOCATION, self.places, self.out_of_range)
        self._coupled(_MOTION, Category.MOTION, self.motions, 0)
        generations = self.tally[codes.TALLY_GENERATIONS]
        if "generation_type" in slots:
            self._add("kept", generations)
        else:
            self._add("dropped", generations, Category.STATUS)
        self._devices()

    def _devices(self) -> None:
        named = self.columns.identified
        if self.contents.policy.pseudonymises(Category.DEVICE_ID):
            self._add("pseudonymised", named)
        else:
            self._add("dropped", named, Category.DEVICE_ID)

    def _event(self, rows: int) -> None:
        events = self.contents.raw("event_id")
        kept = 0 if events is None else int(np.count_nonzero(events))
        periodic = self.tally[codes.TALLY_PERIODIC]
        cleared = self.tally[codes.TALLY_PRIVATE_EVENTS]
        self._add("kept", kept)
        self._add("no_value", periodic)
        self._add("private_mode", cleared)
        self._add("dropped", rows - self.tally[codes.TALLY_EVENTS] - periodic)

    def _coupled(
        self, names: tuple[str, ...], category: Category, kept: int, out_of_range: int
    ) -> None:
        """Fields that are there only with a fix, or a place, and not in private mode."""
        rows = self.contents.rows
        for name in names:
            if name not in self.contents.projection.slots:
                self._add("dropped", rows, category)
                continue
            self._add("kept", kept)
            self._add("private_mode", self.private)
            self._add("out_of_range", out_of_range)
            self._add("no_fix", rows - kept - self.private - out_of_range)

    def elements(self) -> None:
        """The IO elements."""
        contents, projection = self.contents, self.contents.projection
        for one in (one for held in contents.held.values() for one in held):
            marks = contents.raw(("mark", one.id) if one.width == 8 else (one.id, one.width))
            assert marks is not None
            cells = int(np.count_nonzero(marks))
            self._add("kept", cells)
            if one.meaning is None:
                self.columns.balance.ambiguous[one.id, one.width] += cells
        self._add("pseudonymised", self.columns.pseudonymised)
        self._add("no_value", self.columns.incomplete)
        self._add("repeated", self.tally[codes.TALLY_REPEATED])
        self._add("private_mode", self.tally[codes.TALLY_PRIVATE_CELLS])
        for number, reason in enumerate(projection.reasons):
            self._add(reason.action, self.tally[codes.TALLY_DROPPED + number], reason.category)
