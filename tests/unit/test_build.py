from __future__ import annotations

from itertools import chain
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, body, login, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.wire.frame import Frame, Handshake
from gpsproto.wire.teltonika_tcp import TcpFramer
from gpsproto.wire.teltonika_udp import UdpFramer
from tests.strategies import CODECS, IMEI, record_lists

pytestmark = pytest.mark.core

LATEST_MS = 253_402_300_799_999  # of the year 9999
KEY = gpsproto.PseudonymKey(bytes(range(32)))
FIXED = [
    ("timestamp", "timestamp_ms"), ("priority", "priority"), ("longitude", "longitude_e7"),
    ("latitude", "latitude_e7"), ("altitude", "altitude_m"), ("angle", "angle_deg"),
    ("satellites", "satellites"), ("speed", "speed_kmh"),
]  # fmt: skip
codec_ids = st.sampled_from(CODECS)


@given(codec_ids, st.data())
def test_the_grammar_reads_what_was_built(codec: int, data: st.DataObject) -> None:
    records = data.draw(record_lists(codec))
    parsed = codecs.shapes()[codec].grammar().parse(body(codec, records))
    assert (parsed.codec, parsed.count, parsed.again) == (codec, len(records), len(records))
    for record, found in zip(records, parsed.records, strict=True):
        assert [found.fixed[name] for name, _ in FIXED] == [getattr(record, n) for _, n in FIXED]
        assert found.event == record.event
        groups = [(1, found.n1), (2, found.n2), (4, found.n4), (8, found.n8)]
        assert [(e.id, size, e.value) for size, group in groups for e in group] == sorted(
            record.elements, key=lambda element: element[1]
        )
        if codec == 0x8E:
            assert [(e.id, e.value) for e in found.nx] == list(record.variable)
        if codec == 0x10:
            assert found.generation == record.generation


def decoded(data: bytes) -> list[gpsproto.FilteredBatch]:
    balance = Balance()
    found = list(gpsproto.decode(data, key=KEY, balance=balance, limits=gpsproto.Limits({})))
    assert balance.discrepancies() == []
    assert not balance.rejected
    return found


def column(found: list[gpsproto.FilteredBatch], name: str) -> list[Any]:
    pairs = (zip(*batch.column(name), strict=True) for batch in found)
    return [value if valid else None for value, valid in chain.from_iterable(pairs)]


ORDERS = {(391, 1, 1), (250, 1, 3), (10543, 1, 1)}


@given(codec_ids, st.booleans(), st.data())
def test_decode_gives_what_was_built(codec: int, udp: bool, data: st.DataObject) -> None:
    records = data.draw(record_lists(codec, plausible=True))
    assume(not any(ORDERS & set(record.elements) for record in records))
    made = udp_packet(codec, records, IMEI) if udp else login(IMEI) + tcp_frame(codec, records)
    found = decoded(made)

    def sent(value: int, not_sent: int) -> int | None:
        return None if value == not_sent else value

    def with_fix(values: list[Any]) -> list[Any]:
        pairs = zip(values, records, strict=True)
        return [value if record.satellites else None for value, record in pairs]

    assert sum(map(len, found)) == len(records)
    assert column(found, "satellites") == [r.satellites for r in records]
    assert column(found, "latitude") == with_fix([r.latitude_e7 / 1e7 for r in records])
    assert column(found, "longitude") == with_fix([r.longitude_e7 / 1e7 for r in records])
    assert column(found, "altitude_m") == with_fix([sent(r.altitude_m, -32_768) for r in records])
    assert column(found, "speed_kmh") == with_fix([sent(r.speed_kmh, 65_535) for r in records])
    courses = [r.angle_deg if r.angle_deg <= 360 else None for r in records]
    assert column(found, "course_deg") == with_fix(courses)
    assert column(found, "time") == [
        np.datetime64(r.timestamp_ms, "ms") if r.timestamp_ms <= LATEST_MS else None
        for r in records
    ]
    if codec == 0x10:
        assert column(found, "generation_type") == [r.generation for r in records]
    subject = KEY.domain("tracking").pseudonym("device_id", IMEI[:14].encode())
    assert set(column(found, "subject")) == {subject}


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 65_535)), min_size=1, max_size=9))
def test_elements_are_in_their_columns(values: list[tuple[int, int]]) -> None:
    records = [
        Record(1_750_000_000_000, satellites=9, elements=[(239, 1, one), (66, 2, two)])
        for one, two in values
    ]
    found = decoded(tcp_frame(8, records))
    assert column(found, "ignition") == [one for one, _ in values]
    assert column(found, "external_voltage_mv") == [two for _, two in values]


