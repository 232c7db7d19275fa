"""A stretch of a frame: where it is, what it is called, what it says and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn, SupportsIndex

from gpsproto.category import Category

MASK = "··"
"""Stands for a byte that is not shown."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Span:
    """Some bytes of a frame.  The children of a span cover it, each byte once; a leaf has none.

    ``raw`` is the number or the text as it was sent, ``value`` what that says, in ``unit``.
    ``action`` is what the policy makes of it, decided ``by`` a key of the policy.  ``right`` is True
    or False where the bytes can be checked; ``wrong`` says what is wrong with them and ``expected``
    what they should be.  Of a ``masked`` span neither bytes nor value are here.  ``inline``: an
    element, whose id and value are read together.
    """

    offset: int
    size: int
    name: str
    raw: int | str | None = None
    value: str = ""
    unit: str = ""
    category: Category | None = None
    action: str = ""
    by: str = ""
    right: bool | None = None
    wrong: str = ""
    expected: str = ""
    note: str = ""
    masked: bool = False
    inline: bool = False
    data: bytes = b""
    children: tuple[Span, ...] = ()

    def __repr__(self) -> str:
        return f"Span(offset={self.offset}, size={self.size})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("what holds bytes from the wire cannot be pickled or copied")

    @property
    def end(self) -> int:
        """The byte behind its last."""
        return self.offset + self.size

    def hex(self, most: int) -> str:
        """Its first bytes in hexadecimal, blanks between; marks where they are not shown."""
        if self.masked:
            return " ".join([MASK] * min(self.size, most))
        return self.data[:most].hex(" ").upper()

    def as_dict(self) -> dict[str, Any]:
        """The same for machines; ``hex`` is null where bytes are not shown, or stand in children."""
        return {
            "offset": self.offset,
            "size": self.size,
            "name": self.name,
            "hex": None if self.masked or self.children else self.data.hex(),
            "masked": self.masked,
            "raw": self.raw,
            "value": self.value or None,
            "unit": self.unit or None,
            "category": None if self.category is None else self.category.value,
            "action": self.action or None,
            "decided_by": self.by or None,
            "right": self.right,
            "wrong": self.wrong or None,
            "expected": self.expected or None,
            "note": self.note or None,
            "children": [one.as_dict() for one in self.children],
        }


def leaves(spans: Iterable[Span]) -> Iterator[Span]:
    """The spans without children, in the order of their bytes."""
    for span in spans:
        if span.children:
            yield from leaves(span.children)
        else:
            yield span
