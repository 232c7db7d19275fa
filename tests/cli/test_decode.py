from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.pipeline import decode_through


def expected(path: Path, key_file: Path, **options):
    key = gpsproto.PseudonymKey.from_file(key_file)
    for batch in gpsproto.decode(path, key=key, **options):
        yield from batch.rows()


def test_lines_on_standard_output_are_the_rows_of_decode(run, dump, key_file):
    done = run("decode", dump, "--key-file", key_file)
    rows = list(expected(dump, key_file))
    assert done.status == 0
    assert len(done.rows) == len(rows) == 10
    for line, row in zip(done.rows, rows, strict=True):
        assert line["subject"] == row["subject"]
        assert line["time"] == row["time"].isoformat(timespec="milliseconds")[:23] + "Z"
        assert line["latitude"] == row["latitude"]
        assert line.keys() == row.keys()


def test_a_dash_is_standard_input(run, dump, made, key_file):
    piped = run("decode", "-", "--key-file", key_file, stdin=made.stream)
    assert piped.status == 0
    assert piped.out == run("decode", dump, "--key-file", key_file).out


@pytest.mark.parametrize("kind", ["stream", "hex", "datagrams", "hex_datagrams"])
def test_each_kind_of_input_is_recognised(run, made, kind):
    done = run("decode", "-", stdin=getattr(made, kind))
    assert done.status == 0
    assert len(done.rows) == (3 if "datagrams" in kind else 10)
    assert all(row["subject"].startswith("dev_") for row in done.rows)


@pytest.mark.parametrize("kind", ["stream", "hex", "datagrams", "hex_datagrams"])
def test_the_kind_of_input_can_be_said(run, made, kind):
    arguments = ("decode", "-", "--input-format", kind.replace("_", "-"))
    assert run(*arguments, stdin=getattr(made, kind)).rows


def test_a_wrong_kind_of_input_is_counted_and_never_stops_the_run(run, made):
    done = run("decode", "-", "--input-format", "datagrams", stdin=made.hex)
    assert done.status == 0
    assert not done.rows
    assert "rejected" in done.err or "skipped" in done.err


def test_several_dumps_are_one_run_with_one_key(run, tmp_path, made):
    for number in range(2):
        (tmp_path / f"{number}.bin").write_bytes(made.stream)
    done = run("decode", tmp_path / "0.bin", tmp_path / "1.bin")
    assert len(done.rows) == 20
    assert len({row["subject"] for row in done.rows}) == 1


def test_several_dumps_without_login_are_several_conversations(run, tmp_path, made):
    for number in range(2):
        (tmp_path / f"{number}.bin").write_bytes(made.anonymous)
    done = run("decode", tmp_path / "0.bin", tmp_path / "1.bin")
    assert {row["subject"] for row in done.rows} == {"unknown_1", "unknown_2"}
    assert "2 of 2 conversations" in done.err
    assert "--device-file" in done.err


def test_an_empty_file_is_a_run_without_records(run, tmp_path):
    (tmp_path / "empty").touch()
    done = run("decode", tmp_path / "empty", "--strict")
    assert (done.status, done.out) == (0, b"")


def test_bad_frames_are_named_by_input_offset_and_code(run, tmp_path, made):
    bad = bytearray(made.frame)
    bad[-1] ^= 1
    (tmp_path / "one.bin").write_bytes(made.frame)
    (tmp_path / "two.bin").write_bytes(made.frame + bad + made.frame)
    done = run("decode", tmp_path / "one.bin", tmp_path / "two.bin")
    assert done.status == 0
    assert len(done.rows) == 15
    assert f"input#2 at offset {len(made.frame)}: bad_crc" in done.err
    assert "two.bin" not in done.err


def test_no_more_than_twenty_bad_frames_are_named(run, made):
    bad = bytearray(made.frame)
    bad[-1] ^= 1
    done = run("decode", "-", stdin=made.frame + bytes(bad) * 30 + made.frame)
    assert done.err.count("input#1 at offset") == 20
    assert "and 10 more" in done.err


def test_strict_ends_with_3_when_a_frame_is_rejected(run, made):
    bad = made.frame[:-1] + bytes([made.frame[-1] ^ 1])
    done = run("decode", "-", "--strict", stdin=made.frame + bad + made.frame)
    assert done.status == 3
    assert len(done.rows) == 10
    assert done.err.splitlines()[-1] == "Error: 1 frame rejected (--strict)"


def test_strict_ends_with_3_when_bytes_are_in_no_frame(run):
    assert run("decode", "-", "--strict", stdin=b"GET / HTTP/1.1\r\n\r\n" * 5).status == 3


