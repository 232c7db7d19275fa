"""Codecs by themselves: the published examples, and frames that are built here."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Record, login, tcp_frame
from gpsproto.category import Category
from gpsproto.errors import ErrorCode
from gpsproto.view import Inspection, leaves
from gpsproto.view.units import Kind
from tests.view.looked import covers, element, look, looks, named
from tests.view.short import read
from tests.view.wired import (
    ANSWER_12,
    COMMAND_12,
    COMMAND_14,
    CUT_13,
    EXAMPLE_15,
    OLD_13,
    PUBLISHED,
    command,
    framed,
)

pytestmark = pytest.mark.once


def value(one: Inspection, name: str) -> str:
    [span] = named(one.spans, name)
    return span.value


@pytest.mark.parametrize("frame", PUBLISHED, ids=range(len(PUBLISHED)))
def test_published_commands_are_read_to_their_last_byte(frame: bytes) -> None:
    one = look(frame, "stream", reveal=True)
    assert covers(one)
    assert not named(one.spans, "not read")
    assert [span.right for span in named(one.spans, "size")] == [True]


def test_a_command_and_its_answer_are_told_apart() -> None:
    asked, said = look(COMMAND_12, "stream", reveal=True), look(ANSWER_12, "stream", reveal=True)
    assert (value(asked, "type"), value(asked, "text")) == ("command of the server", "getinfo")
    assert value(said, "type") == "answer of the device"
    assert value(said, "text").startswith("DI1:1 DI2:0")
    categories = [named(one.spans, "text")[0].category for one in (asked, said)]
    assert categories == [Category.SECRET, Category.MESSAGE]


def test_codec_13_has_four_bytes_of_seconds_or_eight_of_milliseconds() -> None:
    old, cut = look(OLD_13, "stream"), look(CUT_13, "stream")
    assert value(old, "time") == "2019-07-19T13:52:52.000Z"
    [time] = named(old.spans, "time")
    assert (time.size, time.raw) == (8, 0x16C0A81C320)
    [time] = named(cut.spans, "time")
    assert (time.size, time.note) == (4, "no plausible time; it may be text")
    seconds = command(0x0D, 6, (1_700_000_000).to_bytes(4, "big") + b"GTSL|6|1|0|x|1|\r\n")
    assert value(look(seconds, "stream"), "time") == "2023-11-14T22:13:20.000Z"


def test_codec_14_and_15_hold_a_packed_imei() -> None:
    one = look(COMMAND_14, "stream", reveal=True)
    assert (value(one, "IMEI"), value(one, "text")) == ("352093081452251", "getver")
    one = look(EXAMPLE_15, "stream", reveal=True)
    assert (value(one, "time"), value(one, "IMEI")) == (
        "2023-11-08T10:40:36.000Z",
        "123456789123456",
    )
    for frame in (COMMAND_14, EXAMPLE_15):
        assert named(look(frame, "stream").spans, "IMEI")[0].masked


def test_a_size_that_does_not_fit_is_pointed_at() -> None:
    frame = framed(b"\x0c\x01\x06\x00\x00\x00\x99text\x01")
    [size] = named(look(frame, "stream").spans, "size")
    assert (size.right, size.expected) == (False, "4")


@pytest.mark.parametrize(
    ("data", "said", "names"),
    [
        (b"\x01", "take a picture", []),
        (b"\x01" + bytes(8), "a picture was made", ["image id", "size"]),
        (
            b"\x02" + bytes(8) + b"\x00\x03abc", "a part of a picture",
            ["image id", "offset", "length", "picture"],
        ),
        (b"\x02" + bytes(10), "send a part", ["image id", "offset", "length"]),
        (b"\x03" + bytes(4), "what size is it?", ["image id"]),
        (b"\xee\x02\x0b", "refused", ["command", "error"]),
    ],
)  # fmt: skip
def test_a_camera_speaks_in_sub_commands(data: bytes, said: str, names: list[str]) -> None:
    one = look(command(0x0C, 0x0D, data), "stream")
    assert value(one, "sub-command") == said
    [group] = [span for span in one.spans if span.children]
    assert [leaf.name for leaf in group.children][3:] == names
    assert [leaf.name for leaf in leaves(one.spans) if leaf.masked] == [
        *(name for name in names if name in ("image id", "picture")), "checksum",
    ][: None if "image id" in names else 0]  # fmt: skip


def test_what_no_camera_says_is_text() -> None:
    one = look(command(0x0C, 0x0D, b"\x02" + bytes(8) + b"\x00\x09abc"), "stream")
    assert named(one.spans, "text")[0].masked


def of_codec_7(mask: int, *fields: bytes, priority: int = 2, seconds: int = 600_000_000) -> bytes:
    """A record of Codec 7."""
    return (priority << 30 | seconds).to_bytes(4, "big") + bytes([mask]) + b"".join(fields)


def test_codec_7_is_read_by_its_masks() -> None:
    place = struct.pack(">ff", 52.37, 4.895)
    gps = bytes([0xFF]) + place + struct.pack(">hBBBHHBI", -3, 64, 50, 9, 4410, 21809, 20, 20404)
    record = of_codec_7(0b1111, gps, b"\x01\x15\x04", b"\x01\x42\x30\xd4", b"\x00")
    one = look(framed(b"\x07\x02" + record + of_codec_7(0) + b"\x02"), "stream")
    assert (one.form, one.records, one.kind) == ("TCP frame, Codec 7", 2, one.kind)
    assert not named(one.spans, "not read")
    [first, second] = named(one.spans, "priority and time")
    assert first.value == "panic, 2026-01-05T10:40:00.000Z"
    assert second.value == first.value
    said = [value(one, name) for name in ("latitude", "longitude", "altitude", "angle", "speed")]
    assert said == ["52.37", "4.895", "-3", "90.0", "50"]
    assert value(one, "satellites") == "9"
    assert [named(one.spans, name)[0].masked for name in ("LAC", "CID")] == [True, True]
    assert element(one, 66).raw == 12_500


def test_codec_7_that_does_not_fit_stops_where_it_does_not() -> None:
    record = of_codec_7(0b10, b"\x09\x15\x04")
    one = look(framed(b"\x07\x01" + record + b"\x01"), "stream")
    assert covers(one)
    [count] = named(one.spans, "count")[1:]
    assert (count.right, count.expected) == (False, "at most 1")
    # an operator of a place that is none is no place
    nowhere = bytes([1]) + struct.pack(">ff", 1e30, float("nan"))
    one = look(framed(b"\x07\x01" + of_codec_7(1, nowhere) + b"\x01"), "stream")
    assert [named(one.spans, name)[0].masked for name in ("latitude", "longitude")] == [True, True]


def test_of_codec_7_that_does_not_fit_no_record_is_believed() -> None:
    record = of_codec_7(0b10, b"\x02\x15\x04\x45\x01")
    one = look(framed(b"\x07\x03" + 2 * record + b"\xff\x03"), "stream")
    inside = [leaf for leaf in leaves(one.spans) if 10 <= leaf.offset < one.size - 5]
    assert [leaf.name for leaf in inside if not leaf.masked] == ["priority and time"]


def test_a_binary_sms_is_records_and_the_imei() -> None:
    record = Record(1_700_000_000_000, 48_950_000, 523_700_000, 3, 60, 9, 50)
    data = tcp_frame(8, [record])[8:-4] + (1_010_000_000_016).to_bytes(8, "big")
    one = read(data, reveal=True)
    assert covers(one)
    assert (one.form, one.records) == ("SMS, Codec 8", 1)
    assert (value(one, "latitude"), value(one, "IMEI")) == ("52.37", "001010000000016")
    assert read(data).spans[-1].masked


class Bits:
    """A stream of bits, the lowest of each byte first."""

    def __init__(self) -> None:
        self.number = self.size = 0

    def put(self, value: int, count: int) -> None:
        self.number |= value << self.size
        self.size += count

    def data(self) -> bytes:
        return self.number.to_bytes((self.size + 7) // 8, "little")


def places(*of: tuple[int, int, int] | tuple[int, int, int, int] | None) -> bytes:
    """An SMS of positions: raw longitude, latitude and speed; with a fourth they are differences."""
    bits = Bits()
    bits.put(4, 8)
    bits.put(700_000_000, 35)
    bits.put(len(of), 5)
    for one in of:
        bits.put(one is not None, 1)
        if one is not None:
            differs = len(one) == 4
            bits.put(differs, 1)
            for part, size in zip(one, (14, 14, 8) if differs else (21, 20, 8), strict=False):
                bits.put(part, size)
    return bits.data() + (1_010_000_000_016).to_bytes(8, "big")


def test_24_positions_are_read_bit_by_bit() -> None:
    one = read(places((1_077_092, 829_399, 50), None, (8_191 - 5, 8_191 + 5, 7, 0)))
    assert covers(one)
    assert value(one, "time and count") == "2022-03-07T18:26:40.000Z, 3 positions"
    first, third = value(one, "position 1"), value(one, "position 3")
    assert first.startswith("2022-03-07T18:26:40.000Z: 52.3759, 4.8952")
    assert first.endswith("degrees, 50 km/h")
    assert third.startswith("2022-03-07T20:26:40.000Z: 52.375")
    assert "position 2: no position" in "".join(leaf.note for leaf in leaves(one.spans))
    assert named(one.spans, "IMEI")[0].masked


@given(st.binary(min_size=0, max_size=140))
def test_an_sms_of_any_bits_is_covered(content: bytes) -> None:
    one = read(b"\x04" + content + bytes(8))
    assert covers(one)
    assert covers(read(content + bytes(8)))


def test_24_positions_that_break_off_are_truncated() -> None:
    whole = places((1, 1, 1), (1, 1, 1))
    one = read(whole[:-14] + bytes(8))
    assert one.code is ErrorCode.TRUNCATED
    assert covers(one)


def of_beacons(id: int, data: bytes) -> Inspection:
    record = Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, variable=[(id, data)])
    family = "FMX6" if id in (548, 10500) else "TAT"
    [one] = looks(tcp_frame(0x8E, [record]), "stream", family=family)
    return one


def test_a_simple_list_of_beacons_is_read_by_its_flags() -> None:
    data = (
        b"\x11\x21"
        + bytes(20)
        + b"\xba"
        + b"\x07"
        + bytes(16)
        + b"\xae\x0b\xe8\x00\x15"
        + b"\x00"
        + bytes(16)
    )
    for id in (385, 10500):
        one = of_beacons(id, data)
        assert [span.value for span in named(one.spans, "RSSI")] == ["-70", "-82"]
        assert (value(one, "battery"), value(one, "temperature"), value(one, "part")) == (
            "3048",
            "21",
            "1 of 1",
        )
        ids = named(one.spans, "beacon id")
        assert [(span.masked, span.category) for span in ids] == [
            (True, Category.THIRD_PARTY_ID)
        ] * 3


def test_an_advanced_list_is_read_by_type_and_length() -> None:
    fields = b"\x00\x01\xc4\x0f\x06abcdef\x05\x0fname of it    \0\x06\x02\x0a\x8f"
    fields += b"\x0e\x02\x0b\xe8\x42\x02xy"
    for id in (548, 10828, 10829, 10831, 11317):
        one = of_beacons(id, b"\x01" + bytes([len(fields)]) + fields)
        assert [value(one, name) for name in ("RSSI", "temperature", "battery")] == [
            "-60",
            "27.03",
            "3048",
        ]
        for name in ("MAC", "name", "unknown field"):
            assert named(one.spans, name)[0].masked


def test_what_an_eye_sensor_measures_is_read_by_its_flags() -> None:
    measured = bytes.fromhex("b70a8f264c6000ffff6b")
    fields = b"\x02" + bytes([len(measured)]) + measured
    one = of_beacons(11317, b"\x01" + bytes([len(fields)]) + fields)
    names = ("temperature", "humidity", "pitch", "roll", "battery")
    assert [value(one, name) for name in names] == ["27.03", "38", "0", "-1", "3070"]


@pytest.mark.parametrize(
    "data",
    [
        b"\x11\x21" + bytes(19), b"\x21\x00" + bytes(16), b"\x01\x09\x00\x01", b"\x02",
        b"\x01\x02\x00\x09",
    ],
)  # fmt: skip
@pytest.mark.parametrize("id", [385, 548])
def test_what_is_no_list_is_not_shown(id: int, data: bytes) -> None:
    one = of_beacons(id, data)
    assert element(one, id).masked
    assert element(one, id).size == len(data)


def test_an_empty_list_is_legal() -> None:
    assert of_beacons(385, b"").kind is Kind.FRAME


def test_a_keep_alive_a_login_and_what_is_between_have_their_names() -> None:
    found = looks(b"\xff" + login("001010000000016") + b"\xff", "stream")
    assert [one.kind for one in found] == [Kind.SKIPPED, Kind.LOGIN, Kind.SKIPPED]
    assert [one.spans[0].name for one in found] == ["keep-alive", "length", "keep-alive"]


def test_the_16_byte_group_that_nothing_announces_is_read() -> None:
    record = Record(
        1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(239, 1, 1)], wide=[(203, bytes(16))]
    )
    one = look(tcp_frame(8, [record]), "stream")
    assert one.kind is Kind.FRAME
    assert len(named(one.spans, "16-byte elements")) == 1
    assert element(one, 203).masked


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (b"[3G*8800000015*0002*LK]", ["bracket", "prefix", "id", "length", "word", "end"]),
        (b"[ZJ*8800000015*0A1B*0002*LK]",
         ["bracket", "prefix", "id", "index", "length", "word", "end"]),
        (b"[" + b"a1" * 16 + b"3G*8800000015*0002*LK]",
         ["bracket", "signature", "prefix", "id", "length", "word", "end"]),
        (b"[3G*8800000015*0004*TK,1]", ["bracket", "prefix", "id", "length", "word", "receipt", "end"]),
    ],
)  # fmt: skip
def test_the_head_of_a_watch_has_its_parts(frame: bytes, names: list[str]) -> None:
    assert [leaf.name for leaf in leaves(look(frame, "stream").spans)] == names


def test_of_a_wifi_network_nothing_is_shown_and_its_commas_are_borne() -> None:
    tail = b"0,2,fam, x [y],02:00:00:00:00:01,-61,b,02:00:00:00:00:02,-70,12.5"
    head = b"UD,190625,081504,A,52.370216,N,4.895168,E,4.32,87.5,2,9,80,63,1804,0,00000010,"
    content = head + tail
    one = look(b"[3G*8800000015*%04X*%b]" % (len(content), content), "stream")
    assert [len(named(one.spans, name)) for name in ("name", "address", "signal")] == [2, 2, 2]
    assert all(leaf.masked for name in ("Wi-Fi",) for leaf in leaves(named(one.spans, name)))
    assert value(one, "accuracy_m") == "12.5"
    assert value(one, "status") == "still"


def test_keys_of_a_configuration_are_read_and_others_are_not() -> None:
    content = b"TS,ver:abc;ID:8800000015;bat level:84;GPS:OK(100);other:1;lk:300"
    one = look(b"[3G*8800000015*%04X*%b]" % (len(content), content), "stream")
    said = {span.name: span.children[-1] for span in one.spans if span.children}
    assert (said["battery_percent"].value, said["link_interval_s"].value) == ("84", "300")
    assert said["gps_count"].value == "100"
    assert said["imei"].masked
    assert said["firmware_text"].masked
    assert named(one.spans, "other_argument") == []
    assert named(one.spans, "other")[0].masked


def test_what_becomes_of_an_imei_in_a_command_is_what_the_policy_says_of_it() -> None:
    for frame in PUBLISHED:
        for one in named(look(frame, "stream").spans, "IMEI"):
            assert (one.action, one.by) == ("drop", "form")


def test_a_time_leaves_with_an_answer_only() -> None:
    [serial] = named(look(EXAMPLE_15, "stream").spans, "time")
    assert (serial.action, serial.by) == ("drop", "envelope")
    [answer] = named(look(OLD_13, "stream").spans, "time")
    assert (answer.action, answer.by) == ("keep", "allow.time")
    assert value(look(OLD_13, "stream"), "type") == "answer of the device"
