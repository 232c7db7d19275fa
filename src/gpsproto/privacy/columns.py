"""Raw cells to typed columns, on demand: one reader a column of the record schema.

What a reader returns is read-only, and zero under every null.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gpsproto import catalog
from gpsproto.category import Category
from gpsproto.privacy.attributes import rows_of
from gpsproto.privacy.attributes import written as written_attributes
from gpsproto.privacy.contents import (
    Array,
    Column,
    Contents,
    anchors,
    everywhere,
    frozen,
    null,
    present,
    times,
)
from gpsproto.privacy.retention import horizon
from gpsproto.privacy.scaling import Recipe, recipes_of, scaled
from gpsproto.privacy.text import CODED, written
from gpsproto.walk import codes

_DAY_MS = 86_400_000


def _masked(values: Array, validity: Array) -> Column:
    if validity.strides != (0,) and not validity.all():
        values = values if values.flags.writeable else values.copy()
        values[~validity] = np.zeros((), values.dtype)
    return Column(frozen(values), frozen(validity))


def _time(c: Contents) -> Column:
    found = times(c)
    if found is None:
        return null("M8[us]", c.rows)
    ms, validity = found
    return Column(frozen((ms * 1000).view("M8[us]")), validity)


def _clock_suspect(c: Contents) -> Column:
    found = times(c)
    if found is None:
        return null(np.bool_, c.rows)
    # a time that cannot be has a cell of 0, which is before that too
    suspect = found[0] < c.projection.selection.clock_set_ms
    if c.received_ms is not None:
        suspect |= found[0] > c.received_ms + _DAY_MS
    if c.none(codes.NO_POSITION):
        return Column(frozen(suspect), present(c.rows))
    # what has neither a place nor a time may be of a kind that never has a time
    return _masked(suspect, ~(c.flag(codes.NO_POSITION) & c.flag(codes.NO_TIME)))


def _received(c: Contents) -> Column:
    # where a protocol's time is dropped, its receipt would say it
    if c.received_ms is None or not c.projection.selection.says_time:
        return null("M8[us]", c.rows)
    return Column(everywhere(np.datetime64(c.received_ms, "ms"), "M8[us]", c.rows), present(c.rows))


def _expires_on(c: Contents) -> Column:
    found, periods = anchors(c), c.policy.periods
    if found is None or not periods:
        return null("M8[D]", c.rows)
    return _masked(horizon(tuple(periods)).expiry(found[0]), found[1])


def _fix(c: Contents) -> Column:
    if "latitude" not in c.projection.slots:
        return null(np.bool_, c.rows)
    if c.none(codes.IS_PRIVATE | codes.NO_POSITION):
        return Column(c.flag(codes.HAS_FIX), present(c.rows))
    said = ~(c.flag(codes.IS_PRIVATE) | c.flag(codes.NO_POSITION))
    return Column(frozen(c.flag(codes.HAS_FIX) & said), frozen(said))


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
        return element(c, "altitude_m", np.dtype(np.int32))
    return _sent(
        raw.view(np.int16).astype(np.int32), c.flag(codes.HAS_PLACE), codes.ALTITUDE_NOT_SENT
    )


def _speed(c: Contents) -> Column:
    raw = c.raw("speed")
    if raw is None:
        return _narrowed(c, "speed_kmh")
    return _sent(raw.astype(np.float32), c.flag(codes.HAS_MOTION), codes.SPEED_NOT_SENT)


def _sent(values: Array, validity: Array, not_sent: int) -> Column:
    """A fixed field, null where the codec did not send it."""
    there = values != not_sent
    return Column(frozen(values), validity) if there.all() else _masked(values, validity & there)


def _course(c: Contents) -> Column:
    raw = c.raw("angle")
    if raw is None:
        return _narrowed(c, "course_deg")
    # 360 is tolerated by the vendor's own library; above is no course, or one that was not sent
    values, validity = raw.astype(np.float32), c.flag(codes.HAS_MOTION)
    if c.rows and raw.max() > 360:
        return _masked(values, validity & (raw <= 360))
    return Column(frozen(values), validity)


def _satellites(c: Contents) -> Column:
    raw = c.raw("satellites")
    if raw is None:
        return element(c, "satellites", np.dtype(np.int16))
    values = raw.astype(np.int16)
    if c.none(codes.NO_POSITION):
        return Column(frozen(values), present(c.rows))
    return _masked(values, ~c.flag(codes.NO_POSITION))


def _narrowed(c: Contents, name: str) -> Column:
    """An element with decimals: divided as double, so that the float is that of the text."""
    values, validity = element(c, name, np.dtype(np.float64))
    return Column(frozen(values.astype(np.float32)), validity)


def _accuracy(c: Contents) -> Column:
    return _narrowed(c, "accuracy_m")


def _text(name: str) -> Callable[[Contents], Column]:
    def read(c: Contents) -> Column:
        return written(CODED[name](c), c.rows)

    return read


def element(c: Contents, name: str, dtype: np.dtype[Any]) -> Column:
    """An element's column: the slots or attributes that bear its name, scaled, sentinels out."""
    parts = []
    for recipe in recipes_of(c.projection, name, dtype):
        if recipe.slot in c.seen:
            parts.append(_of_slot(c, recipe))
        elif 0 < recipe.key < len(c.counts):
            parts.append(_of_key(c, recipe))
    if not parts:
        return null(dtype, c.rows)
    values, validity = parts[0]
    for other, filled in parts[1:]:
        values = np.where(filled, other, values)
        validity = validity | filled
    return Column(frozen(values), frozen(validity))


