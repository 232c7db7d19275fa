"""Detail taken out of raw columns, in place, before they are sealed: what is coarse is never stored
finer, not even under a null."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto import catalog
from gpsproto.privacy.attributes import rows_of
from gpsproto.privacy.coarsen import Growth, bucketed, floored, grid
from gpsproto.privacy.contents import Array, Column, frozen
from gpsproto.privacy.naming import NO_DAY
from gpsproto.privacy.scaling import Recipe, recipe, scaled
from gpsproto.projection import Element, Projection
from gpsproto.rawcolumns import RawColumns
from gpsproto.walk import codes

_MOST = 9_223_372_036_854_775_807


class Whose(NamedTuple):
    """Whose each record is, for what grows: subject and day, and which of them each record has."""

    found: Sequence[tuple[str, int]]
    places: npt.NDArray[np.uint32]


def times(columns: RawColumns) -> None:
    """Round times down; a time that is there for the door alone is wiped."""
    selection = columns.projection.selection
    as_they_are = selection.says_time and selection.time_step_ms == 1
    if as_they_are or "timestamp" not in columns.projection.slots:
        return
    cells = np.frombuffer(columns.cells("timestamp"), np.int64)
    if not selection.says_time:
        cells[:] = 0
    else:
        cells[:] = floored(cells, selection.time_step_ms)
        columns.coarsened += len(cells) - int(np.count_nonzero(_flags(columns) & codes.NO_TIME))


def places(columns: RawColumns) -> None:
    """Move places to the middle of their cells."""
    grid_m = columns.projection.selection.grid_m
    slots = columns.projection.slots
    if grid_m is None or "latitude" not in slots or "longitude" not in slots:
        return
    there = (_flags(columns) & codes.HAS_PLACE) != 0
    latitude = np.frombuffer(columns.cells("latitude"), np.int32)
    longitude = np.frombuffer(columns.cells("longitude"), np.int32)
    latitude[there], longitude[there] = grid(latitude[there], longitude[there], grid_m)
    columns.coarsened += 2 * int(np.count_nonzero(there))


def _flags(columns: RawColumns) -> npt.NDArray[np.uint8]:
    return np.frombuffer(columns.cells("flags"), np.uint8)


def elements(
    columns: RawColumns, seen: set[int], growth: Growth, whose: Whose
) -> dict[int, Column]:
    """Make the elements coarse that are to be; the columns of those with a slot, by slot.

    The cells of a slot are wiped: what leaves does not fit into them.  An attribute's 8 bytes become
    a double, NaN where nothing can be said.
    """
    projection = columns.projection
    found: dict[int, Column] = {}
    keys, raw, rows = columns.keys(), columns.values(), rows_of(columns.ends())
    for one in projection.coarse:
        how = _recipe(one, projection)
        if one.core:
            if how.slot in seen:
                cells = np.frombuffer(columns.cells((one.id, one.width)), how.cell)
                marks = np.frombuffer(columns.cells(("mark", one.id, one.width)), np.bool_)
                values, valid = _lessened(
                    cells, marks, one, how, growth, whose, np.arange(len(columns))
                )
                columns.coarsened += int(np.count_nonzero(marks))
                cells[:], marks[:] = 0, valid
                found[how.slot] = Column(frozen(values), frozen(valid))
            continue
        at = np.flatnonzero(keys == how.key)
        if len(at):
            cells = raw[at].astype(f"u{one.width}").view(how.cell)
            values, valid = _lessened(
                cells, np.ones(len(at), np.bool_), one, how, growth, whose, rows[at]
            )
            raw[at] = np.where(valid, values, np.nan).astype(np.float64).view(np.uint64)
            columns.coarsened += len(at)
    return found


def _recipe(one: Element, projection: Projection) -> Recipe:
    """How the cells of an element become values, found out once."""
    known = f"{one.id}@{one.width}"
    if known not in projection.recipes:
        projection.recipes[known] = (recipe(one, projection, _dtype(one)),)
    how: Recipe = projection.recipes[known][0]
    return how


def _dtype(one: Element) -> np.dtype[np.generic]:
    known = catalog.load().dtype(one.name) if one.core else None
    return known or np.dtype(np.float64)


def _lessened(
    cells: Array, there: npt.NDArray[np.bool_], one: Element, how: Recipe, growth: Growth,
    whose: Whose, rows: npt.NDArray[np.intp],
) -> tuple[Array, npt.NDArray[np.bool_]]:  # fmt: skip
    """Values and validity of an element that is coarse; zero under every null."""
    values, valid = scaled(cells, there, how)
    if one.coarse.delta:
        of = whose.places if len(rows) == len(whose.places) else whose.places[rows]
        nowhere = [place for place, (_, day) in enumerate(whose.found) if day == NO_DAY]
        if nowhere:  # without a day nothing has begun
            valid = valid & ~np.isin(of, nowhere)
        held = slice(None) if valid.all() else np.flatnonzero(valid)
        lined = cells[held].astype(np.int64)
        grown = growth.of((one.id, one.width), whose.found, of[held], lined)
        signed = one.meaning is not None and one.meaning.signed
        most = min((1 << 8 * one.width - signed) - 1, _MOST)
        values = np.zeros(len(cells), how.dtype)
        unscaled = how._replace(sentinels=(), offset=None, most=None)
        values[held] = scaled(np.minimum(grown, most), np.ones(len(grown), np.bool_), unscaled)[0]
    if one.coarse.buckets:
        # a whole number's bound is whole too, or the one below it
        bounds = bucketed(values.astype(np.float64), one.coarse.buckets)
        if values.dtype.kind == "i":
            reach = np.iinfo(values.dtype)
            bounds = np.clip(np.floor(bounds), reach.min, reach.max)
        values = np.where(valid, bounds, 0).astype(how.dtype)
    return values, valid
