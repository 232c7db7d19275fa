"""``gpsproto completion``: the script that lets a shell complete our words."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", metavar="bash|zsh|fish", type=click.Choice(SHELLS))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print the completion script of a shell.

    \b
    Example:
      gpsproto completion bash > ~/.local/share/bash-completion/completions/gpsproto
    """
    root = ctx.find_root()
    name = root.command_path
    found = get_completion_class(shell)
    assert found is not None
    click.echo(found(root.command, {}, name, f"_{name.upper()}_COMPLETE").source())
