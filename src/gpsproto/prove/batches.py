"""What a batch shows of itself: its columns, rows, memory, tables and texts."""

from __future__ import annotations

import copy
import pickle
import pickletools
from collections.abc import Iterable
from typing import Any

import numpy as np

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.prove.containers import buffers
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search

_NUMBERS_OF_PLACES = (
    "PROTO",
    "FRAME",
    "BINGET",
    "LONG_BINGET",
    "BINPUT",
    "LONG_BINPUT",
    "GET",
    "PUT",
)
_DEEP = 2  # attributes of attributes


def columns(batch: FilteredBatch, search: Search) -> None:
    """Every column, its values and its validity; names too."""
    for name in (*batch.columns, *batch.attributes):
        values, validity = batch.column(name)
        search.look("columns", name, Bytes.TEXT)
        if values.dtype == object:
            search.look("columns", _texts(values), Bytes.TEXT)
        else:
            search.look("columns", _bytes(values), Bytes.BINARY)
            search.look_at("columns", values)
        search.look("columns", _bytes(validity), Bytes.BINARY)
    held = batch.attribute_map()
    for part in (held.offsets, held.codes, held.values):
        search.look("columns", _bytes(part), Bytes.BINARY)
        search.look_at("columns", part)
    search.look("columns", repr(held.labels), Bytes.TEXT)


def _bytes(values: Any) -> bytes:
    data: bytes = values[:1].tobytes() if values.strides == (0,) else values.tobytes()
    return data


def _texts(values: Any) -> str:
    """Text and lists, each once."""
    if values.strides == (0,):
        values = values[:1]
    return "\n".join({repr(one) for one in values.tolist()})


def memory(batch: FilteredBatch, search: Search) -> None:
    """The block that holds the cells, what stands under nulls and between columns too."""
    contents = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    search.look("memory", contents.cells.data, Bytes.BINARY)
    for name in ("latitude", "longitude"):
        cells = contents.raw(name)
        if cells is not None:
            search.look_at("memory", cells.view(np.int32))
    for array in (contents.counts, contents.subjects.codes, contents.subjects.labels):
        if array is not None:
            search.look("memory", repr(array.tolist()), Bytes.TEXT)


def table(batch: FilteredBatch, search: Search) -> None:
    """Every buffer of its Arrow table."""
    for column in batch.to_arrow().columns:
        for chunk in column.chunks:
            for buffer in buffers(chunk):
                search.look("Arrow table", buffer, Bytes.BINARY)


def rows(batch: FilteredBatch, search: Search) -> None:
    """Every row as Python values."""
    search.look("rows", repr(list(batch.rows())), Bytes.TEXT)


def texts(things: Iterable[object], search: Search) -> None:
    """What an object says of itself, and what a pickle or a copy of it would hold."""
    for thing in things:
        shown = [repr(thing), str(thing), format(thing)]
        shown += _inside(thing, _DEEP)
        search.look("repr", "\n".join(shown), Bytes.TEXT)
        _pickled(thing, search)


def _inside(thing: object, deep: int) -> list[str]:
    """The attributes of an object, and of those of them that are the library's."""
    if not hasattr(thing, "__dict__") or not type(thing).__module__.startswith("gpsproto."):
        return []
    shown = [repr(vars(thing))]
    for one in vars(thing).values() if deep else ():
        shown += [repr(one), *_inside(one, deep - 1)]
    return shown


def _pickled(thing: object, search: Search) -> None:
    for attempt in (pickle.dumps, copy.copy, copy.deepcopy):
        try:
            found = attempt(thing)
        except Exception as error:
            search.look("pickle", repr(error), Bytes.TEXT)
            continue
        if isinstance(found, bytes):
            _opened(found, search)
        else:
            search.look("pickle", repr(found), Bytes.TEXT)


def _opened(data: bytes, search: Search) -> None:
    """What a pickle holds.  Its own codes and numbers of places may spell anything."""
    search.look("pickle", data, Bytes.COMPRESSED)
    said = []
    for code, argument, _ in pickletools.genops(data):
        if argument is None or code.name in _NUMBERS_OF_PLACES:
            continue
        if isinstance(argument, (bytes, bytearray)):
            search.look("pickle", bytes(argument), Bytes.BINARY)
        else:
            said.append(repr(argument))
    search.look("pickle", "\n".join(said), Bytes.TEXT)
