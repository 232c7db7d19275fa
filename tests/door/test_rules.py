"""Default deny, the floor, private mode, no fix: over every id and width, and every policy."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import Policy, PseudonymKey, catalog, codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.privacy.columns import READERS
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.naming import told_apart as _told_apart
from gpsproto.privacy.select import select
from gpsproto.projection import Projection
from gpsproto.walk import codes
from tests.conftest import Engine
from tests.policies import PRESETS
from tests.strategies import IMEI, record_lists
from tests.table import rows

pytestmark = pytest.mark.once

KEY = PseudonymKey(bytes(range(32)))
ALLOWED = sorted(set(Category) - FLOOR - IDENTITIES - {Category.PRIVATE_MODE})


def policy(**allow: Any) -> Policy:
    """A policy that keeps (True) or pseudonymises ("ps") the categories."""
    rules = {
        name: 'action = "pseudonymise"' if how == "ps" else 'action = "keep"'
        for name, how in allow.items()
    }
    lines = ['name = "made"', "[pseudonym]", 'domain = "made"', "[allow]"]
    lines += [f"{name} = {{ {rule} }}" for name, rule in rules.items()]
    lines += ["[retain]", *(f'{name} = "P3M"' for name in rules)]
    return Policy.from_toml("\n".join(lines))


EVERYTHING = policy(**{c.value: True for c in ALLOWED}, device_id="ps", sim_id="ps", driver_id="ps")
NOTHING = policy(device_id="ps")


EXHAUSTED = [
    (rules, family)
    for rules in (PRESETS["tracking"], EVERYTHING, NOTHING)
    for family in (None, *catalog.FAMILIES)
] + [(rules, family) for rules in PRESETS.values() for family in (None, "FMB")]


@pytest.mark.no_cover
@pytest.mark.parametrize(
    ("rules", "family"), EXHAUSTED, ids=[f"{rules.name}-{family}" for rules, family in EXHAUSTED]
)
def test_every_id_at_every_width_has_a_slot_only_where_all_it_may_be_is_kept(
    rules: Policy, family: str | None
) -> None:
    projection = Projection(select(rules, codecs.terms()[codecs.AVL], family))
    facts = catalog.load()
    watched = {id: n for n, (id, _) in enumerate(catalog.PRIVATE_ORDERS)}
    actions = np.full((codes.PLANES, 2 * codes.PLANE), -codes.TALLY_DROPPED, np.int16)
    wire = codes.PLANES * codes.PLANE
    actions[:, : codes.PLANE] = projection.actions[:wire].reshape(codes.PLANES, codes.PLANE)
    assert (actions[:, codes.OURS : codes.PLANE] == -codes.TALLY_DROPPED).all()  # unknown
    # those of ours, by numbers that no device can send
    ours = actions[:, codes.PLANE : codes.PLANE + codes.OURS_PLANE]
    ours[:] = projection.actions[wire:].reshape(codes.PLANES, codes.OURS_PLANE)
    for width, plane in (*codes.PLANE_OF_WIDTH.items(), (0, codes.PLANE_VARIABLE)):
        row = actions[plane].copy()
        if width == 1:
            for id, number in watched.items():
                assert row[id] == codes.WATCHED - number
                row[id] = projection.watched[2 * number + 1]
        slots = set(np.flatnonzero(row >= 0).tolist())
        expected = set()
        for id, known_width in facts.pairs(family):
            may_be = facts.categories(id, width, family)
            if known_width != width or not may_be:
                continue
            category = facts.category(id, width, family)
            assert category is not None
            parts = catalog.IDENTITY_PARTS.get(category, ())
            meaning = facts.meaning(id, width, family)
            grown = may_be <= {Category.COUNTER} and rules.coarsens(Category.COUNTER)
            place = id if id < codes.OURS else codes.PLANE + id - codes.OURS
            if (
                all(rules.keeps(each) for each in may_be)
                or (rules.pseudonymises(category) and (id, width) in parts)
                or (grown and meaning is not None and not meaning.labels)
            ):
                expected.add(place)
        if width in (16, 0):
            expected = set()
        assert slots == expected


@pytest.mark.no_cover
@pytest.mark.parametrize("codec", sorted(codecs.shapes()))
@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_all_ids_on_the_wire_emit_only_allowed_names(codec: int, width: int) -> None:
    most = 256 ** codecs.shapes()[codec].id_size
    allowed = {
        e.name
        for e in select(Policy.load("tracking"), codecs.terms()[codecs.AVL], "FMB").elements
        if e.width == width and e.id < min(most, catalog.OURS)
    }
    step = 250
    data = b"".join(
        tcp_frame(
            codec, [Record(1, elements=[(id, width, 2) for id in range(a, min(a + step, most))])]
        )
        for a in range(0, most, step)
    )
    balance = Balance()
    names = set()
    for batch in gpsproto.decode(data, family="FMB", balance=balance):
        names |= {*batch.columns, *batch.attributes} - set(READERS)
    assert names == allowed
    assert balance.rejected == {}
    assert balance.discrepancies() == []
    assert balance.fields_by_action["unknown"] > 0


@cache
def every_id(width: int) -> bytes:
    """Frames that hold all 65,536 ids at a width."""
    frames = []
    for first in range(0, 1 << 16, 250):
        ids = range(first, min(first + 250, 1 << 16))
        members = [(id, width, 2) for id in ids] if width else []
        variable = [] if width else [(id, bytes([2])) for id in ids]
        frames.append(tcp_frame(0x8E, [Record(1, elements=members, variable=variable)]))
    return b"".join(frames)


@pytest.mark.no_cover
@pytest.mark.parametrize("width", [0, 1, 2, 4, 8])
@pytest.mark.parametrize("name", PRESETS)
def test_all_ids_on_the_wire_emit_what_a_preset_allows_and_no_more(name: str, width: int) -> None:
    """At no width anything else, nor of the elements whose length is in the frame (width 0)."""
    rules = PRESETS[name]
    allowed = {
        e.name
        for e in select(rules, codecs.terms()[codecs.AVL], "FMB").elements
        if e.width == width and e.id < catalog.OURS
    }
    found = set()
    for batch in gpsproto.decode(every_id(width), policy=rules, family="FMB"):
        found |= {*batch.columns, *batch.attributes} - set(READERS)
    assert found == allowed


@pytest.mark.core
@pytest.mark.parametrize(("id", "value"), [(391, 1), (250, 3), (10543, 1)])
@pytest.mark.parametrize("rules", [Policy.load("tracking"), EVERYTHING])
def test_private_mode_takes_out_place_motion_counters_and_proxies(
    rules: Policy, id: int, value: int, engine: Engine
) -> None:
    members = [
        (id, 1, value), (239, 1, 1), (240, 1, 1), (24, 2, 88), (16, 4, 123), (205, 2, 7),
        (206, 2, 8), (241, 4, 20404), (66, 2, 12000), (37, 1, 90), (80, 1, 3),
    ]  # fmt: skip
    for order in (members, members[::-1]):
        record = Record(1_700_000_000_000, 5, 6, 7, 8, 9, 10, event=16, elements=order)
        balance = Balance()
        (row,) = rows(gpsproto.decode(
            tcp_frame(0x8E, [record]), policy=rules, family="FMB", balance=balance
        ))  # fmt: skip
        held = {name for name, value in row.items() if value is not None}
        assert held & {
            "latitude", "longitude", "altitude_m", "speed_kmh", "course_deg", "fix", "movement",
            "location_source", "gnss_speed_kmh", "total_odometer_m", "gsm_cell_id", "event",
            "gsm_area_code", "gsm_operator_code", "obd_vehicle_speed_kmh", "data_mode",
        } == set()  # fmt: skip
        assert row["ignition"] == 1
        assert row["external_voltage_mv"] == 12000
        assert balance.records_private == 1
        assert balance.discrepancies() == []


@pytest.mark.core
@pytest.mark.parametrize(("id", "value"), [(391, 0), (250, 1), (250, 2), (10543, 2)])
def test_other_values_of_the_same_elements_are_no_order(
    id: int, value: int, engine: Engine
) -> None:
    record = Record(1, 5, 6, 7, 8, 9, 10, elements=[(id, 1, value)])
    (row,) = rows(gpsproto.decode(tcp_frame(0x8E, [record])))
    assert row["latitude"] == 6e-7


@pytest.mark.core
def test_private_mode_holds_for_its_own_record_only(engine: Engine) -> None:
    records = [Record(1, 5, 6, 7, 8, 9, 10, elements=[(250, 1, trip)]) for trip in (1, 3, 1)]
    found = [row["latitude"] for row in rows(gpsproto.decode(tcp_frame(8, records)))]
    assert found == [6e-7, None, 6e-7]


@pytest.mark.core
def test_without_a_fix_the_last_place_does_not_leave(engine: Engine) -> None:
    record = Record(1, 48_950_000, 523_700_000, 3, 90, 0, 50)
    (row,) = rows(gpsproto.decode(tcp_frame(8, [record])))
    assert row["fix"] is False
    for name in ("latitude", "longitude", "altitude_m", "speed_kmh", "course_deg"):
        assert row[name] is None


@pytest.mark.core
def test_a_last_known_place_leaves_marked_where_the_policy_says_so(engine: Engine) -> None:
    rules = Policy.from_toml(
        'name = "m"\n[pseudonym]\ndomain = "m"\n[allow]\nlocation = { action = "keep", '
        'last_known = true }\n[retain]\nlocation = "P3M"\n'
    )
    places = [Record(1, 48_950_000, 523_700_000, 3), Record(2, 0, 0, 0), Record(3, 1, 2, 3, 4, 5)]
    found = rows(gpsproto.decode(tcp_frame(8, places), policy=rules))
    assert [row["location_source"] for row in found] == ["last_known", None, "gnss"]
    assert [row["latitude"] for row in found] == [52.37, None, 2e-7]


def test_an_impossible_place_is_null_and_counted() -> None:
    far = Record(1, 1_800_000_001, 0, 1, 1, 9, 1)
    high = Record(1, 0, -900_000_001, 1, 1, 9, 1)
    edge = Record(1, -1_800_000_000, 900_000_000, 1, 1, 9, 1)
    balance = Balance()
    found = rows(gpsproto.decode(tcp_frame(8, [far, high, edge]), balance=balance))
    assert [row["longitude"] for row in found] == [None, None, -180.0]
    assert balance.places_out_of_range == 2
    assert balance.discrepancies() == []


def test_an_ambiguous_element_has_its_bare_id_and_is_counted() -> None:
    data = tcp_frame(8, [Record(1, elements=[(69, 1, 3)])])
    balance = Balance()
    (batch,) = gpsproto.decode(data, balance=balance)
    assert batch.attributes == ("avl_69",)
    assert [row["attributes"] for row in batch.rows()] == [{"avl_69": 3.0}]
    assert balance.ambiguous == {(69, 1): 1}


def test_an_id_that_one_family_forbids_is_dropped_without_a_family() -> None:
    data = tcp_frame(8, [Record(1, event=252, elements=[(252, 1, 1)])])
    (row,) = rows(gpsproto.decode(data))
    assert "unplug" not in row
    assert row["event"] is None
    (row,) = rows(gpsproto.decode(data, family="fmb"))
    assert (row["unplug"], row["event"], row["alarms"]) == (1, "unplug", ["unplug"])


def test_a_family_that_does_not_know_an_id_drops_it() -> None:
    data = tcp_frame(0x8E, [Record(1, elements=[(391, 1, 0), (318, 1, 1)])])
    balance = Balance()
    assert "gnss_jamming" not in rows(gpsproto.decode(data, family="TFT", balance=balance))[0]
    assert balance.fields_by_action["unknown"] >= 1


def test_identifiers_in_elements_leave_as_pseudonyms_where_the_policy_asks() -> None:
    ibutton, high, low = 0x0123456789ABCDEF, 893_102_000, 1_234_567
    with_all = [(78, 8, ibutton), (11, 8, high), (14, 8, low)]
    data = login(IMEI) + tcp_frame(
        8,
        [Record(1, elements=with_all), Record(2, elements=[(78, 8, 0), (11, 8, high)]), Record(3)],
    )
    balance = Balance()
    (batch,) = gpsproto.decode(data, policy=EVERYTHING, key=KEY, balance=balance)
    values, validity = batch.column("pseudonyms")
    assert validity.tolist() == [True, False, False]
    domain = KEY.domain("made")
    assert values[0] == {
        "driver_id": domain.pseudonym("driver_id", ibutton.to_bytes(8, "big")),
        "sim_id": domain.pseudonym("sim_id", high.to_bytes(8, "big") + low.to_bytes(8, "big")),
    }
    assert balance.discrepancies() == []
    contents: Any = batch._FilteredBatch__contents
    for part in ((78, 8), (11, 8), (14, 8)):
        assert not contents.raw(part).any()
        assert not contents.raw(("mark", *part)).any()


def test_a_policy_without_device_id_gives_no_subject() -> None:
    data = login(IMEI) + tcp_frame(8, [Record(1)])
    balance = Balance()
    (row,) = rows(gpsproto.decode(data, policy=policy(time=True), balance=balance))
    assert row["subject"] is None
    assert balance.dropped_by_category["device_id"] == 1
    assert balance.discrepancies() == []


@pytest.mark.parametrize("codec", sorted(codecs.shapes()))
@given(more=st.data())
def test_the_bytes_under_every_null_are_zero(codec: int, more: st.DataObject) -> None:
    data = tcp_frame(codec, more.draw(record_lists(codec)))
    rules = more.draw(st.sampled_from([Policy.load("tracking"), EVERYTHING, NOTHING]))
    balance = Balance()
    for batch in gpsproto.decode(data, policy=rules, key=KEY, balance=balance):
        for name in batch.columns:
            values, validity = batch.column(name)
            hidden = values[~validity]
            if values.dtype == object:
                assert all(value is None for value in hidden), name
            else:
                assert not hidden.view(f"u{hidden.itemsize}").any(), name
    assert balance.discrepancies() == []


@given(more=st.data())
def test_a_stricter_policy_never_shows_more(more: st.DataObject) -> None:
    data = tcp_frame(0x8E, more.draw(record_lists(0x8E)))
    kept = more.draw(st.sets(st.sampled_from(ALLOWED), min_size=1))
    wide = rows(gpsproto.decode(data, policy=EVERYTHING, key=KEY))
    narrow = rows(gpsproto.decode(data, policy=policy(**{c.value: True for c in kept}), key=KEY))
    for row, more_row in zip(narrow, wide, strict=True):
        for name, value in row.items():
            if value is not None and name not in ("retention_class", "expires_on"):
                assert more_row[name] == value


def test_pseudonyms_of_a_device_are_the_same_in_every_batch_and_transport() -> None:
    frame = tcp_frame(8, [Record(n) for n in range(200)])
    stream = (login(IMEI) + frame + login("001010000000016") + frame) * 3
    found = rows(gpsproto.decode(stream, key=KEY, batch_records=256))
    assert len({row["subject"] for row in found}) == 2
    door = PrivacyFilter(Policy.load("tracking"), KEY)
    assert found[0]["subject"].split("_")[1] == door.key_id


def test_an_alarm_that_may_be_a_speed_does_not_leave_in_private_mode() -> None:
    record = Record(1, 5, 6, 7, 8, 9, 10, elements=[(391, 1, 1), (318, 1, 88)])
    balance = Balance()
    (row,) = rows(gpsproto.decode(tcp_frame(0x8E, [record]), balance=balance))
    assert "avl_318" not in row
    assert balance.discrepancies() == []
    (row,) = rows(gpsproto.decode(tcp_frame(0x8E, [record]), policy=policy(alarm=True)))
    assert "avl_318" not in row


def test_a_policy_of_alarms_alone_gives_no_element_that_may_be_a_speed() -> None:
    record = Record(1, elements=[(318, 1, 88), (246, 1, 1)])
    (row,) = rows(gpsproto.decode(tcp_frame(0x8E, [record]), policy=policy(alarm=True)))
    assert "avl_318" not in row
    assert row["alarms"] == ["towing"]


@pytest.mark.parametrize("most", [2, 50, 400, 1_000_000])
def test_conversations_are_told_apart_with_and_without_a_table(most: int) -> None:
    numbers = np.random.default_rng(most).integers(0, most, 200).astype(np.uint32)
    expected = np.unique(numbers, return_inverse=True, return_counts=True)
    for found, wanted in zip(_told_apart(numbers), expected, strict=True):
        assert found.tolist() == wanted.tolist()
