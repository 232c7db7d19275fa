"""compiled == interpreted == construct, on valid and on mutated frames."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, body, tcp_frame
from gpsproto.category import Category
from gpsproto.errors import ErrorCode
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period
from tests.conftest import ENGINES, Engine
from tests.policies import KEEP_ALL
from tests.strategies import CODECS, record_lists
from tests.subjects import SUBJECTS, Subject
from tests.table import rows
from tests.walk import oracle

KEY = PseudonymKey(bytes(range(32)))
TRACKING = Policy.load("tracking")
LAST_KNOWN = Policy.from_toml(
    """
    name = "last"
    [pseudonym]
    domain = "last"
    [allow]
    location = { action = "keep", last_known = true }
    time = "keep"
    motion = "keep"
    status = "keep"
    alarm = "keep"
    counter = "keep"
    zone = "keep"
    roaming = "keep"
    vehicle_tech = "keep"
    behaviour = "keep"
    [retain]
    location = "P3M"
    time = "P3M"
    motion = "P3M"
    status = "P3M"
    alarm = "P3M"
    counter = "P3M"
    zone = "P3M"
    roaming = "P3M"
    vehicle_tech = "P3M"
    behaviour = "P3M"
    """
)
POLICIES = {"tracking": TRACKING, "last known": LAST_KNOWN, "keep all": KEEP_ALL}
pytestmark = pytest.mark.core
of_every_codec = pytest.mark.parametrize("subject", SUBJECTS, ids=lambda subject: subject.name)
_EPOCH = datetime(1970, 1, 1)
_ELEMENTS = (Category.STATUS, Category.VEHICLE_TECH, Category.COUNTER)
_OUTSIDE_THE_ORACLE = {"subject", "retention_class", "expires_on", "clock_suspect"}


def found(
    subject: Subject, body: bytes, policy: Policy, family: str | None
) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    batches = gpsproto.decode(
        subject.framed(body), policy=policy, key=KEY, family=family, balance=balance,
        input_format="stream",
    )  # fmt: skip
    out = [shown(row) for row in rows(batches)]
    assert balance.discrepancies() == []
    return out, balance


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """A row without nulls and without what no oracle says."""
    # alarms of a tracker are elements, which are there by their names
    outside = _OUTSIDE_THE_ORACLE | ({"alarms"} if row["protocol"] == codecs.AVL else {"event"})
    values = {k: v for k, v in row.items() if v is not None and k not in outside}
    if "pseudonyms" in values:  # which there are: no oracle has the key
        values["pseudonyms"] = set(values["pseudonyms"])
    time = values.pop("time", None)
    if time is not None:
        values["time_ms"] = round((time - _EPOCH).total_seconds() * 1000)
    return values


def filled_cells(batch: gpsproto.FilteredBatch) -> int:
    """Elements that are kept, counted in the sealed cells and not by the walk."""
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    core = [one for held in contents.held.values() for one in held if one.core]
    marks = [contents.raw(("mark", one.id, one.width)) for one in core]
    return sum(int(mark.sum()) for mark in marks) + int((contents.attributes()[0] > 0).sum())


def assert_agreement(subject: Subject, body: bytes, policy: Policy, family: str | None) -> None:
    results = []
    for engine in ENGINES:
        with pytest.MonkeyPatch.context() as patch:
            engine.use(patch)
            out, balance = found(subject, body, policy, family)
            results.append((out, balance.as_dict(), balance.notes))
    assert results[0] == results[-1]
    told = subject.oracle(body, policy, family)
    if told is not None:
        got, _, notes = results[0]
        expected, stated = told
        assert got == expected
        # what a policy does not want is not read, so that nothing is odd about it
        assert {code.name for code in notes} <= stated
        assert policy is not KEEP_ALL or {code.name for code in notes} == stated


@pytest.mark.parametrize("policy", POLICIES)
@of_every_codec
@given(more=st.data())
def test_both_engines_and_the_oracle_agree_on_valid_frames(
    subject: Subject, policy: str, more: st.DataObject
) -> None:
    family = more.draw(st.sampled_from(subject.families))
    body = more.draw(subject.bodies)
    assert subject.oracle(body, POLICIES[policy], family) is not None
    assert_agreement(subject, body, POLICIES[policy], family)


@of_every_codec
@given(more=st.data())
def test_both_engines_and_the_oracle_agree_on_mutated_bodies(
    subject: Subject, more: st.DataObject
) -> None:
    broken = more.draw(subject.damaged(more.draw(subject.bodies)))
    if len(broken) >= 3:
        assert_agreement(subject, broken, more.draw(st.sampled_from([LAST_KNOWN, KEEP_ALL])), None)


@of_every_codec
@settings(max_examples=max(1, settings.default.max_examples // 2))
@given(more=st.data())
def test_a_record_is_read_the_same_after_any_others(
    subject: Subject, more: st.DataObject, engine: Engine
) -> None:
    groups = more.draw(st.lists(subject.groups, min_size=1, max_size=5))
    together = rows(gpsproto.decode(b"".join(frame for frame, _ in groups), key=KEY))
    alone = [
        row
        for _, singles in groups
        for one in singles
        for row in rows(gpsproto.decode(one, key=KEY))
    ]
    assert together == alone


@of_every_codec
@given(more=st.data())
def test_what_is_built_is_what_is_parsed(subject: Subject, more: st.DataObject) -> None:
    body = more.draw(subject.bodies)
    assert subject.rebuilt(body) == body


# what is particular to trackers


def framed(data: bytes) -> bytes:
    """Any bytes as the body of a tracker's frame whose CRC is right."""
    return SUBJECTS[0].framed(data)


