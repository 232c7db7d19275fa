"""The door.  A policy becomes a projection; raw columns become a sealed batch; nothing else does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import final

import numpy as np

from gpsproto import catalog
from gpsproto.category import FLOOR, PRIVATE_CLEARS, Category, strictest
from gpsproto.identity import DeviceId
from gpsproto.privacy import batch as sealed
from gpsproto.privacy.accounting import account
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.contents import Array, Contents, Pseudonyms, frozen
from gpsproto.privacy.keys import DomainKey, PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.projection import (
    EVENT_CLEARED_IN_PRIVATE,
    EVENT_KEPT,
    Element,
    Identity,
    Projection,
    RawColumns,
    Reason,
    Selection,
)  # fmt: skip
from gpsproto.terms import Terms

_CELL_WIDTHS = (1, 2, 4, 8)
_WITHHELD = "withheld"  # a word that would tell what the policy does not keep, in the counts
_FEW = 64  # records up to which plain Python is the faster
_NO_COUNTS = np.zeros(0, np.int64)
_PROJECTIONS: dict[tuple[str, str | None, Terms], Projection] = {}
_PROJECTIONS_KEPT = 16


@final
class PrivacyFilter:
    """A policy and a key, at the one place where raw becomes filtered.

    ``projection`` compiles the policy for the walk; ``seal`` ends raw columns and gives the batch.
    ``family`` says what kind of device it is; without it, ids that differ by family have no name,
    and the strictest category that they have anywhere.  ``families`` says it by subject, for a
    mixed fleet; a subject that is not in it is of ``family``.
    """

    def __init__(
        self,
        policy: Policy,
        key: PseudonymKey,
        *,
        family: str | None = None,
        families: Mapping[str, str] | None = None,
    ) -> None:
        if not isinstance(policy, Policy) or not isinstance(key, PseudonymKey):
            raise TypeError("a Policy and a PseudonymKey are wanted")
        self.policy = policy
        self.family = None if family is None else catalog.family_key(family)
        self.families = catalog.fleet(families or {})
        self._domain = key.domain(policy.domain)

    def __repr__(self) -> str:
        return f"PrivacyFilter(policy {self.policy.name}, key {self._domain.key_id})"

    @property
    def key_id(self) -> str:
        """Says which key and domain made the pseudonyms; reveals neither."""
        return self._domain.key_id

    def subject(self, device: DeviceId) -> str | None:
        """The pseudonym of a device; None where the policy makes none."""
        if not self.policy.pseudonymises(Category.DEVICE_ID):
            return None
        return self._domain.device(device)

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
        if known not in _PROJECTIONS:
            if len(_PROJECTIONS) >= _PROJECTIONS_KEPT:
                _PROJECTIONS.clear()
            _PROJECTIONS[known] = Projection(select(self.policy, terms, known[1]))
        return _PROJECTIONS[known]

    def seal(self, columns: RawColumns) -> FilteredBatch:
        """End raw columns: identifiers become pseudonyms, their bytes zero; count; freeze."""
        if type(columns) is not RawColumns:
            raise TypeError("raw columns are wanted")
        projection = columns.projection
        seen = columns.seen()
        subjects = self._subjects(columns)
        pseudonyms = tuple(
            _pseudonymise(columns, identity, self._domain)
            for identity in projection.selection.identities
            if any(projection.slots[part] in seen for part in identity.parts)
        )
        if columns.block.pooled:
            columns.note_dirty({*projection.fixed_slots, *seen})
        counts = np.bincount(columns.keys()) if columns.attributes else _NO_COUNTS
        contents = Contents(
            len(columns), columns.block.freeze(), columns.plan, frozenset(seen), counts, projection,
            self.policy, subjects, pseudonyms, columns.received_ms,
        )  # fmt: skip
        account(columns, contents)
        return FilteredBatch(contents, key_id=self.key_id, seal=sealed._HELD)

    def _subjects(self, columns: RawColumns) -> Pseudonyms:
        """Whose records they are: the device under the key, or the number of its conversation."""
        rows = len(columns)
        cells = columns.cells("conversation").cast("I")
        places: Array | None = None
        distinct: list[int]
        counts: list[int]
        if rows <= _FEW:
            alike = cells.tobytes() == cells[:1].tobytes() * rows
        else:
            numbers = np.frombuffer(cells, np.uint32)
            alike = bool((numbers == numbers[0]).all())
        if alike:
            distinct, counts = list(cells[:1]), [rows] if rows else []
        else:
            found, places, many = _told_apart(np.frombuffer(cells, np.uint32))
            distinct, counts = found.tolist(), many.tolist()
        labels: Array = np.empty(len(distinct), object)
        for place, (number, count) in enumerate(zip(distinct, counts, strict=True)):
            device = columns.conversations.device(number)
            if device is not None:
                columns.identified += count
            labels[place] = self._subject(device, number)
        return Pseudonyms(Category.DEVICE_ID.value, places, frozen(labels))

    def _subject(self, device: DeviceId | None, number: int) -> str | None:
        if device is not None:
            return self.subject(device)
        return f"unknown_{number}" if self.policy.pseudonymises(Category.DEVICE_ID) else None


def _told_apart(numbers: Array) -> tuple[Array, Array, Array]:
    """Numbers that differ, the place of each among them, and how often each is there."""
    if int(numbers.max()) > 8 * len(numbers):
        return np.unique(numbers, return_inverse=True, return_counts=True)
    # conversations are numbered as they begin, so that a table is small, and needs no sorting
    counts = np.bincount(numbers)
    found = counts.nonzero()[0]
    places = np.zeros(len(counts), np.intp)
    places[found] = np.arange(len(found))
    return found, places.take(numbers), counts[found]


def _pseudonymise(columns: RawColumns, identity: Identity, key: DomainKey) -> Pseudonyms:
    """Put an identifier's cells through the key and zero them, values and validity alike."""
    rows = len(columns)
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
        return Pseudonyms(identity.kind.value, found, np.empty(0, object))
    stacked = np.stack([cell[rows_held] for cell in cells], axis=1)
    distinct, places = np.unique(stacked, axis=0, return_inverse=True)
    found[rows_held] = places.reshape(-1)
    labels: Array = np.empty(len(distinct), object)
    for place, parts in enumerate(distinct):
        labels[place] = key.pseudonym(identity.kind.value, parts.astype(">u8").tobytes())
    return Pseudonyms(identity.kind.value, frozen(found), frozen(labels))


