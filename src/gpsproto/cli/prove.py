"""``gpsproto prove``: plant identifiers, decode, and search every byte that comes out."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from gpsproto.cli.answer import answer, answer_json, screen, shown_on
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.errors import PolicyError
from gpsproto.privacy.policy import Policy, presets
from gpsproto.prove import Hunt, Report
from gpsproto.prove.canaries import KINDS, MOST

_FRAMES, _CANARIES = 100_000, 10_000
_FILLED = "P1Y"  # what a period is that an operator has to fill in: it changes no field
_HEAD = ("carrier", "frames", "bytes", "hits")
_HITS_SHOWN = 40


@click.command()
@click.option(
    "--policy", "policies", metavar="NAME_OR_FILE", type=click.Path(readable=False), multiple=True,
    help="Try this policy; may be given again.  [default: every built-in one]",
)  # fmt: skip
@click.option(
    "--frames", metavar="N", type=click.IntRange(1), default=_FRAMES, show_default=True,
    help="Frames in all, shared over the policies.",
)  # fmt: skip
@click.option(
    "--canaries", metavar="N", type=click.IntRange(len(KINDS), MOST), default=_CANARIES,
    show_default=True, help="Identifiers that are planted.",
)  # fmt: skip
@click.option(
    "--seed",
    metavar="S",
    type=click.IntRange(0),
    help="Hunt as another hunt did.  [default: random]",
)
@click.option("--json", "as_json", is_flag=True, help="Write a JSON document.")
@click.option(
    "--progress/--no-progress", default=None, help="Show a bar.  [default: on a terminal]"
)
def prove(
    policies: tuple[str, ...], frames: int, canaries: int, seed: int | None, as_json: bool,
    progress: bool | None,
) -> int:  # fmt: skip
    """Hunt for leaks: plant identifiers in generated frames and search all that comes out.

    Every kind of identifier goes into every codec and message, 15 % of the frames are malformed,
    and what leaves by outputs, errors, logs and the command itself is searched in 24 families of
    encodings.  Status 1 where anything was found; a hit names its place, never a value.

    \b
    Example:
      gpsproto prove --policy my-policy.toml --frames 1000000
    """
    loaded = [(name, _loaded(name)) for name in policies or presets()]
    chosen = secrets.randbelow(1 << 31) if seed is None else seed
    sources = {policy.name: name for name, policy in loaded if name not in presets()}
    made = Hunt([policy for _, policy in loaded], canaries=canaries, seed=chosen, sources=sources)
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if progress is None:
        progress = console.is_terminal
    with _shown(console if progress else None, frames) as report:
        found = made.run(frames, progress=report)
    if as_json:
        answer_json(found.as_dict())
    else:
        _show(found)
    return FINE if found.clean else FAILED


def _loaded(name: str) -> Policy:
    """A policy, its blanks filled in."""
    blanks: tuple[str, ...] = ()
    try:
        return Policy.load(name)
    except PolicyError as error:
        blanks = error.blanks
        if not blanks:
            raise
    return Policy.load(name, fill=dict.fromkeys(blanks, _FILLED))


@contextmanager
def _shown(console: Console | None, frames: int) -> Iterator[Callable[[int], object] | None]:
    """A bar of frames."""
    if console is None:
        yield None
        return
    bar = Progress(
        TextColumn("frames"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeRemainingColumn(),
        console=console, auto_refresh=False, transient=console.is_terminal,
        redirect_stdout=False, redirect_stderr=False,
    )  # fmt: skip
    task = bar.add_task("", total=frames)
    with bar:
        yield lambda count: bar.update(task, advance=count, refresh=True)


def _show(found: Report) -> None:
    """What was planted, what was searched, what was found."""
    console = screen()
    content = found.as_dict()
    lines = [
        (
            name, f"{one['frames']:,}" if one["frames"] else "", f"{one['bytes']:,}",
            f"{one['hits']:,}",
        )
        for name, one in content["carriers"].items()
    ]  # fmt: skip
    if console.is_terminal:
        table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
        for place, name in enumerate(_HEAD):
            table.add_column(name, justify="right" if place else "left")
        for line in lines:
            table.add_row(*line)
        with shown_on(console):
            console.print(table)
    else:
        answer("".join("\t".join(line) + "\n" for line in (_HEAD, *lines)))
    hits = content["hits"]
    told = [
        f"HIT {hit['kind']} by {hit['carrier']}, encoding {hit['encoding']} {hit['encoding_name']}, "
        f"planted in {hit['field']}, {hit['times']:,} times"
        for hit in sorted(hits, key=lambda hit: -hit["times"])[:_HITS_SHOWN]
    ]
    if len(hits) > _HITS_SHOWN:
        told.append(f"and {len(hits) - _HITS_SHOWN:,} more; --json gives all")
    answer("".join(f"{line}\n" for line in told))
    for one in found.skipped:
        say(f"not hunted: {one}")
    say(
        f"{found.frames:,} frames ({found.malformed:,} malformed), {found.canaries:,} canaries in "
        f"{found.places:,} places, policies {', '.join(found.policies)}: "
        f"{sum(found.bytes_searched.values()):,} bytes searched in {len(content['encodings'])} "
        f"families of encodings"
    )
    say(f"{'nothing was found' if found.clean else 'LEAKS were found'} (seed {found.seed})")
