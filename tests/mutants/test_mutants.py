"""The seeded leaks are enough, of every kind, and tried with a hunt that is clean without them.

``make mutants`` tries them.
"""

from __future__ import annotations

import pytest

from gpsproto.prove.encodings import REGISTRY
from tests.mutants.attempt import tried
from tests.mutants.registry import MUTANTS
from tests.mutants.short import clean

pytestmark = pytest.mark.once

_LEAST = 40


def test_the_hunt_that_they_are_tried_with_finds_nothing_by_itself() -> None:
    assert clean()


def test_there_are_enough_of_them_and_every_family_has_one() -> None:
    assert len(MUTANTS) >= _LEAST
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)
    assert {one.encoding for one in MUTANTS} >= set(REGISTRY)
    assert len({one.row for one in MUTANTS}) >= _LEAST


def test_one_of_them_is_caught() -> None:
    assert tried(0)[0]