@given(codec_ids, st.data())
def test_a_frame_is_preamble_length_body_and_sum(codec: int, data: st.DataObject) -> None:
    records = data.draw(record_lists(codec))
    inside = body(codec, records)
    frame = tcp_frame(codec, records)
    assert frame[:8] == bytes(4) + len(inside).to_bytes(4, "big")
    assert frame[8:-4] == inside
    assert frame[-4:] == b"\0\0" + crc16(inside).to_bytes(2, "big")
    assert inside[0] == codec
    assert inside[1] == inside[-1] == len(records)


def test_a_login_is_the_length_and_the_digits() -> None:
    assert login(IMEI) == b"\x00\x0f" + IMEI.encode()


@given(codec_ids, st.integers(0, 65_535), st.integers(0, 255), st.data())
def test_a_packet_holds_what_an_answer_must_echo(
    codec: int, channel: int, avl: int, data: st.DataObject
) -> None:
    records = data.draw(record_lists(codec))
    packet = udp_packet(codec, records, IMEI, channel_packet_id=channel, avl_packet_id=avl)
    framer = UdpFramer()
    framer.receive(packet)
    framer.receive_eof()
    (frame,) = framer.events()
    assert isinstance(frame, Frame)
    assert frame.envelope.packet_ids == (channel, avl)
    assert bytes(frame.body) == body(codec, records)
    assert frame.size == len(packet)


def test_a_built_stream_is_a_login_and_its_frames() -> None:
    records = [Record(1, satellites=1)] * 3
    framer = TcpFramer()
    framer.receive(login(IMEI) + b"".join(tcp_frame(codec, records) for codec in CODECS))
    events = list(framer.events())
    assert isinstance(events[0], Handshake)
    assert [event.codec for event in events if isinstance(event, Frame)] == CODECS


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(min_size=16, max_size=16)), min_size=1))
def test_a_group_that_nothing_announces_is_built_and_read(wide: list[tuple[int, bytes]]) -> None:
    assume(len(wide) <= 200)
    record = Record(1_750_000_000_000, satellites=9, elements=[(239, 1, 1)], wide=wide)
    parsed = codecs.shapes()[8].grammar(group16=True).parse(body(8, [record]))
    assert [(e.id, e.value) for e in parsed.records[0].n16] == wide
    assert column(decoded(tcp_frame(8, [record])), "ignition") == [1]


def test_a_frame_of_255_records_is_built_and_one_more_is_not() -> None:
    inside = body(8, [Record(1)] * 255)
    assert inside[1] == inside[-1] == 255
    with pytest.raises(ValueError, match="does not fit"):
        body(8, [Record(1)] * 256)


CANARY = 490154203237518
WRONG = {
    "another codec": (0x0C, Record(1), "no such AVL codec"),
    "a wide group in 8E": (0x8E, Record(1, wide=[(1, bytes(16))]), "no 16-byte group"),
    "a wide group in 16": (0x10, Record(1, wide=[(1, bytes(16))]), "no 16-byte group"),
    "variable in 8": (8, Record(1, variable=[(1, b"x")]), "variable length"),
    "variable in 16": (0x10, Record(1, variable=[(1, b"x")]), "variable length"),
    "three bytes wide": (8, Record(1, elements=[(1, 3, 0)]), "1, 2, 4 or 8 bytes"),
    "sixteen bytes wide": (8, Record(1, elements=[(1, 16, 0)]), "1, 2, 4 or 8 bytes"),
    "an id over its size": (8, Record(1, elements=[(256, 1, 0)]), "does not fit"),
    "an event over its size": (8, Record(1, event=256), "does not fit"),
    "a value over its width": (8, Record(1, elements=[(1, 1, CANARY)]), "does not fit"),
    "a negative value": (8, Record(1, elements=[(1, 8, -1)]), "does not fit"),
    "a negative time": (8, Record(-CANARY), "does not fit"),
    "a longitude over 32 bits": (8, Record(1, longitude_e7=CANARY), "does not fit"),
    "an altitude over 16 bits": (8, Record(1, altitude_m=-32_769), "does not fit"),
    "a generation over a byte": (0x10, Record(1, generation=256), "does not fit"),
    "a wide element too short": (8, Record(1, wide=[(1, bytes(15))]), "does not fit"),
    "too many elements": (8, Record(1, elements=[(1, 1, 0)] * 256), "does not fit"),
    "text for a number": (8, Record("490154203237518"), "does not fit"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("codec", "record", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_written_is_refused_and_not_quoted(
    codec: int, record: Record, said: str
) -> None:
    for build in (body, tcp_frame):
        with pytest.raises(ValueError, match=said) as caught:
            build(codec, [record])
        assert caught.value.__context__ is None
        assert str(CANARY)[:8] not in str(caught.value)


def test_the_total_of_the_groups_may_not_overflow() -> None:
    with pytest.raises(ValueError, match="does not fit"):
        body(8, [Record(1, elements=[(1, 1, 0)] * 200 + [(1, 2, 0)] * 200)])
