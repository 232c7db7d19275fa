"""A policy as a file: every form of its values, the line of what is wrong, and what it leaves open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Coarse, Policy, Purpose, Record, Retention, Rule, SinkUse
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope
from tests.policy_strategies import as_toml, policies

pytestmark = pytest.mark.once

CANARY = "490154203237518"
HEAD = 'name = "n"\n[pseudonym]\ndomain = "d"\n'


def refusal(text: str, **options: Any) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        Policy.from_toml(text, **options)
    assert caught.value.__context__ is None
    assert CANARY[:6] not in f"{caught.value!r} {vars(caught.value)}"
    return caught.value


def of_rule(category: str, rule: str) -> str:
    return f'{HEAD}[allow]\n{category} = {rule}\n[retain]\n{category} = "P3M"\n'


def rule_of(category: str, rule: str) -> Rule | None:
    return Policy.from_toml(of_rule(category, rule)).rule(Category(category))


@given(policies())
def test_a_policy_that_is_written_is_read_again(policy: Policy) -> None:
    read = Policy.from_toml(as_toml(policy))
    assert read == policy
    assert read.digest == policy.digest


@given(policies(), st.data())
def test_every_error_of_a_damaged_policy_has_the_line_of_the_damage(
    policy: Policy, data: Any
) -> None:
    lines = as_toml(policy).split("\n")
    rows = [n for n, line in enumerate(lines) if " = {" in line]
    if not rows:
        return
    row = data.draw(st.sampled_from(rows))
    lines[row] = f"{lines[row].split(' = ')[0]} = [{CANARY}]"
    error = refusal("\n".join(lines))
    assert error.line == row + 1
    assert f"(line {row + 1})" in str(error)


FORMS = {
    '{ action = "coarsen", grid = "500m" }': Coarse(500),
    '{ action = "coarsen", grid = "5km" }': Coarse(5_000),
    '{ action = "coarsen", grid = "0.05km" }': Coarse(50),
    '{ action = "coarsen", grid = "1.25km", time = "PT15M" }': Coarse(1_250, 900),
    '{ action = "coarsen", grid = "200km", time = "PT1H30M" }': Coarse(200_000, 5_400),
    '{ action = "coarsen", grid = "200000m", time = "P31D" }': Coarse(200_000, 31 * 86_400),
    '{ action = "coarsen", grid = "50m", time = "PT1S" }': Coarse(50, 1),
}


@pytest.mark.parametrize(("form", "coarse"), FORMS.items())
def test_a_place_and_its_time_are_written_with_their_units(form: str, coarse: Coarse) -> None:
    assert rule_of("location", form) == Rule("coarsen", coarse=coarse)


BAD_DETAIL = {
    ("location", "grid"): [
        '"49m"', '"201km"', '"5 km"', '"5KM"', "500", '"0m"', '"-500m"', '"5km\\n"', '"\u0665km"',
        '"1e3m"', '"200.001km"', f'"{CANARY}m"',
    ],
    ("time", "time"): [
        '"PT0S"', '"PT7S"', '"P32D"', '"PT25H"', '"P1M"', '"P1DT1H"', "60", '"P"', '"PT"', '"1h"',
        '"P1D\\n"',
    ],
    ("status", "bucket"): [
        "[]", "0", "[1, 1]", "[2, 1]", "[nan]", "[1, inf]", '["1"]', "[true, 2]", "[[1]]",
        f"[{', '.join(map(str, range(65)))}]", f"[1, {CANARY}99]", f"[{'9' * 400}]",
    ],
    ("counter", "delta"): ["1", '"true"', "[true]"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("category", "way", "value"),
    [(*of, value) for of, values in BAD_DETAIL.items() for value in values],
)
def test_a_detail_out_of_its_bounds_is_refused(category: str, way: str, value: str) -> None:
    error = refusal(of_rule(category, f'{{ action = "coarsen", {way} = {value} }}'))
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, f"allow.{category}.{way}")
    assert error.line == 5


@pytest.mark.parametrize(
    ("category", "rule"),
    [
        ("location", '"coarsen"'), ("location", '{ action = "coarsen", time = "P1D" }'),
        ("location", '{ action = "coarsen", bucket = [1] }'), ("location", '"delta"'),
        ("location", '{ action = "keep", grid = "5km" }'), ("motion", '"delta"'),
        ("motion", '{ action = "coarsen", grid = "5km" }'),
        ("status", '{ action = "coarsen", delta = true }'),
        ("counter", '{ action = "coarsen", delta = false }'),
        ("counter", '{ action = "coarsen", time = "P1D" }'),
        ("zone", '{ action = "coarsen", bucket = [1] }'),
        ("product", '{ action = "coarsen", bucket = [1] }'),
        ("time", '{ action = "coarsen", bucket = [1] }'),
        ("device_id", '{ action = "coarsen", bucket = [1] }'),
        ("device_id", '{ action = "pseudonymise", last_known = true }'),
        ("status", '{ action = "drop", bucket = [1] }'),
    ],
)  # fmt: skip
def test_a_way_that_a_category_does_not_take_is_refused(category: str, rule: str) -> None:
    error = refusal(of_rule(category, rule))
    assert error.code in (ErrorCode.POLICY_BAD_VALUE, ErrorCode.POLICY_FLOOR)
    assert error.key.startswith(f"allow.{category}")


@pytest.mark.parametrize(
    "rule",
    [
        Rule("keep", scope=Scope.MONTH), Rule("keep", coarse=Coarse(500)), Rule("coarsen"),
        Rule("coarsen", coarse=Coarse(49)), Rule("coarsen", coarse=Coarse(500, 7)),
        Rule("coarsen", coarse=Coarse(500, buckets=(1.0,))), Rule("coarsen", coarse=Coarse(True)),
        Rule("coarsen", coarse=Coarse(500.0)), Rule("hide"), Rule("keep", 1), "keep",  # type: ignore[arg-type]
        Rule("keep", scope="stable"), Rule("coarsen", coarse=None),  # type: ignore[arg-type]
        Rule("coarsen", coarse=Coarse(500, delta=1)), Rule("coarsen", coarse=Coarse(time_s=60)),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_rule_made_without_toml_is_held_to_the_same(rule: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy("n", "d", {Category.LOCATION: rule}, {Category.LOCATION: Period(3, 0)})
    assert caught.value.key.startswith("allow.location")


@pytest.mark.parametrize(
    "retention",
    [Retention(), Retention(inactive=Period(1, 0)), Retention(until="some day"), "P3M",
     Retention(Period(1, 0), service=7), Retention("P3M"), Retention(Period(1, 0), service="a\nb")],  # type: ignore[arg-type]
)  # fmt: skip
def test_a_retention_made_without_toml_is_held_to_the_same(retention: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy("n", "d", {Category.TIME: Rule("keep")}, {Category.TIME: retention})
    assert caught.value.key.startswith("retain.time")


WRONG_TEXTS: dict[str, dict[str, Any]] = {
    "name": {"name": ""},
    "pseudonym.domain": {"domain": "gpsproto/x"},
    "description": {"description": "d" * 1_001},
    "loosen": {"loosen": "a\nb"},
    "record.role": {"record": Record("boss")},
    "record.controller": {"record": Record(controller="c" * 201)},
    "record.purposes": {"record": Record(purposes=(Purpose("p", "x"),) * 65)},
    "record.purposes.0.purpose": {"record": Record(purposes=("p",))},  # type: ignore[arg-type]
    "record.purposes.0.legal_basis": {"record": Record(purposes=(Purpose("p", ""),))},
    "sink": {"sinks": {f"s{n}": SinkUse("p", "EU") for n in range(65)}},
    "sink.lake.region": {"sinks": {"lake": SinkUse("p", "")}},
}


@pytest.mark.parametrize(("key", "changed"), WRONG_TEXTS.items())
def test_texts_of_a_policy_made_without_toml_are_held_to_the_same(
    key: str, changed: dict[str, Any]
) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy(**{"name": "n", "domain": "d", "allow": {}, "retain": {}, **changed})
    assert (caught.value.key, caught.value.line) == (key, 0)


@pytest.mark.parametrize("key", ["name", "domain", "description"])
def test_half_a_surrogate_pair_is_no_text(key: str) -> None:
    texts = {"name": "n", "domain": "d", key: "a\ud800"}
    with pytest.raises(PolicyError) as caught:
        Policy(**texts, allow={}, retain={})
    assert caught.value.key.endswith(key)
    assert "\ud800" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "Lake", "a b", f"a{CANARY}", 1])
def test_a_sink_made_without_toml_has_a_plain_name(name: Any) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy("n", "d", {}, {}, sinks={name: SinkUse("p", "EU")})
    assert (caught.value.code, caught.value.key) == (ErrorCode.POLICY_BAD_KEY, "sink")


def test_a_category_made_without_toml_is_one() -> None:
    for allow, retain in (({"time": Rule("keep")}, {}), ({}, {"time": Period(3, 0)})):
        with pytest.raises(PolicyError) as caught:
            Policy("n", "d", allow, retain)  # type: ignore[arg-type]
        assert caught.value.code is ErrorCode.POLICY_BAD_KEY


def test_the_usual_scope_is_that_of_the_pseudonyms() -> None:
    text = (
        f'{HEAD}scope = "P1M"\n[allow]\ndevice_id = "pseudonymise"\n'
        'sim_id = { action = "pseudonymise", scope = "P1D" }\n'
        '[retain]\ndevice_id = "P3M"\nsim_id = "P3M"'
    )
    policy = Policy.from_toml(text)
    assert policy.scope(Category.DEVICE_ID) is Scope.MONTH
    assert policy.scope(Category.SIM_ID) is Scope.DAY
    assert refusal(text.replace("P1M", "P2M")).key == "pseudonym.scope"


@pytest.mark.parametrize("rule", ['"drop"', '{ action = "drop" }'])
@pytest.mark.parametrize("category", sorted(Category))
def test_what_is_said_to_be_dropped_is_as_if_it_was_not_named(category: str, rule: str) -> None:
    text = f"{HEAD}[allow]\n{category} = {rule}\n[retain]\n"
    assert Policy.from_toml(text) == Policy.from_toml(f"{HEAD}[allow]\n[retain]\n")


def test_delta_is_written_in_a_word_or_in_full() -> None:
    wanted = Rule("coarsen", coarse=Coarse(delta=True))
    assert rule_of("counter", '"delta"') == wanted
    assert rule_of("activity", '{ action = "coarsen", delta = true }') == wanted


@pytest.mark.parametrize("domain", ["gpsproto/objection", "gpsproto/"])
def test_a_domain_of_the_library_itself_is_refused(domain: str) -> None:
    error = refusal(f'name = "n"\n[pseudonym]\ndomain = "{domain}"\n[allow]\n[retain]')
    assert (error.code, error.key, error.line) == (
        ErrorCode.POLICY_BAD_VALUE, "pseudonym.domain", 3,
    )  # fmt: skip


def retained(retention: str) -> str:
    return f'{HEAD}[allow]\ntime = "keep"\n[retain]\ntime = {retention}\n'


def test_a_retention_ends_by_time_or_by_event() -> None:
    text = retained(
        '{ until = "account-closed", inactive = "P2Y", max = "P12M", service = "s",'
        ' responsible = "r", legal_basis = "contract" }'
    )
    found = Policy.from_toml(text).retention(Category.TIME)
    assert found == Retention(
        None, "account-closed", Period(24, 0), Period(12, 0), "s", "r", "contract"
    )
    assert found.bound == Period(12, 0)


@pytest.mark.parametrize(
    ("retention", "key"),
    [
        ("{}", ""), ('{ inactive = "P2Y" }', ""), ("3", ""), ('{ until = "later" }', ".until"),
        ('{ period = "3M" }', ".period"), ('{ max = 3 }', ".max"), ('"P0D"', ""),
        ('{ period = "P3M", service = 3 }', ".service"), (f'{{ "{CANARY}" = "P3M" }}', ""),
        ('{ period = "P3M", responsible = "a\\tb" }', ".responsible"),
    ],
)  # fmt: skip
def test_a_retention_that_does_not_end_or_is_none_is_refused(retention: str, key: str) -> None:
    error = refusal(retained(retention))
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, f"retain.time{key}")
    assert error.line == 7


@given(policies())
def test_a_record_goes_with_the_first_of_all_periods(policy: Policy) -> None:
    for category in policy.allow:
        if policy.leaves(category):
            assert set(policy.retention(category).bounds) <= set(policy.periods)


def test_the_record_of_processing_and_the_sinks_are_read() -> None:
    policy = Policy.from_toml(
        f'{HEAD}[allow]\n[retain]\n[record]\nrole = "processor"\ncontroller = "x"\n'
        'purposes = [{ purpose = "p", legal_basis = "contract" }]\n'
        '[sink.lake]\npurpose = "q"\nregion = "EU"\n'
    )
    assert policy.record == Record("processor", "x", (Purpose("p", "contract"),))
    assert policy.sinks == {"lake": SinkUse("q", "EU")}


BAD_RECORDS = {
    '[record]\nrole = "boss"': "record.role",
    "[record]\ncontroller = 1": "record.controller",
    "[record]\npurposes = 1": "record.purposes",
    '[record]\npurposes = [{ purpose = "p" }]': "record.purposes.0",
    '[record]\npurposes = [{ purpose = "", legal_basis = "x" }]': "record.purposes.0.purpose",
    f'[sink.lake]\npurpose = "{CANARY}"': "sink.lake",
    '[sink.lake]\npurpose = "x"\nregion = 1': "sink.lake.region",
}


@pytest.mark.parametrize(("text", "key"), BAD_RECORDS.items())
def test_a_record_or_sink_of_another_form_is_refused(text: str, key: str) -> None:
    error = refusal(f"{HEAD}[allow]\n[retain]\n{text}\n")
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, key)
    assert 6 <= error.line <= 8


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (f"[record]\n{CANARY} = 1", "record"),
        (f'[sink."{CANARY}"]\n', "sink"),
        (f"[sink.a{CANARY}]\n", "sink"),
    ],
)
def test_a_key_of_a_record_that_is_not_known_is_refused(text: str, key: str) -> None:
    error = refusal(f"{HEAD}[allow]\n[retain]\n{text}")
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_KEY, key)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = 1\nb = ", 2), (f"a = 1\n\n{CANARY} {CANARY}\n", 3), ('a = """\n\n', 3),
        ("a = 1\r\nb c\r\n", 2), (f"# (at line 9, column 9)\na = {CANARY[:3]}.{CANARY}.1", 2),
    ],
)  # fmt: skip
def test_what_is_not_toml_is_told_by_its_line(text: str, line: int) -> None:
    error = refusal(text)
    assert (error.code, error.line) == (ErrorCode.POLICY_NOT_TOML, line)


