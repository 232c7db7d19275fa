"""Raw cells to typed columns, on demand: one reader a column of the record schema.

What a reader returns is read-only, and zero under every null.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto.category import Category
from gpsproto.privacy.policy import Policy
from gpsproto.projection import Element, Projection
from gpsproto.walk import codes

Array = npt.NDArray[Any]

_LATEST_MS = 253_402_300_799_999  # the last millisecond of year 9999
_SUSPECT_MS = 1_262_304_000_000  # 2010-01-01: a clock that was never set
_PRIORITIES = np.array(["low", "high", "panic", "security"], object)
_SOURCES = np.array([None, "gnss", "last_known"], object)
_LARGEST = 9_223_372_036_854_775_807


class Column(NamedTuple):
    """A column of n records.  ``values`` is read-only, zero (or None) where ``validity`` is False."""

    values: Array
    validity: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Pseudonyms of one kind: a code a record, -1 where it has none, into labels."""

    kind: str
    codes: Array
    labels: Array


@dataclass(frozen=True, slots=True)
class Contents:
    """What a filtered batch holds: read-only cells, and how they are read."""

    rows: int
    cells: npt.NDArray[np.uint8]
    starts: tuple[tuple[int, int], ...]  # first byte of the cells and of the validity, by slot
    seen: frozenset[int]
    projection: Projection
    policy: Policy
    subjects: Pseudonyms
    pseudonyms: tuple[Pseudonyms, ...]
    event_labels: Array

    def raw(self, name: str | tuple[int, int]) -> Array | None:
        """The unsigned cells of a slot, or None where the policy lets none through."""
        slot = self.projection.slots.get(name)
        if slot is None:
            return None
        width = self.projection.widths[slot]
        start = self.starts[slot][0]
        return self.cells[start : start + self.rows * width].view(f"u{width}")

    def validity(self, name: str | tuple[int, int]) -> npt.NDArray[np.bool_]:
        """Which cells of an element's slot were filled."""
        start = self.starts[self.projection.slots[name]][1]
        return self.cells[start : start + self.rows].view(np.bool_)

    def flag(self, bit: int) -> npt.NDArray[np.bool_]:
        """A bit of the record's flags."""
        flags = self.raw("flags")
        assert flags is not None
        return (flags & bit) != 0

    def elements(self) -> list[Element]:
        """The elements that have at least one cell."""
        slots = self.projection.slots
        return [e for e in self.projection.selection.elements if slots[e.id, e.width] in self.seen]


def frozen(values: Array) -> Array:
    """The same array, such that nobody can make it writable again."""
    if values.dtype.kind == "M":
        return frozen(values.view(np.int64)).view(values.dtype)
    values.flags.writeable = False
    return np.asarray(memoryview(values))


def everywhere(value: Any, dtype: Any, rows: int) -> Array:
    """One value for all records, in no memory."""
    return np.broadcast_to(np.array(value, dtype), (rows,))


def null(dtype: Any, rows: int) -> Column:
    """A column without any value."""
    empty = None if np.dtype(dtype).kind == "O" else np.zeros((), dtype)
    return Column(everywhere(empty, dtype, rows), everywhere(False, np.bool_, rows))


def _valid_all(values: Array) -> Column:
    return Column(frozen(values), everywhere(True, np.bool_, len(values)))


def _masked(values: Array, validity: Array) -> Column:
    if not validity.all():
        values[~validity] = None if values.dtype.kind == "O" else np.zeros((), values.dtype)
    return Column(frozen(values), frozen(validity))


def _subject(c: Contents) -> Column:
    if len(c.subjects.labels) == 1:
        label = c.subjects.labels[0]
        return Column(
            everywhere(label, object, c.rows), everywhere(label is not None, np.bool_, c.rows)
        )
    values = c.subjects.labels[c.subjects.codes]
    return Column(frozen(values), frozen(np.not_equal(values, None)))


def _times(c: Contents) -> tuple[Array, Array] | None:
    """Milliseconds, and which of them are a time that can be."""
    raw = c.raw("timestamp")
    if raw is None:
        return None
    return raw.view(np.int64), raw <= _LATEST_MS


def _time(c: Contents) -> Column:
    found = _times(c)
    if found is None:
        return null("M8[us]", c.rows)
    ms, validity = found
    return _masked((ms * 1000).view("M8[us]"), validity)


def _clock_suspect(c: Contents) -> Column:
    found = _times(c)
    if found is None:
        return null(np.bool_, c.rows)
    ms, validity = found
    return _valid_all((ms < _SUSPECT_MS) | ~validity)


def _expires_on(c: Contents) -> Column:
    found, first = _times(c), c.policy.first_to_expire
    if found is None or first is None:
        return null("M8[D]", c.rows)
    ms, validity = found
    return _masked(first[1].expiry_of_ms(np.where(validity, ms, 0)), validity.copy())


