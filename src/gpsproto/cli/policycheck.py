"""``gpsproto policy check``: what is wrong with policies."""

from __future__ import annotations

import click

from gpsproto.cli.answer import answer_json
from gpsproto.cli.policyname import PolicyType
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.cli.sheet import show
from gpsproto.codecs.declared import override_keys
from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.policy import check as checks
from gpsproto.privacy.policy.check import Finding

HEAD = ("severity", "policy", "key", "what", "what to do", "code")


@click.command()
@click.argument("policies", nargs=-1, required=True, metavar="NAME_OR_FILE...", type=PolicyType())
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def check(policies: tuple[str, ...], as_json: bool) -> int:
    """Say what is wrong with policies, each and together, and what to do about it.

    Status 1 where one of them cannot be used: it cannot be read, lacks a retention, is not filled
    in.  Warnings leave it 0.

    \b
    Example:
      gpsproto policy check mine.toml
      gpsproto policy check fleet mine.toml --json
    """
    found: list[Finding] = []
    read: dict[str, Policy] = {}
    for number, policy in enumerate(policies, 1):
        # a file is called by its number until it says its name: paths are not repeated
        label = policy if policy in presets() else f"policy#{number}"
        examined = checks.examine(policy, label)
        if examined.policy is not None and label not in presets():
            name = examined.policy.name
            label = f"{label} {name}"
        found.extend(one._replace(policy=label) for one in examined.errors)
        if examined.policy is not None:
            read[label if label not in read else f"policy#{number} {label}"] = examined.policy
    found.extend(checks.check(read, override_keys()))
    if as_json:
        answer_json([one.as_dict() for one in found])
    elif found:
        show(HEAD, [_cells(one) for one in found], wide_only=("code",))
    errors = sum(one.severity == "error" for one in found)
    say(_counted(len(policies), errors, len(found) - errors))
    return FAILED if errors else FINE


def _cells(one: Finding) -> tuple[str, ...]:
    return one.severity, one.policy, one.key, one.text, one.advice, one.code


def _counted(policies: int, errors: int, warnings: int) -> str:
    parts = [(policies, "policy", "policies"), (errors, "error", "errors")]
    parts.append((warnings, "warning", "warnings"))
    return ", ".join(f"{n} {one if n == 1 else many}" for n, one, many in parts)
