"""What is wrong with policies, each and together."""

from __future__ import annotations

import pytest

from gpsproto import Policy
from gpsproto.category import Category
from gpsproto.codecs.declared import override_keys
from gpsproto.errors import PolicyError
from gpsproto.privacy.policy import presets
from gpsproto.privacy.policy.check import Problem, check, examine, preset_text, stand_ins
from gpsproto.privacy.policy.rules import Coarse, Retention, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.once

CANARY = "490154203237518"
QUARTER = Period(3, 0)
KEPT = Rule("keep")
DELTA = Rule("coarsen", coarse=Coarse(delta=True))
BUCKETS = Rule("coarsen", coarse=Coarse(buckets=(0.0, 1_000.0)))
GRID = Rule("coarsen", coarse=Coarse(grid_m=5_000))
NARROW = [Scope.RECORD, Scope.SESSION, Scope.DAY, Scope.MONTH]
COUNTED = [Category.COUNTER, Category.ACTIVITY]


def pseudonym(scope=Scope.STABLE):
    return Rule("pseudonymise", scope=scope)


def to(seconds):
    return Rule("coarsen", coarse=Coarse(time_s=seconds))


def made(allow, **changed) -> Policy:
    allow = {Category.TIME: KEPT, Category.DEVICE_ID: pseudonym()} | allow
    allow = {category: rule for category, rule in allow.items() if rule is not None}
    given = {"name": "n", "domain": "d", "allow": allow, "retain": dict.fromkeys(allow, QUARTER)}
    return Policy(**given | changed)


def warnings(*policies: Policy, known=()):
    return check({f"p{n}": policy for n, policy in enumerate(policies, 1)}, known)


def codes(*policies, known=()):
    return [(one.code, one.key) for one in warnings(*policies, known=known)]


def test_a_plain_policy_has_no_warning():
    assert codes(made({Category.LOCATION: KEPT, Category.STATUS: KEPT})) == []


@pytest.mark.parametrize("category", COUNTED)
class TestCounter:
    @pytest.mark.parametrize("scope", NARROW)
    @pytest.mark.parametrize("rule", [KEPT, BUCKETS], ids=["kept", "in buckets"])
    def test_is_a_warning_under_an_epoch(self, category, rule, scope):
        policy = made({category: rule, Category.DEVICE_ID: pseudonym(scope)})
        assert codes(policy) == [(Problem.COUNTER_LINKS_EPOCHS, f"allow.{category}")]

    @pytest.mark.parametrize("scope", NARROW)
    def test_is_none_as_growth_of_the_day(self, category, scope):
        assert codes(made({category: DELTA, Category.DEVICE_ID: pseudonym(scope)})) == []

    def test_is_none_under_a_stable_pseudonym(self, category):
        assert codes(made({category: KEPT})) == []

    def test_is_a_warning_where_the_device_has_no_pseudonym_at_all(self, category):
        policy = made({category: KEPT, Category.DEVICE_ID: None})
        assert codes(policy) == [(Problem.COUNTER_LINKS_EPOCHS, f"allow.{category}")]

    def test_is_a_warning_beside_a_coarse_place(self, category):
        policy = made({category: KEPT, Category.LOCATION: GRID, Category.TIME: to(3_600)})
        assert codes(policy) == [(Problem.COUNTER_BESIDE_GRID, f"allow.{category}")]

    def test_as_growth_of_the_day_is_none_beside_a_coarse_place(self, category):
        policy = made({category: DELTA, Category.LOCATION: GRID, Category.TIME: to(3_600)})
        assert codes(policy) == []


class TestCoarsePlace:
    @pytest.mark.parametrize("category", [Category.MOTION, Category.NET_LOCATION])
    def test_says_what_is_dropped_beside_it(self, category):
        policy = made({category: KEPT, Category.LOCATION: GRID, Category.TIME: to(3_600)})
        assert codes(policy) == [(Problem.COARSE_PLACE, f"allow.{category}")]

    @pytest.mark.parametrize("time", [KEPT, to(1), to(900)])
    def test_says_what_becomes_of_the_time_beside_it(self, time):
        [found] = warnings(made({Category.LOCATION: GRID, Category.TIME: time}))
        assert (found.code, found.key) == (Problem.COARSE_PLACE, "allow.time")
        assert "rounded down to PT1H" in found.text
        assert 'time = "PT1H"' in found.advice

    @pytest.mark.parametrize("seconds", [3_600, 86_400])
    def test_is_no_warning_where_the_time_says_it(self, seconds):
        assert codes(made({Category.LOCATION: GRID, Category.TIME: to(seconds)})) == []

    def test_that_says_the_time_beside_it_is_taken_at_its_word(self):
        place = Rule("coarsen", coarse=Coarse(grid_m=500, time_s=900))
        [found] = warnings(made({Category.LOCATION: place}))
        assert "PT15M" in found.text


