"""A frame that was made in bulk, held against construct and against the decoder."""

from __future__ import annotations

import numpy as np

from gpsproto.balance import Balance
from gpsproto.build.teltonika import Record
from gpsproto.build.watch import Position
from gpsproto.pipeline import decode
from gpsproto.privacy.batch import FilteredBatch


def frame(made: bytes, built: bytes, meant: list[Record] | Position) -> None:
    """Say that a frame is the one that construct builds, and decodes to what was meant.

    Raises AssertionError where it is not: the template is wrong, which is a bug.
    """
    if made != built:
        raise AssertionError("a frame is not the one that construct builds")
    balance = Balance()
    batches = list(decode(made, balance=balance))
    if balance.frames != 1 or balance.rejected or balance.discrepancies() or len(batches) != 1:
        raise AssertionError("a frame is not decoded")
    if isinstance(meant, Position):
        times, courses = [meant.time_ms], [float(meant.course_deg or 0)]
        places, fixes = [float(meant.latitude or 0)], [meant.valid]
        if meant.latitude_letter == "S":
            places = [-places[0]]
    else:
        times = [one.timestamp_ms for one in meant]
        places = [one.latitude_e7 / 1e7 for one in meant]
        courses = [float(one.angle_deg) for one in meant]
        fixes = [one.satellites > 0 for one in meant]
    _same(batches[0], "latitude", places, fixes)
    _same(batches[0], "course_deg", courses, fixes)
    shown, valid = batches[0].column("time")
    if not valid.all() or any(shown != np.array(times).astype("datetime64[ms]")):
        raise AssertionError("a frame does not decode to its times")


def _same(batch: FilteredBatch, name: str, meant: list[float], there: list[bool]) -> None:
    found, valid = batch.column(name)
    if valid.tolist() != there or any(found[valid] != np.array(meant)[valid]):
        raise AssertionError("a frame does not decode to what was meant")
