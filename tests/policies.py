"""Policies that several suites decode under."""

from __future__ import annotations

from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.privacy.policy import Policy, Rule, presets
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

FILLED = {f"retain.{name}": "P6M" for name in ("account_ref", "product", "status", "time")}
"""What ``partner-report`` leaves to its operator."""

PRESETS = {
    name: Policy.load(name, fill=FILLED if name == "partner-report" else None) for name in presets()
}
"""The built-in policies, their blanks filled in."""
