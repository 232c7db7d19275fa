"""Batches gathered until they make a row group: small groups would cost what Parquet saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP = 130_000
"""Records from which a row group is written: two batches of the size that a dump is decoded in."""

_SMALL = 1 << 13  # pieces that are joined at once, so that many small batches stay few


class RowGroup:
    """The pieces of a row group that is not yet written."""

    def __init__(self) -> None:
        self.rows = 0
        self._pieces: list[pa.Table] = []

    @property
    def full(self) -> bool:
        """Whether it is worth writing."""
        return self.rows >= ROW_GROUP

    def add(self, piece: pa.Table) -> None:
        """Gather a piece."""
        self.rows += len(piece)
        self._pieces.append(piece)
        # as a counter in binary carries: each record is copied a few times, however small a batch is
        while len(self._pieces) > 1 and len(self._pieces[-2]) <= len(self._pieces[-1]) < _SMALL:
            last = self._pieces.pop()
            self._pieces[-1] = _joined([self._pieces[-1], last]).combine_chunks()

    def take(self) -> pa.Table:
        """All that was gathered, as one table; begin anew."""
        pieces, self._pieces, self.rows = self._pieces, [], 0
        return _joined(pieces)


def _joined(pieces: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    # one dictionary a column, or Parquet would spell every text out
    return pa.concat_tables(pieces).unify_dictionaries()
