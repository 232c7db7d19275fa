"""The audit log: one line a run, each chained to the one before by a keyed MAC.

A line is JSON: counts, codes, the policy and the key ids; never a value, a file name or an address.
Its MAC covers the MAC of the line before and every byte of its own, so that a line that was
changed, moved, added or taken out is found.  That the last lines were cut off is not: for that
their number must be known elsewhere (``expect``).

A line says the day of the run and no more.  The number gives the order, and the line of one live
conversation with an hour in it would say when somebody's device spoke.
"""

from __future__ import annotations

import errno
import hmac
import io
import json
import os
import re
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, final

from gpsproto.balance import Balance
from gpsproto.errors import AuditError, ErrorCode, KeyRefused
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.version import __version__

try:
    import fcntl
except ImportError:  # pragma: no cover - a system without file locks
    fcntl = None  # type: ignore[assignment]

FORMAT = "gpsproto-audit/1"
ORIGIN = bytes(32)
"""What the first line is chained to."""

_LONGEST = 1 << 16  # bytes of a line
_KEY_IDS = 400  # that are named, the rest counted: a wrong clock may ask for any epoch
_PATIENCE_S = 10.0
_TAIL = re.compile(rb',"mac":"([0-9a-f]{64})"\}')
_TAIL_SIZE = len(b',"mac":""}') + 2 * len(ORIGIN)
_PREVIOUS = re.compile(rb'"previous":"([0-9a-f]{64})"')
_WRITTEN = os.O_RDWR | os.O_APPEND | os.O_CREAT
Result = TypeVar("Result")


@final
@dataclass(frozen=True, slots=True)
class Entry:
    """What a line says of a run; made by ``entry``."""

    content: Mapping[str, Any]


class Fault(StrEnum):
    """What is wrong with a log."""

    TORN = "torn"
    FORM = "form"
    MAC = "mac"
    CHAIN = "chain"
    SHORT = "short"


FAULTS = {
    Fault.TORN: "the line was not written to its end",
    Fault.FORM: "this is no line of an audit log",
    Fault.MAC: "the line was changed, or another key made it",
    Fault.CHAIN: "the line is as it was written, but what stands before it is not",
    Fault.SHORT: "lines are missing at the end",
}


class Verified(NamedTuple):
    """How many lines are good from the first on, and what is wrong with the line behind them."""

    lines: int
    fault: Fault | None = None


def entry(
    balance: Balance,
    policy: Policy,
    key_ids: Iterable[str],
    *,
    day: date,
    complete: bool = True,
    records_expired: int = 0,
    records_objected: int = 0,
    records_withheld: int = 0,
) -> Entry:
    """What the log says of a run: counts and words of ours, no value.

    ``day`` is that of the run (UTC).  Of a run that is not ``complete`` the counts are those that
    were settled when it broke off.
    """
    ids = sorted(set(key_ids))
    named = balance.unknown_named()
    return Entry(
        {
            "format": FORMAT,
            "day": f"{day:%Y-%m-%d}",  # of a datetime its day alone
            "version": __version__,
            "complete": complete,
            "policy": {"name": policy.name, "digest": policy.digest},
            "key_ids": ids[:_KEY_IDS],
            "key_ids_rest": max(0, len(ids) - _KEY_IDS),
            "frames": balance.frames,
            "logins": balance.logins,
            "records": balance.records,
            "records_private": balance.records_private,
            "records_expired": records_expired,
            "records_objected": records_objected,
            "records_withheld": records_withheld,
            "fields": {
                "in": balance.fields_in,
                "by_action": dict(balance.fields_by_action),
                "dropped_by_category": dict(balance.dropped_by_category),
            },
            "unknown": {
                "elements": balance.elements_unknown,
                "named": named,
                "rest": balance.elements_unknown - sum(named.values()),
            },
            "errors": {
                "rejected": {code.value: n for code, n in balance.rejected.items()},
                "noted": {code.value: n for code, n in balance.notes.items()},
                "bytes_skipped": {code.value: n for code, n in balance.bytes_skipped.items()},
            },
            "closes": not balance.discrepancies(),
        }
    )


