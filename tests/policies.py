"""Policies that several suites decode under."""

from __future__ import annotations

from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period

_QUARTER = Period(3, 0)
_KEPT = sorted(set(Category) - FLOOR - IDENTITIES - {Category.PRIVATE_MODE})
_HIDDEN = (Category.DEVICE_ID, Category.SIM_ID, Category.DRIVER_ID)

KEEP_ALL = Policy(
    "keep-all",
    "tests",
    {category: Rule("keep", category is Category.LOCATION) for category in _KEPT}
    | dict.fromkeys(_HIDDEN, Rule("pseudonymise")),
    dict.fromkeys([*_KEPT, *_HIDDEN], _QUARTER),
)
"""All that may be kept is kept, the last place without fix too; identifiers leave as pseudonyms."""
