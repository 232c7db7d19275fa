"""Devices whose people objected: a list of keyed pseudonyms, so that it is no list of devices.

A line an objection, ``sup_`` and key id and 96 bits, in a domain of their own: it cannot be joined
with any record, and says nothing to whoever has not the key.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import final

from gpsproto.errors import ErrorCode, GpsprotoError, KeyRefused
from gpsproto.identity import DeviceId
from gpsproto.privacy import privatefile
from gpsproto.privacy.keys import DomainKey, PseudonymKey
from gpsproto.privacy.keys.pseudonym import FORM, KINDS, OBJECTION
from gpsproto.privacy.keys.subjects import canonical

DOMAIN = "gpsproto/objection"
"""The domain of the lists; no policy may use it."""
LISTED_KINDS = ("device_id", "watch_id")

_Where = str | os.PathLike[str]
_Ids = Iterable[tuple[str, str]]
_LARGEST = 64 << 20
_ENTRY = re.compile(FORM)


@final
class Suppression:
    """The devices that are to be left out.  ``len()`` is how many they are."""

    __slots__ = ("__entries", "__listing")

    def __init__(self, key: PseudonymKey, entries: Iterable[str] = ()) -> None:
        self.__listing = Listing(key)
        self.__entries = frozenset(entries)

    @classmethod
    def from_file(cls, path: _Where, key: PseudonymKey) -> Suppression:
        """Read a list.  Raises GpsprotoError with the number of the line that is wrong."""
        return cls(key, _entries(_lines(Path(path), missing=False), key))

    @staticmethod
    def add(path: _Where, key: PseudonymKey, ids: _Ids) -> int:
        """List identifiers, each with its kind; return how many were not there before.

        All or none: GpsprotoError with the number of the first that is none of its kind.
        """
        done = _tried(_add, _itself(path), key, ids)
        # an error's frame must not hold them
        del ids
        if isinstance(done, GpsprotoError):
            raise done
        return done

    @staticmethod
    def remove(path: _Where, key: PseudonymKey, ids: _Ids) -> int:
        """Take identifiers off a list; return how many were on it."""
        done = _tried(_remove, _itself(path), key, ids)
        del ids
        if isinstance(done, GpsprotoError):
            raise done
        return done

    def holds(self, device: DeviceId) -> bool:
        """Whether a device is on the list."""
        return bool(self.__entries) and device.through(self.__listing) in self.__entries

    def __len__(self) -> int:
        return len(self.__entries)

    def __repr__(self) -> str:
        return f"Suppression({len(self)})"


@final
class Listing:
    """Puts a device through the key as it stands on a list."""

    __slots__ = ("__key",)

    def __init__(self, key: PseudonymKey) -> None:
        self.__key: DomainKey = key.domain(DOMAIN)

    @property
    def key_id(self) -> str:
        """The key id that the entries of this key bear."""
        return self.__key.key_id

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        """The entry of a canonical form; kinds are told apart."""
        return self.__key.pseudonym(OBJECTION, kind.encode() + b":" + canonical)


def _itself(path: _Where) -> Path:
    """The list behind a link: written in the link's place, it would not be the one that is read."""
    return Path(os.path.realpath(path))


def _tried(
    step: Callable[[Path, PseudonymKey, _Ids], int], path: Path, key: PseudonymKey, ids: _Ids
) -> int | GpsprotoError:
    """What a step gives; or its error made anew, without the frames that hold identifiers."""
    failed: GpsprotoError
    try:
        return step(path, key, ids)
    except GpsprotoError as error:
        failed = type(error)(error.code, **error.numbers)
    return failed


def _add(path: Path, key: PseudonymKey, ids: _Ids) -> int:
    lines = _lines(path, missing=True)
    there = _entries(lines, key)
    fresh = [entry for entry in dict.fromkeys(_listed(key, ids)) if entry not in there]
    if fresh or not path.exists():
        _write(path, [*lines, *fresh])
    return len(fresh)


def _remove(path: Path, key: PseudonymKey, ids: _Ids) -> int:
    lines = _lines(path, missing=False)
    gone = _entries(lines, key) & set(_listed(key, ids))
    if gone:
        _write(path, [line for line in lines if line.strip() not in gone])
    return len(gone)


def _listed(key: PseudonymKey, ids: _Ids) -> list[str]:
    if key.ephemeral:
        raise KeyRefused(ErrorCode.KEY_EPHEMERAL)
    listing, found = Listing(key), []
    for number, (kind, id) in enumerate(ids, 1):
        form = canonical(kind, id) if kind in LISTED_KINDS else ""
        if isinstance(form, str):
            raise GpsprotoError(ErrorCode.SUPPRESS_BAD_ID, line=number)
        found.append(listing.pseudonym(kind, form))
    return found


def _lines(path: Path, *, missing: bool) -> list[str]:
    failed = 0
    data = b""
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        failed = getattr(error, "errno", None) or errno.EINVAL
    if len(data) > _LARGEST:
        failed = errno.EFBIG
    if failed and not (missing and failed == errno.ENOENT):
        raise GpsprotoError(ErrorCode.SUPPRESS_UNREADABLE, errno=failed)
    return data.decode("ascii", "replace").splitlines()


def _entries(lines: list[str], key: PseudonymKey) -> set[str]:
    """The entries of a list.  What is wrong is named by its line, never by its text."""
    begins = f"{KINDS[OBJECTION]}_"
    here = f"{begins}{Listing(key).key_id}_"
    found: set[str] = set()
    fault: tuple[ErrorCode, int] | None = None
    for number, line in enumerate(lines, 1):
        entry = line.strip()
        if entry.startswith(here) and _ENTRY.fullmatch(entry):
            found.add(entry)
        elif entry and not entry.startswith("#"):
            known = entry.startswith(begins) and _ENTRY.fullmatch(entry)
            code = ErrorCode.SUPPRESS_WRONG_KEY if known else ErrorCode.SUPPRESS_BAD_LINE
            fault = code, number
            break
    if fault is not None:
        # somebody may have written an identifier there
        del lines, line, entry
        raise GpsprotoError(fault[0], line=fault[1])
    return found


def _write(path: Path, lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode("ascii", "replace")
    if privatefile.replace(path, content) is not None:
        raise GpsprotoError(ErrorCode.SUPPRESS_UNWRITABLE)
