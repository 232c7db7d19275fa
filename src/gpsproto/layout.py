"""One declaration of a fixed layout; from it come the grammar, the dtype and the docs table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

import construct
import numpy as np
import numpy.typing as npt

from gpsproto.category import Category


class WireType(Enum):
    """An integer on the wire, big-endian: its numpy code and its construct parser."""

    U8 = (">u1", construct.Int8ub)
    U16 = (">u2", construct.Int16ub)
    U32 = (">u4", construct.Int32ub)
    U64 = (">u8", construct.Int64ub)
    I16 = (">i2", construct.Int16sb)
    I32 = (">i4", construct.Int32sb)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Its numpy type, byte order included."""
        return np.dtype(self.value[0])

    @property
    def parser(self) -> Any:
        """Its construct."""
        return self.value[1]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of fixed size.  ``unit`` is of the raw integer; empty for a count or a code."""

    name: str
    wire: WireType
    unit: str
    category: Category
    meaning: str

    def __post_init__(self) -> None:
        if not isinstance(self.category, Category):
            raise TypeError("a field must have a category")


@dataclass(frozen=True, slots=True)
class Layout:
    """Fields that follow one another, without gaps."""

    name: str
    fields: tuple[Field, ...]

    @property
    def dtype(self) -> npt.DTypeLike:
        """A packed structured dtype."""
        return np.dtype([(field.name, field.wire.dtype) for field in self.fields])

    @property
    def size(self) -> int:
        """Bytes."""
        return np.dtype(self.dtype).itemsize

    def grammar(self) -> Any:
        """A construct Struct of the same fields: the oracle and the builder."""
        return construct.Struct(*(field.name / field.wire.parser for field in self.fields))

    def offset(self, name: str) -> int:
        """First byte of a field."""
        place = np.dtype(self.dtype).fields
        assert place is not None
        return int(place[name][1])

    def category(self, name: str) -> Category:
        """Privacy category of a field."""
        for field in self.fields:
            if field.name == name:
                return field.category
        raise ValueError("no such field in this layout")
