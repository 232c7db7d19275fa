"""Pseudonyms of before a rotation become those of after it, without the identifiers.

What is mapped is recognised: a known prefix, a key id that the key had before its last rotation,
24 letters.  Everything else stays as it is, and is counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import final

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.keys.chain import FIRST_DAY, LAST_DAY, clamped, day_of, epoch
from gpsproto.privacy.keys.pseudonym import ALPHABET, FORM, KIND_OF
from gpsproto.privacy.scope import Scope

SCOPES: Sequence[Scope] = (Scope.STABLE, Scope.MONTH)
"""The scopes whose pseudonyms are looked for if none are named; so many days share key ids."""
YEARS_BACK = 10
WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")
"""What a pseudonym is made of: a whole word of these, or it is none."""

_TOKEN = re.compile(rf"(?<![0-9A-Za-z_]){FORM}(?![0-9A-Za-z_])")
_KEY_ID = re.compile(rf"(?<![0-9A-Za-z_])[{ALPHABET}]{{4}}(?![0-9A-Za-z_])")
_CACHE = 65_536


@final
class Rekey:
    """Maps the pseudonyms of one domain.

    Key ids are made of the epochs of these scopes from ``since`` to ``until``, ten years back to a
    year ahead if not said; ``known`` are ids of epochs that the key's chain has left behind.  An id
    that may be of before and of after is KeyRefused, unless the store is ``unmixed``: nothing in it
    was made under the key as it is now.
    """

    def __init__(
        self,
        key: PseudonymKey,
        *,
        domain: str,
        since: date | None = None,
        until: date | None = None,
        scopes: Iterable[Scope] = SCOPES,
        known: Iterable[str] = (),
        unmixed: bool = False,
    ) -> None:
        self._key = key.domain(domain)
        today = datetime.now(UTC).date()
        first = day_of(since or today.replace(year=today.year - YEARS_BACK, day=1))
        last = day_of(until or today + timedelta(days=366))
        former = {one for one in known if _KEY_ID.fullmatch(one)}
        for scope in (Scope.RECORD, Scope.SESSION):
            former.add(self._key.former_key_id(scope))
        for scope in scopes:
            former |= {
                self._key.former_key_id(scope, day) for day in _epochs(key, scope, first, last)
            }
        self._ids = {one: self._key.renewed_key_id(one) for one in sorted(former)}
        self._present = frozenset(self._ids.values())
        self._unmixed = unmixed
        self._made: dict[str, str] = {}
        self.renewed = 0
        """Pseudonyms that were mapped."""
        self.present = 0
        """Pseudonyms that were made after the rotation already."""
        self.foreign = 0
        """Pseudonyms of other keys, domains or epochs, which stay."""

    def text(self, text: str) -> str:
        """The same text with its pseudonyms mapped."""
        return _TOKEN.sub(lambda found: self.pseudonym(found[0]), text)

    def pseudonym(self, token: str, times: int = 1) -> str:
        """One pseudonym mapped, counted as often as it stands there; any other text as it is."""
        made = self._made.get(token)
        if made is not None:
            self.renewed += times
            return made
        if _TOKEN.fullmatch(token) is None:
            return token
        prefix, key_id, bits = token.split("_")
        renewed_id = self._ids.get(key_id)
        if renewed_id is None:
            if key_id in self._present:
                self.present += times
            else:
                self.foreign += times
            return token
        self._sure(key_id)
        made = f"{prefix}_{renewed_id}_{self._key.renewed_bits(KIND_OF[prefix], bits)}"
        if len(self._made) >= _CACHE:
            self._made.clear()
        self._made[token] = made
        self.renewed += times
        return made

    def key_ids(self, text: str) -> str:
        """A list of key ids, however it is written, with the known ones mapped."""
        return _KEY_ID.sub(lambda found: self._renewed_id(found[0]), text)

    def _renewed_id(self, key_id: str) -> str:
        if key_id not in self._ids:
            return key_id
        self._sure(key_id)
        return self._ids[key_id]

    def _sure(self, key_id: str) -> None:
        if key_id in self._present and not self._unmixed:
            raise KeyRefused(ErrorCode.KEY_AMBIGUOUS_ID)


def _epochs(key: PseudonymKey, scope: Scope, first: int, last: int) -> Iterator[int]:
    """The first days of the epochs that the key can still make, and of clocks that were never set."""
    if not scope.epochal:
        if scope is Scope.STABLE:
            yield 0
        return
    least = day_of(key.since)
    days = {epoch(scope, day) for day in range(clamped(first), clamped(last) + 1)}
    days |= {epoch(scope, FIRST_DAY), epoch(scope, LAST_DAY)}
    yield from sorted(day for day in days if day >= least)
