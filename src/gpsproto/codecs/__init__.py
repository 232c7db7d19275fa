"""Frames to columns.  One file a codec; a codec is registered by its file being here."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from gpsproto.codecs.avl import FIXED, HEAD, Shape
from gpsproto.layout import Layout
from gpsproto.walk import codes


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


def layouts() -> tuple[Layout, ...]:
    """The fixed parts that the codecs declare, for the filter."""
    return (FIXED, HEAD)
