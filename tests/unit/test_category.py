from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gpsproto.category import (
    FLOOR,
    IDENTITIES,
    PRIVATE_CLEARS,
    STRICTNESS,
    Category,
    strictest,
)  # fmt: skip

IDENTITY = "device_id sim_id driver_id vehicle_id third_party_id person_name contact account_ref"
SPECIFIED = f"""{IDENTITY} secret network_addr
    location net_location zone motion roaming
    message voice photo
    health activity behaviour alarm
    status product vehicle_tech counter traffic
    time private_mode opaque"""


def test_the_categories_are_those_of_the_specification() -> None:
    assert sorted(category.value for category in Category) == sorted(SPECIFIED.split())


def test_the_identities_are_those_of_the_specification() -> None:
    assert {c.value for c in IDENTITIES} == {*IDENTITY.split(), "secret", "network_addr"}


def test_the_floor_is_under_every_identity_that_is_not_ours_to_pseudonymise() -> None:
    above = {"device_id", "sim_id", "driver_id", "vehicle_id", "account_ref"}
    assert {c.value for c in IDENTITIES - FLOOR} == above
    assert {c.value for c in FLOOR - IDENTITIES} == {"opaque", "message", "voice", "photo"}


def test_private_mode_takes_every_place_proxy_counter_and_speed() -> None:
    named = "location net_location zone roaming motion counter"
    assert set(named.split()) <= {c.value for c in PRIVATE_CLEARS}
    assert not PRIVATE_CLEARS & {Category.TIME, Category.PRIVATE_MODE, Category.STATUS}


@given(st.sets(st.sampled_from(Category), min_size=1))
def test_the_strictest_is_one_of_them_and_none_is_stricter(categories: set[Category]) -> None:
    found = strictest(categories)
    assert found in categories
    assert not [c for c in categories if list(Category).index(c) < list(Category).index(found)]


@given(st.sampled_from(sorted(FLOOR)), st.sampled_from(sorted(set(Category) - FLOOR)))
def test_what_is_under_the_floor_is_stricter_than_what_is_not(
    under: Category, above: Category
) -> None:
    assert STRICTNESS[under] < STRICTNESS[above]
    assert strictest({under, above}) is under


def test_an_identifier_is_stricter_than_a_place_and_a_place_than_the_rest() -> None:
    order = ["device_id", "location", "zone", "behaviour", "alarm", "motion", "status", "time"]
    ranks = [STRICTNESS[Category(name)] for name in order]
    assert ranks == sorted(ranks)
