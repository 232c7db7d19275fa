"""Stamps of watches: a canary in every argument of every message that is declared, and elsewhere."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial

from gpsproto.build import watch
from gpsproto.build.watch import Cell, Position, Wifi
from gpsproto.category import Category
from gpsproto.codecs.watch import messages
from gpsproto.codecs.watch.link import ROLLS, STEPS
from gpsproto.codecs.watch.message import Item, Kind, Message
from gpsproto.privacy.policy import Policy
from gpsproto.prove.places import Filling, leaves_exactly
from gpsproto.prove.templates import Draft, Place, Stamp, drafted

_ALNUM = b"bcdfghjkmnpqrstvwyBCDFGHJKLMNPRSTVWY123456789"
_DIGITS = b"123456789"
_HEX = b"0123456789ABCDEF"
_ID = Place("watch id of the frame", "L33")
_SIGNATURE = Place("watch signature", "L33")
_WORD = Place("watch word that is not known", "L45")
_TIME_MS = 1_750_000_000_000
_COUNTER_MOST = 317_709_999  # the greatest counter: what a field must bear to be given one

_ROWS_BY_KIND = {
    Kind.IDENTITY: "L34", Kind.CONFIGURATION: "L34", Kind.CONTACTS: "L36", Kind.CALL: "L36",
    Kind.TEXT: "L37", Kind.VOICE: "L38", Kind.PICTURE: "L39", Kind.HEALTH: "L40",
    Kind.COMMAND: "L42", Kind.LINK: "L44", Kind.POSITION: "L35", Kind.ALARM: "L35",
}  # fmt: skip
_ROWS_BY_CATEGORY = {
    Category.SECRET: "L41", Category.THIRD_PARTY_ID: "L43", Category.ACTIVITY: "L44",
    Category.NET_LOCATION: "L35",
}  # fmt: skip

_FILLINGS: dict[Category, tuple[Filling, ...]] = {
    Category.DEVICE_ID: (("imei", "ascii"), ("watch_id", "ascii")),
    Category.THIRD_PARTY_ID: (
        ("friend_id", "ascii"),
        ("ssid", "ascii"),
        ("bssid", "mac"),
        ("other_imei", "ascii"),
    ),
    Category.SIM_ID: (("iccid", "ascii"), ("imsi", "ascii")),
    Category.CONTACT: (("phone", "plus"), ("phone", "zeros"), ("phone", "ascii")),
    Category.PERSON_NAME: (
        ("person_name", "utf-16be hex"),
        ("person_name", "ascii"),
        ("phone", "plus"),
    ),
    Category.MESSAGE: (("message", "utf-16be hex"), ("message", "ascii")),
    Category.SECRET: (("password", "ascii"), ("ssid", "ascii"), ("apn", "ascii")),
    Category.NETWORK_ADDR: (("address", "ascii"),),
    Category.VOICE: (("voice", "escaped"),),
    Category.PHOTO: (("photo", "escaped"),),
    Category.NET_LOCATION: (("cell_id", "ascii"), ("lac", "ascii")),
    Category.ACCOUNT_REF: (("account", "ascii"),),
}
_ANY: tuple[Filling, ...] = (
    ("password", "ascii"),
    ("imei", "ascii"),
    ("word", "ascii"),
    ("watch_id", "ascii"),
)
_NUMERIC = ("counter", "cell_id", "lac", "latitude", "longitude", "steps")
_BEFORE = {"voice": b"#!AMR\n", "photo": b""}


_UNKNOWN = 16  # stamps of words that nobody knows
Way = Callable[[Policy, Draft, Message], bytes]
"""Fills a message in some way."""


def row_of(message: Message, item: Item | None) -> str:
    """The row of the leak surface that a field of a message is of."""
    found = None if item is None else _ROWS_BY_CATEGORY.get(item.category)
    return found or _ROWS_BY_KIND[message.kind]


def stamps(policy: Policy, random_: random.Random) -> Iterator[Stamp]:
    """Every stamp that a policy is tried with."""
    for message in messages():
        ways: list[Way] = [_declared, _too_many, _identifiers]
        if message.position:
            ways += [_placed, partial(_placed, fix=False)]
        if message.keys:
            ways.append(_keyed)
        for way in ways:
            yield drafted(random_, partial(_built, policy, message, way))
    for number in range(_UNKNOWN):
        yield drafted(random_, partial(_of_no_message, number))


def _built(policy: Policy, message: Message, way: Way, draft: Draft) -> Stamp | None:
    return _framed(draft, way(policy, draft, message))


def _of_no_message(number: int, draft: Draft) -> Stamp | None:
    return _framed(draft, _unknown(draft, number))


def _framed(draft: Draft, content: bytes) -> Stamp | None:
    """A frame around a content: mostly plain, some with an index or a signature."""
    kind = draft.random.random()
    index = draft.random.getrandbits(16) if kind < 0.15 else None
    signature = None
    if kind > 0.92:
        signature = draft.hole("voice", "HEX", _SIGNATURE, _HEX).decode()
    which = draft.random.choice(("watch_id", "watch_id", "imei"))
    id = draft.hole(which, "ascii", _ID, _DIGITS).decode()
    prefix = draft.random.choice(("3G", "3G", "SG", "CS"))
    if index is not None:
        prefix = "ZJ"
    return draft.stamp(watch.frame(id, content, prefix=prefix, index=index, signature=signature))


def _field(policy: Policy, draft: Draft, message: Message, item: Item) -> bytes:
    """What could stand in a field; a number that leaves as it came is a small one, no canary."""
    place = Place(f"watch:{message.word}:{item.name}", row_of(message, item))
    if item.width:
        exact = leaves_exactly(policy, item.category)
        if not exact and item.most >= _COUNTER_MOST and not item.digits:
            return draft.hole("counter", "ascii", place, _DIGITS)
        return b"%d" % max(item.least, min(item.most, 7))
    fit = _FILLINGS.get(item.category, _ANY)
    kind, form = draft.random.choice(fit)
    alphabet = _DIGITS if kind in _NUMERIC else _ALNUM
    behind = b".example" if kind == "address" else b""
    return _BEFORE.get(kind, b"") + draft.hole(kind, form, place, alphabet) + behind


def _declared(policy: Policy, draft: Draft, message: Message) -> bytes:
    """A message as it should be."""
    parts = [_field(policy, draft, message, item) for item in message.items]
    if message.rest is not None:
        parts += [
            _field(policy, draft, message, message.rest) for _ in range(draft.random.randint(1, 5))
        ]
    return b",".join([message.word.encode(), *parts])


def _too_many(policy: Policy, draft: Draft, message: Message) -> bytes:
    """With more arguments than are known, and the word in another case."""
    place = Place(f"watch:{message.word}:more", row_of(message, None))
    parts = [_field(policy, draft, message, item) for item in message.items]
    parts += [
        draft.hole("message", "ascii", place, _ALNUM),
        draft.hole("imei", "ascii", place, _DIGITS),
    ]
    return b",".join([message.word.swapcase().encode(), *parts])


def _identifiers(policy: Policy, draft: Draft, message: Message) -> bytes:
    """An identifier in every place, numbers and positions among them."""
    place = Place(f"watch:{message.word}:any", row_of(message, None))
    count = len(message.items) + (18 if message.position else 2)
    fit: tuple[Filling, ...] = (
        ("imei", "ascii"), ("iccid", "ascii"), ("person_name", "ascii"), ("phone", "plus")
    )  # fmt: skip
    found = [draft.random.choice(fit) for _ in range(count)]
    return b",".join([
        message.word.encode(),
        *(draft.hole(kind, form, place, _DIGITS if kind == "imei" else _ALNUM) for kind, form in found),
    ])  # fmt: skip


def _keyed(policy: Policy, draft: Draft, message: Message) -> bytes:
    """Every key with its value, and pairs whose key nobody knows."""
    pairs = [
        key.encode() + b":" + _field(policy, draft, message, item)
        for key, item in message.keys.items()
    ]
    place = Place(f"watch:{message.word}:key", row_of(message, None))
    pairs.append(
        draft.hole("imei", "ascii", place, _DIGITS)
        + b":"
        + draft.hole("password", "ascii", place, _ALNUM)
    )
    pairs.append(b"GPS:OK(" + draft.hole("imei", "ascii", place, _DIGITS) + b")")
    pairs += [
        key.encode() + b":" + draft.hole("watch_id", "ascii", place, _DIGITS)
        for key in message.keys
    ]
    draft.random.shuffle(pairs)
    return message.word.encode() + b"," + message.separator.encode().join(pairs)


def _placed(policy: Policy, draft: Draft, message: Message, *, fix: bool = True) -> bytes:
    """A position with cells and Wi-Fi behind it; the place is a canary where it may not leave."""
    where = f"watch:{message.word}"
    tail = Place(f"{where}:tail", "L35")
    counts = Place(f"{where}:counts", "L44")
    random_ = draft.random

    def count(item: Item) -> int:
        if leaves_exactly(policy, item.category):
            return 7
        return int(draft.hole("counter", "ascii", counts, _DIGITS))

    rule = policy.rule(Category.LOCATION)
    hidden = not leaves_exactly(policy, Category.LOCATION)
    if not fix and not hidden:
        hidden = not (rule and rule.last_known)
    latitude, longitude = Decimal("52.0125"), Decimal("5.1025")
    if hidden:
        place = Place(f"{where}:place", "L25" if fix else "L11")
        latitude = Decimal(draft.hole("latitude", "degrees", place, _DIGITS).decode())
        longitude = -Decimal(draft.hole("longitude", "degrees", place, _DIGITS).decode())
    cells: tuple[Cell, ...] = ()
    if not leaves_exactly(policy, Category.NET_LOCATION):
        cells = tuple(
            Cell(
                204, "08", int(draft.hole("lac", "ascii", tail, _DIGITS)),
                int(draft.hole("cell_id", "ascii", tail, _DIGITS)), -70,
            )
            for _ in range(random_.randint(0, 3))
        )  # fmt: skip
    # an address behind each name tells where it ends, whatever commas it has
    wifi = tuple(
        Wifi(
            random_.choice((b"", b"[", b"fam, ", b"]", b"a}", b"[x] "))
            + draft.hole("ssid", "ascii", tail, _ALNUM) + random_.choice((b"", b"]", b", 2", b"*")),
            draft.hole("bssid", "mac", tail).decode(), -61,
        )
        for _ in range(random_.randint(0, 4))
    )  # fmt: skip
    made = Position(
        _TIME_MS + 1_000 * random_.randrange(1_000), fix, latitude, longitude, speed_kmh=4.5,
        course_deg=87.5, altitude_m=12, satellites=9, signal_percent=80, battery_percent=64,
        steps=count(STEPS), rolls=count(ROLLS), status=random_.getrandbits(29), cells=cells,
        wifi=wifi, accuracy_m=9.5,
    )  # fmt: skip
    lead = [_field(policy, draft, message, item) for item in message.items]
    return b",".join([message.word.encode(), *lead, watch.payload(made)])


def _unknown(draft: Draft, number: int) -> bytes:
    """Words that nobody knows: the word itself may be an identifier."""

    def hole(kind: str, form: str = "ascii", alphabet: bytes = _ALNUM) -> bytes:
        return draft.hole(kind, form, _WORD, alphabet)

    match number % 8:
        case 0:
            return hole("imei", alphabet=_DIGITS)
        case 1:
            return hole("watch_id", alphabet=_DIGITS) + b"," + hole("message")
        case 2:
            return hole("word") + b"," + hole("phone", "plus")
        case 3:
            return b"UD" + hole("word") + b",120625,101500," + hole("imei", alphabet=_DIGITS)
        case 4:
            return b"UD_" + hole("word") + b"," + hole("imei", alphabet=_DIGITS)
        case 5:
            return b"NEWWORD," + hole("imei") + b"," + hole("person_name", "utf-16be hex")
        case 6:
            return b"," + hole("imei", alphabet=_DIGITS)
        case _:
            return hole("voice", "escaped")
