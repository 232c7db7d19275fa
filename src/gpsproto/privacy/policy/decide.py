"""What becomes of a field under a policy, and which of its rules decided that."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from gpsproto.category import FLOOR, Category, strictest
from gpsproto.privacy.policy import Coarse, Policy
from gpsproto.privacy.policy.strictness import coarse_within

Outcome = Literal["keep", "coarsen", "drop"]


class Decision(NamedTuple):
    """What becomes of a field that is no identifier."""

    outcome: Outcome
    category: Category
    """The one that decided: the strictest that is refused, else the strictest it may be."""
    coarse: Coarse
    by: str
    """The key of the policy that decided; ``floor`` or ``default`` where no key allows it."""


_EXACT = Coarse()


def decide(
    policy: Policy, protocol: str, names: Iterable[str], may_be: frozenset[Category]
) -> Decision:
    """Decide about a field by every category that it may have; ``names`` are those it may bear.

    All of them must be allowed.  Where one is coarse the field is, unless two differ in how.
    """
    refused = [category for category in may_be if not policy.leaves(category)]
    if refused:
        category = strictest(refused)
        rule = policy.allow.get(category)
        if rule is None:
            by = "floor" if category in FLOOR else "default"
        else:  # only a coarse place takes back what is allowed
            by = f"allow.{category}" if rule.action == "pseudonymise" else "allow.location"
        return Decision("drop", category, _EXACT, by)
    category = strictest(may_be)
    by = f"allow.{category}"
    hows = {
        rule.coarse for one in may_be if (rule := policy.rule(one)) and rule.action == "coarsen"
    }
    for name in names:
        key = f"{protocol}:{name}"
        if key in policy.override:
            rule = policy.override[key]
            by = f"override.{key}"
            if rule is None:
                return Decision("drop", category, _EXACT, by)
            if rule.action == "coarsen":
                # the category of a name is known here only: no override is looser than its own
                if not all(coarse_within(rule.coarse, how) for how in hows):
                    return Decision("drop", category, _EXACT, by)
                hows = {rule.coarse}
    if not hows:
        return Decision("keep", category, _EXACT, by)
    if len(hows) > 1:
        return Decision("drop", category, _EXACT, by)
    return Decision("coarsen", category, hows.pop(), by)
