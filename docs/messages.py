"""The tables of the watch protocol: its messages and their fields."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown import table

from gpsproto.catalog.units import unit
from gpsproto.codecs import watch
from gpsproto.codecs.watch.message import Item, Message
from gpsproto.codecs.watch.status import STATUS_BITS

_PAYLOAD = "a position"


def argument(item: Item) -> str:
    """A field with its unit and category, in few words."""
    said = unit(item.name)
    return f"`{item.name}`{f', {said}' if said else ''} ({item.category.value})"


def arguments(message: Message) -> str:
    parts = [argument(item) for item in message.items]
    if message.position:
        parts.append(_PAYLOAD)
    parts += [f"`{key}:` {argument(item)}" for key, item in message.keys.items()]
    if message.rest:
        behind = "any other: " if parts else ""
        parts.append(f"{behind}{argument(message.rest)} ...")
    return "; ".join(parts)


def owed(message: Message) -> str:
    if message.answer is None:
        return ""
    said = f"`{message.answer.replace('{word}', message.word)}`"
    return said + (", at once" if message.at_once else "") + (
        "; nothing for a receipt" if message.receipt else ""
    )  # fmt: skip


def status() -> str:
    def rows() -> Iterator[Sequence[str]]:
        bits = {bit for known in STATUS_BITS.values() for bit in known if bit.bit < 31}
        for number in sorted({one.bit for one in bits}):
            said = {
                family: one
                for family, known in STATUS_BITS.items()
                for one in known
                if one.bit == number
            }
            usual = said[None]
            names, categories = [f"`{usual.name}`"], [f"`{usual.category.value}`"]
            for family in STATUS_BITS:
                one = said.get(family)
                if one != usual:
                    names.append(f"with `{family}` {f'`{one.name}`' if one else 'unused'}")
                    categories += [f"`{one.category.value}`"] if one else []
            column = "alarms" if usual.alarm else "states"
            yield str(number), "; ".join(names), column, "; ".join(dict.fromkeys(categories))

    return table(("bit", "name", "column", "category"), rows())


def messages() -> str:
    rows = (
        (
            f"`{one.word}`" + (" + suffix" if one.suffixes else ""), one.kind.value, one.meaning,
            arguments(one), owed(one),
        )
        for one in watch.messages()
    )  # fmt: skip
    return table(("word", "kind", "what", "arguments", "owed"), rows)


def span(item: Item) -> str:
    """The range of a number; text has none."""
    if item.least == item.most:
        return ""
    nulls = ", ".join(map(str, item.nulls))
    return f"{item.least:,} to {item.most:,}{f'; null at {nulls}' if nulls else ''}"


def form(item: Item) -> str:
    """The decimals of a number; what becomes of text."""
    if not item.width:
        return "text, never read"
    return "text, one word" if item.least == item.most else str(item.digits)


def fields() -> str:
    def rows() -> Iterator[Sequence[str]]:
        for one in watch.items():
            yield (
                f"`{one.name}`", one.meaning, unit(one.name), f"`{one.category.value}`",
                form(one), span(one),
            )  # fmt: skip

    return table(("field", "what", "unit", "category", "decimals", "range"), rows())
