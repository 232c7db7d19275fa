"""Frames to columns.  One file a codec; a codec is registered by its file being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType
from typing import Any

from gpsproto import catalog
from gpsproto.codecs import avl, beacons
from gpsproto.codecs.avl import FIXED, HEAD, Shape
from gpsproto.codecs.carrier import Carrier
from gpsproto.codecs.rewritten import Rewritten, take
from gpsproto.codecs.watch import payload
from gpsproto.rawcolumns import RawColumns
from gpsproto.terms import Terms
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable

AVL = "teltonika"
WATCH = "watch"

_KINDS = (("avl", None), ("answer", None), ("refusal", None))
"""Records of a tracker, answers to commands, and that a command was refused."""


@cache
def modules() -> tuple[Any, ...]:
    """Every module ``codec*`` of this package: one a codec."""
    found = [one.name for one in pkgutil.iter_modules(__path__) if one.name.startswith("codec")]
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in found)


@cache
def shapes() -> dict[int, Shape]:
    """Codecs of AVL records by codec id: the modules that declare a SHAPE."""
    found = [module.SHAPE for module in modules() if hasattr(module, "SHAPE")]
    return {shape.codec: shape for shape in sorted(found, key=lambda shape: shape.codec)}


@cache
def readings() -> dict[int, Rewritten]:
    """Codecs that are rewritten before the walk, by codec id: the modules that declare a READING."""
    found = [module.READING for module in modules() if hasattr(module, "READING")]
    return {reading.codec: reading for reading in sorted(found, key=lambda one: one.codec)}


@cache
def carriers() -> tuple[Carrier, ...]:
    """Where frames can hide an identifier, beside records: the modules that declare CARRIERS."""
    return tuple(one for module in modules() for one in getattr(module, "CARRIERS", ()))


@cache
def own_families() -> dict[int, str]:
    """The family that alone speaks a codec, by codec id: the modules that declare a FAMILY."""
    return {
        module.READING.codec: module.FAMILY for module in modules() if hasattr(module, "FAMILY")
    }


@cache
def shape_table() -> bytes:
    """The shapes as the walk reads them: a row for each of 256 codec ids."""
    rewritten = bytes([codes.REWRITTEN]).ljust(codes.SHAPE_STRIDE, b"\0")
    rows = dict.fromkeys(readings(), rewritten)
    return _table(rows | {codec: shape.row() for codec, shape in shapes().items()})


@cache
def rewritten_table() -> bytes:
    """The same for bodies that have been rewritten: the row of a codec is of what it became."""
    return _table({codec: reading.shape.row() for codec, reading in readings().items()})


def _table(rows: Mapping[int, bytes]) -> bytes:
    none = bytes(codes.SHAPE_STRIDE)
    return b"".join(rows.get(codec, none) for codec in range(256))


@cache
def terms() -> Mapping[str, Terms]:
    """What each protocol says, for the filter, by the value of the column ``protocol``."""
    return MappingProxyType({
        AVL: Terms(
            AVL, (FIXED, HEAD), catalog.load(), _KINDS, _year(2010),
            frozenset(catalog.FAMILIES), catalog.IDENTITY_PARTS, catalog.PRIVATE_ORDERS,
            lists=beacons.LISTS, listed=beacons.IDS,
        ),
        WATCH: payload.terms(WATCH, _year(2012)),
    })  # fmt: skip


def _year(year: int) -> int:
    """Its first millisecond."""
    return (date(year, 1, 1) - date(1970, 1, 1)).days * 86_400_000


Fill = Callable[[FrameTable, int, int, RawColumns], int]
"""Walk the frames from one row of a table to another into columns; the first that was not taken."""


def fills() -> Mapping[str, Fill]:
    """What walks the frames of a protocol."""
    return {AVL: _fill_avl, WATCH: payload.fill}


def elements(table: FrameTable, row: int) -> int:
    """The most elements that a frame can hold, a rewritten one in the body that it becomes."""
    if table.protocol == AVL and table.cell(row, codes.CODEC) in readings():
        records = max(1, table.cell(row, codes.COUNT))
        # half of the longest body that it becomes, and what the walk wants beside
        return table.cell(row, codes.BODY_SIZE) + (20 + codes.ATTRIBUTES_EXTRA) * records
    return table.elements(row)


def _fill_avl(table: FrameTable, first: int, last: int, columns: RawColumns) -> int:
    row = first
    while True:
        row = avl.fill(table, row, last, shape_table(), columns)
        reading = readings().get(table.cell(row, codes.CODEC)) if row < last else None
        if reading is None or not take(reading, table, row, rewritten_table(), columns):
            return row
        row += 1
