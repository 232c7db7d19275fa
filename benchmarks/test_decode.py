"""From file to FilteredBatch, every kept column read; and the limits of the same run beside it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from data import TEXT, dump, frames, keep_all, read
from plain import plain

import gpsproto
from gpsproto import Policy
from gpsproto.checksum import crc16 as crcmod_crc16
from gpsproto.checksum import tables
from gpsproto.privacy.policy import presets
from gpsproto.walk.frames import crc16
from gpsproto.wire.teltonika_tcp import TcpFramer

RECORDS = 1_000_000


def filled(name: str) -> Policy:
    """A built-in policy, its blanks filled in."""
    return Policy.load(name, fill=BLANKS if name == "partner-report" else None)


BLANKS = {f"retain.{name}": "P6M" for name in ("account_ref", "product", "status", "time")}
POLICIES: dict[str, Callable[[], Policy]] = {
    **{name: partial(filled, name) for name in presets()}, "keep-all": keep_all,
}  # fmt: skip
LIMIT = "limit_plain_c_walk[with_crc]"


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("codec", [0x08, 0x8E, 0x10], ids=lambda codec: f"codec{codec:02x}")
def test_file_to_columns(
    codec: int, policy: str, folder: Path, measure: Callable[..., None]
) -> None:
    path = dump(folder, codec, RECORDS)
    rules = POLICIES[policy]()

    def decode() -> int:
        records = 0
        for batch in gpsproto.decode(path, policy=rules, family="FMB"):
            read(batch)
            records += len(batch)
        return records

    measure(decode, "records", size=path.stat().st_size, limit=LIMIT)


def test_file_to_columns_text_as_python_strings(folder: Path, measure: Callable[..., None]) -> None:
    path = dump(folder, 0x08, RECORDS)

    def decode() -> int:
        records = 0
        for batch in gpsproto.decode(path, family="FMB"):
            read(batch)
            for name in TEXT:
                batch.column(name)
            records += len(batch)
        return records

    measure(decode, "records", size=path.stat().st_size, limit=LIMIT)


@pytest.mark.parametrize("forms", [2, 6, 60])
def test_file_to_columns_of_records_of_several_forms(
    forms: int, folder: Path, measure: Callable[..., None]
) -> None:
    path = dump(folder, 0x08, RECORDS, forms)

    def decode() -> int:
        records = 0
        for batch in gpsproto.decode(path, family="FMB"):
            read(batch)
            records += len(batch)
        return records

    measure(decode, "records", size=path.stat().st_size, limit=LIMIT)


def test_file_to_batches_without_reading_columns(
    folder: Path, measure: Callable[..., None]
) -> None:
    path = dump(folder, 0x08, RECORDS)

    def decode() -> int:
        return sum(len(batch) for batch in gpsproto.decode(path, family="FMB"))

    measure(decode, "records", size=path.stat().st_size, limit=LIMIT)


def test_framing_and_crc_alone(folder: Path, measure: Callable[..., None]) -> None:
    data = dump(folder, 0x08, RECORDS).read_bytes()

    def scan() -> int:
        framer = TcpFramer(resync=True, rows=4096)
        records = 0
        for at in range(0, len(data), 1 << 19):
            framer.receive(data[at : at + (1 << 19)])
            for table in framer.tables():
                records += 10 * (len(table) - table.others)
        return records

    measure(scan, "records", size=len(data), limit=LIMIT)


def test_limit_crc_of_the_same_bytes(measure: Callable[..., None]) -> None:
    block = b"".join(frames(0x08))

    def check() -> int:
        crc16(block, 0, len(block), tables())
        return 10_000

    measure(check, "records", rounds=50, size=len(block))


def test_limit_crcmod_of_the_same_bytes(measure: Callable[..., None]) -> None:
    block = b"".join(frames(0x08))

    def check() -> int:
        crcmod_crc16(block)
        return 10_000

    measure(check, "records", rounds=50, size=len(block))


def test_limit_copying_the_same_bytes(measure: Callable[..., None]) -> None:
    block = b"".join(frames(0x08))

    def copy() -> int:
        bytearray(block)
        return 10_000

    measure(copy, "records", rounds=50, size=len(block))


@pytest.mark.parametrize("crc", [True, False], ids=["with_crc", "without_crc"])
def test_limit_plain_c_walk(crc: bool, folder: Path, measure: Callable[..., None]) -> None:
    walked = plain(folder)
    if walked is None:
        pytest.skip("no C compiler here")
    block = b"".join(frames(0x08)) * 20
    assert walked(block, crc) == 200_000
    measure(lambda: walked(block, crc), "records", rounds=20, size=len(block))
