"""The files that an argument of the command line names: itself, those of a folder, of a pattern."""

from __future__ import annotations

import errno
import glob
import os
import re
import stat
from collections.abc import Iterable
from pathlib import Path

from gpsproto.cli.process import Failed
from gpsproto.cli.usage import NEVER_HERE, like_an_id
from gpsproto.errors import CaptureError, ErrorCode

_DIGITS = re.compile("([0-9]+)")


def named(argument: Path) -> tuple[list[Path], str]:
    """The files in natural order, or what is wrong where there are none.

    Of folders all files at any depth but hidden ones; links to folders are not followed.
    """
    mode = _mode(argument)
    if mode is None:
        if not glob.has_magic(str(argument)):
            return [], NEVER_HERE if like_an_id(str(argument)) else "no such file"
        found = [Path(match) for match in glob.glob(str(argument), recursive=True)]
        # a pattern of many levels names folders, and what is in them, too
        files = {file for path in found for file in ([path] if _is_file(path) else _within(path))}
        return _sorted(files), "" if files else "no file matches this pattern"
    if stat.S_ISDIR(mode):
        files = set(_within(argument))
        return _sorted(files), "" if files else "this folder holds no file"
    return [argument], ""


def _mode(path: Path) -> int | None:
    """What it is; None where nothing is there, 0 where that cannot be told: reading it says why."""
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError):
        return 0


def _is_file(path: Path) -> bool:
    return stat.S_ISREG(_mode(path) or 0)


def _within(folder: Path) -> list[Path]:
    """The files in a folder, at any depth."""
    failed: list[int] = []
    found = []
    for parent, folders, names in os.walk(
        folder, onerror=lambda error: failed.append(error.errno or errno.EIO)
    ):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths = [Path(parent, name) for name in names if not name.startswith(".")]
        found += [path for path in paths if _is_file(path)]
    if failed:
        error = CaptureError(ErrorCode.UNREADABLE, errno=failed[0])
        raise Failed(f"a folder among the inputs: {error}")
    return found


def _sorted(paths: Iterable[Path]) -> list[Path]:
    """As a person counts: 2 before 10."""
    return sorted(paths, key=_natural)


def _natural(path: Path) -> tuple[list[str], Path]:
    return [_DIGITS.sub(_padded, part) for part in path.parts], path


def _padded(digits: re.Match[str]) -> str:
    return f"{digits[0]:0>256}"
