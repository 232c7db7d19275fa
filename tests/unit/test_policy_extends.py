"""A policy over another: key by key, and never looser unless it says why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Coarse, Policy, Retention, Rule
from gpsproto.privacy.policy.compare import compare
from gpsproto.privacy.policy.file import DEEPEST
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope
from tests.policy_strategies import as_toml, policies, stricter

pytestmark = pytest.mark.once

CANARY = "490154203237518"
LOCATION = Category.LOCATION


def over(base: str, more: str = "") -> str:
    return f'name = "n"\nextends = "{base}"\n{more}'


def refusal(policy: str | Path) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        Policy.load(policy) if isinstance(policy, Path) else Policy.from_toml(policy)
    assert caught.value.__context__ is None
    assert CANARY[:6] not in f"{caught.value!r} {vars(caught.value)}"
    return caught.value


def test_a_policy_that_adds_nothing_is_what_it_extends() -> None:
    policy = Policy.from_toml(over("fleet"))
    assert compare(Policy.load("fleet"), policy) == ()
    assert (policy.name, policy.extends, policy.description) == ("n", "fleet", "")


def test_rules_and_retentions_are_replaced_key_by_key() -> None:
    policy = Policy.from_toml(
        over(
            "fleet",
            '[pseudonym]\ndomain = "d"\n[allow]\nmotion = "drop"\n'
            'location = { action = "coarsen", grid = "1km" }\n[retain]\nlocation = "P1M"\n'
            '[override]\n"teltonika:113@1" = "drop"\n[sink.lake]\npurpose = "p"\nregion = "EU"\n',
        )
    )
    assert policy.domain == "d"
    assert policy.grid_m == 1_000
    assert Category.MOTION not in policy.allow
    assert Category.MOTION not in policy.retain
    assert policy.rule(Category.STATUS) == Rule("keep")
    assert policy.override == {"teltonika:113@1": None}
    assert set(policy.sinks) == {"lake"}


def test_a_period_alone_leaves_the_words_of_the_retention() -> None:
    policy = Policy.from_toml(over("fleet", '[retain]\nlocation = "P1M"'))
    was = Policy.load("fleet").retention(LOCATION)
    assert policy.retention(LOCATION) == Retention(
        Period(1, 0), service=was.service, legal_basis=was.legal_basis
    )


def test_the_usual_scope_is_that_of_the_policy_above(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "b"\n[pseudonym]\ndomain = "d"\nscope = "P1M"\n[allow]\ndevice_id = "pseudonymise"\n'
        '[retain]\ndevice_id = "P3M"\n'
    )
    (tmp_path / "p.toml").write_text(over("base.toml", '[pseudonym]\nscope = "session"'))
    assert Policy.load(tmp_path / "p.toml").scope(Category.DEVICE_ID) is Scope.SESSION
    (tmp_path / "p.toml").write_text(over("base.toml", '[pseudonym]\nscope = "stable"'))
    assert refusal(tmp_path / "p.toml").key == "allow.device_id.scope"


LOOSER: dict[str, tuple[str, str, int]] = {
    "a category more": ('[allow]\nzone = "keep"\n[retain]\nzone = "P3M"', "allow.zone", 4),
    "a wider scope": (
        '[allow]\ndevice_id = { action = "pseudonymise", scope = "stable" }',
        "allow.device_id.scope", 4,
    ),
    "an exact counter": ('[allow]\ncounter = "keep"', "allow.counter", 4),
    "a longer period": ('[retain]\n\nlocation = "P13M"', "retain.location", 5),
    "the last place": (
        '[allow]\nlocation = { action = "keep", last_known = true }',
        "allow.location.last_known", 4,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("more", "key", "line"), LOOSER.values(), ids=LOOSER)
def test_a_looser_key_is_refused_by_name_and_line(more: str, key: str, line: int) -> None:
    error = refusal(over("fleet", more))
    assert (error.code, error.key, error.line) == (ErrorCode.POLICY_LOOSER, key, line)
    assert "loosen" in error.hint


@pytest.mark.parametrize("more", [one[0] for one in LOOSER.values()], ids=LOOSER)
def test_a_looser_policy_that_says_why_is_taken(more: str) -> None:
    policy = Policy.from_toml(over("fleet", f'loosen = "a reason"\n{more}'))
    assert policy.loosen == "a reason"


def test_what_a_coarse_place_hides_does_not_come_out_by_dropping_the_place(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "b"\n[pseudonym]\ndomain = "d"\n[allow]\nmotion = "keep"\n'
        'location = { action = "coarsen", grid = "5km" }\n[retain]\nmotion = "P3M"\nlocation = "P3M"\n'
    )
    (tmp_path / "p.toml").write_text(over("base.toml", '[allow]\nlocation = "drop"'))
    error = refusal(tmp_path / "p.toml")
    assert (error.code, error.key) == (ErrorCode.POLICY_LOOSER, "allow.motion")


@pytest.mark.parametrize("reason", ["''", "1", '"a\\tb"', f"'{CANARY * 20}'"])
def test_a_reason_is_a_line_of_text(reason: str) -> None:
    assert refusal(over("fleet", f"loosen = {reason}")).key == "loosen"


def test_a_reason_without_anything_to_loosen_is_refused() -> None:
    error = refusal('name = "n"\nloosen = "x"\n[pseudonym]\ndomain = "d"\n[allow]\n[retain]')
    assert (error.code, error.key, error.line) == (ErrorCode.POLICY_BAD_KEY, "loosen", 2)


@given(policies(), st.data())
def test_a_stricter_policy_is_taken_over_the_one_it_was_made_of(
    tmp_path_factory: pytest.TempPathFactory, policy: Policy, data: Any
) -> None:
    folder = tmp_path_factory.mktemp("p")
    made = data.draw(stricter(policy))
    (folder / "base.toml").write_text(as_toml(policy), "utf-8")
    gone = "".join(f'{one} = "drop"\n' for one in policy.allow if one not in made.allow)
    text = as_toml(made).replace("[allow]\n", f"[allow]\n{gone}")
    (folder / "p.toml").write_text(f'extends = "base.toml"\n{text}', "utf-8")
    read = Policy.load(folder / "p.toml")
    assert (dict(read.allow), dict(read.retain)) == (dict(made.allow), dict(made.retain))
    assert set(made.override) <= set(read.override)


def test_an_override_of_what_is_dropped_by_now_is_none(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(
        'name = "b"\n[pseudonym]\ndomain = "d"\n[allow]\nstatus = "keep"\n[retain]\nstatus = "P3M"\n'
        '[override]\n"teltonika:113@1" = { bucket = [0, 50] }\n"watch:steps" = "drop"\n'
    )
    (tmp_path / "p.toml").write_text(over("base.toml", '[allow]\nstatus = "drop"'))
    assert Policy.load(tmp_path / "p.toml").override == {"watch:steps": None}


def test_a_path_is_looked_for_beside_the_file(tmp_path: Path, monkeypatch: Any) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "base.toml").write_text(over("tracking", '[allow]\nalarm = "drop"'))
    (tmp_path / "sub" / "p.toml").write_text(over("../base.toml", '[allow]\nmotion = "drop"'))
    monkeypatch.chdir("/")
    policy = Policy.load(tmp_path / "sub" / "p.toml")
    assert set(Policy.load("tracking").allow) - set(policy.allow) == {
        Category.ALARM, Category.MOTION,
    }  # fmt: skip


def test_a_text_extends_built_in_policies_only(tmp_path: Path) -> None:
    (tmp_path / "base.toml").write_text(over("fleet"))
    error = refusal(over(str(tmp_path / "base.toml")))
    assert (error.code, error.key, error.line) == (ErrorCode.POLICY_UNKNOWN, "extends", 2)
    assert "tracking" in error.hint


@pytest.mark.parametrize("base", ["1", '""', "[]", f'"{CANARY}"', '"no.toml"', '"a\\u0000"'])
def test_what_a_policy_cannot_extend_is_refused(base: str, tmp_path: Path) -> None:
    (tmp_path / "p.toml").write_text(f'name = "n"\n\nextends = {base}')
    error = refusal(tmp_path / "p.toml")
    assert (error.key, error.line) == ("extends", 3)


def test_policies_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(over("b.toml"))
    (tmp_path / "b.toml").write_text(over("a.toml"))
    for name in ("a.toml", "b.toml"):
        assert refusal(tmp_path / name).code is ErrorCode.POLICY_CIRCLE


def test_only_so_many_policies_stand_on_each_other(tmp_path: Path) -> None:
    (tmp_path / "0.toml").write_text(over("tracking"))
    for n in range(1, DEEPEST + 1):
        (tmp_path / f"{n}.toml").write_text(over(f"{n - 1}.toml"))
    assert Policy.load(tmp_path / f"{DEEPEST - 1}.toml").extends == "n"
    assert refusal(tmp_path / f"{DEEPEST}.toml").code is ErrorCode.POLICY_CIRCLE


@pytest.mark.parametrize(
    ("base", "code", "told"),
    [
        (f"a = 1\n{CANARY} {CANARY}", ErrorCode.POLICY_NOT_TOML, "line 2"),
        (f'name = "n"\n[{CANARY}]', ErrorCode.POLICY_BAD_KEY, "line 2"),
        (
            'name = "n"\n[pseudonym]\ndomain = "d"\n[allow]\ntime = "keep"\n[retain]\ntime = "x"',
            ErrorCode.POLICY_BAD_VALUE, "at retain.time line 7",
        ),
        (over("fleet", '[allow]\nzone = "keep"\n[retain]\nzone = "P3M"'),
         ErrorCode.POLICY_LOOSER, "at allow.zone line 4"),
    ],
)  # fmt: skip
def test_an_error_of_what_it_extends_says_so(
    base: str, code: ErrorCode, told: str, tmp_path: Path
) -> None:
    (tmp_path / "base.toml").write_text(base)
    (tmp_path / "p.toml").write_text(over("base.toml"))
    error = refusal(tmp_path / "p.toml")
    assert (error.code, error.key, error.line) == (code, "extends", 2)
    assert told in error.hint


def test_the_blanks_of_what_it_extends_are_filled_by_its_own_keys() -> None:
    keys = ["account_ref", "product", "status", "time"]
    policy = Policy.from_toml(
        over("partner-report", "[retain]\n" + "".join(f'{key} = "P6M"\n' for key in keys))
    )
    assert {policy.retention(category).period for category in policy.retain} == {Period(6, 0)}
    assert policy.blanks == ()


def test_the_blanks_of_what_it_extends_may_be_dropped_or_filled() -> None:
    text = over(
        "partner-report", '[allow]\ntime = "drop"\nproduct = "drop"\n[retain]\nstatus = "P6M"'
    )
    error = refusal(text)
    assert (error.code, error.blanks) == (ErrorCode.POLICY_BLANK, ("retain.account_ref",))
    policy = Policy.from_toml(text, fill={"retain.account_ref": "P1Y"})
    assert set(policy.allow) == {Category.ACCOUNT_REF, Category.STATUS}


def test_the_strictness_is_that_of_each_step(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text(over("fleet", '[allow]\nlocation = "drop"'))
    (tmp_path / "b.toml").write_text(
        over("a.toml", '[allow]\nlocation = "keep"\n[retain]\nlocation = "P1M"')
    )
    error = refusal(tmp_path / "b.toml")
    assert (error.code, error.key) == (ErrorCode.POLICY_LOOSER, "allow.location")
    coarse = Rule("coarsen", coarse=Coarse(5_000))
    assert coarse == Policy.from_toml(
        over("fleet", '[allow]\nlocation = { action = "coarsen", grid = "5km" }')
    ).rule(LOCATION)
