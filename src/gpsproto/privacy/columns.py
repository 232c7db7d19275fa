"""Raw cells to typed columns, on demand: one reader a column of the record schema.

What a reader returns is read-only, and zero under every null.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto.category import Category
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.retention import earliest_expiry
from gpsproto.projection import Element, Key, Projection
from gpsproto.walk import codes

Array = npt.NDArray[Any]

_SUSPECT_MS = 1_262_304_000_000  # 2010-01-01: a clock that was never set
_PRIORITIES = np.array(["low", "high", "panic", "security", *[None] * 252], object)
_SOURCES = np.full(256, None, object)  # by the flags of a record
for _flags in range(256):
    if _flags & codes.HAS_PLACE:
        _SOURCES[_flags] = "gnss" if _flags & codes.HAS_FIX else "last_known"
_LARGEST = 9_223_372_036_854_775_807


class Column(NamedTuple):
    """A column of n records.  ``values`` is read-only, zero (or None) where ``validity`` is False."""

    values: Array
    validity: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Pseudonyms of one kind: a code a record, -1 where it has none, into labels."""

    kind: str
    codes: Array | None  # None: every record has the one label
    labels: Array


@dataclass(frozen=True, slots=True)
class Contents:
    """What a filtered batch holds: read-only cells, and how they are read."""

    rows: int
    cells: npt.NDArray[np.uint8]
    starts: tuple[int, ...]  # first byte of each slot's cells
    seen: frozenset[int]
    projection: Projection
    policy: Policy
    subjects: Pseudonyms
    pseudonyms: tuple[Pseudonyms, ...]
    held: Mapping[str, tuple[Element, ...]]  # elements that have at least one cell, by name

    def raw(self, key: Key) -> Array | None:
        """The unsigned cells of a slot, or None where the policy lets none through."""
        slot = self.projection.slots.get(key)
        if slot is None:
            return None
        width = self.projection.widths[slot]
        start = self.starts[slot]
        return self.cells[start : start + self.rows * width].view(f"u{width}")

    def element(self, one: Element, *, signed: bool = False) -> tuple[Array, Array]:
        """The values of an element, 0 where there is none, and which records hold it.

        Unsigned values come in the signed type that holds them; 8-byte ones stay unsigned.
        """
        cells = self.raw((one.id, one.width))
        assert cells is not None
        if one.width == 8:
            marks = self.raw(("mark", one.id))
            assert marks is not None
            return cells.view(np.int64) if signed else cells, marks != 0
        held = cells != 0
        if signed:
            return cells.astype(f"i{one.width}"), held
        # the mark above the value comes off
        return (cells & ((1 << 8 * one.width) - 1)).view(f"i{cells.itemsize}"), held

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
        """Which records have a flag."""
        return frozen((self.flags & bit) != 0)


def frozen(values: Array) -> Array:
    """The same array, read-only.  It is the caller's own copy; the batch's cells are never shown."""
    values.flags.writeable = False
    return values


@lru_cache(maxsize=512)
def everywhere(value: Any, dtype: Any, rows: int) -> Array:
    """One value for all records, in no memory."""
    return np.broadcast_to(frozen(np.array(value, dtype)), (rows,))


def _present(rows: int) -> npt.NDArray[np.bool_]:
    return everywhere(True, np.bool_, rows)


def null(dtype: Any, rows: int) -> Column:
    """A column without any value."""
    empty = None if dtype is object else 0
    return Column(everywhere(empty, dtype, rows), everywhere(False, np.bool_, rows))


def _valid_all(values: Array) -> Column:
    return Column(frozen(values), _present(len(values)))


def _masked(values: Array, validity: Array) -> Column:
    if not validity.all():
        values[~validity] = np.zeros((), values.dtype)
    return Column(frozen(values), frozen(validity))


def _not_none(values: Array) -> Array:
    return np.array([value is not None for value in values.tolist()], np.bool_)


def _labelled(labels: Array, numbers: Array) -> Array:
    """The label of each number; one number throughout costs no memory."""
    if len(numbers) and numbers.min() == numbers.max():
        return everywhere(labels[numbers[0]], object, len(numbers))
    return frozen(labels.take(numbers))


