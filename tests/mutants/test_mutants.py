"""The seeded leaks are enough, and of every kind.

``make mutants`` tries them.
"""

from __future__ import annotations

import pytest

from gpsproto.prove.encodings import REGISTRY
from tests.mutants.registry import MUTANTS

pytestmark = pytest.mark.once

_LEAST = 40


def test_there_are_enough_of_them_and_every_family_has_one() -> None:
    assert len(MUTANTS) >= _LEAST
    assert len({one.name for one in MUTANTS}) == len(MUTANTS)
    assert {one.encoding for one in MUTANTS} >= set(REGISTRY)
    assert len({one.row for one in MUTANTS}) >= _LEAST
