from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.captures import archive, containers, expansion
from gpsproto.captures.containers import parts
from gpsproto.errors import ErrorCode
from tests.dumps import LOGS, Read, canonical, imei, streams, talks, xxd
from tests.strategies import cuts
from tests.unit.test_logs import told

pytestmark = pytest.mark.once

FRAME = tcp_frame(8, [Record(1_750_000_000_000, satellites=9, elements=[(239, 1, 1)])])
STREAM = login(imei(1)) + FRAME * 3


def zipped(*members: bytes, method: int = zipfile.ZIP_DEFLATED, names: Any = None) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for number, member in enumerate(members):
            made.writestr(names[number] if names else f"{number}.bin", member)
    return file.getvalue()


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "gzip of members": lambda data: b"".join(
        gzip.compress(data[at : at + 100]) for at in range(0, len(data), 100)
    ),
    "gzip with padding": lambda data: gzip.compress(data) + bytes(700),
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zip": zipped,
    "zip, stored": lambda data: zipped(data, method=zipfile.ZIP_STORED),
    "zip of a gzip": lambda data: zipped(gzip.compress(data)),
}


def read(source: Any) -> tuple[list[bytes], list[tuple[ErrorCode, int]]]:
    """The dumps in a source, and what was wrong."""
    faults: list[tuple[ErrorCode, int]] = []
    found = [b"".join(part) for part in parts(source, lambda *fault: faults.append(fault))]
    return found, faults


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@given(talks(), st.sampled_from(["stream", "log", "xxd", "hexdump -C"]))
def test_a_packed_dump_gives_the_same_records(
    pack: Callable[[bytes], bytes], reads: list[Read], form: str
) -> None:
    data = b"".join(streams(reads))
    text = {
        "stream": data, "log": LOGS["Traccar, since"](reads), "xxd": xxd(data),
        "hexdump -C": canonical(data),
    }[form]  # fmt: skip
    balance = Balance()
    assert told(pack(text), balance) == told(data)
    assert balance.discrepancies() == []
    assert not balance.rejected


@pytest.mark.parametrize("pack", PACKED.values(), ids=PACKED)
@given(st.binary(max_size=3_000), st.data())
def test_a_source_of_any_kind_is_unpacked(
    tmp_path_factory: Any, pack: Callable[[bytes], bytes], data: bytes, draw: st.DataObject
) -> None:
    packed = pack(data)
    path = tmp_path_factory.mktemp("packed") / "dump"
    path.write_bytes(packed)
    with path.open("rb") as file:
        for source in (packed, bytearray(packed), draw.draw(cuts(packed)), path, str(path), file):
            found, faults = read(source)
            assert b"".join(found) == data
            assert faults == []


def test_a_file_is_unpacked_from_where_it_stands() -> None:
    file = io.BytesIO(b"something before" + gzip.compress(STREAM))
    file.seek(16)
    assert read(file) == ([STREAM], [])


def test_a_pipe_is_unpacked() -> None:
    for pack in (gzip.compress, zipped):
        reading, writing = os.pipe()
        with os.fdopen(writing, "wb") as file:
            file.write(pack(STREAM))
        with os.fdopen(reading, "rb") as file:
            assert read(file) == ([STREAM], [])


def test_a_zip_from_a_pipe_that_is_too_large_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(containers, "PIPED_MOST", 100)
    assert read([zipped(STREAM)]) == ([STREAM], [])
    big = zipped(os.urandom(700_000))
    assert read([big[:600_000], big[600_000:]]) == ([], [(ErrorCode.ARCHIVE_PIPED, 0)])


def test_the_members_of_an_archive_are_dumps_in_its_order() -> None:
    names = ["b.bin", "a.bin", "folder/", "folder/.hidden", "__MACOSX/b.bin", "folder/c.bin"]
    made = zipped(b"b", b"a", b"", b"x", b"x", b"c", names=names)
    assert read(made) == ([b"b", b"a", b"c"], [])
    balance = Balance()
    both = zipped(STREAM, LOGS["words"]([Read(0, login(imei(2))), Read(0, FRAME)]))
    assert len(told(both, balance)) == 2
    assert balance.records == 4


@given(st.integers(1, 400), st.sampled_from(["gzip", "bzip2", "xz"]))
def test_what_is_intact_of_a_file_that_was_cut_is_read(lost: int, kind: str) -> None:
    data = STREAM * 40
    packed = PACKED[kind](data)
    (found,), faults = read(packed[: max(20, len(packed) - lost)])
    assert data.startswith(found)
    assert faults == [(ErrorCode.ARCHIVE_DAMAGED, len(found))]


def test_nearly_all_before_damage_is_read() -> None:
    data = os.urandom(200_000)
    packed = bytearray(gzip.compress(data, 1))
    packed[100_000:100_400] = bytes(400)
    (found,), faults = read(bytes(packed))
    assert [code for code, _ in faults] == [ErrorCode.ARCHIVE_DAMAGED]
    assert found[:90_000] == data[:90_000]
    assert faults[0][1] == len(found)


