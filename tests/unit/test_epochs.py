"""Pseudonyms of epochs, of sessions and of nobody; what a platform asks for; pinned vectors."""

from __future__ import annotations

import copy
import hashlib
import hmac
import os
import pickle
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from types import TracebackType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.identity import DeviceId
from gpsproto.privacy.keys import DomainKey, PseudonymKey, keys
from gpsproto.privacy.keys.chain import FIRST_DAY, LAST_DAY, Chain, day_of, epoch
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.core

ROOTS = [
    bytes(range(32)),
    bytes(range(255, 223, -1)),
    hashlib.sha256(b"gpsproto test vector 3").digest(),
]
IMEI = "356307042441013"
FORM = b"35630704244101"
CONSONANTS = "bcdfghjkmnpqrstv"
EPOCHAL = [Scope.DAY, Scope.MONTH]
KEYS = [PseudonymKey(root) for root in ROOTS]
KEY = KEYS[0]
# a chain is walked from 2000 on, so early days keep the suite quick
DAYS = st.integers(FIRST_DAY, FIRST_DAY + 900)
DATES = st.dates(date(2000, 1, 1), date(2002, 12, 31))


def expand(secret: bytes, *labels: str) -> bytes:
    """The specification of derivation, written a second time."""
    info = bytearray()
    for label in ("gpsproto/1", *labels):
        info += bytes(divmod(len(label.encode()), 256)) + label.encode()
    return hmac.new(secret, bytes(info) + b"\x01", hashlib.sha256).digest()


def spelled(data: bytes) -> str:
    return "".join(CONSONANTS[int(digit, 16)] for digit in data.hex())


def expected(root: bytes, domain: str, form: bytes, scope: Scope, day: date) -> str:
    secret = expand(root, "chain")
    for _ in range((day - date(2000, 1, 1)).days):
        secret = expand(secret, "step")
    link = expand(secret, "link", domain, "device_id", scope.value)
    key_id = expand(secret, "key-id", domain, scope.value)[:2]
    bits = hmac.new(link, form, hashlib.sha256).digest()[:12]
    return f"dev_{spelled(key_id)}_{spelled(bits)}"


PINNED = {
    (0, "P1M", "2026-07-01"): "dev_pcmq_mkvvmbkhnrdjcshvtbmqfmch",
    (0, "P1D", "2026-07-01"): "dev_bpmh_bjqrvtkqvdvjbfdqgbvgrdmt",
    (0, "P1D", "2026-07-02"): "dev_ckph_tdqbkvqfjfmjdhtqqfvcmqqs",
    (0, "P1M", "2000-01-01"): "dev_vkdv_csqmfqrdhhdjvrmjqptmjbtv",
    (0, "P1M", "2199-12-01"): "dev_fmrf_mpmntpncqpfjhbknmrvgjsqr",
    (1, "P1M", "2026-07-01"): "dev_njff_fgcngvsbvbvbqndfhjfrtnsp",
    (1, "P1D", "2026-07-01"): "dev_hkvq_rhnfvfmsdjbkckrsjnqjdgfk",
    (1, "P1D", "2026-07-02"): "dev_dpqh_dmbsbnkccgjdhfmsghkbpmbb",
    (1, "P1M", "2000-01-01"): "dev_nbnd_rfndchbrnstdvcjqncjdrqpj",
    (1, "P1M", "2199-12-01"): "dev_vghr_dmbrqgmtghjfsfkmsgrqdtnc",
    (2, "P1M", "2026-07-01"): "dev_rgfg_cjjdpkmgqmcdpjmmkbpptksc",
    (2, "P1D", "2026-07-01"): "dev_jjct_gkdsvmjmgvfnnknbhmjvmpsn",
    (2, "P1D", "2026-07-02"): "dev_kskv_gfjtcjkmtvghsbtmkhmhmbtj",
    (2, "P1M", "2000-01-01"): "dev_gpgg_bnqqcgnfrjqsrcnbgcrjsjdk",
    (2, "P1M", "2199-12-01"): "dev_fdkr_jnjhttkvtvmgpcppmntvjdnn",
}


