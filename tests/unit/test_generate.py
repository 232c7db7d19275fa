from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import codecs
from gpsproto.build import Counts, Faults, Fleet, Record, check, tcp_frame
from gpsproto.build.layouts import LAYOUTS as MEMBERS
from gpsproto.build.layouts import members
from gpsproto.build.watch import Position, position
from gpsproto.build.watchtemplates import WORD
from gpsproto.catalog import load
from tests.generated import CODECS, LAYOUTS, column, decoded, dump, fleets, frames, parsed

pytestmark = pytest.mark.once

SMALL = {"devices": 3, "records": 60, "records_per_frame": 4}


def groups(record: Any) -> Iterator[tuple[int, int, Any]]:
    for width, name in ((1, "n1"), (2, "n2"), (4, "n4"), (8, "n8")):
        yield from ((one.id, width, one.value) for one in record[name])


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("codec", CODECS)
def test_the_grammar_reads_exactly_what_each_device_meant(
    codec: int, layout: Any, transport: Any
) -> None:
    fleet = Fleet(codec=codec, layout=layout, transport=transport, **SMALL)
    found: dict[int, list[Any]] = {}
    for frame in frames(dump(fleet), udp=transport == "udp"):
        found.setdefault(frame.envelope.conversation, []).extend(parsed(frame))
    meant: dict[int, list[Record]] = {}
    for device, record in fleet.meant():
        assert isinstance(record, Record)
        meant.setdefault(device + 1, []).append(record)
    assert {number: len(records) for number, records in found.items()} == {1: 20, 2: 20, 3: 20}
    for number, records in meant.items():
        for record, read in zip(records, found[number], strict=True):
            fixed = read.fixed
            assert fixed.timestamp == record.timestamp_ms
            assert (fixed.longitude, fixed.latitude) == (record.longitude_e7, record.latitude_e7)
            assert (fixed.altitude, fixed.angle) == (record.altitude_m, record.angle_deg)
            assert (fixed.satellites, fixed.speed) == (record.satellites, record.speed_kmh)
            assert (fixed.priority, read.event) == (record.priority, record.event)
            assert sorted(groups(read)) == sorted(record.elements)
            if codec == 0x8E:
                assert [(one.id, one.value) for one in read.nx] == list(record.variable)
            if codec == 0x10:
                assert read.generation == record.generation


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_watch_says_exactly_what_the_builder_would(layout: Any) -> None:
    fleet = Fleet(kind="watch", layout=layout, devices=3, records=60)
    lines = dump(fleet).replace(b"][", b"]\n[").splitlines()
    positions = [line for line in lines if WORD.encode() in line]
    assert len(lines) - len(positions) == 3
    for line, (_, meant) in zip(positions, fleet.meant(), strict=True):
        assert isinstance(meant, Position)
        assert line == position(line[4:14].decode(), WORD, meant)


@pytest.mark.core
@given(fleets())
def test_decode_gives_what_was_meant(fleet: Fleet) -> None:
    found, balance = decoded(dump(fleet, "hex" if fleet.kind == "watch" else "bin"))
    counts = Counts()
    assert dump(fleet) == b"".join(fleet.written("bin", counts))
    assert (balance.frames, balance.records) == (counts.frames_intact, counts.records_intact)
    assert not balance.rejected
    assert balance.logins == counts.logins
    assert fleet.total_records == counts.records == fleet.records

    def told(one: Record | Position) -> tuple[Any, ...]:
        if isinstance(one, Record):
            place = (one.latitude_e7 / 1e7, one.longitude_e7 / 1e7, float(one.speed_kmh))
            seen = place if one.satellites else (None, None, None)
            return (np.datetime64(one.timestamp_ms, "ms"), *seen, one.satellites)
        north = -1 if one.latitude_letter == "S" else 1
        east = -1 if one.longitude_letter == "W" else 1
        place = (
            north * float(one.latitude or 0), east * float(one.longitude or 0),
            float(one.speed_kmh or 0),
        )  # fmt: skip
        seen = place if one.valid else (None, None, None)
        return (np.datetime64(one.time_ms, "ms"), *seen, one.satellites)

    names = ("time", "latitude", "longitude", "speed_kmh", "satellites")
    rows = zip(*(column(found, name) for name in names), column(found, "message"), strict=True)
    read = [row[:-1] for row in rows if row[-1] != "link"]
    meant = [told(one) for _, one in fleet.meant()]

    def spelled(row: tuple[Any, ...]) -> list[str]:  # numbers of numpy as those of Python
        return [str(one) for one in row]

    assert sorted(read, key=spelled) == sorted(meant, key=spelled)


