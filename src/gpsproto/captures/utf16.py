"""Texts as Windows writes them: UTF-16 with its mark, as ``>`` of PowerShell makes them."""

from __future__ import annotations

from codecs import BOM_UTF16_BE, BOM_UTF16_LE, getincrementaldecoder
from collections.abc import Iterator
from itertools import chain

from gpsproto.captures.source import Chunk

_TOLD = 10  # bytes that say so: the mark, and four letters


def narrowed(read: Iterator[Chunk]) -> Iterator[Chunk]:
    """A text of UTF-16 as UTF-8; anything else as it is."""
    head = b""
    for chunk in read:
        head += chunk
        if len(head) >= _TOLD:
            break
    whole = chain([head], read)
    return _narrow(whole) if _is_wide(head) else whole


def _is_wide(head: bytes) -> bool:
    """Whether a mark stands in front, and letters of two bytes: a stray 0xFF 0xFE is no mark."""
    if head[:2] not in (BOM_UTF16_LE, BOM_UTF16_BE) or len(head) < _TOLD:
        return False
    high = head[3:_TOLD:2] if head[:2] == BOM_UTF16_LE else head[2:_TOLD:2]
    low = head[2:_TOLD:2] if head[:2] == BOM_UTF16_LE else head[3:_TOLD:2]
    return not any(high) and all(byte >= 0x20 or byte in b"\t\r\n" for byte in low)


def _narrow(read: Iterator[Chunk]) -> Iterator[bytes]:
    decoder = getincrementaldecoder("utf-16")("replace")
    for chunk in read:
        yield decoder.decode(bytes(chunk)).encode("utf-8", "replace")
    yield decoder.decode(b"", final=True).encode("utf-8", "replace")
