"""``gpsproto generate``: a made-up fleet as a dump, for tests of policies and of load."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from gpsproto.build.dumps import Form
from gpsproto.build.faults import Faults
from gpsproto.build.fleet import MOST_DEVICES, Fleet, milliseconds
from gpsproto.build.sent import Counts
from gpsproto.cli.inputs import STDIN
from gpsproto.cli.output import SummaryFile, check_targets, on_terminal
from gpsproto.cli.process import FINE, say, standard
from gpsproto.cli.summary import Line, many, show_lines
from gpsproto.cli.usage import Misuse
from gpsproto.errors import SinkError
from gpsproto.sinks.target import Target
from gpsproto.version import __version__

_RECORDS = 1_000
_MOST_RECORDS = 10**10
_LONGEST_INTERVAL_S = 3_600
_MOST_SEED = (1 << 63) - 1
_CODECS = {"8": 0x08, "8e": 0x8E, "16": 0x10}
_FORMS = ("bin", "hex", "pcap", "pcapng")
_SUFFIXES: dict[str, Form] = {
    ".bin": "bin", ".hex": "hex", ".txt": "hex", ".pcap": "pcap", ".cap": "pcap",
    ".pcapng": "pcapng",
}  # fmt: skip
_FAULTS = ("bad_crc", "truncated", "duplicates", "noise", "clock_errors", "split")

_FILE = click.Path(path_type=Path, readable=False)


class Rate(click.ParamType[float]):
    """How often, between 0 and 1."""

    name = "rate"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number; a wrong one is told what is wanted, and never what it was."""
        rate = -1.0
        with suppress(ValueError):
            rate = float(str(value))
        if not 0 <= rate <= 1:
            name = param.opts[0] if param is not None else "a rate"
            raise Misuse(f"{name} wants a rate from 0 to 1: 0.01 is one in a hundred", ctx)
        return rate


