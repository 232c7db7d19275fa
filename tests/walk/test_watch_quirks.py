"""Every quirk of firmware that is known, and every printed example, through ``decode`` itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

import gpsproto
from gpsproto import PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.category import Category
from gpsproto.identity import Conversations, DeviceId
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period
from tests.conftest import Engine
from tests.policies import KEEP_ALL
from tests.walk import watch_oracle
from tests.watch_corpus import PRINTED, QUIRKS, TAILS, Case, said, spelled
from tests.watch_rows import expected, plain, says_something

pytestmark = pytest.mark.core
KEY = PseudonymKey(bytes(range(32)))
POLICIES = {"keep all": KEEP_ALL, "tracking": Policy.load("tracking")}
OF_FRAMES = {"LENGTH_MISMATCH", "SIGNED", "UNKNOWN_WORD"}

# what a policy that keeps all gives of words that the oracle does not read
ATTRIBUTES: dict[bytes, dict[str, float]] = {
    b"UPLOAD,600": {"upload_interval_s": 600},
    b"CONFIG,TY:G29,UL:600,VR:1.00": {"upload_interval_s": 600},
    b"oxygen,0,97": {"oxygen_mode": 0, "oxygen_percent": 97},
    b"oxygen,1": {"oxygen_mode": 1},
    b"bphrt,120,80,70,,,,": {
        "blood_pressure_systolic_mmhg": 120, "blood_pressure_diastolic_mmhg": 80, "pulse_bpm": 70,
    },
    b"btemp2,1,36.6": {"body_temperature_mode": 1, "body_temperature_c": 36.6},
}  # fmt: skip
OF_HEALTH = (b"oxygen", b"bphrt", b"btemp2")
OF_SERVERS = (b"ICCID2,1", b"JXTKR,1")  # answers whose word no watch sends


def wanted(case: Case, policy: Policy) -> list[dict[str, Any]]:
    """The rows that a case should give under a policy, with what it states of them."""
    found = []
    for inside, row in zip(case.contents, case.rows, strict=True):
        if row:
            word = inside.split(b",")[0].decode()
            said_of_it = {"word": word, **row}
            if says_something(said_of_it, policy):
                found.append(expected(said_of_it, policy))
        elif inside in ATTRIBUTES and (policy is KEEP_ALL or not inside.startswith(OF_HEALTH)):
            found.append(dict(ATTRIBUTES[inside]))
    return found


def given(case: Case, policy: Policy, data: bytes) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    family = "REACHFAR" if case.reachfar else None
    batches = gpsproto.decode(data, policy=policy, key=KEY, family=family, balance=balance)
    found = [plain(row) for batch in batches for row in batch.rows()]
    assert balance.discrepancies() == []
    assert balance.rejected == {}
    return found, balance


def assert_rows(found: list[dict[str, Any]], case: Case, policy: Policy) -> None:
    states = wanted(case, policy)
    assert len(found) == len(states)
    for row, stated in zip(found, states, strict=True):
        assert {name: row.get(name) for name in stated} == stated


def assert_whole_rows(found: list[dict[str, Any]], case: Case, policy: Policy) -> None:
    """Where the oracle reads every message, the rows are what it says and nothing more."""
    read = [watch_oracle.read(inside, reachfar=case.reachfar) for inside in case.contents]
    if all(one["message"] in ("position", "alarm", "link") for one in read):
        # a bare word is an echo
        more = [one for one, raw in zip(read, case.contents, strict=True) if b"," in raw]
        rows = [expected(one, policy) for one in more if says_something(one, policy)]
        wanted = [{k: v for k, v in row.items() if v is not None} for row in rows]
        assert found == wanted


def counted(counts: Mapping[Any, int]) -> dict[str, int]:
    return {code.name: count for code, count in counts.items()}


def assert_case(case: Case, policy: Policy) -> None:
    found, balance = given(case, policy, case.data)
    assert_rows(found, case, policy)
    assert_whole_rows(found, case, policy)
    assert balance.frames == len(case.contents)
    codes = counted(balance.notes)
    unknown = sum(inside in OF_SERVERS for inside in case.contents)
    of_frames = {**case.frame_codes, **({"UNKNOWN_WORD": unknown} if unknown else {})}
    assert {name: n for name, n in codes.items() if name in OF_FRAMES} == of_frames
    assert counted(balance.bytes_skipped) == case.skipped
    stated = [row["notes"] for row in case.rows if "notes" in row]
    if len(stated) == len(case.rows):
        of_messages = set(codes) - OF_FRAMES
        # what a policy does not want is not read, so that nothing is odd about it
        assert of_messages <= set().union(*stated)
        assert of_messages == set().union(*stated) or policy is not KEEP_ALL


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("quirk", QUIRKS.values(), ids=lambda quirk: quirk.__name__)
def test_quirk(quirk: Callable[[], list[Case]], policy: Policy, engine: Engine) -> None:
    for case in quirk():
        assert_case(case, policy)


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
@pytest.mark.parametrize("case", [*PRINTED, *TAILS], ids=lambda case: case.name)
def test_printed_example(case: Case, policy: Policy, engine: Engine) -> None:
    assert_case(case, policy)


CASES = [*PRINTED, *TAILS, *(case for quirk in QUIRKS.values() for case in quirk())]


def test_the_corpus_is_the_same_as_lines_of_hexadecimal_digits(engine: Engine) -> None:
    for case in CASES:
        whole = given(case, KEEP_ALL, case.data)
        lines = given(case, KEEP_ALL, case.data.hex().encode() + b"\n")
        assert lines[0] == whole[0]
        assert lines[1].notes == whole[1].notes
        assert lines[1].frames == whole[1].frames


def test_the_corpus_is_the_same_among_frames_of_trackers(engine: Engine) -> None:
    """A case stands between two frames of a tracker, and costs neither of them."""
    tracker = tcp_frame(8, [Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6)])
    for case in CASES:
        whole, alone = given(case, KEEP_ALL, case.data)
        mixed = login("001010000000016") + tracker + case.data + tracker
        found, balance = given(case, KEEP_ALL, mixed)
        assert [row for row in found if row["protocol"] == "watch"] == whole
        assert sum(row["protocol"] == "teltonika" for row in found) == 2
        assert balance.notes == alone.notes
        assert balance.bytes_skipped == alone.bytes_skipped


def test_all_cases_in_one_stream_give_the_rows_of_each(engine: Engine) -> None:
    # what is cut at the end of its stream only is not among them
    cases = [case for case in CASES if not case.reachfar]
    together: list[dict[str, Any]] = []
    frames = 0
    for case in cases:
        rows, balance = given(case, KEEP_ALL, case.data)
        together += rows
        frames += balance.frames
    balance = Balance()
    stream = b"\r\n".join(case.data for case in cases)
    batches = gpsproto.decode(stream, policy=KEEP_ALL, key=KEY, balance=balance)
    assert [plain(row) for batch in batches for row in batch.rows()] == together
    assert balance.frames == frames
    assert balance.rejected == {}


@pytest.mark.parametrize("case", QUIRKS["Q32"](), ids=lambda case: case.name)
def test_q32_every_id_is_a_subject_of_its_own(case: Case, engine: Engine) -> None:
    conversations = Conversations()
    stream = b"".join(spelled("LK,1,2,3", id=id) for id in case.ids * 2)
    batches = gpsproto.decode(stream, key=KEY, policy=KEEP_ALL, conversations=conversations)
    found = [row["subject"] for batch in batches for row in batch.rows()]
    domain = KEY.domain(KEEP_ALL.domain)
    assert found == [domain.device(DeviceId.of_watch(id.encode())) for id in case.ids] * 2
    assert len(set(found)) == len(set(case.ids)) == len(conversations)


def test_q31_a_clock_that_is_wrong_is_flagged_and_left_as_it_is(engine: Engine) -> None:
    found = {
        case.name: row["clock_suspect"]
        for case in QUIRKS["Q31"]()
        for batch in gpsproto.decode(case.data, key=KEY)
        for row in batch.rows()
    }
    # without a time of receipt nothing says that ten years on is wrong
    assert found == {
        "ten years on": False, "never set": False, "of 2000": True, "no date": True,
        "no time": True, "a leap day": False,
    }  # fmt: skip


def test_where_alarms_are_dropped_nothing_tells_one_from_a_position(engine: Engine) -> None:
    kept = (Category.LOCATION, Category.STATUS, Category.TIME)
    quiet = Policy(
        "quiet", "tests", {one: Rule("keep") for one in kept}, dict.fromkeys(kept, Period(3, 0))
    )
    data = b"".join(spelled(said(word, status="00010000")) for word in ("UD", "AL"))
    position, alarm = (
        row for batch in gpsproto.decode(data, policy=quiet, key=KEY) for row in batch.rows()
    )
    assert alarm == position
    assert alarm["message"] == "position"
    assert alarm.get("event") is alarm.get("alarms") is None


@pytest.mark.parametrize("tail", [b",", b",1", b"," * 16 + b"zz", b",010120"])
def test_an_alarm_of_which_nothing_else_can_be_read_is_stored(tail: bytes, engine: Engine) -> None:
    inside = b"AL" + tail
    (batch,) = gpsproto.decode(b"[3G*8800000015*%04X*%s]" % (len(inside), inside), key=KEY)
    (row,) = batch.rows()
    assert (row["message"], row["alarms"]) == ("alarm", ["unknown"])


@pytest.mark.parametrize("number", ["31612345678", "8800000015", "268435456"])
def test_a_number_that_no_cell_has_is_not_the_identity_of_one(number: str, engine: Engine) -> None:
    inside = said("UD", f"1,1,204,01,500,{number},100,0").encode()
    (batch,) = gpsproto.decode(
        b"[3G*8800000015*%04X*%s]" % (len(inside), inside), key=KEY, policy=KEEP_ALL
    )
    (row,) = batch.rows()
    assert row["cells"] == [{"mcc": 204, "mnc": "01", "lac": 500, "cid": None}]


def test_no_row_has_the_list_of_another() -> None:
    inside = said("UD", status="00010010").encode()
    data = b"[3G*8800000015*%04X*%s]" % (len(inside), inside) * 3
    (batch,) = gpsproto.decode(data, key=KEY)
    for name in ("alarms", "states"):
        values = batch.column(name).values
        values[0].append("more")
        assert values[1] == values[2] != values[0]
