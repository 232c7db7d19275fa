"""Stamps of personal trackers (Codec 7) and of SMS: cells, elements that may not leave, the IMEI."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from gpsproto import catalog
from gpsproto.build import (
    GhRecord,
    HourlyPlace,
    Record,
    binary_sms,
    body,
    codec7_body,
    codec7_frame,
    codec7_packet,
    login,
    sms24,
)
from gpsproto.category import Category
from gpsproto.codecs import codec7
from gpsproto.privacy.policy import Policy
from gpsproto.prove.places import ROWS, filling, leaves_exactly, place_of
from gpsproto.prove.templates import Draft, Place, Stamp, drafted

_LOGIN = Place("teltonika login", "L1")
_DATAGRAM = Place("teltonika UDP header", "L2")
_SMS = Place("teltonika SMS", "L2")
_CELL = Place("teltonika codec 0x07 cell", "L24")
_OPERATOR = Place("teltonika codec 0x07 operator", "L24")
_DIGITS = b"0123456789"
_TIME_S = 1_750_000_000
_AT_ONCE = 6
_WIDTH = 4  # the widest group, and the only one that a canary fits into
_KEPT = ((1, 1, 80), (67, 2, 3_900))

Element = tuple[int, Category | None, str]


def stamps(policy: Policy, random_: random.Random) -> Iterator[Stamp]:
    """Frames and channel packets of Codec 7."""
    hidden = _hidden(policy)
    for number, start in enumerate(range(0, len(hidden), _AT_ONCE)):
        some = hidden[start : start + _AT_ONCE]
        yield _framed(policy, random_, some, udp=number % 4 == 3)
    yield _framed(policy, random_, (), udp=True)


def messages(policy: Policy, random_: random.Random) -> Iterator[Stamp]:
    """SMS of every kind."""
    hidden = _hidden(policy)

    def of_positions(draft: Draft) -> Stamp | None:
        places = [HourlyPlace(52 + draft.random.random(), 4.5, 9), None] * draft.random.randint(
            1, 12
        )
        return draft.stamp(_ending(draft, sms24("1", _TIME_S, places)))

    def of_records(draft: Draft) -> Stamp | None:
        record = Record(1000 * _TIME_S, 48_950_000, 523_700_000, 3, 60, 9, 50)
        return draft.stamp(_ending(draft, binary_sms(body(8, [record]), "1")))

    def of_gh(draft: Draft) -> Stamp | None:
        some = draft.random.sample(hidden, min(_AT_ONCE, len(hidden)))
        records = [_record(policy, draft, some)]
        return draft.stamp(_ending(draft, binary_sms(codec7_body(records), "1")))

    for build in (of_positions, of_records, of_gh):
        yield drafted(random_, build)


def _hidden(policy: Policy) -> Sequence[Element]:
    """Elements of 4 bytes that do not leave as they came: id, category, and row."""
    facts = catalog.load()
    found: list[Element] = []
    for id in range(256):
        may_be = facts.categories(id, _WIDTH, codec7.FAMILY)
        if id in (200, 202):  # they stand in the GPS element
            continue
        if not may_be:
            found.append((id, None, "L32"))
        else:
            hidden = [one for one in may_be if not leaves_exactly(policy, one)]
            found += [(id, one, ROWS.get(one, "L32")) for one in hidden[:1]]
    return found


def _record(policy: Policy, draft: Draft, elements: Sequence[Element]) -> GhRecord:
    members = list(_KEPT)
    for id, category, row in elements:
        kind_and_form = filling(category, id, _WIDTH)
        if kind_and_form is not None:
            members.append((id, _WIDTH, draft.number(*kind_and_form, place_of(id, _WIDTH, row))))
    cell = operator = None
    if not leaves_exactly(policy, Category.NET_LOCATION):
        number = draft.number("cell_id", "u32", _CELL)
        cell = number >> 16, number & 0xFFFF
    if not leaves_exactly(policy, Category.ROAMING):
        operator = draft.number("lac", "u32", _OPERATOR)
    return GhRecord(
        _TIME_S + 60 * draft.random.randrange(1_000), 52.37, 4.895, 3, 90, 7, 5,
        draft.random.randrange(4), cell, 21, operator, members,
    )  # fmt: skip


def _framed(
    policy: Policy, random_: random.Random, elements: Sequence[Element], *, udp: bool
) -> Stamp:
    def build(draft: Draft) -> Stamp | None:
        records = [_record(policy, draft, elements)]
        if udp:
            imei = draft.hole("imei", "ascii", _DATAGRAM, _DIGITS).decode()
            return draft.stamp(codec7_packet(records, imei))
        head = login(draft.hole("imei", "ascii", _LOGIN, _DIGITS).decode())
        frame = codec7_frame(records)
        return draft.stamp(head + frame, [(len(head) + 8, len(head) + len(frame) - 4)])

    return drafted(random_, build)


def _ending(draft: Draft, message: bytes) -> bytes:
    """A message whose IMEI is a canary's."""
    return message[:-8] + draft.hole("imei", "u64", _SMS)
