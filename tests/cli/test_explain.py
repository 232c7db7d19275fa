"""``gpsproto explain``: an error code in words."""

from __future__ import annotations

import json

import pytest

from gpsproto.errors import MEANINGS, ErrorCode
from gpsproto.meanings import entry, unlinked

pytestmark = pytest.mark.once


@pytest.mark.parametrize("code", ErrorCode)
def test_every_code_is_explained(run, code):
    done = run("explain", code.value)
    assert (done.status, done.err) == (0, "")
    text = done.out.decode()
    assert text.startswith(f"{code.value}: in ")
    assert f"meaning: {MEANINGS[code]}\n" in text
    assert f"what to do: {unlinked(entry(code).advice)}\n" in text
    assert "](" not in text


def test_json_says_the_same(run):
    found = json.loads(run("explain", "bad_crc", "--json").out)
    assert found == entry(ErrorCode.BAD_CRC).as_dict()
    assert set(found) == {"code", "place", "meaning", "on_the_wire", "advice"}


def test_without_a_code_all_are_listed(run):
    lines = run("explain").out.decode().splitlines()
    assert [line.split("\t")[0] for line in lines[1:]] == [code.value for code in ErrorCode]
    found = json.loads(run("explain", "--json").out)
    assert [one["code"] for one in found] == [code.value for code in ErrorCode]


@pytest.mark.parametrize("spelled", ["BAD_CRC", "bad-crc", "Bad_CRC"])
def test_a_code_is_known_in_other_spellings(run, spelled):
    assert run("explain", spelled).out == run("explain", "bad_crc").out


def test_an_unknown_code_names_those_that_are_near(run):
    done = run("explain", "bad_crcc")
    assert (done.status, done.out) == (1, b"")
    assert done.err.startswith("Error: no such code; is bad_crc or ")


def test_what_is_like_no_code_is_not_said_again(run):
    done = run("explain", "356938035643809")
    assert (done.status, done.out) == (1, b"")
    assert "356938035643809" not in done.err
    assert "gpsproto explain lists them" in done.err


def test_on_a_terminal_it_is_in_colour(run, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    text = run("explain", "bad_crc").out.decode()
    assert "\x1b[" in text
    assert "what to do" in text


def test_two_codes_are_wrong_usage(run):
    assert run("explain", "bad_crc", "truncated").status == 2
