"""Elements without a column of their own: what is in the map, and what is not in the memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import gpsproto
from gpsproto import FilteredBatch, codecs
from gpsproto.build import Record, tcp_frame
from gpsproto.checksum import crc16
from tests.conftest import Engine

CODECS = sorted(codecs.shapes())
TOWING, SPEEDING, UNPLUG = (246, 1), (255, 1), (252, 1)
FUEL_C = (29, 2)


def maps(batch: FilteredBatch) -> list[Any]:
    found: list[Any] = batch.column("attributes").values.tolist()
    return found


def held(batch: FilteredBatch) -> tuple[int, np.ndarray[Any, Any]]:
    """Attributes of a batch, and the bytes of its block in which none stands."""
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    plan, total = contents.plan, int(contents.counts.sum())
    values = contents.cells[plan.values + 8 * total : plan.keys]
    return total, np.concatenate([values, contents.cells[plan.keys + 2 * total :]])


@pytest.mark.core
@pytest.mark.parametrize("codec", CODECS)
def test_the_map_holds_what_each_record_holds(codec: int, engine: Engine) -> None:
    records = [
        Record(1_700_000_000_000 + n, elements=[(id, 1, n) for id in range(30, 30 + n % 4)])
        for n in range(40)
    ]
    (batch,) = gpsproto.decode(tcp_frame(codec, records), family="FMB")
    found = maps(batch)
    for n, row in enumerate(found):
        values = [] if row is None else list(row.values())
        assert values == [float(n)] * (n % 4)
    assert batch.attributes == tuple(sorted({name for row in found if row for name in row}))


@pytest.mark.core
@pytest.mark.parametrize("codec", CODECS)
def test_of_an_element_that_is_repeated_the_last_counts(codec: int, engine: Engine) -> None:
    balance = gpsproto.Balance()
    record = Record(1_700_000_000_000, elements=[(30, 1, 1), (31, 1, 5), (30, 1, 2)])
    (batch,) = gpsproto.decode(tcp_frame(codec, [record, record]), family="FMB", balance=balance)
    (first, second) = maps(batch)
    assert first == second
    assert sorted(first.values()) == [2.0, 5.0]
    assert balance.fields_by_action["repeated"] == 2
    assert balance.discrepancies() == []


def test_of_two_elements_of_one_name_the_greater_id_counts_as_in_the_column(engine: Engine) -> None:
    # an SD card has one id on some families and another on others
    for members in ([(144, 1, 1), (10, 1, 0)], [(10, 1, 0), (144, 1, 1)]):
        (batch,) = gpsproto.decode(tcp_frame(8, [Record(1, elements=members)] * 2))
        assert maps(batch) == [{"sd_card_present": 1.0}] * 2
        assert batch.column("sd_card_present").values.tolist() == [1, 1]


def test_two_elements_of_one_name_stand_once(engine: Engine) -> None:
    # modem uptime has an id of 4 bytes and one of 8 on TAT; both bear the name
    facts = gpsproto.catalog.load()  # type: ignore[attr-defined]
    pairs: dict[str, list[tuple[int, int]]] = {}
    for id, width in facts.pairs():
        meaning = facts.meaning(id, width, "TST")
        if meaning is not None and width in (1, 2, 4, 8) and meaning.category.value == "status":
            pairs.setdefault(meaning.name, []).append((id, width))
    name, twins = next((n, p) for n, p in pairs.items() if len(p) > 1)
    record = Record(1, elements=[(id, width, 7) for id, width in sorted(twins, key=lambda p: p[1])])
    (batch,) = gpsproto.decode(tcp_frame(0x8E, [record, record]), family="TST")
    values, validity = batch.column(name)
    assert validity.all()
    assert [row and list(row) for row in maps(batch)] in ([[name]] * 2, [None] * 2)
    if maps(batch)[0]:
        assert maps(batch)[0][name] == values[0]


@pytest.mark.core
@pytest.mark.parametrize("codec", CODECS)
def test_private_mode_takes_attributes_out_of_the_memory_too(codec: int, engine: Engine) -> None:
    members = [(37, 1, 90), (30, 1, 4), (303, 1, 1)][: 3 if codec != 8 else 2]
    open_, private = (
        Record(1, satellites=9, elements=[*members, (id, 1, value)])
        for id, value in ((250, 0), (250, 3))
    )
    order = [open_, private, private, open_, open_, private]
    (batch,) = gpsproto.decode(tcp_frame(codec, order), family="FMB")
    found = maps(batch)
    for record, row in zip(order, found, strict=True):
        assert ("obd_vehicle_speed_kmh" in row) == (record is open_)
        assert len(row) == (len(members) if record is open_ else 1)
    total, rest = held(batch)
    assert total == sum(map(len, found))
    assert not rest.any()


@pytest.mark.core
@pytest.mark.parametrize("codec", CODECS)
def test_a_frame_that_breaks_off_leaves_no_attribute(codec: int, engine: Engine) -> None:
    good = Record(1, elements=[(30, 1, 4), (31, 1, 5)])
    whole = tcp_frame(codec, [good, good])
    body = bytearray(whole[8:-4])
    body[-1] ^= 1  # the counts differ
    counts = bytes(body)
    cut = bytearray(whole[8:-4])
    del cut[-3:-1]
    broken = b"".join(
        bytes(4) + len(one).to_bytes(4, "big") + one + crc16(one).to_bytes(4, "big")
        for one in (counts, bytes(cut))
    )
    for data in (whole + broken + whole, broken + whole + broken, broken):
        for batch in gpsproto.decode(data, family="FMB"):
            total, rest = held(batch)
            assert total == 2 * len(batch)
            assert not rest.any()


def test_a_frame_of_more_attributes_than_a_batch_has_room_for_is_decoded(engine: Engine) -> None:
    facts = gpsproto.catalog.load()  # type: ignore[attr-defined]
    pairs = [(id, width) for id, width in facts.pairs() if facts.meaning(id, width, "FMC650")]
    full = Record(1, elements=[(id, width, 1) for id, width in pairs if width in (1, 2, 4)])
    small = Record(1, elements=[(30, 1, 1)])
    frames = [tcp_frame(0x8E, [one]) for one in (small, full, small, full, full, small)]
    balance = gpsproto.Balance()
    batches = gpsproto.decode(
        b"".join(frames), family="FMC650", batch_records=255, balance=balance,
        limits=gpsproto.Limits(by_codec={0x8E: 1 << 16}),
    )  # fmt: skip
    sizes = [len(row or {}) for batch in batches for row in maps(batch)]
    assert balance.discrepancies() == []
    assert sizes[1] > 800
    assert sizes == [sizes[n] for n in (0, 1, 0, 1, 1, 0)]
    assert len(frames[1]) // 2 > 8 * 255
