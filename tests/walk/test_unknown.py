"""Which elements the catalog does not hold: counted by id and width, and by nothing else."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import catalog, codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, tcp_frame
from gpsproto.checksum import crc16
from gpsproto.projection import Projection
from gpsproto.rawcolumns import RunNumbers
from gpsproto.walk import codes
from tests.conftest import Engine
from tests.strategies import CODECS, record_lists

pytestmark = pytest.mark.core
FIXED = (1, 2, 4, 8, 16)  # widths of groups; whatever else the catalog says is of variable length
BATCHES = (255, 4_096)


def decoded(data: bytes, **options: Any) -> Balance:
    balance = Balance()
    for _ in gpsproto.decode(data, balance=balance, input_format="stream", **options):
        pass
    assert balance.discrepancies() == []
    return balance


def record(*elements: tuple[int, int, int]) -> Record:
    return Record(1_700_000_000_000, elements=list(elements))


def unknown_in(records: list[Record], family: str | None) -> Counter[tuple[int, int]]:
    """What the catalog says of each element, one by one."""
    facts = catalog.load()
    found: Counter[tuple[int, int]] = Counter()
    for one in records:
        for id, width, _ in one.elements:
            if id >= catalog.OURS or not facts.categories(id, width, family):
                found[id, width] += 1
        for id, _ in one.variable:
            widths = [w for other, w in facts.pairs() if other == id and w not in FIXED]
            if id >= catalog.OURS or not any(
                facts.categories(id, width, family) for width in widths
            ):
                found[id, 0] += 1
    return found


@pytest.mark.parametrize("codec", CODECS)
@given(more=st.data())
def test_what_is_unknown_is_told_apart(codec: int, more: st.DataObject, engine: Engine) -> None:
    records = more.draw(record_lists(codec))
    family = more.draw(st.sampled_from([None, "FMB", "TAT"]))
    balance = decoded(tcp_frame(codec, records), family=family, group16="never")
    assert balance.unknown == unknown_in(records, family)
    assert balance.unknown.total() == balance.elements_unknown


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("forms", [1, 3, 20])
def test_records_that_are_alike_are_counted_as_those_that_are_not(
    codec: int, forms: int, engine: Engine
) -> None:
    ids = (251, 252) if codec == 8 else (60_001, 60_002)
    kinds = [
        record((239, 1, 1), (ids[0], 2, n), (ids[1], 2, n), (ids[0], 2, 7), *((ids[1], 8, 1),) * n)
        for n in range(forms)
    ]
    records = kinds * (60 // forms)
    data = b"".join(tcp_frame(codec, records[at : at + 2]) for at in range(0, len(records), 2)) * 3
    for size in BATCHES:
        balance = decoded(data, family="FMB", batch_records=size)
        expected = unknown_in(records, "FMB")
        assert balance.unknown == Counter({pair: 3 * n for pair, n in expected.items()})


def framed(body: bytes) -> bytes:
    return bytes(4) + len(body).to_bytes(4, "big") + body + crc16(body).to_bytes(4, "big")


def test_a_frame_that_is_refused_leaves_no_count(engine: Engine) -> None:
    good = tcp_frame(0x8E, [record((60_001, 4, 1), (239, 1, 1))] * 20)
    body = bytearray(tcp_frame(0x8E, [record((60_001, 4, 1), (60_002, 4, 1))] * 20)[8:-4])
    body[-2] += 1  # of the last record the count of its last group: it breaks off at its end
    balance = decoded(good + framed(bytes(body)) + good)
    assert balance.rejected.total() == 1
    assert balance.unknown == {(60_001, 4): 40}


def test_ids_that_a_refused_frame_brings_leave_their_room(engine: Engine) -> None:
    """Else a stranger fills the table with frames that never count."""

    def frame(first: int, count: int) -> bytes:
        """A frame that announces one record, and holds so many."""
        many = record(*((first + n, 1, 0) for n in range(60)))
        body = bytearray(tcp_frame(0x8E, [many] * count)[8:-4])
        body[1] = body[-1] = 1
        return framed(bytes(body))

    bad = b"".join(frame(50_000 + 100 * n, 2) for n in range(40))
    balance = decoded(bad + frame(60_000, 1) + frame(60_060, 1))
    assert balance.rejected.total() == 40
    assert len(balance.unknown) == 120
    assert set(balance.unknown.values()) == {1}


def test_more_than_there_is_room_for_is_counted_and_not_named(engine: Engine) -> None:
    frames = [
        tcp_frame(0x8E, [record(*((40_000 + 50 * n + k, 1, 0) for k in range(50)))])
        for n in range(20)
    ]
    balance = decoded(b"".join(frames))
    assert balance.elements_unknown == 1_000
    assert len(balance.unknown) <= codes.UNKNOWN_MOST
    assert balance.unknown.total() > 100
    assert set(balance.unknown.values()) == {1}
    assert len(balance.as_dict()["fields"]["unknown"]) == 100


def test_an_element_of_variable_length_is_told_by_its_id_alone(engine: Engine) -> None:
    long = Record(1_700_000_000_000, variable=[(50_000, b"x" * size) for size in range(4)])
    balance = decoded(tcp_frame(0x8E, [long] * 12) * 3)
    assert balance.unknown == {(50_000, 0): 144}
    assert balance.as_dict()["fields"]["unknown"] == {"50000@var": 144}


def test_the_most_frequent_come_first() -> None:
    balance = Balance()
    for id in range(200):
        balance.note_unknown(id, 4, id)
    named = list(balance.unknown_named().items())
    assert named[0] == ("199@4", 199)
    assert len(named) == 100
    assert [n for _, n in named] == sorted((n for _, n in named), reverse=True)


def test_a_balance_tells_a_bounded_number_apart() -> None:
    balance = Balance()
    for id in range(65_536):
        balance.note_unknown(id, 1, 1)
        balance.note_unknown(0, 1, 1)
    assert len(balance.unknown) == 4_096
    assert balance.unknown[0, 1] == 65_537


def test_a_word_that_is_unknown_is_counted_and_not_told() -> None:
    balance = decoded(b"[3G*8800000015*000F*8800000016,1,2,3]")
    assert balance.unknown == {}
    assert "8800000016" not in str(balance.as_dict())


def test_what_a_run_holds_is_small() -> None:
    door = gpsproto.PrivacyFilter(
        gpsproto.Policy.load("tracking"), gpsproto.PseudonymKey(bytes(range(32)))
    )
    projection: Projection = door.projection(codecs.terms()[codecs.AVL], None)
    run = RunNumbers(projection)
    assert len(run.unknown) * run.unknown.itemsize < 8_192
