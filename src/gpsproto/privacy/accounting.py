"""Every field that came in, by what became of it.

A record's fields are its device, the fixed part (time, priority, longitude, latitude, altitude,
angle, satellites, speed, event id), the generation type in Codec 16, and its elements; of an answer
to a command its device, its time where it has one, and its elements; of a watch its device and the
arguments of its message.  A batch adds plain numbers to the ledger of its run;
``settle`` turns them into the words of the balance.
"""

from __future__ import annotations

from array import array

from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.privacy.contents import Contents
from gpsproto.privacy.policy import Policy
from gpsproto.projection import Projection
from gpsproto.rawcolumns import RawColumns, RunNumbers
from gpsproto.walk import codes
from gpsproto.wire.frame import ERROR_CODES

_ALWAYS_THERE = {
    "timestamp": Category.TIME,
    "priority": Category.ALARM,
    "satellites": Category.STATUS,
}
_PLACE = ("longitude", "latitude", "altitude")
_MOTION = ("angle", "speed")
_FIXED_FIELDS = 9
_WIDTHS = {plane: width for width, plane in codes.PLANE_OF_WIDTH.items()}


def account(columns: RawColumns, contents: Contents) -> None:
    """Add a batch to the numbers of its run."""
    columns.tell()
    balance = columns.balance
    balance.identified += columns.identified
    balance.pseudonymised += columns.pseudonymised
    balance.incomplete += columns.incomplete
    balance.coarsened += columns.coarsened
    balance.withheld += columns.withheld
    columns.run.attributes[: len(contents.counts)] += contents.counts


def settle(run: RunNumbers, projection: Projection, policy: Policy, balance: Balance) -> None:
    """Turn a run's numbers so far into words; the caller starts new ones."""
    if projection.selection.messages:
        _settle_messages(run, projection, policy, balance)
        return
    for codec, frames in enumerate(run.decoded):
        if frames:
            balance.frames_by_codec[codec] += frames
    for key in run.attributes.nonzero()[0].tolist():
        one = projection.attributes[key - 1]
        if one.meaning is None:
            balance.ambiguous[one.id, one.width] += int(run.attributes[key])
    if run.tally[codes.TALLY_DROPPED]:
        _settle_unknown(run.unknown, balance)
    ledger = Ledger(run.tally, projection, policy, balance)
    ledger.fixed()
    ledger.devices()
    ledger.elements()


def _settle_unknown(table: array[int], balance: Balance) -> None:
    """The elements that the catalog does not hold, by id and width."""
    keys = table[codes.UNKNOWN_FIRST :: codes.UNKNOWN_STRIDE]
    counts = table[codes.UNKNOWN_FIRST + 1 :: codes.UNKNOWN_STRIDE]
    for key, count in zip(keys, counts, strict=True):
        if key:
            plane, id = divmod(key - 1, codes.PLANE)
            balance.note_unknown(id, _WIDTHS.get(plane, 0), count)


def _settle_messages(
    run: RunNumbers, projection: Projection, policy: Policy, balance: Balance
) -> None:
    """The same for messages of words, each of whose arguments the walk has counted by itself."""
    frames = sum(run.decoded)
    if frames:
        balance.frames_by_codec[codes.BRACKET] += frames
    for word, frames in zip(projection.selection.messages, run.decoded, strict=False):
        if frames:
            balance.messages[word] += frames
    for number, count in enumerate(run.notes):
        if count and number in ERROR_CODES:
            balance.notes[ERROR_CODES[number]] += count
    Ledger(run.tally, projection, policy, balance).messages(run.notes)