class TestTogether:
    EXACT = made({Category.LOCATION: KEPT})

    def other(self, allow=None, **changed):
        return made({Category.LOCATION: KEPT} | (allow or {}), **{"domain": "other"} | changed)

    def test_two_domains_with_exact_times_and_places_are_a_warning(self):
        [found] = warnings(self.EXACT, self.other())
        assert found.code == Problem.SAME_PLACE_TWICE
        assert found.policy == "p1, p2"

    def test_one_finding_names_all_of_them(self):
        [found] = warnings(self.EXACT, made({}), self.other(), self.other(domain="third"))
        assert found.policy == "p1, p3, p4"

    def test_one_domain_under_two_scopes_is_a_warning(self):
        monthly = self.other({Category.DEVICE_ID: pseudonym(Scope.MONTH)}, domain="d")
        assert codes(self.EXACT, monthly) == [
            (Problem.SAME_PLACE_TWICE, "allow.location, allow.time")
        ]

    def test_one_domain_is_none_as_the_pseudonyms_are_equal(self):
        assert codes(self.EXACT, self.EXACT) == []

    @pytest.mark.parametrize(
        "allow",
        [
            {Category.LOCATION: None},
            {Category.TIME: to(3_600)},
            {Category.LOCATION: GRID, Category.TIME: to(3_600)},
        ],
    )
    def test_a_coarse_one_is_none(self, allow):
        assert codes(self.EXACT, self.other(allow)) == []

    @pytest.mark.parametrize(
        "allow",
        [
            {Category.TIME: to(1)},
            {
                Category.LOCATION: Rule("coarsen", coarse=Coarse(grid_m=50, time_s=1)),
                Category.TIME: to(1),
            },
        ],
    )
    def test_what_is_hardly_coarse_is_exact(self, allow):
        found = codes(self.EXACT, self.other(allow))
        assert (Problem.SAME_PLACE_TWICE, "allow.location, allow.time") in found


class TestSubjects:
    @pytest.mark.parametrize(
        "category", [Category.SIM_ID, Category.DRIVER_ID, Category.ACCOUNT_REF]
    )
    def test_a_second_one_is_a_warning(self, category):
        [found] = warnings(made({category: pseudonym()}))
        assert found.code == Problem.TWO_SUBJECTS
        assert f"device_id, {category}" in found.text

    def test_one_alone_is_none(self):
        assert codes(made({Category.DRIVER_ID: pseudonym(), Category.DEVICE_ID: None})) == []

    def test_other_peoples_devices_within_a_record_are_none(self):
        assert codes(made({Category.THIRD_PARTY_ID: pseudonym(Scope.RECORD)})) == []


class TestExpiry:
    def test_without_time_is_a_warning(self):
        policy = made({Category.TIME: None, Category.STATUS: KEPT})
        assert codes(policy) == [(Problem.NEVER_EXPIRES, "allow.time")]

    def test_by_events_alone_is_a_warning(self):
        kept = Retention(until="account-closed", inactive=Period(24, 0))
        policy = made({}, retain=dict.fromkeys((Category.TIME, Category.DEVICE_ID), kept))
        assert codes(policy) == [(Problem.NEVER_EXPIRES, "retain")]

    def test_by_an_event_with_a_bound_is_none(self):
        kept = Retention(until="case-closed", most=Period(12, 0))
        policy = made({}, retain=dict.fromkeys((Category.TIME, Category.DEVICE_ID), kept))
        assert codes(policy) == []


class TestOverride:
    @pytest.mark.parametrize("key", ["teltonika:113@1", "watch:steps", "teltonika:ignition"])
    def test_of_a_field_is_none(self, key):
        assert codes(made({}, override={key: None}), known=override_keys()) == []

    @pytest.mark.parametrize("key", ["teltonika:ignitions", "watch:stepz", "watch:ignition"])
    def test_of_no_field_is_a_warning(self, key):
        found = codes(made({}, override={key: None}), known=override_keys())
        assert found == [(Problem.OVERRIDE_MATCHES_NOTHING, f"override.{key}")]

    def test_without_the_fields_is_not_judged(self):
        assert codes(made({}, override={"watch:stepz": None})) == []


