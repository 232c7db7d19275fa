"""The built-in policies carry out what the published statements say (specification, section 3)."""

from __future__ import annotations

import pytest

from gpsproto.category import Category
from gpsproto.errors import ErrorCode, PolicyError
from gpsproto.privacy.policy import LEGAL_BASES, ROLES, Policy, presets
from gpsproto.privacy.policy.compare import lasting, spoken

OPEN = ("retain.account_ref", "retain.product", "retain.status", "retain.time")
FILL = dict.fromkeys(OPEN, "P6M")
MONTH, SESSION = "pseudonymise, scope P1M", "pseudonymise, scope session"
STABLE = "pseudonymise, scope stable"
CASE = "until case-closed, max P1Y"
WANTED = {
    "tracking": {
        "device_id": (STABLE, "P3M"),
        **dict.fromkeys(
            ("time", "location", "motion", "status", "alarm", "vehicle_tech", "product"),
            ("keep", "P3M"),
        ),
    },
    "partner-report": {
        "account_ref": (STABLE, "P6M"), "status": ("keep", "P6M"), "product": ("keep", "P6M"),
        "time": ("coarsen, time P1D", "P6M"),
    },
    "watch-platform": {
        "device_id": (MONTH, "P3M"), "location": ("keep", "P3M"), "motion": ("keep", "P3M"),
        "alarm": ("keep", "P3M"), "activity": ("coarsen, delta", "P3M"), "status": ("keep", "P3M"),
        "product": ("keep", "until account-closed, inactive P2Y"),
        "time": ("coarsen, time PT1S", "P3M"),
    },
    "fleet": {
        "device_id": (MONTH, "P1Y"), "counter": ("coarsen, delta", "P1Y"),
        "time": ("coarsen, time PT1S", "P1Y"),
        **dict.fromkeys(
            ("location", "motion", "alarm", "status", "product", "vehicle_tech"), ("keep", "P1Y")
        ),
    },
    "support": {
        "device_id": (SESSION, CASE), "account_ref": (SESSION, CASE),
        "location": ("coarsen, grid 5km, time PT1H", CASE), "status": ("keep", CASE),
        "product": ("keep", CASE), "vehicle_tech": ("keep", CASE),
        "time": ("coarsen, time PT1H", CASE),
    },
    "telecom": {
        "device_id": (MONTH, "until service-end"), "sim_id": (MONTH, "until service-end"),
        "account_ref": (STABLE, "P3Y"), "status": ("keep", "P2Y"), "product": ("keep", "P2Y"),
        "time": ("coarsen, time PT1H", "P2Y"), "traffic": ("keep", "P2Y"),
    },
}  # fmt: skip


def preset(name: str) -> Policy:
    return Policy.load(name, fill=FILL if name == "partner-report" else None)


def test_these_policies_are_built_in() -> None:
    assert set(presets()) == set(WANTED)


@pytest.mark.parametrize("name", WANTED)
def test_a_built_in_policy_lets_through_what_the_specification_says(name: str) -> None:
    policy = preset(name)
    assert (policy.name, policy.domain, policy.last_known) == (name, name, False)
    assert {
        category.value: (spoken(policy.rule(category)), lasting(policy.retention(category)))
        for category in Category
        if policy.rule(category) is not None
    } == WANTED[name]


@pytest.mark.parametrize("name", WANTED)
def test_a_built_in_policy_has_what_a_table_of_processing_needs(name: str) -> None:
    policy = preset(name)
    assert policy.record.role in ROLES
    assert policy.record.purposes
    assert {one.legal_basis for one in policy.record.purposes} <= {*LEGAL_BASES}
    for category in policy.retain:
        assert policy.retention(category).service
        assert policy.retention(category).legal_basis in LEGAL_BASES


def test_a_blank_of_a_built_in_policy_is_told_with_what_to_fill_in() -> None:
    with pytest.raises(PolicyError) as caught:
        Policy.load("partner-report")
    error = caught.value
    assert (error.code, error.key, error.blanks) == (ErrorCode.POLICY_BLANK, OPEN[0], OPEN)
    assert "retain.status: how long technical status may be kept, as P6M" in str(error)


def test_the_other_built_in_policies_leave_nothing_open() -> None:
    assert all(not preset(name).blanks for name in WANTED if name != "partner-report")
    assert preset("partner-report").blanks == OPEN


def test_no_two_built_in_policies_have_one_digest() -> None:
    assert len({preset(name).digest for name in WANTED}) == len(WANTED)
