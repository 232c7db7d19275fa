"""``gpsproto keys``: the files that make pseudonyms last, and what is done with them."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from gpsproto.cli.day import Day
from gpsproto.cli.process import say
from gpsproto.cli.rekey import rekey
from gpsproto.cli.usage import Misuse
from gpsproto.privacy.keys import PseudonymKey, keyfile
from gpsproto.privacy.keys.chain import date_of, day_of, epoch
from gpsproto.privacy.scope import Scope

_FILE = click.Path(path_type=Path, readable=False)
_EPOCHS = click.Choice([Scope.MONTH.value, Scope.DAY.value])


@click.group(invoke_without_command=True)
@click.pass_context
def keys(ctx: click.Context) -> None:
    """Make, show, move forward and rotate the key under which identifiers become pseudonyms."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@keys.command()
@click.argument("file", type=_FILE)
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


@keys.command("id")
@click.argument("file", type=_FILE)
@click.option(
    "--domain", metavar="D", default="tracking", show_default=True, help="Domain of the policy."
)
@click.option("--at", metavar="DAY", type=Day(), help="Also the key id of the epoch of this day.")
@click.option(
    "--scope", type=_EPOCHS, default=Scope.MONTH.value, show_default=True, help="Which epoch."
)
def show_id(file: Path, domain: str, at: date | None, scope: str) -> None:
    """Show the key ids that stand in the pseudonyms of the key in FILE: four letters each.

    They say which key, domain and epoch made a pseudonym, and reveal none of them.

    \b
    Example:
      gpsproto keys id fleet.key --domain fleet --at 2026-07-01
    """
    key = PseudonymKey.from_file(file)
    found = key.domain(domain)
    lines = [f"{found.key_id}  stable"]
    if at is not None:
        first = epoch(Scope(scope), day_of(at))
        lines.append(f"{found.key_id_of(Scope(scope), first)}  {scope} from {date_of(first)}")
    for line in lines:
        click.echo(line)
    say(f"the key reaches back to {key.since}; it was {_times(key.rotations)}")


@keys.command()
@click.argument("file", type=_FILE)
@click.option(
    "--to", metavar="DAY", type=Day(), required=True, help="First day that the key still reaches."
)
def advance(file: Path, to: date) -> None:
    """Move the key in FILE forward to a day: pseudonyms of earlier epochs cannot be made again.

    The file is replaced in one step.  There is no way back; a copy of the old file would be one.
    With the scope P1M take the first day of a month: a month that began before DAY is gone.

    \b
    Example:
      gpsproto keys advance fleet.key --to 2026-07-01
    """
    keyfile.advance(file, to)
    say(f"the key reaches back to {to}; nobody can make pseudonyms of earlier epochs with it")
    say("copies and backups of the file still can: let them go too")
    if to.day != 1:
        say("months that began earlier are gone with it: under P1M this month cannot go on")


@keys.command()
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option(
    "--domain",
    "domains",
    metavar="D",
    multiple=True,
    help="Make sure that the new key id is a new one in this domain; once a domain.",
)
def rotate(old: Path, new: Path, domains: tuple[str, ...]) -> None:
    """Write to NEW a key with new pseudonyms, which can map those of the key in OLD.

    Whoever has OLD alone cannot link the new ones.  A file that stands there is never overwritten.

    \b
    Example:
      gpsproto keys rotate fleet.key fleet-2.key
      gpsproto keys rekey old.jsonl -o new.jsonl --key-file fleet-2.key --domain tracking
    """
    if old == new:
        raise Misuse("a rotation writes another file", click.get_current_context())
    keyfile.rotate(old, new, domains)
    say("a new key was written; only you can read it (mode 0600)")
    say("it can link old pseudonyms with new ones; the old key alone cannot")
    say("now: map what is stored and every list of objections with gpsproto keys rekey, then let")
    say("the old key go")


keys.add_command(rekey)


def _times(count: int) -> str:
    return {0: "never rotated", 1: "rotated once"}.get(count, f"rotated {count} times")