class Ledger:
    """The fields of some batches by action."""

    def __init__(
        self, tally: array[int], projection: Projection, policy: Policy, balance: Balance
    ) -> None:
        self.tally = tally
        by_flags = tally[codes.TALLY_FLAGS : codes.TALLY_SIZE]
        self.by_flags = [(flags, count) for flags, count in enumerate(by_flags) if count]
        self.bare = tally[codes.TALLY_BARE]
        self.records = tally[codes.TALLY_RECORDS] - self.bare  # those with a fixed part
        self.projection = projection
        self.policy = policy
        self.balance = balance

    def _with(self, flag: int) -> int:
        return sum(count for flags, count in self.by_flags if flags & flag)

    def _add(self, action: str, count: int, category: Category | None = None) -> None:
        if count:
            self.balance.fields_by_action[action] += count
            if category is not None:
                self.balance.dropped_by_category[category.value] += count

    def fixed(self) -> None:
        """The fixed part, and the generation type."""
        slots, records = set(self.projection.slots), self.records
        if not self.projection.selection.says_time:
            slots.discard("timestamp")
        private, far = self._with(codes.IS_PRIVATE), self._with(codes.OUT_OF_RANGE)
        generations = self.tally[codes.TALLY_GENERATIONS]
        times = self.tally[codes.TALLY_BARE_TIMES]
        self.balance.fields_in += _FIXED_FIELDS * records + generations + times
        self.balance.records += records + self.bare
        self.balance.records_private += private
        self.balance.places_out_of_range += far
        self.balance.bytes_decoded += self.tally[codes.TALLY_BYTES]
        for name, category in _ALWAYS_THERE.items():
            if name not in slots:
                self._add("dropped", records, category)
        if "timestamp" in slots:
            self._add("kept", times)
        else:
            self._add("dropped", times, Category.TIME)
        none = self._with(codes.NO_TIME) if "timestamp" in slots else 0
        kept = sum(name in slots for name in _ALWAYS_THERE)
        self._add("kept", kept * records - none)
        self._add("no_value", none)
        if "generation_type" in slots:
            self._add("kept", generations)
        else:
            self._add("dropped", generations, Category.STATUS)
        self._event()
        self._coupled(_PLACE, Category.LOCATION, self._with(codes.HAS_PLACE), private, far)
        self._coupled(_MOTION, Category.MOTION, self._with(codes.HAS_MOTION), private, 0)

    def _event(self) -> None:
        kept, cleared = self.tally[codes.TALLY_EVENTS], self.tally[codes.TALLY_PRIVATE_EVENTS]
        periodic = self.tally[codes.TALLY_PERIODIC]
        self._add("kept", kept - cleared)
        self._add("private_mode", cleared)
        self._add("no_value", periodic)
        self._add("dropped", self.records - kept - periodic)

    def _coupled(
        self, names: tuple[str, ...], category: Category, kept: int, private: int, far: int
    ) -> None:
        """Fields that are there only with a fix, or a place, and not in private mode."""
        for name in names:
            if name not in self.projection.slots:
                self._add("dropped", self.records, category)
                continue
            self._add("kept", kept)
            self._add("private_mode", private)
            self._add("out_of_range", far)
            self._add("no_fix", self.records - kept - private - far)

    def _coarsened(self) -> None:
        """Of the fields that leave, those that lost detail."""
        count, self.balance.coarsened = self.balance.coarsened, 0
        self._add("coarsened", count)
        self._add("kept", -count)

    def devices(self) -> None:
        """The devices, and the identifiers in elements."""
        balance = self.balance
        named, balance.identified = balance.identified, 0
        balance.fields_in += named
        if self.policy.pseudonymises(Category.DEVICE_ID):
            self._add("pseudonymised", named)
        else:
            self._add("dropped", named, Category.DEVICE_ID)

    def messages(self, notes: array[int]) -> None:
        """The arguments of messages."""
        tally, balance = self.tally, self.balance
        balance.fields_in += tally[codes.TALLY_ELEMENTS]
        balance.records += self.records
        balance.bytes_decoded += tally[codes.TALLY_BYTES]
        self._add("kept", tally[codes.TALLY_STORED] - tally[codes.TALLY_REPEATED])
        self._add("repeated", tally[codes.TALLY_REPEATED])
        self._add("no_value", notes[codes.FIELDS_EMPTY])
        self._add("no_fix", notes[codes.FIELDS_NO_FIX])
        self._add("bad_value", notes[codes.FIELDS_BAD])
        for number, reason in enumerate(self.projection.reasons):
            self._add(reason.action, tally[codes.TALLY_DROPPED + number], reason.category)
        self._coarsened()
        self.devices()

    def elements(self) -> None:
        """The IO elements: what the groups announced must be what the branches of the walk met."""
        tally, balance = self.tally, self.balance
        balance.fields_in += tally[codes.TALLY_ELEMENTS]
        balance.elements += tally[codes.TALLY_ELEMENTS]
        balance.elements_unknown += tally[codes.TALLY_DROPPED]
        cleared, repeated = tally[codes.TALLY_PRIVATE_CELLS], tally[codes.TALLY_REPEATED]
        hidden, balance.pseudonymised = balance.pseudonymised, 0
        incomplete, balance.incomplete = balance.incomplete, 0
        self._add("pseudonymised", hidden)
        self._add("no_value", incomplete)
        self._add("repeated", repeated)
        self._add("private_mode", cleared)
        stored = tally[codes.TALLY_STORED]
        withheld, balance.withheld = balance.withheld, 0
        self._add("withheld", withheld)
        self._add("kept", stored - repeated - cleared - hidden - incomplete - withheld)
        for number, reason in enumerate(self.projection.reasons):
            self._add(reason.action, tally[codes.TALLY_DROPPED + number], reason.category)
        self._coarsened()
