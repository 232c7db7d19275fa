"""Columns of text: a number a record into a few labels."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from gpsproto.privacy.contents import (
    Array,
    Coded,
    Column,
    Contents,
    anchors,
    everywhere,
    frozen,
    null,
    present,
)
from gpsproto.privacy.retention import horizon
from gpsproto.walk import codes


def _labels(*texts: str | None) -> Array:
    labels: Array = np.empty(len(texts), object)
    labels[:] = texts
    return frozen(labels)


_PRIORITIES = _labels("low", "high", "panic", "security", None)
_SOURCES = _labels(None, "gnss", "last_known")


def _always(c: Contents, label: str | None) -> Coded:
    return Coded(everywhere(0, np.uint8, c.rows), _single(label))


_single = lru_cache(maxsize=512)(_labels)


def nothing(rows: int) -> Coded:
    """A text column without any value."""
    return Coded(everywhere(0, np.uint8, rows), _single(None))


def _subject(c: Contents) -> Coded | None:
    if not len(c.subjects.labels):
        return None
    if c.subjects.codes is None:
        return _always(c, c.subjects.labels[0])
    return Coded(frozen(c.subjects.codes), c.subjects.labels)


def _message(c: Contents) -> Coded:
    labels = c.projection.kind_labels
    raw = c.raw("message")
    return _always(c, labels[0]) if raw is None or not raw.any() else Coded(raw, labels)


def _location_source(c: Contents) -> Coded | None:
    if c.raw("latitude") is None:
        return None
    # HAS_PLACE is 2: minus HAS_FIX it is the label's number, and a third of a look-up's time
    place, fix = c.flags & codes.HAS_PLACE, c.flags & codes.HAS_FIX
    return Coded(frozen(place - (fix & place >> 1)), _SOURCES)


def _priority(c: Contents) -> Coded | None:
    raw = c.raw("priority")
    if raw is None:
        return None
    said = np.minimum(raw, 4)
    if not c.none(codes.NO_POSITION):
        said[c.flag(codes.NO_POSITION)] = 4
    return Coded(frozen(said), _PRIORITIES)


def _event(c: Contents) -> Coded | None:
    raw = c.raw("event_id")
    if raw is None:
        return None
    return Coded(frozen(c.projection.event_codes.take(raw)), c.projection.event_labels)


def _retention_class(c: Contents) -> Coded | None:
    classes = [category.value for category in c.policy.periods.values()]
    if not classes:
        return None
    found = anchors(c)
    if len(classes) == 1 or found is None:
        # without a time the strictest speaks for all
        return _always(c, classes[0])
    which = horizon(tuple(c.policy.periods)).first(found[0])
    return Coded(frozen(which), _labels(*classes))


CODED: dict[str, Callable[[Contents], Coded | None]] = {
    "subject": _subject,
    "protocol": lambda c: _always(c, c.projection.selection.protocol),
    "message": _message,
    "location_source": _location_source,
    "priority": _priority,
    "event": _event,
    "retention_class": _retention_class,
}
"""The text columns of the record schema; None where the policy lets nothing through."""


def written(found: Coded | None, rows: int) -> Column:
    """A text column as Python strings, None where it is null."""
    if found is None or not rows:
        return null(object, rows)
    numbers, labels = found
    if numbers.strides == (0,) or numbers.min() == numbers.max():
        label = labels[numbers[0]]
        return null(object, rows) if label is None else _one(label, rows)
    held = labels != None  # noqa: E711 - element by element
    validity = present(rows) if held.all() else frozen(held.take(numbers))
    return Column(frozen(labels.take(numbers)), validity)


def _one(label: str, rows: int) -> Column:
    return Column(everywhere(label, object, rows), present(rows))