def test_elements_are_in_their_columns() -> None:
    fleet = Fleet(layout="basic", **SMALL)
    found, _ = decoded(dump(fleet), family="FMB")
    meant = [{id: value for id, _, value in one.elements} for _, one in fleet.meant()]  # type: ignore[union-attr]
    assert column(found, "ignition") == [bool(one[239]) for one in meant]
    assert column(found, "external_voltage_mv") == [one[66] for one in meant]


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_catalog_knows_every_element_of_a_layout(layout: Any) -> None:
    facts = load()
    for one in MEMBERS[layout]:
        widths = [getattr(one, "width", None)] if hasattr(one, "width") else [17, 0]
        assert any(facts.meaning(one.id, width, "FMB") for width in widths), one.id


@pytest.mark.parametrize("codec", CODECS)
def test_a_codec_sends_the_ids_that_it_can_write(codec: int) -> None:
    shape = codecs.shapes()[codec]
    sent = {one.id for one in members("wide", shape)}
    every = {one.id for one in MEMBERS["wide"]}
    assert len([one.id for one in MEMBERS["wide"]]) == len(every)
    if codec == 0x8E:
        assert sent == every
    assert (max(sent) > 255) == (shape.id_size == 2)


@given(fleets())
def test_the_same_seed_gives_the_same_bytes_and_another_others(fleet: Fleet) -> None:
    assert dump(fleet) == dump(replace(fleet))
    assert dump(fleet) != dump(replace(fleet, seed=fleet.seed + 1))


DIGESTS = {
    ("teltonika", "bin"): "6648f90f7e34714b",
    ("watch", "hex"): "91b3689f5916db55",
    ("mixed", "pcap"): "5ec2269b572b67ec",
    ("mixed", "pcapng"): "3862d10f2c7f89c7",
}


def digest(kind: Any, form: Any) -> str:
    faults = Faults(duplicates=0.1, truncated=0.1, noise=0.1, clock_errors=0.1)
    fleet = Fleet(devices=4, records=200, kind=kind, layout="wide", seed=11, faults=faults)
    return hashlib.sha256(dump(fleet, form)).hexdigest()[:16]


@pytest.mark.parametrize(("kind", "form"), DIGESTS)
def test_the_bytes_of_a_seed_are_those_of_every_platform(kind: str, form: str) -> None:
    assert digest(kind, form) == DIGESTS[kind, form]


