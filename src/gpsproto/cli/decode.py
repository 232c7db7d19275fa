"""``gpsproto decode``: dumps in, pseudonymised records out."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
from rich.console import Console

from gpsproto import catalog
from gpsproto.captures.recognise import InputFormat
from gpsproto.cli import progress as bar
from gpsproto.cli.audit import audited
from gpsproto.cli.family import FamilyType
from gpsproto.cli.formats import Columns, OutputFormat, chosen
from gpsproto.cli.inputs import STDIN, Dump, device_in, dumps
from gpsproto.cli.keysource import key_of, key_options
from gpsproto.cli.output import SummaryFile, check_place, check_targets, on_terminal, records_sink
from gpsproto.cli.process import FAILED, FINE, REFUSED, say
from gpsproto.cli.run import Run, Settings
from gpsproto.cli.summary import as_json, show, strict_fault
from gpsproto.cli.usage import Misuse
from gpsproto.pipeline import BATCH_RECORDS, LEAST_BATCH_RECORDS
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.audit import AuditLog
from gpsproto.privacy.filter import Expired
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.keys.keyfile import inside, refuse_inside
from gpsproto.privacy.policy import Policy, presets
from gpsproto.privacy.provenance import Provenance
from gpsproto.privacy.suppression import Suppression
from gpsproto.sinks.base import Sink
from gpsproto.sinks.dataset import PARTITION_COLUMNS
from gpsproto.wire.limits import Limits

_MOST_BATCH_RECORDS = 1 << 20
_LEAST_FRAME, _MOST_FRAME = 3, 1 << 24

# whether it can be read is said by who reads it
_FILE = click.Path(path_type=Path, readable=False)
_FORMATS = click.Choice([kind.value for kind in InputFormat])
_OUTPUTS = click.Choice([kind.value for kind in OutputFormat])


@click.command()
@click.argument("dump", nargs=-1, required=True, type=_FILE)
@click.option(
    "-o",
    "--output",
    metavar="OUT",
    type=_FILE,
    help="Write to this file, which appears when it is whole.  [default: stdout]",
)
@click.option(
    "--to",
    type=_OUTPUTS,
    help="Form of the records.  [default: by the suffix of OUT, else jsonl]",
)
@click.option(
    "--partition-by",
    metavar="COLUMNS",
    type=Columns(),
    help="Write a folder of Parquet files, one folder a value: "
    f"{', '.join(PARTITION_COLUMNS)}, with commas between.",
)
@click.option(
    "--policy",
    metavar="NAME_OR_FILE",
    type=click.Path(readable=False),
    default="tracking",
    show_default=True,
    help="What may leave: a built-in policy or a TOML file.",
)
@key_options("Key of the pseudonyms; without it they hold for this run only.")
@click.option(
    "--accounts-file",
    metavar="F",
    type=_FILE,
    help='TOML file, private like a key, of whose account a device is on: "<IMEI>" = "order-17".',
)
@click.option(
    "--suppress-file",
    metavar="F",
    type=_FILE,
    help="List of those who objected, as gpsproto objection makes it: their records do not leave.",
)
@click.option(
    "--expired",
    type=click.Choice(["keep", "drop"]),
    default="keep",
    show_default=True,
    help="What becomes of records that are past their retention; they are counted either way.",
)
@click.option(
    "--device-file",
    metavar="F",
    type=_FILE,
    help="File with the IMEI of who speaks where a stream holds no login.",
)
@click.option(
    "--family",
    metavar="F",
    type=FamilyType(),
    help="Device family or model, which names elements that differ by it:"
    f" {', '.join([*catalog.FAMILIES, *catalog.PROFILES])}, FMB920 ...",
)
@click.option(
    "--family-file",
    metavar="FILE",
    type=_FILE,
    help='TOML file of a mixed fleet, a line a subject: dev_... = "FMC650"; --family for the rest.',
)
@click.option(
    "--input-format",
    type=_FORMATS,
    default="auto",
    show_default=True,
    help="What the dumps are; auto says by their first bytes.",
)
@click.option(
    "--summary-json", metavar="F", type=_FILE, help="Write the balance of the run to this file."
)
@click.option(
    "--audit-file",
    metavar="F",
    type=_FILE,
    help="Append a line of counts on this run to this log, which gpsproto audit verifies; wants"
    " --key-file.",
)
@click.option("--strict", is_flag=True, help="End with status 3 when anything was rejected.")
@click.option(
    "--group16",
    type=click.Choice(["never", "auto", "always"]),
    default="auto",
    show_default=True,
    help="Whether Codec 8 may hold 16-byte elements.",
)
@click.option(
    "--batch-records",
    metavar="N",
    default=BATCH_RECORDS,
    show_default=True,
    type=click.IntRange(LEAST_BATCH_RECORDS, _MOST_BATCH_RECORDS),
    help="Records held at once.",
)
@click.option(
    "--max-frame-bytes",
    metavar="N",
    type=click.IntRange(_LEAST_FRAME, _MOST_FRAME),
    help="Longest data field of a frame.  [default: by codec]",
)
@click.option(
    "--progress/--no-progress", default=None, help="Show a bar.  [default: on a terminal]"
)
@click.option("-q", "--quiet", is_flag=True, help="Say nothing but errors.")
def decode(dump: tuple[Path, ...], output: Path | None, **options: Any) -> int:
    """Decode dumps of Teltonika frames into pseudonymised records.

    DUMP is a file, a folder, a quoted pattern, or - for standard input; archives are opened.  Bad
    input never stops a run: it is counted, and named by offset and code.  Status: 0 fine, 1 failed,
    2 wrong usage, 3 rejected input with --strict.

    \b
    Example:
      gpsproto decode dump.bin -o records.parquet --key-file fleet.key
    """
    return _decode(dump, output, **options)


def _decode(
    paths: tuple[Path, ...],
    output: Path | None,
    *,
    to: str | None,
    partition_by: tuple[str, ...] | None,
    policy: str,
    key_file: Path | None,
    key_credential: str | None,
    accounts_file: Path | None,
    suppress_file: Path | None,
    expired: Expired,
    device_file: Path | None,
    family: str | None,
    family_file: Path | None,
    input_format: str,
    summary_json: Path | None,
    audit_file: Path | None,
    strict: bool,
    group16: Literal["never", "auto", "always"],
    batch_records: int,
    max_frame_bytes: int | None,
    progress: bool | None,
    quiet: bool,
) -> int:
    inputs = dumps(paths)
    kind = chosen(None if to is None else OutputFormat(to), output, partition_by)
    check_place(output, kind, partition_by)
    if audit_file is not None and key_file is None and key_credential is None:
        raise Misuse(
            "--audit-file wants --key-file: a key that goes with the run can verify no line later",
            click.get_current_context(),
        )
    if audit_file == STDIN:
        raise Misuse("--audit-file wants a file: a log is appended to", click.get_current_context())
    written = [None if partition_by else output, summary_json, audit_file]
    read = [
        *(dump.path for dump in inputs),
        key_file,
        accounts_file,
        suppress_file,
        device_file,
        family_file,
        None if policy in presets() else Path(policy),
    ]
    check_targets(written, read)
    rules = Policy.load(policy)
    if partition_by and output is not None:
        for private in (accounts_file, suppress_file, device_file):
            if private is not None and inside(private, output):
                raise Misuse(
                    "a file that says who somebody is lies in the folder of the output; keep it apart",
                    click.get_current_context(),
                )
    key = _key(key_file, key_credential, None if partition_by is None else output)
    if (accounts_file or suppress_file) and key.ephemeral:
        raise Misuse(
            "--accounts-file and --suppress-file want the key that they go with: --key-file",
            click.get_current_context(),
        )
    limits = Limits()
    if max_frame_bytes is not None:
        limits = Limits.of_all(max_frame_bytes)
    run = Run(
        rules,
        key,
        None if device_file is None else device_in(device_file),
        Settings(
            family,
            InputFormat(input_format),
            group16,
            batch_records,
            limits,
            {} if family_file is None else catalog.load_fleet(family_file),
            None if suppress_file is None else Suppression.from_file(suppress_file, key),
            None if accounts_file is None else Accounts.from_file(accounts_file, key),
            expired,
        ),
    )
    console = Console(stderr=True, highlight=False, markup=False, emoji=False)
    if progress is None:
        # a bar and the records on one terminal would mix
        progress = console.is_terminal and not on_terminal(output)
    _write(
        run, inputs, partial(records_sink, output, kind, partition_by), summary_json,
        None if audit_file is None else AuditLog(audit_file, run.key),
        console if progress and not quiet else None,
    )  # fmt: skip
    if not quiet:
        show(run, console)
    return status(run, strict=strict)


def _key(file: Path | None, credential: str | None, folder: Path | None) -> PseudonymKey:
    """The key of the run.  KeyRefused where it lies in the folder of the output."""
    if file is not None and folder is not None:
        refuse_inside(file, folder)
    return key_of(file, credential)


def _write(
    run: Run,
    inputs: list[Dump],
    made: Callable[[Provenance, ExitStack], Sink],
    summary_json: Path | None,
    audit: AuditLog | None,
    console: Console | None,
) -> None:
    """Every dump into the output; on any failure nothing stands under a final name.

    The line of the audit log comes before the output gets its name: there is no output without it.
    """
    with ExitStack() as stack:
        summary = SummaryFile(summary_json) if summary_json is not None else None
        if summary is not None:
            stack.callback(summary.discard)
        sink = made(Provenance(run.policy.name, run.policy.digest, run.key_id), stack)
        sizes = [dump.size for dump in inputs]
        with audited(audit, run), bar.shown(console, sizes, run.balance) as report:
            for dump in inputs:
                run.take(dump, sink, report)
        sink.close()
        if summary is not None:
            summary.finish(as_json(run))


def status(run: Run, *, strict: bool) -> int:
    """What the run ends with; says why where that is not 0."""
    if run.balance.discrepancies():
        say("Error: the balance does not close; this is a bug in gpsproto, please report it")
        return FAILED
    fault = strict_fault(run) if strict else ""
    if fault:
        say(f"Error: {fault} (--strict)")
        return REFUSED
    return FINE
