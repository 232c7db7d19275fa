"""decode(): captures, framers, codecs and the filter, joined in one direction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from pathlib import Path
from typing import Literal

from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.captures import hexdump, logs
from gpsproto.captures.archive import Member
from gpsproto.captures.containers import parts
from gpsproto.captures.flows import Flows, Piece
from gpsproto.captures.hexlines import decoded
from gpsproto.captures.recognise import HEAD_SIZE, InputFormat, is_packet, recognise
from gpsproto.captures.smslines import messages
from gpsproto.captures.source import Chunk, Source
from gpsproto.captures.utf16 import narrowed
from gpsproto.errors import CaptureError, ErrorCode
from gpsproto.identity import Conversations, DeviceId
from gpsproto.privacy.accounting import settle
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.filter import Expired, PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.suppression import Suppression
from gpsproto.projection import Projection
from gpsproto.rawcolumns import RawColumns, RunNumbers
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_sms import SmsFramer
from gpsproto.wire.teltonika_udp import UdpFramer

BATCH_RECORDS = 65_464
"""Records a batch holds by default.  Not a power of two: columns that stand a multiple of 4 KiB
apart would share the same few lines of the first cache, which halves the speed."""

LEAST_BATCH_RECORDS = 255
"""A frame's records go into one batch."""

_GROUP16 = {
    "never": codes.GROUP16_NEVER,
    "auto": codes.GROUP16_AUTO,
    "always": codes.GROUP16_ALWAYS,
}
_TABLE_ROWS = 4_096
_OF_ONE_DUMP = (ErrorCode.CAPTURE_HEAD, ErrorCode.CAPTURE_LINK)
_ATTRIBUTES = 8  # attributes a record that a batch has room for
_BINARY = (InputFormat.STREAM, InputFormat.DATAGRAMS, InputFormat.PCAP)
_SETTLE_RECORDS = 200_000  # records between two settlements of the balance


class Lane:
    """The rows under construction of the devices of one family, and what their walk counts."""

    __slots__ = ("columns", "projection", "run")

    def __init__(self, projection: Projection) -> None:
        self.projection = projection
        self.columns: RawColumns | None = None
        self.run = RunNumbers(projection)


