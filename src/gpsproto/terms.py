"""A protocol in the words of the filter: what its records hold, and of which category."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gpsproto.catalog import Meaning
from gpsproto.category import Category
from gpsproto.layout import Layout


class Facts(Protocol):
    """What the elements of a protocol mean: the catalog of AVL ids, the fields of the watch."""

    def pairs(self, family: str | None = None) -> Iterable[tuple[int, int]]:
        """Every (id, width) that has a meaning; with a family, those that only it has too."""

    def meaning(self, id: int, width: int, family: str | None) -> Meaning | None:
        """The one meaning of a pair, or None."""

    def names_of(self, id: int, width: int, family: str | None) -> tuple[str, ...]:
        """Every name that the pair may have."""

    def categories(self, id: int, width: int, family: str | None) -> frozenset[Category]:
        """Every category that the pair may have."""

    def ids(self) -> Iterable[int]:
        """Every id that a record's event may be."""

    def event(self, id: int, family: str | None) -> tuple[str, frozenset[Category]] | None:
        """Name and categories of an event."""


@dataclass(frozen=True, slots=True)
class StatusBit:
    """A bit of a watch's status word: its number, its name, and the list that it goes into."""

    bit: int
    name: str
    category: Category
    alarm: bool


class ListForm(NamedTuple):
    """A list that is an element: how it is laid out, and the id of how many it holds.

    Where nobody says that it is one, it is ``guessed``: what does not fit is then no bad value.
    """

    layout: int  # in the walk's numbers
    count_id: int
    guessed: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """A protocol in the words of the filter: what its records hold, and of which category."""

    protocol: str  # the value of the column
    layouts: tuple[Layout, ...]
    facts: Facts
    kinds: tuple[tuple[str, Category | None], ...]  # values of the column message; the first
    #                                                 stands for one whose category is not kept
    clock_set_ms: int  # a time before it is of a clock that was never set
    families: frozenset[str] = frozenset()
    identities: Mapping[Category, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    private_orders: Mapping[tuple[int, int], int] = field(default_factory=dict)
    status_bits: Mapping[str | None, tuple[StatusBit, ...]] = field(default_factory=dict)
    cells: Mapping[str, tuple[int, int]] = field(default_factory=dict)  # of the column cells
    messages: tuple[str, ...] = ()  # words of the messages by number, the first for unknown ones
    lists: Mapping[tuple[int, int], ListForm] = field(default_factory=dict)
    listed: range = range(0)  # ids of what stands in lists: of others' devices, so that private
    #                           mode takes all of it out