@pytest.mark.parametrize(("root", "scope", "day"), PINNED)
def test_pinned_vectors_of_epochs(root: int, scope: str, day: str) -> None:
    first = date.fromisoformat(day)
    made = KEYS[root].domain("tracking")
    found = made.pseudonym("device_id", FORM, Scope(scope), day_of(first))
    assert found == PINNED[root, scope, day]
    if first.year < 2100:
        assert found == expected(ROOTS[root], "tracking", FORM, Scope(scope), first)


CHAIN = {
    0: "2a225f80c0aa263734b340fd57d5414ea4162689cbebbed65dd8c60d746f3ab8",
    1: "2b28ba8d2d14198bc64142eed3ecfa0a56de42206e9cee367c629095dc116a70",
    31: "79db6bbf691782f3f3f257f4ea1919cd97df6a94281a25fd6ba8c9ef6827471e",
    9678: "652fbad550a999ea7827b831d61a09a68ef3a4ba0d8278e26148c4ed770846cd",
}


@pytest.mark.parametrize("days", CHAIN)
def test_pinned_vectors_of_the_chain(days: int) -> None:
    found = Chain(expand(ROOTS[0], "chain")).at(FIRST_DAY + days)
    assert found is not None
    assert found.hex() == CHAIN[days]


def test_pinned_vector_of_a_mac() -> None:
    made = KEY.mac("audit", b"line").hex()
    assert made == "c7e2427800208a8bef354a020b461285a295685848c4e246fb7116d7d9ff901d"
    assert bytes.fromhex(made) == hmac.digest(expand(ROOTS[0], "mac", "audit"), b"line", "sha256")


def test_the_labels_of_macs_are_purposes_of_their_own() -> None:
    key = KEY
    assert len({key.mac(label, b"line") for label in ("", "audit", "audit-log", "x")}) == 4


class TestChain:
    @given(st.lists(DAYS, min_size=1, max_size=6))
    def test_the_order_of_asking_changes_nothing(self, days: list[int]) -> None:
        one, other = Chain(ROOTS[1]), Chain(ROOTS[1])
        found = {day: one.at(day) for day in days}
        assert {day: other.at(day) for day in reversed(days)} == found

    @given(DAYS, st.integers(0, 400))
    def test_a_chain_that_begins_later_goes_on_as_the_whole_one(self, day: int, more: int) -> None:
        whole = Chain(ROOTS[1])
        start = whole.at(day)
        assert start is not None
        assert Chain(start, day).at(day + more) == whole.at(day + more)

    @given(DAYS, st.integers(1, 900))
    def test_a_chain_that_begins_later_gives_nothing_earlier(self, day: int, less: int) -> None:
        earlier = max(day - less, FIRST_DAY)
        assert Chain(ROOTS[1], day).at(earlier) is None or earlier == day

    def test_a_day_out_of_range_is_the_nearest(self) -> None:
        chain = Chain(ROOTS[1])
        assert chain.at(-(10**9)) == chain.at(FIRST_DAY)
        assert chain.at(10**9) == chain.at(LAST_DAY)

    def test_it_shows_nothing_and_is_not_pickled(self) -> None:
        assert repr(Chain(ROOTS[1])) == "Chain(redacted)"
        with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
            pickle.dumps(Chain(ROOTS[1]))
        with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
            copy.deepcopy(Chain(ROOTS[1]))


@given(DATES)
def test_the_epoch_of_a_day_is_its_first_day(day: date) -> None:
    assert epoch(Scope.DAY, day_of(day)) == day_of(day)
    assert epoch(Scope.MONTH, day_of(day)) == day_of(day.replace(day=1))


@given(DATES, DATES, st.sampled_from(EPOCHAL))
def test_two_days_share_a_pseudonym_where_they_share_the_epoch(
    one: date, other: date, scope: Scope
) -> None:
    key = KEY.domain("d")
    made = [key.pseudonym("device_id", FORM, scope, day_of(day)) for day in (one, other)]
    alike = epoch(scope, day_of(one)) == epoch(scope, day_of(other))
    assert (made[0] == made[1]) == alike


@given(st.lists(st.tuples(st.sampled_from([*EPOCHAL, Scope.STABLE]), DAYS), max_size=12))
def test_the_order_of_epochs_changes_no_pseudonym(asked: list[tuple[Scope, int]]) -> None:
    one, other = (PseudonymKey(ROOTS[0]).domain("d") for _ in range(2))
    found = {which: one.pseudonym("device_id", FORM, *which) for which in asked}
    again = {which: other.pseudonym("device_id", FORM, *which) for which in reversed(asked)}
    assert found == again


