"""The families of encodings in which a canary is looked for: each a function from canary to bytes.

Families 1 to 23 are spelled; 24, what is derived by a digest, is looked up: see ``derived``.
"""

from __future__ import annotations

from collections.abc import Iterator

from gpsproto.prove import numerals, textual
from gpsproto.prove.canaries import Canary
from gpsproto.prove.spelling import REGISTRY, SHORTEST, Encoding, Spelling, encoding


@encoding(24, "derived by a digest")
def _derived(_: Canary) -> Iterator[Spelling]:
    return iter(())  # 64 bits of a digest have no mark: they are looked up


def spellings(one: Canary) -> Iterator[tuple[Encoding, Spelling]]:
    """Every spelling of a canary, with the family that it is of."""
    for family in REGISTRY.values():
        for spelling in family.spell(one):
            yield family, spelling


__all__ = ["REGISTRY", "SHORTEST", "Encoding", "Spelling", "numerals", "spellings", "textual"]
