from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import gpsproto
from gpsproto.balance import Balance
from gpsproto.cli.generate import generate

pytestmark = pytest.mark.once


def decoded(path: Path) -> Balance:
    balance = Balance()
    for _ in gpsproto.decode(path, balance=balance):
        pass
    return balance


def test_a_dump_decodes_to_what_was_asked_for(run, tmp_path):
    path = tmp_path / "dump.bin"
    done = run("generate", "-o", path, "--devices", 4, "--records", 200)
    assert (done.status, done.out) == (0, b"")
    assert "4 devices, 200 records in 200 frames" in done.err
    assert "and 4 logins before them" in done.err
    assert "to 200 records in 200 frames" in done.err
    balance = decoded(path)
    assert (balance.records, balance.frames, balance.logins) == (200, 200, 4)
    assert balance.implausible_logins == 0


def test_what_is_generated_goes_through_decode_of_the_command_line(run, tmp_path):
    path = tmp_path / "dump.hex"
    run("generate", "-o", path, "--kind", "mixed", "--records", 60)
    done = run("decode", path, "--strict")
    assert done.status == 0
    assert {row["protocol"] for row in done.rows} == {"teltonika", "watch"}
    assert sum(row["message"] != "link" for row in done.rows) == 60


def test_without_options_a_thousand_records_go_to_standard_output(run):
    done = run("generate", "--quiet")
    assert (done.status, done.err) == (0, "")
    assert decoded_bytes(done.out).records == 1_000


def decoded_bytes(data: bytes) -> Balance:
    balance = Balance()
    list(gpsproto.decode(data, balance=balance))
    return balance


def test_a_dash_is_standard_output(run):
    assert run("generate", "-o", "-", "-q").out == run("generate", "-q").out


HEADS = {
    "dump.bin": b"\0\x0f00101", "dump": b"\0\x0f00101", "dump.hex": b"000f3030313031",
    "dump.txt": b"000f3030313031", "dump.pcap": b"\xd4\xc3\xb2\xa1", "dump.cap": b"\xd4\xc3\xb2\xa1",
    "dump.pcapng": b"\x0a\x0d\x0d\x0a",
}  # fmt: skip


@pytest.mark.parametrize("name", HEADS)
def test_the_suffix_says_the_form(run, tmp_path, name):
    assert run("generate", "-o", tmp_path / name, "-q").status == 0
    assert (tmp_path / name).read_bytes().startswith(HEADS[name])


def test_the_form_can_be_said(run):
    assert run("generate", "--to", "pcapng", "-q").out.startswith(HEADS["dump.pcapng"])


def test_the_same_seed_gives_the_same_file_and_another_another(run, tmp_path):
    for name, seed in (("a", 7), ("b", 7), ("c", 8)):
        run("generate", "-o", tmp_path / name, "--seed", seed, "--bad-crc", 0.1, "-q")
    one, same, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == same != other


def test_faults_are_told(run, tmp_path):
    path, summary = tmp_path / "dump.bin", tmp_path / "made.json"
    done = run(
        "generate", "-o", path, "--records", 2_000, "--bad-crc", 0.01, "--duplicates", 0.02,
        "--clock-errors", 0.01, "--noise", 0.01, "--summary-json", summary,
    )  # fmt: skip
    told = json.loads(summary.read_bytes())
    written, balance = told["written"], decoded(path)
    assert balance.rejected[gpsproto.ErrorCode.BAD_CRC] == written["bad_crc"] > 0
    assert balance.frames == told["decodes_to"]["frames"]
    assert balance.records == told["decodes_to"]["records"]
    assert f"{written['bad_crc']} with a bad CRC, {written['repeated']} sent twice" in done.err
    assert f"{written['clock_errors']} records by a wrong clock" in done.err
    assert written["bytes"] == path.stat().st_size


def test_json_on_standard_error_is_the_summary(run, tmp_path):
    summary = tmp_path / "made.json"
    done = run("generate", "--json", "--seed", 5, "--summary-json", summary)
    assert json.loads(done.err) == json.loads(summary.read_bytes())
    assert json.loads(done.err)["seed"] == 5
    assert json.loads(done.err)["written"]["records"] == 1_000


def test_the_start_and_the_interval_are_those_of_the_records(run, tmp_path):
    path = tmp_path / "dump.bin"
    run(
        "generate", "-o", path, "--start", "2024-02-29T23:59", "--interval", 60,
        "--devices", 1, "--records", 3, "-q",
    )  # fmt: skip
    rows = run("decode", path, "-q").rows
    assert [row["time"] for row in rows] == [
        "2024-02-29T23:59:00.000Z", "2024-03-01T00:00:00.000Z", "2024-03-01T00:01:00.000Z",
    ]  # fmt: skip


