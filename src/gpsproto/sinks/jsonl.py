"""JSON Lines: one object a record, times in RFC 3339 UTC with milliseconds."""

from __future__ import annotations

from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.extra import require
from gpsproto.sinks.base import Sink
from gpsproto.sinks.spelling import spelled
from gpsproto.sinks.target import Target, Where

_LINES = 8_192  # lines made before they are written: what bounds the memory


class JsonLinesSink(Sink):
    """Writes to a binary file, or to a path: under a temporary name that is renamed at the end.

    What stands at the path and is no regular file (a pipe, /dev/null) is written as it is.  A
    column that is null through a whole batch is left out; a single null is ``null``.
    """

    def __init__(self, where: Where) -> None:
        require("pyarrow", "polars", extra="arrow")
        self._target = Target(where)

    def _write(self, batch: FilteredBatch) -> None:
        for lines in spelled(batch, whole=False).iter_slices(_LINES):
            self._target.hand(lines.write_ndjson)
        self._target.flush()

    def close(self) -> None:
        """Flush; close and name what was opened here.  A second time does nothing."""
        self._target.close()

    def discard(self) -> None:
        """Remove the unfinished file; what went to an open file has gone."""
        self._target.discard()