def test_a_text_that_is_too_long_is_not_read() -> None:
    assert refusal("#" * ((1 << 20) + 1)).code is ErrorCode.POLICY_UNREADABLE


OPEN = f"""{HEAD}[allow]
time = "keep"
status = "keep"
[retain]
time = "FILL IN: {CANARY}"
status = {{ period = "FILL IN", service = "s" }}
[record]
controller = "FILL IN"
"""
BLANKS = ("retain.time", "retain.status", "record.controller")


def test_what_a_file_leaves_open_is_named_by_key_and_line_alone() -> None:
    error = refusal(OPEN)
    assert (error.code, error.key, error.line) == (ErrorCode.POLICY_BLANK, "retain.time", 8)
    assert error.blanks == BLANKS
    assert "retain.status (line 9)" in str(error)
    assert "record.controller (line 11)" in str(error)


def test_a_blank_below_a_key_that_is_not_known_does_not_tell_that_key() -> None:
    text = retained(f'{{ "{CANARY}" = "FILL IN" }}')
    error = refusal(text)
    assert (error.code, error.blanks) == (ErrorCode.POLICY_BLANK, ("retain.time",))
    assert refusal(text, fill={"retain.time": "P6M"}).code is ErrorCode.POLICY_BAD_VALUE


@pytest.mark.parametrize("key", ["allow.time", "retain.time", "record.controller"])
def test_a_key_of_very_many_parts_is_a_value_that_is_not_allowed(key: str) -> None:
    tables = dict.fromkeys(("allow", "retain", "record"), "")
    table, _, below = key.partition(".")
    tables[table] = f"{below}{'.a' * 2_000} = 'FILL IN'\n"
    error = refusal(HEAD + "".join(f"[{name}]\n{rest}" for name, rest in tables.items()))
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, key)


