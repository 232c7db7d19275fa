"""Lists of beacons: what is measured leaves as fields, who the beacons are never does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import catalog, codecs
from gpsproto.balance import Balance
from gpsproto.build import (
    Beacon,
    Measured,
    Record,
    advanced_list,
    eye_data,
    login,
    simple_list,
    tcp_frame,
)
from gpsproto.category import Category
from gpsproto.codecs import beacons
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.select import select
from gpsproto.terms import ListForm
from gpsproto.walk import codes
from tests import beacon_strategies
from tests.conftest import FIXTURES, Engine
from tests.policies import KEEP_ALL
from tests.session.talk import IMEI, KEY, talked
from tests.table import rows
from tests.walk import beacon_oracle

pytestmark = pytest.mark.core
UUID = bytes(range(0x40, 0x54))
MAC = bytes.fromhex("0ec75db10001")
FAMILY = {id: "FMX6" if id == 10500 else "TAT" for id, _ in beacons.LISTS} | {548: "FMB"}
LIST_IDS = sorted(FAMILY)
SIMPLE_ONE = simple_list([Beacon(UUID, -60)])
ADVANCED_ONE = advanced_list([Beacon(rssi_dbm=-60)])


def form_of(id: int) -> ListForm:
    return beacons.LISTS[id, 0]


def taken(
    *lists: tuple[int, bytes], policy: Policy = KEEP_ALL, family: str | None = None, **fields: Any
) -> tuple[dict[str, float], Balance]:
    """The fields of beacons in a record that holds some lists, and the balance."""
    found, balance = all_taken(Record(1, variable=lists, **fields), policy=policy, family=family)
    (row,) = found
    return row, balance


def all_taken(
    *records: Record, policy: Policy = KEEP_ALL, family: str | None = None
) -> tuple[list[dict[str, float]], Balance]:
    balance = Balance()
    data = tcp_frame(0x8E, records)
    found = rows(gpsproto.decode(data, policy=policy, family=family, balance=balance))
    assert balance.discrepancies() == []
    assert balance.rejected == {}
    return [
        {name: v for name, v in row.items() if "beacon" in name or name.startswith("eye_sensor")}
        for row in found
    ], balance


def values(number: int, row: dict[str, float]) -> dict[str, float]:
    """What is said of the n-th beacon."""
    head = f"beacon_{number}_"
    return {name.removeprefix(head): v for name, v in row.items() if name.startswith(head)}


def test_the_vendors_list_is_read(engine: Engine) -> None:
    data = bytes.fromhex((FIXTURES / "vendor" / "codec8e_beacons.hex").read_text("ascii"))
    (row,) = rows(gpsproto.decode(data, policy=KEEP_ALL, family="FMB"))
    assert row["beacon_count"] == 8
    assert [values(n, row)["rssi_dbm"] for n in range(1, 10) if values(n, row)] == [
        -70, -87, -97, -82, -95, -70, -91, -83,
    ]  # fmt: skip
    assert values(4, row) == {"rssi_dbm": -82, "battery_mv": 3_048, "temperature_c": 21}


def test_the_vendors_eye_data_are_read(engine: Engine) -> None:
    data = bytes.fromhex("b70a8f264c6000ffff6b")
    headed = beacons.EYE_HEAD + data
    for further, id in ((data, 11317), (headed, 548), (headed, 11317)):
        row, _ = taken((id, advanced_list([Beacon(data=further)])))
        assert values(1, row) == {
            "temperature_c": 27.03, "humidity_percent": 38, "magnet": 0, "moving": 0,
            "movement_count": 19_552, "pitch_deg": 0, "roll_deg": -1, "low_battery": 0,
            "battery_mv": 3_070,
        }  # fmt: skip


@pytest.mark.parametrize("id", LIST_IDS)
@given(more=st.data())
def test_a_list_is_read_as_its_grammar_says(id: int, more: st.DataObject, engine: Engine) -> None:
    data = more.draw(beacon_strategies.lists(id))
    row, balance = taken((id, data), family=more.draw(st.sampled_from([None, FAMILY[id]])))
    read = beacon_oracle.read(form_of(id), data, 0)
    if read is None:
        assert row == {}
        assert balance.elements == 1
        return
    # of two fields of a kind the later one counts, of two of one name the greater id
    later = {(one.id, one.width): one.raw for one in read[0] if one.width}
    expected = {}
    for (found, width), raw in sorted(later.items()):
        meaning = catalog.load().meaning(found, width, None)
        assert meaning is not None
        value = raw - (1 << 8 * width) * (meaning.signed and raw >> 8 * width - 1)
        if value not in meaning.null_raw:
            expected[meaning.name] = float(value * meaning.scale + meaning.offset)
    assert row == expected
    floored = sum(not one.width for one in read[0])
    assert balance.elements == len(read[0])
    assert balance.fields_by_action["floor"] == floored
    assert balance.fields_by_action["repeated"] == len(read[0]) - floored - len(later)


@given(
    st.sampled_from(beacon_strategies.ADVANCED),
    st.lists(beacon_strategies.advanced_beacons, min_size=1, max_size=3),
)
def test_a_beacon_that_is_built_is_the_beacon_that_is_read(id: int, found: list[Beacon]) -> None:
    plain = [replace(one, further=(), data=None) for one in found]
    row, _ = taken((id, advanced_list(plain)))
    empty = Beacon()
    said = [one for one in plain if one != empty]
    for number, one in enumerate(said, 1):
        expected = {
            name: float(value)
            for name in (
                "rssi_dbm", "humidity_percent", "magnet", "moving", "movement_count", "pitch_deg",
                "roll_deg", "low_battery", "battery_mv", "temperature_c",
            )
            if (value := getattr(one, name)) is not None
        }  # fmt: skip
        if one.temperature_c is not None and one.temperature_c > 327.64:
            del expected["temperature_c"]  # a fault
        assert values(number, row) == pytest.approx(expected)


@given(beacon_strategies.measured)
def test_what_a_sensor_measures_is_what_is_read(measured: Measured) -> None:
    row, _ = taken((11317, advanced_list([Beacon(data=eye_data(measured, head=False))])))
    got = values(1, row)
    assert got.pop("low_battery") == measured.low_battery
    moving, count = measured.movement or (None, None)
    pitch, roll = measured.angle or (None, None)
    temperature = measured.temperature_c
    expected = {
        "temperature_c": None if temperature and temperature > 327.64 else temperature,
        "humidity_percent": measured.humidity_percent, "magnet": measured.magnet,
        "moving": moving, "movement_count": count, "pitch_deg": pitch, "roll_deg": roll,
        "battery_mv": measured.battery_mv,
    }  # fmt: skip
    assert got == pytest.approx({k: float(v) for k, v in expected.items() if v is not None})


@pytest.mark.parametrize("id", LIST_IDS)
def test_a_list_of_no_length_says_that_no_beacon_is_near(id: int, engine: Engine) -> None:
    row, balance = taken((id, b""))
    assert list(row.values()) == [0]
    assert balance.elements == 1


@pytest.mark.parametrize("part", [0x11, 0x12, 0x22, 0x25])
def test_any_part_of_a_simple_list_is_read(part: int, engine: Engine) -> None:
    for id in (385, 10500):
        data = simple_list([Beacon(UUID, -60)], part=part >> 4, parts=part & 15)
        row, _ = taken((id, data))
        assert row == {"beacon_count": 1, "beacon_1_rssi_dbm": -60}


@pytest.mark.parametrize("count", [9, 10, 11, 300])
def test_beacons_behind_the_tenth_are_counted_and_not_told(count: int, engine: Engine) -> None:
    row, balance = taken((548, advanced_list([Beacon(UUID, -60)] * count)))
    assert row.pop("advanced_beacon_count") == count
    assert row == {f"beacon_{n}_rssi_dbm": -60 for n in range(1, min(count, 10) + 1)}
    assert balance.elements == 1 + 2 * count
    assert balance.fields_by_action["floor"] == count + max(0, count - 10)


def test_the_beacons_of_a_records_lists_are_numbered_on(engine: Engine) -> None:
    near, away = (
        advanced_list([Beacon(rssi_dbm=-n) for n in found]) for found in ([1, 2], [3, 4, 5])
    )
    other = Record(2, variable=[(10831, advanced_list([Beacon(rssi_dbm=-9)]))])
    both = Record(1, variable=[(10828, near), (10829, away)])
    found, _ = all_taken(both, other, both)
    expected = {"beacons_near_count": 2, "beacons_away_count": 3} | {
        f"beacon_{n}_rssi_dbm": -n for n in range(1, 6)
    }
    assert found == [expected, {"beacons_lost_count": 1, "beacon_1_rssi_dbm": -9}, expected]


def test_a_record_of_no_bytes_is_no_beacon(engine: Engine) -> None:
    row, _ = taken((548, ADVANCED_ONE + bytes(7) + ADVANCED_ONE[1:]))
    assert row == {
        "advanced_beacon_count": 2, "beacon_1_rssi_dbm": -60, "beacon_2_rssi_dbm": -60
    }  # fmt: skip


def bad_lists() -> Iterator[tuple[int, bytes]]:
    for id in beacon_strategies.SIMPLE:
        yield id, SIMPLE_ONE[:-1]
        yield id, SIMPLE_ONE + b"\0"
        for bit in (3, 4, 6, 7):  # nobody says what they announce
            yield id, SIMPLE_ONE[:1] + bytes([SIMPLE_ONE[1] | 1 << bit]) + SIMPLE_ONE[2:]
    for id in beacon_strategies.ADVANCED:
        yield id, ADVANCED_ONE[:-1]
        yield id, ADVANCED_ONE + b"\1"
        yield id, b"\2" + ADVANCED_ONE[1:]
        yield id, b"\1\2\0\1\3"  # a field that is longer than its record
        yield id, b"\1\1\0"
    yield 10500, simple_list([Beacon(UUID, -60)], part=2, parts=1)
    yield 10500, simple_list([Beacon(UUID, -60)], part=0, parts=1)


@pytest.mark.parametrize(("id", "data"), [*bad_lists()])
def test_a_list_that_does_not_fit_is_dropped_whole_and_nothing_else_is(
    id: int, data: bytes, engine: Engine
) -> None:
    good = (385, SIMPLE_ONE)
    record = Record(1, elements=[(66, 2, 12_000)], variable=[good, (id, data), good])
    found, balance = all_taken(record, record)
    # the two that fit are of two beacons, and the later count is the count
    expected = {"beacon_count": 1, "beacon_1_rssi_dbm": -60, "beacon_2_rssi_dbm": -60}
    assert found == [expected] * 2
    bad = balance.fields_by_action["bad_value"]
    assert bad == (0 if id == 10500 else 2)
    # an id in each of the two lists; and what is no list of 10500 is what it was
    assert balance.fields_by_action["floor"] == 4 + 2 * (id == 10500)


def test_records_with_lists_are_read_the_same_among_any_others(engine: Engine) -> None:
    plain = Record(1, elements=[(239, 1, 1), (66, 2, 12_000)])
    listed = [
        replace(plain, variable=[(385, simple_list([Beacon(UUID, rssi)] * count))])
        for rssi, count in ((-60, 2), (-61, 2), (-62, 1), (-63, 2))
    ]
    order = [*([plain] * 9), *(listed * 9), plain, *(listed[:1] * 9), plain]
    together, _ = all_taken(*order)
    assert together == [all_taken(one)[0][0] for one in order]


@pytest.mark.parametrize("order", [(391, 1, 1), (250, 1, 3), (10543, 1, 1)])
def test_private_mode_takes_out_all_that_beacons_say(
    order: tuple[int, int, int], engine: Engine
) -> None:
    lists = (
        (385, simple_list([Beacon(UUID, -60, 3_000, 21)])),
        (
            11317,
            advanced_list([Beacon(data=eye_data(Measured(20.5, 40, True, (True, 3), (1, 2))))]),
        ),
    )
    row, balance = taken(*lists, elements=[order])
    assert row == {}
    open_, _ = taken(*lists)
    assert balance.fields_by_action["private_mode"] >= len(open_) > 10


def test_no_policy_reads_a_list_of_which_it_keeps_nothing(engine: Engine) -> None:
    narrow = Policy(
        "time",
        "tests",
        {Category.TIME: Rule("keep")},
        {Category.TIME: KEEP_ALL.retain[Category.TIME]},
    )
    for family in (None, "FMB"):
        assert select(narrow, codecs.terms()[codecs.AVL], family).lists == {}
    row, balance = taken((385, SIMPLE_ONE), policy=narrow)
    assert row == {}
    assert balance.elements == 1
    assert balance.fields_by_action["floor"] == 1


def test_an_override_drops_a_list_or_a_field_of_it(engine: Engine) -> None:
    whole = replace(KEEP_ALL, override={"teltonika:beacon_list": None})
    row, balance = taken((385, SIMPLE_ONE), policy=whole)
    assert row == {}
    assert balance.elements == 1
    field = replace(KEEP_ALL, override={"teltonika:beacon_1_rssi_dbm": None})
    row, _ = taken((385, simple_list([Beacon(UUID, -60)] * 2)), policy=field)
    assert row == {"beacon_count": 2, "beacon_2_rssi_dbm": -60}


@pytest.mark.parametrize(
    ("family", "read"),
    [("FMB", {385, 548}), ("FMX6", {548, 10500}), ("TAT", {385, 10828, 10829, 10831, 11317}),
     ("FM11", set()), ("GH", set()), ("FMC650", {548, 10500}), ("OBD", {385, 548}),
     (None, {*LIST_IDS})],
)  # fmt: skip
def test_a_list_is_read_in_the_families_that_have_it(
    family: str | None, read: set[int], engine: Engine
) -> None:
    for id in LIST_IDS:
        data = SIMPLE_ONE if id in beacon_strategies.SIMPLE else ADVANCED_ONE
        row, _ = taken((id, data), family=family)
        assert bool(row) == (id in read), id


def test_an_id_of_ours_on_the_wire_is_an_unknown_one(engine: Engine) -> None:
    pairs = [(id, width) for id, width in catalog.load().pairs() if id >= catalog.OURS]
    short = [(id, width, 1) for id, width in pairs if width]
    others = [(id, bytes(width or 3)) for id, width in pairs]
    for one in ([(0xF000, 1, 1), *short], [(0xFFFF, 2, 1), *short[::-1]]):
        record = Record(1, event=one[5][0], elements=one, variable=others)
        (row,), balance = all_taken(record)
        assert row == {}
        assert balance.elements_unknown == balance.elements == len(one) + len(others)
        found = rows(gpsproto.decode(tcp_frame(0x8E, [record]), policy=KEEP_ALL))
        assert found[0]["event"] is None


def test_the_ids_of_ours_are_where_the_walk_looks() -> None:
    assert codes.OURS == catalog.OURS <= beacons.IDS.start < beacons.IDS.stop <= 0xF900
    assert codes.OURS_BASE + codes.OURS_PLANE * (codes.PLANES - 1) + 0xFFFF == codes.ACTIONS - 1


def test_the_catalog_has_the_fields_that_the_codec_declares() -> None:
    ours = [one for one in catalog.load().meanings if one.id in beacons.IDS]
    families = frozenset({"FMB", "FMX6", "TAT", "TFT", "TST"})
    assert len(ours) == len({*beacons.rows()}) > 100
    for one, (id, name, kind) in zip(ours, beacons.rows(), strict=True):
        assert (one.id, one.width, one.name) == (id, kind.width, name)
        assert (one.signed, str(one.scale), str(one.offset)) == (
            kind.signed, kind.scale, kind.offset,
        )  # fmt: skip
        assert (one.category, one.null_raw) == (kind.category, kind.null_raw)
        assert one.families == families


def test_every_list_of_the_catalog_is_declared_and_has_its_count() -> None:
    facts = catalog.load()
    for (id, width), form in beacons.LISTS.items():
        assert facts.categories(id, width, None) == {Category.THIRD_PARTY_ID}
        assert facts.category(form.count_id, 2, None) is Category.NET_LOCATION
    assert {width for id, width in facts.pairs() if id == 548} == {0, 1024}


def test_eye_data_say_no_more_for_their_bytes_than_there_is_room_for() -> None:
    """A record of 38 bytes and more has ten beacons at most, in elements of four bytes and more."""
    most = 0.0
    for flags in range(256):
        sizes = (2, 1, 0, 0, 2, 3, 0, 1)
        size = 1 + sum(n for bit, n in enumerate(sizes) if flags >> bit & 1)
        said = beacon_oracle.eye(bytes([flags, *bytes(size - 1)]), alone=True) or ()
        most = max(most, len(said) - (3 + size) / 2)
    assert most == 2.5
    assert 10 * most + 1 - (38 + 4 + 1) / 2 <= codes.ATTRIBUTES_EXTRA


@pytest.mark.parametrize("count", [1, 3, 40])
@pytest.mark.parametrize("temperature", [None, 20.5])
def test_the_fullest_lists_have_room_live_and_in_a_dump(
    count: int, temperature: float | None, engine: Engine
) -> None:
    measured = Measured(temperature, 40, True, (True, 3), (1, 2), True, 3_000)
    full = advanced_list([Beacon(data=eye_data(measured, head=False))] * 10)
    data = tcp_frame(0x8E, [Record(1, variable=[(11317, full)])] * count)
    many = 10 * (8 + (temperature is not None)) + 1
    assert temperature or many > (len(data) - 12) // 2 // count
    receiver = gpsproto.Receiver(KEEP_ALL, KEY, family="TAT", expired="keep")
    live, _ = talked(receiver, [login(IMEI) + data])
    dumped = rows(gpsproto.decode(data * 9, policy=KEEP_ALL, family="TAT", batch_records=255))
    for row in (*live, *dumped):
        assert sum(name.startswith(("beacon", "eye")) for name in row) == many
    assert (len(live), len(dumped)) == (count, 9 * count)


WRONG = {
    "id": lambda: simple_list([Beacon(b"secret")]),
    "signal strength": lambda: simple_list([Beacon(UUID, 300)]),
    "part": lambda: simple_list([Beacon(UUID)], part=16),
    "name": lambda: advanced_list([Beacon(name="secret" * 60)]),
    "battery": lambda: eye_data(Measured(battery_mv=2_005)),
    "count": lambda: eye_data(Measured(movement=(True, 1 << 15))),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_cannot_be_written_is_refused_and_not_quoted(wrong: str) -> None:
    with pytest.raises(ValueError, match="a value does not fit its field") as caught:
        WRONG[wrong]()
    assert caught.value.__context__ is None
