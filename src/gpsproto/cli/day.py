"""A day on the command line, 2026-07-01."""

from __future__ import annotations

from datetime import date

import click

from gpsproto.cli.usage import Misuse


class Day(click.ParamType[date]):
    """A day; what is none is told how one is written, and never what it was."""

    name = "day"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> date:
        """Read the day."""
        if isinstance(value, date):
            return value
        found: date | None = None
        text = str(value)
        try:
            found = date.fromisoformat(text) if len(text) == 10 else None
        except ValueError:
            found = None
        if found is None:
            name = param.opts[0] if param is not None else "it"
            raise Misuse(f"{name} wants a day, written 2026-07-01", ctx)
        return found