def test_a_file_that_stands_there_is_replaced_when_the_new_one_is_whole(run, tmp_path):
    path = tmp_path / "dump.bin"
    path.write_bytes(b"old")
    assert run("generate", "-o", path, "-q").status == 0
    assert path.read_bytes() != b"old"
    assert list(tmp_path.iterdir()) == [path]


WRONG = {
    "no devices": (("--devices", 0), "--devices wants a whole number of at least 1"),
    "too many devices": (("--devices", 10**7), "at most 1000000"),
    "words for numbers": (("--devices", "many"), "--devices wants a whole number"),
    "a rate over one": (("--bad-crc", 1.5), "--bad-crc wants a rate from 0 to 1"),
    "no rate": (("--noise", "often"), "--noise wants a rate from 0 to 1"),
    "no number": (("--noise", "nan"), "--noise wants a rate from 0 to 1"),
    "too much at once": (("--bad-crc", 0.6, "--noise", 0.6), "add up to more than 1"),
    "another codec": (("--codec", "12"), "--codec wants one of: 8, 8e, 16"),
    "another day": (("--start", "tomorrow"), "--start wants a day, 2025-06-01"),
    "long ago": (("--start", "1999-01-01"), "2012 or later"),
    "idle devices": (("--devices", 100, "--records", 10), "more devices than frames"),
    "huge": (("--records", 10**10, "--interval", 3600), "after 2099"),
    "over huge": (("--records", 10**11), "--records wants a whole number"),
    "both": (("--records", 10, "--frames", 10), "either records or frames"),
    "a CRC of watches": (("--kind", "watch", "--bad-crc", 0.1), "no CRC"),
    "reads in a binary file": (("--split", 0.1), "does not tell one read from the next"),
    "an argument": (("dump.bin",), "an argument too many"),
    "a frame too long": (("--layout", "wide", "--records-per-frame", 99), "over 8,192 bytes"),
    "no suffix of its own": (("--to", "hex", "-o", "x.pcap"), "the suffix of the output says pcap"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_command_is_told_what_is_wanted(run, tmp_path, monkeypatch, wrong):
    monkeypatch.chdir(tmp_path)
    arguments, said = WRONG[wrong]
    done = run("generate", *arguments)
    assert (done.status, done.out) == (2, b"")
    assert said in done.err
    assert not list(tmp_path.iterdir())


def test_an_output_that_is_a_folder_is_refused(run, tmp_path):
    done = run("generate", "-o", tmp_path)
    assert done.status == 2
    assert "the output is a folder; a file is wanted" in done.err


def test_one_file_cannot_be_both_outputs(run, tmp_path):
    done = run("generate", "-o", tmp_path / "a", "--summary-json", tmp_path / "a")
    assert done.status == 2
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_and_leaves_nothing(run, tmp_path):
    done = run("generate", "-o", "/dev/full", "--summary-json", tmp_path / "s.json")
    assert done.status == 1
    assert "No space left" in done.err
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error(run, tmp_path):
    done = run("generate", "-o", tmp_path / "none" / "dump.bin")
    assert done.status == 1
    assert "sink_failed" in done.err


def test_a_reader_that_closes_the_pipe_ends_the_run(spawn):
    process = spawn("generate", "--records", 10_000_000, stdout=subprocess.PIPE)
    assert process.stdout.read(100)
    process.stdout.close()
    assert process.wait(timeout=60) == 1
    assert process.stderr.read() == b"output closed by the reader\n"


def test_a_run_that_is_stopped_leaves_no_file(spawn, tmp_path):
    process = spawn("generate", "-o", tmp_path / "dump.bin", "--records", 1_000_000_000)
    while not list(tmp_path.iterdir()):
        assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 128 + signal.SIGTERM
    assert not list(tmp_path.iterdir())


def test_two_processes_make_the_same_bytes(environment):
    command = [
        sys.executable,
        "-m",
        "gpsproto.cli",
        "generate",
        "--seed",
        "3",
        "--to",
        "pcap",
        "-q",
    ]
    digests = {
        hashlib.sha256(
            subprocess.run(command, env=environment, capture_output=True, check=True).stdout
        ).digest()
        for _ in range(2)
    }
    assert len(digests) == 1


def test_a_bar_can_be_asked_for(run, tmp_path):
    done = run("generate", "-o", tmp_path / "dump.bin", "--progress")
    assert "1,000 of 1,000 frames" in done.err


def test_help_explains_every_option(run):
    done = run("generate", "--help")
    assert done.status == 0
    shown = done.out.decode()
    for option in generate.params:
        assert option.opts[-1] in shown
        assert option.help
