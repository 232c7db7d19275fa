"""The catalog under a policy: each meaning, and what becomes of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gpsproto import catalog, codecs
from gpsproto.catalog import Meaning
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.select import select

COLUMN = "column"
ATTRIBUTE = "attribute"
PSEUDONYM = "pseudonym"


class Entry(NamedTuple):
    """A meaning and what it leaves as.

    That is ``column``, ``attribute``, ``avl_<id>`` where it has no single name, ``pseudonym``,
    ``dropped``, or ``floor``: no policy may let it leave.
    """

    meaning: Meaning
    leaves_as: str

    def fits(self, text: str) -> bool:
        """Whether each word of a search is in its name, category or labels; a number is an id.

        Beside other words a number may also be one of the words: ``analog input 1``.
        """
        one, wanted = self.meaning, text.lower().split()
        ids = {str(one.id), f"avl_{one.id}", f"{one.id}@{one.width or 'var'}"}
        said = "|".join([one.name, one.category.value, *(label for _, label in one.labels)]).lower()
        words = set(re.findall(r"[^\W_]+", said)) if len(wanted) > 1 else set()
        return all(
            word in ids or word in words if word.isdecimal() else word in ids or word in said
            for word in wanted
        )


def entries(policy: Policy, family: str | None) -> Iterator[Entry]:
    """Every meaning in a family, or anywhere, in the order of the ids."""
    facts = catalog.load()
    selection = select(policy, codecs.terms()[codecs.AVL], family)
    leaves_as = {pair: reason.action for pair, reason in selection.dropped.items()}
    for one in selection.elements:
        named = COLUMN if one.core else ATTRIBUTE
        leaves_as[one.id, one.width] = named if one.meaning is not None else one.name
    for identity in selection.identities:
        leaves_as |= dict.fromkeys(identity.parts, PSEUDONYM)
    sent = family is not None and family in catalog.ANY_WIDTH
    for id, width in facts.pairs(family):
        if sent and width == catalog.VARIABLE and id < catalog.OURS:
            continue  # its widths are listed
        for meaning in facts.readings(id, width, family):
            yield Entry(meaning, leaves_as[id, width])
