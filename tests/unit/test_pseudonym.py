from __future__ import annotations

import hashlib
import hmac
import os
import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.identity import DeviceId
from gpsproto.privacy.keys import PREFIXES, PseudonymKey, keys

pytestmark = pytest.mark.core

ROOTS = [
    bytes(range(32)),
    bytes(range(255, 223, -1)),
    hashlib.sha256(b"gpsproto test vector 3").digest(),
]
DOMAINS = ["tracking", "partner-a", "zoo"]
KINDS = ["device_id", "sim_id", "driver_id"]
FORMS = {
    "device_id": b"35630704244101",
    "sim_id": bytes.fromhex("0000000035564ee50000000029d3a9f4"),
    "driver_id": bytes.fromhex("01a2b3c4d5e6f708"),
}
CONSONANTS = "bcdfghjkmnpqrstv"
IMEIS = st.from_regex(rb"[0-9]{14}", fullmatch=True)


def expected(root: bytes, domain: str, kind: str, canonical: bytes) -> str:
    """Section 4 of the privacy specification, written a second time."""

    def expand(*labels: str) -> bytes:
        info = bytearray()
        for label in labels:
            info += bytes(divmod(len(label.encode()), 256)) + label.encode()
        return hmac.new(root, bytes(info) + b"\x01", hashlib.sha256).digest()

    def spelled(data: bytes) -> str:
        return "".join(CONSONANTS[int(digit, 16)] for digit in data.hex())

    link = expand("gpsproto/1", "link", domain, kind)
    mac = hmac.new(link, canonical, hashlib.sha256).digest()
    key_id = expand("gpsproto/1", "key-id", domain)[:2]
    prefix = {"device_id": "dev", "sim_id": "sim", "driver_id": "drv"}[kind]
    return f"{prefix}_{spelled(key_id)}_{spelled(mac[:12])}"


PINNED = {
    (0, "tracking", "device_id"): "dev_jfbv_vcqcchhcqmgnddjmvtpsjpsv",
    (0, "tracking", "sim_id"): "sim_jfbv_gkbktdqpkskhftvjmrhmbvqt",
    (0, "tracking", "driver_id"): "drv_jfbv_btddpnfcgmfmptsdpcfpbvtj",
    (0, "partner-a", "device_id"): "dev_ggqr_nmdnjjnhqvmdqcqfcqnhdnmg",
    (0, "partner-a", "sim_id"): "sim_ggqr_mktrtjtdbcdtfvkggptcccbt",
    (0, "partner-a", "driver_id"): "drv_ggqr_ssmtkmjkgvmqbdtthdvqbkkq",
    (0, "zoo", "device_id"): "dev_jtjb_dgvdjjkqhmtrqjbrgsrvnmvp",
    (0, "zoo", "sim_id"): "sim_jtjb_kkgkqpgbmbfhbhvtcnjfjgsk",
    (0, "zoo", "driver_id"): "drv_jtjb_qkckgvmnstjpjddbvdpcjvvd",
    (1, "tracking", "device_id"): "dev_tgqr_jtqvgfkgrfmbvcsqgknsftjh",
    (1, "tracking", "sim_id"): "sim_tgqr_grrfkfrbhhvhqvcrvqvsgkrp",
    (1, "tracking", "driver_id"): "drv_tgqr_pgccmdcdpkrmmtgvnjcjrrmm",
    (1, "partner-a", "device_id"): "dev_jvph_mtdpqfgkpcktbfdcdffstpsv",
    (1, "partner-a", "sim_id"): "sim_jvph_bgbgqnsqgpvsdnppsrnbcbrb",
    (1, "partner-a", "driver_id"): "drv_jvph_jfbttppgbdmnptbqbtvgngjv",
    (1, "zoo", "device_id"): "dev_pkbc_psjhvhvrhhgghbfmscppgndk",
    (1, "zoo", "sim_id"): "sim_pkbc_ppvkqkrnpkpfvbgphkbmdnsm",
    (1, "zoo", "driver_id"): "drv_pkbc_cpmpsjjrhhbdgtqscpcvkrks",
    (2, "tracking", "device_id"): "dev_kvvg_hkpkthfnfhkgfjbqfmdsvcgp",
    (2, "tracking", "sim_id"): "sim_kvvg_mgrdtrvfvjhrvjfrjfmcjbsd",
    (2, "tracking", "driver_id"): "drv_kvvg_bhjhjmnvmpbnpjgsqvhfkpsh",
    (2, "partner-a", "device_id"): "dev_cdrj_cfgjbkdgkcpdttfjkqsrhqcb",
    (2, "partner-a", "sim_id"): "sim_cdrj_dhmktpdpnjkrvcdhtmgdhmpj",
    (2, "partner-a", "driver_id"): "drv_cdrj_vdhhrhqpdthdktvmpmtvjjtr",
    (2, "zoo", "device_id"): "dev_prdq_trjtmqmnqqqvfcdmhbpmhqpr",
    (2, "zoo", "sim_id"): "sim_prdq_fvkjvqfcqskmbkqnpfmtgthv",
    (2, "zoo", "driver_id"): "drv_prdq_prtmqnfqfvcvfgccsgsncdmf",
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("root", range(3))
def test_pinned_vectors(root: int, domain: str, kind: str) -> None:
    made = PseudonymKey(ROOTS[root]).domain(domain).pseudonym(kind, FORMS[kind])
    assert made == PINNED[root, domain, kind]
    assert made == expected(ROOTS[root], domain, kind, FORMS[kind])


@given(
    st.binary(min_size=32, max_size=32).filter(lambda root: len(set(root)) >= 14),
    st.text(min_size=1, max_size=64).filter(lambda text: text.isprintable()),
    st.sampled_from(KINDS),
    st.binary(max_size=40),
)
def test_a_pseudonym_is_what_the_specification_says(
    root: bytes, domain: str, kind: str, canonical: bytes
) -> None:
    made = PseudonymKey(root).domain(domain).pseudonym(kind, canonical)
    assert made == expected(root, domain, kind, canonical)


def test_another_process_makes_the_same_pseudonym() -> None:
    program = (
        "from gpsproto import DeviceId, PseudonymKey\n"
        "key = PseudonymKey(bytes(range(32))).domain('tracking')\n"
        "print(key.device(DeviceId(b'356307042441013')))"
    )
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True, check=True, text=True,
        )  # fmt: skip
        assert done.stdout.strip() == PINNED[0, "tracking", "device_id"]


