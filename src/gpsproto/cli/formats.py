"""In which form the records leave: said by ``--to``, or by the suffix of the output."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from gpsproto.cli.usage import Misuse
from gpsproto.sinks.dataset import PARTITION_COLUMNS


class OutputFormat(StrEnum):
    """The forms of the records."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"
    ARROW = "arrow"


SUFFIXES = {
    ".jsonl": OutputFormat.JSONL,
    ".ndjson": OutputFormat.JSONL,
    ".csv": OutputFormat.CSV,
    ".parquet": OutputFormat.PARQUET,
    ".arrow": OutputFormat.ARROW,
    ".arrows": OutputFormat.ARROW,
    ".feather": OutputFormat.ARROW,
    ".ipc": OutputFormat.ARROW,
}
STREAM_SUFFIX = ".arrows"


class Columns(click.ParamType[tuple[str, ...]]):
    """Names of columns between commas, of those that folders can be made of."""

    name = "columns"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, ...]:
        """Read the names; a wrong one is told which there are, and never what it was."""
        names = tuple(name.strip() for name in str(value).split(","))
        if not set(names) <= set(PARTITION_COLUMNS) or len(set(names)) != len(names):
            raise Misuse(
                "--partition-by wants columns between commas, once each, of: "
                + ", ".join(PARTITION_COLUMNS),
                ctx,
            )
        return names

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The columns that may follow what stands there."""
        before, comma, begun = incomplete.rpartition(",")
        return [
            CompletionItem(before + comma + name)
            for name in PARTITION_COLUMNS
            if name.startswith(begun) and name not in before.split(",")
        ]


def chosen(
    to: OutputFormat | None, output: Path | None, by: tuple[str, ...] | None
) -> OutputFormat:
    """The form of the records; Misuse where what was said does not fit together."""
    context = click.get_current_context()
    if by is not None:
        if to not in (None, OutputFormat.PARQUET):
            raise Misuse("--partition-by writes Parquet; leave --to out", context)
        return OutputFormat.PARQUET
    by_suffix = SUFFIXES.get(output.suffix.lower()) if output is not None else None
    if to is None:
        return by_suffix or OutputFormat.JSONL
    if by_suffix not in (None, to):
        raise Misuse(f"the suffix of the output says {by_suffix}, and --to says {to}", context)
    return to