def _subject(c: Contents) -> Column:
    if c.subjects.codes is None:
        if not len(c.subjects.labels):
            return null(object, c.rows)
        label = c.subjects.labels[0]
        return Column(
            everywhere(label, object, c.rows), everywhere(label is not None, np.bool_, c.rows)
        )
    values = c.subjects.labels[c.subjects.codes]
    return Column(frozen(values), frozen(_not_none(values)))


def _times(c: Contents) -> tuple[Array, Array] | None:
    """Milliseconds, and which of them are a time that can be; those that cannot are 0."""
    raw = c.raw("timestamp")
    if raw is None:
        return None
    none = c.flags & codes.NO_TIME
    return raw.view(np.int64), frozen(none == 0) if none.any() else _present(c.rows)


def _time(c: Contents) -> Column:
    found = _times(c)
    if found is None:
        return null("M8[us]", c.rows)
    ms, validity = found
    return Column(frozen((ms * 1000).view("M8[us]")), validity)


def _clock_suspect(c: Contents) -> Column:
    found = _times(c)
    if found is None:
        return null(np.bool_, c.rows)
    # a time that cannot be has a cell of 0, which is before 2010 too
    return Column(frozen(found[0] < _SUSPECT_MS), _present(c.rows))


def _expires_on(c: Contents) -> Column:
    found, periods = _times(c), c.policy.periods
    if found is None or not periods:
        return null("M8[D]", c.rows)
    return _masked(earliest_expiry(tuple(periods), found[0])[0], found[1])


def _retention_class(c: Contents) -> Column:
    categories = np.array([category.value for category in c.policy.periods.values()], object)
    if not len(categories):
        return null(object, c.rows)
    found = _times(c)
    if len(categories) == 1 or found is None:
        # without a time the strictest speaks for all
        return Column(everywhere(categories[0], object, c.rows), _present(c.rows))
    which = earliest_expiry(tuple(c.policy.periods), found[0])[1]
    return Column(_labelled(categories, which), _present(c.rows))


def _fix(c: Contents) -> Column:
    if not c.policy.keeps(Category.LOCATION):
        return null(np.bool_, c.rows)
    private = c.flag(codes.IS_PRIVATE)
    return Column(frozen(c.flag(codes.HAS_FIX) & ~private), frozen(~private))


def _location_source(c: Contents) -> Column:
    if c.raw("latitude") is None:
        return null(object, c.rows)
    return Column(_labelled(_SOURCES, c.flags), c.flag(codes.HAS_PLACE))


def _degrees(name: str) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        raw = c.raw(name)
        if raw is None:
            return null(np.float64, c.rows)
        # no place, no bytes: the cell is 0 already; division gives the decimal that was meant
        return Column(frozen(raw.view(np.int32) / 1e7), c.flag(codes.HAS_PLACE))

    return read


def _altitude(c: Contents) -> Column:
    raw = c.raw("altitude")
    if raw is None:
        return null(np.int32, c.rows)
    return Column(frozen(raw.view(np.int16).astype(np.int32)), c.flag(codes.HAS_PLACE))


def _speed(c: Contents) -> Column:
    raw = c.raw("speed")
    if raw is None:
        return null(np.float32, c.rows)
    return Column(frozen(raw.astype(np.float32)), c.flag(codes.HAS_MOTION))


def _course(c: Contents) -> Column:
    raw = c.raw("angle")
    if raw is None:
        return null(np.float32, c.rows)
    # 360 is tolerated by the vendor's own library; what is above is not a course
    return _masked(raw.astype(np.float32), c.flag(codes.HAS_MOTION) & (raw <= 360))


def _satellites(c: Contents) -> Column:
    raw = c.raw("satellites")
    return null(np.int16, c.rows) if raw is None else _valid_all(raw.astype(np.int16))


def _priority(c: Contents) -> Column:
    raw = c.raw("priority")
    if raw is None:
        return null(object, c.rows)
    return Column(_labelled(_PRIORITIES, raw), frozen(raw <= 3))