class Moment(click.ParamType[int]):
    """A day, or a day and a time, in UTC unless it says otherwise; as ms since 1970."""

    name = "moment"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Read it; a wrong one is told what is wanted."""
        if isinstance(value, int):
            return value
        found: int | None = None
        with suppress(ValueError, OverflowError):
            found = milliseconds(datetime.fromisoformat(str(value)))
        if found is None:
            raise Misuse("--start wants a day, 2025-06-01, or a time, 2025-06-01T06:30", ctx)
        return found


def _rate(name: str, text: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(name, metavar="RATE", type=Rate(), default=0.0, help=text)


@click.command()
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=_FILE,
    help="Write to this file, which appears when it is whole.  [default: stdout]",
)
@click.option(
    "--to",
    type=click.Choice(_FORMS),
    help="Form of the dump.  [default: by the suffix of OUT, else bin]",
)
@click.option(
    "--devices",
    metavar="N",
    type=click.IntRange(1, MOST_DEVICES),
    default=10,
    show_default=True,
    help="How many devices there are.",
)
@click.option(
    "--records",
    metavar="N",
    type=click.IntRange(1, _MOST_RECORDS),
    help=f"Records of all devices together.  [default: {_RECORDS}]",
)
@click.option(
    "--frames",
    metavar="N",
    type=click.IntRange(1, _MOST_RECORDS),
    help="Frames of all devices together, each full; instead of --records.",
)
@click.option(
    "--kind",
    type=click.Choice(["teltonika", "watch", "mixed"]),
    default="teltonika",
    show_default=True,
    help="Trackers, watches, or half of each.",
)
@click.option(
    "--codec",
    type=click.Choice(list(_CODECS)),
    default="8e",
    show_default=True,
    help="What trackers speak.",
)
@click.option(
    "--layout",
    type=click.Choice(["basic", "fleet", "obd", "wide"]),
    default="fleet",
    show_default=True,
    help="Which elements a record has; of a watch, how many networks.",
)
@click.option(
    "--records-per-frame",
    metavar="N",
    type=click.IntRange(1, 255),
    default=1,
    show_default=True,
    help="Records that a tracker puts into a frame.",
)
@click.option(
    "--transport",
    type=click.Choice(["tcp", "udp"]),
    default="tcp",
    show_default=True,
    help="How trackers send: with logins, or as datagrams.",
)
@click.option(
    "--trip",
    type=click.Choice(["driving", "walking", "mixed"]),
    help="How devices move.  [default: trackers drive, watches walk]",
)
@click.option(
    "--interval",
    metavar="SECONDS",
    type=click.IntRange(1, _LONGEST_INTERVAL_S),
    default=10,
    show_default=True,
    help="Between two records of a device.",
)
@click.option(
    "--start",
    metavar="WHEN",
    type=Moment(),
    default="2025-06-01",
    show_default=True,
    help="When the first record is made, UTC.",
)
@click.option(
    "--seed",
    metavar="N",
    type=click.IntRange(0, _MOST_SEED),
    default=0,
    show_default=True,
    help="The same seed and options give the same bytes.",
)
@_rate("--bad-crc", "Frames with a wrong bit, which their CRC tells.")
@_rate("--truncated", "Frames in which the connection ends; the device logs in again.")
@_rate("--duplicates", "Frames that are sent twice.")
@_rate("--noise", "Frames with bytes of nobody before them.")
@_rate("--clock-errors", "Records by a clock that was never set, or is 1,024 weeks late.")
@_rate("--split", "Frames that come in several reads: lines of hex, segments of a capture.")
@click.option(
    "--summary-json",
    metavar="F",
    type=_FILE,
    help="Write what was written, as counts, to this file.",
)
@click.option("--json", "as_json", is_flag=True, help="The summary as JSON on standard error.")
@click.option(
    "--progress/--no-progress", default=None, help="Show a bar.  [default: on a terminal]"
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def generate(
    output: Path | None,
    to: Form | None,
    summary_json: Path | None,
    as_json: bool,
    progress: bool | None,
    quiet: bool,
    **options: Any,
) -> int:  # fmt: skip
    """Write a synthetic dump: made-up devices on made-up trips.

    No byte is of a real device: IMEIs begin with 00101, the code of tests, and places are drawn.

    \b
    Examples:
      gpsproto generate -o dump.bin --devices 100 --records 1000000
      gpsproto generate -o dump.pcap --kind mixed --bad-crc 0.01
    """
    form = _form(to, output)
    fleet = _fleet(options)
    if output is not None and output.is_dir():
        raise Misuse("the output is a folder; a file is wanted", click.get_current_context())
    check_targets([output, summary_json], [])
    if form != "hex" and on_terminal(output):
        raise Misuse(
            "bytes are not for a terminal: name a file with -o, or take --to hex",
            click.get_current_context(),
        )
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if progress is None:
        progress = console.is_terminal and not on_terminal(output)
    counts = Counts()
    _write(fleet, form, output, summary_json, counts, console if progress and not quiet else None)
    if as_json and not quiet:
        say(json.dumps(_described(fleet, form, counts)))
    elif not quiet:
        show_lines(_lines(fleet, form, counts), console)
    return FINE


def _form(to: Form | None, output: Path | None) -> Form:
    by_suffix = None if output is None else _SUFFIXES.get(output.suffix.lower())
    if to is not None and by_suffix not in (None, to):
        raise Misuse(
            f"the suffix of the output says {by_suffix}, and --to says {to}",
            click.get_current_context(),
        )
    return to or by_suffix or "bin"


def _fleet(options: dict[str, Any]) -> Fleet:
    """The fleet that the options describe; Misuse where there is none such."""
    if options["records"] is None and options["frames"] is None:
        options["records"] = _RECORDS
    fault = ""
    try:
        faults = Faults(**{name: options.pop(name) for name in _FAULTS})
        codec, interval = options.pop("codec"), options.pop("interval")
        return Fleet(
            faults=faults, codec=_CODECS[codec], interval_ms=1_000 * interval,
            start_ms=options.pop("start"), **options,
        )  # fmt: skip
    except ValueError as error:  # its texts are ours, and quote nothing
        fault = str(error)
    raise Misuse(fault, click.get_current_context())


def _write(
    fleet: Fleet,
    form: Form,
    output: Path | None,
    summary_json: Path | None,
    counts: Counts,
    console: Console | None,
) -> None:
    """The dump into the output; on any failure nothing stands under a final name."""
    fault, pieces = "", iter([b""])
    try:
        pieces = fleet.written(form, counts)
    except ValueError as error:
        fault = str(error)
    if fault:
        raise Misuse(fault, click.get_current_context())
    with ExitStack() as stack:
        summary = SummaryFile(summary_json) if summary_json is not None else None
        if summary is not None:
            stack.callback(summary.discard)
        target = _target(output)
        stack.callback(target.discard)
        with _bar(console, fleet.total_frames) as report:
            for piece in pieces:
                target.write(piece)
                report(counts)
        target.close()
        if summary is not None:
            described = json.dumps(_described(fleet, form, counts), indent=2)
            summary.finish(described.encode() + b"\n")


def _target(output: Path | None) -> Target:
    if output is not None and output != STDIN:
        return Target(Path(os.path.realpath(output)))  # a link stays a link
    out = standard("stdout")
    if out is None:
        raise SinkError(errno.EBADF)
    return Target(out)


@contextmanager
def _bar(console: Console | None, frames: int) -> Iterator[Any]:
    """A bar of the frames that are written."""
    if console is None:
        yield lambda _: None
        return
    bar = Progress(
        BarColumn(bar_width=30), TextColumn("{task.completed:,} of {task.total:,} frames"),
        TextColumn("{task.fields[megabytes]:,.0f} MB"), TimeRemainingColumn(), console=console,
        auto_refresh=False, transient=console.is_terminal, redirect_stdout=False,
        redirect_stderr=False,
    )  # fmt: skip
    task = bar.add_task("", total=frames, megabytes=0.0)

    def report(counts: Counts) -> None:
        bar.update(
            task, completed=counts.frames, megabytes=counts.bytes / 1e6, refresh=True
        )  # fmt: skip

    with bar:
        yield report


def _described(fleet: Fleet, form: Form, counts: Counts) -> dict[str, Any]:
    """What was written, for machines: options and counts."""
    names = {codec: name for name, codec in _CODECS.items()}
    return {
        "version": __version__,
        "form": form,
        "seed": fleet.seed,
        "devices": fleet.devices,
        "kind": fleet.kind,
        "codec": names[fleet.codec],
        "layout": fleet.layout,
        "records_per_frame": fleet.records_per_frame,
        "transport": fleet.transport,
        "interval_s": fleet.interval_ms // 1_000,
        "start_ms": fleet.start_ms,
        "written": counts.as_dict(),
        "decodes_to": {"frames": counts.frames_intact, "records": counts.records_intact},
    }


def _lines(fleet: Fleet, form: Form, counts: Counts) -> Iterator[Line]:
    yield "gpsproto", f"{__version__}, {form} of synthetic devices, seed {fleet.seed}"
    openings = [
        many(count, noun)
        for count, noun in ((counts.logins, "login"), (counts.links, "link"))
        if count
    ]
    said = f"{many(counts.records, 'record')} in {many(counts.frames, 'frame')}"
    yield "written", f"{many(fleet.devices, 'device')}, {said}, {counts.bytes:,} bytes"
    if openings:
        yield "", f"and {' and '.join(openings)} before them"
    faults = {
        "with a bad CRC": counts.bad_crc, "truncated": counts.truncated,
        "sent twice": counts.repeated, "behind noise": counts.noise, "split": counts.split,
    }  # fmt: skip
    told = [f"{count:,} {name}" for name, count in faults.items() if count]
    if told:
        yield "faults", f"frames {', '.join(told)}"
    if counts.clock_errors:
        yield "", f"{many(counts.clock_errors, 'record')} by a wrong clock"
    said = f"{counts.records_intact:,} records in {counts.frames_intact:,} frames"
    yield "decodes", f"to {said}" + (", links among them" if counts.links else "")
    yield "checked", f"{many(counts.frames_checked, 'frame')} built again by construct, and decoded"
