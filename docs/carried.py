"""The tables of the codecs that are no records: their types, and what can hide in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown import table

from gpsproto import codecs
from gpsproto.codecs.command import Command, Kind

_BECOMES = {
    Kind.COMMAND: "counted, not read: login, password and numbers may stand in it",
    Kind.ANSWER: "a record",
    Kind.REFUSAL: "a record",
    Kind.PHOTO: "counted; the length of the parts is checked",
    Kind.SERIAL: "counted, not read",
}


def forms() -> dict[str, Command]:
    """By the name of the table that lists its types: ``codec12-types``."""
    found = [getattr(module, "FORM", None) for module in codecs.modules()]
    return {f"codec{one.codec}-types": one for one in found if isinstance(one, Command)}


def types(form: Command) -> str:
    def rows() -> Iterator[Sequence[str]]:
        for type, kind in form.types.items():
            yield f"`0x{type:02X}`", f"`{kind}`", _BECOMES[kind], hides(form, kind)
        yield "any other", f"`{Kind.SERIAL}`", _BECOMES[Kind.SERIAL], hides(form, Kind.SERIAL)

    return table(("type", "kind", "what becomes of it", "never leaves"), rows())


def hides(form: Command, kind: Kind) -> str:
    """The places of a message, each with its category."""
    said = f"{form.name} {kind}"
    return ", ".join(
        f"{one.field} (`{one.category}`)" for one in codecs.carriers() if one.message == said
    )