def test_strict_bears_keep_alives(run, made):
    assert run("decode", "-", "--strict", stdin=made.stream + b"\xff" + made.frame).status == 0


def test_a_family_file_of_pseudonyms_wants_the_key_that_made_them(run, made, tmp_path):
    note = "no pseudonym in the family file can be one of this run"
    path = tmp_path / "fleet.toml"
    path.write_text('dev_x = "FMB"\n')
    assert note in run("decode", "-", "--family-file", path, stdin=made.stream).err
    path.write_text('unknown_1 = "FMB"\n')
    assert note not in run("decode", "-", "--family-file", path, stdin=made.stream).err


def test_the_family_names_what_differs_by_it(run):
    dump = tcp_frame(8, [Record(1_750_000_000_000, satellites=5, elements=[(50, 1, 90)])])
    plain = run("decode", "-", stdin=dump)
    assert plain.rows[0]["attributes"] == {"avl_50": 90.0}
    assert "avl_50 of 1 bytes: the name differs by device family; --family FMB|FMX6" in plain.err
    named = run("decode", "-", "--family", "fmb", stdin=dump)
    assert run("decode", "-", "--family", "FMC130", stdin=dump).rows == named.rows
    assert named.rows[0]["attributes"] == {"obd_barometric_pressure_kpa": 90.0}
    assert "differs by device family" not in named.err


def test_a_limit_on_frames_rejects_what_is_longer(run, made):
    done = run(
        "decode", "-", "--max-frame-bytes", 50, "--summary-json", "/dev/null", stdin=made.frame
    )
    assert (done.status, done.rows) == (0, [])
    assert "too_large" in done.err


def test_small_batches_give_the_same_lines(run, dump, key_file, tmp_path, made):
    long = tmp_path / "long.bin"
    long.write_bytes(made.stream + made.frame * 200)
    whole = run("decode", long, "--key-file", key_file)
    small = run("decode", long, "--key-file", key_file, "--batch-records", 255)
    assert small.rows == whole.rows


def test_quiet_says_nothing(run, dump):
    done = run("decode", dump, "--quiet")
    assert len(done.rows) == 10
    assert done.err == ""


def test_progress_is_shown_where_it_is_asked_for(run, dump, tmp_path, made):
    done = run("decode", dump, "--progress", "-o", tmp_path / "out")
    assert "10 records" in done.err
    assert "20 records" in run("decode", "-", dump, "--progress", stdin=made.stream).err


def test_progress_is_not_shown_off_a_terminal(run, dump):
    said = run("decode", dump).err
    assert not any(line.rstrip().endswith("10 records") for line in said.splitlines())


def test_an_input_that_cannot_be_read_fails_the_run(run, dump, monkeypatch, tmp_path):
    def refuse(*_, **__):
        raise gpsproto.CaptureError(gpsproto.ErrorCode.UNREADABLE, errno=5)

    monkeypatch.setattr("gpsproto.cli.run.decode_through", refuse)
    done = run("decode", dump, "-o", tmp_path / "out")
    assert done.status == 1
    assert done.err == "Error: input#1: unreadable: the input cannot be read (errno 5)\n"
    assert [path.name for path in tmp_path.iterdir()] == ["dump.bin"]


def test_standard_input_that_is_closed_fails_the_run(run, monkeypatch):
    monkeypatch.setattr("gpsproto.cli.inputs.standard", lambda _: None)
    done = run("decode", "-")
    assert (done.status, done.err) == (
        1, "Error: input#1: unreadable: the input cannot be read (errno 9)\n",
    )  # fmt: skip


def test_a_name_that_is_too_long_fails_the_run(run, tmp_path):
    done = run("decode", "n" * 300, "--progress")
    assert done.status == 1
    assert "input#1: unreadable: the input cannot be read (errno 36)" in done.err


def test_a_compressed_dump_is_unpacked(run, made):
    done = run("decode", "-", stdin=gzip.compress(made.stream))
    assert (done.status, len(done.rows)) == (0, 10)


