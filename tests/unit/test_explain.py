"""What a policy makes of every declared field, and that the door does the same."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpsproto import Policy, catalog, codecs
from gpsproto.category import FLOOR, Category
from gpsproto.cli.policyname import looked_at
from gpsproto.codecs import watch
from gpsproto.codecs.avl import FIXED, HEAD
from gpsproto.codecs.declared import declared, override_keys
from gpsproto.codecs.watch.positions import PAYLOAD, PLACE, STATUS, TIME
from gpsproto.declared import Part
from gpsproto.privacy.policy import presets
from gpsproto.privacy.policy.explain import RULES, coarsened, explain
from gpsproto.privacy.policy.rules import Coarse, Retention, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope
from gpsproto.privacy.select import select
from tests.policies import KEEP_ALL

pytestmark = pytest.mark.once

QUARTER = Period(3, 0)
KEPT = Rule("keep")


def made(allow: dict[Category, Rule], **changed) -> Policy:
    given = {"name": "n", "domain": "d", "allow": allow, "retain": dict.fromkeys(allow, QUARTER)}
    return Policy(**given | changed)


NOTHING = made({})
COARSE = made({
    Category.LOCATION: Rule("coarsen", coarse=Coarse(grid_m=5_000, time_s=3_600)),
    Category.TIME: KEPT,
    Category.STATUS: Rule("coarsen", coarse=Coarse(buckets=(0, 20, 50))),
    Category.COUNTER: Rule("coarsen", coarse=Coarse(delta=True)),
})  # fmt: skip
LOADED = {name: looked_at(name).policy for name in presets()}
POLICIES = [*LOADED.values(), KEEP_ALL, NOTHING]
SPOKEN = [
    (protocol, family)
    for protocol, terms in codecs.terms().items()
    for family in (None, *sorted(terms.families))
]

by_policy = pytest.mark.parametrize("policy", POLICIES, ids=lambda one: one.name)
by_protocol = pytest.mark.parametrize("protocol", codecs.terms())
by_family = pytest.mark.parametrize(("protocol", "family"), SPOKEN)


def explained(policy, protocol, family=None):
    return list(explain(policy, codecs.terms()[protocol], declared(protocol, family), family))


def one(policy, protocol, message, field, family=None):
    [found] = [
        each
        for each in explained(policy, protocol, family)
        if (each.declared.message, each.declared.field) == (message, field)
    ]
    return found


class TestDeclared:
    @by_family
    def test_no_field_stands_there_twice(self, protocol, family):
        found = [(each.message, each.field) for each in declared(protocol, family)]
        assert len(found) == len(set(found))

    @by_family
    def test_every_pair_of_the_protocol_is_there(self, protocol, family):
        terms = codecs.terms()[protocol]
        pairs = terms.facts.pairs(family)
        known = {pair for pair in pairs if terms.facts.categories(*pair, family)}
        if protocol == codecs.WATCH:
            # their columns are the layout and the bits
            facts = watch.payload.vocabulary()
            known -= {facts.pair(item) for item in (TIME, PLACE, STATUS)}
        assert known == {
            each.place for each in declared(protocol, family) if each.part is Part.ELEMENT
        }

    @by_protocol
    def test_every_field_of_a_layout_is_there(self, protocol):
        found = {each.field for each in declared(protocol) if each.part is Part.FIXED}
        assert found == {
            field.name for layout in codecs.terms()[protocol].layouts for field in layout.fields
        }

    @pytest.mark.parametrize("message", watch.messages(), ids=lambda each: each.word)
    def test_a_watch_message_has_all_its_arguments(self, message):
        found = {each.field for each in declared(codecs.WATCH) if each.message == message.word}
        items = set(message.fields) | (set(PAYLOAD) if message.position else set())
        assert {item.name for item in items - {TIME, PLACE, STATUS}} <= found
        assert {"message", "event"} <= found
        assert ("longitude" in found) == message.position

    @by_protocol
    def test_who_speaks_is_said(self, protocol):
        assert any(each.part is Part.DEVICE for each in declared(protocol))

    @by_protocol
    def test_what_carries_it_and_what_is_unknown_are_said(self, protocol):
        parts = {each.part for each in declared(protocol)}
        assert {Part.ENVELOPE, Part.UNKNOWN} <= parts

    def test_an_element_may_bear_several_names_without_a_family(self):
        [found] = [each for each in declared(codecs.AVL) if each.field == "50@1"]
        assert found.names == ("obd_barometric_pressure_kpa", "digital_output_3_state")

    def test_a_family_of_another_protocol_says_nothing(self):
        assert list(declared(codecs.WATCH, "FMB")) == list(declared(codecs.WATCH))

    @pytest.mark.parametrize(
        "key",
        ["teltonika:113@1", "teltonika:battery_percent", "watch:steps", "teltonika:timestamp"],
    )
    def test_a_field_has_its_override_keys(self, key):
        assert key in override_keys()


class TestAgreesWithTheDoor:
    @pytest.mark.no_cover
    @by_policy
    @by_family
    def test_on_every_pair(self, policy, protocol, family):
        selection = select(policy, codecs.terms()[protocol], family)
        kept = {(each.id, each.width) for each in selection.elements}
        parts = {part for identity in selection.identities for part in identity.parts}
        for each in explained(policy, protocol, family):
            if each.declared.part is not Part.ELEMENT:
                continue
            pair = each.declared.place
            if each.action == "pseudonymise":
                assert pair in parts
            elif each.action == "drop":
                assert pair in selection.dropped
                assert selection.dropped[pair].category is each.category
            else:
                assert pair in kept

    @by_policy
    @by_protocol
    def test_on_every_field_of_a_layout(self, policy, protocol):
        selection = select(policy, codecs.terms()[protocol], None)
        for each in explained(policy, protocol):
            if each.declared.part is Part.FIXED:
                said = each.declared.field in selection.fixed
                if each.declared.field == "timestamp":
                    said = selection.says_time
                assert (each.action != "drop") == said

    @by_policy
    def test_on_every_kind_and_word_of_a_watch(self, policy):
        selection = select(policy, codecs.terms()[codecs.WATCH], None)
        for each in explained(policy, codecs.WATCH):
            number = each.declared.place[0]
            if each.declared.part is Part.KIND:
                assert (each.action == "keep") == (selection.kinds[number] is not None)
            elif each.declared.part is Part.WORD:
                assert (each.action == "keep") == (number in selection.events)

    @by_policy
    @pytest.mark.parametrize("family", [None, *catalog.PROFILES])
    def test_on_every_bit_of_the_status_word(self, policy, family):
        selection = select(policy, codecs.terms()[codecs.WATCH], family)
        leaving = {bit.name for bit in selection.status_bits}
        for each in explained(policy, codecs.WATCH, family):
            if each.declared.part is Part.BIT:
                assert (each.action != "drop") == (each.declared.field in leaving)

    @by_policy
    @by_protocol
    def test_on_who_speaks(self, policy, protocol):
        for each in explained(policy, protocol):
            if each.declared.part is Part.DEVICE:
                leaves = policy.pseudonymises(Category.DEVICE_ID)
                assert each.action == ("pseudonymise" if leaves else "drop")


def door(policy, protocol, family):
    """What the door lets through, by message and field of the declarations."""
    selection = select(policy, codecs.terms()[protocol], family)
    parts = {part for identity in selection.identities for part in identity.parts}
    elements = {(each.id, each.width) for each in selection.elements} | parts
    fixed = selection.fixed if selection.says_time else selection.fixed - {"timestamp"}
    bits = {bit.bit for bit in selection.status_bits}
    leaves = {
        Part.FIXED: lambda each: each.field in fixed,
        Part.ELEMENT: lambda each: each.place in elements,
        Part.BIT: lambda each: each.place[0] in bits,
        Part.WORD: lambda each: each.place[0] in selection.events,
        Part.EVENT: lambda _: bool(selection.events),
        Part.KIND: lambda each: selection.kinds[each.place[0]] is not None,
    }
    return {
        (each.message, each.field): leaves[each.part](each)
        for each in declared(protocol, family)
        if each.part in leaves
    }


class TestOverride:
    @pytest.mark.no_cover
    @settings(max_examples=12)
    @given(st.lists(st.sampled_from(sorted(override_keys())), max_size=3), st.sampled_from(SPOKEN))
    def test_is_explained_as_the_door_follows_it(self, keys, spoken):
        policy = dataclasses.replace(KEEP_ALL, override=dict.fromkeys(keys))
        said = door(policy, *spoken)
        for each in explained(policy, *spoken):
            where = each.declared.message, each.declared.field
            assert (each.action != "drop") == said.get(where, each.action != "drop"), where

    @pytest.mark.parametrize(
        ("key", "protocol", "message", "field"),
        [
            ("teltonika:time", codecs.AVL, "avl", "timestamp"),
            ("teltonika:speed_kmh", codecs.AVL, "avl", "speed"),
            ("teltonika:latitude", codecs.AVL, "avl", "longitude"),
            ("teltonika:event", codecs.AVL, "avl", "event"),
            ("teltonika:11@8", codecs.AVL, "avl", "11@8"),
            ("watch:event", codecs.WATCH, "UD", "event"),
            ("watch:sos", codecs.WATCH, "UD", "sos"),
            ("watch:steps", codecs.WATCH, "LK", "steps"),
        ],
    )
    def test_is_named_as_what_decided(self, key, protocol, message, field):
        policy = dataclasses.replace(KEEP_ALL, override={key: None})
        found = one(policy, protocol, message, field, "FMB" if protocol == codecs.AVL else None)
        assert (found.action, found.by) == ("drop", f"override.{key}")

    def test_that_makes_a_value_coarse_says_how(self):
        policy = dataclasses.replace(
            KEEP_ALL,
            override={"watch:steps": Rule("coarsen", coarse=Coarse(buckets=(0.0, 500.0)))},
        )
        found = one(policy, codecs.WATCH, "LK", "steps")
        assert (found.how, found.by) == ("coarsen: bucket [0, 500]", "override.watch:steps")


class TestRule:
    @by_policy
    @by_protocol
    def test_is_a_key_of_the_policy_or_is_listed(self, policy, protocol):
        for each in explained(policy, protocol):
            if each.by.startswith("allow."):
                assert Category(each.by.removeprefix("allow.")) in policy.allow
            elif each.by.startswith("override."):
                assert each.by.removeprefix("override.") in policy.override
            else:
                assert each.by in RULES

    @by_policy
    @by_protocol
    def test_of_what_leaves_says_how_long_it_is_kept(self, policy, protocol):
        for each in explained(policy, protocol):
            says = each.action != "drop" and each.by not in ("neutral", "event")
            assert bool(each.retention) == says, each

    @by_policy
    @by_protocol
    def test_of_the_floor_is_never_that_it_leaves(self, policy, protocol):
        for each in explained(policy, protocol):
            if not each.declared.may_be.isdisjoint(FLOOR - {Category.THIRD_PARTY_ID}):
                assert each.action == "drop"

    @by_protocol
    def test_is_the_default_or_the_floor_where_a_policy_allows_nothing(self, protocol):
        assert {each.by for each in explained(NOTHING, protocol)} == {
            "default", "floor", "neutral", "envelope", "unknown",
            *(["event"] if protocol == codecs.AVL else []),
        } - ({"neutral"} if protocol == codecs.AVL else set())  # fmt: skip

    def test_names_the_override_that_decided(self):
        policy = made({Category.STATUS: KEPT}, override={"teltonika:ignition": None})
        found = one(policy, codecs.AVL, "avl", "239@1")
        assert (found.action, found.by) == ("drop", "override.teltonika:ignition")

    def test_names_the_override_by_id_and_width(self):
        policy = made({Category.STATUS: KEPT}, override={"teltonika:239@1": None})
        found = one(policy, codecs.AVL, "avl", "239@1")
        assert (found.action, found.by) == ("drop", "override.teltonika:239@1")

    def test_is_its_form_where_a_text_would_be_allowed(self):
        found = one(made({Category.PRODUCT: KEPT}), codecs.WATCH, "CONFIG", "firmware_text")
        assert (found.action, found.by) == ("drop", "form")

    def test_is_its_form_where_an_identifier_is_none_that_the_key_takes(self):
        policy = made({Category.DEVICE_ID: Rule("pseudonymise")})
        found = one(policy, codecs.WATCH, "TS", "imei")
        assert (found.action, found.by) == ("drop", "form")


class TestHow:
    def test_a_place_says_its_grid(self):
        assert one(COARSE, codecs.AVL, "avl", "longitude").how == "coarsen: grid 5km"

    def test_a_time_beside_it_says_what_it_is_rounded_to(self):
        assert one(COARSE, codecs.AVL, "avl", "timestamp").how == "coarsen: time PT1H"

    def test_a_counter_says_that_it_is_its_growth(self):
        assert one(COARSE, codecs.AVL, "avl", "16@4", "FMB").how == "coarsen: delta"

    def test_what_cannot_be_made_coarse_is_dropped_for_its_form(self):
        found = one(COARSE, codecs.AVL, "avl", "altitude")
        assert (found.action, found.by) == ("drop", "form")

    def test_an_identifier_says_its_scope(self):
        policy = made({Category.DEVICE_ID: Rule("pseudonymise", scope=Scope.MONTH)})
        assert one(policy, codecs.AVL, "login", "imei").how == "pseudonymise: P1M"
        assert one(policy, codecs.WATCH, "frame", "id").how == "pseudonymise: P1M"

    def test_what_private_mode_takes_out_is_marked(self):
        assert one(KEEP_ALL, codecs.AVL, "avl", "longitude").cleared
        assert not one(KEEP_ALL, codecs.AVL, "avl", "timestamp").cleared

    def test_of_a_beacon_private_mode_takes_out_what_it_leaves_of_the_tracker(self):
        battery, of_a_beacon = (
            one(KEEP_ALL, codecs.AVL, "avl", field, "FMB") for field in ("67@2", "61742@2")
        )
        assert battery.category is of_a_beacon.category is Category.STATUS
        assert of_a_beacon.cleared
        assert not battery.cleared

    def test_the_retention_that_ends_first_counts(self):
        pair = "50@1"
        may_be = one(KEEP_ALL, codecs.AVL, "avl", pair).declared.may_be
        assert len(may_be) > 1
        retain = dict.fromkeys(KEEP_ALL.allow, Period(12, 0)) | {min(may_be): Period(0, 7)}
        policy = made(dict(KEEP_ALL.allow), retain=retain)
        assert one(policy, codecs.AVL, "avl", pair).retention == "P7D"

    def test_an_event_that_ends_the_retention_is_said(self):
        kept = Retention(until="account-closed", inactive=Period(24, 0), most=Period(36, 0))
        policy = made({Category.STATUS: KEPT}, retain={Category.STATUS: kept})
        assert one(policy, codecs.AVL, "avl", "239@1").retention == (
            "until account-closed, inactive P2Y, max P3Y"
        )

    @pytest.mark.parametrize(
        ("coarse", "said"),
        [
            (Coarse(grid_m=500, time_s=60), "grid 500m"),
            (Coarse(grid_m=2_500), "grid 2500m"),
            (Coarse(time_s=900), "time PT15M"),
            (Coarse(time_s=86_400), "time P1D"),
            (Coarse(buckets=(0, 20.5)), "bucket [0, 20.5]"),
        ],
    )
    def test_less_detail_in_few_words(self, coarse, said):
        assert coarsened(coarse) == said


class TestSearch:
    @given(st.sampled_from([*explained(KEEP_ALL, codecs.AVL), *explained(KEEP_ALL, codecs.WATCH)]))
    def test_finds_a_field_by_what_stands_in_its_line(self, each):
        field = each.declared
        for text in (field.field, *field.names, field.message, each.action, each.by, *field.may_be):
            assert each.fits(text), text

    def test_a_number_is_an_id_as_a_whole(self):
        found = {e.declared.field for e in explained(KEEP_ALL, codecs.AVL) if e.fits("66")}
        assert found == {"66@2"}

    def test_wants_every_word(self):
        found = [each for each in explained(KEEP_ALL, codecs.WATCH) if each.fits("UD battery")]
        assert "battery_percent" in {each.declared.field for each in found}
        assert all("battery" in each.declared.field for each in found)


def test_what_codec_16_adds_is_there():
    fields = {each.field for each in declared(codecs.AVL)}
    assert {field.name for layout in (FIXED, HEAD) for field in layout.fields} <= fields
