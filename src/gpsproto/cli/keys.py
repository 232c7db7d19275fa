"""``gpsproto keys``: the file that makes pseudonyms last."""

from __future__ import annotations

from pathlib import Path

import click

from gpsproto.cli.process import say
from gpsproto.privacy.keys import PseudonymKey


@click.group(invoke_without_command=True)
@click.pass_context
def keys(ctx: click.Context) -> None:
    """Make the key under which identifiers become pseudonyms."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@keys.command()
@click.argument("file", type=click.Path(path_type=Path, readable=False))
def new(file: Path) -> None:
    """Write a new random key to FILE, readable by you alone.

    A file that stands there is never overwritten.

    \b
    Example:
      gpsproto keys new fleet.key
      gpsproto decode dump.bin --key-file fleet.key
    """
    PseudonymKey.create_file(file)
    say("a new key was written; only you can read it (mode 0600)")
    say(
        "while it is kept, the same device has the same pseudonym, and whoever has it can link them"
    )
    say("if it is lost, later records cannot be linked to earlier ones; keep it away from them")
