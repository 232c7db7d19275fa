"""Nothing that a key makes meets what another key, domain, kind, scope or epoch makes."""

from __future__ import annotations

import hashlib
import runpy
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.keys.chain import FIRST_DAY, LAST_DAY, epoch
from gpsproto.privacy.keys.pseudonym import KINDS
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.once

KEYS = [PseudonymKey(hashlib.sha256(b"%d" % number).digest()) for number in range(4)]
DOMAINS = ["tracking", "partner-a", "partner-b", "gpsproto/objection"]
WHERE = st.tuples(
    st.integers(0, len(KEYS) - 1),
    st.sampled_from(DOMAINS),
    st.sampled_from(sorted(KINDS)),
    st.sampled_from([Scope.STABLE, Scope.MONTH, Scope.DAY]),
    st.integers(FIRST_DAY, FIRST_DAY + 900) | st.sampled_from([0, 20_454, 20_485, LAST_DAY]),
)


@given(st.binary(max_size=40), WHERE, WHERE)
def test_two_pseudonyms_of_one_subject_are_equal_only_where_all_is(
    canonical: bytes, one: tuple[int, str, str, Scope, int], other: tuple[int, str, str, Scope, int]
) -> None:
    bits, places = [], []
    for number, domain, kind, scope, day in (one, other):
        made = KEYS[number].domain(domain).pseudonym(kind, canonical, scope, day)
        bits.append(made.rpartition("_")[2])
        first = epoch(scope, day) if scope.epochal else 0
        places.append((number, domain, kind, scope, first))
    assert (bits[0] == bits[1]) == (places[0] == places[1])


@given(WHERE, st.binary(max_size=40), st.binary(max_size=40))
def test_two_subjects_are_never_one(
    where: tuple[int, str, str, Scope, int], one: bytes, other: bytes
) -> None:
    number, domain, kind, scope, day = where
    key = KEYS[number].domain(domain)
    made = [key.pseudonym(kind, form, scope, day) for form in (one, other)]
    assert (made[0] == made[1]) == (one == other)


def test_of_a_hundred_thousand_pseudonyms_none_are_equal_over_domains_and_months() -> None:
    path = Path(__file__).parents[2] / "benchmarks" / "unlinkable.py"
    if not path.is_file():
        pytest.skip("the benchmarks are not beside the tests")
    assert runpy.run_path(str(path))["equal"](25_000) == 0