def test_a_cut_is_counted_and_the_balance_closes() -> None:
    balance = Balance()
    list(gpsproto.decode(gzip.compress(STREAM)[:-3], balance=balance))
    assert balance.records == 3
    assert balance.rejected == {ErrorCode.ARCHIVE_DAMAGED: 1}
    assert balance.first_rejected == [(ErrorCode.ARCHIVE_DAMAGED, len(STREAM), len(STREAM))]
    assert balance.discrepancies() == []


def test_garbage_behind_a_member_is_said() -> None:
    assert read(gzip.compress(b"x") + b"junk") == ([b"x"], [(ErrorCode.ARCHIVE_DAMAGED, 1)])


@pytest.mark.parametrize("outer", [gzip.compress, zipped], ids=["gzip", "zip"])
@pytest.mark.parametrize("inner", ["zip", "zip of a gzip"])
def test_an_archive_in_an_archive_is_not_opened(
    outer: Callable[[bytes], bytes], inner: str
) -> None:
    assert read(outer(PACKED[inner](STREAM))) == ([], [(ErrorCode.ARCHIVE_NESTED, 0)])


def test_what_is_compressed_twice_is_not_opened() -> None:
    assert read(gzip.compress(gzip.compress(STREAM))) == ([], [(ErrorCode.ARCHIVE_NESTED, 0)])


@pytest.mark.parametrize(
    "head", [b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07\x00", b"\x28\xb5\x2f\xfd", bytes(257) + b"ustar"]
)
def test_an_archive_of_another_kind_is_said(head: bytes) -> None:
    assert read(head + bytes(300)) == ([], [(ErrorCode.ARCHIVE_UNREAD, 0)])


def bomb() -> Iterator[bytes]:
    packer = gzip.zlib.compressobj(9, wbits=31)  # type: ignore[attr-defined]
    for _ in range(64):
        yield packer.compress(bytes(1 << 16))
    yield packer.flush()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(expansion, "FLOOR", 1 << 20)
    return 1 << 20


@pytest.mark.parametrize("kind", ["gzip", "zip"])
def test_a_bomb_is_stopped(small: int, kind: str) -> None:
    packed = b"".join(bomb()) if kind == "gzip" else zipped(bytes(4 << 20))
    found, faults = read(packed)
    assert [code for code, _ in faults] == [ErrorCode.ARCHIVE_BOMB]
    assert sum(map(len, found)) == faults[0][1] <= 2 * small


def test_members_that_overlap_are_counted_together(small: int) -> None:
    """Each is below the limit; a list of members may name the same bytes many times."""
    packed = zipped(*[bytes(900_000)] * 8)
    found, faults = read(packed)
    assert ErrorCode.ARCHIVE_BOMB in [code for code, _ in faults]
    assert sum(map(len, found)) <= 2 * small


def test_an_encrypted_member_is_said_and_the_others_are_read() -> None:
    packed = bytearray(zipped(b"first", STREAM))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + place] |= 1
    assert read(bytes(packed)) == ([b"", STREAM], [(ErrorCode.ARCHIVE_ENCRYPTED, 0)])


def test_a_damaged_member_is_said_and_the_others_are_read() -> None:
    packed = bytearray(zipped(STREAM, b"second", method=zipfile.ZIP_STORED))
    packed[packed.index(FRAME) + 3] ^= 1
    (first, second), faults = read(bytes(packed))
    assert second == b"second"
    assert faults == [(ErrorCode.ARCHIVE_DAMAGED, len(first))]


@pytest.mark.parametrize("size", [4, 30, -1])
def test_an_archive_without_its_list_of_members_is_said(size: int) -> None:
    assert read(zipped(STREAM)[:size]) == ([], [(ErrorCode.ARCHIVE_DAMAGED, 0)])


def test_a_list_of_members_that_is_too_long_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "LONGEST_DIRECTORY", 70_000)
    packed = zipped(*[b""] * 2_000)
    assert read(packed) == ([], [(ErrorCode.ARCHIVE_CROWDED, 0)])


@given(st.sampled_from(sorted(PACKED)), st.data())
def test_damage_is_never_an_exception(kind: str, data: st.DataObject) -> None:
    packed = bytearray(PACKED[kind](STREAM * 9))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(packed) - 1))
        packed[at] ^= 1 << data.draw(st.integers(0, 7))
    balance = Balance()
    list(gpsproto.decode(bytes(packed), balance=balance))
    assert balance.discrepancies() == []


def test_progress_adds_up_to_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.gz"
    path.write_bytes(gzip.compress(os.urandom(3_000_000)))
    seen: list[int] = []
    list(gpsproto.decode(path, progress=seen.append))
    assert sum(seen) == path.stat().st_size


def test_no_file_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "dump.zip"
    path.write_bytes(zipped(STREAM, STREAM))
    before = os.listdir("/proc/self/fd")
    list(gpsproto.decode(path))
    assert os.listdir("/proc/self/fd") == before
