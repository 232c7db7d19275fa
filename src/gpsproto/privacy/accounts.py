"""Which account a device belongs to: a file that is kept apart, and private like a key.

A line a device, ``"001010000000004" = "customer-17"``.  In memory devices are held by a pseudonym
in a domain of their own, so that nothing here can be read as a list of devices.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import final

from gpsproto.errors import ErrorCode, GpsprotoError
from gpsproto.identity import DeviceId
from gpsproto.privacy import privatefile
from gpsproto.privacy.keys import DomainKey, PseudonymKey
from gpsproto.privacy.keys.subjects import account, canonical

DOMAIN = "gpsproto/accounts"
"""The domain of the devices in memory; no policy may use it."""

_LARGEST = 64 << 20
_LINE = re.compile(
    r"""\s*(["']?)(?P<id>[0-9A-Za-z]{1,20})\1\s*=\s*(?:"(?P<a>[^"\\]+)"|'(?P<b>[^']+)')\s*(?:\#.*)?"""
)
_NOT_PRIVATE = {
    ErrorCode.KEY_NOT_A_FILE,
    ErrorCode.KEY_IS_LINK,
    ErrorCode.KEY_WRONG_OWNER,
    ErrorCode.KEY_OPEN_MODE,
    ErrorCode.KEY_OPEN_FOLDER,
}


@final
class Accounts:
    """The accounts of devices.  ``len()`` is how many devices have one."""

    __slots__ = ("__by_device", "__devices", "__key")

    def __init__(self, key: PseudonymKey, by_device: Mapping[str, bytes], devices: int) -> None:
        self.__key, self.__by_device, self.__devices = key.domain(DOMAIN), by_device, devices

    @classmethod
    def from_file(cls, path: str | os.PathLike[str], key: PseudonymKey) -> Accounts:
        """Read a file that is yours alone.  Raises GpsprotoError with the line that is wrong.

        An id of 14 to 16 digits is an IMEI, and also the id of a watch that sends all of them; any
        other is the id of a watch.
        """
        found = _read(Path(path))
        if isinstance(found, ErrorCode):
            raise GpsprotoError(found)
        made = _by_device(found, key.domain(DOMAIN))
        # an error's frame must not hold the file
        del found
        if isinstance(made, GpsprotoError):
            raise made
        return cls(key, *made)

    def of(self, device: DeviceId) -> bytes | None:
        """The canonical form of the account that a device belongs to; None where it has none."""
        return self.__by_device.get(device.through(self.__key))

    def __len__(self) -> int:
        return self.__devices

    def __repr__(self) -> str:
        return f"Accounts({len(self)})"


def _read(path: Path) -> str | ErrorCode:
    content = privatefile.read(path, _LARGEST)
    if isinstance(content, ErrorCode):
        if content in _NOT_PRIVATE:
            return ErrorCode.ACCOUNTS_NOT_PRIVATE
        missing = content is ErrorCode.KEY_MISSING
        return ErrorCode.ACCOUNTS_MISSING if missing else ErrorCode.ACCOUNTS_UNREADABLE
    text = content.decode("utf-8", "surrogateescape")
    whole = len(content) <= _LARGEST and not any("\udc80" <= letter <= "\udcff" for letter in text)
    return text if whole else ErrorCode.ACCOUNTS_UNREADABLE


def _by_device(text: str, key: DomainKey) -> tuple[dict[str, bytes], int] | GpsprotoError:
    """The accounts by device, and how many devices; or the error that names the line."""
    found: dict[str, bytes] = {}
    devices = 0
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        part = _LINE.fullmatch(line.rstrip("\r"))
        name = None if part is None else account(part["a"] or part["b"])
        if part is None or name is None:
            return GpsprotoError(ErrorCode.ACCOUNTS_BAD_LINE, line=number)
        forms = _forms(part["id"], key)
        if any(form in found for form in forms):
            return GpsprotoError(ErrorCode.ACCOUNTS_TWICE, line=number)
        found.update(dict.fromkeys(forms, name))
        devices += 1
    return found, devices


def _forms(id: str, key: DomainKey) -> list[str]:
    forms = ((kind, canonical(kind, id)) for kind in ("device_id", "watch_id"))
    return [key.pseudonym(kind, form) for kind, form in forms if isinstance(form, bytes)]
