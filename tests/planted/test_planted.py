"""The planted mistakes can still be planted, and one of them is found.

``make planted`` tries them all.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.planted.attempt import ROOT, found, planted
from tests.planted.registry import PLANTED, Planted

pytestmark = pytest.mark.once

_LEAST = 10


def test_there_are_enough_of_them() -> None:
    assert len({one.name for one in PLANTED}) == len(PLANTED) >= _LEAST


@pytest.mark.parametrize("one", PLANTED, ids=lambda one: one.name)
def test_what_a_mistake_replaces_stands_in_the_source(one: Planted, tmp_path: Path) -> None:
    target = tmp_path / one.file
    target.parent.mkdir()
    shutil.copy(ROOT / "src" / "gpsproto" / one.file, target)
    before = target.read_text("utf-8")
    planted(one, tmp_path)
    compile(target.read_text("utf-8"), one.file, "exec")
    assert target.read_text("utf-8") != before


def test_one_of_them_is_found() -> None:
    assert found(PLANTED[1])
