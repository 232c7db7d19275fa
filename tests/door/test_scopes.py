"""How far a pseudonym reaches: the same within its scope, and no further."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import DeviceId, Policy, PseudonymKey
from gpsproto.build import Record, login, tcp_frame, udp_packet, watch
from gpsproto.category import Category
from gpsproto.pipeline import decode_through
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.policy import Rule
from gpsproto.privacy.retention import Period
from gpsproto.privacy.scope import Scope
from tests.strategies import IMEI
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
OTHER = "001010000000026"
MARCH = datetime(2026, 3, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def policy(scope: Scope, *, time: bool = True) -> Policy:
    allow = {
        Category.DEVICE_ID: Rule("pseudonymise", scope=scope),
        Category.DRIVER_ID: Rule("pseudonymise", scope=scope),
        Category.STATUS: Rule("keep"),
    } | ({Category.TIME: Rule("keep")} if time else {})
    return Policy("scoped", "scoped", allow, dict.fromkeys(allow, Period(3, 0)))


def sent(*moments: datetime, driver: int | None = None, imei: str = IMEI) -> bytes:
    """A conversation with a record a moment."""
    elements = () if driver is None else ((78, 8, driver),)
    records = [Record(round(at.timestamp() * 1000), elements=elements) for at in moments]
    return login(imei) + b"".join(tcp_frame(0x08, [one]) for one in records)


def decoded(data: bytes, rules: Policy, key: PseudonymKey = KEY) -> list[dict[str, Any]]:
    return rows(gpsproto.decode(data, policy=rules, key=key, family="FMB"))


def subjects(data: bytes, scope: Scope, **options: Any) -> list[str | None]:
    return [row["subject"] for row in decoded(data, policy(scope), **options)]


NEAR = {Scope.DAY: MARCH + timedelta(hours=11), Scope.MONTH: MARCH + 16 * DAY}
FAR = {Scope.DAY: MARCH + timedelta(hours=12), Scope.MONTH: MARCH + 17 * DAY}


@pytest.mark.parametrize("scope", NEAR)
def test_within_an_epoch_the_pseudonym_is_the_same_and_in_the_next_another(scope: Scope) -> None:
    first, near, far = subjects(sent(MARCH, NEAR[scope], FAR[scope]), scope)
    assert first == near
    assert first != far
    # nor does the key id tie them
    assert first is not None
    assert far is not None
    assert first[:4] == far[:4] == "dev_"


@pytest.mark.parametrize("scope", [Scope.DAY, Scope.MONTH, Scope.STABLE])
def test_a_rerun_with_the_key_gives_the_same(scope: Scope) -> None:
    data = sent(MARCH, MARCH + DAY, MARCH + 40 * DAY)
    assert subjects(data, scope) == subjects(data, scope)


@pytest.mark.parametrize("scope", Scope)
@given(days=st.lists(st.integers(-40, 40), min_size=1, max_size=12), size=st.integers(1, 4))
def test_batches_of_any_cut_have_the_same_scopes(scope: Scope, days: list[int], size: int) -> None:
    """Which records share a pseudonym does not hang on how they came."""
    moments = [MARCH + day * DAY for day in days]
    found = subjects(sent(*moments), scope)
    together = [[one == other for other in found] for one in found]
    of = {
        Scope.RECORD: lambda number: number,
        Scope.SESSION: lambda number: 0,
        Scope.DAY: lambda number: moments[number].date(),
        Scope.MONTH: lambda number: moments[number].date().replace(day=1),
        Scope.STABLE: lambda number: 0,
    }[scope]
    wanted = [[of(one) == of(other) for other in range(len(days))] for one in range(len(days))]
    assert together == wanted


def test_two_sessions_of_a_device_are_not_to_be_told_to_be_one_device() -> None:
    first, again, other = subjects(
        sent(MARCH) + sent(MARCH + DAY) + sent(MARCH, imei=OTHER), Scope.SESSION
    )
    assert len({first, again, other}) == 3
    rerun = subjects(sent(MARCH), Scope.SESSION)[0]
    assert rerun not in (first, again, other)


def test_two_records_of_a_device_are_not_to_be_told_to_be_of_one_device() -> None:
    found = subjects(sent(MARCH, MARCH, MARCH), Scope.RECORD)
    assert len(set(found)) == 3


def test_of_nobody_known_a_record_scope_says_no_conversation_either() -> None:
    frame = tcp_frame(0x08, [Record(0), Record(0)])
    found = subjects(frame, Scope.RECORD)
    assert len(set(found)) == 2
    assert not any(one is not None and one.startswith("unknown") for one in found)


@pytest.mark.parametrize("scope", [Scope.RECORD, Scope.SESSION, Scope.DAY, Scope.MONTH])
def test_a_driver_is_scoped_as_the_device_is(scope: Scope) -> None:
    moments = (MARCH, NEAR.get(scope, MARCH), FAR.get(scope, MARCH))
    first, near, far = (
        row["pseudonyms"]["driver_id"]
        for row in decoded(sent(*moments, driver=0x0123456789ABCDEF), policy(scope))
    )
    assert (first == near) is (scope is not Scope.RECORD)
    assert (first == far) is (scope is Scope.SESSION)


@pytest.mark.parametrize("scope", [Scope.DAY, Scope.MONTH])
def test_the_epoch_is_that_of_the_record_even_where_its_time_does_not_leave(scope: Scope) -> None:
    found = decoded(sent(MARCH, NEAR[scope], FAR[scope]), policy(scope, time=False))
    assert [row["time"] for row in found] == [None] * 3
    assert [row["subject"] for row in found] == subjects(
        sent(MARCH, NEAR[scope], FAR[scope]), scope
    )


def test_a_time_that_only_decides_is_not_in_the_memory_of_a_batch() -> None:
    at = round(MARCH.timestamp() * 1000)
    (batch,) = gpsproto.decode(sent(MARCH), policy=policy(Scope.DAY, time=False), key=KEY)
    contents: Any = batch._FilteredBatch__contents  # type: ignore[attr-defined]
    assert at.to_bytes(8, "little") not in contents.cells.tobytes()


def test_a_record_without_a_time_is_in_no_epoch_and_of_nobody() -> None:
    (row,) = decoded(b"[3G*8800000015*000D*LK,50,100,100]", policy(Scope.MONTH))
    assert row["subject"] is None
    assert row["battery_percent"] == 100


def test_on_the_live_path_it_is_of_the_epoch_of_its_receipt() -> None:
    receiver = gpsproto.Receiver(policy(Scope.MONTH), KEY)
    batch = receiver.receive(b"[3G*8800000015*000D*LK,50,100,100]", MARCH)
    assert batch is not None
    (row,) = batch.rows()
    said = watch.position("8800000015", "UD", watch.Position(round(MARCH.timestamp() * 1000)))
    assert row["subject"] == decoded(said, policy(Scope.MONTH))[0]["subject"]


def test_a_clock_in_the_future_does_not_choose_its_epoch() -> None:
    receiver = gpsproto.Receiver(policy(Scope.MONTH), KEY)
    batch = receiver.receive(sent(MARCH + 100 * DAY), MARCH)
    assert batch is not None
    assert next(batch.rows())["subject"] == subjects(sent(MARCH), Scope.MONTH)[0]


@pytest.mark.parametrize("scope", [Scope.DAY, Scope.MONTH, Scope.STABLE])
def test_a_platform_finds_its_own_user(scope: Scope) -> None:
    at = None if scope is Scope.STABLE else MARCH
    mine = KEY.subject("device_id", IMEI, domain="scoped", at=at, scope=scope)
    assert mine == subjects(sent(MARCH), scope)[0]


@pytest.mark.parametrize("scope", Scope)
def test_the_subject_of_a_device_at_the_door_is_that_of_its_records(scope: Scope) -> None:
    door = PrivacyFilter(policy(scope), KEY)
    found = door.subject(DeviceId(IMEI.encode()), number=1, at=MARCH.date())
    if scope is Scope.RECORD:
        assert found is None
    elif scope is not Scope.SESSION:
        assert found == subjects(sent(MARCH), scope)[0]


def test_a_datagram_is_of_the_session_of_its_device() -> None:
    at = round(MARCH.timestamp() * 1000)
    packets = [udp_packet(0x08, [Record(at + n)], IMEI) for n in range(3)]
    (row, *others) = subjects(b"".join(packets), Scope.SESSION)
    assert {row, *others} == {row}
    assert len(others) == 2


def test_what_a_device_on_an_account_sends_names_the_account(tmp_path: Any) -> None:
    from gpsproto.privacy.accounts import Accounts

    file = tmp_path / "accounts.toml"
    file.touch(0o600)
    file.write_text(f'"{IMEI}" = "order-17"\n')
    allow = {Category.ACCOUNT_REF: Rule("pseudonymise"), Category.STATUS: Rule("keep")}
    rules = Policy("partner", "partner", allow, dict.fromkeys(allow, Period(3, 0)))
    accounts = Accounts.from_file(file, KEY)
    data = sent(MARCH) + sent(MARCH, imei=OTHER)
    found = rows(gpsproto.decode(data, policy=rules, key=KEY, accounts=accounts))
    mine = KEY.subject("account_ref", "order-17", domain="partner")
    assert [row["pseudonyms"] for row in found] == [{"account_ref": mine}, None]
    assert [row["subject"] for row in found] == [None, None]


def test_two_runs_behind_one_door_are_two_sessions() -> None:
    door = PrivacyFilter(policy(Scope.SESSION), KEY)
    found = [row["subject"] for _ in range(2) for row in rows(decode_through(door, sent(MARCH)))]
    assert len(set(found)) == 2


@pytest.mark.parametrize("scope", [one for one in Scope if one is not Scope.RECORD])
def test_the_subject_of_a_receiver_is_that_of_its_records(scope: Scope) -> None:
    receiver = gpsproto.Receiver(policy(scope), KEY)
    now = datetime.now(UTC)
    batch = receiver.receive(sent(now), now)
    assert batch is not None
    assert [row["subject"] for row in batch.rows()] == [receiver.subject]


def test_who_has_no_pseudonym_that_lasts_cannot_be_asked_about() -> None:
    with pytest.raises(ValueError, match="accept"):
        gpsproto.Receiver(policy(Scope.RECORD), KEY, accept=lambda subject: False)
