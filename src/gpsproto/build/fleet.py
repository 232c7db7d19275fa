"""A made-up fleet as a dump: who it is, what it sends, what goes wrong, and the bytes of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import Literal, get_args

from gpsproto import codecs
from gpsproto.build import dumps
from gpsproto.build.dumps import Form
from gpsproto.build.faults import Faults
from gpsproto.build.layouts import LAYOUTS, Layout
from gpsproto.build.maker import Maker
from gpsproto.build.plan import Squad
from gpsproto.build.sent import Counts, Sent
from gpsproto.build.teltonika import Record
from gpsproto.build.templates import TrackerTemplate, Transport
from gpsproto.build.trips import LONGEST_INTERVAL_MS, Trip
from gpsproto.build.watch import Position
from gpsproto.build.watchtemplates import WatchTemplate

_of_trackers, _of_watches = cache(TrackerTemplate), cache(WatchTemplate)

Kind = Literal["teltonika", "watch", "mixed"]
Template = TrackerTemplate | WatchTemplate

MOST_DEVICES = 1_000_000
START_MS = 1_748_736_000_000
"""2025-06-01T00:00:00Z."""

_FIRST_START_MS = 1_325_376_000_000  # 2012: a clock before it was never set
_LAST_MS = 4_102_444_800_000  # 2100: a watch has two digits for the year
_MOST_RECORDS = 255


@dataclass(frozen=True)
class Fleet:
    """A fleet: the same values make the same bytes, in every process and on every platform.

    ``records`` is how many positions it sends in all; or ``frames`` how many frames, each full.
    Trackers speak one codec and put ``records_per_frame`` into a frame; a watch's frame has one.
    Without ``trip`` trackers drive and watches walk.  ``start_ms`` is in ms since 1970 (UTC).

    Raises ValueError for a fleet that cannot be, and never quotes what it was given.
    """

    devices: int = 10
    records: int | None = None
    frames: int | None = None
    kind: Kind = "teltonika"
    codec: int = 0x8E
    layout: Layout = "fleet"
    records_per_frame: int = 1
    trip: Trip | None = None
    interval_ms: int = 10_000
    start_ms: int = START_MS
    seed: int = 0
    transport: Transport = "tcp"
    faults: Faults = field(default_factory=Faults)

    def __post_init__(self) -> None:
        if not 1 <= self.devices <= MOST_DEVICES:
            raise ValueError("a fleet has 1 to 1,000,000 devices")
        if (self.records is None) == (self.frames is None):
            raise ValueError("either records or frames are given")
        if self.kind == "mixed" and self.devices < 2:
            raise ValueError("a mixed fleet has two devices at least")
        if self.codec not in codecs.shapes():
            raise ValueError("no such AVL codec")
        if self.layout not in LAYOUTS:
            raise ValueError("no such layout")
        for name, known in (("kind", Kind), ("transport", Transport), ("trip", Trip)):
            if getattr(self, name) not in (*get_args(known), None):
                raise ValueError(f"no such {name}")
        if not 1 <= self.records_per_frame <= _MOST_RECORDS:
            raise ValueError("a frame has 1 to 255 records")
        if self.kind == "watch" and self.records_per_frame != 1:
            raise ValueError("a watch's frame has one record")
        if self.transport == "udp":
            if self.kind != "teltonika":
                raise ValueError("a watch speaks TCP")
            if self.faults.bad_crc or self.faults.split:
                raise ValueError("a datagram has no CRC, and comes whole")
        if self.kind == "watch" and self.faults.bad_crc:
            raise ValueError("a watch's frame has no CRC")
        if any(squad.frames < squad.devices for squad in self.squads):
            raise ValueError("every device sends a frame: there are more devices than frames")
        if self.start_ms < _FIRST_START_MS:
            raise ValueError("a fleet starts in 2012 or later")
        if not 0 < self.interval_ms <= LONGEST_INTERVAL_MS:
            raise ValueError("an interval is 1 ms to an hour")
        if self.start_ms + self.longest_ms >= _LAST_MS:
            raise ValueError("the last record would be made after 2099: take more devices")
        self.templates  # noqa: B018 - a frame that is too long is said now

    @property
    def longest_ms(self) -> int:
        """From the start to the end of the last record."""
        return self.interval_ms * max(squad.most * squad.records + 1 for squad in self.squads)

    @cached_property
    def squads(self) -> list[Squad]:
        """Trackers, and watches behind them; each kind has its share of what is sent."""
        watches = {"teltonika": 0, "watch": self.devices, "mixed": self.devices // 2}[self.kind]
        trackers = self.devices - watches
        total = self.records if self.records is not None else self.frames or 0
        of_watches = total * watches // self.devices
        found = []
        if trackers:
            make = Squad.of_frames if self.records is None else Squad.of_records
            share, size = total - of_watches, self.records_per_frame
            found.append(make(0, trackers, share, size, is_watch=False))
        if watches:
            found.append(Squad.of_frames(trackers, watches, of_watches, 1, is_watch=True))
        return found

    @property
    def total_frames(self) -> int:
        """Frames that are made, those among them that get damaged; repeated ones count once."""
        return sum(squad.frames for squad in self.squads)

    @property
    def total_records(self) -> int:
        """Positions in them."""
        return sum(squad.total for squad in self.squads)

    @cached_property
    def templates(self) -> dict[tuple[Squad, int], Template]:
        """What makes the frames of a kind with so many records."""
        found: dict[tuple[Squad, int], Template] = {}
        for squad in self.squads:
            for records in {squad.records, squad.short}:
                found[squad, records] = (
                    _of_watches(self.layout)
                    if squad.is_watch
                    else _of_trackers(self.codec, self.layout, records, self.transport)
                )
        return found

    def meant(self) -> Iterator[tuple[int, Record | Position]]:
        """The number of a device and what it means to say, record by record; devices in turn."""
        return Maker(self).meant()

    def sent(self, counts: Counts | None = None, *, interleaved: bool = False) -> Iterator[Sent]:
        """What is sent, in lots of some thousand frames.

        One device after another, or ``interleaved``: by time, as a server receives it.  What was
        made is added to ``counts`` with each lot.
        """
        made = counts if counts is not None else Counts()
        return Maker(self).sent(made, interleaved=interleaved)

    def written(self, form: Form = "bin", counts: Counts | None = None) -> Iterator[bytes]:
        """The dump, in pieces: ``bin``, ``hex`` (a read a line), ``pcap`` or ``pcapng``.

        A TCP stream as ``bin`` or ``hex`` holds one device after another; a capture, and datagrams,
        hold them interleaved.  What was written is added to ``counts`` as it goes.
        """
        return dumps.written(self, form, counts if counts is not None else Counts())


def milliseconds(moment: datetime) -> int:
    """A moment in ms since 1970; one without a time zone is of UTC."""
    at = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return round(at.timestamp() * 1_000)
