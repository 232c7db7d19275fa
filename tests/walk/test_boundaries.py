"""One byte more, one byte less: where a bound stands, exactly."""

from __future__ import annotations

import pytest

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, body, tcp_frame, udp_packet
from gpsproto.checksum import crc16
from gpsproto.errors import ErrorCode
from tests.conftest import Engine
from tests.policies import KEEP_ALL
from tests.table import rows

pytestmark = pytest.mark.core
_TIME_MS = 1_790_000_000_000
_CODEC_8E = 0x8E


def framed(data: bytes) -> bytes:
    """A body in a frame whose length and checksum are right."""
    return bytes(4) + len(data).to_bytes(4, "big") + data + crc16(data).to_bytes(4, "big")


@pytest.mark.parametrize("more", [-1, 1])
def test_an_element_that_says_a_byte_too_much_or_too_little_is_named_by_its_length(
    more: int, engine: Engine
) -> None:
    said = bytearray(body(_CODEC_8E, [Record(_TIME_MS, variable=[(256, b"x" * 17)])]))
    at = len(said) - 1 - 17 - 2
    said[at : at + 2] = (17 + more).to_bytes(2, "big")
    balance = Balance()
    assert not rows(gpsproto.decode(framed(bytes(said)), balance=balance))
    if more > 0:
        assert balance.first_rejected == [(ErrorCode.TRUNCATED, 0, 8 + at)]
    else:
        assert balance.first_rejected == [(ErrorCode.TRAILING_BYTES, 0, 8 + len(said) - 2)]


@pytest.mark.parametrize("longitude_e7", [-1_800_000_000, 1_800_000_000])
@pytest.mark.parametrize("latitude_e7", [-900_000_000, 900_000_000])
def test_the_ends_of_the_earth_are_places(
    longitude_e7: int, latitude_e7: int, engine: Engine
) -> None:
    record = Record(_TIME_MS, longitude_e7, latitude_e7, satellites=5)
    (row,) = rows(gpsproto.decode(tcp_frame(8, [record])))
    assert (row["longitude"], row["latitude"]) == (longitude_e7 / 1e7, latitude_e7 / 1e7)


@pytest.mark.parametrize(("longitude_e7", "latitude_e7"), [
    (1_800_000_001, 0), (-1_800_000_001, 0), (0, 900_000_001), (0, -900_000_001),
])  # fmt: skip
def test_a_step_beyond_them_is_none(longitude_e7: int, latitude_e7: int, engine: Engine) -> None:
    record = Record(_TIME_MS, longitude_e7, latitude_e7, satellites=5)
    balance = Balance()
    (row,) = rows(gpsproto.decode(tcp_frame(8, [record]), balance=balance))
    assert row["longitude"] is None
    assert balance.places_out_of_range == 1


@pytest.mark.parametrize("width", [1, 2, 4, 8])
@pytest.mark.parametrize("before", range(9))
def test_a_record_that_differs_in_the_last_id_only_is_not_taken_for_the_form_before(
    before: int, width: int, engine: Engine
) -> None:
    """Whatever the length of a record is: the comparison of forms takes eight bytes at a time."""
    same = [(id, 1, 1) for id in range(1, 1 + before)]
    usual, other = (
        Record(_TIME_MS, elements=[*same, (id, width, 7)]) for id in (250 - width, 251 - width)
    )
    run = rows(gpsproto.decode(tcp_frame(8, [usual] * 24 + [other]), policy=KEEP_ALL))
    alone = rows(gpsproto.decode(tcp_frame(8, [other]), policy=KEEP_ALL))
    told = Balance()
    list(gpsproto.decode(tcp_frame(8, [usual] * 24 + [other]), policy=KEEP_ALL, balance=told))
    apart = Balance()
    for records in ([usual] * 24, [other]):
        list(gpsproto.decode(tcp_frame(8, records), policy=KEEP_ALL, balance=apart))
    assert {**run[-1], "subject": None} == {**alone[0], "subject": None}
    assert told.fields_by_action == apart.fields_by_action
    assert told.unknown == apart.unknown


def test_a_datagram_whose_imei_holds_a_letter_is_refused(engine: Engine) -> None:
    packet = bytearray(udp_packet(8, [Record(_TIME_MS)], "001010000000016"))
    packet[8 + 14] = ord("A")
    balance = Balance()
    assert not rows(
        gpsproto.decode(packet.hex().encode(), balance=balance, input_format="hex-datagrams")
    )
    assert list(balance.rejected) == [ErrorCode.BAD_HANDSHAKE]


def test_private_mode_takes_attributes_out_of_its_own_record_alone(engine: Engine) -> None:
    told = [(205, 2, 7), (206, 2, 8)]
    records = [
        Record(_TIME_MS, elements=[*order, *told])
        for order in ([], [(391, 1, 1)], [], [(391, 1, 1)])
    ]
    found = rows(gpsproto.decode(tcp_frame(_CODEC_8E, records), policy=KEEP_ALL, family="FMB"))
    assert [row.get("gsm_cell_id") for row in found] == [7, None, 7, None]
