"""Keys and pseudonyms: HMAC-SHA256 under link keys that HKDF derives from one root.

link key = HKDF-Expand(root, labels("gpsproto/1", "link", domain, kind)); a pseudonym is the first
96 bits of HMAC(link key, canonical form) in sixteen consonants, behind its kind and a key id that
says which key and domain made it and reveals neither.  No digit and no vowel occurs in it, so a
search for runs of digits never hits what we made.
"""

from __future__ import annotations

import hmac
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, SupportsIndex, final

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.identity import DeviceId

ROOT_SIZE = 32
PREFIXES = {
    Category.DEVICE_ID.value: "dev",
    "watch_id": "wat",
    Category.SIM_ID.value: "sim",
    Category.DRIVER_ID.value: "drv",
    Category.VEHICLE_ID.value: "veh",
    Category.ACCOUNT_REF.value: "acc",
}
"""Kinds of identifier, each under a link key of its own, and how their pseudonyms begin."""
_ALPHABET = "bcdfghjkmnpqrstv"
_HEADER = b"gpsproto-key/1 "
_PSEUDONYM_SIZE = 12
_LEAST_DISTINCT = 14  # of 32 random bytes about 30 differ; fewer than 14 do not happen
_CACHE = 65_536


@final
class PseudonymKey:
    """A root key; makes pseudonyms and shows nothing.  Equal keys make equal pseudonyms anywhere."""

    __slots__ = ("__root", "ephemeral")

    def __init__(self, root: bytes, *, ephemeral: bool = False) -> None:
        wrong = _wrong_root(root)
        if wrong is not None:
            del root
            raise KeyRefused(wrong)
        self.__root = bytes(root)
        self.ephemeral = ephemeral

    @classmethod
    def new_ephemeral(cls) -> PseudonymKey:
        """A key that lives as long as the object: pseudonyms hold within the run only."""
        return cls(secrets.token_bytes(ROOT_SIZE), ephemeral=True)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> PseudonymKey:
        """Read a key file that is yours alone.  Raises KeyRefused, and then nothing is decoded."""
        wrong, content = _read_private(Path(path))
        root = b""
        if wrong is None:
            text = content.strip()
            digits = text.removeprefix(_HEADER)
            if (
                not text.startswith(_HEADER)
                or len(digits) != 2 * ROOT_SIZE
                or not set(digits) <= set(b"0123456789abcdef")
            ):
                wrong = ErrorCode.KEY_WRONG_FORMAT
            else:
                root = bytes.fromhex(digits.decode("ascii"))
                wrong = _wrong_root(root)
            del text, digits
        del content
        if wrong is not None:
            del root
            raise KeyRefused(wrong)
        return cls(root)

    @staticmethod
    def create_file(path: str | os.PathLike[str]) -> None:
        """Write a new random key, mode 0600; a file that stands there is never overwritten."""
        where = Path(path)
        wrong: ErrorCode | None = None
        if _folder_open(where):
            wrong = ErrorCode.KEY_OPEN_FOLDER
        else:
            line = _HEADER + secrets.token_bytes(ROOT_SIZE).hex().encode() + b"\n"
            descriptor = -1
            try:
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_NOFOLLOW", 0)
                descriptor = os.open(where, flags, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(line)
                    file.flush()
                    os.fsync(file.fileno())
            except FileExistsError:
                wrong = ErrorCode.KEY_EXISTS
            except (OSError, ValueError):
                wrong = ErrorCode.KEY_UNWRITABLE
                if descriptor >= 0:  # half a key would stand in the way of a whole one
                    with suppress(OSError):
                        where.unlink()
            del line
        if wrong is not None:
            raise KeyRefused(wrong)

    def domain(self, domain: str) -> DomainKey:
        """The key of a domain: pseudonyms of two domains cannot be joined."""
        return DomainKey(self.__root, domain)

    def __repr__(self) -> str:
        return "PseudonymKey(redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


@final
class DomainKey:
    """The link keys of one domain, one a kind of identifier."""

    __slots__ = ("__cache", "__links", "key_id")

    def __init__(self, root: bytes, domain: str) -> None:
        self.__links = {
            kind: _expand(root, "gpsproto/1", "link", domain, kind) for kind in PREFIXES
        }
        self.__cache: dict[tuple[str, bytes], str] = {}
        self.key_id = _consonants(_expand(root, "gpsproto/1", "key-id", domain)[:2])
        del root

    def pseudonym(self, kind: str, canonical: bytes) -> str:
        """``dev_rscd_djnctkkbmqcnmbtkfbtmcnfk``: kind, key id, 96 bits.  Cached, bounded."""
        known = self.__cache.get((kind, canonical))
        if known is None:
            mac = hmac.digest(self.__links[kind], canonical, "sha256")
            known = f"{PREFIXES[kind]}_{self.key_id}_{_consonants(mac[:_PSEUDONYM_SIZE])}"
            if len(self.__cache) >= _CACHE:
                self.__cache.clear()
            self.__cache[kind, canonical] = known
        return known

    def device(self, device: DeviceId) -> str:
        """The pseudonym of a device."""
        return device.through(self)

    def __repr__(self) -> str:
        return f"DomainKey({self.key_id})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


def _wrong_root(root: bytes) -> ErrorCode | None:
    if len(root) != ROOT_SIZE:
        return ErrorCode.KEY_WRONG_FORMAT
    return ErrorCode.KEY_WEAK if len(set(root)) < _LEAST_DISTINCT else None


def _expand(root: bytes, *labels: str) -> bytes:
    """HKDF-Expand (RFC 5869) to one block; labels are length-prefixed, so none can run into another."""
    info = b"".join(
        len(encoded).to_bytes(2, "big") + encoded
        for encoded in (label.encode() for label in labels)
    )
    return hmac.digest(root, info + b"\x01", "sha256")


def _consonants(data: bytes) -> str:
    return "".join(_ALPHABET[byte >> 4] + _ALPHABET[byte & 15] for byte in data)


def _folder_open(path: Path) -> bool:
    """Whether others may replace the file: a folder they may write, the sticky bit not set."""
    try:
        mode = path.absolute().parent.stat().st_mode
    except (OSError, ValueError):
        return False
    return bool(mode & (stat.S_IWGRP | stat.S_IWOTH)) and not mode & stat.S_ISVTX


def _read_private(path: Path) -> tuple[ErrorCode | None, bytes]:
    """Read a file that only its owner, this user, can reach; or say why not."""
    descriptor = -1
    try:
        if path.is_symlink():
            return ErrorCode.KEY_IS_LINK, b""
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
        descriptor = os.open(path, flags)
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return ErrorCode.KEY_NOT_A_FILE, b""
        if found.st_uid != os.geteuid():
            return ErrorCode.KEY_WRONG_OWNER, b""
        if stat.S_IMODE(found.st_mode) & 0o177:
            return ErrorCode.KEY_OPEN_MODE, b""
        if _folder_open(path):
            return ErrorCode.KEY_OPEN_FOLDER, b""
        return None, os.read(descriptor, 4096)
    except FileNotFoundError:
        return ErrorCode.KEY_MISSING, b""
    except (OSError, ValueError):
        return ErrorCode.KEY_UNREADABLE, b""
    finally:
        if descriptor >= 0:
            os.close(descriptor)
