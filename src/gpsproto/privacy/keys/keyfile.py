"""Key files: made, read, moved forward, rotated, and kept out of what is given away.

What is wrong is raised as KeyRefused, with nothing of the file and not where it stands.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy import privatefile
from gpsproto.privacy.keys.generations import key_ids
from gpsproto.privacy.keys.material import LONGEST, Material

Where = str | os.PathLike[str]

_DRAWS = 1_000


def read(path: Where) -> Material:
    """The secrets of a key file that is yours alone."""
    return _wanted(_read(Path(path)))


def credential(name: str) -> Material:
    """The secrets of a systemd credential of this unit."""
    return _wanted(_credential(name))


def create(path: Where) -> None:
    """Write a new random key, mode 0600; a file that stands there is never overwritten."""
    _done(_create(Path(path), Material.new()))


def advance(path: Where, to: date) -> None:
    """Move the chain of a key file forward to a day, in place; earlier epochs are gone for good."""
    today = datetime.now(UTC).date()
    _done(ErrorCode.KEY_FUTURE if to > today else _advance(Path(path), to))


def rotate(old: Where, new: Where, domains: Iterable[str] = ()) -> None:
    """Write a key that makes new pseudonyms from those of the old one, and can map them.

    In these domains the new key id is none that the key had before.
    """
    _done(_rotate(Path(old), Path(new), list(domains)))


def inside(path: Where, folder: Where) -> bool:
    """Whether a file lies in a folder or under it, links followed."""
    within = os.path.realpath(folder)
    return os.path.commonpath([os.path.realpath(path), within]) == within


def refuse_inside(key_path: Where, output_folder: Where) -> None:
    """KeyRefused where the key lies in the folder of the output: whoever gets that would get both."""
    if inside(key_path, output_folder):
        raise KeyRefused(ErrorCode.KEY_IN_OUTPUT)


def _wanted(found: Material | ErrorCode) -> Material:
    if isinstance(found, ErrorCode):
        raise KeyRefused(found)
    return found


def _done(fault: ErrorCode | None) -> None:
    if fault is not None:
        raise KeyRefused(fault)


def _read(path: Path) -> Material | ErrorCode:
    content = privatefile.read(path, LONGEST)
    return content if isinstance(content, ErrorCode) else Material.read(content)


def _credential(name: str) -> Material | ErrorCode:
    folder = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if not os.path.isabs(folder) or name in ("", ".", "..") or os.sep in name or "\0" in name:
        return ErrorCode.KEY_NO_CREDENTIAL
    content = privatefile.read_credential(Path(folder, name), LONGEST)
    if content is ErrorCode.KEY_MISSING:
        return ErrorCode.KEY_NO_CREDENTIAL
    return content if isinstance(content, ErrorCode) else Material.read(content)


def _create(path: Path, material: Material) -> ErrorCode | None:
    return privatefile.create(path, material.content())


def _advance(path: Path, to: date) -> ErrorCode | None:
    found = _read(path)
    moved = found if isinstance(found, ErrorCode) else found.advanced(to)
    if isinstance(moved, ErrorCode):
        return moved
    return privatefile.replace(path, moved.content(), wipe=True)


def _rotate(old: Path, new: Path, domains: list[str]) -> ErrorCode | None:
    found = _read(old)
    if isinstance(found, ErrorCode):
        return found
    for _ in range(_DRAWS):
        made = found.rotated()
        if isinstance(made, ErrorCode):
            return made
        ids = [key_ids(made, domain) for domain in domains]
        if all(len(set(some)) == len(some) for some in ids):
            return _create(new, made)
    return ErrorCode.KEY_DUPLICATE_ID