@final
class AuditLog:
    """A file that lines are appended to, by any number of processes; its key must last.

    Raises KeyRefused for a key that goes with the run, since nobody could verify the line, and
    AuditError where the file is not one to build on.
    """

    def __init__(self, path: str | os.PathLike[str], key: PseudonymKey) -> None:
        if key.ephemeral:
            raise KeyRefused(ErrorCode.AUDIT_NO_KEY)
        self._path = Path(path)
        self._key = key

    def __repr__(self) -> str:
        return "AuditLog()"

    def check(self) -> int:
        """How many lines there are.  Raises where none could be appended; makes the file."""
        with _opened(self._path, _WRITTEN) as file:
            return self._last(file)[0]

    def append(self, entry: Entry) -> int:
        """Append a line and give its number.  What cannot be written whole is taken back."""
        if type(entry) is not Entry:
            raise TypeError("an Entry is wanted, as gpsproto.privacy.audit.entry makes it")
        with _opened(self._path, _WRITTEN) as file:
            number, previous, size = self._last(file)
            content = {**entry.content, "number": number + 1, "previous": previous.hex()}
            body = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
            mac = self._key.mac("audit", previous + body)
            _write(file, body[:-1] + b',"mac":"' + mac.hex().encode() + b'"}\n', size)
        return number + 1

    def _last(self, file: int) -> tuple[int, bytes, int]:
        """Number and MAC of the last line, and the size of the file."""
        size, end = _attempt(lambda: _end_of(file), ErrorCode.AUDIT_UNREADABLE)
        if not size:
            return 0, ORIGIN, 0
        if not end.endswith(b"\n"):
            raise AuditError(ErrorCode.AUDIT_TORN)
        line = end[:-1].rpartition(b"\n")[2]  # of one that is too long, its end: no MAC fits it
        mac = _mac(line, _previous(line), self._key)
        if mac is None:
            raise AuditError(ErrorCode.AUDIT_BROKEN)
        return json.loads(line)["number"], mac, size


def verify(path: str | os.PathLike[str], key: PseudonymKey, *, expect: int = 0) -> Verified:
    """Check a log from its first line on; it must have ``expect`` lines at least.

    Raises AuditError where it cannot be read.
    """
    good = 0
    for line in lines(path, key):
        if isinstance(line, Fault):
            return Verified(good, line)
        good += 1
    return Verified(good, Fault.SHORT if good < expect else None)


def lines(path: str | os.PathLike[str], key: PseudonymKey) -> Iterator[bytes | Fault]:
    """The lines of a log, each after its MAC was checked; the last is a fault where there is one.

    What is appended meanwhile is not looked at, and nobody who appends has to wait.
    """
    with _opened(Path(path), os.O_RDONLY) as file:
        left = os.fstat(file).st_size
        _unlock(file)
        source = io.BufferedReader(io.FileIO(file, closefd=False))
        previous = ORIGIN
        while left > 0:
            most = min(left, _LONGEST)
            line = _attempt(lambda: source.readline(most), ErrorCode.AUDIT_UNREADABLE)  # noqa: B023
            left -= len(line) or left
            mac = _mac(line[:-1], previous, key) if line.endswith(b"\n") else None
            if mac is None:
                yield _fault(line, key)
                return
            previous = mac
            yield line[:-1]


def bucketed(line: Mapping[str, Any]) -> dict[str, Any]:
    """A line for others: its counts as 0, 1-9, 10-99 and so on, as a small one is about somebody.

    Nothing of the chain: it would be a commitment to the exact counts.
    """
    return {
        name: value if name == "number" else _in_buckets(value)
        for name, value in line.items()
        if name not in ("mac", "previous")
    }


def _in_buckets(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _in_buckets(one) for name, one in value.items()}
    if not isinstance(value, int) or isinstance(value, bool):
        return value
    least = 10 ** (len(str(value)) - 1)
    return f"{least}-{10 * least - 1}" if value > 0 else "0"


