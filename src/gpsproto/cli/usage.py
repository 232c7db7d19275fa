"""What a wrong command line is told: which parameter, what it wants, and never what it got.

An identifier typed by mistake would stand in a log that keeps standard error, so click's own texts,
which quote the argument, are not used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import click

from gpsproto.cli.family import FamilyType

NEVER = "identifiers never stand on a command line"
NEVER_HERE = f"{NEVER}; use --device-file"

_OPTION = re.compile(r"--?[a-z-]+(16)?")
_LIKE_AN_ID = re.compile(r"[0-9]{14,16}")


class Misuse(click.UsageError):
    """A usage error in our own words."""


def like_an_id(argument: str) -> bool:
    """Whether it could be an IMEI, or an option that was given one."""
    return _LIKE_AN_ID.fullmatch(re.sub(r"^-+([A-Za-z-]*=?)?|[ .]", "", argument)) is not None


def explain(error: click.UsageError, arguments: Sequence[str]) -> str:
    """The usage line, what is wrong, and where help is."""
    lines = []
    if error.ctx is not None:
        lines = [error.ctx.get_usage(), f"Try '{error.ctx.command_path} --help' for help.", ""]
    lines.append(f"Error: {_fault(error)}")
    if any(like_an_id(argument) for argument in arguments) and NEVER not in lines[-1]:
        lines.append(NEVER_HERE)
    return "\n".join(lines)


def _fault(error: click.UsageError) -> str:
    if isinstance(error, Misuse):
        return error.message
    if isinstance(error, click.MissingParameter):
        return error.format_message()
    if isinstance(error, click.BadParameter):
        hint = error.param.get_error_hint(error.ctx) if error.param is not None else "a parameter"
        return f"{_join(hint)} wants {_wanted(error.param)}"
    if isinstance(error, click.NoSuchOption):
        # of our own options, those that are spelled much the same
        close = error.possibilities
        return "no such option" + (f"; is {' or '.join(close)} meant?" if close else "")
    if isinstance(error, click.BadOptionUsage):
        known = _OPTION.fullmatch(error.option_name)
        name = error.option_name if known else "an option"
        return f"{name} lacks its value, or has one that it does not take"
    if error.ctx is not None and isinstance(error.ctx.command, click.Group):
        return f"no such command; one of: {', '.join(error.ctx.command.list_commands(error.ctx))}"
    return "an argument too many"


def _join(hint: Sequence[str] | str) -> str:
    return (hint if isinstance(hint, str) else " / ".join(hint)).replace("'", "")


def _wanted(param: click.Parameter | None) -> str:
    kind = param.type if param is not None else None
    if isinstance(kind, click.Choice):
        return f"one of: {', '.join(str(choice) for choice in kind.choices)}"
    if isinstance(kind, FamilyType):
        return f"one of: {', '.join(kind.choices)}; or a model, FMB920"
    if isinstance(kind, click.IntRange):
        most = f" and at most {kind.max}" if kind.max is not None else ""
        return f"a whole number of at least {kind.min}{most}"
    return "another value"
