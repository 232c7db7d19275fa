"""Every field of every message that can be decoded, and of what carries them.

From the declarations alone: a new layout, element or watch message is here by being declared, and a
new protocol by being among ``terms()``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from gpsproto import catalog, codecs
from gpsproto.catalog.units import unit
from gpsproto.category import Category
from gpsproto.codecs import answer, watch
from gpsproto.codecs.watch.message import KIND_CATEGORIES, Item, Message
from gpsproto.codecs.watch.payload import vocabulary
from gpsproto.codecs.watch.positions import PAYLOAD, PLACE, STATUS, TIME
from gpsproto.codecs.watch.vocabulary import KINDS
from gpsproto.declared import COLUMNS, Declared, Part
from gpsproto.terms import Terms

_NAMED = (Part.FIXED, Part.ELEMENT, Part.BIT, Part.EVENT, Part.WORD)
_OPAQUE = frozenset([Category.OPAQUE])
_DEVICE = frozenset([Category.DEVICE_ID])
_ACCOUNT = frozenset([Category.ACCOUNT_REF])

_CARRIERS: dict[str, dict[str, tuple[str, ...]]] = {
    codecs.AVL: {
        "login": ("length",),
        "TCP frame": ("preamble", "length", "codec_id", "record_counts", "crc"),
        "UDP packet": (
            "length", "packet_id", "packet_type", "avl_packet_id", "imei_length", "codec_id",
            "record_counts",
        ),
        "SMS": ("codec_id", "record_counts", "filling"),
    },
    codecs.WATCH: {"frame": ("signature", "vendor", "index", "length")},
}  # fmt: skip
"""What carries messages, by protocol: its fields beside the identifier."""

_SPEAKERS = {
    codecs.AVL: (("login", "imei"), ("UDP packet", "imei"), ("SMS", "imei")),
    codecs.WATCH: (("frame", "id"),),
}
"""Where a protocol says who speaks: message and field."""

_UNKNOWN = {
    codecs.AVL: (
        ("avl", "any_other_id", "an id that is not known, or not at that width"),
        ("any other codec", "body", "not decoded"),
    ),
    codecs.WATCH: (
        ("any message", "any_further_argument", "more than the message is known to have"),
        ("any other word", "word", "may be an identifier: it is called unknown"),
        ("any other word", "any_argument", "of a message that is not known"),
    ),
}


def declared(protocol: str, family: str | None = None) -> Iterator[Declared]:
    """The fields of a protocol, in the order of its messages; with a family, as this has them.

    A family of another protocol says nothing here.
    """
    terms = codecs.terms()[protocol]
    if family not in terms.families:
        family = None
    for message, field in _SPEAKERS.get(protocol, ()):
        yield Declared(
            protocol, message, field, (field,), Part.DEVICE, _DEVICE, meaning="who speaks"
        )
    yield Declared(
        protocol, "accounts file", "account", ("account",), Part.ACCOUNT, _ACCOUNT,
        meaning="whose device it is; no frame carries it",
    )  # fmt: skip
    for message, fields in _CARRIERS.get(protocol, {}).items():
        for field in fields:
            yield Declared(protocol, message, field, (field,), Part.ENVELOPE, _OPAQUE)
    yield from _of_watches(terms, family) if protocol == codecs.WATCH else _records(terms, family)
    if protocol == codecs.AVL:
        yield from _carried()
    for message, field, meaning in _UNKNOWN.get(protocol, ()):
        yield Declared(protocol, message, field, (field,), Part.UNKNOWN, _OPAQUE, meaning=meaning)


@cache
def override_keys() -> frozenset[str]:
    """Every key by which a policy's override can mean a field: ``teltonika:239@1``, ``watch:steps``."""
    found = set()
    for protocol in codecs.terms():
        for one in declared(protocol):
            if one.part in _NAMED:
                found |= {f"{protocol}:{name}" for name in (one.field, *one.names)}
    return frozenset(found)


