"""Lines under a head: a table on a terminal, elsewhere a line each with tabs between."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from gpsproto.cli.answer import answer, screen, shown_on

_WIDE = 120
_PART = 100
_LEAST = 8


def show(
    head: Sequence[str], lines: Sequence[Sequence[str]], *, wide_only: Collection[str] = ()
) -> None:
    """Answer the lines; ``wide_only`` are columns that a narrow terminal has no room for."""
    console = screen()
    lines = [[_plain(cell) for cell in line] for line in lines]
    if not console.is_terminal:
        answer("".join("\t".join(line) + "\n" for line in (head, *lines)))
        return
    narrow = console.width < _WIDE and bool(wide_only)
    shown = [place for place, name in enumerate(head) if not (narrow and name in wide_only)]
    table_of(console, [head[n] for n in shown], [[line[n] for n in shown] for line in lines])
    if narrow:
        *names, last = [name for name in head if name in wide_only]
        said = f"{', '.join(names)} and {last}" if names else last
        with shown_on(console):
            console.print(f"{_WIDE} columns of terminal, or --json, show {said}")


def table_of(console: Console, head: Sequence[str], lines: Sequence[Sequence[str]]) -> None:
    """A table on a terminal, in parts: the first lines of a long one are there at once."""
    widths = _widths(head, lines, console.width)
    for start in range(0, max(1, len(lines)), _PART):
        table = Table(
            box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=0,
            show_header=start == 0,
        )  # fmt: skip
        for name, width in zip(head, widths, strict=True):
            table.add_column(name, width=width, overflow="fold")
        for line in lines[start : start + _PART]:
            table.add_row(*line)
        with shown_on(console):
            console.print(table)


def _widths(head: Sequence[str], lines: Sequence[Sequence[str]], width: int) -> list[int]:
    """How wide each column is: the widest are folded until all fit."""
    columns = zip(head, *lines, strict=True)
    widths = [max(map(len, column)) for column in columns]
    room = width - len(head)
    while sum(widths) > room and max(widths) > _LEAST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _plain(text: str) -> str:
    """A text without what would end a cell or steer a terminal."""
    return "".join(one if one.isprintable() else " " for one in text)
