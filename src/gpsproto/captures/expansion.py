"""How far compressed bytes have grown: what grows without end is a bomb, and no dump."""

from __future__ import annotations

from dataclasses import dataclass

RATIO = 250
"""Bytes that one compressed byte may become on the whole; logs of frames come to about 20."""

FLOOR = 64 << 20
"""Bytes that are never too many."""


@dataclass(slots=True)
class Expansion:
    """Bytes taken and given so far."""

    taken: int = 0
    given: int = 0

    @property
    def is_bomb(self) -> bool:
        """Whether more came out than any dump gives."""
        return self.given > max(FLOOR, RATIO * self.taken)