class TestSummary:
    @pytest.fixture
    def summary(self, run, tmp_path, made):
        bad = made.frame[:-1] + bytes([made.frame[-1] ^ 1])
        (tmp_path / "a").write_bytes(made.stream)
        (tmp_path / "b").write_bytes(made.frame + bad + b"\xff" + made.frame)
        done = run(
            "decode", tmp_path / "a", tmp_path / "b", "--summary-json", tmp_path / "summary.json"
        )
        assert done.status == 0
        return json.loads((tmp_path / "summary.json").read_bytes())

    def test_holds_the_balance(self, summary, made):
        assert summary["records"] == 20
        assert summary["bytes"]["in"] == len(made.stream) + 3 * len(made.frame) + 1
        assert summary["bytes"]["skipped"] == {"keep_alive": 1}
        assert summary["frames"]["by_codec"] == {"0x08": 4}
        assert summary["closes"] is True

    def test_names_rejected_frames_by_input(self, summary, made):
        assert summary["frames"]["first_rejected"] == [
            {
                "code": "bad_crc",
                "offset": len(made.frame),
                "at": 2 * len(made.frame) - 4,
                "input": 2,
            }
        ]

    def test_says_what_it_was_made_with(self, summary):
        policy = gpsproto.Policy.load("tracking")
        assert summary["version"] == gpsproto.__version__
        assert summary["engine"] == gpsproto.engine()
        assert summary["policy"] == {"name": "tracking", "digest": policy.digest}
        assert len(summary["key_id"]) == 4
        assert summary["key_ephemeral"] is True
        assert (summary["inputs"], summary["conversations"]) == (2, 2)
        assert summary["unidentified_conversations"] == 1

    def test_key_id_is_that_of_the_pseudonyms(self, run, dump, tmp_path):
        done = run("decode", dump, "--summary-json", tmp_path / "s")
        key_id = json.loads((tmp_path / "s").read_bytes())["key_id"]
        assert done.rows[0]["subject"].split("_")[1] == key_id

    def test_leaves_nothing_where_the_run_fails(self, run, dump, tmp_path):
        (tmp_path / "bad.key").write_text("no key")
        done = run(
            "decode", dump, "--summary-json", tmp_path / "s", "--key-file", tmp_path / "bad.key"
        )
        assert done.status == 1
        assert sorted(p.name for p in tmp_path.iterdir()) == ["bad.key", "dump.bin"]

    def test_that_cannot_be_written_fails_before_anything_is_decoded(self, run, dump, tmp_path):
        done = run("decode", dump, "--summary-json", tmp_path / "nowhere" / "s")
        assert (done.status, done.out) == (1, b"")
        assert "sink_failed" in done.err


class TestPlainWords:
    def test_positions_and_pseudonyms_of_a_run(self, run, dump):
        said = run("decode", dump).err
        assert "exact positions are kept" in said
        assert "pseudonyms hold within this run only" in said
        assert "gpsproto keys new FILE" in said
        assert "a record may be kept 3 months" in said
        assert f"{gpsproto.engine()} engine" in said

    def test_pseudonyms_of_a_key_file(self, run, dump, key_file):
        said = run("decode", dump, "--key-file", key_file).err
        assert "hold as long as the key file is kept" in said

    def test_a_policy_without_place_and_device(self, run, dump, tmp_path):
        policy = tmp_path / "p.toml"
        policy.write_text(
            'name = "bare"\n[pseudonym]\ndomain = "d"\n[allow]\ntime = "keep"\n'
            '[retain]\ntime = "P1Y2M1D"\n'
        )
        done = run("decode", dump, "--policy", policy)
        assert "policy bare" in done.err
        assert "no positions are kept" in done.err
        assert "the policy drops device ids" in done.err
        assert "kept 1 year and 2 months and 1 day" in done.err
        assert "latitude" not in done.rows[0]
        assert "subject" not in done.rows[0]

    def test_an_escape_sequence_in_the_name_of_a_policy_reaches_no_terminal(
        self, run, dump, tmp_path
    ):
        policy = tmp_path / "p.toml"
        policy.write_text(
            'name = "a\\u001b[31mb"\n[pseudonym]\ndomain = "d"\n[allow]\ntime = "keep"\n'
            '[retain]\ntime = "PT12H"\n'
        )
        said = run("decode", dump, "--policy", policy).err
        assert "\x1b" not in said
        assert "kept less than a day" in said

    def test_private_records_and_far_places_are_counted(self, run):
        private = Record(1_750_000_000_000, satellites=5, elements=[(391, 1, 1)])
        far = Record(1_750_000_000_000, longitude_e7=2_000_000_000, satellites=5)
        said = run("decode", "-", stdin=tcp_frame(0x8E, [private, far])).err
        assert "records   2, 1 of them in private mode" in said
        assert "places    1 out of range" in said

    def test_odd_counts_of_a_run_are_said(self, run, monkeypatch, dump):
        decode = decode_through

        def odd(*arguments, balance, **options):
            balance.ambiguous.update({(id, 1): 1 for id in range(40_000, 40_010)})
            return decode(*arguments, balance=balance, **options)

        monkeypatch.setattr("gpsproto.cli.run.decode_through", odd)
        said = run("decode", dump).err
        assert "avl_40007 of 1 bytes and 2 more: no single name" in said

    def test_a_login_with_a_wrong_check_digit_is_counted(self, run, made):
        said = run("decode", "-", stdin=login("356307042441014") + made.frame).err
        assert "logins    1 with a wrong check digit" in said

    def test_a_balance_that_does_not_close_is_reported_as_a_bug(self, run, dump, monkeypatch):
        monkeypatch.setattr(gpsproto.Balance, "discrepancies", lambda _: ["bytes: 1 in, 2 out"])
        done = run("decode", dump)
        assert done.status == 1
        assert "BUG       the balance does not close: bytes: 1 in, 2 out" in done.err
        assert "a bug in gpsproto, please report it" in done.err


