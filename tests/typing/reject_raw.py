"""One misuse a line, with the error that the type checker must give: mypy --strict reads this file.

An error that vanishes leaves an unused ignore, which ``warn_unused_ignores`` makes a failure.
"""

from __future__ import annotations

from gpsproto import FilteredBatch, Policy, PrivacyFilter, PseudonymKey, Sink, decode
from gpsproto.rawcolumns import RawColumns
from gpsproto.wire.frame import Frame


def misuse(
    sink: Sink, raw: RawColumns, frame: Frame, batch: FilteredBatch, key: PseudonymKey
) -> None:
    """Each line would let something raw through, or change what is sealed."""
    sink.write(raw)  # type: ignore[arg-type]
    sink.write(frame)  # type: ignore[arg-type]
    sink.write(None)  # type: ignore[arg-type]
    FilteredBatch()  # type: ignore[call-arg]
    FilteredBatch(raw)  # type: ignore[call-arg,arg-type]
    batch.policy_name = "other"  # type: ignore[misc]
    batch.column("time").values = batch.column("fix").values  # type: ignore[misc]
    PrivacyFilter(Policy.load("tracking"))  # type: ignore[call-arg]
    PrivacyFilter("tracking", key)  # type: ignore[arg-type]
    decode(b"", key=b"0" * 32)  # type: ignore[arg-type]
    decode(b"", device="356307042441013")  # type: ignore[arg-type]


class MySink(Sink):
    """The way in is final."""

    def write(self, batch: FilteredBatch) -> None:  # type: ignore[misc]
        """Let anything through."""

    def _write(self, batch: FilteredBatch) -> None:
        """Write."""


class MyBatch(FilteredBatch):  # type: ignore[misc]
    """A sealed class is final."""
