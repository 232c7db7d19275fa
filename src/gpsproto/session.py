"""A live conversation, without any IO: bytes go in, filtered batches and answers come out.

An answer says "stored", and the device forgets.  So what is owed for records comes from
``confirm``, when the caller says that they are stored.  What a device waits for before it sends
anything (a Teltonika's login, a watch's sign of life) comes from ``due``.

Answers over TCP bear no number: a device takes the first for the first thing that it sent.  So they
leave in that order, and one that is confirmed early is held until those before it are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, NoReturn, SupportsIndex, final

from gpsproto.answers import Dialect, TeltonikaUdp, Watch, When, recognised
from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.errors import FramingLost, TruncatedStream
from gpsproto.identity import Conversations
from gpsproto.pipeline import Decoder
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.filter import Expired, PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.scope import Scope
from gpsproto.privacy.suppression import Suppression
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable
from gpsproto.wire.limits import Limits

MOST_DEVICES = 10_000
"""Devices that a conversation may name: what bounds the memory that made-up ids can take."""

End = FramingLost | TruncatedStream | None

_PLACES = (codes.OFFSET, codes.BODY, codes.AT)


class _Waiting:
    """A batch, and what is owed for it; the batch is None when it is confirmed before its turn."""

    __slots__ = ("answer", "batch")

    def __init__(self, batch: FilteredBatch, answer: bytes) -> None:
        self.batch: FilteredBatch | None = batch
        self.answer = answer


@final
class Receiver:
    """One TCP conversation, or a UDP socket: ``receive`` what was read, send what is ``due``, store
    the batch, send what ``confirm`` gives.

    The protocol of a TCP conversation is told by its first bytes.  ``policy`` is a Policy (load it
    once), the name of a built-in one or a path.  ``accept`` is given the pseudonym of a device that
    begins to speak and says whether to serve it: one that is refused ends a TCP conversation, and
    is not answered over UDP.  ``family``, ``families``, ``limits``, ``suppression`` and
    ``accounts`` are those of ``decode``.  A record that has expired when it comes is counted and
    not in the batch, but answered for; so is one of a subject that objected.  ``expired="keep"``
    lets it through.

    Answers hold what a device wants echoed, a watch's id among it: send them, never log them.
    """

    def __init__(
        self,
        policy: Policy | str | Path,
        key: PseudonymKey,
        *,
        family: str | None = None,
        families: Mapping[str, str] | None = None,
        transport: Literal["tcp", "udp"] = "tcp",
        accept: Callable[[str], object] | None = None,
        limits: Limits | None = None,
        suppression: Suppression | None = None,
        accounts: Accounts | None = None,
        expired: Expired = "drop",
    ) -> None:
        if transport not in ("tcp", "udp"):
            raise ValueError("the transport is tcp or udp")
        if not isinstance(policy, Policy):
            policy = Policy.load(policy)
        self._door = PrivacyFilter(
            policy, key, family=family, families=families, suppression=suppression,
            accounts=accounts, expired=expired,
        )  # fmt: skip
        scope = policy.scope(Category.DEVICE_ID)
        named = policy.pseudonymises(Category.DEVICE_ID) and scope is not Scope.RECORD
        if accept is not None and not named:
            raise ValueError("accept is given pseudonyms, and this policy makes none that last")
        self._epochal = scope.epochal
        self._accept = accept
        self._limits = limits
        self._udp = transport == "udp"
        self._balance = Balance()
        self._implausible = 0  # of conversations that were let go
        self._head = b""  # of a stream whose protocol cannot be told yet
        self._waiting: deque[_Waiting] = deque()
        self._due = bytearray()
        self._subject: str | None = None
        self._ended = False
        self._lost: FramingLost | None = None
        self._begin()

    def _begin(self) -> None:
        """Begin with no device known."""
        self._conversations = Conversations()
        self._spoke = 0  # the conversation that the subject is of
        self._decoder = self._decoder_behind(self._door)
        self._mixed: Decoder | None = None
        self._position = 0  # bytes that came
        self._dialect: Dialect | None = None
        if self._udp:
            self._dialect = TeltonikaUdp(self._conversations, self._limits)

    def _decoder_behind(self, door: PrivacyFilter) -> Decoder:
        return Decoder(door, conversations=self._conversations, balance=self._balance)

    def __repr__(self) -> str:
        state = ", ended" if self._ended else ""
        return f"Receiver({'udp' if self._udp else 'tcp'}, {len(self._waiting)} waiting{state})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a conversation cannot be pickled or copied")

    @property
    def subject(self) -> str | None:
        """Pseudonym of who spoke last; None before that, or where the policy makes none."""
        return self._subject

    @property
    def ended(self) -> bool:
        """Whether nothing more is taken: the input ended, the stream is lost, or a device refused."""
        return self._ended

    @property
    def lost(self) -> FramingLost | None:
        """Why the stream cannot go on, where it cannot."""
        return self._lost

    @property
    def balance(self) -> Balance:
        """What came in and what became of it, brought up to date; it closes between frames."""
        for decoder in (self._decoder, self._mixed):
            if decoder is not None:
                decoder.settle()
        self._balance.implausible_logins += self._implausible
        return self._balance

    def receive(
        self, data: bytes | bytearray | memoryview, received_at: datetime | None = None
    ) -> FilteredBatch | None:
        """Take what was read: a piece of the stream, or one datagram.

        Gives one batch for all frames that became whole, perhaps of 0 records: store it, then
        ``confirm`` it.  None where there is nothing to store and nothing to confirm.
        ``received_at`` is an aware datetime; the default is now.

        Raises FramingLost where the stream cannot go on: at once, or where records came before, at
        the next call; and at every later one.  ValueError where the conversation has ended.
        """
        moment = _moment(received_at)
        wrong = not isinstance(data, (bytes, bytearray, memoryview))
        if wrong or self._ended:
            del data  # no traceback holds it
            if wrong:
                raise TypeError("bytes are wanted")
            if self._lost is not None:
                raise self._lost.with_traceback(None)
            raise ValueError("the conversation has ended")
        taken = bytes(data)  # the caller's buffer may change
        del data
        self._position += len(taken)
        self._balance.bytes_in += len(taken)
        dialect = self._dialect
        if dialect is None:
            self._head += taken
            dialect = self._recognise(eof=False)
        else:
            dialect.framer.receive(taken)
        del taken
        return None if dialect is None else self._given(dialect, dialect.framer.tables(), moment)

    def pause(self, received_at: datetime | None = None) -> FilteredBatch | None:
        """Say that nothing came for a while (half a minute): a watch's frame whose length field is
        too large is then taken as it stands.  As ``receive`` else."""
        moment = _moment(received_at)
        if self._ended or not isinstance(self._dialect, Watch):
            return None
        return self._given(self._dialect, self._dialect.pause(), moment)

    def eof(self, received_at: datetime | None = None) -> FilteredBatch | None:
        """Say that nothing more comes.  What came before can still be confirmed.

        A device that is cut off inside a frame is no error: its bytes are counted as truncated.
        """
        moment = _moment(received_at)
        if self._lost is not None:
            raise self._lost.with_traceback(None)
        if self._ended:
            return None
        self._ended = True
        dialect = self._dialect or self._recognise(eof=True)
        assert dialect is not None
        dialect.framer.receive_eof()
        return self._given(dialect, dialect.framer.tables(), moment)

    def due(self) -> bytes:
        """What the device is owed at once; the call takes it."""
        due, self._due = bytes(self._due), bytearray()
        return due

    def confirm(self, batch: FilteredBatch) -> bytes:
        """Say that a batch is stored; what the device is owed for it, once.

        Over TCP nothing while an earlier batch is not confirmed, and then all of it with that one.
        Raises ValueError for a batch that does not wait here.
        """
        if type(batch) is not FilteredBatch:
            raise TypeError("a FilteredBatch is wanted")
        found = next((one for one in self._waiting if one.batch is batch), None)
        if found is None:
            raise ValueError("this batch does not wait to be confirmed here")
        if self._udp:
            self._waiting.remove(found)
            return found.answer
        found.batch = None
        owed = b""
        while self._waiting and self._waiting[0].batch is None:
            owed += self._waiting.popleft().answer
        return owed

    def _recognise(self, *, eof: bool) -> Dialect | None:
        """Choose the dialect by the first bytes; None where more of them are needed."""
        kind = recognised(self._head, eof=eof)
        if kind is not None:
            self._dialect = kind(self._conversations, self._limits)
            self._dialect.framer.receive(self._head)
            self._head = b""
        return self._dialect

    def _given(
        self, dialect: Dialect, tables: Iterator[FrameTable], moment: datetime
    ) -> FilteredBatch | None:
        """The batch of what became whole."""
        try:
            table, end = _scanned(tables)
            batch = None
            if table is not None:
                end = self._admitted(dialect, table, end)
                batch = self._decoded(table, moment)
                batch = self._answered(dialect, table, batch)
        except BaseException:
            self._ended = True  # a frame without its answer: the next answer would be taken for it
            raise
        if end is not None:
            self._ended = True
            self._balance.reject(end.code, self._position - end.offset, end.offset, end.offset)
        if isinstance(end, FramingLost):
            self._lost = end
            if batch is None:
                raise end
        if self._udp and len(self._conversations) > MOST_DEVICES:
            self._implausible = self.balance.implausible_logins
            self._begin()
        return batch

    def _admitted(self, dialect: Dialect, table: FrameTable, end: End) -> End:
        """Take off the table what is not to be read; why the stream ends, if it does."""
        stop = dialect.stop(table, self._serves)
        if stop is None:
            return end
        rows, code = stop
        offset = _edge(table, rows)
        table.rows = rows
        table.others = rows - len(table.where(codes.FRAME))
        if code is not None:
            return FramingLost(code, offset=offset)
        # of a device that is refused nothing is taken in
        self._balance.bytes_in -= self._position - offset
        self._ended = self._ended or not self._udp
        return None

    def _serves(self, conversation: int) -> bool:
        """Whether to serve who speaks in a conversation."""
        subject = self._speaks(conversation)
        if not self._udp and conversation > MOST_DEVICES:
            return False
        if self._accept is None:
            return True
        if subject is None:  # of nobody, or of an epoch that the key has left behind
            return self._conversations.device(conversation) is None
        return bool(self._accept(subject))

    def _speaks(self, conversation: int) -> str | None:
        """Note who speaks."""
        held = self._conversations
        device = held.device(conversation)
        if device is not None and (conversation != self._spoke or self._epochal):
            self._subject = self._door.subject(device, number=conversation, token=held.token)
            self._spoke = conversation
        return self._subject

    def _decoded(self, table: FrameTable, moment: datetime) -> FilteredBatch | None:
        """The records of a table; what is no frame is counted."""
        frames = table.where(codes.FRAME)
        if not frames:
            table.count_others(self._balance)
            return None
        self._speaks(table.cell(frames[-1], codes.CONVERSATION))
        decoder = self._decoder
        if self._door.families and self._families(table, frames) > 1:
            # one batch has the names of one family: here none is sure, so the strictest hold
            if self._mixed is None:
                self._mixed = self._decoder_behind(self._door.unsure())
            decoder = self._mixed
        return decoder.one(table, frames, received_ms=round(moment.timestamp() * 1000))

    def _families(self, table: FrameTable, frames: list[int]) -> int:
        """How many families the devices of some frames are of."""
        numbers = {table.cell(row, codes.CONVERSATION) for row in frames}
        device = self._conversations.device
        return len({self._door.family_of(device(number), number) for number in numbers})

    def _answered(
        self, dialect: Dialect, table: FrameTable, batch: FilteredBatch | None
    ) -> FilteredBatch | None:
        """Note what is owed for a table; the batch, where it holds or is owed anything."""
        owed = bytearray()
        stored = False
        for when, answer in dialect.owed(table):
            if when is When.STORED:
                stored = True
            if when is When.STORED or (when is When.IN_TURN and stored):
                owed += answer
            elif when is When.IN_TURN and self._waiting:
                self._waiting[-1].answer += answer
            else:
                self._due += answer
        if batch is None or not (stored or len(batch)):
            return None
        self._waiting.append(_Waiting(batch, bytes(owed)))
        return batch


def _moment(received_at: datetime | None) -> datetime:
    """When it was received."""
    if received_at is None:
        return datetime.now(UTC)
    if not isinstance(received_at, datetime):
        raise TypeError("received_at is a datetime")
    if received_at.utcoffset() is None:
        raise ValueError("received_at says its time zone")
    return received_at


def _edge(table: FrameTable, row: int) -> int:
    """Where in the stream a row begins, the one behind the last included."""
    if row == 0:
        return table.base + table.cell(0, codes.OFFSET)
    return table.base + table.cell(row - 1, codes.OFFSET) + table.cell(row - 1, codes.SIZE)


def _scanned(tables: Iterator[FrameTable]) -> tuple[FrameTable | None, End]:
    """All that a framer finds, as one table; and why it stopped, if not for want of bytes."""
    pieces: list[FrameTable] = []
    end: End = None
    try:
        for piece in tables:
            piece.events = piece.events[: len(piece) * codes.STRIDE]  # the framer's are used again
            pieces.append(piece)
    except (FramingLost, TruncatedStream) as found:
        end = found.with_traceback(None)
    return _joined(pieces), end


def _joined(pieces: list[FrameTable]) -> FrameTable | None:
    """Tables of bytes that stand behind one another, as one over all of them."""
    if len(pieces) < 2:
        return pieces[0] if pieces else None
    whole = pieces[0]
    ends = [piece.base for piece in pieces[1:]]
    data = bytearray()
    for piece, end in zip(pieces, [*ends, None], strict=True):
        shift = piece.base - whole.base
        data += piece.data if end is None else piece.data[: end - piece.base]
        for row in range(len(piece)):
            for column in _PLACES:
                piece.events[row * codes.STRIDE + column] += shift
    for piece in pieces[1:]:
        whole.events += piece.events
        whole.rows += piece.rows
        whole.others += piece.others
    whole.data = memoryview(bytes(data))
    return whole
