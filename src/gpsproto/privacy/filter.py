"""The door.  A policy becomes a projection; raw columns become a sealed batch; nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from gpsproto import catalog
from gpsproto.category import Category
from gpsproto.identity import DeviceId
from gpsproto.privacy import batch as sealed
from gpsproto.privacy import detail
from gpsproto.privacy.accounting import account
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.coarsen import Growth
from gpsproto.privacy.contents import Column, Contents
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.naming import FEW, NO_DAY, Naming, days, speakers
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.retention import horizon
from gpsproto.privacy.scope import Scope
from gpsproto.privacy.select import select
from gpsproto.privacy.suppression import Suppression
from gpsproto.projection import Projection
from gpsproto.rawcolumns import RawColumns
from gpsproto.terms import Terms
from gpsproto.walk import codes

Expired = Literal["keep", "drop"]

_PROJECTIONS: dict[tuple[str, str | None, Terms], Projection] = {}
_PROJECTIONS_KEPT = 16
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1).toordinal()


@final
class PrivacyFilter:
    """A policy and a key, at the one place where raw becomes filtered.

    ``projection`` compiles the policy for the walk; ``seal`` ends raw columns and gives the batch.
    ``family`` says what kind of device it is; without it, ids that differ by family have no name,
    and the strictest category that they have anywhere.  ``families`` says it by subject, for a
    mixed fleet; a subject that is not in it is of ``family``.

    ``suppression`` holds the subjects whose records do not leave, ``accounts`` whose account a
    device is on.  ``expired`` says whether records leave that had expired by ``today``, a date in
    UTC; the default is the day of their receipt, or else that on which they are sealed.
    """

    def __init__(
        self,
        policy: Policy,
        key: PseudonymKey,
        *,
        family: str | None = None,
        families: Mapping[str, str] | None = None,
        suppression: Suppression | None = None,
        accounts: Accounts | None = None,
        expired: Expired = "keep",
        today: date | None = None,
    ) -> None:
        if not isinstance(policy, Policy) or not isinstance(key, PseudonymKey):
            raise TypeError("a Policy and a PseudonymKey are wanted")
        if expired not in ("keep", "drop"):
            raise ValueError("expired is keep or drop")
        self.policy = policy
        self.family = None if family is None else catalog.family_key(family)
        self.families = catalog.fleet(families or {})
        self._domain = key.domain(policy.domain)
        self._naming = Naming(policy, self._domain, accounts)
        self._suppression = suppression
        self._expired = expired
        self._today = today
        periods = tuple(policy.periods)
        self._ends = horizon(periods) if periods else None
        self._growth = Growth()

    def __repr__(self) -> str:
        return f"PrivacyFilter(policy {self.policy.name}, key {self._domain.key_id})"

    @property
    def key_id(self) -> str:
        """Says which key and domain made the pseudonyms; reveals neither."""
        return self._domain.key_id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The key ids of every pseudonym that was made so far: of epochs each its own."""
        return self._domain.key_ids()

    def subject(
        self, device: DeviceId, *, number: int = 0, token: bytes = b"", at: date | None = None
    ) -> str | None:
        """The pseudonym of a device; None where the policy makes none that lasts.

        ``number`` is that of its conversation among those of ``token``, ``at`` the day of a record,
        today without it: what decides where pseudonyms last for a session or an epoch.
        """
        scope = self.policy.scope(Category.DEVICE_ID)
        if not self.policy.pseudonymises(Category.DEVICE_ID) or scope is Scope.RECORD:
            return None
        day = at or self._day()
        if scope is Scope.MONTH:
            day = day.replace(day=1)
        return self._naming.device(device, number, day.toordinal() - _EPOCH, token)

    def unsure(self) -> PrivacyFilter:
        """The same door, for records of which no family is sure."""
        other = object.__new__(PrivacyFilter)
        other.__dict__.update(self.__dict__, family=None, families=catalog.fleet({}))
        return other

    def family_of(self, device: DeviceId | None, conversation: int) -> str | None:
        """The family of who speaks in a conversation."""
        if not self.families:
            return self.family
        subject = f"unknown_{conversation}" if device is None else self._domain.device(device)
        return self.families.get(subject, self.family)

    def projection(self, terms: Terms, family: str | None) -> Projection:
        """The policy as tables for the walk, in the terms of a protocol.

        A family of another protocol says nothing here.
        """
        known = self.policy.digest, family if family in terms.families else None, terms
        found = _PROJECTIONS.get(known)  # another thread may empty it
        if found is None:
            found = Projection(select(self.policy, terms, known[1]))
            if len(_PROJECTIONS) >= _PROJECTIONS_KEPT:
                _PROJECTIONS.clear()
            _PROJECTIONS[known] = found
        return found

    def seal(self, columns: RawColumns) -> FilteredBatch:
        """End raw columns: withhold what does not leave, take detail out of what does, put
        identifiers through the key and wipe their bytes; count; freeze."""
        if type(columns) is not RawColumns:
            raise TypeError("raw columns are wanted")
        projection = columns.projection
        on = days(columns) if self.policy.needs_time else None
        on = self._withheld(columns, on)  # by exact times: nothing is gone before it must be
        detail.times(columns)
        detail.places(columns)
        seen = columns.seen()
        coarse = self._lessened(columns, set(seen), on) if projection.coarse else {}
        subjects = self._naming.subjects(columns, on)
        account_of = self._naming.account(columns, on)
        pseudonyms = tuple(
            self._naming.identity(columns, identity, on)
            for identity in projection.selection.identities
            if any(projection.slots[part] in seen for part in identity.parts)
        ) + ((account_of,) if account_of is not None else ())
        if columns.block.pooled:
            columns.note_dirty({*projection.fixed_slots, *seen})
        counts = columns.counts()
        contents = Contents(
            len(columns), columns.block.freeze(), columns.plan, frozenset(seen), counts, projection,
            self.policy, subjects, pseudonyms, columns.received_floored_ms, coarse,
        )  # fmt: skip
        account(columns, contents)
        return FilteredBatch(contents, key_id=self.key_id, seal=sealed._HELD)

    def _withheld(
        self, columns: RawColumns, on: npt.NDArray[np.int64] | None
    ) -> npt.NDArray[np.int64] | None:
        """Take out the records of subjects that objected, and those that have expired."""
        stay: npt.NDArray[np.bool_] | None = None
        expired = self._past(columns)
        if expired is not None:
            columns.balance.records_expired += int(np.count_nonzero(expired))
            if self._expired == "drop":
                stay = ~expired
        objected = self._objected(columns)
        if objected is not None:
            columns.balance.records_objected += int(np.count_nonzero(objected))
            stay = ~objected if stay is None else stay & ~objected
        if stay is None or stay.all():
            return on
        columns.balance.records_withheld += int(np.count_nonzero(~stay))
        for identity in columns.projection.selection.identities:
            for part in identity.parts:
                marks = np.frombuffer(columns.cells(("mark", *part)), np.bool_)
                columns.withheld += int(np.count_nonzero(marks & ~stay))
        columns.keep(stay)
        return None if on is None else on[stay]

    def _past(self, columns: RawColumns) -> npt.NDArray[np.bool_] | None:
        """Which records had expired by today; None where none had."""
        ends, received = self._ends, columns.received_ms
        if ends is None or not len(columns) or "timestamp" not in columns.projection.slots:
            return None
        cells = columns.cells("timestamp")
        times = np.frombuffer(cells, np.int64)
        first = min(cells.cast("q")) if len(columns) <= FEW else int(times.min())
        if received is not None:
            first = min(first, received)
        number = self._day_number(received)
        if ends.day(first) > number:
            return None  # most often nothing has: one record says so for all
        today = np.datetime64(number, "D")
        none = np.frombuffer(columns.cells("flags"), np.uint8) & codes.NO_TIME != 0
        if received is not None:
            times = np.where(none, received, np.minimum(times, received))
            found = ends.expiry(times) <= today
        else:
            found = (ends.expiry(times) <= today) & ~none
        return found if found.any() else None

    def _day(self) -> date:
        """Today in UTC, or the day that the caller has named so."""
        return self._today or datetime.now(UTC).date()

    def _day_number(self, received_ms: int | None) -> int:
        """The day, from 1970-01-01 on, on which something is expired or not: on a live path, that of
        the receipt."""
        if self._today is None and received_ms is not None:
            return received_ms // _DAY_MS
        return self._day().toordinal() - _EPOCH

    def _objected(self, columns: RawColumns) -> npt.NDArray[np.bool_] | None:
        """Which records are of subjects that objected; None where none is."""
        if self._suppression is None or not len(self._suppression):
            return None
        who = speakers(columns, Scope.STABLE, None)
        held = np.zeros(len(who.found), np.bool_)
        for place, one in enumerate(who.found):
            device = columns.conversations.device(one.number)
            held[place] = device is not None and self._suppression.holds(device)
        if not held.any():
            return None
        return np.full(len(columns), True) if who.places is None else held.take(who.places)

    def _lessened(
        self, columns: RawColumns, seen: set[int], on: npt.NDArray[np.int64] | None
    ) -> dict[int, Column]:
        """Elements with less detail; for what grows, whose they are."""
        scope = self.policy.scope(Category.DEVICE_ID)
        who = speakers(columns, Scope.DAY, on if on is not None else days(columns))
        found = []
        for one in who.found:
            device = columns.conversations.device(one.number)
            # where sessions are not to be told to be of one device, no counter goes on in the next
            if device is None or scope is Scope.SESSION:
                name = f"{columns.conversations.token.hex()}_{one.number}"
            else:
                name = self._domain.device(device)
            found.append((name, NO_DAY if one.epoch is None else one.epoch))
        places = np.zeros(len(columns), np.uint32) if who.places is None else who.places
        whose = detail.Whose(found, places.astype(np.uint16 if len(found) < 1 << 16 else np.uint32))
        return detail.elements(columns, seen, self._growth, whose)
