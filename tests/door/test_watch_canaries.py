"""Canaries of watches: every message has them, health stays, and a leak is found where there is one.

The search itself, over every output, error and command, is in ``test_canaries``.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.codecs import watch
from gpsproto.codecs.watch import calls, identity, payload, positions, status
from gpsproto.codecs.watch.message import Item, Kind, Message
from gpsproto.codecs.watch.vocabulary import Vocabulary
from gpsproto.identity import DeviceId
from gpsproto.privacy import filter as door
from gpsproto.privacy.keys import DomainKey
from gpsproto.privacy.policy import Policy
from gpsproto.wire.frame import FrameTable
from tests.conftest import Engine
from tests.door import watch_canaries
from tests.door.canaries import KEY, Canaries, every_output
from tests.policies import KEEP_ALL

ID = "0300000187"
HEALTH = {item for item in watch.items() if item.category is Category.HEALTH}
OF_HEALTH = [
    message
    for message in watch.messages()
    if message.kind is Kind.HEALTH or set(message.fields) & HEALTH
]
TRACKING = Policy.load("tracking")


@pytest.fixture(scope="module")
def canaries() -> Canaries:
    return Canaries()


@pytest.fixture(scope="module")
def sent(canaries: Canaries) -> bytes:
    return b"".join(watch_canaries.frames(canaries))


def framed(inside: bytes) -> bytes:
    return b"[3G*%s*%04X*%s]" % (ID.encode(), len(inside), inside)


def test_every_message_that_is_declared_carries_canaries(sent: bytes) -> None:
    balance = Balance()
    list(gpsproto.decode(sent, key=KEY, balance=balance))
    assert all(b"*" + m.word.upper().encode() in sent.upper() for m in watch.messages())
    told = {"UD", "AL", "LK", "TS", "CONFIG", "unknown", "withheld"}
    assert set(balance.messages) >= told
    silent = {
        m.word for m in watch.messages() if m.kind in (Kind.HEALTH, Kind.VOICE, Kind.CONTACTS)
    }
    assert not silent & set(balance.messages)
    # the damaged ones among them
    assert balance.rejected
    assert balance.bytes_skipped
    assert {code.value for code in balance.notes} >= {
        "length_mismatch", "signed", "unknown_word", "bad_value", "value_out_of_range",
    }  # fmt: skip


def test_a_number_that_is_kept_is_no_canary(canaries: Canaries) -> None:
    before = len(canaries.planted), len(canaries.planted_bytes)
    kept = [item for item in watch.items() if item.width and TRACKING.keeps(item.category)]
    for item in kept:
        watch_canaries.fitting(canaries, item)
    assert (len(canaries.planted), len(canaries.planted_bytes)) == before
    assert {"battery_percent", "signal_percent", "accuracy_m"} <= {item.name for item in kept}


# health


def measured(message: Message, take: Callable[[Item], int]) -> bytes:
    """A message with a value of its own in every number."""
    values = [b"%d" % take(item) if item.width else b"10:00" for item in message.items]
    if message.rest is not None:
        values.append(b"1")
    return framed(b",".join([message.word.encode(), *values]))


def with_health(take: Callable[[Item], int], bits: int) -> bytes:
    """Every message of health, and positions and links with what they say of it."""
    steps, rolls = take(positions.STEPS), take(positions.ROLLS)
    where = b"120625,101500,A,52.0000374,N,5.1000201,E,4.3,87.5,12,9,80,64,%d,%d,%08X,0,0,9.5"
    inside = where % (steps, rolls, bits)
    found = [measured(message, take) for message in OF_HEALTH]
    found += [framed(b"UD," + inside), framed(b"AL_LTE," + inside)]
    found += [framed(b"LK,%d,%d,55,%d,%d" % (steps, rolls, take(positions.STEPS), 17))]
    return b"".join(found)


def digits(item: Item) -> int:
    """Digits that a number of the item can have and differ: not those of a power of ten alone."""
    return len(str(item.most - 1))


def low(item: Item) -> int:
    return max(item.least, 10 ** (digits(item) - 1))


def high(item: Item) -> int:
    return min(item.most, 10 ** digits(item) - 1)


_BITS = sum(
    1 << one.bit for one in status.STATUS_BITS[None] if one.category is Category.HEALTH
)  # fmt: skip


@pytest.mark.parametrize("other", [0, 0x10000], ids=["no other alarm", "SOS"])
def test_health_changes_nothing_of_what_comes_out(other: int, engine: Engine) -> None:
    """Whatever is measured, every output is the same to the byte: so none of it is in there."""
    assert all(low(item) < high(item) for item in HEALTH if item.width)
    sent = [with_health(low, other), with_health(high, other), with_health(high, other | _BITS)]
    assert len({len(data) for data in sent}) == 1
    assert len({every_output(data, "stream") for data in sent}) == 1


def test_no_word_and_no_name_of_health_is_in_a_record() -> None:
    balance = Balance()
    data = with_health(high, _BITS)
    batches = list(gpsproto.decode(data, key=KEY, balance=balance))
    rows = [row for batch in batches for row in batch.rows()]
    assert [row["event"] for row in rows] == ["UD", "AL", "LK"]
    shown = repr(rows) + repr([(batch.columns, batch.attributes) for batch in batches])
    hidden = [item.name for item in HEALTH]
    hidden += [m.word for m in OF_HEALTH if m.kind is Kind.HEALTH and len(m.word) > 2]
    hidden += [bit.name for bit in status.STATUS_BITS[None] if bit.category is Category.HEALTH]
    assert [name for name in hidden if name in shown] == []
    assert balance.dropped_by_category["health"] > len(OF_HEALTH)


def test_health_is_there_where_a_policy_keeps_it(engine: Engine) -> None:
    data = with_health(high, _BITS)
    rows = [
        row for batch in gpsproto.decode(data, key=KEY, policy=KEEP_ALL) for row in batch.rows()
    ]
    found = {row["event"]: row["attributes"] for row in rows}
    for message in OF_HEALTH:
        wanted = {item.name: float(high(item)) for item in message.items if item.width}
        if wanted:
            assert found[message.word] == wanted
    (position,) = (row for row in rows if row["event"] == "UD")
    hidden = {bit.name for bit in status.STATUS_BITS[None] if bit.category is Category.HEALTH}
    assert set(position["alarms"]) == hidden
    assert {"message": "health"}.items() <= rows[0].items()


# a search that finds nothing says something only if it finds what is there


def every_log(data: bytes, caplog: pytest.LogCaptureFixture, capfd: Any) -> bytes:
    caplog.set_level(logging.DEBUG)
    shown = every_output(data, "stream")
    captured = capfd.readouterr()
    return shown + (caplog.text + captured.out + captured.err).encode()


def _raw_subject(patch: pytest.MonkeyPatch) -> None:
    class Plain:
        def pseudonym(self, kind: str, canonical: bytes) -> str:
            return canonical.decode()

    def device(self: DomainKey, device: DeviceId) -> str:
        return device.through(Plain())

    patch.setattr(DomainKey, "device", device)


def _as_number(*leaking: Item) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a text that is dropped a number that is kept."""

    def broken(item: Item) -> Item:
        if item not in leaking:
            return item
        return replace(item, category=Category.STATUS, width=8, most=10**15)

    def change(patch: pytest.MonkeyPatch) -> None:
        messages = [
            replace(
                message,
                items=tuple(map(broken, message.items)),
                keys={key: broken(item) for key, item in message.keys.items()},
            )
            for message in watch.messages()
        ]
        _vocabulary(patch, Vocabulary(messages, map(broken, watch.items())))

    return change


