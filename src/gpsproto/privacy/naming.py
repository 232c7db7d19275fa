"""Who records are of, as pseudonyms: devices, their accounts, and identifiers among the elements."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from gpsproto.category import Category
from gpsproto.identity import DeviceId
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.contents import Array, Pseudonyms, frozen
from gpsproto.privacy.keys import DomainKey
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.scope import Scope
from gpsproto.projection import Identity
from gpsproto.rawcolumns import RawColumns
from gpsproto.walk import codes

_DAY_MS = 86_400_000
FEW = 64
"""Records up to which plain Python is faster than numpy."""
NO_DAY = np.iinfo(np.int64).min
"""The day of a record without a time: it is in no epoch."""


class Speaker(NamedTuple):
    """A conversation, within an epoch where the pseudonym has one; and how many records it has."""

    number: int
    epoch: int | None
    records: int


class Speakers(NamedTuple):
    """Those who speak in some records: one a place, and the place of each record.

    ``places`` is None where all records are of the one.
    """

    places: npt.NDArray[np.intp] | None
    found: list[Speaker]


def days(columns: RawColumns) -> npt.NDArray[np.int64]:
    """The day (UTC, since 1970-01-01) of each record: of its time, at the latest of its receipt."""
    rows = len(columns)
    received = columns.received_ms
    if "timestamp" not in columns.projection.slots:
        return np.full(rows, NO_DAY if received is None else received // _DAY_MS)
    times = np.frombuffer(columns.cells("timestamp"), np.int64)
    flags = np.frombuffer(columns.cells("flags"), np.uint8)
    none = (flags & codes.NO_TIME) != 0
    if received is None:
        return np.where(none, NO_DAY, times // _DAY_MS)
    return np.where(none, received, np.minimum(times, received)) // _DAY_MS


def speakers(columns: RawColumns, scope: Scope, on: npt.NDArray[np.int64] | None) -> Speakers:
    """Who speaks, told apart as far as a scope asks; ``on`` is the day of each record."""
    rows = len(columns)
    cells = columns.cells("conversation").cast("I")
    if scope.epochal:
        assert on is not None
        return _by_epoch(np.frombuffer(cells, np.uint32), _epochs(on, scope))
    if rows <= FEW:
        alike = cells.tobytes() == cells[:1].tobytes() * rows
    else:
        numbers = np.frombuffer(cells, np.uint32)
        alike = bool((numbers == numbers[0]).all())
    if alike:
        return Speakers(None, [Speaker(number, None, rows) for number in cells[:1]])
    told, places, many = told_apart(np.frombuffer(cells, np.uint32))
    one_each = zip(told.tolist(), many.tolist(), strict=True)
    return Speakers(places, [Speaker(number, None, count) for number, count in one_each])


def _by_epoch(numbers: Array, epochs: npt.NDArray[np.int64]) -> Speakers:
    """Those who speak, each in every epoch of theirs."""
    if not len(numbers):
        return Speakers(None, [])
    timed = epochs != NO_DAY
    least = int(epochs.min(initial=0, where=timed))
    span = int(epochs.max(initial=0, where=timed)) - least + 2
    # one number for both: the epochs from 1 on, 0 for none
    both = numbers.astype(np.int64) * span + np.where(timed, epochs - least + 1, 0)
    both -= (first := int(both.min()))
    distinct, places, counts = told_apart(both)
    found = []
    for code, count in zip(distinct.tolist(), counts.tolist(), strict=True):
        number, epoch = divmod(code + first, span)
        found.append(Speaker(number, epoch - 1 + least if epoch else None, count))
    return Speakers(None if len(found) == 1 else places, found)


def _epochs(on: npt.NDArray[np.int64], scope: Scope) -> npt.NDArray[np.int64]:
    """The first day of the epoch of each record."""
    if scope is Scope.DAY:
        return on
    timed = on != NO_DAY
    months = np.where(timed, on, 0).astype("M8[D]").astype("M8[M]")
    return np.where(timed, months.astype("M8[D]").astype(np.int64), NO_DAY)


def told_apart(numbers: Array) -> tuple[Array, Array, Array]:
    """Numbers that differ, the place of each among them, and how often each is there."""
    if int(numbers.max()) > 8 * len(numbers):
        return np.unique(numbers, return_inverse=True, return_counts=True)
    # conversations are numbered as they begin, so that a table is small, and needs no sorting
    counts = np.bincount(numbers)
    found = counts.nonzero()[0]
    places = np.zeros(len(counts), np.intp)
    places[found] = np.arange(len(found))
    return found, places.take(numbers), counts[found]


class Naming:
    """Pseudonyms under a policy: each kind in its scope, under the keys of one domain."""

    __slots__ = ("_accounts", "_domain", "_named", "_policy", "_scope", "_session")

    def __init__(self, policy: Policy, domain: DomainKey, accounts: Accounts | None) -> None:
        self._policy = policy
        self._named = policy.pseudonymises(Category.DEVICE_ID)
        self._scope = policy.scope(Category.DEVICE_ID)
        self._domain = domain
        self._accounts = accounts
        self._session = secrets.token_bytes(32)  # another each run: sessions of two are never one

    def __repr__(self) -> str:
        return f"Naming({self._domain.key_id})"

    def device(self, device: DeviceId, number: int, epoch: int | None, token: bytes) -> str | None:
        """The pseudonym of a device in a conversation; None where it is in no epoch.

        ``token`` is that of the conversations among which this one has its number.
        """
        scope = self._scope
        if scope is Scope.SESSION:
            return self._domain.device(device, scope, session=self._secret(number, token))
        if not scope.epochal:
            return self._domain.device(device)
        # of an epoch that the key has left behind nothing can be said
        if epoch is None or not self._domain.reaches(scope, epoch):
            return None
        return self._domain.device(device, scope, epoch)

    def _secret(self, number: int, token: bytes) -> bytes:
        return hmac.digest(self._session, token + number.to_bytes(8, "big"), "sha256")

    def subjects(self, columns: RawColumns, on: npt.NDArray[np.int64] | None) -> Pseudonyms:
        """Whose records they are: the device under the key, or the number of its conversation."""
        kind = Category.DEVICE_ID.value
        scope = self._scope
        who = speakers(columns, scope, on)
        named = self._named
        token = columns.conversations.token
        labels: Array = np.empty(len(who.found), object)
        for place, one in enumerate(who.found):
            device = columns.conversations.device(one.number)
            if device is not None:
                columns.identified += one.records
            if not named:
                continue
            if device is None:
                labels[place] = f"unknown_{one.number}"
            elif scope is not Scope.RECORD:
                labels[place] = self.device(device, one.number, one.epoch, token)
        if named and scope is Scope.RECORD:
            labels = np.empty(len(columns), object)
            labels[:] = [self._domain.random(kind) for _ in labels]
            return Pseudonyms(kind, frozen(np.arange(len(columns))), frozen(labels))
        return Pseudonyms(kind, who.places, frozen(labels))

    def account(self, columns: RawColumns, on: npt.NDArray[np.int64] | None) -> Pseudonyms | None:
        """The account of each record's device, where the accounts say one."""
        category = Category.ACCOUNT_REF
        if self._accounts is None or not self._policy.pseudonymises(category):
            return None
        scope = self._policy.scope(category)
        who = speakers(columns, scope, on)
        labels: list[str] = []
        of_place = np.full(len(who.found), -1, np.int64)
        for place, one in enumerate(who.found):
            device = columns.conversations.device(one.number)
            account = None if device is None else self._accounts.of(device)
            label = (
                None
                if account is None
                else self._label(category.value, account, scope, one, columns.conversations.token)
            )
            if label is not None:
                of_place[place] = len(labels)
                labels.append(label)
        places = np.zeros(len(columns), np.intp) if who.places is None else who.places
        found = of_place.take(places) if len(of_place) else of_place
        named: Array = np.empty(len(labels), object)
        named[:] = labels
        return Pseudonyms(category.value, frozen(found), frozen(named))

    def _label(
        self, kind: str, canonical: bytes, scope: Scope, one: Speaker, token: bytes
    ) -> str | None:
        if scope is Scope.RECORD:
            return None  # an account of one record only is none
        if scope is Scope.SESSION:
            return self._domain.of_session(kind, canonical, self._secret(one.number, token))
        if not scope.epochal:
            return self._domain.pseudonym(kind, canonical)
        if one.epoch is None or not self._domain.reaches(scope, one.epoch):
            return None
        return self._domain.pseudonym(kind, canonical, scope, one.epoch)

    def identity(
        self, columns: RawColumns, identity: Identity, on: npt.NDArray[np.int64] | None
    ) -> Pseudonyms:
        """Put an identifier's cells through the key and zero them, values and validity alike."""
        rows = len(columns)
        kind = identity.kind.value
        scope = self._policy.scope(identity.kind)
        cells: list[Array] = []
        whole = np.ones(rows, np.bool_)
        any_set = np.zeros(rows, np.bool_)
        present = 0
        for part in identity.parts:
            held = columns.cells(part), columns.cells(("mark", *part))
            cells.append(np.array(held[0].cast("Q"), np.uint64))
            filled = np.array(held[1]) != 0
            whole &= filled
            any_set |= cells[-1] != 0
            for cell in held:
                cell[:] = bytes(cell.nbytes)
            present += int(np.count_nonzero(filled))
        rows_held = np.flatnonzero(whole & any_set)
        columns.pseudonymised += len(rows_held) * len(identity.parts)
        columns.incomplete += present - len(rows_held) * len(identity.parts)
        found: Array = np.full(rows, -1, np.int64)
        if not len(rows_held):
            return Pseudonyms(kind, found, np.empty(0, object))
        within = self._within(columns, scope, on)[rows_held]
        stacked = np.stack([*(cell[rows_held] for cell in cells), within], axis=1)
        distinct, places = np.unique(stacked, axis=0, return_inverse=True)
        labels: Array = np.empty(len(distinct), object)
        label = self._labels_of(kind, scope, columns.conversations.token)
        for place, (*parts, part_of) in enumerate(distinct.tolist()):
            labels[place] = label(b"".join(part.to_bytes(8, "big") for part in parts), part_of)
        found[rows_held] = places.reshape(-1)
        in_none = labels == None  # noqa: E711 - element by element
        if in_none.any():
            found[rows_held[in_none.take(found[rows_held])]] = -1
        return Pseudonyms(kind, frozen(found), frozen(labels))

    def _within(
        self, columns: RawColumns, scope: Scope, on: npt.NDArray[np.int64] | None
    ) -> npt.NDArray[np.uint64]:
        """What a pseudonym hangs on beside the identifier, as a number a record."""
        if scope is Scope.RECORD:
            return np.arange(len(columns), dtype=np.uint64)
        if scope is Scope.SESSION:
            return np.frombuffer(columns.cells("conversation"), np.uint32).astype(np.uint64)
        if scope.epochal:
            assert on is not None
            return _epochs(on, scope).view(np.uint64)
        return np.zeros(len(columns), np.uint64)

    def _labels_of(
        self, kind: str, scope: Scope, token: bytes
    ) -> Callable[[bytes, int], str | None]:
        def label(canonical: bytes, part_of: int) -> str | None:
            if scope is Scope.RECORD:
                return self._domain.random(kind)
            epoch = part_of - (1 << 64) if part_of >> 63 else part_of
            one = Speaker(part_of, None if epoch == NO_DAY else epoch, 1)
            return self._label(kind, canonical, scope, one, token)

        return label
