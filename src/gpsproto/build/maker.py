"""Makes the lots of a fleet: trips to columns, columns through templates to frames."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from gpsproto.build import check
from gpsproto.build.draws import Draws, Ints
from gpsproto.build.faults import chosen, clocks
from gpsproto.build.identities import Identities
from gpsproto.build.plan import Block, Squad, at_once, one_after_another
from gpsproto.build.sent import Counts, Sent
from gpsproto.build.teltonika import Record
from gpsproto.build.trips import Motion, Trips
from gpsproto.build.watch import Position
from gpsproto.build.watchtemplates import WatchTemplate

if TYPE_CHECKING:
    from gpsproto.build.fleet import Fleet


class Maker:
    """One pass over a fleet, from its first step to its last."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._draws = Draws(fleet.seed)
        self._identities = Identities(fleet.seed)
        self._trips = {squad: self._trips_of(squad) for squad in fleet.squads}
        self._sizes = {squad: fleet.templates[squad, squad.records].size for squad in fleet.squads}

    def _trips_of(self, squad: Squad) -> Trips:
        devices = np.arange(squad.first, squad.first + squad.devices)
        return Trips(
            self._draws, squad.first, squad.devices,
            trip=self._fleet.trip or ("walking" if squad.is_watch else "driving"),
            begins_ms=self._begins_ms(devices), interval_ms=self._fleet.interval_ms,
        )  # fmt: skip

    def _begins_ms(self, devices: Ints) -> Ints:
        """When devices make their first record: one after the other, within one interval."""
        fleet = self._fleet
        return fleet.start_ms + fleet.interval_ms * devices // fleet.devices

    def meant(self) -> Iterator[tuple[int, Record | Position]]:
        """What each device means to say, record by record; devices in turn."""
        for block in one_after_another(self._fleet.squads, self._sizes):
            motion = self._motion(block)[0]
            template = self._fleet.templates[block.squad, block.records]
            for row in range(len(motion.device)):
                said = template.meant(motion, row)
                for one in [said] if isinstance(said, Position) else said:
                    yield int(motion.device[row, 0]), one

    def sent(self, counts: Counts, *, interleaved: bool) -> Iterator[Sent]:
        """Lots of frames; of each template the first and the last frame of a lot are checked."""
        squads, unchecked = self._fleet.squads, set(self._fleet.templates)
        if interleaved:
            lots = at_once(squads, self._sizes)
        else:
            lots = ([block] for block in one_after_another(squads, self._sizes))
        for lot in lots:
            for place, block in enumerate(lot):
                motion, wrong = self._motion(block)
                made = self._made(block, motion)
                # devices of one kind stand in the order of their times already
                made.more = len(squads) > 1 and place + 1 < len(lot)
                counts.clock_errors += wrong
                made.count(counts)
                if (block.squad, block.records) in unchecked:
                    unchecked.discard((block.squad, block.records))
                    counts.frames_checked += self._check(block, motion, made)
                yield made

    def _motion(self, block: Block) -> tuple[Motion, int]:
        """A row a frame, times as the devices' clocks show them; and how many of those are wrong."""
        size = block.squad.records
        step = block.frame * size
        steps = (block.frames - 1) * size + block.records
        motion = self._trips[block.squad].go(block.device, block.devices, step, steps)
        shown = clocks(
            self._fleet.faults, self._draws, motion.device, motion.time_ms,
            np.arange(step, step + steps)[None, :],
        )  # fmt: skip
        wrong = int(np.count_nonzero(shown != motion.time_ms))
        motion.time_ms[...] = shown
        return motion.frames(block.records, by_time=block.by_time), wrong

    def _made(self, block: Block, motion: Motion) -> Sent:
        fleet, squad = self._fleet, block.squad
        repeated = np.repeat if block.by_time else np.tile
        number = repeated(np.arange(block.frame, block.frame + block.frames), block.devices)
        device = motion.device[:, 0]
        name = self._identities.watch_id if squad.is_watch else self._identities.imei
        named = {one: name(one) for one in range(block.device, block.device + block.devices)}
        names = [named[one] for one in device.tolist()]
        template = fleet.templates[squad, block.records]
        data, lengths = template.written(motion, names, number)
        each, more = divmod(squad.frames, squad.devices)
        faults = replace(fleet.faults, bad_crc=0.0) if squad.is_watch else fleet.faults
        last = number + 1 == each + (device - squad.first < more)
        made_at = number * squad.records + block.records - 1
        return Sent(
            data, [0, *np.cumsum(lengths).tolist()], device, number, names,
            (self._begins_ms(device) + made_at * fleet.interval_ms) * 1_000,
            last, block.records, squad.is_watch, fleet.transport == "udp",
            chosen(faults, self._draws, device, number, last),
            None if isinstance(template, WatchTemplate) else template.damageable,
        )  # fmt: skip

    def _check(self, block: Block, motion: Motion, made: Sent) -> int:
        """Hold frames of a lot against construct and the decoder; how many."""
        template = self._fleet.templates[block.squad, block.records]
        rows = sorted({0, len(made) - 1})
        for row in rows:
            name, number = made.names[row], int(made.number[row])
            built = template.by_construct(motion, row, name, number)
            check.frame(made.frame(row), built, template.meant(motion, row))
        return len(rows)