def _as_kept(*leaking: Item) -> Callable[[pytest.MonkeyPatch], None]:
    """Make a number that is dropped one that is kept."""

    def change(patch: pytest.MonkeyPatch) -> None:
        facts = Vocabulary(watch.messages(), watch.items())
        categories = facts.categories

        def loosened(id: int, width: int, family: str | None) -> frozenset[Category]:
            if (id, width) in {facts.pair(item) for item in leaking}:
                return frozenset([Category.STATUS])
            return categories(id, width, family)

        patch.setattr(facts, "categories", loosened)
        _vocabulary(patch, facts)

    return change


def _vocabulary(patch: pytest.MonkeyPatch, facts: Vocabulary) -> None:
    patch.setattr(payload, "vocabulary", lambda: facts)
    terms = {**codecs.terms(), codecs.WATCH: payload.terms(codecs.WATCH, 0)}
    patch.setattr(codecs, "terms", lambda: terms)
    patch.setattr(door, "_PROJECTIONS", {})


def _logged(patch: pytest.MonkeyPatch) -> None:
    notes = FrameTable.notes

    def told(self: FrameTable, row: int) -> Any:
        logging.getLogger("gpsproto").debug("odd frame %r", bytes(self.body(row)))
        return notes(self, row)

    patch.setattr(FrameTable, "notes", told)


def _printed(patch: pytest.MonkeyPatch) -> None:
    skipped = FrameTable.skipped

    def told(self: FrameTable, row: int) -> Any:
        found = skipped(self, row)
        start = found.offset - self.base
        print(bytes(self.data[start : start + found.size]), file=sys.stderr)
        return found

    patch.setattr(FrameTable, "skipped", told)


def _named(patch: pytest.MonkeyPatch) -> None:
    """Count unknown words by what they are called."""
    fill = codecs.payload.fill

    def counting(table: FrameTable, first: int, last: int, columns: Any) -> int:
        for row in range(first, last):
            word = bytes(table.body(row)).split(b",")[0].decode("latin-1")
            columns.balance.messages[word] += 1
        return fill(table, first, last, columns)

    patch.setattr(codecs.payload, "fill", counting)


LEAKS: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "the id of the frame": _raw_subject,
    "an IMEI": _as_number(identity.IMEI),
    "a SIM card": _as_number(identity.IMSI),
    "a phone number": _as_number(calls.NUMBER),
    "steps": _as_kept(positions.STEPS),
    "cells": _as_kept(
        positions.CELL_MCC, positions.CELL_MNC, positions.CELL_LAC, positions.CELL_CID
    ),
    "a word that is not known": _named,
    "a message in a log": _logged,
    "what was skipped, on the screen": _printed,
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_a_leak_is_found(
    leak: Callable[[pytest.MonkeyPatch], None],
    canaries: Canaries,
    sent: bytes,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    assert canaries.found(every_log(sent, caplog, capfd)) == []
    leak(monkeypatch)
    assert canaries.found(every_log(sent, caplog, capfd))


@pytest.fixture(autouse=True)
def _fresh_projections() -> Iterator[None]:
    yield
    door._PROJECTIONS.clear()
