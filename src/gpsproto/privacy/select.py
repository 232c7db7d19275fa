"""A policy in the terms of a protocol: what of its records is let through, field by field."""

from __future__ import annotations

from gpsproto.category import FLOOR, PRIVATE_CLEARS, Category, strictest
from gpsproto.declared import COLUMNS
from gpsproto.layout import Field
from gpsproto.privacy.policy import Coarse, Policy
from gpsproto.privacy.policy.decide import decide
from gpsproto.projection import (
    EVENT_CLEARED_IN_PRIVATE,
    EVENT_KEPT,
    Coarsening,
    Element,
    Identity,
    Reason,
    Selection,
)
from gpsproto.terms import ListForm, Terms

_CELL_WIDTHS = (1, 2, 4, 8)
_WITHHELD = "withheld"  # a word that would tell what the policy does not keep, in the counts
_OF_A_CELL = frozenset({"latitude", "longitude"})


def select(policy: Policy, terms: Terms, family: str | None) -> Selection:
    """What a policy lets through of a protocol, by the categories of what its records hold."""
    facts = terms.facts
    fixed = {
        field.name
        for layout in terms.layouts
        for field in layout.fields
        if _leaves(policy, terms, field)
    }
    if not fixed >= _OF_A_CELL:  # half a place is none, and the walk writes both
        fixed -= _OF_A_CELL
    said_time = "timestamp" in fixed
    if policy.needs_time:
        fixed.add("timestamp")
    elements: list[Element] = []
    dropped: dict[tuple[int, int], Reason] = {}
    identities = [
        Identity(kind, parts)
        for kind, parts in terms.identities.items()
        if policy.pseudonymises(kind)
        and all(facts.categories(*part, family) == {kind} for part in parts)
        and not any(_overridden(policy, terms, *part, family) for part in parts)
    ]
    as_pseudonym = {part for identity in identities for part in identity.parts}
    silent: set[int] = set()  # ids that an override drops: neither does an event name them
    for id, width in facts.pairs(family):
        may_be = facts.categories(id, width, family)
        if not may_be or (id, width) in as_pseudonym:
            continue
        meaning = facts.meaning(id, width, family)
        name = meaning.name if meaning is not None else f"avl_{id}"
        names = (name, *_names(policy, terms, id, width, family))
        decision = decide(policy, terms.protocol, names, may_be)
        if decision.by.startswith("override") and decision.outcome == "drop":
            silent.add(id)
        numeric = meaning is not None and not meaning.labels
        coarse = Coarsening(decision.coarse.buckets, decision.coarse.delta)
        said = decision.outcome == "keep" or (
            # of a place the cell leaves, of a time the step; of an unknown scale nothing can
            decision.outcome == "coarsen" and numeric and coarse != Coarsening()
        )
        if said and width in _CELL_WIDTHS:
            cleared = id in terms.listed or not may_be.isdisjoint(PRIVATE_CLEARS)
            core = meaning is not None and meaning.core
            elements.append(
                Element(name, id, width, strictest(may_be), meaning, cleared, core, coarse)
            )
        else:
            category = decision.category
            dropped[id, width] = Reason("floor" if category in FLOOR else "dropped", category)
    events = {}
    for id in facts.ids():
        event = facts.event(id, family)
        if event is None or id in silent or f"{terms.protocol}:event" in policy.override:
            continue
        if all(policy.keeps(category) for category in event[1]):
            cleared = not event[1].isdisjoint(PRIVATE_CLEARS)
            events[id] = (event[0], EVENT_CLEARED_IN_PRIVATE if cleared else EVENT_KEPT)
    if events:
        fixed.add("event_id")
    known_bits = terms.status_bits.get(family, terms.status_bits.get(None, ()))
    bits = tuple(
        bit
        for bit in known_bits
        if decide(policy, terms.protocol, (bit.name,), frozenset({bit.category})).outcome == "keep"
    )
    if bits:
        fixed.add("status")
    return Selection(
        protocol=terms.protocol,
        kinds=tuple(
            kind if category is None or policy.leaves(category) else None
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
        grid_m=policy.grid_m,
        time_step_ms=policy.time_ms,
        says_time=said_time,
        lists=_lists(policy, terms, family, elements),
    )


def _lists(
    policy: Policy, terms: Terms, family: str | None, elements: list[Element]
) -> dict[tuple[int, int], ListForm]:
    """The lists that are read: where nothing of them is kept, none."""
    if not any(one.id in terms.listed for one in elements):
        return {}
    return {
        pair: form
        for pair, form in terms.lists.items()
        if terms.facts.meaning(*pair, family) is not None
        and not _overridden(policy, terms, *pair, family)
    }


def _names(
    policy: Policy, terms: Terms, id: int, width: int, family: str | None
) -> tuple[str, ...]:
    """What an override may call an element, whatever it means; asked for where there is any."""
    if not policy.override:
        return ()
    return f"{id}@{width}", *terms.facts.names_of(id, width, family)


def _overridden(policy: Policy, terms: Terms, id: int, width: int, family: str | None) -> bool:
    names = _names(policy, terms, id, width, family)
    return any(f"{terms.protocol}:{name}" in policy.override for name in names)


def _leaves(policy: Policy, terms: Terms, field: Field) -> bool:
    """Whether a fixed field leaves, as it is or with less detail."""
    names = {field.name, COLUMNS.get(field.name, field.name)}
    decision = decide(policy, terms.protocol, names, frozenset({field.category}))
    if decision.outcome != "coarsen":
        return decision.outcome == "keep"
    if field.category is Category.LOCATION:
        return field.name in _OF_A_CELL
    return field.category is Category.TIME and decision.coarse != Coarse()
