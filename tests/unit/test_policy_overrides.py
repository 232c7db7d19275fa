"""Stricter rules for single fields."""

from __future__ import annotations

from typing import Any

import pytest

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import Coarse, Policy, Rule
from gpsproto.privacy.policy.overrides import MOST
from gpsproto.privacy.retention import Period
from tests.unit.test_policy_file import CANARY, HEAD, refusal

pytestmark = pytest.mark.once


def overriding(field: str, rule: str, allow: str = 'status = "keep"') -> str:
    names = [line.split(" = ")[0] for line in allow.split("\n")]
    retain = "\n".join(f'{name} = "P3M"' for name in names)
    return f'{HEAD}[allow]\n{allow}\n[retain]\n{retain}\n[override]\n"{field}" = {rule}\n'


BUCKETS = Rule("coarsen", coarse=Coarse(buckets=(0, 50)))


@pytest.mark.parametrize(
    ("field", "rule", "wanted"),
    [
        ("teltonika:113@1", '"drop"', None), ("teltonika:113@1", '{ action = "drop" }', None),
        ("teltonika:113@1", "{ bucket = [0, 50] }", BUCKETS),
        ("watch:battery_percent", '{ action = "coarsen", bucket = [0, 50] }', BUCKETS),
        ("watch:steps", '"delta"', Rule("coarsen", coarse=Coarse(delta=True))),
        ("teltonika:speed_kmh", '"drop"', None), ("teltonika:387@34", '"drop"', None),
    ],
)  # fmt: skip
def test_a_field_has_a_stricter_rule_of_its_own(field: str, rule: str, wanted: Rule | None) -> None:
    assert Policy.from_toml(overriding(field, rule)).override == {field: wanted}


@pytest.mark.parametrize(
    "field",
    [
        "", "113@1", "teltonika:", "teltonika:113@3", "teltonika:65535@1", "teltonika:0113@1",
        "teltonika:113", "teltonika:113@01", "watch:113@1", "gt06:steps", "watch:Steps",
        f"watch:{CANARY}", f"watch:id_{CANARY}", f"teltonika:{CANARY}@8", "watch:steps ",
    ],
)  # fmt: skip
def test_what_is_no_field_is_refused(field: str) -> None:
    error = refusal(overriding(field, '"drop"'))
    assert (error.code, error.key, error.line) == (ErrorCode.POLICY_BAD_KEY, "override", 9)
    with pytest.raises(PolicyError):
        Policy("n", "d", {}, {}, override={field: None})


@pytest.mark.parametrize(
    "rule",
    ['"keep"', '{ action = "keep" }', "{}", "1", '{ bucket = [2, 1] }', '{ grid = "5km" }',
     '{ action = "pseudonymise" }', '{ time = "P1D" }', f'{{ bucket = ["{CANARY}"] }}', '"delta"'],
)  # fmt: skip
def test_an_override_that_is_no_stricter_rule_is_refused(rule: str) -> None:
    error = refusal(overriding("teltonika:113@1", rule))
    assert error.code is ErrorCode.POLICY_BAD_VALUE
    assert error.key.startswith("override.teltonika:113@1")


@pytest.mark.parametrize(
    "rule",
    [Rule("keep"), Rule("pseudonymise"), Rule("coarsen", True, coarse=Coarse(buckets=(1.0,))),
     Rule("coarsen", coarse=Coarse(500)), Rule("coarsen", coarse=Coarse(time_s=60)), "drop"],
)  # fmt: skip
def test_an_override_made_without_toml_is_held_to_the_same(rule: Any) -> None:
    with pytest.raises(PolicyError):
        Policy("n", "d", {Category.STATUS: Rule("keep")}, {Category.STATUS: Period(3, 0)},
               override={"watch:battery_percent": rule})  # fmt: skip


FEW = '{ action = "coarsen", bucket = [0, 50] }'


@pytest.mark.parametrize(
    ("field", "rule", "allow"),
    [
        ("teltonika:113@1", "{ bucket = [0, 10] }", f"status = {FEW}"),
        ("teltonika:113@1", "{ bucket = [0, 10] }", 'time = "keep"'),
        ("teltonika:16@4", "{ bucket = [0, 10] }", 'counter = "delta"'),
        ("teltonika:battery_percent", "{ bucket = [0, 10] }", 'time = "keep"'),
    ],
)  # fmt: skip
def test_an_override_looser_than_its_category_is_refused(field: str, rule: str, allow: str) -> None:
    error = refusal(overriding(field, rule, allow))
    assert (error.code, error.key) == (ErrorCode.POLICY_LOOSER, f"override.{field}")
    assert error.line == 9


def test_more_overrides_than_anybody_needs_are_refused() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy("n", "d", {}, {}, override={f"watch:a{n}": None for n in range(MOST + 1)})
    assert (caught.value.code, caught.value.key) == (ErrorCode.POLICY_BAD_VALUE, "override")
