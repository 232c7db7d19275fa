from __future__ import annotations

import io
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.build import Record, tcp_frame
from gpsproto.captures.source import CHUNK, chunks
from gpsproto.errors import CaptureError, ErrorCode
from tests.strategies import cuts

BYTES = st.binary(max_size=40)
LONG = bytes(range(256)) * 4_000
IMEI = "490154203237518"


@given(BYTES, st.sampled_from([bytes, bytearray, memoryview]))
def test_bytes_are_read_whole(data: bytes, kind: Any) -> None:
    assert b"".join(chunks(kind(data))) == data


@given(BYTES, st.data())
def test_an_iterable_of_chunks_is_read_whole(data: bytes, draw: st.DataObject) -> None:
    kind = draw.draw(st.sampled_from([list, tuple, iter, lambda parts: (p for p in parts)]))
    parts = draw.draw(cuts(data))
    assert b"".join(chunks(kind(parts))) == data
    assert b"".join(chunks([memoryview(bytearray(part)) for part in parts])) == data


@pytest.mark.parametrize("kind", [str, Path, os.fspath])
def test_a_path_is_read_whole(tmp_path: Path, kind: Any) -> None:
    (tmp_path / "dump").write_bytes(LONG)
    assert b"".join(chunks(kind(tmp_path / "dump"))) == LONG


@pytest.mark.parametrize("buffering", [-1, 0])
def test_a_binary_file_is_read_from_where_it_stands(tmp_path: Path, buffering: int) -> None:
    (tmp_path / "dump").write_bytes(LONG)
    with (tmp_path / "dump").open("rb", buffering=buffering) as file:
        file.seek(7)
        assert b"".join(chunks(file)) == LONG[7:]
        assert not file.closed


def test_a_pipe_is_read_to_its_end() -> None:
    reading, writing = os.pipe()
    with os.fdopen(writing, "wb") as file:
        file.write(LONG[:60_000])
    with os.fdopen(reading, "rb", buffering=0) as file:
        assert b"".join(chunks(file)) == LONG[:60_000]


@pytest.mark.parametrize("source", [LONG, [LONG], io.BytesIO(LONG)], ids=["bytes", "list", "file"])
def test_chunks_are_bytes_and_not_small(source: Any) -> None:
    found = list(chunks(source))
    assert {type(chunk) for chunk in found} <= {bytes, memoryview}
    assert b"".join(found) == LONG
    assert all(len(chunk) >= CHUNK for chunk in found[:-1])


@pytest.mark.parametrize("source", [b"", [], [b"", b""], io.BytesIO()])
def test_of_nothing_there_is_no_chunk(source: Any) -> None:
    assert list(chunks(source)) == []


def test_single_bytes_are_put_together() -> None:
    found = list(chunks(LONG[at : at + 1] for at in range(CHUNK + 10)))
    assert [len(chunk) for chunk in found] == [CHUNK, 10]
    assert b"".join(found) == LONG[: CHUNK + 10]


def test_an_iterable_is_not_read_further_than_a_chunk_ahead() -> None:
    asked = 0

    def parts() -> Iterator[bytes]:
        nonlocal asked
        while True:
            asked += 1
            yield bytes(CHUNK // 4)

    found = chunks(parts())
    assert asked == 0
    next(found)
    assert asked == 4


def test_bytes_that_change_afterwards_do_not_change_the_chunks() -> None:
    data = bytearray(b"before")
    found = chunks(data)
    data[:] = b"behind"
    assert b"".join(found) == b"before"


def test_a_strided_view_is_read_as_it_shows() -> None:
    assert b"".join(chunks(memoryview(b"abcdef")[::2])) == b"ace"


@pytest.mark.parametrize("source", [7, None, 1.5, object(), b"x".__len__])
def test_what_is_no_source_is_refused(source: Any) -> None:
    with pytest.raises(TypeError, match="bytes, a path, a binary file or an iterable"):
        chunks(source)


@pytest.mark.parametrize("parts", [["text"], [b"x", IMEI], [7], range(3), np.zeros(3)])
def test_chunks_that_are_no_bytes_are_refused_and_not_quoted(parts: Iterable[Any]) -> None:
    with pytest.raises(TypeError, match=r"^chunks must be bytes$"):
        list(chunks(parts))


def test_a_text_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dump").write_text(IMEI)
    with (tmp_path / "dump").open(encoding="ascii") as file:
        with pytest.raises(TypeError, match=r"^a file opened in binary mode is wanted$"):
            list(chunks(file))  # type: ignore[arg-type]


def refusal(path: str | Path) -> CaptureError:
    with pytest.raises(CaptureError) as caught:
        chunks(path)
    return caught.value


@pytest.mark.parametrize(
    ("name", "number"),
    [(f"{IMEI}.bin", 2), ("", 21), (f"dump/{IMEI}", 20), (f"{IMEI}\0", 22), (IMEI * 20, 36)],
    ids=["missing", "folder", "inside a file", "nul", "too long"],
)
def test_a_path_that_cannot_be_opened_is_refused_and_not_quoted(
    tmp_path: Path, name: str, number: int
) -> None:
    (tmp_path / "dump").write_bytes(LONG)
    error = refusal(f"{tmp_path}/{name}")
    assert error.code is ErrorCode.UNREADABLE
    assert error.numbers == {"errno": number}
    assert error.__cause__ is None
    assert error.__context__ is None
    for told in (IMEI, str(tmp_path)):
        assert told not in f"{error} {error!r} {error.args} {vars(error)}"


def test_a_file_that_fails_while_it_is_read_is_refused() -> None:
    with pytest.raises(CaptureError) as caught:
        list(chunks("/proc/self/mem"))
    assert caught.value.numbers == {"errno": 5}
    assert caught.value.__context__ is None


def test_a_path_is_closed_when_it_was_read(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(LONG)
    before = os.listdir("/proc/self/fd")
    list(chunks(tmp_path / "dump"))
    assert os.listdir("/proc/self/fd") == before


def test_what_was_decoded_before_reading_failed_is_given() -> None:
    data = tcp_frame(8, [Record(1000 * n) for n in range(20)]) * 2_000
    source: Any = _Failing(data)
    found: list[int] = []
    with pytest.raises(CaptureError) as caught:
        found.extend(len(batch) for batch in gpsproto.decode(source))
    assert caught.value.code is ErrorCode.UNREADABLE
    assert caught.value.__context__ is None
    assert sum(found) > 10_000


class _Failing:
    """A file whose disk breaks behind its first bytes."""

    def __init__(self, data: bytes) -> None:
        self._left = [data[: 1 << 19], data[1 << 19 : 1 << 20]]

    def read(self, size: int, /) -> bytes:
        if not self._left:
            raise OSError(5, "broken")
        return self._left.pop(0)
