"""A store written anew under a rotated key: text as it streams, tables by row group or batch.

What is written appears whole or not at all.  The form is told by the content, not by the name.
"""

from __future__ import annotations

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from gpsproto.errors import ErrorCode, GpsprotoError
from gpsproto.privacy.extra import require
from gpsproto.privacy.keys.rekey import WORD, Rekey
from gpsproto.sinks.target import Target, attempt

if TYPE_CHECKING:
    import pyarrow as pa

_AT_ONCE = 1 << 20
_LONGEST_WORD = 64  # longer than any pseudonym
_COLUMNS = ("subject", "pseudonyms")
_ARROW = b"ARROW:schema"  # there where the writer noted the types of Arrow
_KEY_IDS = b"gpsproto.key_ids"


def rekey_store(sources: Sequence[Path], out: Path, rekey: Rekey) -> None:
    """Write one file anew as a file, several files or a folder as a new folder.

    Raises GpsprotoError where a store cannot be read, SinkError where nothing can be written; then
    nothing stands at ``out``.
    """
    if len(sources) == 1 and not sources[0].is_dir():
        _rekey_file(sources[0], out, rekey)
    else:
        _rekey_folder(sources, out, rekey)


def _rekey_file(source: Path, out: Path, rekey: Rekey) -> None:
    target = Target(out)
    done = False
    try:
        rekey_into(source, target, rekey)
        target.close()
        done = True
        if stat.S_IMODE(source.stat().st_mode) & 0o077 == 0:  # what was private stays so
            attempt(lambda: out.chmod(0o600))
    finally:
        if not done:
            target.discard()


def _rekey_folder(sources: Sequence[Path], out: Path, rekey: Rekey) -> None:
    part = out.parent / f".{secrets.token_hex(8)}.part"
    attempt(part.mkdir)
    done = False
    try:
        for path, name in _files(sources):
            # a folder may be named by a subject
            where = part / rekey.text(str(name))
            _make(where.parent)
            _rekey_file(path, where, rekey)
        attempt(lambda: os.rename(part, out))
        done = True
    finally:
        if not done:
            shutil.rmtree(part, ignore_errors=True)


def _make(folder: Path) -> None:
    attempt(lambda: folder.mkdir(parents=True, exist_ok=True))


