"""A policy as an argument: the name of a built-in one, or the path of a file."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.policy.check import Examined, examine


class PolicyType(click.Path):
    """Taken as it is; a shell is offered the names and the files."""

    name = "policy"

    def __init__(self) -> None:
        super().__init__(readable=False)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The built-in policies that begin so, and files."""
        names = [CompletionItem(name) for name in presets() if name.startswith(incomplete)]
        return [*names, *super().shell_complete(ctx, param, incomplete)]


def looked_at(name_or_path: str) -> Examined:
    """A policy to look at, its blanks filled with stand-ins.  Raises PolicyError for other errors.

    No run decodes under it.
    """
    found = examine(name_or_path, "")
    if found.policy is None:
        # what is wrong is an error of reading, or of a blank where a stand-in cannot be
        return Examined(Policy.load(name_or_path), ())
    return found
