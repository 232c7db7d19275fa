"""What only a process of its own can show: pipes, signals, full disks, memory."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time

import pytest

PIPE = subprocess.PIPE


def until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def long_dump(tmp_path, made):
    path = tmp_path / "long.bin"
    path.write_bytes(made.stream + made.frame * 5_000)
    return path


def test_a_process_decodes_and_ends_with_status_0(spawn, dump):
    out, err = spawn("decode", dump, stdout=PIPE).communicate()
    assert out.count(b"\n") == 10
    assert b"records   10\n" in err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_closed_pipe_stops_the_run_with_one_line(spawn, long_dump, environment, unbuffered):
    environment["PYTHONUNBUFFERED"] = unbuffered
    process = spawn("decode", long_dump, stdout=PIPE, env=environment)
    assert json.loads(process.stdout.readline())["subject"].startswith("dev_")
    process.stdout.close()
    assert process.stderr.read() == b"output closed by the reader\n"
    assert process.wait() == 1


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_behind_standard_output_fails_the_run(spawn, dump, environment, unbuffered):
    environment["PYTHONUNBUFFERED"] = unbuffered
    with open("/dev/full", "wb") as full:
        process = spawn("decode", dump, stdout=full, env=environment)
        _, err = process.communicate()
    assert process.returncode == 1
    assert err.startswith(b"Error: sink_failed: ")
    assert err.endswith(b"No space left on device\n")
    assert err.count(b"\n") == 1


def test_a_full_disk_behind_the_output_leaves_nothing_under_its_name(spawn, long_dump, tmp_path):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

    process = spawn("decode", long_dump, "-o", tmp_path / "out", preexec_fn=small)
    _, err = process.communicate()
    assert process.returncode == 1
    assert err.startswith(b"Error: sink_failed: ")
    assert [path.name for path in tmp_path.iterdir()] == ["long.bin"]


def test_a_full_disk_found_at_the_end_leaves_nothing_under_its_name(spawn, dump, tmp_path):
    def small():
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))

    process = spawn(
        "decode", dump, "-o", tmp_path / "out", "--summary-json", tmp_path / "s", preexec_fn=small
    )
    process.communicate()
    assert process.returncode == 1
    assert [path.name for path in tmp_path.iterdir()] == ["dump.bin"]


def test_a_device_as_output_is_written_to_and_not_replaced(spawn, dump, tmp_path):
    link = tmp_path / "null"
    link.symlink_to("/dev/null")
    process = spawn("decode", dump, "-o", link, "--summary-json", link, "--strict")
    process.communicate()
    assert process.returncode == 0
    assert link.is_symlink()
    assert not os.path.isfile("/dev/null")


def test_a_pipe_as_output_and_as_summary(spawn, dump, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = spawn("decode", dump, "-q", "-o", fifo)
    assert fifo.read_bytes().count(b"\n") == 10
    assert process.wait() == 0


def test_a_pipe_as_input(spawn, tmp_path, made):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    process = spawn("decode", fifo, stdout=PIPE)
    fifo.write_bytes(made.stream)
    out, _ = process.communicate()
    assert out.count(b"\n") == 10


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_stopped_run_leaves_no_output(spawn, tmp_path, made, number, status):
    process = spawn("decode", "-", "-o", tmp_path / "out", stdin=PIPE)
    process.stdin.write(made.stream + made.frame * 3_000)
    process.stdin.flush()
    until(lambda: list(tmp_path.glob(".*.part")))
    process.send_signal(number)
    err = process.stderr.read()
    assert process.wait() == status
    assert b"Traceback" not in err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("module", "extra"),
    [("click", "cli"), ("rich", "cli"), ("pyarrow", "arrow"), ("polars", "arrow")],
)
def test_without_the_extra_one_line_says_how_to_install_it(environment, module, extra, dump):
    code = f"import sys; sys.modules[{module!r}] = None; from gpsproto.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "decode", str(dump)],
        capture_output=True, env=environment, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.endswith(f"pip install 'gpsproto[{extra}]'\n".encode())
    assert done.stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("closed", "status", "said"),
    [(0, 1, b"input#1: unreadable"), (1, 1, b"sink_failed"), (2, 0, b"")],
)
def test_a_standard_stream_that_is_closed_is_no_bug(spawn, dump, closed, status, said):
    # 0: standard input, read; 1: standard output, written; 2: standard error, talked to
    process = spawn(
        "decode", "-" if closed == 0 else dump,
        preexec_fn=lambda: os.close(closed), stdout=subprocess.DEVNULL,
    )  # fmt: skip
    _, err = process.communicate()
    assert process.returncode == status
    assert said in err
    assert b"bug" not in err


def test_the_process_dumps_no_core_and_lets_nobody_look(environment, dump):
    code = (
        "import ctypes, resource\n"
        "from gpsproto.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "decode", str(dump), "-q", "-o", "/dev/null"],
        capture_output=True, env=environment, check=True,
    )  # fmt: skip
    assert done.stdout == b"(0, 0) 0\n"


def test_memory_does_not_grow_with_the_input(environment, made):
    code = (
        "import sys\n"
        "from gpsproto.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "status = open('/proc/self/status').read()\n"
        "sys.stdout.write(status.split('VmHWM:')[1].split()[0])\n"
    )

    def peak_kib(copies: int) -> int:
        done = subprocess.run(
            [sys.executable, "-c", code, "decode", "-", "-q", "-o", "/dev/null"],
            input=made.stream + made.frame * copies,
            capture_output=True, env=environment, check=True,
        )  # fmt: skip
        return int(done.stdout)

    small, large = peak_kib(4_000), peak_kib(24_000)
    assert large < small + 30_000
    assert large < 400_000  # a 2 GB dump must stay under 400 MB
