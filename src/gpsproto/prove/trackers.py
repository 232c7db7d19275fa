"""Stamps of Teltonika devices: a canary in every element that may not leave, in every codec."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from itertools import cycle

from gpsproto import catalog, codecs
from gpsproto.build import Record, framed, login, tcp_frame, udp_packet
from gpsproto.category import PRIVATE_CLEARS, Category
from gpsproto.codecs.carrier import Carrier
from gpsproto.privacy.policy import Policy
from gpsproto.prove import beacons
from gpsproto.prove.places import filling, leaves_exactly, place_of, planted
from gpsproto.prove.templates import Draft, Place, Stamp, drafted

Element = tuple[int, int, Category | None, str]

_LOGIN = Place("teltonika login", "L1")
_DATAGRAM = Place("teltonika UDP header", "L2")
_POSITION = Place("teltonika position", "L25")
_NO_FIX = Place("teltonika position without fix", "L11")
_PRIVATE = Place("teltonika position in private mode", "L30")
_SECRETS = ("password", "apn", "phone", "message", "address", "vehicle_number")
_AT_ONCE = 18  # elements with a canary a record
_CELLS = (4, 8)
_DIGITS = b"0123456789"
_TIME_MS = 1_750_000_000_000  # a whole second of June 2025; nothing in it is like a canary
_KEPT = (
    (239, 1, 1),
    (240, 1, 1),
    (21, 1, 4),
    (200, 1, 0),
    (69, 1, 1),
    (66, 2, 12_600),
    (67, 2, 4_100),
)
_ORDERS = {0x08: (250, 1, 3), 0x8E: (391, 1, 1), 0x10: (10543, 1, 1)}


def stamps(policy: Policy, random_: random.Random) -> Iterator[Stamp]:
    """Every stamp that a policy is tried with."""
    shapes = codecs.shapes()
    short = [one for one in planted(policy) if one[1] in _CELLS and one[0] < 256]
    long = [one for one in planted(policy) if one[1] in _CELLS and one[0] >= 256]
    wide = [one for one in planted(policy) if one[1] not in _CELLS]
    narrow = [codec for codec, shape in shapes.items() if shape.id_size == 1]
    broad = [codec for codec, shape in shapes.items() if shape.id_size == 2]
    variable = [codec for codec, shape in shapes.items() if shape.variable]
    turn = 0
    for elements, able in ((short, narrow), (short, broad), (long, broad), (wide, variable)):
        turns = cycle(able)
        for some in _parted(elements):
            turn += 1
            yield _framed(policy, random_, next(turns), some, udp=turn % 4 == 0)
    for codec in shapes:
        yield _framed(policy, random_, codec, (), satellites=0)
        yield _private(policy, random_, codec)
    for carrier in codecs.carriers():
        for kind in _SECRETS if not carrier.size else _SECRETS[:1]:
            yield _carried(random_, carrier, kind)
    yield drafted(random_, _camera)
    yield from beacons.stamps(random_)


def _parted(elements: Sequence[Element]) -> Iterator[Sequence[Element]]:
    for start in range(0, len(elements), _AT_ONCE):
        yield elements[start : start + _AT_ONCE]


def _members(
    draft: Draft, elements: Sequence[Element]
) -> tuple[list[tuple[int, int, int]], list[tuple[int, bytes]]]:
    """Elements with placeholders: of cells, and of any length."""
    cells, others = [], []
    for id, width, category, row in elements:
        found = filling(category, id, width)
        if found is None:
            continue
        kind, form = found
        place = place_of(id, width, row)
        if width in _CELLS:
            cells.append((id, width, draft.number(kind, form, place)))
        else:
            others.append((id, draft.hole(kind, form, place).ljust(width, b"\0")))
    return cells, others


def _where(policy: Policy, draft: Draft, *, satellites: int, private: bool) -> tuple[int, int]:
    """Latitude and longitude: a canary where they may not leave as they are."""
    rule = policy.rule(Category.LOCATION)
    hidden = not leaves_exactly(policy, Category.LOCATION)
    place = _POSITION
    if satellites == 0 and not hidden:
        hidden, place = not (rule and rule.last_known), _NO_FIX
    if private:
        hidden, place = True, _PRIVATE
    if not hidden:
        return 520_000_000, 51_000_000
    latitude = draft.number("latitude", "u32", place)
    longitude = draft.number("longitude", "e7 negative", place)
    return latitude, longitude - (1 << 32 if longitude >> 31 else 0)


def _record(
    policy: Policy, draft: Draft, codec: int, elements: Sequence[Element], *,
    satellites: int = 9, private: bool = False,
) -> Record:  # fmt: skip
    cells, others = _members(draft, elements)
    kept = [one for one in _KEPT if one[:2] not in {(id, width) for id, width, _ in cells}]
    latitude, longitude = _where(policy, draft, satellites=satellites, private=private)
    if private:
        kept = [one for one in kept if one[0] != 250] + [_ORDERS[codec]]
    event = elements[0][0] if elements and len(elements) % 2 else 0
    return Record(
        _TIME_MS + 60_000 * draft.random.randrange(1_000), longitude, latitude, 12, 90, satellites,
        0 if private else 50, priority=draft.random.randrange(2), event=event,
        generation=3, elements=[*kept, *cells], variable=others,
    )  # fmt: skip


def _framed(
    policy: Policy, random_: random.Random, codec: int, elements: Sequence[Element], *,
    udp: bool = False, satellites: int = 9,
) -> Stamp:  # fmt: skip
    def build(draft: Draft) -> Stamp | None:
        records = [_record(policy, draft, codec, elements, satellites=satellites)]
        if udp:
            imei = draft.hole("imei", "ascii", _DATAGRAM, _DIGITS).decode()
            return draft.stamp(udp_packet(codec, records, imei))
        return _logged_in(draft, tcp_frame(codec, records))

    return drafted(random_, build)


def is_datagram(stamp: Stamp) -> bool:
    """Whether a stamp is a UDP packet."""
    return any(hole.place == _DATAGRAM for hole in stamp.holes)


def _logged_in(draft: Draft, frame: bytes) -> Stamp | None:
    """A frame behind a login of its own: each is a conversation."""
    head = login(draft.hole("imei", "ascii", _LOGIN, _DIGITS).decode())
    return draft.stamp(head + frame, [(len(head) + 8, len(head) + len(frame) - 4)])


def _private(policy: Policy, random_: random.Random, codec: int) -> Stamp:
    """A private trip: what the policy keeps of a place or of a counter goes for this record."""
    facts = catalog.load()
    most = 256 if codecs.shapes()[codec].id_size == 1 else 1 << 16
    cleared: list[Element] = []
    for id, width in facts.pairs():
        may_be = facts.categories(id, width, None)
        if width in _CELLS and id < most and may_be and may_be <= PRIVATE_CLEARS:
            cleared.append((id, width, min(may_be), "L30"))

    def build(draft: Draft) -> Stamp | None:
        some = draft.random.sample(cleared, min(_AT_ONCE, len(cleared)))
        record = _record(policy, draft, codec, some, private=True)
        return _logged_in(draft, tcp_frame(codec, [record]))

    return drafted(random_, build)


def _carried(random_: random.Random, carrier: Carrier, kind: str) -> Stamp:
    """A message that is no record, with canaries in the place that its codec says may hide some."""

    def build(draft: Draft) -> Stamp | None:
        place = Place(f"teltonika {carrier.message} {carrier.field}", carrier.row)
        if carrier.category is Category.DEVICE_ID:
            inside = draft.hole("imei", "bcd", place)
        elif carrier.category is Category.PHOTO:
            inside = draft.hole("photo", "ascii", place)
        else:  # where an answer would have a number that is read, too
            inside = b"Ver:1 IMEI:" + draft.hole("imei", "ascii", place)
            inside += b" Uptime:" + draft.hole(kind, "ascii", place) + b";"
        return _logged_in(draft, framed(carrier.body(inside)))

    return drafted(random_, build)


def _camera(draft: Draft) -> Stamp | None:
    """A camera's login and a piece of a file: no frame of ours, so all of it is skipped."""
    place = Place("camera login and file", "L8")
    head = b"\0\0\0\5" + draft.hole("imei", "u64", place) + bytes(4)
    return draft.stamp(head + b"\0\4" + draft.hole("photo", "ascii", place), frames=1)
