from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.once

CANARY = "490154203237518"
NEVER_KEPT = sorted((IDENTITIES | {Category.PRIVATE_MODE}) - FLOOR)
PSEUDONYMISED = [
    Category.DEVICE_ID, Category.SIM_ID, Category.DRIVER_ID, Category.ACCOUNT_REF,
]  # fmt: skip
KEPT = sorted(set(Category) - FLOOR - set(NEVER_KEPT))


def toml(
    allow: dict[str, str] | None = None,
    *,
    top: str = 'name = "n"',
    pseudonym: str = 'domain = "d"',
    retain: dict[str, str] | None = None,
) -> str:
    allowed = {"time": '"keep"'} if allow is None else allow
    kept = dict.fromkeys(allowed, '"P3M"') if retain is None else retain
    lines = [top, "[pseudonym]", pseudonym, "[allow]"]
    lines += [f"{key} = {value}" for key, value in allowed.items()]
    lines += ["[retain]", *(f"{key} = {value}" for key, value in kept.items())]
    return "\n".join(lines)


def refusal(text: str) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        Policy.from_toml(text)
    return caught.value


def policy(rules: dict[Category, Rule], period: Period | None = None, **changed: Any) -> Policy:
    given = {
        "name": "n", "domain": "d", "allow": rules,
        "retain": dict.fromkeys(rules, period or Period(3, 0)),
    }  # fmt: skip
    return Policy(**given | changed)


C = f'"{CANARY}"'
BAD_KEYS = {
    "top": (toml(top=f'name = "n"\ncolour = {C}'), ""),
    "top that is a number": (toml(top=f'name = "n"\n{CANARY} = 1'), ""),
    "pseudonym": (toml(pseudonym=f'domain = "d"\n"{CANARY}" = 1'), "pseudonym"),
    "allow": (toml({CANARY: '"keep"'}), "allow"),
    "allow in another case": (toml({"Time": C}), "allow"),
    "retain": (toml(retain={CANARY: '"P3M"'}), "retain"),
}


@pytest.mark.parametrize(("text", "key"), BAD_KEYS.values(), ids=BAD_KEYS)
def test_a_key_that_is_not_known_is_refused(text: str, key: str) -> None:
    error = refusal(text)
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_KEY, key)


BAD_VALUES = {
    "name is a number": (toml(top=f"name = {CANARY}"), "name"),
    "name is empty": (toml(top='name = ""'), "name"),
    "name is long": (toml(top=f'name = "{CANARY * 5}"'), "name"),
    "domain is a number": (toml(pseudonym=f"domain = {CANARY}"), "pseudonym.domain"),
    "domain is empty": (toml(pseudonym='domain = ""'), "pseudonym.domain"),
    "domain is long": (toml(pseudonym=f'domain = "{CANARY * 5}"'), "pseudonym.domain"),
    "description is a number": (toml(top=f'name = "n"\ndescription = {CANARY}'), "description"),
    "pseudonym is no table": (f'name = "n"\npseudonym = {C}\n[allow]\n[retain]', "pseudonym"),
    "allow is no table": (f'name = "n"\nallow = {C}\n[pseudonym]\ndomain = "d"', "allow"),
    "retain is no table": (
        f'name = "n"\nretain = {CANARY}\n[pseudonym]\ndomain = "d"\n[allow]', "retain",
    ),
    "another action": (toml({"time": C}), "allow.time"),
    "an action of another kind": (toml({"time": f"[{C}]"}), "allow.time"),
    "a number": (toml({"time": CANARY}), "allow.time"),
    "true": (toml({"time": "true"}), "allow.time"),
    "no action": (toml({"time": "{}"}), "allow.time"),
    "an action in a list": (toml({"time": f"{{ action = [{C}] }}"}), "allow.time"),
    "another key": (toml({"time": f'{{ action = "keep", "{CANARY}" = 1 }}'}), "allow.time"),
    "keep with a scope": (toml({"time": '{ action = "keep", scope = "stable" }'}), "allow.time"),
    "last known of a time": (
        toml({"time": '{ action = "keep", last_known = true }'}), "allow.time",
    ),
    "last known of a motion": (
        toml({"motion": '{ action = "keep", last_known = false }'}), "allow.motion",
    ),
    "last known of another kind": (
        toml({"location": f'{{ action = "keep", last_known = {C} }}'}), "allow.location.last_known",
    ),
    "another scope": (
        toml({"device_id": f'{{ action = "pseudonymise", scope = {C} }}'}),
        "allow.device_id.scope",
    ),
    "a period that is none": (toml(retain={"time": C}), "retain.time"),
    "a period that is a number": (toml(retain={"time": CANARY}), "retain.time"),
    "a period that is empty": (toml(retain={"time": '"P0D"'}), "retain.time"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "key"), BAD_VALUES.values(), ids=BAD_VALUES)
