"""A conversation of a test: bytes in, plain rows and the bytes that go back out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from gpsproto import PseudonymKey, Receiver
from gpsproto.build import watch
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IMEI = "001010000000018"
WATCH = "8800000015"  # of the vendor's published examples


def bytewise(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


def talked(
    receiver: Receiver, pieces: Iterable[bytes], *, eof: bool = False
) -> tuple[list[dict[str, Any]], bytes]:
    """All rows, and all that goes back when every batch is confirmed as soon as it is there."""
    found: list[dict[str, Any]] = []
    sent = b""
    for piece in pieces:
        batch = receiver.receive(piece, NOW)
        sent += receiver.due()
        if batch is not None:
            found += rows([batch])
            sent += receiver.confirm(batch)
    if eof:
        batch = receiver.eof(NOW)
        sent += receiver.due()
        if batch is not None:
            found += rows([batch])
            sent += receiver.confirm(batch)
    return found, sent


def answer(content: str, id: str = WATCH, prefix: str = "3G", index: int | None = None) -> bytes:
    """An answer to a watch."""
    return watch.frame(id, content.encode(), prefix=prefix, index=index)
