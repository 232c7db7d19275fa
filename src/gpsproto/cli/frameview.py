"""A frame on a screen: a line for each stretch of bytes, nested as the frame is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table
from rich.text import Text

from gpsproto.cli.answer import answer, shown_on
from gpsproto.view.inspection import Inspection
from gpsproto.view.spans import Span

HEAD = ("offset", "bytes", "field", "raw", "value", "category", "action", "")
POINTER = "<-- first wrong byte"

_ROW = 8  # bytes of a line
_LINES = 4  # of one leaf: what is longer is counted
_WIDE = 150  # columns of terminal that all columns have room in
_NARROW = 100
_DROPPED_BELOW = ((_WIDE, "raw"), (_NARROW, "category"))
_STYLES = ("dim", "cyan", "", "dim", "green", "magenta", "yellow", "")


@dataclass(frozen=True, slots=True)
class Line:
    """A line: its cells, and what of it stands out."""

    cells: tuple[str, ...]
    group: bool = False
    masked: bool = False
    wrong: bool = False


def lines(inspection: Inspection) -> Iterator[Line]:
    """The lines of a frame; behind its last byte one more, where it is wrong that it ends there."""
    yield from _lines(inspection.spans, 0, inspection.at)
    end = inspection.offset + inspection.size
    if inspection.at is not None and inspection.at >= end and _is_whole(inspection):
        said = POINTER if inspection.at == end else f"{POINTER}: at {inspection.at}"
        yield Line((str(end), "", "the bytes end here", "", "", "", "", said), wrong=True)


def _is_whole(inspection: Inspection) -> bool:
    """Whether all of it is shown, and not one record."""
    return sum(one.size for one in inspection.spans) == inspection.size


def _lines(spans: Sequence[Span], depth: int, at: int | None) -> Iterator[Line]:
    for span in spans:
        if span.children and not span.inline:
            cells = (str(span.offset), "", "  " * depth + span.name, "", "", "", "", span.note)
            yield Line(cells, group=True)
            yield from _lines(span.children, depth + 1, at)
        else:
            yield from _leaf(span, depth, at)


def _leaf(span: Span, depth: int, at: int | None) -> Iterator[Line]:
    """A leaf, or an element with its id: the first line says all, the others go on with its bytes."""
    parts = span.children or (span,)
    said = parts[-1]
    spelled = [one for part in parts for one in part.hex(_ROW * _LINES).split(" ") if one]
    wrong = any(part.wrong for part in parts)
    about = (_raw(said), _value(said), _category(said), said.action)
    rows = max(1, -(-min(len(spelled), _ROW * _LINES) // _ROW))
    for row in range(rows):
        start = span.offset + row * _ROW
        # what is behind the last line that is shown is pointed at there
        end = span.end if row == rows - 1 else start + _ROW
        pointed = at is not None and start <= at < end
        marks = [_mark(parts)] if row == 0 else []
        if row == rows - 1 and span.size > _ROW * _LINES:
            marks.append(f"and {span.size - _ROW * _LINES} bytes more")
        if pointed:
            marks.append(POINTER if at == start else f"{POINTER}: {at}")
        shown = " ".join(spelled[row * _ROW : (row + 1) * _ROW])
        name = "  " * depth + span.name if row == 0 else ""
        cells = (
            str(start), shown, name, *(about if row == 0 else ("",) * 4),
            "; ".join(one for one in marks if one),
        )  # fmt: skip
        yield Line(cells, masked=said.masked, wrong=wrong or pointed)


def _raw(span: Span) -> str:
    """What was sent, where that is not what it says."""
    return (
        "" if span.raw is None or str(span.raw) == (span.value or str(span.raw)) else str(span.raw)
    )


def _value(span: Span) -> str:
    if span.masked:
        return "masked"
    text = span.value or ("" if span.raw is None else str(span.raw))
    return f"{text} {span.unit}" if span.unit and text != "no value" else text


def _category(span: Span) -> str:
    return "" if span.category is None else span.category.value


def _mark(parts: Sequence[Span]) -> str:
    """Right or wrong, what it should be, and what else there is to say."""
    found = []
    for one in parts:
        if one.wrong:
            should = f", should be {one.expected}" if one.expected else ""
            found.append(f"WRONG: {one.wrong}{should}")
        elif one.right:
            found.append("right")
        if one.note:
            found.append(one.note)
    return "; ".join(found)


def head(inspection: Inspection, frames: str, policy: str, family: str | None) -> list[str]:
    """What the frame is and what became of it, in a few lines."""
    records = {0: "", 1: ", 1 record"}.get(inspection.records, f", {inspection.records} records")
    size = "1 byte" if inspection.size == 1 else f"{inspection.size} bytes"
    said = [f"{frames}at offset {inspection.offset}: {size}, {inspection.form}{records}"]
    if inspection.code is not None:
        place = "" if inspection.at is None else f" at byte {inspection.at}"
        said.append(f"{inspection.kind.value}: {inspection.code.value}{place}: {inspection.reason}")
        said.append(f"what to do: gpsproto explain {inspection.code.value}")
    else:
        said.append("it is decoded" if inspection.number else "it is read")
    said += [f"note: {one.value}" for one in inspection.notes]
    said.append(f"policy {policy}, family {family or 'not given'}")
    return said


def show(console: Console, said: Sequence[str], inspection: Inspection) -> None:
    """Answer a frame: aligned text, in colour on a terminal."""
    made = list(lines(inspection))
    if not console.is_terminal:
        answer("".join(f"{line}\n" for line in (*said, "", *_aligned(made))))
        return
    gone = {name for width, name in _DROPPED_BELOW if console.width < width}
    kept = [place for place, name in enumerate(HEAD) if name not in gone]
    table = Table.grid(padding=(0, 2, 0, 0))
    for place in kept:
        table.add_column(HEAD[place], no_wrap=HEAD[place] in ("offset", "bytes"), overflow="fold")
    table.add_row(*(Text(HEAD[place], "bold underline" if HEAD[place] else "") for place in kept))
    for line in made:
        table.add_row(*(Text(line.cells[place], _style(line, place)) for place in kept))
    with shown_on(console):
        for number, text in enumerate(said):
            wrong = inspection.code is not None and number == 1
            console.print(Text(text, "bold red" if wrong else "bold" if number == 0 else ""))
        console.print()
        console.print(table)


def _style(line: Line, place: int) -> str:
    if line.wrong:
        return "bold red"
    if line.group:
        return "bold"
    if line.masked and HEAD[place] in ("bytes", "value"):
        return "dim"
    return _STYLES[place]


def _aligned(made: Sequence[Line]) -> Iterator[str]:
    """The lines with blanks between their cells; nothing is folded."""
    rows = [HEAD, *(line.cells for line in made)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(HEAD))]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
