"""No identifier is shown without being asked for: not as text, as JSON, in a repr, or as bytes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.build import Record, login, tcp_frame, udp_packet
from gpsproto.category import FLOOR, IDENTITIES
from gpsproto.view import leaves
from gpsproto.view.masking import MASKED, Doubt, hidden
from tests.door import watch_canaries
from tests.door.canaries import Canaries
from tests.door.test_canaries import dumps as tracker_dumps
from tests.view.looked import element, look, looks, named, shown
from tests.view.short import read
from tests.view.wired import REFUSAL, command, framed

pytestmark = pytest.mark.once

FORMS = ("auto", "stream", "datagrams", "hex", "hex-datagrams")
PLACE = (48_950_000, 523_700_000, 3, 60, 9, 50)


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


def packed(imei: str) -> bytes:
    return bytes.fromhex(imei.rjust(16, "0"))


def commands(c: Canaries) -> Iterator[bytes]:
    """Every command codec with an identifier in each place that has one, some of them wrong."""
    text, time = c.new().encode(), (1_700_000_000).to_bytes(4, "big")
    made = [
        *(command(0x0C, kind, text) for kind in (5, 6, 0x0D, 0x42)),
        *(command(0x0D, kind, before + text) for kind in (5, 6) for before in (b"", time)),
        *(command(0x0E, kind, packed(c.new()) + text) for kind in (5, 6, 0x11)),
        *(command(0x0F, 0x0B, time + packed(c.new()) + text) for _ in range(2)),
        command(0x0C, 0x0D, b"\x01" + c.raw(8)),
        command(0x0C, 0x0D, b"\x02" + bytes(8) + b"\x00\x18" + c.raw(24)),
        command(0x0E, 6, packed(c.new())[:5]),
    ]
    yield from made
    for frame in made:
        for _ in range(6):
            changed = bytearray(frame)
            changed[c.random.randrange(len(frame))] ^= c.random.randrange(1, 256)
            yield bytes(changed)
        yield frame[: c.random.randrange(9, len(frame))]


def messages(c: Canaries) -> Iterator[bytes]:
    """SMS: the IMEI behind the records, and behind 24 positions."""
    body = tcp_frame(8, [Record(1_700_000_000_000, *PLACE)])[8:-4]
    yield body + int(c.new()).to_bytes(8, "big")
    yield b"\x04" + (700_000_000).to_bytes(5, "little") + int(c.new()).to_bytes(8, "big")


def test_what_is_looked_for_is_found_where_it_is_revealed(canaries: Canaries) -> None:
    for name, data in tracker_dumps(canaries).items():
        if name in ("good", "packets", "damaged"):
            kind = "datagrams" if name == "packets" else "stream"
            text = b"".join(shown(one) for one in looks(data, kind, reveal=True))
            assert canaries.found(text)


@pytest.mark.parametrize("kind", FORMS)
def test_no_canary_of_a_tracker_is_shown(kind: str, canaries: Canaries) -> None:
    for data in tracker_dumps(canaries).values():
        text = b"".join(shown(one) for one in looks(data, kind))
        assert canaries.found(text) == []


@pytest.mark.no_cover
@pytest.mark.parametrize("kind", ["auto", "stream", "hex"])
def test_no_canary_of_a_watch_is_shown(kind: str, canaries: Canaries) -> None:
    for data in watch_canaries.dumps(canaries).values():
        text = b"".join(shown(one) for one in looks(data, kind))
        assert canaries.found(text) == []


@pytest.mark.no_cover
def test_no_canary_of_a_command_is_shown(canaries: Canaries) -> None:
    text = b"".join(shown(one) for data in commands(canaries) for one in looks(data, "stream"))
    assert canaries.found(text) == []


@pytest.mark.no_cover
def test_no_canary_of_a_short_message_is_shown(canaries: Canaries) -> None:
    for data in messages(canaries):
        assert canaries.found(shown(read(data))) == []
        assert canaries.found(shown(read(data, reveal=True)))


@given(st.data())
def test_nor_is_one_of_a_frame_that_was_changed_anywhere(data: st.DataObject) -> None:
    c = Canaries()
    c.random.seed(data.draw(st.integers(0, 1 << 30)))
    codec = data.draw(st.sampled_from([0x08, 0x8E, 0x10]))
    wide = [(id, 8, int(c.new())) for id in (11, 14, 78, 218)]
    record = Record(
        1_700_000_000_000, *PLACE, elements=[(239, 1, 1), (66, 2, 12_500), (241, 4, 20_404), *wide],
        variable=[(256, c.new().encode()), (385, c.new().encode())] if codec == 0x8E else (),
    )  # fmt: skip
    made = (tcp_frame(codec, [record, record]), udp_packet(codec, [record], c.new()))
    for kind, frame in zip(("stream", "hex-datagrams"), made, strict=True):
        changed = bytearray(frame)
        for at in data.draw(st.lists(st.integers(0, len(frame) - 1), min_size=1, max_size=3)):
            changed[at] = data.draw(st.integers(0, 255))
        cut = bytes(changed[: data.draw(st.integers(20, len(frame)))])
        for dump in (bytes(changed), cut):
            told = dump if kind == "stream" else dump.hex().encode()
            assert c.found(b"".join(shown(one) for one in looks(told, kind))) == []


def test_what_is_masked_is_not_in_the_span_either() -> None:
    one = look(login("001010000000016"), "stream")
    [imei] = named(one.spans, "IMEI")
    assert imei.masked
    assert (imei.data, imei.raw, imei.value) == (b"", None, "")
    assert imei.hex(3) == "·· ·· ··"
    assert imei.as_dict()["hex"] is None
    [known] = named(look(login("001010000000016"), "stream", reveal=True).spans, "IMEI")
    assert (known.data, known.raw) == (b"001010000000016", "001010000000016")


def test_identifiers_and_the_floor_are_masked_and_a_place_is_not() -> None:
    assert MASKED >= IDENTITIES | FLOOR
    record = Record(1_700_000_000_000, *PLACE, elements=[(11, 8, 89_4620_3801), (66, 2, 12_500)])
    one = look(
        tcp_frame(8, [record]),
        "stream",
    )
    assert element(one, 11).masked
    assert element(one, 66).value == "12500"
    assert [named(one.spans, name)[0].masked for name in ("latitude", "time")] == [False, False]


def test_a_time_that_can_be_none_may_be_anything_and_is_masked() -> None:
    [time] = named(look(tcp_frame(8, [Record(990_100_000_000_016)]), "stream").spans, "time")
    assert time.masked
    assert time.note == ""


def test_a_place_that_is_on_no_earth_is_masked() -> None:
    record = Record(1_700_000_000_000, 2_100_000_000, 523_700_000, 0, 0, 9)
    one = look(tcp_frame(8, [record]), "stream")
    assert named(one.spans, "longitude")[0].masked
    assert not named(one.spans, "latitude")[0].masked


def test_a_right_checksum_over_masked_bytes_is_called_right_and_not_shown() -> None:
    record = Record(1_700_000_000_000, *PLACE, elements=[(11, 8, 89_4620_3801)])
    frame = tcp_frame(8, [record])
    [checksum] = named(look(frame, "stream").spans, "checksum")
    assert (checksum.masked, checksum.right, checksum.expected) == (True, True, "")
    [checksum] = named(
        look(tcp_frame(8, [Record(1_700_000_000_000, *PLACE)]), "stream").spans, "checksum"
    )
    assert not checksum.masked


def test_a_wrong_checksum_says_what_it_should_be_and_not_what_it_is() -> None:
    one = look(REFUSAL, "stream")
    [checksum] = named(one.spans, "checksum")
    assert (checksum.masked, checksum.right, checksum.expected) == (True, False, "0x635E")
    assert "32AC" not in json.dumps(one.as_dict()).upper()


def test_values_of_a_frame_without_a_right_checksum_are_shown_up_to_four_bytes() -> None:
    # 72 is a temperature of four bytes, 16 a total of four, 76 a sensor id of eight
    record = Record(1_700_000_000_000, *PLACE, elements=[(239, 1, 1), (66, 2, 12_500)])
    damaged = bytearray(tcp_frame(8, [record]))
    damaged[-1] ^= 1
    one = look(bytes(damaged), "stream")
    assert element(one, 66).value == "12500"
    assert hidden(
        Doubt.UNVOUCHED, 8, plain=False, secret=False, plausible=True, value=True, wrong=False
    )


def test_behind_a_count_that_does_not_fit_only_that_count_is_shown() -> None:
    record = Record(1_700_000_000_000, *PLACE, elements=[(239, 1, 1), (66, 2, 12_500)])
    data = bytearray(tcp_frame(8, [record])[8:-4])
    data[28] = 0xFF  # the count of 1-byte elements
    one = look(framed(bytes(data)), "stream")
    behind = [leaf for leaf in leaves(one.spans) if 34 <= leaf.offset < one.size - 5]
    assert [leaf.name for leaf in behind if not leaf.masked] == ["count"]
    assert named(one.spans, "time")[0].value == "2023-11-14T22:13:20.000Z"


def test_a_word_that_is_not_known_is_not_said() -> None:
    one = look(b"[3G*8800000015*000C*8800000016,1]", "stream")
    [word] = named(one.spans, "word")
    assert word.masked
    assert word.note == "not known: it may be an identifier"


@pytest.mark.parametrize(
    ("arguments", "masked"),
    [
        (b"50,100,84", [False, False, False]),
        (b"88000000,0,84", [False, False, False]),
        (b"8800000015,0,84", [True, False, False]),
        (b"50,abc,84", [False, True, False]),
    ],
)
def test_a_number_is_shown_where_it_has_the_form_of_its_field(
    arguments: bytes, masked: list[bool]
) -> None:
    content = b"LK," + arguments
    one = look(b"[3G*8800000015*%04X*%b]" % (len(content), content), "stream")
    names = ("steps", "rolls", "battery_percent")
    assert [named(one.spans, name)[0].masked for name in names] == masked


def test_a_number_with_many_decimals_is_masked() -> None:
    content = b"LK,50,100,84.880000001500"
    one = look(b"[3G*8800000015*%04X*%b]" % (len(content), content), "stream")
    assert named(one.spans, "battery_percent")[0].masked
