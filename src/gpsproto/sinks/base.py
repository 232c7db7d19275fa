"""What every sink is: one final way in, for filtered batches only."""

from __future__ import annotations

from abc import ABC, abstractmethod
from types import TracebackType
from typing import Self, final

from gpsproto.privacy.batch import FilteredBatch


class Sink(ABC):
    """Takes filtered batches.  A subclass says how they are written in ``_write``.

    Used as a context manager it is closed on the way out; ``close`` after an error discards.
    """

    def __init_subclass__(cls, **arguments: object) -> None:
        super().__init_subclass__(**arguments)
        if cls.write is not Sink.write:  # its own, or that of a base that stands before this one
            raise TypeError("Sink.write is final")

    @final
    def write(self, batch: FilteredBatch) -> None:
        """Write a batch.  TypeError for anything but a FilteredBatch; SinkError where it fails."""
        if type(batch) is not FilteredBatch:
            raise TypeError("a sink takes a FilteredBatch and nothing else")
        self._write(batch)

    @abstractmethod
    def _write(self, batch: FilteredBatch) -> None:
        """Write a batch that passed the check."""

    def close(self) -> None:  # noqa: B027 - not every sink has something to finish
        """Finish what was written."""

    def discard(self) -> None:  # noqa: B027
        """Let go of what was written: the run failed."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
            return
        closed = False
        try:
            self.close()
            closed = True
        finally:
            if not closed:
                self.discard()
