"""What a policy makes of a field of a frame: what ``gpsproto policy explain`` says of it."""

from __future__ import annotations

from functools import cached_property

from gpsproto import codecs
from gpsproto.codecs.declared import declared
from gpsproto.declared import Part
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy.explain import Explained, explain


class Actions:
    """What becomes of the fields of a protocol under a policy, in a family."""

    def __init__(self, policy: Policy, protocol: str, family: str | None) -> None:
        self.policy = policy
        self.protocol = protocol
        self.terms = codecs.terms()[protocol]
        # a family of the other protocol says nothing here
        self.family = family if family in self.terms.families else None

    @cached_property
    def _explained(self) -> list[Explained]:
        fields = declared(self.protocol, self.family)
        return list(explain(self.policy, self.terms, fields, self.family))

    @cached_property
    def _by_field(self) -> dict[tuple[str, str], Explained]:
        return {(one.declared.message, one.declared.field): one for one in self._explained}

    @cached_property
    def _by_place(self) -> dict[tuple[int, int], Explained]:
        return {
            one.declared.place: one for one in self._explained if one.declared.part is Part.ELEMENT
        }

    def of(self, message: str, field: str) -> Explained | None:
        """A field of a message, by its name; None where it is not declared."""
        return self._by_field.get((message, field))

    def element(self, id: int, width: int) -> Explained | None:
        """An element, by id and bytes (0: of variable length); None where it is not known."""
        return self._by_place.get((id, width))
