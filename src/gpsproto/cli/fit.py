"""Which device family names the elements of a dump: each is tried on the beginning of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gpsproto import catalog
from gpsproto.balance import Balance
from gpsproto.captures.source import Chunk
from gpsproto.cli.run import Settings
from gpsproto.pipeline import decode
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.policy import Policy
from gpsproto.walk import engine

_SAMPLE_BYTES = {"compiled": 4_000_000, "interpreted": 250_000}
_BETTER_BY = 0.01
"""Of all elements: less is no reason to think of another family."""


class Sample:
    """The first bytes of each dump, kept as they pass; in sum never more than a few MB."""

    def __init__(self, dumps: int) -> None:
        self.left = _SAMPLE_BYTES[engine()]
        self.most = self.left // max(1, dumps)
        self.dumps = dumps
        self.whole = True
        """Whether the dumps ended within it."""
        self.parts: list[bytearray] = []

    def __repr__(self) -> str:
        return f"Sample({self.size} bytes, redacted)"

    @property
    def size(self) -> int:
        """Bytes that were kept."""
        return sum(map(len, self.parts))

    def watch(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """Keep the first bytes of a dump, and let all of them pass."""
        part = bytearray()
        self.parts.append(part)
        for chunk in chunks:
            room = min(self.most - len(part), self.left)  # an archive in a pipe holds many dumps
            self.whole = self.whole and len(chunk) <= room
            part += chunk[:room]
            self.left -= min(room, len(chunk))
            yield chunk

    @property
    def said(self) -> str:
        """What it is a sample of."""
        if self.whole:
            return "of all elements"
        each = " of each dump" if self.dumps > 1 else ""
        return f"of the elements in the first {self.most / 1e6:.3g} MB{each}"


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Elements that a family gives no name."""

    unknown: int
    """It does not know the id at this width: they are dropped."""
    ambiguous: int
    """It has several names for them: they leave as ``avl_<id>``."""


@dataclass(frozen=True, slots=True)
class Fit:
    """How many of the sample's elements each family names."""

    sample: str
    sample_bytes: int
    elements: int
    chosen: str | None
    unnamed: dict[str, Unnamed]
    """By family; of no family under the empty name."""

    def share(self, family: str | None) -> float:
        """The part of the elements that a family has one name for."""
        of = self.unnamed[family or ""]
        return 1 - (of.unknown + of.ambiguous) / self.elements if self.elements else 1.0

    def best_first(self) -> list[str]:
        """The families by what they name; of equals the chosen, then one that refines no other."""
        return sorted(
            (family for family in self.unnamed if family),
            key=lambda one: (-self.share(one), one != self.chosen, one in catalog.PARENTS),
        )

    @property
    def better(self) -> str | None:
        """The family that names clearly more than the chosen one, or than none does."""
        best = self.best_first()[0]
        gain = self.share(best) - self.share(self.chosen)
        return best if self.elements and gain >= _BETTER_BY else None


def fit(sample: Sample, policy: Policy, settings: Settings) -> Fit:
    """Decode the sample once for each family, under the policy of the run."""

    def decoded(family: str | None, balance: Balance) -> Iterator[FilteredBatch]:
        for part in sample.parts:
            yield from decode(
                part, policy=policy, family=family, input_format=settings.input_format,
                limits=settings.limits, batch_records=settings.batch_records,
                group16=settings.group16, balance=balance,
            )  # fmt: skip

    unnamed, elements = {}, 0
    for family in ("", *catalog.FAMILIES):
        balance = Balance()
        for _ in decoded(family or None, balance):
            pass
        elements = balance.elements
        unnamed[family] = Unnamed(balance.elements_unknown, balance.ambiguous.total())
    chosen = settings.family if settings.family in unnamed else None  # a watch's profile is none
    return Fit(sample.said, sample.size, elements, chosen, unnamed)