def test_a_value_that_is_not_allowed_is_refused(text: str, key: str) -> None:
    error = refusal(text)
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, key)


MISSING = {
    "name": (toml(top=""), "name"),
    "domain": (toml(pseudonym=""), "pseudonym.domain"),
    "pseudonym": ('name = "n"\n[allow]\n[retain]', "pseudonym"),
    "allow": ('name = "n"\n[pseudonym]\ndomain = "d"\n[retain]', "allow"),
    "retain": ('name = "n"\n[pseudonym]\ndomain = "d"\n[allow]', "retain"),
    "a period": (toml(retain={}), "retain.time"),
    "a rule": (toml({}, retain={"time": '"P3M"'}), "allow.time"),
}


@pytest.mark.parametrize(("text", "key"), MISSING.values(), ids=MISSING)
def test_a_key_that_must_be_there_is_named(text: str, key: str) -> None:
    error = refusal(text)
    assert (error.code, error.key) == (ErrorCode.POLICY_MISSING, key)
    assert key in str(error)


FLOOR_RULES = [
    '"keep"', '{ action = "pseudonymise" }', '{ action = "pseudonymise", scope = "record" }',
]  # fmt: skip
STABLE = '{ action = "pseudonymise", scope = "stable" }'
LAST_KNOWN = '{ action = "keep", last_known = true }'


@pytest.mark.parametrize("rule", FLOOR_RULES)
@pytest.mark.parametrize("category", sorted(FLOOR - {Category.THIRD_PARTY_ID}))
def test_what_is_under_the_floor_is_never_allowed(category: Category, rule: str) -> None:
    error = refusal(toml({category.value: rule}))
    assert (error.code, error.key) == (ErrorCode.POLICY_FLOOR, f"allow.{category.value}")


@pytest.mark.parametrize("scope", sorted(set(Scope) - {Scope.RECORD}))
def test_other_peoples_devices_are_told_apart_within_a_record_at_most(scope: Scope) -> None:
    category = Category.THIRD_PARTY_ID
    alone = Policy.from_toml(toml({category: '{ action = "pseudonymise", scope = "record" }'}))
    assert alone.scope(category) is Scope.RECORD
    for rule in (f'{{ action = "pseudonymise", scope = "{scope}" }}', '"pseudonymise"', '"keep"'):
        assert refusal(toml({category: rule})).code is ErrorCode.POLICY_FLOOR


@pytest.mark.parametrize("category", NEVER_KEPT)
def test_an_identifier_and_the_private_order_are_never_kept(category: Category) -> None:
    error = refusal(toml({category.value: '"keep"'}))
    assert (error.code, error.key) == (ErrorCode.POLICY_FLOOR, f"allow.{category.value}")


@pytest.mark.parametrize("category", sorted(set(Category) - FLOOR - set(PSEUDONYMISED)))
def test_what_has_no_canonical_form_is_not_pseudonymised(category: Category) -> None:
    error = refusal(toml({category.value: '{ action = "pseudonymise" }'}))
    assert (error.code, error.key) == (ErrorCode.POLICY_BAD_VALUE, f"allow.{category.value}")


@pytest.mark.parametrize("category", sorted(FLOOR | set(NEVER_KEPT)))
def test_a_policy_made_without_toml_is_held_to_the_same_floor(category: Category) -> None:
    with pytest.raises(PolicyError) as caught:
        policy({category: Rule("keep")})
    assert caught.value.code is ErrorCode.POLICY_FLOOR


@pytest.mark.parametrize("category", sorted(set(Category) - set(PSEUDONYMISED)))
def test_a_policy_made_without_toml_pseudonymises_identifiers_only(category: Category) -> None:
    with pytest.raises(PolicyError):
        policy({category: Rule("pseudonymise")})


def test_a_policy_made_without_toml_retains_what_it_allows_and_no_more() -> None:
    with pytest.raises(PolicyError) as caught:
        policy({Category.TIME: Rule("keep")}, retain={})
    assert caught.value.key == "retain.time"
    with pytest.raises(PolicyError) as caught:
        policy({}, retain={Category.TIME: Period(3, 0)})
    assert caught.value.key == "allow.time"


NOT_TOML = [
    "= 1", f"name = {CANARY} {CANARY}", f'name = "{CANARY}', f"[{CANARY}", "name = 1\nname = 2",
    "\ufeffname = 1", f"name = {'9' * 5_000}", "name = " + "[" * 5_000,
]  # fmt: skip


