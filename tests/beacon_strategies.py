"""Lists of beacons for hypothesis: as devices send them, as they may, and damaged."""

from __future__ import annotations

from functools import cache

from hypothesis import strategies as st

from gpsproto.build import Beacon, Measured, advanced_list, eye_data, simple_list
from gpsproto.codecs.beacons import LISTS
from gpsproto.walk import codes

SIMPLE = (385, 10500)
ADVANCED = (548, 10828, 10829, 10831, 11317)
assert {*SIMPLE, *ADVANCED} == {id for id, _ in LISTS}


def perhaps(values: st.SearchStrategy[int]) -> st.SearchStrategy[int | None]:
    return st.none() | values


_BYTE = st.integers(0, 255)
_WORD = st.integers(0, 65_535)
_SIGNED = st.integers(-128, 127)
_SIGNED_WORD = st.integers(-32_768, 32_767)
_CENTIGRADE = _SIGNED_WORD.map(lambda raw: raw / 100)

measured = st.builds(
    Measured,
    temperature_c=st.none() | _CENTIGRADE,
    humidity_percent=perhaps(_BYTE),
    magnet=st.none() | st.booleans(),
    movement=st.none() | st.tuples(st.booleans(), st.integers(0, 0x7FFF)),
    angle=st.none() | st.tuples(_SIGNED, _SIGNED_WORD),
    low_battery=st.booleans(),
    battery_mv=perhaps(_BYTE.map(lambda raw: 2_000 + 10 * raw)),
)

simple_beacons = st.builds(
    Beacon,
    id=st.binary(min_size=16, max_size=16) | st.binary(min_size=20, max_size=20),
    rssi_dbm=perhaps(_SIGNED),
    battery_mv=perhaps(_WORD),
    temperature_c=perhaps(_SIGNED_WORD),
)

advanced_beacons = st.builds(
    Beacon,
    id=st.just(b"") | st.binary(min_size=6, max_size=20),
    rssi_dbm=perhaps(_SIGNED),
    battery_mv=perhaps(_WORD),
    temperature_c=st.none() | _CENTIGRADE,
    name=st.none() | st.text("abcdefgh", max_size=15),
    mac=st.none() | st.binary(min_size=6, max_size=6),
    data=st.none() | st.binary(max_size=12) | st.builds(eye_data, measured, head=st.booleans()),
    humidity_percent=perhaps(_BYTE),
    magnet=st.none() | st.booleans(),
    moving=st.none() | st.booleans(),
    movement_count=perhaps(_WORD),
    pitch_deg=perhaps(_SIGNED),
    roll_deg=perhaps(_SIGNED_WORD),
    low_battery=st.none() | st.booleans(),
    further=st.lists(
        st.tuples(st.integers(0, 20) | _BYTE, st.binary(max_size=4)), max_size=3
    ).map(tuple),
)  # fmt: skip

_COUNTS = st.sampled_from([0, 1, 2, 3, codes.BEACON_SLOTS, codes.BEACON_SLOTS + 2])


@st.composite
def simple_lists(draw: st.DrawFn) -> bytes:
    count = draw(_COUNTS)
    found = draw(st.lists(simple_beacons, min_size=count, max_size=count))
    return simple_list(found, part=draw(st.integers(0, 15)), parts=draw(st.integers(0, 15)))


@st.composite
def advanced_lists(draw: st.DrawFn) -> bytes:
    count = draw(_COUNTS)
    found = draw(st.lists(advanced_beacons, min_size=count, max_size=count))
    return advanced_list(found)


@st.composite
def _cut_or_changed(draw: st.DrawFn, whole: bytes) -> bytes:
    """A list whose end is cut off, or one of whose bytes is another."""
    if not whole:
        return draw(st.binary(max_size=3))
    at = draw(st.integers(0, len(whole) - 1))
    if draw(st.booleans()):
        return whole[:at]
    return whole[:at] + bytes([draw(_BYTE)]) + whole[at + 1 :]


@cache
def lists(id: int) -> st.SearchStrategy[bytes]:
    """The bytes of a list by its id; one in some does not fit."""
    whole = simple_lists() if id in SIMPLE else advanced_lists()
    return st.just(b"") | whole | whole | whole.flatmap(_cut_or_changed)


elements = st.sampled_from([*SIMPLE, *ADVANCED]).flatmap(
    lambda id: st.tuples(st.just(id), lists(id))
)
"""An element of variable length that is a list: its id and bytes."""
