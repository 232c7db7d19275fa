"""``gpsproto keys rekey``: stored pseudonyms of before a rotation become those of after it."""

from __future__ import annotations

import errno
import os
from datetime import date
from pathlib import Path

import click

from gpsproto.cli.day import Day
from gpsproto.cli.keysource import key_options, lasting_key_of
from gpsproto.cli.output import check_targets
from gpsproto.cli.process import say
from gpsproto.cli.usage import Misuse
from gpsproto.errors import SinkError
from gpsproto.privacy.keys.rekey import SCOPES, Rekey
from gpsproto.privacy.scope import Scope
from gpsproto.sinks.rekeyed import rekey_store

_SCOPES = click.Choice([Scope.STABLE.value, Scope.MONTH.value, Scope.DAY.value])


@click.command()
@click.argument("store", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False))
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    required=True,
    type=click.Path(path_type=Path, readable=False),
    help="Write to this file, or to this new folder where STORE is a folder or several files.",
)
@key_options("The key that gpsproto keys rotate wrote.")
@click.option("--domain", metavar="D", required=True, help="Domain of the policy of the records.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=_SCOPES,
    default=[scope.value for scope in SCOPES],
    show_default=True,
    help="Scope of the pseudonyms; once a scope.",
)
@click.option(
    "--from", "since", metavar="DAY", type=Day(), help="Earliest epoch.  [default: 10 years ago]"
)
@click.option(
    "--to", "until", metavar="DAY", type=Day(), help="Latest epoch.  [default: in a year]"
)
@click.option(
    "--key-id",
    "known",
    metavar="ID",
    multiple=True,
    help="Key id of an epoch that the chain of the key has left behind; once an id.",
)
@click.option(
    "--unmixed",
    is_flag=True,
    help="Nothing in STORE was made under the key as it is now.",
)
def rekey(
    store: tuple[Path, ...],
    output: Path,
    key_file: Path | None,
    key_credential: str | None,
    domain: str,
    scopes: tuple[str, ...],
    since: date | None,
    until: date | None,
    known: tuple[str, ...],
    unmixed: bool,
) -> None:
    """Map the pseudonyms in STORE to those of the rotated key, without the identifiers.

    STORE is JSON Lines, CSV, Parquet, Arrow, a list of objections, or a folder of them.  What was
    not made under the key before its last rotation stays, and is counted.  OUT appears when it is
    whole.

    \b
    Example:
      gpsproto keys rotate fleet.key fleet-2.key
      gpsproto keys rekey records.jsonl -o renewed.jsonl --key-file fleet-2.key --domain tracking
    """
    context = click.get_current_context()
    if since is not None and until is not None and since > until:
        raise Misuse("--from is behind --to", context)
    _check(store, output, key_file)
    work = Rekey(
        lasting_key_of(key_file, key_credential),
        domain=domain,
        since=since,
        until=until,
        scopes=[Scope(scope) for scope in scopes],
        known=known,
        unmixed=unmixed,
    )
    rekey_store(store, output, work)
    say(f"mapped       {work.renewed:,}")
    say(f"already new  {work.present:,}")
    say(f"others       {work.foreign:,}")
    if not work.renewed:
        say("nothing was made under the key before its rotation: look at --domain, --scope, --from")
    elif work.foreign:
        say("others are of another key or domain, or of an epoch that was not asked for")


def _check(store: tuple[Path, ...], output: Path, key_file: Path | None) -> None:
    """Misuse where the output would stand where it must not."""
    context = click.get_current_context()
    if len(store) > 1 or store[0].is_dir():
        if os.path.lexists(output):
            raise Misuse("OUT is a new folder here, and something stands there", context)
        within = Path(os.path.realpath(output))
        if any(Path(os.path.realpath(one)) in within.parents for one in store):
            raise Misuse("OUT cannot stand inside STORE", context)
        if not output.absolute().parent.is_dir():
            raise SinkError(errno.ENOENT)
        return
    check_targets([output], [*store, key_file])