def select(policy: Policy, terms: Terms, family: str | None) -> Selection:
    """What a policy lets through of a protocol, by the categories of what its records hold."""
    facts = terms.facts
    fixed = {
        field.name
        for layout in terms.layouts
        for field in layout.fields
        if policy.keeps(field.category)
    }
    elements: list[Element] = []
    dropped: dict[tuple[int, int], Reason] = {}
    identities = [
        Identity(kind, parts)
        for kind, parts in terms.identities.items()
        if policy.pseudonymises(kind)
        and all(facts.categories(*part, family) == {kind} for part in parts)
    ]
    as_pseudonym = {part for identity in identities for part in identity.parts}
    for id, width in facts.pairs():
        may_be = facts.categories(id, width, family)
        if not may_be or (id, width) in as_pseudonym:
            continue
        refused = [category for category in may_be if not policy.keeps(category)]
        if not refused and width in _CELL_WIDTHS:
            meaning = facts.meaning(id, width, family)
            name = meaning.name if meaning is not None else f"avl_{id}"
            cleared = not may_be.isdisjoint(PRIVATE_CLEARS)
            core = meaning is not None and meaning.core
            elements.append(Element(name, id, width, strictest(may_be), meaning, cleared, core))
        else:
            category = strictest(refused or may_be)
            dropped[id, width] = Reason("floor" if category in FLOOR else "dropped", category)
    events = {}
    for id in facts.ids():
        event = facts.event(id, family)
        if event is not None and all(policy.keeps(category) for category in event[1]):
            cleared = not event[1].isdisjoint(PRIVATE_CLEARS)
            events[id] = (event[0], EVENT_CLEARED_IN_PRIVATE if cleared else EVENT_KEPT)
    if events:
        fixed.add("event_id")
    known_bits = terms.status_bits.get(family, terms.status_bits.get(None, ()))
    bits = tuple(bit for bit in known_bits if policy.keeps(bit.category))
    if bits:
        fixed.add("status")
    return Selection(
        protocol=terms.protocol,
        kinds=tuple(
            kind if category is None or policy.keeps(category) else None
            for kind, category in terms.kinds
        ),
        clock_set_ms=terms.clock_set_ms,
        fixed=frozenset(fixed),
        elements=tuple(elements),
        identities=tuple(identities),
        dropped=dropped,
        events=events,
        private_orders=terms.private_orders,
        last_known=policy.last_known,
        status_bits=bits,
        messages=tuple(
            word if not number or number in events else _WITHHELD
            for number, word in enumerate(terms.messages)
        ),
        cells=terms.cells if policy.keeps(Category.NET_LOCATION) else {},
    )
