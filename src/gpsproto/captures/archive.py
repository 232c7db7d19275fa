"""Zip archives: which members are dumps, and their bytes.  Names are looked at, and never told.

Left out are folders, and what is hidden or of the system that packed it.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable, Iterator
from typing import IO, Any, final

from gpsproto.captures.expansion import Expansion
from gpsproto.captures.source import CHUNK, gathered
from gpsproto.errors import ErrorCode

LONGEST_DIRECTORY = 8 << 20
"""Bytes of the list of members, which is held as a whole: about 80,000 of them."""

_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ENCRYPTED = 0x41  # flag bits: of a member, and of the whole

Fault = Callable[[ErrorCode, int], object]
"""Told what is wrong with a container, and how many bytes of the dump came before."""


def is_zip(head: bytes) -> bool:
    """Whether bytes begin as a zip archive does, be it empty."""
    return head[:4] in (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")


class _TooLong(Exception):
    """A read that is longer than any that an archive of dumps needs."""


@final
class _Reads:
    """A file whose reads are bounded, and told of."""

    def __init__(self, file: IO[bytes], progress: Callable[[int], object] | None) -> None:
        self._file = file
        self._progress = progress
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """Read; _TooLong for more than a list of members takes."""
        most = LONGEST_DIRECTORY + 1
        data = self._file.read(most if size < 0 else min(size, most))
        if len(data) > LONGEST_DIRECTORY:
            raise _TooLong
        if self._progress is not None:
            self._progress(len(data))
        return data

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


@final
class Archive:
    """A zip archive that is open."""

    def __init__(self, zip: zipfile.ZipFile, file: _Reads, size: int) -> None:
        self._zip: zipfile.ZipFile | None = zip
        self._file = file
        self.grown = Expansion(taken=size)
        """Of all members together: they may overlap."""

    def __repr__(self) -> str:
        return "Archive(redacted)"

    @classmethod
    def opened(
        cls, file: IO[bytes], fault: Fault, progress: Callable[[int], object] | None = None
    ) -> Archive | None:
        """Read the list of members; None, and ``fault`` is told, where there is none."""
        reads = _Reads(file, progress)
        code = ErrorCode.ARCHIVE_DAMAGED
        try:
            size = file.seek(0, os.SEEK_END)
            return cls(zipfile.ZipFile(reads), reads, size)
        except _TooLong:
            code = ErrorCode.ARCHIVE_CROWDED
        except Exception:  # noqa: S110 - zipfile has many, and some quote a name
            pass
        fault(code, 0)
        return None

    def members(self) -> Iterator[Member]:
        """Its dumps, in its order."""
        assert self._zip is not None
        return (Member(self, info) for info in self._zip.infolist() if _is_dump(info))

    def close(self) -> None:
        """Let the file go."""
        if self._zip is not None:
            self._zip.close()
            self._file.close()
            self._zip = None

    def read(self, info: zipfile.ZipInfo, fault: Fault) -> Iterator[bytes]:
        """What a member holds, as far as it is intact."""
        code = None
        if info.flag_bits & _ENCRYPTED:
            code = ErrorCode.ARCHIVE_ENCRYPTED
        elif info.compress_type not in _METHODS:
            code = ErrorCode.ARCHIVE_UNREAD
        file = None if code or self._zip is None else _entered(self._zip, info)
        given = 0
        while file is not None:
            data = _next(file)
            if not data:
                code = ErrorCode.ARCHIVE_DAMAGED if data is None else None
                break
            self.grown.given += len(data)
            if self.grown.is_bomb:
                code = ErrorCode.ARCHIVE_BOMB
                break
            given += len(data)
            yield data
        else:
            code = code or ErrorCode.ARCHIVE_DAMAGED
        if code is not None:
            fault(code, given)


def _is_dump(info: zipfile.ZipInfo) -> bool:
    parts = info.filename.replace("\\", "/").split("/")
    return (
        not info.is_dir()
        and "__MACOSX" not in parts
        and not any(part.startswith(".") for part in parts if part not in (".", ".."))
    )


def _entered(zip: zipfile.ZipFile, info: zipfile.ZipInfo) -> Any:
    try:
        return zip.open(info)
    except Exception:  # of many kinds, and some quote a name
        return None


def _next(file: Any) -> bytes | None:
    """The next bytes of a member; None where they are damaged."""
    try:
        data: bytes = file.read1(CHUNK)
        return data
    except Exception:  # of many kinds
        return None


@final
class Member:
    """A dump in an archive; its name is not for the eye."""

    __slots__ = ("_archive", "_info")

    def __init__(self, archive: Archive, info: zipfile.ZipInfo) -> None:
        self._archive = archive
        self._info = info

    def __repr__(self) -> str:
        return "Member(redacted)"

    @property
    def size(self) -> int:
        """Bytes, as the archive says."""
        return self._info.file_size

    def chunks(self, fault: Fault) -> Iterator[bytes]:
        """Its bytes; ``fault`` is told where they end early, and why."""
        return gathered(self._archive.read(self._info, fault))

    def close(self) -> None:
        """Let the archive go: no member of it is read after this one."""
        self._archive.close()
