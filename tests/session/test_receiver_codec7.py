"""A personal tracker of Codec 7, live: it is answered as any sender of records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import Receiver
from gpsproto.build import (
    GhRecord,
    Record,
    codec7_body,
    codec7_frame,
    codec7_packet,
    login,
    tcp_frame,
    udp_packet,
)
from gpsproto.build.teltonika import framed
from gpsproto.errors import ErrorCode
from gpsproto.privacy.policy import Policy
from tests.gh_strategies import gh_record_lists
from tests.session.talk import KEY, bytewise, talked
from tests.strategies import IMEI, cuts
from tests.table import rows

TRACKING = Policy.load("tracking")
NOW_S = 1_750_000_000
RECEIVED = {"received_at", "clock_suspect", "expires_on", "retention_class"}


@settings(max_examples=20)
@given(frames=st.lists(gh_record_lists, min_size=1, max_size=4), more=st.data())
def test_each_frame_is_owed_its_count_however_it_is_cut(
    frames: list[list[GhRecord]], more: st.DataObject
) -> None:
    data = login(IMEI) + b"".join(map(codec7_frame, frames))
    owed = b"\x01" + b"".join(len(records).to_bytes(4, "big") for records in frames)
    whole = talked(Receiver(TRACKING, KEY, expired="keep"), [data])
    assert whole[1] == owed
    dump = rows(gpsproto.decode(data, policy=TRACKING, key=KEY, input_format="stream"))
    plain = [{k: v for k, v in row.items() if k not in RECEIVED} for row in whole[0]]
    assert plain == [{k: v for k, v in row.items() if k not in RECEIVED} for row in dump]
    for pieces in ([*bytewise(data[:200]), data[200:]], more.draw(cuts(data))):
        receiver = Receiver(TRACKING, KEY, expired="keep")
        assert talked(receiver, pieces) == whole
        assert receiver.balance.discrepancies() == []


def test_a_datagram_is_owed_its_packet_ids_and_its_count() -> None:
    packet = codec7_packet([GhRecord(NOW_S)] * 3, IMEI, channel_packet_id=0x1234, avl_packet_id=9)
    found, sent = talked(Receiver(TRACKING, KEY, expired="keep", transport="udp"), [packet])
    assert len(found) == 3
    assert sent == bytes.fromhex("000512340109" + "03")


def test_a_damaged_frame_is_asked_for_again_and_one_that_cannot_be_read_is_not() -> None:
    frame = bytearray(codec7_frame([GhRecord(NOW_S)]))
    frame[-1] ^= 1
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert talked(receiver, [login(IMEI), bytes(frame)])[1] == b"\x01" + bytes(4)
    body = codec7_body([GhRecord(NOW_S)])
    receiver = Receiver(TRACKING, KEY, expired="keep")
    assert talked(receiver, [login(IMEI), framed(body[:-1] + b"\x00" + body[-1:])])[1] == b"\x01"
    assert receiver.balance.rejected == {ErrorCode.TRAILING_BYTES: 1}


@pytest.mark.parametrize("family", [None, "FMB"])
def test_its_elements_are_those_of_gh_in_a_read_that_holds_others_too(family: str | None) -> None:
    other = tcp_frame(8, [Record(1000 * NOW_S, elements=[(222, 1, 1)])])
    mine = codec7_frame([GhRecord(NOW_S, elements=[(1, 1, 80), (222, 1, 1)])])
    for data in (mine, other + mine, mine + other):
        receiver = Receiver(TRACKING, KEY, expired="keep", family=family)
        found, _ = talked(receiver, [login(IMEI), data])
        assert [row["battery_percent"] for row in found if row.get("battery_percent")] == [80]
        assert not {"geofence_zone_41_state", "gh_alarm_cause"} & {k for row in found for k in row}
        assert receiver.balance.discrepancies() == []


@pytest.mark.parametrize("count", [81, 163])
def test_no_record_of_a_frame_is_lost_however_much_longer_it_becomes(count: int) -> None:
    frame = codec7_frame([GhRecord(NOW_S + n, priority=2) for n in range(count)])
    receiver = Receiver(TRACKING, KEY, expired="keep")
    found, sent = talked(receiver, [login(IMEI), frame])
    assert len(found) == count
    assert sent == b"\x01" + count.to_bytes(4, "big")
    assert receiver.balance.discrepancies() == []
    batches = gpsproto.decode(login(IMEI) + frame, policy=TRACKING, key=KEY, batch_records=255)
    assert sum(map(len, batches)) == count


def test_whose_elements_they_are_does_not_depend_on_who_spoke_before() -> None:
    other = udp_packet(8, [Record(1000 * NOW_S, elements=[(113, 1, 77)])], IMEI)
    receiver = Receiver(TRACKING, KEY, expired="keep", transport="udp", family="FMB")
    before = codec7_packet([GhRecord(NOW_S)], "001010000000029") * 2
    found, _ = talked(receiver, [before, other + bytes.fromhex("0030cafe0107000f31")])
    assert found[-1]["battery_percent"] == 77
