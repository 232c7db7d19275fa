"""The list of objections on the command line: identifiers by standard input or file only."""

from __future__ import annotations

import stat

import pytest

from tests.conftest import FIXTURES

pytestmark = pytest.mark.once

IMEI = "490154203237518"
OTHER_IMEI = "356938035643809"
WATCH = "8800000015"


def test_identifiers_come_on_standard_input(run, key_file, tmp_path):
    done = run(
        "objection", "add", tmp_path / "l", "--key-file", key_file,
        stdin=f"{IMEI}\n{OTHER_IMEI}\n".encode(),
    )  # fmt: skip
    assert (done.status, done.out) == (0, b"")
    assert "listed 2" in done.err
    assert run("objection", "count", tmp_path / "l", "--key-file", key_file).out == b"2\n"


def test_identifiers_come_in_a_file(run, key_file, tmp_path):
    (tmp_path / "ids").write_text(f"{WATCH}\r\n\n")
    asked = ["--key-file", key_file, "--kind", "watch_id", "--id-file", tmp_path / "ids"]
    assert run("objection", "add", tmp_path / "l", *asked).status == 0
    assert "listed 0" in run("objection", "add", tmp_path / "l", *asked).err
    assert "taken off 1" in run("objection", "remove", tmp_path / "l", *asked).err
    assert run("objection", "count", tmp_path / "l", "--key-file", key_file).out == b"0\n"


@pytest.mark.parametrize("verb", ["add", "remove"])
@pytest.mark.parametrize(
    "given", [["l", IMEI], [IMEI], ["l", WATCH], ["l", "--imei", IMEI], ["l", f"--id={IMEI}"]]
)
def test_an_identifier_as_argument_is_refused_and_not_quoted(
    run, key_file, tmp_path, monkeypatch, verb, given
):
    monkeypatch.chdir(tmp_path)
    before = set(tmp_path.iterdir())
    done = run("objection", verb, *given, "--key-file", key_file)
    assert done.status == 2
    assert set(tmp_path.iterdir()) == before
    assert IMEI not in done.err
    assert WATCH not in done.err
    assert "identifiers never stand on a command line" in done.err


def test_it_is_told_why_and_where_they_belong(run, key_file, tmp_path):
    done = run("objection", "add", tmp_path / "l", IMEI, "--key-file", key_file)
    assert "the history of the shell" in done.err
    assert "--id-file" in done.err
    assert "--device-file" not in done.err


@pytest.mark.parametrize("wrong", ["x", "", IMEI + "0000", f"{IMEI} {IMEI}", "é"])
def test_a_line_that_is_none_is_named_by_its_number(run, key_file, tmp_path, wrong):
    done = run(
        "objection", "add", tmp_path / "l", "--key-file", key_file,
        stdin=f"{IMEI}\n{wrong}\n{OTHER_IMEI}\n".encode(),
    )  # fmt: skip
    assert done.status == 1
    assert "suppress_bad_id" in done.err
    assert "line 2" in done.err
    assert IMEI not in done.err
    assert not (tmp_path / "l").exists()


def test_a_file_that_cannot_be_read_is_told(run, key_file, tmp_path):
    done = run("objection", "add", tmp_path / "l", "--key-file", key_file, "--id-file", tmp_path)
    assert done.status == 1
    assert "id_file" in done.err


def test_a_list_of_another_key_is_told_what_to_do(run, key_file, tmp_path):
    run("objection", "add", tmp_path / "l", "--key-file", key_file, stdin=IMEI.encode())
    run("keys", "rotate", key_file, tmp_path / "b.key")
    done = run("objection", "count", tmp_path / "l", "--key-file", tmp_path / "b.key")
    assert done.status == 1
    assert "gpsproto keys rekey LIST -o NEW --key-file NEWKEY" in done.err
    asked = ["--key-file", tmp_path / "b.key", "--domain", "gpsproto/objection"]
    assert run("keys", "rekey", tmp_path / "l", "-o", tmp_path / "m", *asked).status == 0
    done = run("objection", "count", tmp_path / "m", "--key-file", tmp_path / "b.key")
    assert done.out == b"1\n"


@pytest.mark.parametrize("verb", ["add", "remove", "count"])
def test_a_lasting_key_is_wanted(run, tmp_path, verb):
    done = run("objection", verb, tmp_path / "l")
    assert done.status == 2
    assert "a key is wanted" in done.err


@pytest.mark.parametrize("verb", ["add", "remove", "count"])
def test_help_gives_an_example(run, verb):
    done = run("objection", verb, "--help")
    assert done.status == 0
    assert b"Example:\n    gpsproto " in done.out


def test_without_a_verb_help_is_shown(run):
    done = run("objection")
    assert done.status == 0
    assert b"count" in done.out


def test_a_list_behind_a_link_is_the_list(run, tmp_path):
    key, real, link = tmp_path / "k", tmp_path / "real", tmp_path / "link"
    assert run("keys", "new", key).status == 0
    ids = tmp_path / "ids"
    ids.write_text("001010000000018\n")
    assert run("objection", "add", real, "--key-file", key, "--id-file", ids).status == 0
    link.symlink_to(real)
    ids.write_text("001010000000026\n")
    assert run("objection", "add", link, "--key-file", key, "--id-file", ids).status == 0
    assert link.is_symlink()
    assert len([line for line in real.read_text().splitlines() if line.startswith("sup_")]) == 2


def test_a_list_that_is_mapped_stays_private(run, tmp_path):
    key, new, listed, out = (tmp_path / name for name in ("k", "n", "listed", "out"))
    ids = tmp_path / "ids"
    ids.write_text("001010000000018\n")
    assert run("keys", "new", key).status == 0
    assert run("objection", "add", listed, "--key-file", key, "--id-file", ids).status == 0
    assert run("keys", "rotate", key, new).status == 0
    mapped = run(
        "keys", "rekey", listed, "-o", out, "--key-file", new, "--domain", "gpsproto/objection"
    )
    assert mapped.status == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_who_is_who_does_not_lie_in_the_folder_that_is_handed_out(run, tmp_path):
    key, folder = tmp_path / "k", tmp_path / "out"
    folder.mkdir()
    assert run("keys", "new", key).status == 0
    (folder / "accounts.toml").write_text('"001010000000018" = "order-17"\n')
    (folder / "accounts.toml").chmod(0o600)
    done = run(
        "decode", FIXTURES / "demo" / "fleet.bin", "-o", folder, "--partition-by", "expires_on",
        "--policy", "telecom", "--key-file", key, "--accounts-file", folder / "accounts.toml",
    )  # fmt: skip
    assert done.status == 2
    assert "keep it apart" in done.err
