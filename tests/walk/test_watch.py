"""The walk over watch messages: compiled == interpreted == oracle, on good and on broken ones."""

from __future__ import annotations

from array import array
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import PrivacyFilter, PseudonymKey
from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.identity import DeviceId
from gpsproto.pipeline import Decoder
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period
from gpsproto.walk import codes
from gpsproto.wire.frame import FrameTable
from tests.conftest import ENGINES, Engine
from tests.policies import KEEP_ALL
from tests.strategies import damaged
from tests.walk import watch_oracle
from tests.watch_corpus import PRINTED, QUIRKS, TAILS, Case, said
from tests.watch_strategies import content, positions, words

pytestmark = pytest.mark.core
KEY = PseudonymKey(bytes(range(32)))
CASES = [*PRINTED, *TAILS, *(case for make in QUIRKS.values() for case in make())]
OF_FRAMES = {"LENGTH_MISMATCH", "SIGNED", "UNKNOWN_WORD"}
_EPOCH = datetime(1970, 1, 1)


def table(contents: list[bytes]) -> FrameTable:
    """The contents as one scan would have found them, of one watch."""
    data, events = b"", array("q")
    for inside in contents:
        row = [0] * codes.STRIDE
        row[codes.KIND], row[codes.CODEC], row[codes.COUNT] = codes.FRAME, codes.BRACKET, 1
        row[codes.OFFSET], row[codes.BODY] = len(data), len(data) + 1
        row[codes.BODY_SIZE], row[codes.SIZE] = len(inside), len(inside) + 2
        row[codes.CONVERSATION] = 1
        events.extend(row)
        data += b"[" + inside + b"]"
    return FrameTable(memoryview(data), events, len(contents), 0, 0, "watch")


def walked(
    contents: list[bytes], policy: Policy = KEEP_ALL, family: str | None = None
) -> tuple[list[dict[str, Any]], Balance]:
    """The rows of some contents, nulls left out, and the balance."""
    decoder = Decoder(PrivacyFilter(policy, KEY, family=family))
    decoder.conversations.begin(DeviceId.of_watch(b"8800000015"))
    found = table(contents)
    decoder.balance.bytes_in = len(found.data)
    batches = [*decoder.take(found), *decoder.finish()]
    assert decoder.balance.discrepancies() == []
    rows = [
        {name: value for name, value in row.items() if value is not None}
        for batch in batches
        for row in batch.rows()
    ]
    return rows, decoder.balance


def stated(found: dict[str, Any]) -> dict[str, Any]:
    """What the oracle found, as a row of a policy that keeps all has it."""
    row: dict[str, Any] = {"protocol": "watch", "message": found["message"]}
    plain = (
        "fix", "accuracy_m", "latitude", "longitude", "altitude_m", "speed_kmh", "course_deg",
        "satellites", "battery_percent", "signal_percent", "alarms", "states",
    )  # fmt: skip
    row |= {name: found[name] for name in plain if found.get(name) is not None}
    if found["message"] in ("position", "alarm"):
        row["fix"] = bool(found["fix"])  # what says neither has none
    if row.get("latitude") is not None:
        row["location_source"] = "gnss"
    elif found.get("last_known"):
        row["latitude"], row["longitude"] = found["last_known"]
        row["location_source"] = "last_known"
    if found.get("time_ms") is not None:
        row["time_ms"] = found["time_ms"]
    named = ("steps", "rolls", "distance_m", "energy_kcal")
    attributes = {name: float(found[name]) for name in named if found.get(name) is not None}
    if attributes:
        row["attributes"] = attributes
    if found.get("cells"):
        names = ("mcc", "mnc", "lac", "cid")
        row["cells"] = [dict(zip(names, cell, strict=True)) for cell in found["cells"]]
    for name in ("accuracy_m", "speed_kmh", "course_deg"):
        if name in row:
            row[name] = float(np.float32(row[name]))
    return row


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row without what the oracle does not say."""
    outside = {"subject", "event", "retention_class", "expires_on", "clock_suspect", "time"}
    kept = {name: value for name, value in row.items() if name not in outside}
    if "time" in row:
        kept["time_ms"] = round((row["time"].replace(tzinfo=None) - _EPOCH).total_seconds() * 1000)
    return kept


def notes(balance: Balance) -> set[str]:
    return {code.name for code in balance.notes} - OF_FRAMES


def holds_nothing(found: dict[str, Any]) -> bool:
    """Whether a message says nothing that makes a row: no value, and no status word."""
    kept = set(found) - {"word", "message", "notes", "fix", "alarms", "states", "last_known"}
    return all(found[name] in (None, []) for name in kept) and not found.get("last_known")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_read_is_what_the_sheet_says(case: Case, engine: Engine) -> None:
    family = "REACHFAR" if case.reachfar else None
    for inside in case.contents:
        expected = watch_oracle.read(inside, reachfar=case.reachfar)
        if expected["message"] in ("position", "alarm", "link"):
            rows, balance = walked([inside], family=family)
            assert [shown(row) for row in rows] in ([stated(expected)], [])
            assert rows or holds_nothing(expected)
            if b"," in inside:
                assert notes(balance) == expected["notes"]


@given(st.data())
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name, indirect=True)
def test_what_was_built_is_what_is_read(engine: Engine, data: st.DataObject) -> None:
    inside = content(data.draw(words), data.draw(positions()))
    expected = watch_oracle.read(inside)
    (row,), balance = walked([inside])
    assert shown(row) == stated(expected)
    assert notes(balance) == expected["notes"]


@given(st.data())
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name, indirect=True)
def test_a_damaged_message_is_read_as_the_oracle_does(engine: Engine, data: st.DataObject) -> None:
    inside = data.draw(damaged(content(data.draw(words), data.draw(positions()))))
    expected = watch_oracle.read(inside)
    if expected["message"] not in ("position", "alarm"):
        return
    rows, balance = walked([inside])
    if rows:
        assert [shown(row) for row in rows] == [stated(expected)]
    else:
        assert holds_nothing(expected)
    if b"," in inside:
        assert notes(balance) == expected["notes"]


def test_where_alarms_are_dropped_nothing_tells_one_from_a_position() -> None:
    kept = (Category.LOCATION, Category.STATUS, Category.TIME)
    quiet = Policy(
        "quiet", "tests", {one: Rule("keep") for one in kept}, dict.fromkeys(kept, Period(3, 0))
    )
    fixed = said("", status="00010000").removeprefix(",")
    rows, _ = walked([b"UD," + fixed.encode(), b"AL," + fixed.encode()], quiet)
    assert rows[0] == rows[1]
    assert rows[0]["message"] == "position"
    assert not {"event", "alarms"} & set(rows[0])
