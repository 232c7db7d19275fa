"""``gpsproto objection``: the list of devices that decode leaves out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from gpsproto.cli.keysource import key_options, lasting_key_of
from gpsproto.cli.process import say, standard
from gpsproto.cli.usage import NEVER, Misuse, like_an_id
from gpsproto.errors import ErrorCode, GpsprotoError
from gpsproto.privacy.suppression import LISTED_KINDS, Suppression

_FILE = click.Path(path_type=Path, readable=False)
_LARGEST = 64 << 20


class _Nothing(click.Argument):
    """What must not be there: an identifier that somebody types behind the list."""

    def __init__(self) -> None:
        super().__init__(["surplus"], nargs=-1, expose_value=False, callback=_refuse, metavar="")


def _refuse(ctx: click.Context, _: click.Parameter, value: tuple[str, ...]) -> None:
    if value:
        raise _never_here(ctx)


def _listed(ctx: click.Context, _: click.Parameter, value: Path) -> Path:
    if like_an_id(str(value)):
        raise _never_here(ctx)
    return value


def _never_here(ctx: click.Context) -> Misuse:
    return Misuse(
        f"{NEVER}, where other users and the history of the shell see them; one a line on standard"
        " input, or in a file: --id-file",
        ctx,
    )


def _takes_ids(command: Callable[..., Any]) -> click.Command:
    made = click.option(
        "--id-file", metavar="F", type=_FILE,
        help="File with the identifiers, one a line.  [default: standard input]",
    )(command)  # fmt: skip
    made = click.option(
        "--kind", type=click.Choice(LISTED_KINDS), default=LISTED_KINDS[0], show_default=True,
        help="What they are: IMEIs, or the ids that watches send.",
    )(made)  # fmt: skip
    made = key_options("The key that decode is given.")(made)
    made = click.argument("list_file", metavar="LIST", type=_FILE, callback=_listed)(made)
    found = click.command()(made)
    found.params.append(_Nothing())
    return found


@click.group(invoke_without_command=True)
@click.pass_context
def objection(ctx: click.Context) -> None:
    """Keep the list of devices whose people objected; decode leaves them out."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@_takes_ids
def add(
    list_file: Path,
    key_file: Path | None,
    key_credential: str | None,
    kind: str,
    id_file: Path | None,
) -> None:
    """Put devices on LIST, a file of keyed pseudonyms; it is made where there is none.

    Identifiers come on standard input or in a file, one a line, never as arguments.

    \b
    Example:
      gpsproto objection add objections.list --key-file fleet.key --id-file ids.txt
    """
    key = lasting_key_of(key_file, key_credential)
    count = Suppression.add(list_file, key, _ids(kind, id_file))
    say(f"listed {count:,}")


@_takes_ids
def remove(
    list_file: Path,
    key_file: Path | None,
    key_credential: str | None,
    kind: str,
    id_file: Path | None,
) -> None:
    """Take devices off LIST.

    \b
    Example:
      gpsproto objection remove objections.list --key-file fleet.key --id-file ids.txt
    """
    key = lasting_key_of(key_file, key_credential)
    count = Suppression.remove(list_file, key, _ids(kind, id_file))
    say(f"taken off {count:,}")


@click.command()
@click.argument("list_file", metavar="LIST", type=_FILE, callback=_listed)
@key_options("The key that the list was made with.")
def count(list_file: Path, key_file: Path | None, key_credential: str | None) -> None:
    """Show how many devices are on LIST.

    \b
    Example:
      gpsproto objection count objections.list --key-file fleet.key
    """
    key = lasting_key_of(key_file, key_credential)
    click.echo(len(Suppression.from_file(list_file, key)))


for verb in (add, remove, count):
    objection.add_command(verb)


def _ids(kind: str, path: Path | None) -> list[tuple[str, str]]:
    """The identifiers, each with its kind; a line that is blank stays, so that lines are counted."""
    lines = _lines(path)
    while lines and not lines[-1].strip():
        lines.pop()
    return [(kind, line.strip()) for line in lines]


def _lines(path: Path | None) -> list[str]:
    data: bytes | None = None
    try:
        if path is None or str(path) == "-":
            stream = standard("stdin")
            data = None if stream is None else stream.read(_LARGEST + 1)
        else:
            with path.open("rb") as file:
                data = file.read(_LARGEST + 1)
    except (OSError, ValueError):
        data = None
    if data is None or len(data) > _LARGEST:
        del data
        raise GpsprotoError(ErrorCode.ID_FILE)
    # what is no ASCII is no identifier, and its line is named
    return data.decode("ascii", "replace").splitlines()