class Decoder:
    """Raw columns under a filter: tables of frames go in, filtered batches come out."""

    def __init__(
        self,
        door: PrivacyFilter,
        *,
        conversations: Conversations | None = None,
        balance: Balance | None = None,
        batch_records: int = BATCH_RECORDS,
        group16: Literal["never", "auto", "always"] = "auto",
    ) -> None:
        if batch_records < LEAST_BATCH_RECORDS:
            raise ValueError(f"a batch holds at least {LEAST_BATCH_RECORDS} records")
        self.conversations = conversations if conversations is not None else Conversations()
        self.balance = balance if balance is not None else Balance()
        self._door = door
        self._fills = codecs.fills()
        self._capacity = batch_records
        self._group16 = _GROUP16[group16]
        self._lanes: dict[tuple[str, str | None], Lane] = {}
        self._lane_of: dict[tuple[str, int], Lane] = {}

    def _lane(self, protocol: str, family: str | None) -> Lane:
        lane = self._lanes.get((protocol, family))
        if lane is None:
            lane = Lane(self._door.projection(codecs.terms()[protocol], family))
            self._lanes[protocol, family] = lane
        return lane

    def _lane_for(self, protocol: str, conversation: int) -> Lane:
        lane = self._lane_of.get((protocol, conversation))
        if lane is None:
            device = self.conversations.device(conversation)
            lane = self._lane(protocol, self._door.family_of(device, conversation))
            self._lane_of[protocol, conversation] = lane
        return lane

    def _own(self, table: FrameTable, frames: list[int] | None = None) -> Lane | None:
        """The lane of the family that alone speaks a codec of the table; None where none is such.

        A row that is no frame may show the codec of one that stood there before, perhaps of another
        device: ``frames`` are the rows that count where the lane is for all of them.
        """
        if table.protocol == codecs.AVL:
            for codec, family in codecs.own_families().items():
                if table.has(codec, frames):
                    return self._lane(table.protocol, family)
        return None

    def _stretch(self, table: FrameTable, first: int) -> tuple[Lane | None, int]:
        """Whose the frames from a row on are, and the row at which another's begin."""
        own = self._own(table)
        if not self._door.families and own is None:
            return self._lane(table.protocol, self._door.family), len(table)
        lane: Lane | None = None
        for row in range(first, len(table)):
            if table.cell(row, codes.KIND) == codes.FRAME:
                found = self._lane_for(table.protocol, table.cell(row, codes.CONVERSATION))
                if own is not None and table.cell(row, codes.CODEC) in codecs.own_families():
                    found = own
                if lane is not None and found is not lane:
                    return lane, row
                lane = found
        return lane, len(table)

    def settle(self) -> None:
        """Bring the balance up to date; a run of ``one`` leaves that to its caller."""
        for lane in self._lanes.values():
            if lane.columns is None:  # rows under construction carry their run's numbers
                run, lane.run = lane.run, RunNumbers(lane.projection)
                settle(run, lane.projection, self._door.policy, self.balance)
        self.balance.implausible_logins = self.conversations.implausible

    def _fresh(self, lane: Lane, capacity: int, attributes: int) -> RawColumns:
        return RawColumns(
            lane.projection, self.conversations, self.balance, lane.run,
            capacity=capacity, attributes=attributes, group16=self._group16,
        )  # fmt: skip

    def take(self, table: FrameTable) -> Iterator[FilteredBatch]:
        """Walk a table's frames; give each batch that is full."""
        row = 0
        while row < len(table):
            lane, stop = self._stretch(table, row)
            if lane is None:
                break
            if lane.columns is None:
                # as many as the next frame may hold, at least: a batch that takes none never ends
                most = max(_ATTRIBUTES * self._capacity, codecs.elements(table, row))
                lane.columns = self._fresh(lane, self._capacity, most)
            row = self._fills[table.protocol](table, row, stop, lane.columns)
            if row < stop and not len(lane.columns):
                lane.columns.tell()
                lane.columns = None  # made for frames without a row: too small for the next
            elif row < stop:
                batch = self._sealed(lane)
                if lane.run.tally[codes.TALLY_RECORDS] >= _SETTLE_RECORDS:
                    self.settle()
                if len(batch):  # else all of it is withheld
                    yield batch
        table.count_others(self.balance)

    def finish(self) -> Iterator[FilteredBatch]:
        """Give what is not yet given."""
        rest = []
        for lane in self._lanes.values():
            if lane.columns is not None and len(lane.columns):
                rest.append(self._sealed(lane))
            elif lane.columns is not None:
                lane.columns.tell()
            lane.columns = None
        self.settle()
        yield from (batch for batch in rest if len(batch))

    def one(
        self,
        table: FrameTable,
        frames: list[int] | None = None,
        *,
        received_ms: int | None = None,
    ) -> FilteredBatch:
        """A live table, of one conversation, as a batch of its own in a block of just its size.

        ``frames`` are its rows of frames, if they are known, ``received_ms`` is when it came, in ms
        since 1970 (UTC).
        """
        if frames is None:
            frames = table.where(codes.FRAME)
        records = attributes = 0
        for row in frames:
            # a command's frame is one message, whatever its count says
            records += max(1, table.cell(row, codes.COUNT))
            attributes += codecs.elements(table, row)
        lane = self._own(table, frames) or self._stretch(table, 0)[0]
        lane = lane or self._lane(table.protocol, self._door.family)
        lane.columns = self._fresh(lane, records, attributes)
        lane.columns.received_ms = received_ms
        if self._fills[table.protocol](table, 0, len(table), lane.columns) < len(table):
            # what is not taken must not be answered for: this ends the conversation
            raise RuntimeError("there was no room for a frame; this is a bug in gpsproto")
        table.count_others(self.balance)
        return self._sealed(lane)

    def _sealed(self, lane: Lane) -> FilteredBatch:
        columns, lane.columns = lane.columns, None
        assert columns is not None
        return self._door.seal(columns)