@pytest.mark.parametrize("codec", CODECS)
@given(more=st.data())
def test_what_the_walk_counts_as_kept_is_what_the_cells_hold(
    codec: int, more: st.DataObject, engine: Engine
) -> None:
    data = tcp_frame(codec, more.draw(record_lists(codec)))
    policy = Policy(
        "elements",
        "d",
        {c: Rule("keep") for c in _ELEMENTS},
        dict.fromkeys(_ELEMENTS, Period(3, 0)),
    )
    balance = Balance()
    batches = list(gpsproto.decode(data, policy=policy, family="FMX6", balance=balance))
    kept = sum(filled_cells(batch) for batch in batches)
    fixed = sum(
        int(batch.column(name).validity.sum())
        for batch in batches
        for name in ("satellites", "generation_type", "event")
    )
    assert kept + fixed == balance.fields_by_action["kept"]


@pytest.mark.parametrize("codec", CODECS)
def test_more_forms_of_records_than_are_remembered_are_all_read(codec: int, engine: Engine) -> None:
    forms = [
        [
            (239, 1, 1),
            *((66, 2, 12_000 + n),) * bool(n),
            *((id, 1, 0) for id in range(100, 100 + n)),
        ]
        for n in range(20)
    ]
    records = [Record(1_700_000_000_000, elements=form) for form in forms] * 3
    found = rows(gpsproto.decode(tcp_frame(codec, records), family="FMB"))
    assert [row.get("external_voltage_mv") for row in found] == [
        *(12_000 + n if n else None for n in range(20))
    ] * 3


@given(more=st.data())
def test_a_16_byte_group_is_found_where_nothing_announces_it(more: st.DataObject) -> None:
    plain = more.draw(record_lists(8))
    wide = [
        Record(
            r.timestamp_ms,
            r.longitude_e7,
            r.latitude_e7,
            r.altitude_m,
            r.angle_deg,
            r.satellites,
            r.speed_kmh,
            r.priority,
            r.event,
            elements=r.elements,
            wide=[(203, more.draw(st.binary(min_size=16, max_size=16)))],
        )
        for r in plain
    ]
    built = body(8, wide)
    assert oracle.parse(8, built) is not None
    assert_agreement(SUBJECTS[0], built, TRACKING, None)