def _of_slot(c: Contents, recipe: Recipe) -> tuple[Array, Array]:
    coarse = c.coarse.get(recipe.slot)
    if coarse is not None:
        return coarse.values.astype(recipe.dtype, copy=False), coarse.validity
    raw = c.slot(recipe.slot, recipe.width, recipe.cell)
    return scaled(raw, c.slot(recipe.mark, 1, np.bool_), recipe)


def _of_key(c: Contents, recipe: Recipe) -> tuple[Array, Array]:
    keys, raw, ends = c.attributes()
    places = np.flatnonzero(keys == recipe.key)
    if recipe.coarse:
        some = raw[places].view(np.float64)
        held = ~np.isnan(some)
        some = np.where(held, some, 0).astype(recipe.dtype)
    else:
        cells = raw[places].astype(f"u{recipe.width}").view(recipe.cell)
        some, held = scaled(cells, np.ones(len(places), np.bool_), recipe)
    rows = rows_of(ends)[places]
    values, validity = np.zeros(c.rows, recipe.dtype), np.zeros(c.rows, np.bool_)
    values[rows], validity[rows] = some, held
    return values, validity


def _dtype(name: str) -> np.dtype[Any]:
    """The type of an element's column: one whoever asks, for a recipe is kept by its name."""
    return catalog.load().dtype(name) or np.dtype(np.float64)


def _generation_type(c: Contents) -> Column:
    raw = c.raw("generation_type")
    if raw is None:
        return null(np.int16, c.rows)
    return Column(frozen((raw & 255).astype(np.int16)), frozen(raw != 0))


def _listed(c: Contents, *, alarm: bool) -> Column | None:
    """Names of the bits of the status word that are set; None where there is no such word."""
    raw = c.raw("status")
    bits = [one for one in c.projection.selection.status_bits if one.alarm is alarm]
    if raw is None or not bits:
        return None
    there = c.flag(codes.HAS_STATUS)
    if "words" not in c.noted:
        c.noted["words"] = np.unique(raw, return_inverse=True)
    words, places = c.noted["words"]
    lists: Array = np.empty(len(words), object)
    for place, word in enumerate(words.tolist()):
        lists[place] = [one.name for one in bits if word >> one.bit & 1]
    found: Array = np.empty(c.rows, object)
    for row, place in enumerate(places.reshape(-1).tolist()):
        found[row] = lists[place].copy()  # nobody's list is another's
    if not there.all():
        found[~there] = None
    return Column(frozen(found), frozen(there))


def _states(c: Contents) -> Column:
    return _listed(c, alarm=False) or null(object, c.rows)


def _alarms(c: Contents) -> Column:
    by_status = _listed(c, alarm=True)
    if by_status is not None:
        return by_status
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
        values, validity = element(c, one.name, _dtype(one.name))
        reported |= validity
        for row in np.flatnonzero(values):
            lists[row] = [*(lists[row] or ()), one.name]
    for row in np.flatnonzero(reported & (lists == None)):  # noqa: E711 - element by element
        lists[row] = []
    return Column(frozen(lists), frozen(reported))


def _cells(c: Contents) -> Column:
    """One list of cells a record, each with country, network, area and identity."""
    cell_keys = c.projection.cell_keys
    if not any(key < len(c.counts) and c.counts[key] for key in cell_keys.values()):
        return null(object, c.rows)
    keys, raw, ends = c.attributes()
    lists: Array = np.empty(c.rows, object)
    rows = rows_of(ends)
    part_of = {key: part for part, key in cell_keys.items()}
    country = network = area = None
    for place in np.flatnonzero(np.isin(keys, list(part_of))).tolist():
        value = int(raw[place])
        part = part_of[int(keys[place])]
        if part == "mcc":
            country = value - 1 if value else None
        elif part == "mnc":
            network = value.to_bytes(3, "big").lstrip(b"\0").decode("ascii") or None
        elif part == "lac":
            area = value - 1 if value else None
        else:
            identity = value - 1 if value else None
            row = rows[place]
            lists[row] = [
                *(lists[row] or ()),
                {"mcc": country, "mnc": network, "lac": area, "cid": identity},
            ]
    return Column(frozen(lists), frozen(lists != None))  # noqa: E711 - element by element


def _attributes(c: Contents) -> Column:
    if not len(c.counts):
        return null(object, c.rows)
    maps = written_attributes(c)
    return Column(frozen(maps), frozen(maps != None))  # noqa: E711 - element by element


def _pseudonyms(c: Contents) -> Column:
    if not c.pseudonyms:
        return null(object, c.rows)
    maps: Array = np.empty(c.rows, object)
    for kind in c.pseudonyms:
        assert kind.codes is not None
        for row in np.flatnonzero(kind.codes >= 0):
            maps[row] = {**(maps[row] or {}), kind.kind: kind.labels[kind.codes[row]]}
    held = maps != None  # noqa: E711 - element by element
    return Column(frozen(maps), frozen(held))


READERS: dict[str, Callable[[Contents], Column]] = {
    "subject": _text("subject"),
    "protocol": _text("protocol"),
    "message": _text("message"),
    "time": _time,
    "received_at": _received,
    "fix": _fix,
    "location_source": _text("location_source"),
    "accuracy_m": _accuracy,
    "latitude": _degrees("latitude"),
    "longitude": _degrees("longitude"),
    "altitude_m": _altitude,
    "speed_kmh": _speed,
    "course_deg": _course,
    "satellites": _satellites,
    "priority": _text("priority"),
    "event": _text("event"),
    "generation_type": _generation_type,
    "alarms": _alarms,
    "states": _states,
    "attributes": _attributes,
    "pseudonyms": _pseudonyms,
    "cells": _cells,
    "clock_suspect": _clock_suspect,
    "retention_class": _text("retention_class"),
    "expires_on": _expires_on,
}
"""The columns of the record schema that are not elements, in its order."""
