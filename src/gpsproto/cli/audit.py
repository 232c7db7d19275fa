"""``gpsproto audit``: whether a log of runs is as it was written, and a copy of it for others."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import click

from gpsproto.cli.answer import answer, answer_json
from gpsproto.cli.process import FAILED, FINE, Failed, say
from gpsproto.cli.run import Run
from gpsproto.cli.summary import many
from gpsproto.errors import GpsprotoError
from gpsproto.privacy.audit import FAULTS, AuditLog, Fault, Verified, bucketed, entry, lines, verify
from gpsproto.privacy.keys import PseudonymKey

_FILE = click.Path(path_type=Path, readable=False)
_log = click.argument("log", type=_FILE)
_key = click.option(
    "--key-file", metavar="K", type=_FILE, required=True, help="The key that the runs had."
)


@click.group(invoke_without_command=True)
@click.pass_context
def audit(ctx: click.Context) -> None:
    """Check the log that decode --audit-file writes, a line a run."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@audit.command("verify")
@_log
@_key
@click.option(
    "--expect", metavar="N", type=click.IntRange(0), default=0,
    help="How many lines there must be at least; cut off lines show by this alone.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Write a JSON object.")
def verify_log(log: Path, key_file: Path, expect: int, as_json: bool) -> int:
    """Say whether every line of LOG is as it was written.  Status 1 where one is not.

    \b
    Example:
      gpsproto audit verify runs.jsonl --key-file fleet.key --expect 312
    """
    found = verify(log, PseudonymKey.from_file(key_file), expect=expect)
    if as_json:
        answer_json(
            {
                "whole": found.fault is None,
                "lines": found.lines,
                "fault": found.fault,
                "line": None if found.fault is None else found.lines + 1,
            }
        )
    if found.fault is not None:
        say(f"Error: {_told(found)}")
        return FAILED
    if not as_json:
        answer(f"{many(found.lines, 'line')}, all as written\n")
        if not expect:
            say("that the last lines were cut off shows with --expect N alone: note the number")
    return FINE


@audit.command()
@_log
@_key
@click.option(
    "--bucketed", "in_buckets", is_flag=True,
    help="Give counts as 0, 1-9, 10-99 ...: a small one is about somebody.",
)  # fmt: skip
def export(log: Path, key_file: Path, in_buckets: bool) -> None:
    """Write the lines of LOG to standard output, once all of them are verified.

    \b
    Example:
      gpsproto audit export runs.jsonl --key-file fleet.key --bucketed
    """
    key = PseudonymKey.from_file(key_file)
    found = verify(log, key)
    if found.fault is not None:
        raise Failed(_told(found))
    for line in lines(log, key):
        if isinstance(line, Fault):
            raise Failed("the log was changed meanwhile")
        answer(
            json.dumps(bucketed(json.loads(line)), separators=(",", ":")) + "\n"
            if in_buckets
            else line.decode() + "\n"
        )


def _told(found: Verified) -> str:
    assert found.fault is not None
    wrong = f"line {found.lines + 1}: {FAULTS[found.fault]}"
    return f"{wrong}; {many(found.lines, 'line')} before it as written"


@contextmanager
def audited(log: AuditLog | None, run: Run) -> Iterator[None]:
    """Append a line on what is done with a run meanwhile; one on a run that breaks off, too.

    Raises before anything is done where no line could be appended.
    """
    if log is not None:
        log.check()
    complete = False
    try:
        yield
        complete = True
    finally:
        if log is not None and not complete:
            with suppress(GpsprotoError):  # why the run broke off is said
                _append(log, run, complete=False)
    if log is not None:
        _append(log, run, complete=True)


def _append(log: AuditLog, run: Run, *, complete: bool) -> None:
    balance = run.balance
    log.append(
        entry(
            balance, run.policy, run.door.key_ids, day=datetime.now(UTC), complete=complete,
            records_expired=balance.records_expired, records_objected=balance.records_objected,
            records_withheld=balance.records_withheld,
        )
    )  # fmt: skip