@given(IMEIS, st.sampled_from([b"", *[b"%d" % n for n in range(10)], b"07"]))
def test_the_check_digit_or_software_version_changes_nothing(imei: bytes, behind: bytes) -> None:
    key = PseudonymKey(ROOTS[0]).domain("tracking")
    assert key.device(DeviceId(imei + behind)) == key.pseudonym("device_id", imei)


@given(IMEIS, IMEIS)
def test_two_devices_share_a_pseudonym_only_if_they_are_one(one: bytes, other: bytes) -> None:
    key = PseudonymKey(ROOTS[0]).domain("tracking")
    assert (key.device(DeviceId(one)) == key.device(DeviceId(other))) == (one == other)


@given(st.binary(max_size=40), st.data())
def test_another_key_domain_or_kind_makes_another_pseudonym(
    canonical: bytes, data: st.DataObject
) -> None:
    where = st.tuples(st.sampled_from(ROOTS), st.sampled_from(DOMAINS), st.sampled_from(KINDS))
    one, other = data.draw(where), data.draw(where)
    made = [
        PseudonymKey(root).domain(domain).pseudonym(kind, canonical).rpartition("_")[2]
        for root, domain, kind in (one, other)
    ]
    assert (made[0] == made[1]) == (one == other)


def test_of_a_hundred_thousand_devices_none_meet_over_keys_domains_and_kinds() -> None:
    where = [PseudonymKey(root).domain(domain) for root in ROOTS[:2] for domain in DOMAINS[:2]]
    made = {
        key.pseudonym(kind, b"%014d" % (35_000_000_000_000 + 7 * number)).rpartition("_")[2]
        for number in range(12_500)
        for key in where
        for kind in KINDS[:2]
    }
    assert len(made) == 100_000


def test_the_labels_of_a_domain_cannot_run_into_another() -> None:
    key = PseudonymKey(ROOTS[0])
    made = {
        key.domain(domain).pseudonym(kind, b"1").rpartition("_")[2]
        for domain in ("", "d", "sim", "sim_id", "dsim_id", "link", "\x00\x06sim_id")
        for kind in KINDS
    }
    assert len(made) == 21


@given(st.sampled_from(sorted(PREFIXES)), st.binary(max_size=40))
def test_a_pseudonym_has_no_vowel_and_no_digit(kind: str, canonical: bytes) -> None:
    made = PseudonymKey(ROOTS[1]).domain("tracking").pseudonym(kind, canonical)
    assert re.fullmatch(
        "(dev|wat|sim|drv|veh|acc)_[bcdfghjkmnpqrstv]{4}_[bcdfghjkmnpqrstv]{24}", made
    )


def test_the_kinds_have_different_prefixes() -> None:
    assert len(set(PREFIXES.values())) == len(PREFIXES)


def test_the_key_id_stands_in_every_pseudonym_of_a_domain_and_differs_elsewhere() -> None:
    domains = [PseudonymKey(root).domain(domain) for root in ROOTS for domain in DOMAINS]
    assert len({domain.key_id for domain in domains}) == 9
    for domain in domains:
        assert domain.pseudonym("sim_id", b"1").split("_")[1] == domain.key_id


@pytest.mark.parametrize("kind", ["time", "third_party_id", "device"])
def test_what_is_no_identifier_of_ours_gets_no_pseudonym(kind: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        PseudonymKey(ROOTS[0]).domain("d").pseudonym(kind, b"1")


def test_a_cache_that_is_full_is_emptied_and_changes_no_pseudonym(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(keys, "_CACHE", 8)
    key = PseudonymKey(ROOTS[0]).domain("d")
    forms = [b"%d" % (number % 20) for number in range(60)]
    assert [key.pseudonym("sim_id", form) for form in forms] == [
        expected(ROOTS[0], "d", "sim_id", form) for form in forms
    ]
    assert len(key._DomainKey__cache) <= 8  # type: ignore[attr-defined]
