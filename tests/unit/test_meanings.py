"""Every error code has words: what it means, what stands on the wire, and what to do."""

from __future__ import annotations

import re

import pytest

from gpsproto import meanings
from gpsproto.errors import MEANINGS, ErrorCode
from gpsproto.meanings import PLACES, entries, entry, place, unlinked
from tests.conftest import ROOT

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_has_a_meaning_and_advice(code: ErrorCode) -> None:
    found = entry(code)
    assert len(found.meaning.split()) >= 3
    assert len(found.advice.split()) >= 1
    assert found.advice.endswith((".", "?"))
    assert found.place in PLACES


@pytest.mark.parametrize("code", [c for c in ErrorCode if place(c) in ("wire", "note")])
def test_a_code_of_the_wire_says_what_stands_there(code: ErrorCode) -> None:
    found = entry(code).wire
    assert found.endswith(".")
    assert found != MEANINGS[code]


def test_no_words_are_of_no_code() -> None:
    assert set(meanings._ADVICE) == set(ErrorCode)
    assert set(meanings._WIRE) <= set(ErrorCode)


def test_every_place_has_codes() -> None:
    assert {place(code) for code in ErrorCode} == set(PLACES)
    assert sum(len(entries(one)) for one in PLACES) == len(entries()) == len(ErrorCode)


def test_the_document_holds_every_code_once() -> None:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    rows = re.findall(r"^\| `([a-z_0-9]+)` \|", text, re.MULTILINE)
    assert sorted(rows) == sorted(code.value for code in ErrorCode)


def test_a_link_is_its_name_on_a_terminal() -> None:
    assert unlinked("See [a.md](a.md#b), and [c](d).") == "See a.md, and c."