@pytest.mark.parametrize("text", NOT_TOML)
def test_what_is_not_toml_is_refused(text: str) -> None:
    assert refusal(text).code is ErrorCode.POLICY_NOT_TOML


EVERY_BAD = {
    **BAD_KEYS,
    **BAD_VALUES,
    **{f"not TOML {number}": (text, "") for number, text in enumerate(NOT_TOML)},
    "a floor category": (toml({"secret": '"keep"'}, top=f'name = "{CANARY}"'), ""),
    "an identifier kept": (toml({"sim_id": '"keep"'}, top=f'name = "{CANARY}"'), ""),
    "a missing period": (toml(retain={}, top=f'name = "{CANARY}"'), ""),
}


@pytest.mark.parametrize("text", [text for text, _ in EVERY_BAD.values()], ids=EVERY_BAD)
def test_no_refusal_quotes_the_policy(text: str) -> None:
    error = refusal(text)
    assert error.__cause__ is None
    assert error.__context__ is None
    assert CANARY[:8] not in f"{error} {error!r} {error.args} {vars(error)}"


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda b: b.decode("latin-1")))
def test_any_text_is_a_policy_or_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        Policy.from_toml(f"{text}\n[allow]\nsecret = 'keep'")


@pytest.mark.parametrize(
    "name", [f"{CANARY}", "Tracking", "tracking.toml", "../presets/tracking", "", "nul\0"]
)
def test_a_name_that_is_not_known_is_refused_and_not_quoted(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PolicyError) as caught:
        Policy.load(name)
    assert caught.value.code is ErrorCode.POLICY_UNKNOWN
    assert "tracking" in caught.value.hint
    assert CANARY not in f"{caught.value!r} {vars(caught.value)}"
    assert caught.value.__context__ is None


def test_a_folder_is_no_policy(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path)
    assert caught.value.code is ErrorCode.POLICY_UNKNOWN


def test_a_pipe_is_no_policy_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / "pipe")
    assert caught.value.code is ErrorCode.POLICY_UNKNOWN


@pytest.mark.parametrize(
    "content",
    [toml().encode() + b"\n#" + b" " * (1 << 20), b'name = "\xff' + CANARY.encode() + b'"'],
    ids=["too large", "not UTF-8"],
)
def test_a_file_that_is_no_text_of_a_policy_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.toml").write_bytes(content)
    with pytest.raises(PolicyError) as caught:
        Policy.load(tmp_path / "p.toml")
    assert caught.value.code is ErrorCode.POLICY_UNREADABLE
    assert caught.value.__context__ is None
    assert CANARY not in f"{caught.value!r} {vars(caught.value)}"


def test_a_name_too_long_for_a_file_is_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.load("n" * 300)
    assert caught.value.code in (ErrorCode.POLICY_UNREADABLE, ErrorCode.POLICY_UNKNOWN)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_policy_is_loaded_from_a_file(tmp_path: Path, kind: type) -> None:
    (tmp_path / "p.toml").write_text(toml())
    assert Policy.load(kind(tmp_path / "p.toml")) == Policy.from_toml(toml())


def test_a_table_that_would_do_nothing_is_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.from_toml(toml() + f'\n[recrod]\ncontroller = "{CANARY}"')
    assert caught.value.code is ErrorCode.POLICY_BAD_KEY
    assert CANARY not in str(caught.value)


def test_a_policy_that_allows_nothing_denies_all() -> None:
    nothing = Policy.from_toml(toml({}))
    assert not [c for c in Category if nothing.keeps(c) or nothing.pseudonymises(c)]
    assert nothing.periods == {}


@pytest.mark.parametrize("category", KEPT)
def test_what_may_be_kept_is_kept_alone(category: Category) -> None:
    made = Policy.from_toml(toml({category.value: '"keep"'}))
    assert [c for c in Category if made.keeps(c)] == [category]
    assert not [c for c in Category if made.pseudonymises(c)]


@pytest.mark.parametrize("rule", ['"pseudonymise"', STABLE])
@pytest.mark.parametrize("category", PSEUDONYMISED)
def test_an_identifier_is_pseudonymised_alone(category: Category, rule: str) -> None:
    made = Policy.from_toml(toml({category.value: rule}))
    assert [c for c in Category if made.pseudonymises(c)] == [category]
    assert not [c for c in Category if made.keeps(c)]


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ('"keep"', False),
        ('{ action = "keep" }', False),
        ('{ action = "keep", last_known = false }', False),
        (LAST_KNOWN, True),
    ],
)
def test_the_last_known_place_leaves_only_where_the_policy_says_so(rule: str, wanted: bool) -> None:
    assert Policy.from_toml(toml({"location": rule})).last_known is wanted


