"""Packet captures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from gpsproto.balance import Balance
from gpsproto.captures.flows import Piece
from gpsproto.captures.source import Chunk


def pieces(read: Iterable[Chunk], balance: Balance) -> Iterator[Sequence[Piece]]:
    """Not written yet."""
    yield from ()