@pytest.mark.parametrize("group16", ["never", "auto", "always"])
def test_a_16_byte_group_is_read_as_the_option_says(group16: Any, engine: Engine) -> None:
    wide = tcp_frame(8, [Record(1, elements=[(239, 1, 1)], wide=[(203, bytes(range(16)))])])
    plain = tcp_frame(8, [Record(1, elements=[(239, 1, 1)])])
    assert len(rows(gpsproto.decode(wide, group16=group16))) == (group16 != "never")
    assert len(rows(gpsproto.decode(plain, group16=group16))) == (group16 != "always")


def test_a_total_that_does_not_count_the_16_byte_group_is_accepted(engine: Engine) -> None:
    data = bytearray(body(8, [Record(1, wide=[(203, bytes(16))])]))
    assert data[27] == 1
    data[27] = 0
    assert len(rows(gpsproto.decode(framed(bytes(data))))) == 1


def test_variable_elements_of_length_zero_are_accepted(engine: Engine) -> None:
    data = tcp_frame(0x8E, [Record(1, variable=[(331, b""), (332, b""), (256, b"")])])
    balance = Balance()
    assert len(rows(gpsproto.decode(data, balance=balance))) == 1
    assert balance.rejected == {}


@pytest.mark.parametrize(
    ("change", "code", "at"),
    [
        (lambda b: b[:1] + b"\x02" + b[2:-1] + b"\x02", ErrorCode.TRUNCATED, None),
        (lambda b: b[:1] + b"\x00" + b[2:-1] + b"\x00", ErrorCode.NO_RECORDS, 9),
        (lambda b: b[:-1] + b"\x09", ErrorCode.COUNT_MISMATCH, None),
        (lambda b: b[:27] + b"\x07" + b[28:], ErrorCode.TOTAL_MISMATCH, 8 + 27),
        (lambda b: b[:-1] + b"\xaa\xbb" + b[-1:], ErrorCode.TRAILING_BYTES, None),
        (lambda b: b"\x3d" + b[1:], ErrorCode.UNKNOWN_CODEC, 8),
        (lambda b: b[:28] + b"\xff" + b[29:], ErrorCode.TRUNCATED, 8 + 29),
    ],
)
def test_a_wrong_body_is_named_by_code_and_byte(
    change: Any, code: ErrorCode, at: int | None, engine: Engine
) -> None:
    good = body(8, [Record(1, elements=[(239, 1, 1), (66, 2, 12_000)])])
    balance = Balance()
    assert rows(gpsproto.decode(framed(change(good)), balance=balance, group16="never")) == []
    assert list(balance.rejected) == [code]
    if at is not None:
        assert [where for *_, where in balance.first_rejected] == [at]
    assert balance.discrepancies() == []
    assert balance.fields_in == 0


def test_the_checksum_and_its_padding_are_checked(engine: Engine) -> None:
    good = tcp_frame(8, [Record(1)])
    for at, code in ((-1, ErrorCode.BAD_CRC), (-4, ErrorCode.BAD_CRC_PADDING)):
        bad = bytearray(good)
        bad[at] ^= 1
        balance = Balance()
        assert rows(gpsproto.decode(bytes(bad), balance=balance)) == []
        assert balance.rejected == {code: 1}


def test_a_frame_that_breaks_off_leaves_no_trace_in_its_batch(engine: Engine) -> None:
    good = Record(1, 1, 1, 1, 1, 9, 1, elements=[(239, 1, 1), (66, 2, 1), (72, 4, 1)])
    whole = body(8, [good] * 3)
    broken = framed(whole[:-9] + whole[-1:])
    balance = Balance()
    (batch,) = gpsproto.decode(broken + tcp_frame(8, [Record(2)]), balance=balance)
    assert len(batch) == 1
    assert balance.rejected == {ErrorCode.TRUNCATED: 1}
    for name in ("ignition", "external_voltage_mv", "latitude", "speed_kmh"):
        values, validity = batch.column(name)
        assert not validity.any()
        assert not values.any()