def test_what_was_left_open_is_filled_by_key() -> None:
    fill = {"retain.time": "P6M", "retain.status": "P1Y", "record.controller": "x"}
    policy = Policy.from_toml(OPEN, fill=fill)
    assert policy.retention(Category.TIME) == Retention(Period(6, 0))
    assert policy.retention(Category.STATUS) == Retention(Period(12, 0), service="s")
    assert policy.record.controller == "x"
    assert policy.blanks == BLANKS


def test_a_blank_may_be_filled_with_a_table() -> None:
    ends = {"until": "case-closed", "max": "P1Y"}
    policy = Policy.from_toml(retained('"FILL IN"'), fill={"retain.time": ends})
    assert policy.retention(Category.TIME) == Retention(until="case-closed", most=Period(12, 0))


@pytest.mark.parametrize(
    ("fill", "code", "key"),
    [
        ({"retain.time": "P6M"}, ErrorCode.POLICY_BLANK, "retain.status"),
        (dict.fromkeys(BLANKS, "FILL IN"), ErrorCode.POLICY_BLANK, "retain.time"),
        (dict.fromkeys(BLANKS, CANARY), ErrorCode.POLICY_BAD_VALUE, "retain.time"),
        (dict.fromkeys(BLANKS, 3), ErrorCode.POLICY_BAD_VALUE, "retain.time"),
        (dict.fromkeys([*BLANKS, "name"], "P3M"), ErrorCode.POLICY_BAD_KEY, "fill"),
        (dict.fromkeys([*BLANKS, CANARY], "P3M"), ErrorCode.POLICY_BAD_KEY, "fill"),
    ],
)
def test_a_blank_is_filled_with_what_its_key_takes_and_nothing_else_is(
    fill: dict[str, Any], code: ErrorCode, key: str
) -> None:
    error = refusal(OPEN, fill=fill)
    assert (error.code, error.key) == (code, key)


def test_a_file_and_its_text_are_one(tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(OPEN)
    fill = dict.fromkeys(BLANKS, "P6M")
    assert Policy.load(tmp_path / "p.toml", fill=fill) == Policy.from_toml(OPEN, fill=fill)
