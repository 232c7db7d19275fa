"""A field as its protocol declares it: where it stands, and what it may say about somebody.

For who must judge a policy: no frame is looked at, only what the decoders know.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from gpsproto.category import Category


class Part(StrEnum):
    """What of a message a field is."""

    FIXED = "fixed"  # of a layout, or of what has a column like it
    ELEMENT = "element"  # with an id and a width
    BIT = "bit"  # of a watch's status word
    DEVICE = "device"  # who speaks
    ACCOUNT = "account"  # whose device that is; from a file, never from a frame
    KIND = "kind"  # what sort of message it is
    WORD = "word"  # the word of a message
    EVENT = "event"  # names an element of the same record
    UNREAD = "unread"  # carried by a message, and stepped over whatever it is
    ENVELOPE = "envelope"  # carries a message
    UNKNOWN = "unknown"  # anything that is not declared


COLUMNS = {
    "timestamp": "time",
    "altitude": "altitude_m",
    "angle": "course_deg",
    "speed": "speed_kmh",
}
"""Columns of fixed fields that bear another name."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A field of a message.

    ``field`` is what an override names it by, behind its protocol: ``239@1`` (width 0: any),
    ``steps``.
    ``names`` are all that it may bear, several where the family is not known or where its column
    has another.  ``may_be`` is every
    category that it may have; empty where it says nothing about anybody.  ``place`` is its
    (id, width), or its number among the bits, kinds or words.
    """

    protocol: str
    message: str
    field: str
    names: tuple[str, ...]
    part: Part
    may_be: frozenset[Category] = frozenset()
    unit: str = ""
    meaning: str = ""
    place: tuple[int, int] = (0, 0)
    cleared: bool = False  # in private mode, whatever its category

    @property
    def name(self) -> str:
        """Its name, or all that it may bear."""
        return " or ".join(self.names)