def test_what_is_before_or_behind_the_chain_belongs_to_its_ends() -> None:
    key = KEY.domain("d")
    for scope in EPOCHAL:
        first = key.pseudonym("device_id", FORM, scope, FIRST_DAY)
        last = key.pseudonym("device_id", FORM, scope, epoch(scope, LAST_DAY))
        assert key.pseudonym("device_id", FORM, scope, 0) == first
        assert key.pseudonym("device_id", FORM, scope, LAST_DAY + 400) == last


def test_the_key_id_of_an_epoch_is_its_own() -> None:
    key = KEY.domain("d")
    asked = [(Scope.STABLE, 0), (Scope.MONTH, 20_454), (Scope.DAY, 20_454), (Scope.MONTH, 20_485)]
    made = [key.pseudonym("device_id", FORM, *which) for which in asked]
    ids = [one.split("_")[1] for one in made]
    assert ids == [key.key_id_of(*which) for which in asked]
    assert len(set(ids)) == 4
    assert key.key_ids() == tuple(sorted(ids))


def test_no_key_id_is_told_before_a_pseudonym_was_made() -> None:
    assert KEY.domain("d").key_ids() == ()


class TestCache:
    def held(self, key: DomainKey) -> dict[Any, str]:
        return key._DomainKey__now.cache  # type: ignore[attr-defined,no-any-return]

    def test_it_is_let_go_when_the_epoch_changes(self) -> None:
        key = KEY.domain("d")
        key.pseudonym("device_id", FORM, Scope.MONTH, 20_454)
        before = self.held(key)
        assert before
        key.pseudonym("device_id", FORM, Scope.MONTH, 20_485)
        assert not before

    def test_it_is_bounded(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "_CACHE", 8)
        key = KEY.domain("d")
        for number in range(60):
            key.pseudonym("device_id", b"%014d" % number, Scope.MONTH, 20_454)
        assert len(self.held(key)) <= 8

    def test_the_keys_of_epochs_are_bounded_too(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(keys, "_EPOCHS", 4)
        key = KEY.domain("d")
        made = [key.pseudonym("device_id", FORM, Scope.DAY, 20_000 + n % 9) for n in range(40)]
        assert len(set(made)) == 9
        assert len(key._DomainKey__epochs) <= 4  # type: ignore[attr-defined]

    def test_an_epoch_is_derived_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = []
        real = keys.Links
        monkeypatch.setattr(keys, "Links", lambda *given: made.append(given[2:4]) or real(*given))
        key = KEY.domain("d")
        for _ in range(5):
            for first in (20_454, 20_485):
                key.pseudonym("device_id", FORM, Scope.MONTH, first)
        assert len(made) == 3  # the stable one, and two months


class TestDevice:
    @given(st.sampled_from([*EPOCHAL, Scope.STABLE]), DAYS)
    def test_an_imei_is_put_through_without_its_check_digit(self, scope: Scope, day: int) -> None:
        key = KEY.domain("d")
        made = key.device(DeviceId(IMEI.encode()), scope, day)
        assert made == key.pseudonym("device_id", FORM, scope, day)

    def test_a_watch_keeps_its_kind_in_every_scope(self) -> None:
        key = KEY.domain("d")
        watch = DeviceId.of_watch(b"8800000015")
        made = [
            key.device(watch, scope, 20_454, session=bytes(32) if scope is Scope.SESSION else None)
            for scope in Scope
        ]
        assert {one[:4] for one in made} == {"wat_"}
        assert len(set(made)) == len(Scope)

    def test_of_a_record_it_is_another_one_each_time(self) -> None:
        key = KEY.domain("d")
        made = {key.device(DeviceId(IMEI.encode()), Scope.RECORD) for _ in range(100)}
        assert len(made) == 100
        assert {one[:9] for one in made} == {f"dev_{key.key_id_of(Scope.RECORD)}_"}

    def test_of_a_session_it_holds_as_long_as_its_bytes(self) -> None:
        key = KEY.domain("d")
        device = DeviceId(IMEI.encode())
        one, other = os.urandom(32), os.urandom(32)
        made = key.device(device, Scope.SESSION, session=one)
        assert made == key.of_session("device_id", FORM, one)
        assert made != key.device(device, Scope.SESSION, session=other)
        assert made[:9] == f"dev_{key.key_id_of(Scope.SESSION)}_"

    def test_a_session_differs_by_domain(self) -> None:
        session = os.urandom(32)
        made = {KEY.domain(d).of_session("device_id", FORM, session)[9:] for d in ("a", "b")}
        assert len(made) == 2

    @pytest.mark.parametrize("session", [None, b"", bytes(31)])
    def test_a_session_without_its_bytes_is_refused(self, session: bytes | None) -> None:
        key = KEY.domain("d")
        with pytest.raises(ValueError, match="32 random bytes"):
            key.device(DeviceId(IMEI.encode()), Scope.SESSION, session=session)

    @pytest.mark.parametrize("scope", [Scope.RECORD, Scope.SESSION])
    def test_what_is_random_is_not_made_of_a_key(self, scope: Scope) -> None:
        with pytest.raises(ValueError, match="random bytes"):
            KEY.domain("d").pseudonym("device_id", FORM, scope)


FORMS = {
    "device_id": (IMEI, FORM),
    "watch_id": ("8800000015", b"8800000015"),
    "sim_id": (
        "0000000035564ee50000000029d3a9f4",
        bytes.fromhex("0000000035564ee50000000029d3a9f4"),
    ),
    "driver_id": ("01A2b3c4d5e6f708", bytes.fromhex("01a2b3c4d5e6f708")),
    "account_ref": ("customer-17", b"customer-17"),
}


WRONG_IDS = [
    ("device_id", "35630704244101x"),
    ("device_id", "3563070424410"),
    ("device_id", "35630704244101300"),
    ("device_id", "\u0663\u0665" * 7),
    ("device_id", ""),
    ("watch_id", ""),
    ("watch_id", "8" * 21),
    ("watch_id", "88 0000001"),
    ("sim_id", "89462038010003344527"),
    ("sim_id", "0x" + "0" * 30),
    ("driver_id", "01a2b3c4d5e6f7"),
    ("driver_id", "01a2b3c4d5e6f7zz"),
    ("account_ref", " "),
    ("account_ref", "a\nb"),
    ("account_ref", "x" * 129),
    (IMEI, "device_id"),
    ("vehicle_id", "WVWZZZ1JZ3W386752"),
    ("objection", IMEI),
]


class TestSubject:
    @pytest.mark.parametrize("kind", FORMS)
    @pytest.mark.parametrize("scope", [Scope.STABLE, *EPOCHAL])
    def test_it_is_what_decode_writes(self, kind: str, scope: Scope) -> None:
        key = KEY
        day = date(2026, 7, 15)
        made = key.subject(kind, FORMS[kind][0], domain="tracking", at=day, scope=scope)
        assert made == key.domain("tracking").pseudonym(kind, FORMS[kind][1], scope, day_of(day))

    def test_pinned_vectors(self) -> None:
        key = KEY
        assert (
            key.subject("device_id", IMEI, domain="tracking") == "dev_jfbv_vcqcchhcqmgnddjmvtpsjpsv"
        )
        assert (
            key.subject("device_id", IMEI, domain="tracking", at=date(2026, 7, 31))
            == PINNED[0, "P1M", "2026-07-01"]
        )
        assert (
            key.subject("device_id", IMEI, domain="tracking", at=date(2026, 7, 2), scope="P1D")
            == PINNED[0, "P1D", "2026-07-02"]
        )

    @pytest.mark.parametrize("digits", [IMEI[:14], IMEI, IMEI[:14] + "07"])
    def test_a_device_is_one_with_and_without_check_digit(self, digits: str) -> None:
        key = KEY
        assert key.subject("device_id", digits, domain="d") == key.domain("d").device(
            DeviceId(IMEI.encode())
        )

    @given(DATES, st.integers(-12, 14))
    def test_a_time_is_taken_in_utc(self, day: date, hours: int) -> None:
        key = KEY
        zone = timezone(timedelta(hours=hours))
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC).astimezone(zone)
        made = key.subject("device_id", IMEI, domain="d", at=at, scope="P1D")
        assert made == key.subject("device_id", IMEI, domain="d", at=day, scope="P1D")

    def test_a_name_is_one_however_its_letters_are_composed(self) -> None:
        key = KEY
        made = {
            key.subject("account_ref", name, domain="d")
            for name in ("caf\u00e9", "cafe\u0301", " caf\u00e9 ")
        }
        assert len(made) == 1

    @pytest.mark.parametrize(("kind", "id"), WRONG_IDS)
    def test_what_is_none_of_its_kind_is_refused_and_not_shown(self, kind: str, id: str) -> None:
        refused(ValueError, kind, id)

    @pytest.mark.parametrize(
        ("more", "error"),
        [
            ({"at": "2026-07-01"}, TypeError),
            ({"at": 20_454}, TypeError),
            ({"at": datetime(2026, 7, 1)}, ValueError),
            ({"scope": "P1M"}, ValueError),
            ({"scope": "P1D"}, ValueError),
            ({"scope": "session"}, ValueError),
            ({"scope": Scope.RECORD}, ValueError),
            ({"scope": "P2M", "at": date(2026, 7, 1)}, ValueError),
            ({"scope": IMEI, "at": date(2026, 7, 1)}, ValueError),
        ],
    )
    def test_a_question_without_answer_is_refused_and_the_id_not_shown(
        self, more: dict[str, Any], error: type[Exception]
    ) -> None:
        refused(error, "device_id", IMEI, **more)

    @pytest.mark.parametrize("id", [IMEI.encode(), int(IMEI), None, [IMEI]])
    def test_an_id_that_is_no_text_is_refused_and_not_shown(self, id: Any) -> None:
        refused(TypeError, "device_id", id)