def _mac(line: bytes, previous: bytes, key: PseudonymKey) -> bytes | None:
    """The MAC of a line that is as it was written behind ``previous``; else None."""
    tail = _TAIL.fullmatch(line, max(0, len(line) - _TAIL_SIZE))
    if tail is None:
        return None
    mac = key.mac("audit", previous + line[:-_TAIL_SIZE] + b"}")
    return mac if hmac.compare_digest(mac.hex().encode(), tail[1]) else None


def _previous(line: bytes) -> bytes:
    """What a line says it stands behind; no text in it can look so, as quotes are escaped."""
    found = _PREVIOUS.search(line)
    return ORIGIN if found is None else bytes.fromhex(found[1].decode("ascii"))


def _fault(line: bytes, key: PseudonymKey) -> Fault:
    """What is wrong with a line whose MAC does not fit."""
    if not line.endswith(b"\n"):
        return Fault.TORN if len(line) < _LONGEST else Fault.FORM
    if _TAIL.search(line) is None:
        return Fault.FORM
    return Fault.MAC if _mac(line[:-1], _previous(line), key) is None else Fault.CHAIN


def _end_of(file: int) -> tuple[int, bytes]:
    """The size of a file, and its end: more than a line."""
    size = os.fstat(file).st_size
    start = max(0, size - _LONGEST)
    return size, os.pread(file, size - start, start)


def _write(file: int, line: bytes, size: int) -> None:
    """Write a line to its end, and to the disk; else leave the file at its size."""
    failed, done = 0, False
    try:
        rest = memoryview(line)
        while rest:
            rest = rest[os.write(file, rest) :]
        os.fsync(file)
        done = True
    except OSError as error:
        failed = error.errno or errno.EIO
    finally:
        if not done:
            with suppress(OSError):
                os.ftruncate(file, size)
    if failed:
        raise AuditError(ErrorCode.AUDIT_UNWRITABLE, errno=failed)


@contextmanager
def _opened(path: Path, flags: int) -> Iterator[int]:
    """The file, no link, locked; to append it must be ours alone."""
    written = bool(flags & os.O_CREAT)
    code = ErrorCode.AUDIT_UNWRITABLE if written else ErrorCode.AUDIT_UNREADABLE
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    file = _attempt(lambda: os.open(path, flags, 0o600), code)
    try:
        found = os.fstat(file)
        if not stat.S_ISREG(found.st_mode):
            raise AuditError(ErrorCode.AUDIT_NOT_A_FILE)
        if written and (found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077):
            raise AuditError(ErrorCode.AUDIT_OPEN_MODE)
        _lock(file, alone=written)
        yield file
    finally:
        os.close(file)


def _lock(file: int, *, alone: bool) -> None:
    """Wait for others; who only reads goes on where there are no locks."""
    give_up = time.monotonic() + _PATIENCE_S
    held = False
    while fcntl is not None and not held:
        failed = 0
        try:
            fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            held = True
        except OSError as error:
            failed = error.errno or errno.EIO
        if failed and failed != errno.EWOULDBLOCK:
            break
        if failed and time.monotonic() >= give_up:
            raise AuditError(ErrorCode.AUDIT_BUSY)
        if failed:
            time.sleep(0.01)
    if alone and not held:
        raise AuditError(ErrorCode.AUDIT_NO_LOCK)


def _unlock(file: int) -> None:
    if fcntl is not None:
        with suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_UN)


def _attempt(step: Callable[[], Result], code: ErrorCode) -> Result:
    """Do something with the file; an error of ours with the errno where it fails."""
    failed = 0
    try:
        return step()
    except OSError as error:
        failed = error.errno or errno.EIO
    except ValueError:  # a path that cannot be one
        failed = errno.EINVAL
    if failed in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
        raise AuditError(ErrorCode.AUDIT_NOT_A_FILE)
    raise AuditError(code, errno=failed)
