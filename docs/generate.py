"""Write the tables of the documents from the code: ``python docs/generate.py [--check]``.

A table stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.  With ``--check`` nothing
is written, and the status is 1 where a table is not what the code says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import carried
import click
import elements
import messages
import published
from markdown import table
from texts import CATEGORIES, COLUMNS

import gpsproto
from gpsproto import codecs, meanings
from gpsproto.category import FLOOR, PRIVATE_CLEARS, Category
from gpsproto.cli.decode import decode
from gpsproto.cli.explain import explain as explain_code
from gpsproto.cli.fields import fields
from gpsproto.cli.generate import generate
from gpsproto.cli.inspect import inspect
from gpsproto.cli.policycheck import check
from gpsproto.cli.policydiff import diff
from gpsproto.cli.policyexplain import explain
from gpsproto.cli.policytable import table as statement
from gpsproto.cli.prove import prove
from gpsproto.cli.summarise import summary
from gpsproto.codecs.avl import FIXED, HEAD, Shape
from gpsproto.layout import Layout
from gpsproto.privacy.columns import READERS
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy.check import PROBLEMS, Problem
from gpsproto.privacy.policy.explain import RULES
from gpsproto.privacy.policy.words import LANGUAGES
from gpsproto.wire.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "fixtures" / "demo" / "fleet.bin"
MARKED = re.compile(
    r"(?P<head><!-- generated: (?P<name>[a-z0-9-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL
)


@cache
def tracking() -> Policy:
    return Policy.load("tracking")


def layout(of: Layout) -> str:
    rows = (
        (
            str(of.offset(field.name)), f"`{field.name}`", field.wire.name.lower(), field.unit,
            f"`{field.category.value}`", field.meaning,
        )
        for field in of.fields
    )  # fmt: skip
    return table(("offset, bytes", "field", "wire type", "unit", "category", "meaning"), rows)


def codec_table() -> str:
    def extras(shape: Shape) -> str:
        found = []
        if shape.generation:
            found.append("generation type, u8, behind the event id")
        if shape.variable:
            found.append("a group of variable length behind the 8-byte one")
        if shape.group16:
            found.append("at some places an unannounced group of 16-byte elements")
        return "; ".join(found)

    rows = (
        (f"`0x{codec:02X}`", shape.name, str(shape.id_size), str(shape.count_size), extras(shape))
        for codec, shape in codecs.shapes().items()
    )
    return table(("codec id", "name", "bytes of an id", "bytes of a count", "extras"), rows)


def limits() -> str:
    found = Limits()
    rows = [(f"`0x{codec:02X}`", f"{size:,}") for codec, size in sorted(found.by_codec.items())]
    rows.append(("any other", f"{found.other:,}"))
    return table(("codec id", "greatest data field, bytes"), iter(rows))


def errors(kind: str) -> str:
    rows = (
        (
            f"`{one.code.value}`",
            one.meaning,
            *([one.wire] if kind in ("wire", "note") else []),
            one.advice,
        )
        for one in meanings.entries(kind)
    )
    wire = ["on the wire"] if kind in ("wire", "note") else []
    return table(("code", "what it means", *wire, "what to do"), rows)


def outcome(category: Category) -> str:
    policy = tracking()
    if policy.pseudonymises(category):
        return "pseudonym"
    if policy.keeps(category):
        return "kept"
    return "dropped: floor" if category in FLOOR else "dropped"


def tracking_short() -> str:
    groups: dict[str, list[str]] = {}
    for category in reversed(Category):
        groups.setdefault(outcome(category), []).append(category.value)
    words = {
        "kept": "leaves as it is",
        "pseudonym": "leaves as a keyed pseudonym",
        "dropped": "does not leave",
        "dropped: floor": "does not leave, and no policy may let it",
    }
    rows = ((words[key], ", ".join(f"`{c}`" for c in groups[key])) for key in words)
    return table(("what becomes of it", "categories"), rows)


def tracking_full() -> str:
    def retained(category: Category) -> str:
        if category not in tracking().retain:
            return ""
        bound = tracking().retention(category).bound
        return "" if bound is None else LANGUAGES["en"].period(bound)

    rows = (
        (
            f"`{category.value}`", CATEGORIES[category], outcome(category), retained(category),
            "cleared" if category in PRIVATE_CLEARS else "",
        )
        for category in reversed(Category)
    )  # fmt: skip
    head = ("category", "for example", "under `tracking`", "retention", "in private mode")
    return table(head, rows)


def columns() -> str:
    batch = next(iter(gpsproto.decode(DEMO, family="FMB")))
    rows = ((f"`{name}`", str(batch.column(name).values.dtype), *COLUMNS[name]) for name in READERS)
    return table(("column", "dtype", "unit", "what", "null where"), rows)


def cli_options(verb: click.Command) -> str:
    def rows() -> Iterator[Sequence[str]]:
        for option in verb.params:
            if option.param_type_name != "option":
                continue
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            choices = getattr(option.type, "choices", ())
            values = ", ".join(f"`{choice}`" for choice in choices) or (
                "" if getattr(option, "is_flag", False) else f"`{option.metavar}`"
            )
            text = str(getattr(option, "help", "") or "")
            if getattr(option, "show_default", False):
                text += f" Default: `{option.default}`."
            yield names, values, text.replace("  [default: ", " Default: ").replace("]", ".")

    return table(("option", "value", "what it does"), rows())


def policy_rules() -> str:
    return table(("decided by", "what it means"), ((f"`{k}`", v) for k, v in RULES.items()))


def policy_problems() -> str:
    rows = ((f"`{one.value}`", PROBLEMS[one]) for one in Problem if one is not Problem.BLANK)
    return table(("code", "what it warns of"), rows)


TABLES: dict[str, Callable[[], str]] = {
    "avl-record": lambda: layout(FIXED),
    "avl-head": lambda: layout(HEAD),
    "codecs": codec_table,
    **{name: partial(carried.types, form) for name, form in carried.forms().items()},
    "limits": limits,
    **{f"errors-{one}": partial(errors, one) for one in meanings.PLACES},
    "watch-messages": messages.messages,
    "watch-fields": messages.fields,
    "watch-status": messages.status,
    "tracking-short": tracking_short,
    "tracking": tracking_full,
    "presets": published.preset_table,
    "statements": published.statement_table,
    "columns": columns,
    "beacons": elements.beacons,
    "core": elements.core,
    "elements": elements.elements,
    "families": elements.families,
    "cli-options": partial(cli_options, decode),
    "cli-options-fields": partial(cli_options, fields),
    "cli-options-summary": partial(cli_options, summary),
    "cli-options-inspect": partial(cli_options, inspect),
    "cli-options-explain": partial(cli_options, explain_code),
    "cli-options-prove": partial(cli_options, prove),
    "cli-options-generate": partial(cli_options, generate),
    "cli-options-policy-check": partial(cli_options, check),
    "cli-options-policy-diff": partial(cli_options, diff),
    "cli-options-policy-explain": partial(cli_options, explain),
    "cli-options-policy-table": partial(cli_options, statement),
    "policy-rules": policy_rules,
    "policy-problems": policy_problems,
}


def renewed(text: str) -> str:
    """A document with its tables as the code says them.  KeyError for a table of no name here."""
    return MARKED.sub(lambda found: found["head"] + TABLES[found["name"]]() + found["tail"], text)


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main(arguments: Sequence[str]) -> int:
    if set(arguments) - {"--check"}:
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    missing: dict[str, set[str]] = {
        "category": {*Category} - {*CATEGORIES},
        "column": set(READERS) - set(COLUMNS),
    }
    for kind, names in missing.items():
        for name in sorted(names):
            sys.stderr.write(f"{kind} {name} has no text in docs/texts.py\n")
    wrong = list(published.faults(published.statements(), published.marked()))
    for line in wrong:
        sys.stderr.write(f"{line}\n")
    if wrong or any(missing.values()):
        return 1
    stale = []
    used: set[str] = set()
    for path in documents():
        text = path.read_text("utf-8")
        used |= {found["name"] for found in MARKED.finditer(text)}
        fresh = renewed(text)
        if fresh == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not arguments:
            path.write_text(fresh, "utf-8")
    for name in sorted(set(TABLES) - used):
        sys.stderr.write(f"table {name} stands in no document\n")
    for path in stale:
        sys.stdout.write(f"{'stale' if arguments else 'written'}: {path}\n")
    return 1 if set(TABLES) - used or (arguments and stale) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
