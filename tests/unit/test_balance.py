from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode

CODES = st.sampled_from(ErrorCode)
EVENTS = st.lists(
    st.tuples(st.sampled_from(["reject", "skip"]), CODES, st.integers(0, 9_999)), max_size=40
)
Events = list[tuple[str, ErrorCode, int]]


def count(balance: Balance, events: Events) -> None:
    for number, (what, code, size) in enumerate(events):
        if what == "reject":
            balance.reject(code, size, number, number + 1)
        else:
            balance.skip(code, size, number)


def test_a_run_of_nothing_closes() -> None:
    assert Balance().discrepancies() == []
    assert Balance().as_dict()["closes"] is True


@given(EVENTS, st.integers(0, 9_999), st.integers(0, 9_999), st.integers(-3, 3))
def test_bytes_close_where_every_one_is_accounted_for(
    events: Events, decoded: int, logins: int, wrong: int
) -> None:
    balance = Balance(bytes_decoded=decoded, bytes_logins=logins)
    balance.bytes_in = decoded + logins + sum(size for _, _, size in events) + wrong
    count(balance, events)
    assert bool(balance.discrepancies()) is bool(wrong)
    assert balance.as_dict()["closes"] is not bool(wrong)
    if wrong:
        accounted = balance.bytes_in - wrong
        assert balance.discrepancies() == [
            f"bytes: {balance.bytes_in} in, {accounted} accounted for"
        ]


@given(st.dictionaries(st.sampled_from(["kept", "dropped", "unknown"]), st.integers(0, 999)))
def test_fields_close_where_every_one_has_an_action(actions: dict[str, int]) -> None:
    balance = Balance(fields_in=sum(actions.values()))
    balance.fields_by_action.update(actions)
    assert balance.discrepancies() == []
    balance.fields_in += 1
    assert balance.discrepancies() == [
        f"fields: {sum(actions.values()) + 1} in, {sum(actions.values())} accounted for"
    ]


@given(EVENTS)
def test_what_is_refused_is_counted_by_code(events: Events) -> None:
    balance = Balance()
    count(balance, events)
    for code in ErrorCode:
        rejected = [size for what, one, size in events if (what, one) == ("reject", code)]
        skipped = [size for what, one, size in events if (what, one) == ("skip", code)]
        assert balance.rejected[code] == len(rejected)
        assert balance.bytes_rejected[code] == sum(rejected)
        assert balance.bytes_skipped[code] == sum(skipped)


def test_the_first_hundred_are_named_and_all_are_counted() -> None:
    balance = Balance()
    for number in range(250):
        balance.reject(ErrorCode.BAD_CRC, 3, number, number + 2)
        balance.skip(ErrorCode.BAD_PREAMBLE, 2, 5 * number)
    assert balance.first_rejected == [(ErrorCode.BAD_CRC, n, n + 2) for n in range(100)]
    assert balance.first_skipped == [(ErrorCode.BAD_PREAMBLE, 5 * n, 2) for n in range(100)]
    assert balance.rejected.total() == 250
    assert balance.bytes_skipped.total() == 500


def test_a_gap_that_is_told_in_parts_is_named_once() -> None:
    balance = Balance()
    for offset in (0, 2, 4):
        balance.skip(ErrorCode.BAD_PREAMBLE, 2, offset)
    balance.skip(ErrorCode.TOO_LARGE, 2, 6)
    assert balance.first_skipped == [(ErrorCode.BAD_PREAMBLE, 0, 6), (ErrorCode.TOO_LARGE, 6, 2)]


def test_keep_alives_are_counted_and_do_not_crowd_out_what_is_named() -> None:
    balance = Balance()
    for number in range(200):
        balance.skip(ErrorCode.KEEP_ALIVE, 1, number)
    balance.skip(ErrorCode.BAD_PREAMBLE, 5, 200)
    assert balance.first_skipped == [(ErrorCode.BAD_PREAMBLE, 200, 5)]
    assert balance.bytes_skipped[ErrorCode.KEEP_ALIVE] == 200


def test_frames_are_those_of_every_codec() -> None:
    balance = Balance()
    balance.frames_by_codec.update({0x08: 3, 0x8E: 2})
    assert balance.frames == 5


def test_two_runs_do_not_share_their_counts() -> None:
    one, other = Balance(), Balance()
    one.reject(ErrorCode.BAD_CRC, 3, 0, 0)
    assert not other.rejected
    assert not other.first_rejected


@given(EVENTS)
def test_a_balance_is_written_as_json_and_says_what_it_holds(
    events: Events,
) -> None:
    balance = Balance(bytes_in=9, records=4, logins=1, records_private=2, places_out_of_range=3)
    balance.frames_by_codec.update({0x8E: 2, 0x08: 3})
    balance.ambiguous[25, 2] += 7
    balance.dropped_by_category["sim_id"] += 5
    count(balance, events)
    written = json.loads(json.dumps(balance.as_dict()))
    assert written == balance.as_dict()
    assert written["frames"]["decoded"] == 5
    assert list(written["frames"]["by_codec"].items()) == [("0x08", 3), ("0x8E", 2)]
    assert written["frames"]["rejected"] == {c.value: n for c, n in balance.rejected.items()}
    assert written["bytes"]["skipped"] == {c.value: n for c, n in balance.bytes_skipped.items()}
    assert written["frames"]["first_rejected"] == [
        {"code": code.value, "offset": offset, "at": at}
        for code, offset, at in balance.first_rejected
    ]
    assert written["fields"]["ambiguous"] == {"25@2": 7}
    assert written["fields"]["dropped_by_category"] == {"sim_id": 5}
    assert (written["records"], written["records_private"], written["logins"]) == (4, 2, 1)
