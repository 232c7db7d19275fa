"""The table of a privacy statement: service x data x retention x responsible x legal ground."""

from __future__ import annotations

from typing import NamedTuple

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy.words import LANGUAGES, Language

_ASKED = 'who answers for the data; fill in [record] controller = "..."'


class Row(NamedTuple):
    """What one service keeps for one time, by whose responsibility, on which ground."""

    service: str
    data: tuple[str, ...]
    retention: str
    responsible: str
    legal_ground: str

    def as_dict(self) -> dict[str, object]:
        """For machines."""
        return self._asdict() | {"data": list(self.data)}


def table(policy: Policy, language: Language = "en") -> tuple[Row, ...]:
    """The rows of a policy, what is alike in one; PolicyError where it names no controller.

    Where a row of the policy says no service or legal ground, it has those of the record of
    processing; where it says nobody responsible, the controller.
    """
    record = policy.record
    if not record.controller.strip():
        raise PolicyError(ErrorCode.POLICY_MISSING, key="record.controller", hint=_ASKED)
    words = LANGUAGES[language]
    purposes = "; ".join(dict.fromkeys(one.purpose for one in record.purposes if one.purpose))
    grounds = "; ".join(
        dict.fromkeys(words.ground(one.legal_basis) for one in record.purposes if one.legal_basis)
    )
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for category in reversed(Category):
        rule = policy.rule(category)
        if rule is None:
            continue
        kept = policy.retention(category)
        alike = (
            kept.service or purposes or policy.name,
            words.retention(kept),
            kept.responsible or record.controller,
            words.ground(kept.legal_basis) or grounds,
        )
        found.setdefault(alike, []).append(words.datum(category, rule))
    return tuple(
        Row(service, tuple(data), retention, responsible, ground)
        for (service, retention, responsible, ground), data in found.items()
    )
