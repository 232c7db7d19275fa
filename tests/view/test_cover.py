"""Every byte of a dump is in one leaf of one stretch: of what is right, and of what is not."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import codecs
from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.captures.recognise import InputFormat
from gpsproto.errors import ErrorCode
from gpsproto.view import Sought, found_in
from gpsproto.view.units import LONGEST, Kind
from tests.conftest import FIXTURES
from tests.strategies import records
from tests.view.looked import covers, door, every_unit, look, looks
from tests.view.wired import framed
from tests.watch_strategies import frames as watch_frames

pytestmark = pytest.mark.once

DUMPS = sorted([*FIXTURES.rglob("*.hex"), *FIXTURES.rglob("*.bin"), *FIXTURES.rglob("day.txt")])
GOOD = Record(1_790_000_000_000, 48_950_000, 523_700_000, 3, 60, 9, 50, elements=[(239, 1, 1)])
IMEI = "001010000000016"


def form(path: Path) -> str:
    return "hex-datagrams" if path.name.startswith("udp") else "auto"


@pytest.mark.parametrize("path", DUMPS, ids=lambda path: path.name)
@pytest.mark.parametrize("reveal", [False, True])
def test_every_byte_of_every_fixture_is_in_one_leaf(path: Path, reveal: bool) -> None:
    data = path.read_bytes()
    whole = bytes.fromhex(data.decode("ascii")) if path.suffix == ".hex" else data
    found = looks(data, form(path), reveal=reveal)
    assert all(covers(one) for one in found)
    assert [one.offset for one in found] == [0, *(one.offset + one.size for one in found[:-1])]
    assert found[-1].offset + found[-1].size == len(whole)


@given(st.data())
def test_so_is_every_byte_of_a_frame_that_was_changed(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(sorted(codecs.shapes())))
    made = tcp_frame(codec, data.draw(st.lists(records(codec), min_size=1, max_size=3)))
    frame = bytearray(login(IMEI) + made)
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=4)):
        frame[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(frame)))
    for one in looks(bytes(frame[:cut]), "stream"):
        assert covers(one)


@given(st.data())
def test_so_is_every_byte_of_a_datagram_that_was_changed(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(sorted(codecs.shapes())))
    packet = bytearray(udp_packet(codec, [data.draw(records(codec))], IMEI))
    for at in data.draw(st.lists(st.integers(0, len(packet) - 1), max_size=4)):
        packet[at] = data.draw(st.integers(0, 255))
    cut = bytes(packet[: data.draw(st.integers(1, len(packet)))])
    for kind in ("datagrams", "stream"):
        assert all(covers(one) for one in looks(cut, kind))
    assert all(covers(one) for one in looks(cut.hex().encode(), "hex-datagrams"))


@given(st.data())
def test_so_is_every_byte_of_a_watch_that_was_changed(data: st.DataObject) -> None:
    frame = bytearray(data.draw(watch_frames()))
    for at in data.draw(st.lists(st.integers(0, len(frame) - 1), max_size=4)):
        frame[at] = data.draw(st.integers(0, 255))
    assert all(covers(one) for one in looks(bytes(frame), "stream"))


@given(st.binary(min_size=1, max_size=200))
def test_so_is_every_byte_of_what_is_nothing(data: bytes) -> None:
    for kind in ("stream", "datagrams"):
        found = looks(data, kind)
        assert all(covers(one) for one in found)
        assert sum(one.size for one in found) == len(data)


@pytest.mark.parametrize("codec", [0x07, 0x0C, 0x0D, 0x0E, 0x0F, 0x04, 0x3D])
@given(content=st.binary(max_size=120))
def test_so_is_every_byte_of_a_command_or_a_record_of_any_content(
    codec: int, content: bytes
) -> None:
    one = look(framed(bytes([codec, 1]) + content + b"\x01"), "stream")
    assert covers(one)


def test_a_run_that_is_too_long_is_counted_and_not_copied() -> None:
    data = b"plain text and more of it " * (LONGEST // 20)
    one = look(data, "stream")
    assert (one.kind, one.code, one.size) == (Kind.SKIPPED, ErrorCode.FOREIGN_TEXT, len(data))
    assert covers(one)


def test_a_refusal_and_what_was_searched_behind_it_are_one() -> None:
    frame = bytes(8) + tcp_frame(8, [GOOD])[8:]
    [one] = looks(frame, "stream")
    assert (one.kind, one.code, one.size) == (Kind.REJECTED, ErrorCode.BAD_LENGTH, len(frame))


def test_frames_are_found_by_number_by_byte_and_by_refusal() -> None:
    good = tcp_frame(8, [GOOD])
    bad = good[:-1] + bytes([good[-1] ^ 1])
    dump = login(IMEI) + good + bad + good + bad
    sizes = (17, 17 + len(good), 17 + 2 * len(good), 17 + 3 * len(good))

    def seek(**sought: int | bool) -> tuple[int, int]:
        found = found_in(dump, door(), Sought(**sought), input_format=InputFormat.STREAM)  # type: ignore[arg-type]
        assert found.unit is not None
        return found.unit.number, found.unit.offset

    assert [seek(frame=number) for number in (1, 2, 3, 4)] == list(enumerate(sizes, 1))
    assert seek(rejected=True) == (2, sizes[1])
    assert seek(at=0) == (0, 0)
    assert seek(at=sizes[2]) == seek(at=sizes[2] + 5) == (3, sizes[2])
    assert seek() == (1, sizes[0])
    assert found_in(dump, door(), Sought(frame=5)).unit is None
    assert found_in(dump, door(), Sought(at=len(dump))).unit is None


def test_the_only_refused_frame_is_the_one_to_look_at() -> None:
    good = tcp_frame(8, [GOOD])
    found = found_in(good + good[:-1] + b"\0" + good, door(), Sought())
    assert found.unit is not None
    assert (found.unit.kind, found.unit.number) == (Kind.REJECTED, 2)
    assert (found.frames, found.rejected, found.whole) == (3, 1, True)


def test_a_frame_that_is_found_early_ends_the_reading() -> None:
    good = tcp_frame(8, [GOOD])
    read = 0

    def chunks() -> object:
        nonlocal read
        for _ in range(100):
            read += 1
            yield good * 8_000

    found = found_in(chunks(), door(), Sought(frame=3), input_format=InputFormat.STREAM)  # type: ignore[arg-type]
    assert not found.whole
    assert read < 5


def test_what_holds_bytes_cannot_be_pickled_or_printed() -> None:
    [unit] = every_unit(tcp_frame(8, [GOOD]), "stream")
    one = look(tcp_frame(8, [GOOD]), "stream")
    for raw in (unit, one.spans[0]):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(raw)
        assert "239" not in repr(raw)
    assert repr(one) == f"Inspection(frame, offset=0, size={one.size})"
