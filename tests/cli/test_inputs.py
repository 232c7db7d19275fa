from __future__ import annotations

import gzip
import io
import json
import os
import zipfile
from pathlib import Path

import pytest

from gpsproto.build import login, tcp_frame
from gpsproto.cli.inputs import Dump
from tests.cli.conftest import IMEI, record


def one(number: int) -> bytes:
    """A dump of one frame, so many records in it."""
    return login(IMEI) + tcp_frame(8, [record(n) for n in range(number)])


def zipped(*members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for number, member in enumerate(members):
            made.writestr(f"{number}.bin", member)
    return file.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files of 1, 2 and 10 records, whose natural order is not that of their letters."""
    found = tmp_path / "dumps"
    (found / "sub" / ".hidden").mkdir(parents=True)
    (found / "dump10.bin").write_bytes(one(10))
    (found / "dump2.bin").write_bytes(one(2))
    (found / "dump1.bin.gz").write_bytes(gzip.compress(one(1)))
    (found / "sub" / "dump3.hex").write_text(one(3).hex())
    (found / ".dump4.bin").write_bytes(one(4))
    (found / "sub" / ".hidden" / "dump5.bin").write_bytes(one(5))
    return found


def longitudes(rows) -> list[float]:
    return [row["longitude"] for row in rows]


def in_order(*sizes: int) -> list[float]:
    return [record(n).longitude_e7 / 1e7 for size in sizes for n in range(size)]


def test_a_folder_is_all_its_files_in_natural_order(run, folder):
    done = run("decode", folder)
    assert done.status == 0
    assert longitudes(done.rows) == pytest.approx(in_order(1, 2, 10, 3))


def test_a_quoted_pattern_is_the_files_that_match(run, folder):
    assert longitudes(run("decode", folder / "dump*.bin").rows) == pytest.approx(in_order(2, 10))
    assert longitudes(run("decode", folder / "**" / "*3*").rows) == pytest.approx(in_order(3))
    assert longitudes(run("decode", f"{folder}/s?b").rows) == pytest.approx(in_order(3))


def test_a_file_whose_name_is_a_pattern_is_that_file(run, tmp_path):
    (tmp_path / "dump[1].bin").write_bytes(one(2))
    assert len(run("decode", tmp_path / "dump[1].bin").rows) == 2


def test_the_members_of_an_archive_are_inputs_of_their_own(run, tmp_path):
    bad = one(1)[:-1] + b"\x00"
    (tmp_path / "a.zip").write_bytes(zipped(one(1), bad, one(2)))
    (tmp_path / "b.bin").write_bytes(bad)
    done = run("decode", tmp_path / "a.zip", tmp_path / "b.bin", "--summary-json", tmp_path / "s")
    assert len(done.rows) == 3
    assert "input#2 at offset 17: bad_crc" in done.err
    assert "input#4 at offset 17: bad_crc" in done.err
    assert '"inputs": 4' in (tmp_path / "s").read_text()


def test_an_archive_on_standard_input_is_one_input(run):
    done = run("decode", "-", stdin=zipped(one(1), gzip.compress(one(2))))
    assert longitudes(done.rows) == pytest.approx(in_order(1, 2))


def test_a_summary_takes_folders_and_archives(run, folder):
    (folder / "z.zip").write_bytes(zipped(one(6), one(7)))
    done = run("summary", folder, "--json")
    assert done.status == 0
    assert json.loads(done.out)["records"] == 29


def test_nothing_is_named(run, folder):
    (folder / "secretname.bin").write_bytes(one(1)[:-1] + b"\x00")
    (folder / "othersecret.zip").write_bytes(zipped(one(1)[:-1] + b"\x00")[:-5])
    done = run("decode", folder)
    assert done.status == 0
    assert "secret" not in done.err
    assert "archive_damaged" in done.err


@pytest.mark.parametrize("verb", ["decode", "summary"])
def test_what_names_no_file_is_a_wrong_call(run, tmp_path, verb):
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty.zip").write_bytes(zipped())
    for argument, said in [
        (tmp_path / "empty", "this folder holds no file"),
        (tmp_path / "*.none", "no file matches this pattern"),
        (tmp_path / "empty.zip", "this archive holds no file"),
        (tmp_path / "missing", "no such file"),
    ]:
        done = run(verb, argument)
        assert done.status == 2
        assert f"Error: input#1: {said}" in done.err
        assert str(tmp_path) not in done.err


def test_an_output_never_replaces_a_file_of_a_folder(run, folder):
    before = (folder / "dump2.bin").read_bytes()
    done = run("decode", folder, "-o", folder / "dump2.bin")
    assert done.status == 2
    assert (folder / "dump2.bin").read_bytes() == before


def test_a_pipe_is_never_opened_to_look_at_it(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "dump.bin").write_bytes(one(2))
    assert len(run("decode", tmp_path).rows) == 2


def test_the_bar_knows_the_sizes_of_all_inputs(run, folder):
    (folder / "z.zip").write_bytes(zipped(one(1), one(1)))
    done = run("decode", folder, "--progress", "-o", folder.parent / "out.jsonl")
    sizes = [p.stat().st_size for p in folder.rglob("dump*") if "/." not in str(p)]
    total = sum(sizes) + 2 * len(one(1))
    assert f"{total / 1000:.1f}/{total / 1000:.1f} kB" in done.err or str(total) in done.err


def test_a_dump_does_not_show_its_path():
    assert repr(Dump(3, Path("secret"))) == "input#3"


def test_a_frame_from_a_forum_is_decoded(run, tmp_path):
    text = "Hi, what is this?\n\n```\n" + tcp_frame(8, [record()]).hex(" ") + "\n```\n"
    (tmp_path / "frame.txt").write_text(text)
    done = run("decode", tmp_path / "frame.txt")
    assert (done.status, len(done.rows)) == (0, 1)


def test_a_log_without_a_frame_is_said_to_hold_none(run, tmp_path):
    (tmp_path / "server.log").write_text("2024-05-01 10:00:00  INFO: started\n" * 900)
    done = run("decode", tmp_path / "server.log")
    assert (done.status, done.out) == (0, b"")
    assert "0 decoded" in done.err
    assert "no frame was found" in done.err
