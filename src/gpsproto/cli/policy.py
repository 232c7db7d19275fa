"""``gpsproto policy``: the policies there are, and what they do."""

from __future__ import annotations

import click

from gpsproto.cli.answer import answer, answer_json
from gpsproto.cli.policycheck import check
from gpsproto.cli.policydiff import diff
from gpsproto.cli.policyexplain import explain
from gpsproto.cli.policyname import looked_at
from gpsproto.cli.policytable import table
from gpsproto.cli.sheet import show as show_sheet
from gpsproto.privacy.policy import presets
from gpsproto.privacy.policy.check import preset_text


@click.group(invoke_without_command=True)
@click.pass_context
def policy(ctx: click.Context) -> None:
    """Look at policies: check, compare and explain them.

    \b
    Example:
      gpsproto policy show fleet > mine.toml
      gpsproto policy check mine.toml
      gpsproto policy explain mine.toml --search location
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@policy.command("list")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def list_(as_json: bool) -> None:
    """List the built-in policies, and what must be filled in before one is used.

    \b
    Example:
      gpsproto policy list
    """
    found = []
    for name in presets():
        looked = looked_at(name)
        assert looked.policy is not None
        found.append((name, looked.policy.description, looked.blanks))
    if as_json:
        answer_json(
            [{"name": n, "description": said, "blanks": list(blanks)} for n, said, blanks in found]
        )
    else:
        lines = [(name, said, ", ".join(blanks)) for name, said, blanks in found]
        show_sheet(("name", "description", "fill in"), lines)


@policy.command()
@click.argument("name", type=click.Choice(presets()), metavar="NAME")
def show(name: str) -> None:
    """Print the text of a built-in policy, to copy and change.

    \b
    Example:
      gpsproto policy show tracking > mine.toml
    """
    answer(preset_text(name))


@policy.command()
def schema() -> None:
    """Print the JSON Schema of a policy's file, by which an editor completes it.

    \b
    Example:
      gpsproto policy schema > policy.schema.json
    """
    from gpsproto.privacy.policy.schema import schema as made

    answer_json(made())


for verb in (check, diff, explain, table):
    policy.add_command(verb)
