"""What every preset is shown: all that can be sent; and what of it left, by category."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import gpsproto
from gpsproto import Policy, PseudonymKey, catalog
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.build import watch as build
from gpsproto.category import Category
from gpsproto.codecs import watch
from tests.door import watch_canaries
from tests.door.canaries import Canaries, every_output
from tests.policies import PRESETS
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
IMEI, OTHER_IMEI, THIRD_IMEI = "001010000000016", "001010000000024", "001010000000032"
WATCH_ID = "0300000187"
NOON_MS = 1_773_576_000_000  # 2026-03-15, 12:00 UTC
HOUR_MS, DAY_MS = 3_600_000, 86_400_000
PLACE = 521_234_567, 51_234_567
"""The blanks of partner-report."""

_WIDTHS = (1, 2, 4, 8)
_A_RECORD = 12  # elements
_COLUMNS = {
    "subject": Category.DEVICE_ID,
    "time": Category.TIME,
    "received_at": Category.TIME,
    "clock_suspect": Category.TIME,
    "fix": Category.LOCATION,
    "location_source": Category.LOCATION,
    "latitude": Category.LOCATION,
    "longitude": Category.LOCATION,
    "altitude_m": Category.LOCATION,
    "accuracy_m": Category.STATUS,
    "satellites": Category.STATUS,
    "generation_type": Category.STATUS,
    "states": Category.STATUS,
    "speed_kmh": Category.MOTION,
    "course_deg": Category.MOTION,
    "priority": Category.ALARM,
    "alarms": Category.ALARM,
    "cells": Category.NET_LOCATION,
}
_OF_NOTHING = {"protocol", "message", "retention_class", "expires_on", "event", "pseudonyms"}


def preset(name: str) -> Policy:
    """A built-in policy, its blanks filled in."""
    return PRESETS[name]


def record(at_ms: int = NOON_MS, *elements: tuple[int, int, int], **fields: Any) -> Record:
    """A record with a fix and all of the fixed part."""
    given = {
        "longitude_e7": PLACE[1], "latitude_e7": PLACE[0], "altitude_m": 17, "angle_deg": 90,
        "satellites": 9, "speed_kmh": 50, "priority": 1, "elements": elements,
    }  # fmt: skip
    return Record(at_ms, **(given | fields))


def sent(*records: Record, imei: str = IMEI, codec: int = 0x8E) -> bytes:
    """A conversation of a device, a frame a record."""
    return login(imei) + b"".join(tcp_frame(codec, [one]) for one in records)


@cache
def trackers() -> bytes:
    """Every element that the catalog holds at any width, and ids that it does not hold."""
    pairs = [(id, width, 1) for id, width in catalog.load().pairs() if width in _WIDTHS]
    pairs += [(id, width, 1) for id in (20_000, 60_001, 65_535) for width in _WIDTHS]
    groups = [pairs[at : at + _A_RECORD] for at in range(0, len(pairs), _A_RECORD)]
    wide = sent(*(record(NOON_MS + 1_000 * n, *group) for n, group in enumerate(groups)))
    small = [pair for pair in pairs if pair[0] < 256]
    narrow = [small[at : at + _A_RECORD] for at in range(0, len(small), _A_RECORD)]
    return wide + sent(*(record(NOON_MS, *one) for one in narrow), imei=OTHER_IMEI, codec=0x08)


@cache
def canaries() -> Canaries:
    return Canaries()


@cache
def watches() -> bytes:
    """Every message that a watch may send, an identifier or a text in each of its fields."""
    found = canaries()
    plain = [watch_canaries.contents(found, message) for message in watch.messages()]
    inside = [one for contents in plain for one in contents] + list(watch_canaries.unknown(found))
    return b"".join(watch_canaries.spelled(found, one) for one in inside)


def linked(*steps: int) -> bytes:
    """Messages of one watch that tell its steps, minutes apart on one day."""
    found = []
    for number, total in enumerate(steps):
        position = build.Position(
            NOON_MS + 60_000 * number, True, 52.1, 4.9, battery_percent=60, steps=total
        )  # fmt: skip
        found.append(build.position(WATCH_ID, "UD", position))
    return b"".join(found)


def left(data: bytes, policy: Policy | str, **options: Any) -> list[dict[str, Any]]:
    """The records that leave."""
    balance = options.setdefault("balance", Balance())
    given = {"policy": preset(policy) if isinstance(policy, str) else policy, "key": KEY}
    found = rows(gpsproto.decode(data, **(given | options)))
    assert balance.discrepancies() == []
    return found


@cache
def of_everything(policy: str) -> list[dict[str, Any]]:
    """What leaves of all that can be sent, without a family and under two."""
    found = left(watches(), policy)
    for family in (None, "FMB", "FMC650"):
        found += left(trackers(), policy, family=family)
    assert len(found) > 100
    return found


@cache
def _names() -> dict[str, set[Category]]:
    found: dict[str, set[Category]] = {}
    for one in (*catalog.load().meanings, *watch.items()):
        found.setdefault(one.name, set()).add(one.category)
    return found


def _unnamed(name: str) -> set[Category]:
    """What an element may be whose name differs by family: at the widths at which it does."""
    facts, id = catalog.load(), int(name.removeprefix("avl_"))
    widths = [width for width in _WIDTHS if facts.meaning(id, width, None) is None]
    return {category for width in widths for category in facts.categories(id, width, None)}


def _of(row: dict[str, Any]) -> Iterator[Category]:
    for name, value in row.items():
        if value is None or name in _OF_NOTHING:
            continue
        if name in _COLUMNS:
            yield _COLUMNS[name]
        else:
            yield from _names()[name] if name in _names() else _unnamed(name)
    yield from (Category(kind) for kind in row["pseudonyms"] or ())


def categories(records: Iterable[dict[str, Any]]) -> set[Category]:
    """The categories of what is in some records; where a name may be several, all of them."""
    return {category for row in records for category in _of(row)}


@cache
def planted_in(policy: str) -> list[bytes]:
    """Identifiers and texts of watches that stand in anything a run lets out."""
    data = watches()
    return canaries().found(every_output(data, "stream", preset(policy)))
