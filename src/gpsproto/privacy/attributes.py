"""The elements that have no column of their own: some a record, each with a name and a number."""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto.privacy.contents import Array, Contents, frozen
from gpsproto.projection import AS_IT_IS, Projection


class Attributes(NamedTuple):
    """Names and values of the attributes of n records: those of record i from offsets[i] on.

    ``labels[codes]`` are the names, ``values`` the numbers in the name's unit.  A fault value is
    left out; a name stands once a record.
    """

    offsets: npt.NDArray[np.int32]  # n + 1
    codes: npt.NDArray[np.int32]
    values: npt.NDArray[np.float64]
    labels: tuple[str, ...]


class _Rules(NamedTuple):
    """How keys + 1 become names and numbers: value = raw * numerator / denominator + offset."""

    labels: tuple[str, ...]
    names: Array
    ranks: Array  # of two of one name the greater id counts, then the greater width
    shared: Array  # whether another key has the same name
    shifts: Array  # bits above a signed value, 0 where it is unsigned
    numerators: Array
    denominators: Array
    offsets: Array
    scaled: Array
    sentinels: dict[int, Array]
    coarse: Array  # the door has made it a plain number: its 8 bytes are a double
    bounded: Array  # an unsigned value of 8 bytes: half of them are greater than any number of ours


@lru_cache(maxsize=16)
def _rules(projection: Projection) -> _Rules:
    elements = projection.attributes
    size = len(elements) + 1
    labels = tuple(dict.fromkeys(one.name for one in elements))
    places = {label: place for place, label in enumerate(labels)}
    names, shifts = np.zeros(size, np.int32), np.zeros(size, np.int64)
    numerators, denominators, offsets = np.ones(size), np.ones(size), np.zeros(size)
    bounded, coarse = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
    sentinels: dict[int, Array] = {}
    pairs = [(one.id, one.width) for one in elements]
    order = sorted(range(len(pairs)), key=pairs.__getitem__)
    ranks = np.zeros(size, np.int64)
    ranks[np.array(order, np.intp) + 1] = np.arange(len(order))
    for key, one in enumerate(elements, 1):
        names[key] = places[one.name]
        coarse[key] = one.coarse != AS_IT_IS
        if one.meaning is None or coarse[key]:
            continue
        if one.meaning.signed:
            shifts[key] = 64 - 8 * one.width
        numerators[key], denominators[key] = one.meaning.ratio
        offsets[key] = float(one.meaning.offset)
        bounded[key] = one.width == 8 and not one.meaning.signed
        if one.meaning.null_raw:
            sentinels[key] = np.array(one.meaning.null_raw, np.int64)
    shared = np.bincount(names[1:], minlength=len(labels))[names] > 1
    scaled = (numerators != 1) | (denominators != 1) | (offsets != 0)
    return _Rules(
        labels,
        names,
        ranks,
        shared,
        shifts,
        numerators,
        denominators,
        offsets,
        scaled,
        sentinels,
        coarse,
        bounded,
    )


def attributes(c: Contents) -> Attributes:
    """The attributes of every record."""
    keys, raw, ends = c.attributes()
    if not len(keys):
        return Attributes(
            frozen(np.zeros(c.rows + 1, np.int32)), frozen(np.zeros(0, np.int32)),
            frozen(np.zeros(0)), (),
        )  # fmt: skip
    rules = _rules(c.projection)
    held = c.counts.nonzero()[0]
    whole = raw.view(np.int64)
    if rules.shifts[held].any():
        shifts = rules.shifts.take(keys)
        whole = (whole << shifts) >> shifts
    kept: Array | None = None
    if rules.bounded[held].any():
        kept = ~(rules.bounded.take(keys) & (whole < 0))
    for key in held.tolist():
        if key in rules.sentinels:
            hit = (keys == key) & np.isin(whole, rules.sentinels[key])
            kept = ~hit if kept is None else kept & ~hit
    values = whole.astype(np.float64)
    if rules.scaled[held].any():
        values *= rules.numerators.take(keys)
        values /= rules.denominators.take(keys)
        values += rules.offsets.take(keys)
    if rules.coarse[held].any():
        coarse = rules.coarse.take(keys)
        values[coarse] = raw.view(np.float64)[coarse]
        said = ~np.isnan(values)
        kept = said if kept is None else kept & said
    codes = rules.names.take(keys)
    listed = list(c.projection.cell_keys.values())
    if any(key < len(c.counts) and c.counts[key] for key in listed):
        part = np.isin(keys, listed)
        kept = ~part if kept is None else kept & ~part
    twins = rules.names[held[rules.shared[held]]]
    if len(twins) > len(np.unique(twins)):  # both of a name are here
        valid = np.ones(len(keys), np.bool_) if kept is None else kept
        last = _last_of_a_name(codes, valid, rows_of(ends), rules.ranks.take(keys))
        kept = last if kept is None else kept & last
    if kept is not None and not kept.all():
        before = np.concatenate([[0], np.cumsum(kept)])
        ends = before[ends]
        codes, values = codes[kept], values[kept]
    offsets = np.zeros(c.rows + 1, np.int32)
    offsets[1:] = ends
    return Attributes(frozen(offsets), frozen(codes), frozen(values), rules.labels)


def _last_of_a_name(codes: Array, kept: Array, rows: Array, ranks: Array) -> Array:
    """Where two elements of a record bear one name, one stands for both, as in a column."""
    order = np.lexsort((ranks, kept, codes, rows))
    rows, codes = rows[order], codes[order]
    last = np.ones(len(codes), np.bool_)
    last[order[:-1][(rows[1:] == rows[:-1]) & (codes[1:] == codes[:-1])]] = False
    return last


def rows_of(ends: Array) -> Array:
    """The record of each attribute."""
    counts: Array = np.diff(ends.astype(np.int64), prepend=0)
    return np.repeat(np.arange(len(ends)), counts)


def written(c: Contents) -> Array:
    """One dict a record, None where it holds no attribute."""
    found = attributes(c)
    out: Array = np.empty(c.rows, object)
    names = [found.labels[code] for code in found.codes.tolist()]
    values, offsets = found.values.tolist(), found.offsets.tolist()
    for row, (start, stop) in enumerate(pairwise(offsets)):
        if start < stop:
            out[row] = dict(zip(names[start:stop], values[start:stop], strict=True))
    return out