def _retention_class(c: Contents) -> Column:
    first = c.policy.first_to_expire
    if first is None:
        return null(object, c.rows)
    return Column(everywhere(first[0].value, object, c.rows), everywhere(True, np.bool_, c.rows))


def _fix(c: Contents) -> Column:
    if not c.policy.keeps(Category.LOCATION):
        return null(np.bool_, c.rows)
    return _masked(c.flag(codes.HAS_FIX), ~c.flag(codes.IS_PRIVATE))


def _location_source(c: Contents) -> Column:
    if c.raw("latitude") is None:
        return null(object, c.rows)
    place, fix = c.flag(codes.HAS_PLACE), c.flag(codes.HAS_FIX)
    return Column(frozen(_SOURCES[np.where(place, np.where(fix, 1, 2), 0)]), frozen(place))


def _degrees(name: str) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        raw = c.raw(name)
        if raw is None:
            return null(np.float64, c.rows)
        # no place, no bytes: the cell is 0 already; division gives the decimal that was meant
        return Column(frozen(raw.view(np.int32) / 1e7), frozen(c.flag(codes.HAS_PLACE)))

    return read


def _altitude(c: Contents) -> Column:
    raw = c.raw("altitude")
    if raw is None:
        return null(np.int32, c.rows)
    return Column(
        frozen(raw.view(np.int16).astype(np.int32)), frozen(c.flag(codes.HAS_PLACE))
    )


def _speed(c: Contents) -> Column:
    raw = c.raw("speed")
    if raw is None:
        return null(np.float32, c.rows)
    return Column(frozen(raw.astype(np.float32)), frozen(c.flag(codes.HAS_MOTION)))


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
    return _masked(_PRIORITIES[np.minimum(raw, 3)], raw <= 3)


def _event(c: Contents) -> Column:
    raw = c.raw("event_id")
    if raw is None:
        return null(object, c.rows)
    return Column(frozen(c.event_labels[raw]), frozen(raw != 0))


def _constant(text: str) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        return Column(everywhere(text, object, c.rows), everywhere(True, np.bool_, c.rows))

    return read


def _null(dtype: Any) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        return null(dtype, c.rows)

    return read


def element(c: Contents, name: str, dtype: np.dtype[Any]) -> Column:
    """An element's column: the slots that bear its name, scaled, sentinels out."""
    parts = [_scaled(c, one, dtype) for one in c.elements() if one.name == name]
    if not parts:
        return null(dtype, c.rows)
    values, validity = parts[0]
    for other, filled in parts[1:]:
        values = np.where(filled, other, values)
        validity = validity | filled
    return Column(frozen(values), frozen(validity))


def _scaled(c: Contents, one: Element, dtype: np.dtype[Any]) -> tuple[Array, Array]:
    raw = c.raw((one.id, one.width))
    assert raw is not None
    validity = c.validity((one.id, one.width))
    meaning = one.meaning
    if meaning is None:
        return raw.astype(dtype), validity
    if meaning.signed:
        raw = raw.view(f"i{one.width}")
    elif one.width == 8:
        validity = validity & (raw <= _LARGEST)
    for sentinel in meaning.null_raw:
        hit = raw == sentinel
        if hit.any():
            validity = validity & ~hit
    numerator, denominator = meaning.scale.as_integer_ratio()
    values = raw.astype(dtype)
    if numerator != 1:
        values *= numerator
    if denominator != 1:
        values /= denominator
    if meaning.offset:
        values += dtype.type(meaning.offset)
    if not validity.all():
        values[~validity] = 0
    return values, validity


def _generation_type(c: Contents) -> Column:
    raw = c.raw("generation_type")
    if raw is None or c.projection.slots["generation_type"] not in c.seen:
        return null(np.int16, c.rows)
    return Column(frozen(raw.astype(np.int16)), c.validity("generation_type"))


def _alarms(c: Contents) -> Column:
    found = [e for e in c.elements() if e.category is Category.ALARM and e.meaning is not None]
    if not found:
        return null(object, c.rows)
    lists: Array = np.empty(c.rows, object)
    reported = np.zeros(c.rows, np.bool_)
    for one in found:
        raw = c.raw((one.id, one.width))
        assert raw is not None
        reported |= c.validity((one.id, one.width))
        for row in np.flatnonzero(raw):
            lists[row] = [*(lists[row] or ()), one.name]
    for row in np.flatnonzero(reported & np.equal(lists, None)):
        lists[row] = []
    return Column(frozen(lists), frozen(reported))


def _pseudonyms(c: Contents) -> Column:
    if not c.pseudonyms:
        return null(object, c.rows)
    maps: Array = np.empty(c.rows, object)
    for kind in c.pseudonyms:
        for row in np.flatnonzero(kind.codes >= 0):
            maps[row] = {**(maps[row] or {}), kind.kind: kind.labels[kind.codes[row]]}
    return Column(frozen(maps), frozen(np.not_equal(maps, None)))


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
