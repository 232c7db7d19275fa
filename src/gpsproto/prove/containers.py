"""What is packed, opened: what was compressed holds no canary that a search of bytes could see."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Iterator
from typing import Any

_PARQUET, _ARROW, _GZIP, _ZIP = b"PAR1", b"ARROW1", b"\x1f\x8b", b"PK\x03\x04"
_STREAM = b"\xff\xff\xff\xff"  # how a stream of Arrow begins


def packed(data: bytes) -> bool:
    """Whether the bytes are of a container that is compressed."""
    return data.startswith((_PARQUET, _ARROW, _GZIP, _ZIP, _STREAM))


def opened(data: bytes) -> Iterator[bytes]:
    """The contents of a container: pages and buffers decoded, names, metadata; nothing of others."""
    if data.startswith(_PARQUET):
        import pyarrow.parquet as pq

        file = pq.ParquetFile(io.BytesIO(data))
        yield repr(file.metadata.to_dict()).encode()
        yield from _pairs(file.metadata.metadata)
        for group in range(file.num_row_groups):
            yield from _buffers(file.read_row_group(group))
    elif data.startswith(_ARROW):
        import pyarrow as pa

        yield from _buffers(pa.ipc.open_file(pa.BufferReader(data)).read_all())
    elif data.startswith(_STREAM):
        import pyarrow as pa

        yield from _buffers(pa.ipc.open_stream(pa.BufferReader(data)).read_all())
    elif data.startswith(_GZIP):
        yield gzip.decompress(data)
    elif data.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(data)) as found:
            for info in found.infolist():
                yield info.filename.encode()
                yield found.read(info)


def _pairs(metadata: dict[bytes, bytes] | None) -> Iterator[bytes]:
    for pair in (metadata or {}).items():
        yield from pair


def _buffers(table: Any) -> Iterator[bytes]:
    """Every buffer of a table, and its metadata."""
    yield from _pairs(table.schema.metadata)
    for column in table.columns:
        for chunk in column.chunks:
            yield from buffers(chunk)


def buffers(array: Any) -> Iterator[bytes]:
    """Every buffer of an array, a dictionary's values among them."""
    for buffer in array.buffers():
        if buffer is not None:
            yield buffer.to_pybytes()
    if hasattr(array, "dictionary"):
        yield from buffers(array.dictionary)
