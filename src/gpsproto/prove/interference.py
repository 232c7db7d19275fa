"""Small fields: what is too short to bear a canary must change nothing of what comes out.

A record with one value in a field, with another and without the field must be the same record, where
the policy drops what the field says.  So it is for events, and for a watch's measurements and bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from gpsproto import catalog
from gpsproto.build import Record, login, tcp_frame, watch
from gpsproto.build.watch import Position
from gpsproto.category import Category
from gpsproto.codecs.watch import messages
from gpsproto.codecs.watch.message import Item, Message
from gpsproto.codecs.watch.status import STATUS_BITS
from gpsproto.pipeline import decode
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.prove import beacons
from gpsproto.prove.places import ROWS, place_of
from gpsproto.prove.report import DIFFERENCE, Hit
from gpsproto.prove.search import Search
from gpsproto.prove.watches import row_of

CARRIER = "records that must be the same"
_KIND = "small value"
_TIME_MS = 1_750_000_000_000
_AT_ONCE = 40  # records a frame
_WAYS = range(3)
_WHOSE = ("subject", "pseudonyms")
_MANY_DIGITS = 10**8

_SMALL: Mapping[str, tuple[Category, int, tuple[int | range, ...]]] = {
    "L24": (Category.NET_LOCATION, 2, (205, 206)),
    "L25": (
        Category.ZONE, 1,
        (88, range(91, 100), range(155, 176), 175, range(190, 195), range(219, 222), range(550, 600)),
    ),
    "L26": (Category.BEHAVIOUR, 1, (255, range(10504, 10511))),
    "L29": (Category.OPAQUE, 1, (60_001, 61_113)),
}  # fmt: skip
"""Small fields of the specification, said once more: by row, category and width."""


class Trial(NamedTuple):
    """A field, and records that differ in it alone."""

    field: str
    records: tuple[Record, ...]


def compared(policy: Policy, key: PseudonymKey, search: Search) -> None:
    """Try every small field that a policy drops."""
    trials = [*_elements(policy), *_events(policy), *_listed(policy)]
    count = 0
    for start in range(0, len(trials), _AT_ONCE):
        some = trials[start : start + _AT_ONCE]
        if _alike(policy, key, [_frame([trial.records[way] for trial in some]) for way in _WAYS]):
            count += len(some)
            continue
        for trial in some:  # which of them
            count += 1
            if not _alike(policy, key, [_frame([record]) for record in trial.records]):
                search.found[Hit(CARRIER, DIFFERENCE, trial.field, _KIND)] += 1
    for field, contents in _of_watches(policy):
        count += 1
        if not _alike(policy, key, [watch.frame("1098770000", one) for one in contents]):
            search.found[Hit(CARRIER, DIFFERENCE, field, _KIND)] += 1
    search.planted(CARRIER, count)


def _alike(policy: Policy, key: PseudonymKey, dumps: list[bytes]) -> bool:
    """Whether the dumps give the same records.  Whose they are is not compared: a pseudonym may be
    another in each run."""
    first, *others = (_rows(data, policy, key) for data in dumps)
    return all(other == first for other in others)


def _rows(data: bytes, policy: Policy, key: PseudonymKey) -> list[dict[str, Any]]:
    batches = decode(data, policy=policy, key=key, input_format="stream")
    return [
        {name: value for name, value in row.items() if name not in _WHOSE}
        for batch in batches
        for row in batch.rows()
    ]


def _frame(records: list[Record]) -> bytes:
    return login("001010997750006") + tcp_frame(0x8E, records)


def _record(number: int, elements: tuple[tuple[int, int, int], ...] = (), event: int = 0) -> Record:
    return Record(
        _TIME_MS + 3_600_000 * (number % 1_000), 51_000_000, 520_000_000, 12, 90, 9, 50, event=event,
        elements=((239, 1, 1), *elements),
    )  # fmt: skip


def _stated(policy: Policy) -> Iterator[tuple[int, int, str]]:
    """What of the specification's own list a policy drops."""
    for row, (category, width, ids) in _SMALL.items():
        if not policy.leaves(category):
            for one in ids:
                for id in one if isinstance(one, range) else (one,):
                    yield id, width, row


def _small(policy: Policy) -> Iterator[tuple[int, int, str]]:
    """Elements of one and two bytes that say what the policy drops."""
    facts = catalog.load()
    # an order changes what leaves, and one is in every record
    seen: set[tuple[int, int]] = {*catalog.PRIVATE_ORDERS, (239, 1)}
    for id, width, row in _stated(policy):
        if (id, width) not in seen:
            seen.add((id, width))
            yield id, width, row
    for id, width in facts.pairs():
        may_be = facts.categories(id, width, None)
        hidden = [one for one in may_be if not policy.leaves(one)]
        if width in (1, 2) and hidden and (id, width) not in seen:
            yield id, width, ROWS.get(min(hidden), "L32")


def _elements(policy: Policy) -> Iterator[Trial]:
    for number, (id, width, row) in enumerate(_small(policy)):
        yield Trial(
            str(place_of(id, width, row)),
            (
                _record(number, ((id, width, 1),)),
                _record(number, ((id, width, (1 << 8 * width) - 3),)),
                _record(number),
            ),
        )


def _events(policy: Policy) -> Iterator[Trial]:
    facts = catalog.load()
    rows = {id: row for id, _, row in _stated(policy)}
    for id in facts.ids():
        event = facts.event(id, None)
        hidden = [] if event is None else [one for one in event[1] if not policy.leaves(one)]
        if hidden:
            rows.setdefault(id, ROWS.get(min(hidden), "L32"))
    for number, (id, row) in enumerate(rows.items()):
        records = _record(number, event=id), _record(number, event=60_001), _record(number)
        yield Trial(f"teltonika:event {id} ({row})", records)


def _listed(policy: Policy) -> Iterator[Trial]:
    for number, (field, lists) in enumerate(beacons.small(policy)):
        yield Trial(field, tuple(replace(_record(number), variable=[one]) for one in lists))


def _of_watches(policy: Policy) -> Iterator[tuple[str, list[bytes]]]:
    """Messages that differ in one measurement, and positions that differ in one bit."""
    for message in messages():
        for place, item in enumerate(message.items):
            if item.width and not policy.leaves(item.category):
                field = f"watch:{message.word}:{item.name} ({row_of(message, item)})"
                yield field, [_content(message, place, value) for value in _values(item)]
    for bit in STATUS_BITS[None]:
        if bit.bit < 32 and not policy.leaves(bit.category):
            made = [
                b"UD," + watch.payload(Position(_TIME_MS, True, 52.0125, 5.1025, status=status))
                for status in (0, 1 << bit.bit)
            ]
            yield f"watch:status bit {bit.bit} ({ROWS.get(bit.category, 'L35')})", made


def _values(item: Item) -> tuple[int, int]:
    """Two values of as many digits, so that no length tells them apart."""
    digits = len(str(min(item.most, _MANY_DIGITS) - 1))
    return max(item.least, 10 ** (digits - 1)), min(item.most, 10**digits - 1)


def _content(message: Message, place: int, value: int) -> bytes:
    parts = [
        b"%d" % max(one.least, min(one.most, 7)) if one.width else b"x" for one in message.items
    ]
    parts[place] = b"%d" % value
    if message.position:
        parts.append(watch.payload(Position(_TIME_MS, True, 52.0125, 5.1025)))
    return b",".join([message.word.encode(), *parts])
