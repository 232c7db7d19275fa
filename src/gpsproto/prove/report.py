"""What a hunt found: counts, and hits that say where and how, never what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gpsproto.prove.encodings import REGISTRY

DIFFERENCE = 0
"""Stands for an encoding where two runs differ and should not."""


class Hit(NamedTuple):
    """A canary that came out: by which carrier, in which encoding, planted where, of which kind."""

    carrier: str
    encoding: int
    field: str
    kind: str

    @property
    def encoding_name(self) -> str:
        """The family of the encoding in words."""
        found = REGISTRY.get(self.encoding)
        return "a difference between two runs" if found is None else found.name


@dataclass(frozen=True, slots=True)
class Report:
    """What was planted, where it was looked for, and what was found."""

    policies: tuple[str, ...]
    frames: int
    malformed: int
    canaries: int
    places: int
    seed: int
    bytes_searched: Mapping[str, int]
    """By carrier."""
    found: Counter[Hit] = field(default_factory=Counter)
    """How often each hit was met; a hit that is met all the time is not counted to the end."""
    frames_by: Mapping[str, int] = field(default_factory=dict)
    """By carrier, how many frames went through it."""
    seconds_by: Mapping[str, float] = field(default_factory=dict)
    """By phase."""
    skipped: tuple[str, ...] = ()
    """Carriers that are not there, each with why."""

    @property
    def hits(self) -> tuple[Hit, ...]:
        """Every hit once, in order."""
        return tuple(sorted(self.found))

    @property
    def clean(self) -> bool:
        """Whether nothing came out."""
        return not self.found

    def as_dict(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "policies": list(self.policies),
            "frames": self.frames,
            "malformed": self.malformed,
            "canaries": self.canaries,
            "places": self.places,
            "seed": self.seed,
            "encodings": {str(number): one.name for number, one in sorted(REGISTRY.items())},
            "carriers": {
                name: {
                    "frames": self.frames_by.get(name, 0),
                    "bytes": size,
                    "hits": sum(n for hit, n in self.found.items() if hit.carrier == name),
                }
                for name, size in sorted(self.bytes_searched.items())
            },
            "skipped": list(self.skipped),
            "seconds": {name: round(spent, 3) for name, spent in self.seconds_by.items()},
            "hits": [
                {
                    "carrier": hit.carrier, "encoding": hit.encoding,
                    "encoding_name": hit.encoding_name, "field": hit.field, "kind": hit.kind,
                    "times": self.found[hit],
                }
                for hit in self.hits
            ],
        }  # fmt: skip
