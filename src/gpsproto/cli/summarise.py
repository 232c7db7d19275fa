"""``gpsproto summary``: what dumps hold, without a record of them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import click
from rich.console import Console

from gpsproto.captures.recognise import InputFormat
from gpsproto.cli import portrait
from gpsproto.cli import progress as bar
from gpsproto.cli.answer import answer_json, screen, shown_on
from gpsproto.cli.decode import decode, status
from gpsproto.cli.fit import Sample, fit
from gpsproto.cli.inputs import Dump, device_in, dumps
from gpsproto.cli.run import Run, Settings
from gpsproto.cli.survey import Survey
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.wire.limits import Limits

_AS_DECODE = (
    "policy", "device_file", "family", "input_format", "group16", "batch_records",
    "max_frame_bytes", "progress",
)  # fmt: skip
"""Options that are those of ``decode``, word for word."""


@click.command()
@click.argument(
    "dump", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write a JSON object.")
def summary(
    dump: tuple[Path, ...],
    *,
    as_json: bool,
    policy: str,
    device_file: Path | None,
    family: str | None,
    input_format: str,
    group16: Literal["never", "auto", "always"],
    batch_records: int,
    max_frame_bytes: int | None,
    progress: bool | None,
) -> int:
    """Say what dumps hold: times, devices, elements by name, and what was refused.

    DUMP is a file, a folder, a quoted pattern, or - for standard input; archives are opened.  No
    record is written, and no pseudonym.  The families are compared on the beginning of the dumps.

    \b
    Example:
      gpsproto summary dump.bin --family FMB920
    """
    inputs = dumps(dump)
    limits = Limits()
    if max_frame_bytes is not None:
        limits = Limits.of_all(max_frame_bytes)
    run = Run(
        Policy.load(policy),
        PseudonymKey.new_ephemeral(),
        None if device_file is None else device_in(device_file),
        Settings(family, InputFormat(input_format), group16, batch_records, limits),
    )
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if progress is None:
        progress = console.is_terminal
    survey, sample = Survey(), Sample(len(inputs))
    _take(run, inputs, survey, sample, console if progress else None)
    fitted = fit(sample, run.policy, run.settings)
    if as_json:
        answer_json(portrait.as_dict(run, survey, fitted))
    else:
        with shown_on(screen()) as shown:
            portrait.show(run, survey, fitted, shown)
    return status(run, strict=False)


summary.params += [option for option in decode.params if option.name in _AS_DECODE]


def _take(
    run: Run, inputs: list[Dump], survey: Survey, sample: Sample, console: Console | None
) -> None:
    """Count every dump; the first bytes of each are kept for the families."""
    with bar.shown(console, [dump.size for dump in inputs], run.balance) as report:
        for dump in inputs:
            dump.watch = sample.watch
            run.take(dump, survey, report)