def test_without_a_place_there_is_no_last_known_one() -> None:
    assert not Policy.from_toml(toml()).last_known


def test_tracking_lets_through_what_the_specification_says() -> None:
    tracking = Policy.load("tracking")
    kept = {c.value for c in Category if tracking.keeps(c)}
    assert kept == {"time", "location", "motion", "status", "alarm", "vehicle_tech", "product"}
    assert {c.value for c in Category if tracking.pseudonymises(c)} == {"device_id"}
    assert not tracking.last_known
    assert tracking.domain == "tracking"
    assert {tracking.retention(category).bounds for category in tracking.allow} == {(Period(3, 0),)}


def test_a_file_does_not_stand_in_for_a_built_in_policy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "tracking").write_text(toml())
    monkeypatch.chdir(tmp_path)
    assert Policy.load("tracking").name == "tracking"


RULES = st.dictionaries(
    st.sampled_from([*KEPT, *PSEUDONYMISED]),
    st.tuples(st.booleans(), st.integers(0, 40), st.integers(0, 400)),
    max_size=6,
)


def made_of(rules: dict[Category, tuple[bool, int, int]], domain: str) -> Policy:
    return Policy(
        "n", domain,
        {
            category: Rule("pseudonymise")
            if category in PSEUDONYMISED
            else Rule("keep", last and category is Category.LOCATION)
            for category, (last, _, _) in rules.items()
        },
        {category: Period(months, days) for category, (_, months, days) in rules.items()},
    )  # fmt: skip


@given(RULES, RULES, st.sampled_from("ab"), st.sampled_from("ab"))
def test_two_policies_have_one_digest_exactly_where_their_rules_are_equal(
    one: dict[Category, Any], other: dict[Category, Any], a: str, b: str
) -> None:
    left, right = made_of(one, a), made_of(other, b)
    same = (left.domain, dict(left.allow), dict(left.retain)) == (
        right.domain, dict(right.allow), dict(right.retain),
    )  # fmt: skip
    assert (left.digest == right.digest) is same


@given(RULES)
def test_the_order_of_the_rules_and_the_name_do_not_change_the_digest(
    rules: dict[Category, Any],
) -> None:
    turned = dict(reversed(rules.items()))
    other = dataclasses.replace(made_of(turned, "d"), name="other", description="other")
    assert made_of(rules, "d").digest == other.digest


CHANGES = {
    "domain": toml(pseudonym='domain = "e"'),
    "one rule more": toml({"time": '"keep"', "status": '"keep"'}),
    "another rule": toml({"status": '"keep"'}),
    "another period": toml(retain={"time": '"P4M"'}),
    "the same length otherwise": toml(retain={"time": '"P90D"'}),
    "no rule": toml({}),
}


def test_every_change_of_a_rule_changes_the_digest() -> None:
    texts = [toml(), *CHANGES.values()]
    texts += [toml({"location": '"keep"'}), toml({"location": LAST_KNOWN})]
    assert len({Policy.from_toml(text).digest for text in texts}) == len(texts)


def test_the_digest_of_tracking_is_pinned() -> None:
    assert Policy.load("tracking").digest == (
        "9788c007e3c26f06147abd5476e09d0e9a6c7d41d85d9e75053902d8b05fbb32"
    )


def test_the_rules_cannot_be_changed_afterwards() -> None:
    rules = {Category.TIME: Rule("keep")}
    made = policy(rules)
    rules[Category.LOCATION] = Rule("keep")
    assert not made.keeps(Category.LOCATION)
    with pytest.raises(TypeError):
        made.allow[Category.LOCATION] = Rule("keep")  # type: ignore[index]
    with pytest.raises(dataclasses.FrozenInstanceError):
        made.allow = rules  # type: ignore[misc]


def test_the_periods_are_those_of_what_is_kept() -> None:
    made = Policy.from_toml(
        toml(
            {"time": '"keep"', "location": '"keep"', "device_id": '"pseudonymise"'},
            retain={"time": '"P3M"', "location": '"P88D"', "device_id": '"P1D"'},
        )
    )
    assert made.periods == {
        Period(0, 88): Category.LOCATION,
        Period(3, 0): Category.TIME,
    }


def test_the_strictest_category_speaks_for_those_of_equal_period() -> None:
    rules = {c: Rule("keep") for c in (Category.TIME, Category.STATUS, Category.LOCATION)}
    assert policy(rules).periods == {Period(3, 0): Category.LOCATION}
