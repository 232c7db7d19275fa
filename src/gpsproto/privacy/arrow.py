"""A filtered batch as an Arrow table: the whole schema, always, and zero under every null.

Values are shown where they stand, not copied: an Arrow buffer holds on to the array behind it, and
with it to the memory of the batch.  Only this module and the sinks know pyarrow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gpsproto.privacy import schema as declared
from gpsproto.privacy.provenance import Provenance

if TYPE_CHECKING:
    from gpsproto.privacy.batch import FilteredBatch

Array = npt.NDArray[Any]

_CODED = pa.dictionary(pa.int32(), pa.string())
_TEXTS = pa.list_(pa.string())
_NUMBERS_BY_NAME = pa.map_(pa.string(), pa.float64())
_TEXTS_BY_NAME = pa.map_(pa.string(), pa.string())
_CELL = pa.struct({
    "mcc": pa.int16(), "mnc": pa.string(), "lac": pa.int32(), "cid": pa.int64(),
})  # fmt: skip
_TYPES: dict[str, pa.DataType] = {
    "string": pa.string(),
    "timestamp[us, tz=UTC]": pa.timestamp("us", "UTC"),
    "date32[day]": pa.date32(),
    "bool": pa.bool_(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    declared.TEXTS: _TEXTS,
    declared.NUMBERS_BY_NAME: _NUMBERS_BY_NAME,
    declared.TEXTS_BY_NAME: _TEXTS_BY_NAME,
    declared.CELLS: pa.list_(_CELL),
}


@lru_cache(maxsize=256)
def schema(made: Provenance | None = None, *, coded: bool = False) -> pa.Schema:
    """The Arrow schema, the same for every batch; with the metadata of who made them.

    ``coded`` has a dictionary in place of each text: for a sink that writes one, never to hand out.
    """
    fields = [
        _field(name, *kind.partition(" not "), coded) for name, kind in declared.columns().items()
    ]
    return pa.schema(fields, None if made is None else made.metadata())


def _field(name: str, kind: str, _: str, null: str, coded: bool) -> pa.Field:
    form = _CODED if coded and kind == "string" else _TYPES[kind]
    return pa.field(name, form, nullable=not null)


def table(batch: FilteredBatch, *, coded: bool = False) -> pa.Table:
    """The batch as a table of the schema."""
    held = set(batch.columns)
    form = schema(batch.provenance, coded=coded)
    arrays = []
    for field, (name, kind) in zip(form, declared.columns().items(), strict=True):
        array = None
        if name in held and kind.startswith("string"):
            array = _text(batch, name, coded)
        elif name in held and kind in _READERS:
            array = _READERS[kind](batch, name)
        arrays.append(_null(field.type, len(batch)) if array is None else array)
    return pa.Table.from_arrays(arrays, schema=form)


def _text(batch: FilteredBatch, name: str, coded: bool) -> pa.Array | None:
    """A column of text; None where no record has any."""
    numbers, labels = batch.coded(name)
    rows = len(numbers)
    if numbers.strides == (0,) and rows:
        label = labels[numbers[0]]
        if label is None:
            return None
        if not coded:
            return _repeated(label, rows)
        return pa.DictionaryArray.from_arrays(_numbers(np.zeros(rows, np.int32)), _strings([label]))
    held = np.bincount(numbers, minlength=len(labels)) > 0  # of many labels few are in use
    named = held & (labels != None)  # noqa: E711 - element by element
    if not named.any():
        return None
    places = np.where(named, np.cumsum(named) - 1, 0).astype(np.int32)
    bits = None if (held == named).all() else _bits(named.take(numbers))
    codes = pa.Array.from_buffers(
        pa.int32(), rows, [bits and bits[0], pa.py_buffer(places.take(numbers))]
    )
    array = pa.DictionaryArray.from_arrays(codes, _strings(labels[named].tolist()))
    return array if coded else array.dictionary_decode()


# pa.array imports pandas, where there is one, which takes longer than a short run: it is left to
# columns that few records have


def _strings(texts: Sequence[str]) -> pa.Array:
    encoded = [text.encode() for text in texts]
    offsets = np.zeros(len(encoded) + 1, np.int32)
    np.cumsum([len(text) for text in encoded], out=offsets[1:])
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.string(), len(encoded), buffers)


def _numbers(values: npt.NDArray[Any]) -> pa.Array:
    kind = pa.from_numpy_dtype(values.dtype)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(values)])


def _repeated(text: str, rows: int) -> pa.Array:
    encoded = text.encode()
    offsets = np.arange(rows + 1, dtype=np.int32) * len(encoded)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(encoded * rows)]
    return pa.Array.from_buffers(pa.string(), rows, buffers)


def _number(batch: FilteredBatch, name: str) -> pa.Array | None:
    """A column of fixed width, shown where it stands."""
    values, validity = batch.column(name)
    bits = _bits(validity)
    if bits is None:
        return None
    kind = _TYPES[declared.columns()[name]]
    if kind == pa.bool_():
        values = np.packbits(values, bitorder="little")
    elif kind == pa.date32():
        values = values.view(np.int64).astype(np.int32)
    else:
        values = np.ascontiguousarray(values)  # one value for all records has no memory
    return pa.Array.from_buffers(kind, len(validity), [bits[0], pa.py_buffer(values)])


def _texts(batch: FilteredBatch, name: str) -> pa.Array | None:
    values, validity = batch.column(name)
    bits = _bits(validity)
    if bits is None:
        return None
    rows = [value or () for value in values.tolist()]
    ends = np.zeros(len(rows) + 1, np.int32)
    np.cumsum([len(row) for row in rows], out=ends[1:])
    texts = _strings([text for row in rows for text in row])
    return pa.Array.from_buffers(_TEXTS, len(rows), [bits[0], pa.py_buffer(ends)], children=[texts])


def _numbers_by_name(batch: FilteredBatch, _: str) -> pa.Array | None:
    found = batch.attribute_map()
    bits = _bits(found.offsets[1:] > found.offsets[:-1])
    if bits is None:
        return None
    keys = _strings(found.labels).take(_numbers(found.codes))
    entries = pa.Array.from_buffers(
        _NUMBERS_BY_NAME.field(0).type, len(keys), [None], children=[keys, _numbers(found.values)]
    )
    return pa.Array.from_buffers(
        _NUMBERS_BY_NAME, len(batch), [bits[0], pa.py_buffer(found.offsets)], children=[entries]
    )


def _texts_by_name(batch: FilteredBatch, name: str) -> pa.Array | None:
    values, validity = batch.column(name)
    if not validity.any():
        return None
    return pa.array([v if v is None else [*v.items()] for v in values.tolist()], _TEXTS_BY_NAME)


def _cells(batch: FilteredBatch, name: str) -> pa.Array | None:
    values, validity = batch.column(name)
    return pa.array(values.tolist(), _TYPES[declared.CELLS]) if validity.any() else None


_READERS: dict[str, Callable[[FilteredBatch, str], pa.Array | None]] = {
    declared.TEXTS: _texts,
    declared.NUMBERS_BY_NAME: _numbers_by_name,
    declared.TEXTS_BY_NAME: _texts_by_name,
    declared.CELLS: _cells,
    **dict.fromkeys(
        ("timestamp[us, tz=UTC]", "date32[day]", "bool", "int16", "int32", "int64", "float",
         "double"), _number,
    ),
}  # fmt: skip


def _bits(validity: npt.NDArray[np.bool_]) -> tuple[pa.Buffer | None] | None:
    """The validity bitmap, None in its place where all are valid; None where none is."""
    if validity.strides == (0,) and len(validity):
        return (None,) if validity[0] else None
    if validity.all():
        return (None,)
    return (pa.py_buffer(np.packbits(validity, bitorder="little")),) if validity.any() else None


@cache
def _zeros(size: int) -> pa.Buffer:
    return pa.py_buffer(bytes(size))


@lru_cache(maxsize=1024)
def _null(kind: pa.DataType, rows: int) -> pa.Array:
    """A column without any value, over zeros that all such columns share."""
    size = 1 << (8 * (rows + 1)).bit_length()
    zeros = _zeros(size)
    children = None
    if pa.types.is_dictionary(kind):
        codes = pa.Array.from_buffers(kind.index_type, rows, [zeros] * 2, rows)
        return pa.DictionaryArray.from_arrays(codes, _strings([]))
    if pa.types.is_map(kind):
        entry = kind.field(0).type
        empty = [_null(field.type, 0) for field in entry]
        children = [pa.Array.from_buffers(entry, 0, [None], children=empty)]
    elif pa.types.is_list(kind):
        children = [pa.nulls(0, kind.value_type)]
    count = 3 if pa.types.is_string(kind) else 2
    return pa.Array.from_buffers(kind, rows, [zeros] * count, rows, children=children)