def test_another_process_makes_the_same_bytes() -> None:
    script = (
        "import sys; from gpsproto.build import Fleet;"
        " sys.stdout.buffer.writelines(Fleet(devices=5, records=99, kind='mixed').written())"
    )
    made = [
        subprocess.run(
            [sys.executable, "-c", script], capture_output=True, check=True, timeout=120,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert made[0] == made[1] == dump(Fleet(devices=5, records=99, kind="mixed"))


def test_how_a_fleet_is_cut_into_lots_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    fleet = Fleet(devices=5, records=500, kind="mixed", records_per_frame=3)
    wholes = [dump(fleet, form) for form in ("bin", "hex", "pcap")]
    monkeypatch.setattr("gpsproto.build.plan.BLOCK_BYTES", 3_000)
    assert [dump(fleet, form) for form in ("bin", "hex", "pcap")] == wholes


def test_hex_is_the_bytes_of_the_stream_a_read_a_line() -> None:
    fleet = Fleet(**SMALL)
    lines = dump(fleet, "hex").splitlines()
    assert b"".join(bytes.fromhex(line.decode()) for line in lines) == dump(fleet)
    assert len(lines) == 3 + 15


@given(st.integers(1, 5), st.integers(1, 60), st.integers(1, 5))
def test_as_many_records_are_made_as_were_asked_for(
    devices: int, records: int, per_frame: int
) -> None:
    if -(-records // per_frame) < devices:
        return
    fleet = Fleet(devices=devices, records=records, records_per_frame=per_frame, layout="basic")
    assert len(list(fleet.meant())) == records
    assert sum(len(parsed(frame)) for frame in frames(dump(fleet))) == records


@pytest.mark.parametrize("kind", ["teltonika", "watch", "mixed"])
def test_as_many_frames_are_made_as_were_asked_for(kind: Any) -> None:
    counts = Counts()
    fleet = Fleet(devices=4, frames=41, kind=kind)
    b"".join(fleet.written("bin", counts))
    assert counts.frames == 41
    assert decoded(dump(fleet))[1].frames == 41 + counts.links


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "no devices": ({"devices": 0, "records": 9}, "1 to 1,000,000"),
    "nothing to send": ({}, "either"),
    "records and frames": ({"records": 9, "frames": 9}, "either"),
    "idle devices": ({"devices": 10, "records": 9}, "more devices"),
    "one mixed": ({"devices": 1, "records": 9, "kind": "mixed"}, "two devices"),
    "another codec": ({"records": 99, "codec": 12}, "no such AVL codec"),
    "another kind": ({"records": 99, "kind": "boat"}, "no such kind"),
    "another transport": ({"records": 99, "transport": "sms"}, "no such transport"),
    "another trip": ({"records": 99, "trip": "flying"}, "no such trip"),
    "another layout": ({"records": 99, "layout": "none"}, "no such layout"),
    "too many records a frame": ({"records": 999, "records_per_frame": 256}, "255"),
    "a watch's many": ({"records": 99, "kind": "watch", "records_per_frame": 2}, "one record"),
    "a watch by UDP": ({"records": 99, "kind": "watch", "transport": "udp"}, "TCP"),
    "a watch's CRC": ({"records": 99, "kind": "watch", "faults": Faults(bad_crc=0.1)}, "no CRC"),
    "a datagram's CRC": (
        {"records": 99, "transport": "udp", "faults": Faults(bad_crc=0.1)}, "no CRC",
    ),
    "long ago": ({"records": 99, "start_ms": 1_000}, "2012"),
    "far ahead": ({"records": 10**10}, "2099"),
    "no interval": ({"records": 99, "interval_ms": 0}, "interval"),
    "a frame too long": (
        {"records": 999, "records_per_frame": 100, "layout": "wide"}, "8,192 bytes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_fleet_that_cannot_be_is_refused(wrong: str) -> None:
    values, said = WRONG[wrong]
    with pytest.raises(ValueError, match=said) as caught:
        Fleet(**values)
    assert caught.value.__context__ is None


def test_a_form_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="no such form"):
        Fleet(records=9, devices=1).written("tar")  # type: ignore[arg-type]


def test_sums_are_the_same_without_the_compiled_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = dump(Fleet(**SMALL))
    monkeypatch.setattr("gpsproto.walk.frames.COMPILED", False)
    assert dump(Fleet(**SMALL)) == compiled


def test_a_frame_that_is_not_what_was_meant_is_found_out() -> None:
    record = Record(1_750_000_000_000, 48_950_000, 523_700_000, satellites=9)
    good = tcp_frame(8, [record])
    check.frame(good, good, [record])
    wrong = {
        "construct": (good, good[:-1] + b"x", [record]),
        "not decoded": (good[:-1] + b"x", good[:-1] + b"x", [record]),
        "to what was meant": (good, good, [replace(record, latitude_e7=0)]),
        "to its times": (good, good, [replace(record, timestamp_ms=1_750_000_000_001)]),
    }
    for said, arguments in wrong.items():
        with pytest.raises(AssertionError, match=said):
            check.frame(*arguments)