ROW = 'name = "mine"\n[pseudonym]\ndomain = "d"\n[allow]\n{}\n[retain]\n{}\n'
BLANK = ROW.format('time = "keep"', 'time = "FILL IN: how long, as P3M"')


class TestBlanks:
    def test_are_errors(self, tmp_path):
        (tmp_path / "p.toml").write_text(BLANK)
        found = examine(tmp_path / "p.toml", "p")
        assert [(one.severity, one.code, one.key) for one in found.errors] == [
            ("error", Problem.BLANK, "retain.time")
        ]
        assert not found.usable
        assert found.blanks == ("retain.time",)

    def test_of_somebody_elses_text_are_not_repeated(self, tmp_path):
        (tmp_path / "p.toml").write_text(BLANK.replace("how long", CANARY))
        assert CANARY not in repr(examine(tmp_path / "p.toml", "p").errors)

    def test_are_looked_through_for_other_findings(self, tmp_path):
        (tmp_path / "p.toml").write_text(BLANK)
        assert examine(tmp_path / "p.toml", "p").policy is not None

    def test_have_stand_ins_of_their_form(self):
        assert stand_ins(["retain.time", "pseudonym.domain"]) == {
            "retain.time": "P1D", "pseudonym.domain": "fill-in",
        }  # fmt: skip


class TestExamine:
    @pytest.mark.parametrize("name", presets())
    def test_a_preset_can_be_looked_at_and_lacks_its_blanks_alone(self, name):
        found = examine(name, name)
        assert found.policy is not None
        assert {one.code for one in found.errors} <= {Problem.BLANK}
        assert found.usable == (not found.blanks)

    @pytest.mark.parametrize("name", presets())
    def test_a_preset_says_what_to_fill_in(self, name):
        for one in examine(name, name).errors:
            assert one.advice.startswith("fill in ")
            assert one.key

    def test_every_missing_retention_is_an_error(self, tmp_path):
        (tmp_path / "p.toml").write_text(
            ROW.format('time = "keep"\nstatus = "keep"\nalarm = "keep"', 'alarm = "P3M"')
        )
        found = examine(tmp_path / "p.toml", "p")
        assert found.policy is None
        assert {one.key for one in found.errors} == {"retain.time", "retain.status"}
        assert all(one.severity == "error" for one in found.errors)
        assert 'time = "P3M"' in next(o.advice for o in found.errors if o.key == "retain.time")

    def test_a_retention_of_nothing_is_as_many_errors(self, tmp_path):
        text = ROW.format('time = "keep"\nstatus = "keep"', "").replace("[retain]", "")
        (tmp_path / "p.toml").write_text(text)
        found = examine(tmp_path / "p.toml", "p").errors
        assert {one.key for one in found} == {"retain.time", "retain.status"}

    @pytest.mark.parametrize(
        ("content", "code"),
        [
            (None, "policy_unknown"),
            (b"", "policy_missing"),
            (b"\x00\xff\xfe\x80", "policy_unreadable"),
            (b"name = ", "policy_not_toml"),
            (b" " * (1 << 20) + b"#", "policy_unreadable"),
            (f'colour = "{CANARY}"'.encode(), "policy_bad_key"),
            (ROW.format('secret = "keep"', 'secret = "P3M"').encode(), "policy_floor"),
            (ROW.format('time = "keep"', f'time = "{CANARY}"').encode(), "policy_bad_value"),
        ],
    )
    def test_what_cannot_be_used_is_one_error_that_says_what_to_do(self, tmp_path, content, code):
        if content is not None:
            (tmp_path / "p.toml").write_bytes(content)
        found = examine(tmp_path / "p.toml", "p")
        assert found.policy is None
        assert [(one.severity, one.code, one.policy) for one in found.errors] == [
            ("error", code, "p")
        ]
        assert found.errors[0].text
        assert found.errors[0].advice
        assert CANARY not in repr(found.errors)
        assert str(tmp_path) not in repr(found.errors)

    def test_a_folder_is_an_error(self, tmp_path):
        assert [one.code for one in examine(tmp_path, "p").errors] == ["policy_unknown"]


def test_the_text_of_no_preset_is_refused():
    with pytest.raises(PolicyError) as caught:
        preset_text(CANARY)
    assert CANARY not in str(caught.value)
    assert caught.value.__context__ is None
