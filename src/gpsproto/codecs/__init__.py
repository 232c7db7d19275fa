"""Frames to columns.  One file a codec; a codec is registered by its file being here."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from gpsproto import catalog
from gpsproto.codecs import avl
from gpsproto.codecs.avl import FIXED, HEAD, Shape
from gpsproto.codecs.watch import payload
from gpsproto.rawcolumns import RawColumns
from gpsproto.terms import Terms
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable

AVL = "teltonika"
WATCH = "watch"


@cache
def shapes() -> dict[int, Shape]:
    """AVL codecs by codec id: every module ``codec*`` of this package that declares a SHAPE."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("codec"):
            shape = importlib.import_module(f"{__name__}.{module.name}").SHAPE
            found[shape.codec] = shape
    return dict(sorted(found.items()))


@cache
def shape_table() -> bytes:
    """The shapes as the walk reads them: a row for each of 256 codec ids."""
    table = bytearray(256 * codes.SHAPE_STRIDE)
    for codec, shape in shapes().items():
        start = codec * codes.SHAPE_STRIDE
        table[start : start + codes.SHAPE_STRIDE] = shape.row()
    return bytes(table)


@cache
def terms() -> Mapping[str, Terms]:
    """What each protocol says, for the filter, by the value of the column ``protocol``."""
    return MappingProxyType({
        AVL: Terms(
            AVL, (FIXED, HEAD), catalog.load(), (("avl", None),), _year(2010),
            frozenset(catalog.FAMILIES), catalog.IDENTITY_PARTS, catalog.PRIVATE_ORDERS,
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


def _fill_avl(table: FrameTable, first: int, last: int, columns: RawColumns) -> int:
    return avl.fill(table, first, last, shape_table(), columns)
