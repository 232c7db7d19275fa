"""``gpsproto explain``: an error code in words."""

from __future__ import annotations

from difflib import get_close_matches

import click
from click.shell_completion import CompletionItem
from rich.text import Text

from gpsproto.cli.answer import answer, answer_json, screen, shown_on
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.cli.sheet import show
from gpsproto.errors import ErrorCode
from gpsproto.meanings import PLACES, Entry, entries, entry, unlinked

_CODES = tuple(code.value for code in ErrorCode)


class CodeType(click.ParamType[str]):
    """An error code, or what somebody took for one; the shell is offered those there are."""

    name = "code"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The codes that begin so."""
        return [CompletionItem(one) for one in _CODES if one.startswith(incomplete.lower())]


@click.command()
@click.argument("code", required=False, type=CodeType())
@click.option("--json", "as_json", is_flag=True, help="Write JSON: one code, or the list.")
def explain(code: str | None, as_json: bool) -> int:
    """Say what an error code means on the wire, and what to do; without CODE list them all.

    Status 1 where there is no such code.

    \b
    Example:
      gpsproto explain bad_crc
    """
    if code is None:
        if as_json:
            answer_json([one.as_dict() for one in entries()])
        else:
            show(
                ("code", "where", "what it means"),
                [(one.code.value, PLACES[one.place], one.meaning) for one in entries()],
            )
        return FINE
    name = code.lower().replace("-", "_")
    if name not in _CODES:
        near = get_close_matches(name, _CODES, n=3, cutoff=0.5)
        meant = f"; is {' or '.join(near)} meant?" if near else "; gpsproto explain lists them"
        say(f"Error: no such code{meant}")
        return FAILED
    found = entry(ErrorCode(name))
    if as_json:
        answer_json(found.as_dict())
    else:
        _show(found)
    return FINE


def _show(found: Entry) -> None:
    """A code as a short text, in colour on a terminal."""
    parts = [(found.code.value, f"in {PLACES[found.place]}"), ("meaning", found.meaning)]
    if found.wire:
        parts.append(("on the wire", found.wire))
    parts.append(("what to do", unlinked(found.advice)))
    console = screen()
    if not console.is_terminal:
        answer("".join(f"{name}: {text}\n" for name, text in parts))
        return
    with shown_on(console):
        for number, (name, text) in enumerate(parts):
            console.print(Text.assemble((name, "bold red" if not number else "bold"), ": ", text))
