"""decode(): captures, framers, codecs and the filter, joined in one direction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Literal

from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.captures.hexlines import decoded
from gpsproto.captures.recognise import HEAD_SIZE, InputFormat, recognise
from gpsproto.captures.source import Source, chunks
from gpsproto.codecs.avl import fill
from gpsproto.identity import Conversations, DeviceId
from gpsproto.privacy.accounting import settle
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.projection import RawColumns, RunNumbers
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable
from gpsproto.wire.limits import Limits
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer

BATCH_RECORDS = 32_696
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
_ATTRIBUTES = 8  # attributes a record that a batch has room for
_SETTLE_RECORDS = 50_000  # records between two settlements of the balance


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
        self._projection = door.projection(codecs.layouts())
        self._shapes = codecs.shape_table()
        self._capacity = batch_records
        self._group16 = _GROUP16[group16]
        self._columns: RawColumns | None = None
        self._run = RunNumbers()

    def settle(self) -> None:
        """Bring the balance up to date; a run of ``one`` leaves that to its caller."""
        run, self._run = self._run, RunNumbers()
        settle(run, self._projection, self._door.policy, self.balance)
        self.balance.implausible_logins = self.conversations.implausible

    def _fresh(self, capacity: int, attributes: int) -> RawColumns:
        return RawColumns(
            self._projection, self.conversations, self.balance, self._run,
            capacity=capacity, attributes=attributes, group16=self._group16,
        )  # fmt: skip

    def take(self, table: FrameTable) -> Iterator[FilteredBatch]:
        """Walk a table's frames; give each batch that is full."""
        row = 0
        while row < len(table):
            if self._columns is None:
                # as many as the next frame may hold, at least: a batch that takes none never ends
                most = max(_ATTRIBUTES * self._capacity, table.elements(row))
                self._columns = self._fresh(self._capacity, most)
            row = fill(table, row, self._shapes, self._columns)
            if row < len(table):
                batch = self._sealed()
                if self._run.tally[codes.TALLY_RECORDS] >= _SETTLE_RECORDS:
                    self.settle()
                yield batch
        table.count_others(self.balance)

    def finish(self) -> Iterator[FilteredBatch]:
        """Give what is not yet given."""
        batch = self._sealed() if self._columns is not None and len(self._columns) else None
        self.settle()
        if batch is not None:
            yield batch

    def one(self, table: FrameTable) -> FilteredBatch:
        """A live table as a batch of its own, in a block of just its size."""
        frames = table.where(codes.FRAME)
        announced = sum(table.cell(row, codes.COUNT) for row in frames)
        self._columns = self._fresh(announced, sum(table.elements(row) for row in frames))
        fill(table, 0, self._shapes, self._columns)
        table.count_others(self.balance)
        return self._sealed()

    def _sealed(self) -> FilteredBatch:
        columns, self._columns = self._columns, None
        assert columns is not None
        return self._door.seal(columns)


def decode(
    source: Source,
    *,
    policy: Policy | str | Path = "tracking",
    key: PseudonymKey | None = None,
    family: str | None = None,
    input_format: InputFormat | str = InputFormat.AUTO,
    device: DeviceId | None = None,
    limits: Limits | None = None,
    batch_records: int = BATCH_RECORDS,
    group16: Literal["never", "auto", "always"] = "auto",
    balance: Balance | None = None,
    conversations: Conversations | None = None,
    progress: Callable[[int], object] | None = None,
) -> Iterator[FilteredBatch]:
    """Decode a dump of Teltonika frames into filtered batches.

    ``source`` is bytes, a path, a binary file or an iterable of chunks: a binary TCP stream, UDP
    packets, or lines of hexadecimal digits with a frame, a read or a datagram each, recognised by
    content.  Bad input never ends the run: what is refused is counted in ``balance`` by code and
    offset, and everything intact around it is decoded.

    ``policy`` is a Policy, the name of a built-in one or a path.  Without ``key`` pseudonyms hold
    within this run only.  ``family`` (FMB, FMX6 ...) names elements that differ by device family.
    ``device`` is who speaks where the dump holds no login; else such records bear ``unknown_<n>``.
    ``group16`` says whether Codec 8 may hold a group of 16-byte elements, which nothing announces.
    ``progress`` is called with the number of source bytes of each chunk.

    Each batch owns its memory.  Raises PolicyError, KeyRefused and CaptureError before the first
    batch, CaptureError later where reading fails, ValueError and TypeError for a wrong call.
    """
    door = PrivacyFilter(
        policy if isinstance(policy, Policy) else Policy.load(policy),
        key if key is not None else PseudonymKey.new_ephemeral(),
        family=family,
    )
    kind = InputFormat(input_format)
    decoder = Decoder(
        door, conversations=conversations, balance=balance, batch_records=batch_records,
        group16=group16,
    )  # fmt: skip
    read = _observed(chunks(source), progress)
    if kind is InputFormat.AUTO:
        head = b""
        for chunk in read:
            head += chunk
            if len(head) >= HEAD_SIZE:
                break
        kind = recognise(head[:HEAD_SIZE])
        read = chain([head], read)
    return _run(read, kind, decoder, limits, device)


def _observed(read: Iterator[bytes], progress: Callable[[int], object] | None) -> Iterator[bytes]:
    for chunk in read:
        yield chunk
        if progress is not None:
            progress(len(chunk))


def _run(
    read: Iterable[bytes],
    kind: InputFormat,
    decoder: Decoder,
    limits: Limits | None,
    device: DeviceId | None,
) -> Iterator[FilteredBatch]:
    framer: TcpFramer | UdpFramer
    if kind.is_datagrams:
        framer = UdpFramer(
            limits=limits, resync=not kind.is_text, conversations=decoder.conversations,
            rows=_TABLE_ROWS,
        )  # fmt: skip
    else:
        framer = TcpFramer(
            limits=limits, resync=True, conversations=decoder.conversations, device=device,
            rows=_TABLE_ROWS,
        )  # fmt: skip
    pieces = decoded(read, decoder.balance) if kind.is_text else ([chunk] for chunk in read)
    for piece in pieces:
        for data in piece:
            decoder.balance.bytes_in += len(data)
            framer.receive(data)
        for table in framer.tables():
            yield from decoder.take(table)
    framer.receive_eof()
    for table in framer.tables():
        yield from decoder.take(table)
    yield from decoder.finish()
