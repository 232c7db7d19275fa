"""Every detector finds each kind of canary in its encoding, in noise, and finds nothing in noise."""

from __future__ import annotations

import random

import pytest

from gpsproto.prove.canaries import KINDS, Pool, pools
from gpsproto.prove.derived import Digests, spelled
from gpsproto.prove.encodings import REGISTRY, spellings
from gpsproto.prove.matcher import Bytes, Matcher

pytestmark = pytest.mark.once

SEED = 20_260_922
_FAMILIES = 24
_NOISE_SIZE = 8 << 20

# what varies in front leaves nothing to look for: of digits that are four bytes and less
_UNMARKED = {("iccid", 11), ("phone", 11), ("phone", 20), ("lac", 5), ("lac", 6), ("lac", 7),
             ("lac", 18)}  # fmt: skip


@pytest.fixture(scope="module")
def found() -> dict[str, Pool]:
    return pools(2_000, SEED)


@pytest.fixture(scope="module")
def matcher(found: dict[str, Pool]) -> Matcher:
    return Matcher(found)


@pytest.fixture(scope="module")
def digests(found: dict[str, Pool]) -> Digests:
    return Digests(found)


def test_all_families_of_the_specification_are_there() -> None:
    assert sorted(REGISTRY) == list(range(1, _FAMILIES + 1))
    assert len({one.name for one in REGISTRY.values()}) == _FAMILIES


@pytest.mark.parametrize("number", range(1, _FAMILIES))
def test_a_canary_is_found_in_every_spelling_of_a_family(
    number: int, found: dict[str, Pool], matcher: Matcher
) -> None:
    random_ = random.Random(number)
    kinds = set()
    missed = set()
    for pool in found.values():
        covered = matcher.covers(pool.kind.name)
        for one in (*pool.edges, *random_.sample(list(pool.canaries), 3)):
            if one not in pool.canaries:
                continue
            for spelling in REGISTRY[number].spell(one):
                if (number, spelling.label) not in covered:
                    assert (pool.kind.name, number) in _UNMARKED, (pool.kind.name, spelling.label)
                    continue
                kinds.add(pool.kind.name)
                noise = random_.randbytes(40) + spelling.data + random_.randbytes(40)
                if not any(hit.kind == one.kind for hit in matcher.find(noise, Bytes.SMALL)):
                    missed.add((pool.kind.name, spelling.label))
    assert kinds
    assert not missed


def test_a_digest_is_found_in_every_spelling(found: dict[str, Pool], digests: Digests) -> None:
    missed = set()
    for pool in found.values():
        one = pool.canaries[0]
        for label, data in spelled(one):
            hits = digests.find(b"\0, " + data + b" ,\0", Bytes.BINARY)
            # what two have in common, as fourteen of fifteen digits, is of either
            if not any(hit.kind == one.kind for hit in hits):
                missed.add((pool.kind.name, label))
    assert not missed


def test_every_kind_has_spellings_in_most_families(found: dict[str, Pool]) -> None:
    for kind in KINDS:
        one = found[kind.name].canaries[0]
        assert len({encoding.number for encoding, _ in spellings(one)}) >= 11, kind.name


def test_random_noise_holds_nothing(matcher: Matcher, digests: Digests) -> None:
    noise = random.Random(SEED).randbytes(_NOISE_SIZE)
    for what in (Bytes.BINARY, Bytes.COMPRESSED, Bytes.TEXT):
        assert matcher.find(noise, what) == []
        assert digests.find(noise, what) == []


def test_pseudonyms_and_clean_records_hold_nothing(matcher: Matcher, digests: Digests) -> None:
    random_ = random.Random(SEED)
    line = b'{"subject":"dev_rscd_%s","time":"2025-06-15T15:06:40.000Z","latitude":52.0125}\n'
    text = b"".join(line % bytes(random_.choices(b"bcdfghjkmnpqrstv", k=24)) for _ in range(40_000))
    assert matcher.find(text, Bytes.TEXT) == []
    assert matcher.find(text, Bytes.BINARY) == []
    assert digests.find(text, Bytes.BINARY) == []


def test_canaries_are_all_different(found: dict[str, Pool]) -> None:
    everything = [one.value for pool in found.values() for one in pool.canaries]
    assert len(everything) == len(set(everything))


def test_a_canary_does_not_show_itself(found: dict[str, Pool]) -> None:
    one = found["imei"].canaries[0]
    assert one.value.decode() not in repr(one) + str(one)
