"""Compressed files and archives, taken off before a dump is recognised: gzip, bzip2, xz, zip.

| what | what comes of it |
|---|---|
| gzip, bzip2, xz, of several members too | one dump |
| a zip archive | a dump a member, in the order of the archive; a member may be gzip, bzip2 or xz |
| cut or damaged | what is intact; ``ARCHIVE_DAMAGED`` at the byte where it ends |
| an archive in an archive, a dump compressed twice | ``ARCHIVE_NESTED`` |
| one that unpacks to far more than a dump does | what came until then, and ``ARCHIVE_BOMB`` |

Nothing is written to a disk, and what is held at once does not grow with what is unpacked.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from io import SEEK_END, BytesIO, IOBase
from itertools import chain
from os import PathLike
from typing import Any, Protocol

from gpsproto.captures.archive import Archive, Fault, Member, is_zip
from gpsproto.captures.expansion import Expansion
from gpsproto.captures.source import CHUNK, Chunk, Source, chunks, gathered, regular
from gpsproto.errors import ErrorCode

PIPED_MOST = 256 << 20
"""Bytes of a zip archive that cannot be read from its end: it is held in memory."""

_SLICE = 1 << 14  # compressed bytes at once: what is lost where they are damaged
_XZ_MEMORY = 128 << 20
_NOT_READ = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18")
_TAR = (257, b"ustar")


class _Unpacker(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's, in the shape of the others; it can tell how far it came before damage."""

    def __init__(self) -> None:
        self._inflate: Any = zlib.decompressobj(31)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        """Whether the member has ended, its checksum right."""
        return bool(self._inflate.eof)

    @property
    def unused_data(self) -> bytes:
        """What stands behind it."""
        return bytes(self._inflate.unused_data)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """As much as fits, and no more."""
        out = self._inflate.decompress(self._inflate.unconsumed_tail + data, max_length)
        self.needs_input = not self._inflate.unconsumed_tail and len(out) < max_length
        return bytes(out)

    def copy(self) -> _Gzip:
        """One that stands where this one does."""
        other = _Gzip()
        other._inflate = self._inflate.copy()
        other.needs_input = self.needs_input
        return other


def _unpacker(head: bytes) -> Callable[[], _Unpacker] | None:
    """What takes off the compression that bytes begin with."""
    if head[:3] == b"\x1f\x8b\x08" and len(head) > 3 and not head[3] & 0xE0:
        return _Gzip
    if head[:3] == b"BZh" and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"):
        return bz2.BZ2Decompressor
    if head[:6] == b"\xfd7zXZ\0":
        return lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_XZ_MEMORY)
    return None


def parts(
    source: Source | Member, fault: Fault, *, progress: Callable[[int], object] | None = None
) -> Iterator[Iterator[Chunk]]:
    """The dumps that a source holds, each to be read before the next; mostly it is one itself.

    ``progress`` is called with the number of source bytes of each chunk.  Raises CaptureError where
    the source cannot be read, TypeError where it is none.
    """
    if isinstance(source, Member):
        return _inside(_observed(source.chunks(fault), progress), fault)
    file = source if isinstance(source, IOBase) and source.seekable() else None
    start = 0 if file is None else file.tell()
    return _taken_off(source, file, start, chunks(source), fault, progress)


def _taken_off(
    source: Source,
    seekable: IOBase | None,
    start: int,
    read: Iterator[Chunk],
    fault: Fault,
    progress: Callable[[int], object] | None,
) -> Iterator[Iterator[Chunk]]:
    first = bytes(next(read, b""))
    if not is_zip(first):
        yield from _inside(_observed(chain([first], read), progress), fault)
        return
    file: Any = seekable
    if seekable is not None:
        seekable.seek(start)
    elif isinstance(source, (str, PathLike)):
        file = regular(source)
    elif isinstance(source, (bytes, bytearray, memoryview)):
        file = BytesIO(source)
    if file is None:
        file = _held(first, read, fault)
    if file is None:
        return
    try:
        archive = Archive.opened(file, fault, progress)
        for member in archive.members() if archive is not None else ():
            yield from _inside(member.chunks(fault), fault)
    finally:
        if file is not seekable:
            file.close()


def _inside(read: Iterator[Chunk], fault: Fault) -> Iterator[Iterator[Chunk]]:
    """A dump that may be compressed, once."""
    first = bytes(next(read, b""))
    unpacker = _unpacker(first)
    read = chain([first], read) if first else read
    if unpacker is not None:
        read = gathered(_unpacked(read, unpacker, fault))
        first = bytes(next(read, b""))
        if _unpacker(first) or is_zip(first):
            fault(ErrorCode.ARCHIVE_NESTED, 0)
            return
        read = chain([first], read) if first else read
    elif is_zip(first):
        fault(ErrorCode.ARCHIVE_NESTED, 0)
        return
    if first.startswith(_NOT_READ) or first[_TAR[0] :].startswith(_TAR[1]):
        fault(ErrorCode.ARCHIVE_UNREAD, 0)
        return
    yield read


def _unpacked(read: Iterator[Chunk], new: Callable[[], _Unpacker], fault: Fault) -> Iterator[bytes]:
    """What members of a compressed file hold, up to where it is damaged or cut."""
    grown = Expansion()
    member, begun = new(), False
    for chunk in read:
        for at in range(0, len(chunk), _SLICE):
            data = bytes(chunk[at : at + _SLICE])
            grown.taken += len(data)
            while data or not member.needs_input:
                if not begun and not (data := data.lstrip(b"\0")):
                    break  # padding behind a member
                held = member.copy() if isinstance(member, _Gzip) else None
                out = _step(member, data, CHUNK)
                begun = True
                if out is None:
                    for rest in _before_damage(held, data):
                        grown.given += len(rest)
                        yield rest
                    fault(ErrorCode.ARCHIVE_DAMAGED, grown.given)
                    return
                grown.given += len(out)
                if grown.is_bomb:
                    fault(ErrorCode.ARCHIVE_BOMB, grown.given - len(out))
                    return
                if out:
                    yield out
                data = b""
                if member.eof:
                    data, member, begun = member.unused_data, new(), False
    if begun:
        fault(ErrorCode.ARCHIVE_DAMAGED, grown.given)


def _step(member: _Unpacker, data: bytes, most: int) -> bytes | None:
    """What comes of some bytes; None where they are damaged."""
    try:
        return member.decompress(data, most)
    except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError):
        return None


def _before_damage(member: _Gzip | None, data: bytes) -> Iterator[bytes]:
    """What can still be had of bytes that are damaged somewhere: byte by byte up to there."""
    for at in range(len(data) if member is not None else 0):
        assert member is not None
        out = _step(member, data[at : at + 1], CHUNK)
        if out is None:
            return
        if out:
            yield out


def _observed(read: Iterator[Chunk], progress: Callable[[int], object] | None) -> Iterator[Chunk]:
    for chunk in read:
        yield chunk
        if progress is not None:
            progress(len(chunk))


def _held(first: bytes, read: Iterator[Chunk], fault: Fault) -> BytesIO | None:
    """An archive that comes through a pipe, in memory, or none where it is too large."""
    held = BytesIO(first)
    held.seek(0, SEEK_END)
    for chunk in read:
        if held.tell() + len(chunk) > PIPED_MOST:
            fault(ErrorCode.ARCHIVE_PIPED, 0)
            return None
        held.write(chunk)
    return held
