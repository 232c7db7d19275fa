"""The schema that editors complete policies by."""

from __future__ import annotations

import json
import tomllib
from importlib import resources
from typing import Any

import jsonschema
import pytest
from hypothesis import given

from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.policy import schema as policyschema
from tests.conftest import ROOT
from tests.policy_strategies import as_toml, policies
from tests.unit.test_policy import BAD_KEYS, BAD_VALUES, toml
from tests.unit.test_policy_file import BAD_RECORDS, FORMS, HEAD, OPEN, of_rule

pytestmark = pytest.mark.once

VALIDATOR = jsonschema.Draft202012Validator(policyschema.schema())


def valid(text: str) -> bool:
    return bool(VALIDATOR.is_valid(tomllib.loads(text)))


def test_the_schema_in_the_documents_is_that_of_the_code() -> None:
    written = (ROOT / "docs" / "policy.schema.json").read_text("utf-8")
    # else: gpsproto policy schema > docs/policy.schema.json
    assert written == policyschema.text()


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(policyschema.text()))


@pytest.mark.parametrize("name", presets())
def test_a_built_in_policy_is_valid(name: str) -> None:
    folder = resources.files("gpsproto.privacy.policy") / "presets"
    assert valid((folder / f"{name}.toml").read_text("utf-8"))


@given(policies())
def test_what_the_reader_takes_is_valid(policy: Policy) -> None:
    assert valid(as_toml(policy))


@pytest.mark.parametrize("text", [*(of_rule("location", form) for form in FORMS), OPEN, toml()])
def test_what_is_written_in_another_way_is_valid(text: str) -> None:
    assert valid(text)


def test_a_policy_over_another_needs_its_name_alone() -> None:
    assert valid('name = "n"\nextends = "fleet"')
    assert not valid('name = "n"')
    assert not valid(HEAD + '[allow]\n[retain]\nloosen = "x"')


WRONG = {
    **{f"key {name}": one for name, (one, _) in BAD_KEYS.items()},
    **{f"value {name}": one for name, (one, _) in BAD_VALUES.items() if "period" not in name},
    **{text: f"{HEAD}[allow]\n[retain]\n{text}" for text in BAD_RECORDS},
    "the floor": of_rule("secret", '"keep"'),
    "an identifier in clear": of_rule("device_id", '"keep"'),
    "a wide scope of others": of_rule(
        "third_party_id", '{ action = "pseudonymise", scope = "P1D" }'
    ),
    "a domain of ours": HEAD.replace('"d"', '"gpsproto/x"') + "[allow]\n[retain]",
    "a place without a grid": of_rule("location", '{ action = "coarsen", time = "P1D" }'),
    "no way": of_rule("status", '{ action = "coarsen" }'),
}


@pytest.mark.parametrize("text", WRONG.values(), ids=WRONG)
def test_what_an_editor_can_know_to_be_wrong_is_not_valid(text: str) -> None:
    parsed: dict[str, Any] = tomllib.loads(text)
    assert not VALIDATOR.is_valid(parsed)