def refused(error: type[Exception], kind: str, id: Any, **more: Any) -> None:
    with pytest.raises(error) as caught:
        KEY.subject(kind, id, domain="d", **more)
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    shown = f"{caught.value} {caught.value!r} {vars(caught.value)}"
    shown += own_locals(caught.value.__traceback__)
    for value in (kind, id):
        for text in (str(value), repr(value)):
            # a short one may stand there by chance; the kinds we know are told
            assert len(text) < 12 or text in FORMS or text not in shown


def own_locals(trace: TracebackType | None) -> str:
    shown = []
    while trace is not None:
        if f"{os.sep}gpsproto{os.sep}privacy{os.sep}" in trace.tb_frame.f_code.co_filename:
            shown.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert shown
    return "".join(shown)


@pytest.mark.parametrize("kind", ["third_party_id", "device", ""])
def test_a_kind_without_keys_is_refused_and_what_came_not_shown(kind: str) -> None:
    key = KEY.domain("d")
    with pytest.raises(ValueError, match="no pseudonyms") as caught:
        key.pseudonym(kind, FORM)
    assert FORM.decode() not in own_locals(caught.value.__traceback__)
    assert caught.value.__context__ is None


def test_another_process_makes_the_same_pseudonyms_of_epochs() -> None:
    program = (
        "from datetime import date\n"
        "from gpsproto import PseudonymKey\n"
        "key = PseudonymKey(bytes(range(32)))\n"
        "print(key.subject('device_id', '356307042441013', domain='tracking', at=date(2026, 7, 9)))\n"
        "print(key.mac('audit', b'line').hex())"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "TZ": "Pacific/Kiritimati"},
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        assert done.stdout.split() == [
            PINNED[0, "P1M", "2026-07-01"],
            "c7e2427800208a8bef354a020b461285a295685848c4e246fb7116d7d9ff901d",
        ]


def test_threads_make_the_same_pseudonyms() -> None:
    from concurrent.futures import ThreadPoolExecutor

    key = KEY.domain("d")
    asked = [(Scope.DAY, 10_957 + 37 * (number % 300)) for number in range(2_000)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda which: key.pseudonym("device_id", FORM, *which), asked))
    fresh = PseudonymKey(ROOTS[0]).domain("d")
    assert made == [fresh.pseudonym("device_id", FORM, *which) for which in asked]


def test_a_key_error_is_of_a_code() -> None:
    with pytest.raises(KeyRefused) as caught:
        KEY.domain("d").former_key_id(Scope.STABLE)
    assert caught.value.code is ErrorCode.KEY_NOT_ROTATED