def _files(sources: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Every file and the name it gets; hidden ones are not whole."""
    for number, source in enumerate(sources, 1):
        if not source.is_dir():
            yield source, Path(f"{number}-{source.name}" if len(sources) > 1 else source.name)
            continue
        begin = Path(f"{number}-{source.name}") if len(sources) > 1 else Path()
        for path in sorted(source.rglob("*")):
            name = path.relative_to(source)
            if path.is_file() and not any(piece.startswith(".") for piece in name.parts):
                yield path, begin / name


def rekey_into(source: Path, target: Target, rekey: Rekey) -> None:
    """Write one file anew, in the form that it has."""
    head = _reading(lambda: _head(source))
    if head.startswith(b"PAR1"):
        require("pyarrow", extra="arrow")
        _reading(lambda: _parquet(source, target, rekey))
    elif head.startswith((b"ARROW1", b"\xff\xff\xff\xff")):
        require("pyarrow", extra="arrow")
        _reading(lambda: _arrow(source, target, rekey, stream=not head.startswith(b"ARROW1")))
    elif b"\0" in head or head.startswith(b"\x1f\x8b"):
        raise GpsprotoError(ErrorCode.STORE_UNREADABLE)
    else:
        _reading(lambda: _text(source, target, rekey))


def _reading(step: Callable[[], Any]) -> Any:
    unreadable = False
    try:
        return step()
    except GpsprotoError:
        raise
    except (OSError, ValueError, KeyError, TypeError, NotImplementedError):
        unreadable = True
    assert unreadable
    raise GpsprotoError(ErrorCode.STORE_UNREADABLE)


def _head(source: Path) -> bytes:
    with source.open("rb") as file:
        return file.read(4096)


def _text(source: Path, target: Target, rekey: Rekey) -> None:
    with source.open("rb") as file:
        for piece in words(file):
            # every byte is a letter of Latin-1, and what is no ASCII is part of no pseudonym
            target.write(rekey.text(piece.decode("latin-1")).encode("latin-1"))


def words(file: IO[bytes]) -> Iterator[bytes]:
    """The file in pieces that cut no word which could be a pseudonym."""
    held = b""
    while data := file.read(_AT_ONCE):
        held += data
        end = len(held)
        while end and len(held) - end <= _LONGEST_WORD and held[end - 1] in WORD:
            end -= 1
        if len(held) - end > _LONGEST_WORD:
            # no pseudonym is so long: what remains of the word is let through with it
            word, behind = _rest_of_word(file)
            yield held + word
            held = behind
            continue
        yield held[:end]
        held = held[end:]
    yield held


def _rest_of_word(file: IO[bytes]) -> tuple[bytes, bytes]:
    """What still belongs to a word without end, and what follows."""
    pieces = []
    while data := file.read(_AT_ONCE):
        at = next((at for at, byte in enumerate(data) if byte not in WORD), len(data))
        pieces.append(data[:at])
        if at < len(data):
            return b"".join(pieces), data[at:]
    return b"".join(pieces), b""


class _Pages:
    """What Arrow writes to: it closes what it lets go, and a file that is not whole keeps no name."""

    closed = False
    mode = "wb"

    def __init__(self, target: Target) -> None:
        self.write = target.write

    def flush(self) -> None:
        """Nothing is held here."""

    def close(self) -> None:
        """Who closes the target says when."""


def _parquet(source: Path, target: Target, rekey: Rekey) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        schema = _schema(file.schema_arrow, rekey)
        texts = [f.name for f in schema if pa.types.is_string(f.type) or _coded(f.type)]
        forms = {f.name: form for f in schema if (form := _form(f.type)) is not None}
        # a page is a few kilobytes, and each call of Python costs as much as encoding one
        pages = pa.BufferedOutputStream(pa.PythonFile(_Pages(target), mode="w"), _AT_ONCE)
        writer = pq.ParquetWriter(
            pages, schema, compression="zstd",
            compression_level=1, use_dictionary=texts, column_encoding=forms,
            store_schema=_ARROW in (file.metadata.metadata or {}),
        )  # fmt: skip
        with writer:
            writer.add_key_value_metadata(schema.metadata or {})
            for number in range(file.num_row_groups):
                table = file.read_row_group(number)
                table = pa.Table.from_arrays(_columns(table, rekey), schema=schema)
                writer.write_table(table, row_group_size=max(1, len(table)))
        pages.flush()


def _form(kind: pa.DataType) -> str | None:
    """The encoding that ParquetSink gives to numbers of this type."""
    import pyarrow as pa

    if pa.types.is_floating(kind):
        return "BYTE_STREAM_SPLIT"
    whole = pa.types.is_signed_integer(kind) and kind.bit_width > 8
    if whole or pa.types.is_timestamp(kind) or pa.types.is_date32(kind):
        return "DELTA_BINARY_PACKED"
    return None


def _arrow(source: Path, target: Target, rekey: Rekey, *, stream: bool) -> None:
    import pyarrow as pa

    with pa.OSFile(str(source)) as file:
        reader = pa.ipc.open_stream(file) if stream else pa.ipc.open_file(file)
        schema = _schema(reader.schema, rekey)
        make = pa.ipc.new_stream if stream else pa.ipc.new_file
        options = pa.ipc.IpcWriteOptions(compression="zstd", use_threads=False)
        with make(pa.PythonFile(_Pages(target), mode="w"), schema, options=options) as writer:
            batches: Any = reader
            if not stream:
                batches = (reader.get_batch(n) for n in range(reader.num_record_batches))
            for batch in batches:
                columns = [column.combine_chunks() for column in _columns(pa.table(batch), rekey)]
                writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _schema(schema: pa.Schema, rekey: Rekey) -> pa.Schema:
    """The same schema; its metadata name the key ids as they are now."""
    found: Mapping[bytes, bytes] = schema.metadata or {}
    kept = dict(found)
    if _KEY_IDS in kept:
        kept[_KEY_IDS] = rekey.key_ids(kept[_KEY_IDS].decode("latin-1")).encode("latin-1")
    return schema.with_metadata(kept or None)


def _columns(table: pa.Table, rekey: Rekey) -> list[pa.ChunkedArray]:
    import pyarrow as pa

    return [
        pa.chunked_array([_renewed(chunk, rekey) for chunk in column.chunks], column.type)
        if name in _COLUMNS
        else column
        for name, column in zip(table.column_names, table.columns, strict=True)
    ]


def _coded(kind: pa.DataType) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_dictionary(kind))


def _renewed(array: pa.Array, rekey: Rekey) -> pa.Array:
    """Text, text with a dictionary, or a map to text, with its pseudonyms mapped."""
    import pyarrow as pa

    if pa.types.is_map(array.type):
        offsets = array.offsets.to_numpy()
        starts = pa.array(offsets, pa.int32(), mask=_nulls(array))
        return pa.MapArray.from_arrays(
            starts, array.keys, _renewed(array.items, rekey), type=array.type
        )
    if not _coded(array.type):
        return _renewed(array.dictionary_encode(), rekey).cast(array.type)
    codes = array.indices
    times = {found["values"]: found["counts"] for found in codes.value_counts().to_pylist()}
    labels = [
        label if label is None else rekey.pseudonym(label, times.get(place, 0))
        for place, label in enumerate(array.dictionary.to_pylist())
    ]
    return pa.DictionaryArray.from_arrays(codes, pa.array(labels, array.type.value_type))


def _nulls(array: pa.Array) -> Any:
    """Which starts are of a null: a mask of the offsets, of which there is one more."""
    import numpy as np

    held = array.is_null().to_numpy(zero_copy_only=False)
    return np.append(held, False)
