"""``gpsproto policy diff``: what changes from one policy to another."""

from __future__ import annotations

import click

from gpsproto.cli.answer import answer_json
from gpsproto.cli.policyname import PolicyType, looked_at
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.cli.sheet import show
from gpsproto.privacy.policy.compare import Change, compare

HEAD = ("key", "change", "was", "is")
BLANK = "fill in"


@click.command()
@click.argument("a", metavar="A", type=PolicyType())
@click.argument("b", metavar="B", type=PolicyType())
@click.option("--fail-if-looser", is_flag=True, help="End with status 1 where anything is looser.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def diff(a: str, b: str, fail_if_looser: bool, as_json: bool) -> int:
    """Say what changes from policy A to policy B, and whether it is stricter or looser.

    A and B are built-in policies or TOML files.

    \b
    Example:
      gpsproto policy diff tracking mine.toml
      gpsproto policy diff before.toml after.toml --fail-if-looser
    """
    before, after = looked_at(a), looked_at(b)
    assert before.policy is not None
    assert after.policy is not None
    found = [
        _unfilled(change, before.blanks, after.blanks)
        for change in compare(before.policy, after.policy)
    ]
    if as_json:
        answer_json([_as_dict(change) for change in found])
    elif found:
        show(HEAD, [(c.key, c.kind, c.was, c.now) for c in found])
    looser = sum(change.kind == "looser" for change in found)
    if not found:
        say("the policies do the same")
    elif looser:
        say(f"looser in {looser} of {len(found)} changes")
    else:
        say("nothing is looser")
    return FAILED if looser and fail_if_looser else FINE


def _unfilled(change: Change, before: tuple[str, ...], after: tuple[str, ...]) -> Change:
    """What is not filled in has no value yet, so that it is neither stricter nor looser."""
    was = BLANK if _is_of(change.key, before) else change.was
    now = BLANK if _is_of(change.key, after) else change.now
    if BLANK not in (was, now):
        return change
    return Change(change.key, "other", was, now)


def _is_of(key: str, blanks: tuple[str, ...]) -> bool:
    """Whether a key is one of the blanks, or stands over or under one."""
    return any(f"{key}.".startswith(f"{one}.") or one.startswith(f"{key}.") for one in blanks)


def _as_dict(change: Change) -> dict[str, str]:
    return {"key": change.key, "kind": change.kind, "was": change.was, "now": change.now}
