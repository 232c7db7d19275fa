"""Codec 7 and SMS from typed values: what cannot be written is refused, and not quoted."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given

from gpsproto.build import (
    GhRecord,
    HourlyPlace,
    binary_sms,
    codec7_body,
    codec7_frame,
    codec7_packet,
    sms24,
)
from gpsproto.checksum import crc16
from gpsproto.codecs import codec4, codec7
from tests.gh_strategies import LATEST_S, gh_record_lists
from tests.strategies import IMEI

NOW_S = 1_750_000_000


@given(gh_record_lists)
def test_the_body_is_what_the_grammar_reads(records: list[GhRecord]) -> None:
    parsed = codec7.grammar().parse(codec7_body(records))
    for record, found in zip(records, parsed.records, strict=True):
        assert found.when.seconds == record.timestamp_s - codec7.EPOCH_S
        assert found.when.priority == record.priority
        gps = found.gps
        assert (gps is None or gps.place is None) is (record.latitude is None)
        assert (None if gps is None else gps.altitude) == record.altitude_m
        assert (None if gps is None else gps.operator) == record.operator
        groups = [(1, found.n1), (2, found.n2), (4, found.n4)]
        assert [(e.id, size, e.value) for size, group in groups for e in group or ()] == sorted(
            record.elements, key=lambda element: element[1]
        )


def test_what_is_not_sent_takes_no_byte() -> None:
    assert codec7_body([GhRecord(codec7.EPOCH_S)]).hex() == "0701" + "00000000" + "00" + "01"
    body = codec7_body([GhRecord(codec7.EPOCH_S, priority=3, signal=5)])
    assert body.hex() == "0701" + "c0000000" + "01" + "40" + "05" + "01"


def test_a_frame_and_a_packet_hold_the_body() -> None:
    records = [GhRecord(NOW_S, 52.0, 4.0)]
    body = codec7_body(records)
    frame = codec7_frame(records)
    assert frame == bytes(4) + len(body).to_bytes(4, "big") + body + crc16(body).to_bytes(4, "big")
    packet = codec7_packet(records, IMEI, channel_packet_id=0xBEEF, avl_packet_id=2)
    assert packet[2:4].hex() == "beef"
    assert packet.endswith(IMEI.encode() + body)
    assert binary_sms(body, IMEI) == body + int(IMEI).to_bytes(8, "big")


REFUSED: list[Callable[[], bytes]] = [
    lambda: codec7_body([GhRecord(codec7.EPOCH_S - 1)]),
    lambda: codec7_body([GhRecord(LATEST_S + 1)]),
    lambda: codec7_body([GhRecord(NOW_S, priority=4)]),
    lambda: codec7_body([GhRecord(NOW_S, latitude=31_337.5)]),
    lambda: codec7_body([GhRecord(NOW_S, 1.0, 2.0, altitude_m=31_337_000)]),
    lambda: codec7_body([GhRecord(NOW_S, satellites=31_337)]),
    lambda: codec7_body([GhRecord(NOW_S, elements=[(1, 8, 31_337)])]),
    lambda: codec7_body([GhRecord(NOW_S, elements=[(31_337, 1, 1)])]),
    lambda: codec7_body([GhRecord(NOW_S)] * 256),
    lambda: binary_sms(b"", "31337x"),
    lambda: binary_sms(b"", "31337" * 5),
    lambda: sms24(IMEI, codec4.EPOCH_S - 31_337, [None]),
    lambda: sms24(IMEI, NOW_S, []),
    lambda: sms24(IMEI, NOW_S, [None] * 25),
    lambda: sms24(IMEI, NOW_S, [HourlyPlace(31_337.0, 4)]),
    lambda: sms24(IMEI, NOW_S, [HourlyPlace(52, float("nan"))]),
    lambda: sms24(IMEI, NOW_S, [HourlyPlace(52, 4, 31_337)]),
]


@pytest.mark.parametrize("made", REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_written_is_refused_and_not_quoted(made: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError, match=r"[a-z]") as caught:
        made()
    assert "31337" not in str(caught.value)
    assert caught.value.__context__ is None
