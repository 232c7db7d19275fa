"""In which form the records leave, and where to."""

from __future__ import annotations

import csv
import io
import os
import pty
import signal
import subprocess
import threading
import time

import pytest

pa = pytest.importorskip("pyarrow", reason="the command line writes through Arrow")
import pyarrow.dataset as ds  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

PIPE = subprocess.PIPE
FORMS = ("jsonl", "csv", "parquet", "arrow")


def kind_of(content: bytes) -> str:
    if content[:4] == b"PAR1":
        return "parquet"
    if content[:6] == b"ARROW1":
        return "arrow"
    if content[:4] == b"\xff\xff\xff\xff":
        return "arrow stream"
    return "jsonl" if content[:1] == b"{" else "csv"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("out.jsonl", "jsonl"), ("out.ndjson", "jsonl"), ("out.csv", "csv"), ("out", "jsonl"),
        ("out.parquet", "parquet"), ("out.PARQUET", "parquet"), ("out.arrow", "arrow"),
        ("out.feather", "arrow"), ("out.ipc", "arrow"), ("out.arrows", "arrow stream"),
        ("out.txt", "jsonl"),
    ],
)  # fmt: skip
def test_the_suffix_says_the_form(run, dump, tmp_path, name, kind):
    assert run("decode", dump, "-o", tmp_path / name).status == 0
    assert kind_of((tmp_path / name).read_bytes()) == kind


@pytest.mark.parametrize("kind", FORMS)
def test_the_option_says_the_form(run, dump, tmp_path, kind):
    assert run("decode", dump, "--to", kind, "-o", tmp_path / "out").status == 0
    assert kind_of((tmp_path / "out").read_bytes()) == kind


def test_a_suffix_and_an_option_that_differ_are_refused(run, dump, tmp_path):
    done = run("decode", dump, "--to", "csv", "-o", tmp_path / "out.parquet")
    assert done.status == 2
    assert "the suffix of the output says parquet, and --to says csv" in done.err
    assert not list(tmp_path.glob("out*"))


def test_a_wrong_form_is_told_which_there_are(run, dump):
    done = run("decode", dump, "--to", "xlsx")
    assert done.status == 2
    assert "--to wants one of: jsonl, csv, parquet, arrow" in done.err


def test_csv_goes_to_standard_output(run, dump):
    lines = list(csv.DictReader(io.StringIO(run("decode", dump, "--to", "csv").out.decode())))
    assert [line["message"] for line in lines] == ["avl"] * 10


def test_arrow_on_standard_output_is_a_stream(run, dump):
    done = run("decode", dump, "--to", "arrow")
    assert len(pa.ipc.open_stream(done.out).read_all()) == 10


@pytest.mark.parametrize("output", [[], ["-o", "-"]])
def test_parquet_on_standard_output_is_refused(run, dump, output):
    done = run("decode", dump, "--to", "parquet", *output)
    assert (done.status, done.out) == (2, b"")
    assert "Parquet goes to a file: name it with -o" in done.err


