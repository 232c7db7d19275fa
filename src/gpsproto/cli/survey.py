"""What a dump holds, counted batch by batch: times, devices, elements; no record is kept."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

import numpy as np

from gpsproto import catalog
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.sinks.base import Sink

_UNKNOWN = "unknown_"


class Survey(Sink):
    """Takes the batches of a run and keeps counts alone."""

    def __init__(self) -> None:
        self.records = 0
        self.identified = 0
        """Records whose device is known."""
        self.first: datetime | None = None
        self.last: datetime | None = None
        self.timed = 0
        self.suspect = 0
        """Records whose time cannot be right; they are in no span and on no day."""
        self.days: Counter[date] = Counter()
        self.judged = 0
        """Records that may say whether they had a fix."""
        self.fixed = 0
        self.elements: Counter[str] = Counter()
        """Records that hold a value, by the name of the element."""
        self._subjects: set[str] = set()

    def __repr__(self) -> str:
        return f"Survey({self.records} records)"

    @property
    def devices(self) -> int:
        """How many devices the records are of; those without login or id do not count."""
        return len(self._subjects)

    def _write(self, batch: FilteredBatch) -> None:
        self.records += len(batch)
        self._subject(batch)
        self._time(batch)
        fix, judged = batch.column("fix")
        self.judged += int(np.count_nonzero(judged))
        self.fixed += int(np.count_nonzero(fix & judged))
        core = set(catalog.load().core_names())
        for name in (*core.intersection(batch.columns), *batch.attributes):
            held = int(np.count_nonzero(batch.column(name).validity))
            if held:
                self.elements[name] += held

    def _subject(self, batch: FilteredBatch) -> None:
        codes, labels = batch.coded("subject")
        for code, count in zip(*np.unique(codes, return_counts=True), strict=True):
            subject = labels[code]
            if subject is not None and not subject.startswith(_UNKNOWN):
                self._subjects.add(subject)
                self.identified += int(count)

    def _time(self, batch: FilteredBatch) -> None:
        times, there = batch.column("time")
        suspect = batch.column("clock_suspect").values
        self.suspect += int(np.count_nonzero(suspect))
        good = times[there & ~suspect]
        if not len(good):
            return
        self.timed += len(good)
        first, last = good.min().item(), good.max().item()
        self.first = first if self.first is None else min(self.first, first)
        self.last = last if self.last is None else max(self.last, last)
        days, counts = np.unique(good.astype("M8[D]"), return_counts=True)
        self.days.update(dict(zip(days.tolist(), counts.tolist(), strict=True)))
