"""``gpsproto policy explain``: what becomes of every field of every message."""

from __future__ import annotations

from collections.abc import Iterator

import click

from gpsproto import codecs
from gpsproto.cli.answer import answer_json
from gpsproto.cli.family import FamilyType
from gpsproto.cli.policyname import PolicyType, looked_at
from gpsproto.cli.process import FAILED, FINE, say
from gpsproto.cli.sheet import show
from gpsproto.codecs.declared import declared
from gpsproto.privacy.policy import Policy
from gpsproto.privacy.policy import explain as explaining
from gpsproto.privacy.policy.explain import Explained

HEAD = (
    "protocol", "message", "field", "name", "unit", "category", "action", "decided by", "retention"
)  # fmt: skip
_WIDE_ONLY = ("protocol", "unit", "retention")
_BLANK = "fill in"


@click.command()
@click.argument("policy", metavar="NAME_OR_FILE", type=PolicyType())
@click.option(
    "--family", metavar="F", type=FamilyType(),
    help="What this device family or model sends.  [default: all families]",
)  # fmt: skip
@click.option(
    "--protocol", type=click.Choice([codecs.AVL, codecs.WATCH]),
    help="Trackers, or GPS watches.  [default: both]",
)  # fmt: skip
@click.option(
    "--search", metavar="TEXT",
    help="Only what has each word in its field, name, message, category, action or rule.",
)  # fmt: skip
@click.option(
    "--message", metavar="WORD", help="Only the fields of this message: avl, login, UD ..."
)
@click.option("--json", "as_json", is_flag=True, help="Write a JSON list.")
def explain(
    policy: str,
    family: str | None,
    protocol: str | None,
    search: str | None,
    message: str | None,
    as_json: bool,
) -> int:
    """Say what becomes of every field of every message, which rule decided it, and for how long.

    It looks at what the decoders know, never at a frame.  What is not listed is dropped.  Status 1
    where nothing was found.

    \b
    Example:
      gpsproto policy explain tracking --family FMB920 --search fuel
      gpsproto policy explain mine.toml --protocol watch --message UD
    """
    looked = looked_at(policy)
    assert looked.policy is not None
    found = [
        one
        for one in _all(looked.policy, family, protocol)
        if (search is None or one.fits(search))
        and (message is None or _is_named(one.declared.message.lower(), message.lower()))
    ]
    blanks = frozenset(key.split(".")[1] for key in looked.blanks if key.startswith("retain."))
    found = [
        one._replace(retention=_BLANK)
        if one.retention and not blanks.isdisjoint(one.declared.may_be)
        else one
        for one in found
    ]
    if as_json:
        answer_json([one.as_dict() for one in found])
    elif found:
        show(HEAD, [_cells(one) for one in found], wide_only=_WIDE_ONLY)
    if not found:
        say("no field fits")
        return FAILED
    return FINE


def _all(policy: Policy, family: str | None, protocol: str | None) -> Iterator[Explained]:
    """The fields of a protocol; of all that know the family where none is said."""
    for name, terms in codecs.terms().items():
        if protocol is None and family is not None and family not in terms.families:
            continue
        if protocol is None or protocol == name:
            yield from explaining.explain(policy, terms, declared(name, family), family)


def _is_named(message: str, asked: str) -> bool:
    """Whether it is the name of a message or the word that ends it: ``command`` of each codec."""
    return asked in (message, message.rpartition(" ")[2])


def _cells(one: Explained) -> tuple[str, ...]:
    field = one.declared
    return (
        field.protocol, field.message, field.field, field.name, field.unit,
        "" if one.category is None else one.category.value, one.how, one.by, one.retention,
    )  # fmt: skip
