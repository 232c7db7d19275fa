"""Codec 7 and SMS on the command line, as somebody who has a dump of them begins."""

from __future__ import annotations

import json

import pytest

from tests.conftest import FIXTURES

LEGACY = FIXTURES / "legacy"


def records(done):
    return [json.loads(line) for line in done.out.decode().splitlines()]


def test_a_line_that_is_an_sms_is_read_without_a_word(run, tmp_path):
    line = (LEGACY / "sms.hex").read_text("ascii").splitlines()[0]
    path = tmp_path / "one.hex"
    path.write_text(line, "ascii")
    done = run("decode", str(path))
    assert done.status == 0
    found = records(done)
    assert len(found) == 24
    assert [one["fix"] for one in found].count(False) == 3
    assert {one["subject"][:4] for one in found} == {"dev_"}
    assert "1 of codec 4" in done.err


def test_messages_of_several_codecs_stand_in_one_file(run):
    done = run("decode", str(LEGACY / "sms.hex"), "--input-format", "sms", "--strict")
    assert done.status == 0
    found = records(done)
    assert len(found) == 26
    assert len({one["subject"] for one in found}) == 2


def test_a_log_of_messages_needs_the_format_to_be_named(run, tmp_path):
    lines = (LEGACY / "sms.hex").read_text("ascii").splitlines()
    path = tmp_path / "sms.log"
    text = "2026-09-21 14:13 Val:1 Lon:4.89 Lat:52.37 Q:1"
    path.write_text("\n".join([*(f"2026-09-21 14:13 rx {line}" for line in lines), text]), "ascii")
    done = run("decode", str(path), "--input-format", "sms")
    assert len(records(done)) == 26
    assert "foreign_text" in done.err
    assert "52.37 Q" not in done.err
    assert "4.89" not in done.err


@pytest.mark.parametrize("family", [(), ("--family", "GH"), ("--family", "GH3000")])
def test_a_personal_tracker_names_its_battery(run, family):
    done = run("decode", str(LEGACY / "gh.bin"), *family)
    assert done.status == 0
    found = records(done)
    assert [one["battery_percent"] for one in found] == [90, 89, 88, 87, 80, None]
    assert found[0]["latitude"] == pytest.approx(-33.4372, abs=1e-5)
    assert found[0]["longitude"] == pytest.approx(-70.6506, abs=1e-5)
    assert found[-1]["alarms"] == ["gh_alarm"]
    assert "3 of codec 7" in done.err