def _fixed(terms: Terms, message: str) -> Iterator[Declared]:
    for layout in terms.layouts:
        for one in layout.fields:
            yield Declared(
                terms.protocol, message, one.name, (COLUMNS.get(one.name, one.name),), Part.FIXED,
                frozenset([one.category]), one.unit, one.meaning,
            )  # fmt: skip


def _records(terms: Terms, family: str | None) -> Iterator[Declared]:
    """Of a protocol whose records are layouts and elements."""
    message = terms.kinds[0][0]
    yield from _fixed(terms, message)
    yield Declared(
        terms.protocol, message, "event", ("event",), Part.EVENT,
        meaning="leaves as the name of an element whose categories all leave",
    )  # fmt: skip
    for id, width in terms.facts.pairs(family):
        may_be = terms.facts.categories(id, width, family)
        if may_be:
            names = tuple(_names(terms, id, width, family))
            where = answer.MESSAGE if id in answer.IDS else message
            yield Declared(
                terms.protocol, where, f"{id}@{width}", names, Part.ELEMENT, may_be,
                " or ".join(dict.fromkeys(map(unit, names))), place=(id, width),
                cleared=id in terms.listed,
            )  # fmt: skip


def _carried() -> Iterator[Declared]:
    """What other messages of a tracker carry, but for elements of ours."""
    yield Declared(
        codecs.AVL, answer.MESSAGE, "timestamp", (COLUMNS["timestamp"],), Part.FIXED,
        frozenset([Category.TIME]), "ms", "when it was answered (Codec 13 and 15)",
    )  # fmt: skip
    for one in codecs.carriers():
        if one.element is None:
            yield Declared(
                codecs.AVL, one.message, one.field, (one.field,), Part.UNREAD,
                frozenset([one.category]),
            )  # fmt: skip


def _names(terms: Terms, id: int, width: int, family: str | None) -> Iterable[str]:
    if terms.protocol == codecs.AVL:
        return dict.fromkeys(one.name for one in catalog.load().readings(id, width, family))
    meaning = terms.facts.meaning(id, width, family)
    return [f"{terms.protocol}_{id}" if meaning is None else meaning.name]


def _of_watches(terms: Terms, family: str | None) -> Iterator[Declared]:
    for number, message in enumerate(watch.messages(), 1):
        word = message.word
        said = KIND_CATEGORIES.get(message.kind)
        yield Declared(
            terms.protocol, word, "message", ("message",), Part.KIND,
            frozenset() if said is None else frozenset([said]),
            meaning=f"that it is of the kind {message.kind.value}",
            place=(KINDS.index(message.kind), 0),
        )  # fmt: skip
        event = terms.facts.event(number, family)
        yield Declared(
            terms.protocol, word, "event", ("event",), Part.WORD,
            frozenset() if event is None else event[1], meaning=f"its word: {message.meaning}",
            place=(number, 0),
        )  # fmt: skip
        yield from _arguments(terms, family, message)


def _arguments(terms: Terms, family: str | None, message: Message) -> Iterator[Declared]:
    items = message.fields
    if message.position:
        yield from _fixed(terms, message.word)
        # the layout and the bits stand for these three
        items += tuple(i for i in PAYLOAD if i not in (TIME, PLACE, STATUS) and i not in items)
    for item in items:
        yield _item(terms, message, item)
    if message.position:
        for bit in terms.status_bits.get(family, terms.status_bits.get(None, ())):
            yield Declared(
                terms.protocol, message.word, bit.name, (bit.name,), Part.BIT,
                frozenset([bit.category]), place=(bit.bit, 0),
                meaning="an alarm of the status word" if bit.alarm else "a state of the status word",
            )  # fmt: skip


def _item(terms: Terms, message: Message, item: Item) -> Declared:
    return Declared(
        terms.protocol, message.word, item.name, (item.name,), Part.ELEMENT,
        frozenset([item.category]), unit(item.name), item.meaning, vocabulary().pair(item),
    )  # fmt: skip
