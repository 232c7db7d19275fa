"""The scan of a capture's packets: both engines agree, and dpkt finds the same in them."""

from __future__ import annotations

from array import array
from io import BytesIO
from typing import Any

import dpkt
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.walk import codes
from tests import packets
from tests.conftest import ENGINES, Engine

pytestmark = pytest.mark.core

LINKS = (1, 113, 276, 0, 108, 101)
ENDS = st.tuples(st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.1"]), st.integers(0, 65_535))
PAYLOADS = st.binary(max_size=60)


@st.composite
def made(draw: st.DrawFn) -> packets.Packet:
    sequence = draw(st.none() | st.integers(0, (1 << 32) - 1))
    flags = draw(st.integers(0, 63))
    return packets.Packet(draw(ENDS), draw(ENDS), draw(PAYLOADS), sequence, flags)


def scanned(
    engine: Engine, data: bytes, *, links: tuple[int, ...], big: bool = False, form: int = 0,
    rows: int = 50,
) -> tuple[list[list[int]], list[bytes], list[int]]:  # fmt: skip
    """Rows, keys and state after a scan."""
    state = array("q", bytes(8 * codes.PACKETS_SIZE))
    state[codes.PACKETS_STOP], state[codes.PACKETS_FORM] = len(data), form
    state[codes.PACKETS_BIG], state[codes.PACKETS_HEAD] = big, 16
    state[codes.PACKETS_LINKS] = len(links)
    table = array("q", bytes(8 * codes.PACKET_STRIDE * rows))
    keys = bytearray(codes.PACKET_KEY * rows)
    engine.packets.scan_packets(data, array("q", links), table, keys, state)
    count = state[codes.PACKETS_ROWS]
    cells = np.frombuffer(table, np.int64).reshape(-1, codes.PACKET_STRIDE)[:count, :7].tolist()
    found = [
        bytes(keys[at : at + codes.PACKET_KEY]) if row[0] in (codes.PACKET_TCP, codes.PACKET_UDP)
        else b""
        for at, row in zip(range(0, len(keys), codes.PACKET_KEY), cells, strict=False)
    ]  # fmt: skip
    return cells, found, state.tolist()


@given(st.binary(max_size=400), st.sampled_from([*LINKS, 12, 99]), st.booleans(), st.booleans())
def test_engines_agree_on_any_bytes(data: bytes, link: int, big: bool, blocks: bool) -> None:
    if blocks:
        order = ">" if big else "<"
        data = packets.enhanced(data, order=order) + data
    else:
        data = packets.pcap([data, data[:70]], order=">" if big else "<")[24:] + data
    first, *others = [
        scanned(engine, data, links=(link,), big=big, form=int(blocks)) for engine in ENGINES
    ]
    for other in others:
        assert other == first


@given(st.lists(made(), max_size=6), st.sampled_from(LINKS), st.booleans(), st.data())
def test_engines_agree_on_packets_that_are_damaged(
    sent: list[packets.Packet], link: int, six: bool, more: st.DataObject
) -> None:
    ip = packets.ipv6 if six else packets.ipv4
    data = bytearray(packets.pcap(packets.linked(link, ip(one)) for one in sent)[24:])
    for _ in range(more.draw(st.integers(0, 4))):
        if data:
            data[more.draw(st.integers(0, len(data) - 1))] = more.draw(st.integers(0, 255))
    first, *others = [scanned(engine, bytes(data), links=(link,)) for engine in ENGINES]
    for other in others:
        assert other == first
    for row in first[0]:
        start, size = row[codes.PACKET_OFFSET], row[codes.PACKET_SIZE]
        assert 0 <= start <= start + size <= len(data)


@given(st.lists(made(), max_size=6), st.booleans())
@pytest.mark.parametrize("link", LINKS)
def test_payloads_and_ends_are_those_that_were_sent(
    link: int, sent: list[packets.Packet], six: bool
) -> None:
    ip = packets.ipv6 if six else packets.ipv4
    data = packets.pcap(packets.linked(link, ip(one)) for one in sent)[24:]
    keys: dict[Any, bytes] = {}
    for engine in ENGINES:
        rows, found, state = scanned(engine, data, links=(link,))
        assert len(rows) == len(sent)
        assert state[codes.PACKETS_REASON] == codes.STOP_MORE
        for one, row, key in zip(sent, rows, found, strict=True):
            start, size = row[codes.PACKET_OFFSET], row[codes.PACKET_SIZE]
            assert data[start : start + size] == one.payload
            assert row[codes.PACKET_WHOLE] == size
            assert row[codes.PACKET_KIND] == (
                codes.PACKET_UDP if one.sequence is None else codes.PACKET_TCP
            )
            if one.sequence is not None:
                assert row[codes.PACKET_SEQUENCE] == one.sequence
                assert row[codes.PACKET_FLAGS] == one.flags
            # one key for both ways, another for any other ends
            ends = one.sequence is None, frozenset([one.source, one.target])
            assert keys.setdefault(ends, key) == key
        assert len(set(keys.values())) == len(keys)


@given(st.lists(made(), max_size=5))
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_records_and_payloads_are_those_that_dpkt_reads(
    engine: Engine, sent: list[packets.Packet]
) -> None:
    file = packets.by_dpkt([packets.ethernet(packets.ipv4(one)) for one in sent])
    rows, _, _ = scanned(engine, file[24:], links=(1,))
    read = [dpkt.ethernet.Ethernet(data).data.data for _, data in dpkt.pcap.Reader(BytesIO(file))]
    told = [
        file[24 + row[codes.PACKET_OFFSET] :][: row[codes.PACKET_SIZE]] for row in rows
    ]  # fmt: skip
    assert told == [bytes(inner.data) for inner in read]


@given(made(), st.integers(0, 80))
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_packet_that_was_cut_off_says_how_long_it_was(
    engine: Engine, one: packets.Packet, cut: int
) -> None:
    whole = packets.ethernet(packets.ipv4(one), pad=False)
    cut = min(cut, len(whole))
    data = packets.pcap([(whole[: len(whole) - cut], len(whole))])[24:]
    (row,), _, _ = scanned(engine, data, links=(1,))
    if row[codes.PACKET_KIND] != codes.PACKET_OTHER:
        assert row[codes.PACKET_WHOLE] == len(one.payload)
        assert row[codes.PACKET_SIZE] == max(0, len(one.payload) - cut)


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_a_full_table_stops_the_scan_between_two_packets(engine: Engine) -> None:
    one = packets.ethernet(packets.ipv4(packets.Packet(packets.DEVICE, packets.SERVER, b"x", 1)))
    data = packets.pcap([one] * 5)[24:]
    rows, _, state = scanned(engine, data, links=(1,), rows=3)
    assert len(rows) == 3
    assert state[codes.PACKETS_REASON] == codes.STOP_FULL
    assert state[codes.PACKETS_POSITION] == 3 * (16 + len(one))
