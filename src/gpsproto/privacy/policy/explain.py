"""What becomes of every field under a policy, and which of its rules decided that.

Whether a field leaves is asked of the door's own selection, so that this cannot say otherwise; how
and why, of ``decide``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from gpsproto.category import PRIVATE_CLEARS, Category, strictest
from gpsproto.declared import Declared, Part
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy.compare import lasting, spoken
from gpsproto.privacy.policy.decide import Decision, decide
from gpsproto.privacy.policy.rules import Coarse, Retention, Rule
from gpsproto.privacy.scope import Scope
from gpsproto.privacy.select import select
from gpsproto.projection import Selection
from gpsproto.terms import Terms

Action = Literal["keep", "coarsen", "pseudonymise", "drop"]

RULES = {
    "allow.CATEGORY": "this key of the policy",
    "override.FIELD": "this key of the policy",
    "default": "the policy does not name the category",
    "floor": "no policy may let the category leave",
    "form": "text or bytes, an identifier that is not put through the key, or a value that cannot be"
    " made coarse so",
    "envelope": "it carries messages, and is never written",
    "unknown": "what is not declared is stepped over",
    "neutral": "it says nothing about anybody",
    "event": "it leaves where the element that it names does",
}
"""What may have decided, and what that means."""


_PLACE = frozenset({"latitude", "longitude"})
"""Half a place is none: they leave together."""


class Explained(NamedTuple):
    """A field, what becomes of it, and why."""

    declared: Declared
    action: Action
    category: Category | None
    """The one that decided; None where it says nothing about anybody."""
    by: str
    """A key of the policy, or another of ``RULES``."""
    coarse: Coarse | None = None
    scope: Scope | None = None
    retention: str = ""
    """How long it may be kept, in the words of a policy; empty for what is dropped."""
    cleared: bool = False
    """Whether it leaves, but not in private mode."""

    @property
    def how(self) -> str:
        """The action with its detail, in few words."""
        if self.coarse is not None:
            return f"coarsen: {coarsened(self.coarse)}"
        return self.action if self.scope is None else f"{self.action}: {self.scope.value}"

    def fits(self, text: str) -> bool:
        """Whether each word of a search is in its field, names, message, category or meaning."""
        one = self.declared
        parts = [one.field, *one.names, one.message, one.meaning, self.action, self.by]
        said = "|".join([*parts, *one.may_be]).lower()
        return all(
            word in (one.field, one.field.partition("@")[0]) if word.isdecimal() else word in said
            for word in text.lower().split()
        )

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        one = self.declared
        return {
            "protocol": one.protocol,
            "message": one.message,
            "field": one.field,
            "names": list(one.names),
            "meaning": one.meaning,
            "unit": one.unit or None,
            "category": None if self.category is None else self.category.value,
            "may_be": sorted(one.may_be),
            "action": self.action,
            "how": None if self.coarse is None else coarsened(self.coarse),
            "scope": None if self.scope is None else self.scope.value,
            "decided_by": self.by,
            "retention": self.retention or None,
            "cleared_in_private_mode": self.cleared,
        }


def explain(
    policy: Policy, terms: Terms, declared: Iterable[Declared], family: str | None = None
) -> Iterator[Explained]:
    """What becomes of the fields of a protocol; ``family`` is the one that they are declared for."""
    family = family if family in terms.families else None
    selection = select(policy, terms, family)
    leaving = _leaving(selection)
    parts = {part for identity in selection.identities for part in identity.parts}
    for one in declared:
        if one.part is Part.ENVELOPE or one.part is Part.UNKNOWN:
            yield Explained(one, "drop", strictest(one.may_be), one.part.value)
        elif one.part in (Part.DEVICE, Part.ACCOUNT):
            yield _identifier(policy, one, policy.pseudonymises(*one.may_be))
        elif one.place in parts and one.part is Part.ELEMENT:
            yield _identifier(policy, one, True)
        elif one.part is Part.EVENT:
            action: Action = "keep" if _key(one) in leaving else "drop"
            yield Explained(one, action, None, _overridden(policy, one) or "event")
        else:
            yield _value(policy, one, _key(one) in leaving)


def _leaving(selection: Selection) -> set[object]:
    """What the door lets through, by ``_key``."""
    # the time of a record may be there to decide by, and not leave
    fixed = selection.fixed if selection.says_time else selection.fixed - {"timestamp"}
    return {
        *((Part.FIXED, name) for name in fixed),
        *((Part.EVENT, (0, 0)) for _ in selection.events),
        *((Part.ELEMENT, (one.id, one.width)) for one in selection.elements),
        *((Part.BIT, (one.bit, 0)) for one in selection.status_bits),
        *((Part.KIND, (n, 0)) for n, kind in enumerate(selection.kinds) if kind is not None),
        *((Part.WORD, (number, 0)) for number in selection.events),
    }


def _key(one: Declared) -> tuple[Part, object]:
    return one.part, one.field if one.part is Part.FIXED else one.place


def _identifier(policy: Policy, one: Declared, leaves: bool) -> Explained:
    """What leaves as a pseudonym, or not at all."""
    [category] = one.may_be
    if leaves:
        return Explained(
            one, "pseudonymise", category, f"allow.{category}", None, policy.scope(category),
            retention(policy, one.may_be), not one.may_be.isdisjoint(PRIVATE_CLEARS),
        )  # fmt: skip
    return Explained(one, "drop", category, decide(policy, one.protocol, (), one.may_be).by)


def _value(policy: Policy, one: Declared, leaves: bool) -> Explained:
    """What leaves as a value, as it is or with less detail, or not at all."""
    if not one.may_be:
        by = "neutral" if leaves else _overridden(policy, one) or "neutral"
        return Explained(one, "keep" if leaves else "drop", None, by)
    names = (one.field, *one.names)
    # that a kind of message was sent is of its category alone
    named = () if one.part is Part.KIND else dict.fromkeys(names)
    decision = decide(policy, one.protocol, named, one.may_be)
    if not leaves:
        return Explained(one, "drop", decision.category, _why_not(policy, one, decision))
    coarse = decision.coarse if decision.outcome == "coarsen" else None
    return Explained(
        one, "keep" if coarse is None else "coarsen", decision.category, decision.by, coarse, None,
        retention(policy, one.may_be), one.cleared or not one.may_be.isdisjoint(PRIVATE_CLEARS),
    )  # fmt: skip


def _why_not(policy: Policy, one: Declared, decision: Decision) -> str:
    """What decided that a value does not leave."""
    if decision.by.startswith("override."):
        return decision.by
    if decision.outcome != "drop" or policy.pseudonymises(decision.category):
        return _overridden(policy, one) or "form"
    return decision.by


def _overridden(policy: Policy, one: Declared) -> str:
    """The override that takes a field out, by its own name or with what it makes a place with."""
    beside = sorted(_PLACE) if one.field in _PLACE else ()
    for name in (one.field, *one.names, *beside):
        if policy.override.get(f"{one.protocol}:{name}", ...) is None:
            return f"override.{one.protocol}:{name}"
    return ""


def coarsened(coarse: Coarse) -> str:
    """How values lose detail, in the words of a policy: ``grid 5km``."""
    if coarse.grid_m is not None:
        # that of the time beside a place is said of the time
        coarse = replace(coarse, time_s=None)
    return spoken(Rule("coarsen", coarse=coarse)).removeprefix("coarsen, ")


def retention(policy: Policy, categories: Iterable[Category]) -> str:
    """How long a field of some categories may be kept: as that of them which ends first."""
    found = [policy.retention(one) for one in categories if one in policy.retain]
    if not found:
        return ""
    bounded = [one for one in found if one.bound is not None]
    return lasting(min(bounded, key=_least_days) if bounded else found[0])


def _least_days(found: Retention) -> int:
    assert found.bound is not None
    return found.bound.least_days
