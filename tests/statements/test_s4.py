"""S4: a provider of the connection (preset telecom)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

import gpsproto.privacy
from gpsproto.category import Category
from gpsproto.privacy.retention import Period
from tests.cli.conftest import run  # noqa: F401 - a fixture
from tests.statements.world import (
    DAY_MS,
    IMEI,
    NOON_MS,
    categories,
    left,
    of_everything,
    planted_in,
    preset,
    record,
    sent,
)

pytestmark = pytest.mark.once

TELECOM = "telecom"
ICCID = ((11, 8, 89_4620_3801), (14, 8, 7_0033_4452))
USAGE = (Category.STATUS, Category.PRODUCT, Category.TRAFFIC, Category.TIME)


@pytest.mark.statement("S4.1")
def test_sim_number_and_imei_are_pseudonyms_of_the_month_until_the_end_of_service() -> None:
    months = [record(NOON_MS + days * DAY_MS, *ICCID) for days in (0, 1, 40)]
    found = left(sent(*months), TELECOM)
    for column in (
        [row["subject"] for row in found],
        [row["pseudonyms"]["sim_id"] for row in found],
    ):
        first, same, later = column
        assert first == same != later
        assert not any(char.isdigit() for char in first)
    policy = preset(TELECOM)
    for category in (Category.DEVICE_ID, Category.SIM_ID):
        assert policy.retention(category).until == "service-end"


@pytest.mark.statement("S4.1")
def test_no_sim_number_or_imei_leaves_in_clear() -> None:
    text = str(left(sent(record(NOON_MS, *ICCID)), TELECOM)) + str(of_everything(TELECOM))
    for number in (IMEI, IMEI[:14], "8946203801", "700334452"):
        assert number not in text
    assert planted_in(TELECOM) == []


@pytest.mark.statement("S4.2")
def test_usage_data_expire_after_twenty_four_months() -> None:
    policy = preset(TELECOM)
    assert {policy.retention(category).bound for category in USAGE} == {Period(24, 0)}
    (row,) = left(sent(record(NOON_MS, (66, 2, 12_500))), TELECOM)
    assert row["expires_on"] == datetime(2028, 3, 15).date()


@pytest.mark.statement("S4.3")
def test_no_number_of_who_was_called_leaves() -> None:
    assert not categories(of_everything(TELECOM)) & {Category.CONTACT, Category.PERSON_NAME}
    assert planted_in(TELECOM) == []


@pytest.mark.statement("S4.4")
def test_what_support_needs_is_kept_for_three_years() -> None:
    assert preset(TELECOM).retention(Category.ACCOUNT_REF).bound == Period(36, 0)


@pytest.mark.statement("S4.5")
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_table_of_the_statement_is_made_from_the_policy(
    run: Callable[..., Any],  # noqa: F811
    tmp_path: Path,
    language: str,
) -> None:
    presets = resources.files(gpsproto.privacy.policy) / "presets"
    text = (presets / f"{TELECOM}.toml").read_text("utf-8")
    own = tmp_path / "own.toml"
    own.write_text(text.replace('controller = ""', 'controller = "Example BV"'))
    done = run("policy", "table", own, "--lang", language, "--json")
    assert done.status == 0, done.err
    table = json.loads(done.out)
    data = [one for row in table for one in row["data"]]
    assert len(data) == len(preset(TELECOM).allow)  # each category that leaves is in it, once
    assert {row["responsible"] for row in table} == {"Example BV"}
    assert all(row["service"] and row["retention"] and row["legal_ground"] for row in table)
    wanted = {"en": ("2 years", "3 years"), "nl": ("2 jaar", "3 jaar")}[language]
    told = " ".join(row["retention"] for row in table)
    assert all(one in told for one in wanted)


@pytest.mark.statement("S4.6")
def test_where_a_device_is_does_not_leave() -> None:
    places = {Category.LOCATION, Category.NET_LOCATION, Category.ZONE, Category.MOTION}
    assert not categories(of_everything(TELECOM)) & places
