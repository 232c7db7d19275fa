"""What may leave: policies, the files they are written in, and what can be said about them."""

from gpsproto.privacy.policy.policy import Policy, presets
from gpsproto.privacy.policy.rules import (
    LEGAL_BASES,
    ROLES,
    Action,
    Coarse,
    Purpose,
    Record,
    Retention,
    Rule,
    SinkUse,
)

__all__ = [
    "LEGAL_BASES", "ROLES", "Action", "Coarse", "Policy", "Purpose", "Record", "Retention", "Rule",
    "SinkUse", "presets",
]  # fmt: skip
