"""A mixed fleet: which family the device of each subject is of."""

from __future__ import annotations

import errno
import os
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from gpsproto.catalog.families import family_key
from gpsproto.errors import ErrorCode, FleetError

_LARGEST = 64 << 20


def fleet(families: Mapping[str, str]) -> Mapping[str, str]:
    """Check a fleet: subject (a pseudonym, or ``unknown_<n>``) to family or model.

    Raises FleetError with the number of the entry that names neither, TypeError for no mapping.
    """
    if not isinstance(families, Mapping):
        raise TypeError("a mapping of subject to family is wanted")
    found = {}
    for number, (subject, family) in enumerate(families.items(), 1):
        if not isinstance(subject, str):
            raise TypeError("a subject is text")
        key = _key(family)
        if key is None:
            raise FleetError(ErrorCode.FLEET_BAD_FAMILY, entry=number)
        found[subject] = key
    return MappingProxyType(found)


def _key(family: object) -> str | None:
    if not isinstance(family, str):
        return None
    try:
        return family_key(family)
    except ValueError:
        return None


def load_fleet(path: str | os.PathLike[str]) -> Mapping[str, str]:
    """Read a fleet from a TOML file, a line a subject: ``dev_... = "FMC650"``.

    Raises FleetError where the file cannot be read, is no TOML, or names no family.
    """
    failed = 0
    data = b""
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        failed = getattr(error, "errno", None) or errno.EINVAL
    if len(data) > _LARGEST:
        failed = errno.EFBIG
    if failed:
        raise FleetError(ErrorCode.FLEET_UNREADABLE, errno=failed)
    found: dict[str, str] | None = None
    # not UTF-8, not TOML, a number of too many digits, brackets without end
    with suppress(ValueError, RecursionError):
        found = tomllib.loads(data.decode())
    if found is None:
        raise FleetError(ErrorCode.FLEET_NOT_TOML)
    return fleet(found)