def _event(c: Contents) -> Column:
    raw = c.raw("event_id")
    if raw is None:
        return null(object, c.rows)
    return Column(_labelled(c.projection.event_labels, raw), frozen(raw != 0))


def _constant(text: str) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        return Column(everywhere(text, object, c.rows), _present(c.rows))

    return read


def _null(dtype: Any) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        return null(dtype, c.rows)

    return read


def element(c: Contents, name: str, dtype: np.dtype[Any]) -> Column:
    """An element's column: the slots that bear its name, scaled, sentinels out."""
    parts = [_scaled(c, one, dtype) for one in c.held.get(name, ())]
    if not parts:
        return null(dtype, c.rows)
    values, validity = parts[0]
    for other, filled in parts[1:]:
        values = np.where(filled, other, values)
        validity = validity | filled
    return Column(frozen(values), frozen(validity))


def _scaled(c: Contents, one: Element, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    meaning = one.meaning
    raw, validity = c.element(one, signed=meaning is not None and meaning.signed)
    if meaning is None:
        return raw.astype(dtype), validity
    zeroed = True  # under every null, as the cells are
    if one.width == 8 and not meaning.signed:
        validity = validity & (raw <= _LARGEST)
        zeroed = False
    for sentinel in meaning.null_raw:
        hit = raw == sentinel
        if hit.any():
            validity = validity & ~hit
            zeroed = False
    numerator, denominator = meaning.ratio
    values = raw.astype(dtype, copy=False)
    if numerator != 1:
        values = values * dtype.type(numerator)
    if denominator != 1:
        values = values / dtype.type(denominator)
    if meaning.offset:
        values = values + dtype.type(meaning.offset)
        zeroed = False
    if not zeroed:
        values = np.where(validity, values, dtype.type(0))
    return values, validity


def _generation_type(c: Contents) -> Column:
    raw = c.raw("generation_type")
    if raw is None:
        return null(np.int16, c.rows)
    return Column(frozen((raw & 255).astype(np.int16)), frozen(raw != 0))


def _alarms(c: Contents) -> Column:
    found = [
        one
        for elements in c.held.values()
        for one in elements
        if one.category is Category.ALARM and one.meaning is not None and one.meaning.labels
    ]
    if not found:
        return null(object, c.rows)
    lists: Array = np.empty(c.rows, object)
    reported = np.zeros(c.rows, np.bool_)
    for one in found:
        raw, validity = c.element(one)
        reported |= validity
        for row in np.flatnonzero(raw):
            lists[row] = [*(lists[row] or ()), one.name]
    for row in np.flatnonzero(reported & ~_not_none(lists)):
        lists[row] = []
    return Column(frozen(lists), frozen(reported))


def _pseudonyms(c: Contents) -> Column:
    if not c.pseudonyms:
        return null(object, c.rows)
    maps: Array = np.empty(c.rows, object)
    for kind in c.pseudonyms:
        assert kind.codes is not None
        for row in np.flatnonzero(kind.codes >= 0):
            maps[row] = {**(maps[row] or {}), kind.kind: kind.labels[kind.codes[row]]}
    return Column(frozen(maps), frozen(_not_none(maps)))


READERS: dict[str, Callable[[Contents], Column]] = {
    "subject": _subject,
    "protocol": _constant("teltonika"),
    "message": _constant("avl"),
    "time": _time,
    "received_at": _null("M8[us]"),
    "fix": _fix,
    "location_source": _location_source,
    "accuracy_m": _null(np.float32),
    "latitude": _degrees("latitude"),
    "longitude": _degrees("longitude"),
    "altitude_m": _altitude,
    "speed_kmh": _speed,
    "course_deg": _course,
    "satellites": _satellites,
    "priority": _priority,
    "event": _event,
    "generation_type": _generation_type,
    "alarms": _alarms,
    "states": _null(object),
    "pseudonyms": _pseudonyms,
    "cells": _null(object),
    "clock_suspect": _clock_suspect,
    "retention_class": _retention_class,
    "expires_on": _expires_on,
}
"""The columns of the record schema that are not elements, in its order."""
