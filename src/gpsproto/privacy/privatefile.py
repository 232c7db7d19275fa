"""A file that is its owner's alone: read after a look at who could reach it, written whole or not.

Nothing here raises: what is wrong is returned as the code of a key file.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from gpsproto.errors import ErrorCode

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)


def read(path: Path, longest: int) -> bytes | ErrorCode:
    """What a file holds that only its owner, this user, can reach; or why not.

    Of a longer file one byte more than ``longest`` is read.
    """
    return _read(path, longest, credential=False)


def read_credential(path: Path, longest: int) -> bytes | ErrorCode:
    """The same of a credential that systemd put there: it may be root's, and is not writable."""
    return _read(path, longest, credential=True)


def _read(path: Path, longest: int, *, credential: bool) -> bytes | ErrorCode:
    descriptor = -1
    try:
        if path.is_symlink():
            return ErrorCode.KEY_IS_LINK
        flags = os.O_RDONLY | _NOFOLLOW | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags)
        found = os.fstat(descriptor)
        fault = _credential_fault(found) if credential else _fault(found)
        if fault is None and folder_open(path, strict=credential):
            fault = ErrorCode.KEY_OPEN_FOLDER
        return _whole(descriptor, longest) if fault is None else fault
    except FileNotFoundError:
        return ErrorCode.KEY_MISSING
    except (OSError, ValueError):
        return ErrorCode.KEY_UNREADABLE
    finally:
        if descriptor >= 0:
            os.close(descriptor)


def _whole(descriptor: int, longest: int) -> bytes:
    pieces, left = [], longest + 1
    while left > 0:
        piece = os.read(descriptor, min(left, 1 << 20))
        if not piece:
            break
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _fault(found: os.stat_result) -> ErrorCode | None:
    if not stat.S_ISREG(found.st_mode):
        return ErrorCode.KEY_NOT_A_FILE
    if found.st_uid != os.geteuid():
        return ErrorCode.KEY_WRONG_OWNER
    return ErrorCode.KEY_OPEN_MODE if stat.S_IMODE(found.st_mode) & 0o177 else None


def _credential_fault(found: os.stat_result) -> ErrorCode | None:
    if not stat.S_ISREG(found.st_mode):
        return ErrorCode.KEY_NOT_A_FILE
    if found.st_uid not in (0, os.geteuid()):
        return ErrorCode.KEY_WRONG_OWNER
    # where systemd lets the user of the unit in by an access list, the list shows as root's group
    by_list = 0o040 if found.st_uid == 0 and found.st_gid == 0 else 0
    return ErrorCode.KEY_OPEN_MODE if stat.S_IMODE(found.st_mode) & ~(0o400 | by_list) else None


def folder_open(path: Path, *, strict: bool = False) -> bool:
    """Whether others may replace the file: a folder they may write, the sticky bit not set."""
    try:
        mode = path.absolute().parent.stat().st_mode
    except (OSError, ValueError):
        return False
    sticky = bool(mode & stat.S_ISVTX) and not strict
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not sticky


def create(path: Path, content: bytes) -> ErrorCode | None:
    """Write a new file, mode 0600; what stands there is never overwritten."""
    if folder_open(path):
        return ErrorCode.KEY_OPEN_FOLDER
    made = False
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NOFOLLOW, 0o600)
        made = True
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _settle(path.absolute().parent)
    except FileExistsError:
        return ErrorCode.KEY_EXISTS
    except (OSError, ValueError):
        if made:  # half a file would stand in the way of a whole one
            with suppress(OSError):
                path.unlink()
        return ErrorCode.KEY_UNWRITABLE
    return None


def replace(path: Path, content: bytes, *, wipe: bool = False) -> ErrorCode | None:
    """Write the file anew, in one step, its mode kept; ``wipe`` zeroes what it held before."""
    part = path.parent / f".{secrets.token_hex(8)}.part"
    fault = create(part, content)
    if fault is not None:
        return ErrorCode.KEY_UNWRITABLE if fault is ErrorCode.KEY_EXISTS else fault
    before, size = -1, 0
    try:
        # by this way another name of the same file is emptied too
        with suppress(OSError):
            before = os.open(path, os.O_WRONLY | _NOFOLLOW) if wipe else -1
        with suppress(FileNotFoundError):
            found = path.stat()
            size = found.st_size
            part.chmod(stat.S_IMODE(found.st_mode))
        os.replace(part, path)
        _settle(path.absolute().parent)
        if before >= 0:
            with suppress(OSError):
                os.pwrite(before, bytes(size), 0)
                os.fsync(before)
    except (OSError, ValueError):
        with suppress(OSError):
            part.unlink()
        return ErrorCode.KEY_UNWRITABLE
    finally:
        if before >= 0:
            os.close(before)
    return None


def _settle(folder: Path) -> None:
    """Make a name that was given outlive a power cut, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
