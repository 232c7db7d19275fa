"""The privacy categories: what a field says about somebody, from the strictest to the mildest."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum


class Category(StrEnum):
    """What a field is, for the policy.  The order is the strictness: the first is the strictest."""

    SECRET = "secret"  # noqa: S105
    OPAQUE = "opaque"
    THIRD_PARTY_ID = "third_party_id"
    PERSON_NAME = "person_name"
    CONTACT = "contact"
    MESSAGE = "message"
    VOICE = "voice"
    PHOTO = "photo"
    NETWORK_ADDR = "network_addr"
    ACCOUNT_REF = "account_ref"
    DEVICE_ID = "device_id"
    SIM_ID = "sim_id"
    DRIVER_ID = "driver_id"
    VEHICLE_ID = "vehicle_id"
    HEALTH = "health"
    LOCATION = "location"
    NET_LOCATION = "net_location"
    ZONE = "zone"
    ROAMING = "roaming"
    BEHAVIOUR = "behaviour"
    ACTIVITY = "activity"
    PRIVATE_MODE = "private_mode"
    ALARM = "alarm"
    MOTION = "motion"
    COUNTER = "counter"
    TRAFFIC = "traffic"
    PRODUCT = "product"
    VEHICLE_TECH = "vehicle_tech"
    STATUS = "status"
    TIME = "time"


STRICTNESS = {category: rank for rank, category in enumerate(Category)}

IDENTITIES = frozenset(
    {
        Category.DEVICE_ID,
        Category.SIM_ID,
        Category.DRIVER_ID,
        Category.VEHICLE_ID,
        Category.THIRD_PARTY_ID,
        Category.PERSON_NAME,
        Category.CONTACT,
        Category.ACCOUNT_REF,
        Category.SECRET,
        Category.NETWORK_ADDR,
    }
)
"""Never kept in clear: a policy can drop them or, above the floor, pseudonymise them."""

FLOOR = frozenset(
    {
        Category.SECRET,
        Category.OPAQUE,
        Category.THIRD_PARTY_ID,
        Category.PERSON_NAME,
        Category.CONTACT,
        Category.MESSAGE,
        Category.VOICE,
        Category.PHOTO,
        Category.NETWORK_ADDR,
    }
)
"""What no policy can loosen: always dropped."""

PRIVATE_CLEARS = frozenset(
    {
        Category.LOCATION,
        Category.NET_LOCATION,
        Category.ZONE,
        Category.ROAMING,
        Category.MOTION,
        Category.COUNTER,
        Category.THIRD_PARTY_ID,
        Category.TRAFFIC,
    }
)
"""What private mode takes out of a record, whatever the policy: a place, its proxies, speed."""


def strictest(categories: Iterable[Category]) -> Category:
    """Return the strictest of the categories: the meaning that wins while the family is unknown."""
    return min(categories, key=STRICTNESS.__getitem__)