class TestOutput:
    def test_file_holds_what_standard_output_would(self, run, dump, key_file, tmp_path):
        plain = run("decode", dump, "--key-file", key_file)
        done = run("decode", dump, "--key-file", key_file, "-o", tmp_path / "out.jsonl")
        assert (done.status, done.out) == (0, b"")
        assert (tmp_path / "out.jsonl").read_bytes() == plain.out
        assert not list(tmp_path.glob(".*"))

    def test_dash_is_standard_output(self, run, dump):
        assert len(run("decode", dump, "-o", "-").rows) == 10

    def test_replaces_an_older_file_and_keeps_a_link_to_it(self, run, dump, tmp_path):
        (tmp_path / "real").write_text("old")
        (tmp_path / "link").symlink_to(tmp_path / "real")
        assert run("decode", dump, "-o", tmp_path / "link").status == 0
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "real").read_bytes().count(b"\n") == 10

    def test_in_a_folder_that_is_not_there_fails(self, run, dump, tmp_path):
        done = run("decode", dump, "-o", tmp_path / "nowhere" / "out")
        assert done.status == 1
        assert "sink_failed" in done.err

    def test_leaves_nothing_behind_when_the_run_fails(self, run, dump, tmp_path, monkeypatch):
        def broken(*_, **__):
            raise RuntimeError("490154203237518")
            yield

        monkeypatch.setattr("gpsproto.cli.run.decode_through", broken)
        (tmp_path / "out").write_text("old")
        done = run("decode", dump, "-o", tmp_path / "out", "--summary-json", tmp_path / "s")
        assert done.status == 1
        assert (tmp_path / "out").read_text() == "old"
        assert sorted(p.name for p in tmp_path.iterdir()) == ["dump.bin", "out"]

    @pytest.mark.parametrize("option", ["-o", "--summary-json"])
    def test_device_is_written_to_and_not_replaced(self, run, dump, option):
        assert run("decode", dump, option, "/dev/null").status == 0
        assert not Path("/dev/null").is_file()

    @pytest.mark.parametrize("option", ["-o", "--summary-json"])
    def test_on_a_full_disk_fails(self, run, dump, option):
        done = run("decode", dump, option, "/dev/full")
        assert done.status == 1
        assert "No space left on device" in done.err

    def test_closed_fails(self, run, dump, monkeypatch):
        monkeypatch.setattr("gpsproto.cli.output.standard", lambda _: None)
        done = run("decode", dump)
        assert done.status == 1
        assert "sink_failed" in done.err

    def test_unbuffered_is_buffered(self, run, dump, tmp_path, monkeypatch):
        with open(tmp_path / "raw", "wb", buffering=0) as raw:
            monkeypatch.setattr("gpsproto.cli.output.standard", lambda _: raw)
            assert run("decode", dump).status == 0
            assert not raw.closed
        assert (tmp_path / "raw").read_bytes().count(b"\n") == 10


class TestPseudonyms:
    def test_of_a_key_file_are_the_same_in_every_run(self, run, dump, key_file):
        subjects = {
            run("decode", dump, "--key-file", key_file).rows[0]["subject"] for _ in range(2)
        }
        assert len(subjects) == 1

    def test_without_a_key_file_differ_by_run(self, run, dump):
        assert len({run("decode", dump).rows[0]["subject"] for _ in range(2)}) == 2

    def test_of_a_device_file_are_those_of_a_login(self, run, dump, key_file, tmp_path, made):
        device = tmp_path / "device"
        device.write_text("490154203237518\n")
        known = run("decode", dump, "--key-file", key_file).rows[0]["subject"]
        done = run(
            "decode", "-", "--key-file", key_file, "--device-file", device, stdin=made.anonymous
        )
        assert {row["subject"] for row in done.rows} == {known}
        assert "unknown_" not in done.err
        assert "check digit" not in done.err

    def test_of_a_device_file_with_a_slip_come_with_a_warning(self, run, tmp_path, made):
        device = tmp_path / "device"
        device.write_text("490154203237517")
        done = run("decode", "-", "--device-file", device, stdin=made.anonymous)
        assert done.status == 0
        assert "check digit of the id in the device file does not fit" in done.err
