from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Counts, Faults, Fleet
from tests.generated import dump, fleets

pytestmark = pytest.mark.once

FORMS = ["pcap", "pcapng"]
SERVER = bytes((192, 0, 2, 10))


@dataclass
class Flow:
    """A TCP conversation: what each side said, and the flags it saw."""

    sent: bytes = b""
    answered: bytes = b""
    flags: list[int] = field(default_factory=list)
    next: dict[bool, int] = field(default_factory=dict)


def packets(data: bytes, form: str) -> Iterator[tuple[int, bytes]]:
    """Time in us and bytes of each packet, by the formats' documents."""
    if form == "pcap":
        assert data[:24] == struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
        at = 24
        while at < len(data):
            seconds, micros, kept, sent = struct.unpack_from("<IIII", data, at)
            assert kept == sent
            assert micros < 1_000_000
            yield seconds * 1_000_000 + micros, data[at + 16 : at + 16 + kept]
            at += 16 + kept
        assert at == len(data)
        return
    at = 0
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0
        assert struct.unpack_from("<I", data, at + size - 4) == (size,)
        if kind == 6:
            upper, lower, kept, sent = struct.unpack_from("<IIII", data, at + 12)
            assert kept == sent
            assert size == 32 + kept + -kept % 4
            yield upper << 32 | lower, data[at + 28 : at + 28 + kept]
        at += size
    assert at == len(data)


def folded(data: bytes) -> int:
    """The one's complement sum of 16-bit words: 0xFFFF where a checksum in it is right."""
    total = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def checked(packet: bytes) -> tuple[bytes, bytes, bytes]:
    """Source, target and segment of a packet whose lengths and checksums are right."""
    assert packet[12:14] == b"\x08\x00"
    head, segment = packet[14:34], packet[34:]
    assert folded(head) == 0xFFFF
    assert struct.unpack_from(">H", head, 2) == (20 + len(segment),)
    assert len(packet) <= 14 + 1_500
    pseudo = head[12:20] + bytes((0, head[9])) + struct.pack(">H", len(segment))
    assert folded(pseudo + segment) == 0xFFFF
    return head[12:16], head[16:20], segment


def conversations(data: bytes, form: str) -> dict[tuple[bytes, int], Flow]:
    """Conversations in the order in which they begin; sequence numbers leave no gap."""
    flows: dict[tuple[bytes, int], Flow] = {}
    for _, packet in packets(data, form):
        source, target, segment = checked(packet)
        ports = struct.unpack_from(">HH", segment)
        out = target == SERVER
        assert out or source == SERVER
        seq, ack, offset, flags = struct.unpack_from(">IIBB", segment, 4)
        said = segment[(offset >> 4) * 4 :]
        flow = flows.setdefault((source, ports[0]) if out else (target, ports[1]), Flow())
        if flags & 0x02:
            flow.next[out] = seq
        assert seq == flow.next[out]
        assert not flags & 0x10 or ack == flow.next[not out]
        flow.next[out] = seq + len(said) + bool(flags & 0x03) & 0xFFFF_FFFF
        flow.flags.append(flags)
        if out:
            flow.sent += said
        else:
            flow.answered += said
    return flows


@pytest.mark.parametrize("form", FORMS)
@given(st.data())
def test_the_conversations_hold_the_bytes_of_the_stream(form: str, data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(["teltonika", "watch"]))
    fleet = data.draw(fleets(kind=kind, transport="tcp"))
    flows = conversations(dump(fleet, form), form)
    assert b"".join(flow.sent for flow in flows.values()) == dump(fleet)
    assert len(flows) == fleet.devices


@given(fleets(kind="teltonika", transport="tcp"))
def test_the_server_accepts_each_login_and_counts_each_frame(fleet: Fleet) -> None:
    flows = conversations(dump(fleet, "pcap"), "pcap").values()
    answers = [flow.answered for flow in flows]
    assert all(answer[:1] == b"\x01" for answer in answers)
    counted = [
        int.from_bytes(answer[at : at + 4], "big")
        for answer in answers
        for at in range(1, len(answer), 4)
    ]
    assert sum(counted) == fleet.records


def test_a_conversation_begins_and_ends_as_one_does() -> None:
    for flow in conversations(dump(Fleet(devices=3, records=30), "pcap"), "pcap").values():
        assert flow.flags[:3] == [0x02, 0x12, 0x10]
        assert flow.flags[-3:] == [0x11, 0x11, 0x10]


@pytest.mark.parametrize("form", FORMS)
def test_packets_stand_in_the_order_of_time(form: str) -> None:
    fleet = Fleet(devices=5, records=400, kind="mixed", records_per_frame=3)
    times = [time for time, _ in packets(dump(fleet, form), form)]
    assert all(one <= other for one, other in pairwise(times))
    assert times[0] // 1_000 >= fleet.start_ms


def test_several_devices_speak_in_turns() -> None:
    fleet = Fleet(devices=4, records=40, layout="basic")
    speakers = [checked(packet)[0] for _, packet in packets(dump(fleet, "pcap"), "pcap")]
    speakers = [one for one in speakers if one != SERVER]
    changes = sum(one != other for one, other in pairwise(speakers))
    assert changes >= 39


def test_a_frame_longer_than_a_packet_comes_in_segments() -> None:
    fleet = Fleet(devices=1, records=60, records_per_frame=20)
    sizes = [len(packet) for _, packet in packets(dump(fleet, "pcap"), "pcap")]
    assert max(sizes) == 14 + 1_500


@pytest.mark.parametrize("form", FORMS)
def test_datagrams_are_packets_and_each_is_answered(form: str) -> None:
    fleet = Fleet(devices=3, records=31, transport="udp", layout="basic", records_per_frame=2)
    said, answers = [], []
    for _, packet in packets(dump(fleet, form), form):
        source, _, segment = checked(packet)
        (answers if source == SERVER else said).append(segment[8:])
        assert struct.unpack_from(">H", segment, 4) == (len(segment),)
    assert sorted(said) == sorted(bytes.fromhex(one.decode()) for one in dump(fleet, "hex").split())
    assert [(one[2:4], one[5], one[6]) for one in answers] == [
        (one[2:4], one[5], one[-1]) for one in said
    ]
    assert all(one[:2] == b"\0\5" for one in answers)


def test_a_connection_that_ends_inside_a_frame_is_followed_by_another() -> None:
    counts = Counts()
    fleet = Fleet(devices=3, records=300, faults=Faults(truncated=0.1))
    data = b"".join(fleet.written("pcap", counts))
    assert len(conversations(data, "pcap")) == 3 + counts.truncated


@given(fleets(kind="teltonika", transport="tcp"))
def test_cut_reads_are_segments_of_the_same_bytes(fleet: Fleet) -> None:
    cut = replace(fleet, faults=Faults(split=1.0))
    one, other = (conversations(dump(each, "pcap"), "pcap") for each in (fleet, cut))
    assert {key: flow.sent for key, flow in one.items()} == {
        key: flow.sent for key, flow in other.items()
    }
    assert sum(len(flow.flags) for flow in other.values()) > sum(
        len(flow.flags) for flow in one.values()
    )


def test_a_datagram_that_no_packet_holds_is_refused() -> None:
    fleet: Any = Fleet(records=99, transport="udp", layout="wide", records_per_frame=9)
    with pytest.raises(ValueError, match="1,472 bytes"):
        fleet.written("pcap")
    assert dump(fleet)
