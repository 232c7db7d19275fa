"""What a dump holds, shown: to a person as lines and bars, to a machine as a dict."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from itertools import groupby
from typing import Any

from rich.bar import Bar
from rich.console import Console
from rich.table import Table

from gpsproto.catalog.units import unit
from gpsproto.category import Category
from gpsproto.cli.fit import Fit
from gpsproto.cli.run import Run
from gpsproto.cli.summary import (
    LABEL,
    Line,
    ambiguous_lines,
    balance_dict,
    balance_lines,
    many,
    nothing_lines,
    rejected_lines,
    show_lines,
    unknown_lines,
)
from gpsproto.cli.survey import Survey
from gpsproto.version import __version__
from gpsproto.walk import engine

_BAR = 24
_MOST_BARS = 31
_FAMILIES_SHOWN = 3


def as_dict(run: Run, survey: Survey, fitted: Fit) -> dict[str, Any]:
    """Counts, names and days; no value, no pseudonym."""
    head = {
        "version": __version__,
        "engine": engine(),
        "policy": {"name": run.policy.name, "digest": run.policy.digest},
        "family": run.settings.family,
        "inputs": run.inputs,
        "conversations": len(run.conversations),
        "unidentified_conversations": run.conversations.unidentified(),
        "devices": survey.devices if run.policy.pseudonymises(Category.DEVICE_ID) else None,
        "time": {
            "first": _rfc3339(survey.first),
            "last": _rfc3339(survey.last),
            "records": survey.timed,
            "suspect": survey.suspect,
        },
        "records_by_day": {
            day.isoformat(): count for day, count in sorted(survey.days.items())
        },
        "fix": {"with": survey.fixed, "of": survey.judged},
        "elements": [
            {"name": name, "unit": unit(name) or None, "records": count}
            for name, count in _by_count(survey.elements)
        ],
    }  # fmt: skip
    return head | balance_dict(run) | {"family_fit": _fit_dict(fitted)}


def _fit_dict(fitted: Fit) -> dict[str, Any]:
    return {
        "sample_bytes": fitted.sample_bytes,
        "elements": fitted.elements,
        "families": [
            {
                "family": family,
                "unknown": fitted.unnamed[family].unknown,
                "ambiguous": fitted.unnamed[family].ambiguous,
                "named_share": round(fitted.share(family), 6),
            }
            for family in fitted.best_first()
        ],
        "better": fitted.better,
    }


def show(run: Run, survey: Survey, fitted: Fit, console: Console) -> None:
    """Print it: labelled sentences, and bars for the days and the elements."""
    lines = (*balance_lines(run), *rejected_lines(run), *nothing_lines(run), *_whole(run, survey))
    show_lines(lines, console)
    _bars("days", list(_periods(survey.days)), console)
    elements = [(f"{name}{_in(name)}", count) for name, count in _by_count(survey.elements)]
    _bars("elements", elements, console)
    show_lines((*unknown_lines(run), *ambiguous_lines(run), *_families(fitted)), console)
    faults = [("BUG", f"the balance does not close: {one}") for one in run.balance.discrepancies()]
    show_lines(faults, console)


def _whole(run: Run, survey: Survey) -> Iterator[Line]:
    """The run as one: its span, its devices, its places."""
    if survey.first is not None and survey.last is not None:
        span = f"{survey.first:%Y-%m-%d %H:%M:%S} to {survey.last:%Y-%m-%d %H:%M:%S} UTC"
        yield "time", f"{span}, {many(len(survey.days), 'day')} with records"
    if survey.suspect:
        yield "clock", f"{many(survey.suspect, 'record')} of a clock that was never set, on no day"
    unknown = run.conversations.unidentified()
    nameless = f"{many(unknown, 'conversation')} without login or device id"
    if not run.policy.pseudonymises(Category.DEVICE_ID):
        yield "devices", "the policy drops device ids: they are not counted"
    elif unknown:
        yield "devices", f"{survey.devices:,}, and {nameless}"
    else:
        yield "devices", f"{survey.devices:,}"
    if survey.judged:
        share = _percent(survey.fixed / survey.judged)
        yield "fix", f"{survey.fixed:,} of {many(survey.judged, 'record')} ({share})"


def _periods(days: Counter[date]) -> Iterator[tuple[str, int]]:
    """Days as they fit under each other; else months, else years."""
    for form in ("%Y-%m-%d", "%Y-%m", "%Y"):
        found = [
            (text, sum(days[day] for day in group))
            for text, group in groupby(sorted(days), key=lambda day: day.strftime(form))
        ]
        if len(found) <= _MOST_BARS:
            break
    yield from found


def _bars(label: str, counts: list[tuple[str, int]], console: Console) -> None:
    """Counts with a bar each; the first line bears the label."""
    if not counts:
        return
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(width=LABEL - 1, style="bold cyan")
    table.add_column(overflow="fold")
    table.add_column(justify="right")
    table.add_column()
    most = max(count for _, count in counts)
    for place, (name, count) in enumerate(counts):
        bar = Bar(most, 0, count, width=_BAR)
        table.add_row("" if place else label, name, f"{count:,}", bar)
    console.print(table)


def _families(fitted: Fit) -> Iterator[Line]:
    """Who names most, how the chosen family does, and whether another would be better."""
    if not fitted.elements:
        return
    best = fitted.best_first()
    alike = [list(group) for _, group in groupby(best, key=fitted.share)]
    said = [f"{', '.join(group)} {_percent(fitted.share(group[0]))}" for group in alike]
    yield "families", f"{fitted.sample} these have names for: {'; '.join(said[:_FAMILIES_SHOWN])}"
    chosen = f"--family {fitted.chosen}" if fitted.chosen else "without --family"
    shown = f"{chosen}, {_percent(fitted.share(fitted.chosen))}"
    if fitted.better:
        yield "", f"{shown}: --family {fitted.better} fits better, if such devices sent it"
    else:
        yield "", f"{shown}: no family fits much better"


def _by_count(counts: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _in(name: str) -> str:
    return f" ({unit(name)})" if unit(name) else ""


def _percent(share: float) -> str:
    """Rounded down: only all of it is 100."""
    return f"{math.floor(share * 1000) / 10:g} %"


def _rfc3339(time: datetime | None) -> str | None:
    return None if time is None else f"{time.isoformat(timespec='milliseconds')}Z"
