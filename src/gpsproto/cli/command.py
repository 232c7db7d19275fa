"""The ``gpsproto`` command: its verbs, its version, its way in."""

from __future__ import annotations

import platform
from collections.abc import Sequence

import click

from gpsproto.cli.audit import audit
from gpsproto.cli.completion import completion
from gpsproto.cli.decode import decode
from gpsproto.cli.explain import explain
from gpsproto.cli.fields import fields
from gpsproto.cli.generate import generate
from gpsproto.cli.inspect import inspect
from gpsproto.cli.keys import keys
from gpsproto.cli.objection import objection
from gpsproto.cli.policy import policy
from gpsproto.cli.process import status_of
from gpsproto.cli.prove import prove
from gpsproto.cli.summarise import summary
from gpsproto.version import __version__
from gpsproto.walk import engine

NAME = "gpsproto"


def _version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        python = platform.python_version()
        click.echo(f"{NAME} {__version__} (engine: {engine()}, Python {python})")
        ctx.exit()


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
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


for verb in (
    decode,
    summary,
    inspect,
    explain,
    fields,
    policy,
    keys,
    objection,
    audit,
    prove,
    generate,
    completion,
):
    gpsproto.add_command(verb)


def run(arguments: Sequence[str]) -> int:
    """Run the command line in this process; return its status."""
    return status_of(
        lambda: gpsproto.main(list(arguments), prog_name=NAME, standalone_mode=False), arguments
    )
