"""How the raw cells of an element become values of its unit."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from gpsproto.catalog import Meaning
from gpsproto.privacy.contents import SIGNED, UNSIGNED, Array
from gpsproto.projection import AS_IT_IS, Element, Projection

_LARGEST = 9_223_372_036_854_775_807


class Recipe(NamedTuple):
    """How an element's cells become values: value = cell * numerator / denominator + offset."""

    slot: int  # -1: it is an attribute
    mark: int
    key: int  # of an attribute, + 1
    width: int
    cell: np.dtype[Any]
    dtype: np.dtype[Any]
    sentinels: tuple[int, ...]
    numerator: Any  # None: 1
    denominator: Any  # None: 1
    offset: Any  # None: 0
    most: int | None  # what is above no value can be; None: every cell can
    coarse: bool  # whether the door has made it a plain number, of 8 bytes as an attribute


def recipes_of(projection: Projection, name: str, dtype: np.dtype[Any]) -> tuple[Recipe, ...]:
    """The recipes of the elements that bear a name, those of slots first, made once."""
    found = projection.recipes.get(name)
    if found is None:
        made = [
            recipe(one, projection, dtype)
            for one in projection.selection.elements
            if one.name == name
        ]
        found = projection.recipes[name] = tuple(sorted(made, key=lambda one: one.slot < 0))
    return found


def recipe(one: Element, projection: Projection, dtype: np.dtype[Any]) -> Recipe:
    """What is known of an element before any record, so that a batch need not find it out."""
    meaning = one.meaning
    slot = mark = -1
    key = 0
    if one.core:
        slot = projection.slots[one.id, one.width]
        mark = projection.marks[slot]
    else:
        key = projection.attributes.index(one) + 1
    if meaning is None:
        cell = UNSIGNED[one.width]
        return Recipe(slot, mark, key, one.width, cell, dtype, (), None, None, None, None, False)
    numerator, denominator = meaning.ratio
    return Recipe(
        slot,
        mark,
        key,
        one.width,
        (SIGNED if meaning.signed else UNSIGNED)[one.width],
        dtype,
        meaning.null_raw,
        dtype.type(numerator) if numerator != 1 else None,
        dtype.type(denominator) if denominator != 1 else None,
        dtype.type(meaning.offset) if meaning.offset else None,
        _most(meaning, one.width, dtype),
        one.coarse != AS_IT_IS,
    )


def _most(meaning: Meaning, width: int, dtype: np.dtype[Any]) -> int | None:
    """The greatest cell that is a value of the column, where a cell may be greater."""
    if meaning.signed:
        return None
    if width == 8:
        return _LARGEST
    if dtype.kind != "i":
        return None
    # a column is as wide as the widths that are listed: a codec without widths may send a wider one
    most = int((np.iinfo(dtype).max - meaning.offset) / meaning.scale)
    return most if most < (1 << 8 * width) - 1 else None


def scaled(raw: Array, validity: Array, recipe: Recipe) -> tuple[Array, Array]:
    """Values and validity of raw cells: scaled, sentinels out, zero under every null."""
    zeroed = True  # under every null, as the cells are
    if recipe.most is not None:
        validity = validity & (raw <= recipe.most)
        zeroed = False
    for sentinel in recipe.sentinels:
        hit = raw == sentinel
        if hit.any():
            validity = validity & ~hit
            zeroed = False
    values = raw.astype(recipe.dtype, copy=False)
    if recipe.numerator is not None:
        values = values * recipe.numerator
    if recipe.denominator is not None:
        values = values / recipe.denominator
    if recipe.offset is not None:
        values = values + recipe.offset
        zeroed = False
    if not zeroed:
        values = np.where(validity, values, recipe.dtype.type(0))
    return values, validity
