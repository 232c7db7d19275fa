"""One run: every dump through one policy, one key, one balance, into one sink."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal

from gpsproto.balance import USUAL, Balance
from gpsproto.captures.recognise import InputFormat
from gpsproto.cli.inputs import Dump
from gpsproto.cli.process import Failed
from gpsproto.errors import CaptureError, ErrorCode
from gpsproto.identity import Conversations, DeviceId
from gpsproto.pipeline import decode_through
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.filter import Expired, PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.suppression import Suppression
from gpsproto.sinks.base import Sink
from gpsproto.wire.limits import Limits


@dataclass(frozen=True, slots=True)
class Settings:
    """How the dumps are read, as decode() takes it."""

    family: str | None
    input_format: InputFormat
    group16: Literal["never", "auto", "always"]
    batch_records: int
    limits: Limits
    families: Mapping[str, str] = field(default_factory=dict)
    suppression: Suppression | None = None
    accounts: Accounts | None = None
    expired: Expired = "keep"


@dataclass(slots=True)
class Run:
    """What a run is made of, and what has become of it."""

    policy: Policy
    key: PseudonymKey
    device: DeviceId | None
    settings: Settings
    balance: Balance = field(default_factory=Balance)
    conversations: Conversations = field(default_factory=Conversations)
    door: PrivacyFilter = field(init=False)
    rejected_until: list[int] = field(default_factory=lambda: [0])
    skipped_until: list[int] = field(default_factory=lambda: [0])

    def __post_init__(self) -> None:
        settings = self.settings
        self.door = PrivacyFilter(
            self.policy, self.key, family=settings.family, families=settings.families,
            suppression=settings.suppression, accounts=settings.accounts, expired=settings.expired,
        )  # fmt: skip

    @property
    def key_id(self) -> str:
        """Says which key and domain made the pseudonyms."""
        return self.door.key_id

    @property
    def inputs(self) -> int:
        """How many dumps were read."""
        return len(self.rejected_until) - 1

    def take(self, dump: Dump, sink: Sink, progress: Callable[[int], object] | None) -> None:
        """Decode a dump into the sink.  Raises Failed where it cannot be read."""
        failed: CaptureError | None = None
        try:
            for batch in decode_through(
                self.door, dump.source(), input_format=self.settings.input_format, device=self.device,
                limits=self.settings.limits, batch_records=self.settings.batch_records,
                group16=self.settings.group16, balance=self.balance,
                conversations=self.conversations, progress=progress, tap=dump.watch,
            ):  # fmt: skip
                sink.write(batch)
        except CaptureError as error:
            failed = error
        finally:
            dump.close()
        if failed is not None:
            raise Failed(f"{dump}: {failed}")
        self.rejected_until.append(len(self.balance.first_rejected))
        self.skipped_until.append(len(self.balance.first_skipped))

    def rejected(self) -> Iterator[tuple[int, ErrorCode, int]]:
        """The first rejected frames: number of the input, code, offset."""
        for number, (start, end) in enumerate(pairwise(self.rejected_until), 1):
            for code, offset, _ in self.balance.first_rejected[start:end]:
                yield number, code, offset

    def skipped(self) -> Iterator[int]:
        """The number of the input of each of the first skipped stretches."""
        for number, (start, end) in enumerate(pairwise(self.skipped_until), 1):
            yield from [number] * (end - start)

    @property
    def skipped_bytes(self) -> int:
        """Bytes that belong to no frame, keep-alives aside."""
        skipped = self.balance.bytes_skipped
        return skipped.total() - sum(skipped[code] for code in USUAL)
