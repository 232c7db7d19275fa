"""``gpsproto policy table``: the table of a privacy statement."""

from __future__ import annotations

from collections.abc import Sequence

import click

from gpsproto.cli.answer import answer, answer_json
from gpsproto.cli.policyname import PolicyType
from gpsproto.cli.sheet import show
from gpsproto.cli.usage import Misuse
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy import table as tables
from gpsproto.privacy.policy.table import Row
from gpsproto.privacy.policy.words import LANGUAGES, Language


@click.command()
@click.argument("policy", metavar="NAME_OR_FILE", type=PolicyType())
@click.option(
    "--lang", type=click.Choice(list(LANGUAGES)), default="en", show_default=True,
    help="English or Dutch.",
)  # fmt: skip
@click.option("--markdown", is_flag=True, help="Write a table of Markdown.")
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def table(policy: str, lang: Language, markdown: bool, as_json: bool) -> None:
    """Print service x data x retention x responsible x legal ground, for a privacy statement.

    The policy must say who the controller is.

    \b
    Example:
      gpsproto policy table mine.toml --lang nl --markdown
    """
    if markdown and as_json:
        raise Misuse("--markdown and --json are two forms; take one", click.get_current_context())
    found = tables.table(Policy.load(policy), lang)
    head = LANGUAGES[lang].head
    if as_json:
        answer_json([one.as_dict() for one in found])
    elif markdown:
        answer(_markdown(head, [_cells(one) for one in found]))
    else:
        show(head, [_cells(one) for one in found])


def _cells(one: Row) -> tuple[str, ...]:
    return one.service, "; ".join(one.data), one.retention, one.responsible, one.legal_ground


def _markdown(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    written = [head, ["---"] * len(head), *([_escaped(cell) for cell in line] for line in lines)]
    return "".join(f"| {' | '.join(line)} |\n" for line in written)


def _escaped(text: str) -> str:
    """A text as a cell of Markdown shows it, and nothing else."""
    plain = "".join(one if one.isprintable() else " " for one in text)
    for mark in "\\|`*_[]<>":
        plain = plain.replace(mark, f"\\{mark}")
    return plain
