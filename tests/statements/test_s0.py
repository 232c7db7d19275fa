"""S0: what a reseller gives a partner (preset partner-report)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gpsproto import Policy, PolicyError
from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.errors import ErrorCode
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.audit import AuditLog, entry, verify
from tests.policies import FILLED
from tests.statements.world import (
    IMEI,
    KEY,
    OTHER_IMEI,
    THIRD_IMEI,
    categories,
    left,
    of_everything,
    planted_in,
    preset,
    record,
    sent,
)

pytestmark = pytest.mark.once

REPORT = "partner-report"
TWO_DEVICES = sent(record()) + sent(record(), imei=OTHER_IMEI) + sent(record(), imei=THIRD_IMEI)


@pytest.fixture
def accounts(tmp_path: Path) -> Accounts:
    tmp_path.chmod(0o700)
    path = tmp_path / "accounts.toml"
    path.write_text(f'"{IMEI}" = "order-17"\n"{OTHER_IMEI}" = "order-17"\n')
    path.chmod(0o600)
    return Accounts.from_file(path, KEY)


def references(policy: Policy, accounts: Accounts | None) -> list[str | None]:
    found = left(TWO_DEVICES, policy, accounts=accounts)
    return [(row["pseudonyms"] or {}).get("account_ref") for row in found]


@pytest.mark.statement("S0.1")
def test_customer_product_status_and_day_leave_and_nothing_else(accounts: Accounts) -> None:
    found = [*of_everything(REPORT), *left(TWO_DEVICES, REPORT, accounts=accounts)]
    allowed = {Category.ACCOUNT_REF, Category.PRODUCT, Category.STATUS, Category.TIME}
    assert categories(found) == allowed
    assert {row["subject"] for row in found} == {None}
    assert {(row["time"].hour, row["time"].minute) for row in found if row["time"]} == {(0, 0)}


@pytest.mark.statement("S0.2")
def test_the_order_is_a_pseudonym_and_comes_from_the_accounts_alone(accounts: Accounts) -> None:
    first, second, none = references(preset(REPORT), accounts)
    assert first is not None
    assert first.startswith("acc_")
    assert "order" not in first
    assert first == second  # two devices of one order
    assert none is None
    assert references(preset(REPORT), None) == [None, None, None]


@pytest.mark.statement("S0.3")
def test_no_place_leaves_nor_what_tells_of_one() -> None:
    places = {
        Category.LOCATION, Category.NET_LOCATION, Category.ZONE, Category.ROAMING, Category.MOTION,
    }  # fmt: skip
    assert not categories(of_everything(REPORT)) & places


@pytest.mark.statement("S0.4")
def test_no_alarm_leaves_nor_that_there_was_one() -> None:
    found = of_everything(REPORT)
    assert Category.ALARM not in categories(found)
    assert "alarm" not in {row["message"] for row in found}


@pytest.mark.statement("S0.5")
def test_no_name_and_no_contact_leaves() -> None:
    assert not categories(of_everything(REPORT)) & {Category.PERSON_NAME, Category.CONTACT}
    assert planted_in(REPORT) == []


@pytest.mark.statement("S0.6")
def test_what_two_partners_get_cannot_be_joined(accounts: Accounts) -> None:
    one, other = (
        {name for name in references(replace(preset(REPORT), domain=domain), accounts) if name}
        for domain in ("partner-a", "partner-b")
    )
    assert one
    assert other
    assert not one & other


@pytest.mark.statement("S0.7")
def test_without_a_period_agreed_nothing_is_decoded() -> None:
    with pytest.raises(PolicyError) as raised:
        left(TWO_DEVICES, Policy.load(REPORT))
    assert raised.value.code is ErrorCode.POLICY_BLANK
    for key in FILLED:
        assert key in str(raised.value)
    with pytest.raises(PolicyError):
        Policy.load(REPORT, fill={key: FILLED[key] for key in list(FILLED)[1:]})


@pytest.mark.statement("S0.9")
def test_a_report_is_logged_under_the_key(tmp_path: Path, accounts: Accounts) -> None:
    balance, policy = Balance(), preset(REPORT)
    left(TWO_DEVICES, policy, accounts=accounts, balance=balance)
    made: Any = entry(balance, policy, [KEY.domain(policy.domain).key_id], day=date(2026, 3, 15))
    AuditLog(tmp_path / "log", KEY).append(made)
    assert verify(tmp_path / "log", KEY, expect=1).fault is None
    text = (tmp_path / "log").read_text()
    assert '"records":3' in text
    assert IMEI not in text
    assert "order-17" not in text