def decode(
    source: Source,
    *,
    policy: Policy | str | Path = "tracking",
    key: PseudonymKey | None = None,
    family: str | None = None,
    families: Mapping[str, str] | None = None,
    input_format: InputFormat | str = InputFormat.AUTO,
    device: DeviceId | None = None,
    limits: Limits | None = None,
    batch_records: int = BATCH_RECORDS,
    group16: Literal["never", "auto", "always"] = "auto",
    suppression: Suppression | None = None,
    accounts: Accounts | None = None,
    expired: Expired = "keep",
    today: date | None = None,
    balance: Balance | None = None,
    conversations: Conversations | None = None,
    progress: Callable[[int], object] | None = None,
) -> Iterator[FilteredBatch]:
    """Decode a dump of Teltonika or watch frames into filtered batches.

    ``source`` is bytes, a path, a binary file or an iterable of chunks: a binary TCP stream, UDP
    packets, lines of hexadecimal digits with a frame, a read, a datagram or an SMS each, a packet
    capture (extra ``[pcap]``), a server's log or a hex dump, recognised by content, and taken out of
    gzip, bzip2, xz or zip.  Bad input never ends the run: what is refused is counted in ``balance`` by
    code and offset, and everything intact around it is decoded.

    ``policy`` is a Policy, the name of a built-in one or a path.  Without ``key`` pseudonyms hold
    within this run only.  ``family`` (FMB, FMX6 ...) names elements that differ by device family.
    ``families`` names the family by subject (a pseudonym, or ``unknown_<n>``) for a mixed fleet;
    then batches hold records of one family each, so records leave in another order than they came.
    ``device`` is who speaks where the dump holds no login; else such records bear ``unknown_<n>``.
    ``group16`` says whether Codec 8 may hold a group of 16-byte elements, which nothing announces.
    ``suppression`` holds the subjects whose records do not leave, ``accounts`` says whose account a
    device is on.  With ``expired="drop"`` records do not leave whose ``expires_on`` is ``today`` (a
    date in UTC, the default is the present one) or before; either way they are counted.
    ``progress`` is called with the number of source bytes of each chunk.

    Each batch owns its memory.  Raises PolicyError, KeyRefused and CaptureError before the first
    batch, CaptureError later where reading fails, ValueError and TypeError for a wrong call.
    """
    door = PrivacyFilter(
        policy if isinstance(policy, Policy) else Policy.load(policy),
        key if key is not None else PseudonymKey.new_ephemeral(),
        family=family,
        families=families,
        suppression=suppression,
        accounts=accounts,
        expired=expired,
        today=today,
    )
    return decode_through(
        door, source, input_format=input_format, device=device, limits=limits,
        batch_records=batch_records, group16=group16, balance=balance,
        conversations=conversations, progress=progress,
    )  # fmt: skip


def decode_through(
    door: PrivacyFilter,
    source: Source | Member,
    *,
    input_format: InputFormat | str = InputFormat.AUTO,
    device: DeviceId | None = None,
    limits: Limits | None = None,
    batch_records: int = BATCH_RECORDS,
    group16: Literal["never", "auto", "always"] = "auto",
    balance: Balance | None = None,
    conversations: Conversations | None = None,
    progress: Callable[[int], object] | None = None,
    tap: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None,
) -> Iterator[FilteredBatch]:
    """``decode`` through a door that is there: several dumps behind one, whose counters go on.

    ``tap`` sees the chunks of each dump as they pass, unpacked.
    """
    kind = InputFormat(input_format)
    decoder = Decoder(
        door, conversations=conversations, balance=balance, batch_records=batch_records,
        group16=group16,
    )  # fmt: skip
    found = opened(source, kind, balance=decoder.balance, progress=progress, tap=tap)
    return _run(found, decoder, limits, device)


def _run(
    found: Iterable[tuple[InputFormat, Iterator[Chunk]]],
    decoder: Decoder,
    limits: Limits | None,
    device: DeviceId | None,
) -> Iterator[FilteredBatch]:
    failed: CaptureError | None = None
    faults: list[CaptureError] = []
    dumps = 0
    try:
        for kind, read in found:
            dumps += 1
            tables = framed(
                read, kind, conversations=decoder.conversations, balance=decoder.balance,
                limits=limits, device=device,
            )  # fmt: skip
            try:
                for table in tables:
                    yield from decoder.take(table)
            except CaptureError as error:
                if error.code not in _OF_ONE_DUMP:
                    raise
                faults.append(error)
    except CaptureError as error:
        failed = error
    if dumps == 1 and faults:
        failed = faults.pop()
    for fault in faults:  # one bad member of an archive does not cost the others
        decoder.balance.reject(fault.code, 0, 0, 0)
    # what was decoded before the input failed waits in a batch that is not full
    yield from decoder.finish()
    if failed is not None:
        raise failed


