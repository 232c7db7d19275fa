"""The ``gpsproto`` command: its verbs, its version, its way in."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import import_module

import click

from gpsproto.cli.process import status_of
from gpsproto.errors import ExtraMissing
from gpsproto.version import __version__
from gpsproto.walk import engine

NAME = "gpsproto"
_MODULES = {
    "decode": "decode",
    "summary": "summarise",
    "inspect": "inspect",
    "explain": "explain",
    "fields": "fields",
    "policy": "policy",
    "keys": "keys",
    "objection": "objection",
    "audit": "audit",
    "prove": "prove",
    "generate": "generate",
    "completion": "completion",
}
"""The module of each verb, which holds a command of the verb's name."""


class Verbs(click.Group):
    """A group that imports the verb that is asked for: all of them take as long as a short run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs."""
        return list(_MODULES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A verb by its name."""
        if cmd_name not in _MODULES:
            return None
        try:
            module = import_module(f"gpsproto.cli.{_MODULES[cmd_name]}")
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "rich":
                raise
            raise ExtraMissing("cli") from None
        found: click.Command = getattr(module, cmd_name)
        return found


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        python = platform.python_version()
        click.echo(f"{NAME} {__version__} (engine: {engine()}, Python {python})")
        ctx.exit()


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
    help="Say which version and which engine this is.",
)  # fmt: skip
@click.pass_context
def gpsproto(ctx: click.Context) -> None:
    """GPS tracker bytes to pseudonymised records.

    \b
    Example:
      gpsproto decode dump.bin -o records.jsonl
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def run(arguments: Sequence[str]) -> int:
    """Run the command line in this process; return its status."""
    return status_of(
        lambda: gpsproto.main(list(arguments), prog_name=NAME, standalone_mode=False), arguments
    )