def test_parquet_into_a_pipe_is_refused(run, dump, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    done = run("decode", dump, "--to", "parquet", "-o", tmp_path / "fifo")
    assert done.status == 2
    assert "Parquet goes to a file" in done.err


def test_arrow_into_a_pipe_is_a_stream(spawn, dump, tmp_path):
    os.mkfifo(tmp_path / "fifo")
    process = spawn("decode", dump, "-q", "--to", "arrow", "-o", tmp_path / "fifo")
    assert len(pa.ipc.open_stream((tmp_path / "fifo").read_bytes()).read_all()) == 10
    assert process.wait() == 0


@pytest.mark.parametrize(
    ("kind", "status", "said"),
    [
        ("jsonl", 0, b'"subject":"dev_'),
        ("arrow", 2, b"Arrow is not for a terminal"),
        ("parquet", 2, b"Parquet goes to a file"),
    ],
)
def test_a_terminal_is_shown_text_only(spawn, dump, kind, status, said):
    ours, theirs = pty.openpty()
    process = spawn("decode", dump, "-q", "--to", kind, stdout=theirs, stderr=theirs)
    shown = b""

    def listen():
        nonlocal shown
        try:
            while piece := os.read(ours, 65_536):
                shown += piece
        except OSError:
            pass  # the other end is gone

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert process.wait() == status
    os.close(theirs)
    listener.join(10)
    os.close(ours)
    assert said in shown


def test_an_empty_dump_gives_an_empty_file_with_schema_and_metadata(run, tmp_path, key_file):
    (tmp_path / "empty").touch()
    out = tmp_path / "out.parquet"
    assert run("decode", tmp_path / "empty", "-o", out, "--key-file", key_file).status == 0
    read = pq.read_table(out)
    assert (len(read), read.schema.names[0]) == (0, "subject")
    assert read.schema.metadata[b"gpsproto.policy_name"] == b"tracking"
    assert len(read.schema.metadata[b"gpsproto.key_ids"]) == 4


@pytest.mark.parametrize("kind", ["csv", "parquet", "arrow"])
def test_every_form_holds_the_records_of_the_lines(run, dump, key_file, tmp_path, kind):
    lines = run("decode", dump, "--key-file", key_file).rows
    assert run("decode", dump, "--key-file", key_file, "-o", tmp_path / f"o.{kind}").status == 0
    if kind == "csv":
        found = list(csv.DictReader((tmp_path / "o.csv").read_text().splitlines()))
    elif kind == "parquet":
        found = pq.read_table(tmp_path / "o.parquet").to_pylist()
    else:
        found = pa.ipc.open_file((tmp_path / "o.arrow").read_bytes()).read_all().to_pylist()
    assert [str(row["longitude"]) for row in found] == [str(line["longitude"]) for line in lines]
    assert [row["subject"] for row in found] == [line["subject"] for line in lines]


class TestPartitions:
    def test_are_folders_of_parquet_files(self, run, dump, tmp_path):
        done = run("decode", dump, "-o", tmp_path / "out", "--partition-by", "expires_on,subject")
        assert done.status == 0
        assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 10
        (day,) = (tmp_path / "out").iterdir()
        assert day.name == "expires_on=2025-09-15"

    def test_go_into_a_folder_that_is_there(self, run, dump, tmp_path):
        for _ in range(2):
            out = f"{tmp_path / 'out'}/"
            assert run("decode", dump, "-o", out, "--partition-by", "expires_on").status == 0
        assert ds.dataset(tmp_path / "out", partitioning="hive").count_rows() == 20

    def test_of_unknown_columns_are_told_which_there_are(self, run, dump, tmp_path):
        done = run("decode", dump, "-o", tmp_path / "out", "--partition-by", "490154203237518")
        assert done.status == 2
        assert "of: expires_on, retention_class, subject, protocol, message" in done.err
        assert "4901" not in done.err

    @pytest.mark.parametrize("output", [[], ["-o", "-"]])
    def test_want_a_folder(self, run, dump, output):
        done = run("decode", dump, "--partition-by", "expires_on", *output)
        assert done.status == 2
        assert "name it with -o" in done.err

    def test_do_not_replace_a_file(self, run, dump, tmp_path):
        done = run("decode", dump, "--partition-by", "expires_on", "-o", dump)
        assert done.status == 2
        assert "the output is a folder" in done.err

    def test_are_parquet(self, run, dump, tmp_path):
        out = tmp_path / "out"
        done = run("decode", dump, "--to", "csv", "--partition-by", "expires_on", "-o", out)
        assert done.status == 2
        assert "--partition-by writes Parquet" in done.err

    def test_are_completed_by_the_shell(self, run, monkeypatch):
        monkeypatch.setenv("_GPSPROTO_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", "gpsproto decode --partition-by subject,ex")
        monkeypatch.setenv("COMP_CWORD", "3")
        assert run().out == b"plain,subject,expires_on\n"

    def test_that_fail_leave_no_folder(self, run, dump, tmp_path, monkeypatch):
        def broken(*_, **__):
            raise RuntimeError
            yield

        monkeypatch.setattr("gpsproto.cli.run.decode_through", broken)
        done = run("decode", dump, "-o", tmp_path / "out", "--partition-by", "expires_on")
        assert done.status == 1
        assert [path.name for path in tmp_path.iterdir()] == ["dump.bin"]


def test_forms_are_completed_by_the_shell(run, monkeypatch):
    monkeypatch.setenv("_GPSPROTO_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gpsproto decode --to p")
    monkeypatch.setenv("COMP_CWORD", "3")
    assert run().out == b"plain,parquet\n"


@pytest.fixture
def long_dump(tmp_path, made):
    path = tmp_path / "long.bin"
    path.write_bytes(made.stream + made.frame * 30_000)
    return path


@pytest.mark.parametrize("kind", ["jsonl", "csv", "arrow"])
def test_a_closed_pipe_ends_every_form_with_one_line(spawn, long_dump, kind):
    process = spawn("decode", long_dump, "--to", kind, stdout=PIPE)
    assert process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b"output closed by the reader\n"
    assert process.wait() == 1


@pytest.mark.parametrize("kind", FORMS)
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_run_that_is_stopped_while_it_writes_leaves_nothing(
    spawn, long_dump, tmp_path, kind, number, status
):
    # enough to write for a while: it is stopped amid it
    process = spawn("decode", *[long_dump] * 20, "-o", tmp_path / f"out.{kind}")
    end = time.monotonic() + 20
    while not any(part.stat().st_size for part in tmp_path.glob(".*.part")):
        assert time.monotonic() < end
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(number)
    err = process.stderr.read()
    assert process.wait() == status, err
    assert b"Traceback" not in err
    assert [path.name for path in tmp_path.iterdir()] == ["long.bin"]


def test_a_killed_run_leaves_nothing_under_a_final_name(spawn, long_dump, tmp_path):
    process = spawn(
        "decode", *[long_dump] * 20, "-o", tmp_path / "out", "--partition-by", "expires_on"
    )
    end = time.monotonic() + 20
    while not any(part.stat().st_size for part in tmp_path.rglob(".*.part") if part.is_file()):
        assert time.monotonic() < end
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert all(path.name.startswith(".") for path in (tmp_path / "out").iterdir())