def opened(
    source: Source | Member,
    asked: InputFormat,
    *,
    balance: Balance,
    progress: Callable[[int], object] | None = None,
    tap: Callable[[Iterator[Chunk]], Iterator[Chunk]] | None = None,
) -> Iterator[tuple[InputFormat, Iterator[Chunk]]]:
    """The dumps of a source, unpacked and recognised: several where it is an archive."""

    def fault(code: ErrorCode, offset: int) -> None:
        balance.reject(code, 0, offset, offset)

    for read in parts(source, fault, progress=progress):
        seen = read if tap is None else tap(read)
        if asked not in _BINARY:
            seen = narrowed(seen)
        yield (asked, seen) if asked is not InputFormat.AUTO else _recognised(seen)


def _recognised(read: Iterator[Chunk]) -> tuple[InputFormat, Iterator[Chunk]]:
    """What a dump is, and all of it again."""
    head = b""
    for chunk in read:
        head += chunk
        if len(head) >= HEAD_SIZE:
            break
    return recognise(head[:HEAD_SIZE]), chain([head], read)


def framed(
    read: Iterable[Chunk],
    kind: InputFormat,
    *,
    conversations: Conversations,
    balance: Balance,
    limits: Limits | None = None,
    device: DeviceId | None = None,
) -> Iterator[FrameTable]:
    """The frames of a dump as tables; each is valid until the next is asked for.

    Counts the bytes that came in, and what is not even a line of digits.
    """
    pieces = _pieces(read, kind, balance)
    if kind is InputFormat.HEXDUMP and pieces is not None:
        # what it shows may be datagrams back to back
        early = next(pieces, [])
        if early and is_packet(early[0].data):
            kind = InputFormat.DATAGRAMS
        pieces = chain([early], pieces)
    if pieces is not None and not kind.is_datagrams:
        flows = Flows(
            conversations=conversations, balance=balance, limits=limits, device=device,
            rows=_TABLE_ROWS,
        )  # fmt: skip
        for together in pieces:
            yield from flows.tables(together)
        yield from flows.finish()
        return
    framer: StreamFramer | UdpFramer | SmsFramer
    if kind is InputFormat.SMS:
        framer = SmsFramer(limits=limits, conversations=conversations, rows=_TABLE_ROWS)
    elif kind.is_datagrams:
        framer = UdpFramer(
            limits=limits, resync=not kind.is_text, conversations=conversations, rows=_TABLE_ROWS
        )
    else:
        framer = StreamFramer(
            limits=limits, conversations=conversations, device=device, rows=_TABLE_ROWS
        )
    for data in _parts(read, kind, pieces, balance):
        for piece in data:
            balance.bytes_in += len(piece)
            framer.receive(piece)
        yield from framer.tables()
    framer.receive_eof()
    yield from framer.tables()


def _parts(
    read: Iterable[Chunk],
    kind: InputFormat,
    pieces: Iterable[Sequence[Piece]] | None,
    balance: Balance,
) -> Iterable[Iterable[Chunk]]:
    """The bytes of a dump that is one conversation, or datagrams."""
    if pieces is not None:
        return ([piece.data for piece in together] for together in pieces)
    if kind is InputFormat.SMS:
        return messages(map(bytes, read), balance)
    if kind.is_text:
        return decoded(map(bytes, read), balance, datagrams=kind.is_datagrams)
    return ([chunk] for chunk in read)


def _pieces(
    read: Iterable[Chunk], kind: InputFormat, balance: Balance
) -> Iterator[Sequence[Piece]] | None:
    """What the conversations of a dump sent, many pieces at a time; None where it holds but one."""
    if kind is InputFormat.LOG:
        return logs.pieces(map(bytes, read), balance)
    if kind is InputFormat.HEXDUMP:
        return hexdump.pieces(map(bytes, read), balance)
    if kind is InputFormat.PCAP:
        from gpsproto.captures.pcap import pieces

        return pieces(read, balance)
    return None
