"""A mixed fleet: which family the device of each subject is of."""

from __future__ import annotations

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

    Raises FleetError with the number of the entry that names neither.
    """
    found = {}
    for number, (subject, family) in enumerate(families.items(), 1):
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
    text = ""
    try:
        with Path(path).open("rb") as file:
            text = file.read(_LARGEST).decode()
    except (OSError, ValueError) as error:
        failed = getattr(error, "errno", None) or 22
    if failed:
        raise FleetError(ErrorCode.FLEET_UNREADABLE, errno=failed)
    found: dict[str, str] | None = None
    with suppress(tomllib.TOMLDecodeError):
        found = tomllib.loads(text)
    if found is None:
        raise FleetError(ErrorCode.FLEET_NOT_TOML)
    return fleet(found)
