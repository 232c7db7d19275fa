"""Watches on the command line: decode, summary, fields."""

from __future__ import annotations

import json

import pytest

from gpsproto.codecs.watch import items
from tests.conftest import FIXTURES

DAY = FIXTURES / "watch" / "day.txt"


def records(done):
    return [json.loads(line) for line in done.out.decode().splitlines()]


def test_a_day_of_watches_becomes_records(run):
    done = run("decode", str(DAY))
    assert done.status == 0
    found = records(done)
    assert [one["message"] for one in found] == [
        "link", *["position"] * 4, "alarm", "link", "alarm",
    ]  # fmt: skip
    assert {one["protocol"] for one in found} == {"watch"}
    assert len({one["subject"] for one in found}) == 2
    assert found[5]["alarms"] == ["sos"]
    assert found[5]["states"] == ["battery_low"]
    assert [one["fix"] for one in found] == [None, True, True, True, False, True, None, True]
    assert found[4]["latitude"] is None


def test_the_summary_counts_messages_by_word_and_names_none_that_is_unknown(run):
    done = run("decode", str(DAY), "--strict")
    assert done.status == 0  # line ends between frames are nothing to complain of
    assert "messages  UD 4, AL 2, withheld 2, LK 2, unknown 1" in done.err
    assert "1 length_mismatch" in done.err
    assert "1 unknown_word" in done.err
    assert "8800000015" not in done.err
    assert "11 of watches" in done.err


def test_hex_lines_and_bytes_of_it_give_the_same(run, tmp_path):
    raw = DAY.read_bytes()
    frames = [frame + b"]" for frame in raw.split(b"]\r\n") if frame]
    (tmp_path / "hex").write_bytes(b"".join(frame.hex().encode() + b"\n" for frame in frames))
    (tmp_path / "raw").write_bytes(b"".join(frames))

    def of(name):
        found = records(run("decode", str(tmp_path / name)))
        return [{**one, "subject": None} for one in found]

    assert of("hex") == of("raw")
    assert len(of("raw")) == 8


def test_a_vendor_profile_changes_what_a_bit_means(run, tmp_path):
    dump = tmp_path / "dump"
    dump.write_bytes(DAY.read_bytes().replace(b"00200010", b"00400010"))
    assert records(run("decode", str(dump)))[-1]["alarms"] == ["unknown"]
    assert records(run("decode", str(dump), "--family", "reachfar"))[-1]["alarms"] == ["fall"]
    assert records(run("decode", str(dump), "--family", "WATCH4P"))[-1]["alarms"] == ["unknown"]
    # a family of trackers says nothing of a watch
    assert records(run("decode", str(dump), "--family", "FMB"))[-1]["alarms"] == ["unknown"]


def test_a_portrait_shows_the_messages_and_compares_no_family_of_trackers(run):
    done = run("summary", str(DAY))
    assert done.status == 0
    shown = done.out.decode()
    assert "messages  UD 4" in shown
    assert "devices   2" in shown
    assert "families" not in shown
    found = json.loads(run("summary", str(DAY), "--json", "--family", "REACHFAR").out)
    assert found["frames"]["by_message"]["unknown"] == 1
    assert found["devices"] == 2
    assert found["family_fit"]["elements"] == 0


def test_every_field_of_a_watch_is_listed_with_what_becomes_of_it(run):
    done = run("fields", "--protocol", "watch", "--json")
    found = {one["name"]: one for one in json.loads(done.out)}
    assert set(found) == {item.name for item in items()}
    assert found["steps"]["leaves_as"] == "dropped"
    assert found["battery_percent"]["leaves_as"] == "column"
    assert found["wifi_name"]["leaves_as"] == "floor"
    assert found["upload_interval_s"]["leaves_as"] == "attribute"
    assert found["position_place"]["leaves_as"] == "column"
    assert found["pulse_bpm"]["messages"] == ["BLOOD", "bphrt", "heart", "HR", "PULSE"]


def test_fields_of_a_watch_are_searched_by_words(run):
    head, *lines = (
        run("fields", "--protocol", "watch", "--search", "HEALTH bphrt").out.decode().splitlines()
    )
    assert head.split("\t")[0] == "name"
    assert {line.split("\t")[3] for line in lines} == {"health"}
    assert run("fields", "--protocol", "watch", "--search", "nothing of the kind").status == 1


@pytest.mark.parametrize("width", ["60", "140"])
def test_a_terminal_shows_fields_of_a_watch_as_a_table(run, monkeypatch, width):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", width)
    done = run("fields", "--protocol", "watch", "--search", "pulse")
    assert "pulse_bpm" in done.out.decode()
    assert "\t" not in done.out.decode()
