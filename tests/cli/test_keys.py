"""The verbs of keys: id, advance, rotate, rekey; and where a key comes from."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import click
import pytest

from gpsproto.cli import keysource
from gpsproto.cli.usage import Misuse
from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy.keys import PseudonymKey

pytestmark = pytest.mark.once

IMEI = "490154203237518"
ROOT = bytes(range(7, 39)).hex()
START = bytes(range(40, 72)).hex()


@pytest.fixture
def second(tmp_path: Path) -> Path:
    """A key of the second format."""
    path = tmp_path / "b.key"
    path.write_text(f"gpsproto-key/2 {ROOT} {START} 2000-01-01\n")
    path.chmod(0o600)
    return path


class TestId:
    def test_it_is_that_of_the_pseudonyms(self, run, second, dump):
        records = run("decode", dump, "--key-file", second, "-q").rows
        done = run("keys", "id", second)
        assert done.status == 0
        assert done.out.decode() == f"{records[0]['subject'][4:8]}  stable\n"
        assert "reaches back to 2000-01-01; it was never rotated" in done.err

    @pytest.mark.parametrize("scope", ["P1M", "P1D"])
    def test_that_of_an_epoch_is_shown_with_its_first_day(self, run, second, scope):
        done = run("keys", "id", second, "--domain", "d", "--at", "2026-07-15", "--scope", scope)
        subject = PseudonymKey.from_file(second).subject(
            "device_id", IMEI, domain="d", at=date(2026, 7, 15), scope=scope
        )
        first = "2026-07-01" if scope == "P1M" else "2026-07-15"
        assert done.out.decode().splitlines()[1] == f"{subject[4:8]}  {scope} from {first}"

    def test_another_domain_has_another(self, run, second):
        made = {run("keys", "id", second, "--domain", domain).out for domain in ("a", "b")}
        assert len(made) == 2

    def test_one_that_is_gone_is_told(self, run, second):
        run("keys", "advance", second, "--to", "2024-01-01")
        done = run("keys", "id", second, "--at", "2023-12-31")
        assert (done.status, done.out) == (1, b"")
        assert "key_epoch_gone" in done.err


class TestAdvance:
    def test_the_file_is_moved_forward(self, run, second):
        done = run("keys", "advance", second, "--to", "2024-01-01")
        assert done.status == 0
        assert PseudonymKey.from_file(second).since == date(2024, 1, 1)
        assert "copies and backups" in done.err
        assert "P1M" not in done.err

    def test_within_a_month_it_says_what_is_lost(self, run, second):
        assert "under P1M" in run("keys", "advance", second, "--to", "2024-01-02").err

    @pytest.mark.parametrize(
        ("to", "code"), [("2023-12-31", "key_gone_by"), ("tomorrow", "key_future")]
    )
    def test_back_and_beyond_today_are_refused(self, run, second, to, code):
        run("keys", "advance", second, "--to", "2024-01-01")
        if to == "tomorrow":
            to = (datetime.now(UTC).date() + timedelta(days=2)).isoformat()
        done = run("keys", "advance", second, "--to", to)
        assert done.status == 1
        assert code in done.err

    def test_a_key_of_the_first_format_is_told_what_to_do(self, run, key_file):
        done = run("keys", "advance", key_file, "--to", "2024-01-01")
        assert done.status == 1
        assert "key_fixed" in done.err
        assert "gpsproto keys new FILE" in done.err

    @pytest.mark.parametrize("to", [IMEI, "2024-13-01", "20240101", "1 July", ""])
    def test_what_is_no_day_is_told_and_not_quoted(self, run, second, to):
        done = run("keys", "advance", second, "--to", to)
        assert done.status == 2
        assert "--to wants a day, written 2026-07-01" in done.err
        assert not to or to not in done.err.replace("2026-07-01", "")


class TestRotateAndRekey:
    def records(self, run, dump, key, out):
        assert run("decode", dump, "--key-file", key, "-o", out, "-q").status == 0

    def test_a_store_of_before_is_one_of_after(self, run, second, dump, tmp_path):
        new = tmp_path / "c.key"
        assert run("keys", "rotate", second, new, "--domain", "tracking").status == 0
        for key, name in ((second, "old"), (new, "new")):
            self.records(run, dump, key, tmp_path / f"{name}.jsonl")
        done = run(
            "keys", "rekey", tmp_path / "old.jsonl", "-o", tmp_path / "out.jsonl",
            "--key-file", new, "--domain", "tracking",
        )  # fmt: skip
        assert done.status == 0
        assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "new.jsonl").read_bytes()
        assert re.search(r"mapped +10\n", done.err)

    def test_what_was_not_made_before_is_said(self, run, second, dump, tmp_path):
        run("keys", "rotate", second, tmp_path / "c.key")
        self.records(run, dump, second, tmp_path / "old.jsonl")
        done = run(
            "keys", "rekey", tmp_path / "old.jsonl", "-o", tmp_path / "out.jsonl",
            "--key-file", tmp_path / "c.key", "--domain", "elsewhere",
        )  # fmt: skip
        assert done.status == 0
        assert re.search(r"others +10\n", done.err)
        assert "look at --domain" in done.err
        assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "old.jsonl").read_bytes()

    def test_a_key_that_was_not_rotated_is_told_what_to_do(self, run, second, tmp_path):
        (tmp_path / "a").write_text("x")
        done = run(
            "keys", "rekey", tmp_path / "a", "-o", tmp_path / "o", "--key-file", second,
            "--domain", "d",
        )  # fmt: skip
        assert done.status == 1
        assert "gpsproto keys rotate OLD NEW" in done.err
        assert not (tmp_path / "o").exists()

    def test_a_rotation_shows_nothing_of_the_key(self, run, second, tmp_path):
        done = run("keys", "rotate", second, tmp_path / "secretive")
        assert done.out == b""
        assert "secretive" not in done.err
        for secret in (tmp_path / "secretive").read_text().split():
            assert len(secret) < 64 or secret not in done.err

    def test_a_rotation_writes_another_file(self, run, second):
        assert run("keys", "rotate", second, second).status == 2

    @pytest.mark.parametrize(
        ("more", "said"),
        [
            (["--from", "2026-02-01", "--to", "2026-01-01"], "--from is behind --to"),
            (["--scope", "session"], "--scope wants one of: stable, P1M, P1D"),
        ],
    )
    def test_wrong_usage_is_told(self, run, second, tmp_path, more, said):
        (tmp_path / "a").write_text("x")
        done = run(
            "keys", "rekey", tmp_path / "a", "-o", tmp_path / "o", "--key-file", second,
            "--domain", "d", *more,
        )  # fmt: skip
        assert done.status == 2
        assert said in done.err

    def test_a_key_is_wanted(self, run, tmp_path):
        (tmp_path / "a").write_text("x")
        done = run("keys", "rekey", tmp_path / "a", "-o", tmp_path / "o", "--domain", "d")
        assert done.status == 2
        assert "a key is wanted: --key-file" in done.err

    def test_the_output_replaces_neither_store_nor_key(self, run, second, tmp_path):
        (tmp_path / "a").write_text("x")
        for out in (tmp_path / "a", second):
            done = run(
                "keys", "rekey", tmp_path / "a", "-o", out, "--key-file", second, "--domain", "d"
            )
            assert done.status == 2
        assert (tmp_path / "a").read_text() == "x"

    def test_a_folder_becomes_a_new_folder(self, run, second, dump, tmp_path):
        new = tmp_path / "c.key"
        run("keys", "rotate", second, new)
        for key, name in ((second, "old"), (new, "new")):
            done = run(
                "decode", dump, "--key-file", key, "-o", tmp_path / name, "-q",
                "--partition-by", "protocol,subject",
            )  # fmt: skip
            assert done.status == 0
        asked = ["--key-file", new, "--domain", "tracking"]
        assert run("keys", "rekey", tmp_path / "old", "-o", tmp_path / "out", *asked).status == 0
        folders = [
            sorted(str(path.parent.relative_to(tmp_path / name)) for path in found)
            for name in ("out", "new")
            if (found := list((tmp_path / name).rglob("*.parquet")))
        ]
        assert folders[0] == folders[1]
        assert run("keys", "rekey", tmp_path / "old", "-o", tmp_path / "out", *asked).status == 2
        inside = tmp_path / "old" / "x"
        assert run("keys", "rekey", tmp_path / "old", "-o", inside, *asked).status == 2
        nowhere = tmp_path / "no" / "x"
        assert run("keys", "rekey", tmp_path / "old", "-o", nowhere, *asked).status == 1


class TestKeySource:
    def test_without_either_the_key_is_of_the_run(self):
        assert keysource.key_of(None, None).ephemeral

    def test_a_file_gives_a_lasting_key(self, second):
        assert not keysource.key_of(second, None).ephemeral

    def test_a_credential_gives_a_lasting_key(self, second, tmp_path, monkeypatch):
        tmp_path.chmod(0o700)
        second.chmod(0o400)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert not keysource.key_of(None, "b.key").ephemeral

    def test_a_key_comes_from_one_place(self, second):
        with pytest.raises(Misuse, match="one place"):
            keysource.key_of(second, "fleet")

    KEYS = (
        f"gpsproto-key/1 {ROOT}",
        ROOT,
        ROOT.upper(),
        f" {ROOT} ",
        "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY=",
    )

    @pytest.mark.parametrize("value", KEYS)
    def test_a_key_in_place_of_a_path_is_refused_and_never_shown(self, value):
        with pytest.raises(KeyRefused) as caught:
            keysource.key_of(Path(value), None)
        assert caught.value.code is ErrorCode.KEY_IN_ENVIRONMENT
        trace = caught.value.__traceback__
        shown = f"{caught.value}"
        while trace is not None:
            if f"{os.sep}cli{os.sep}keysource" in trace.tb_frame.f_code.co_filename:
                shown += repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
        assert value.strip()[-30:] not in shown

    @pytest.mark.parametrize("value", ["fleet.key", "/etc/gpsproto/fleet.key", "a" * 43, "0" * 60])
    def test_a_path_is_a_path(self, value):
        with pytest.raises(KeyRefused) as caught:
            keysource.key_of(Path(value), None)
        assert caught.value.code is ErrorCode.KEY_MISSING

    def test_the_environment_names_a_path(self, run, second, tmp_path, monkeypatch):
        monkeypatch.setenv("GPSPROTO_KEY_FILE", str(second))
        (tmp_path / "ids").write_text(IMEI)
        done = run("objection", "add", tmp_path / "list", "--id-file", tmp_path / "ids")
        assert done.status == 0
        assert (tmp_path / "list").read_text().startswith("sup_")

    def test_a_key_in_the_environment_is_refused_and_never_shown(self, run, tmp_path, monkeypatch):
        monkeypatch.setenv("GPSPROTO_KEY_FILE", ROOT)
        done = run("objection", "count", tmp_path / "list")
        assert done.status == 1
        assert "key_in_environment" in done.err
        assert ROOT[:16] not in done.err

    def test_both_options_are_told_of_each_other(self, run, second, tmp_path):
        done = run(
            "objection", "count", tmp_path / "l", "--key-file", second, "--key-credential", "x"
        )
        assert done.status == 2
        assert "a key comes from one place" in done.err

    def test_the_options_stand_in_the_help(self):
        command = click.command()(keysource.key_options("Key.")(lambda **_: None))
        with click.Context(command) as context:
            text = command.get_help(context)
        assert "--key-file" in text
        assert "--key-credential" in text
        assert "GPSPROTO_KEY_FILE" in text


@pytest.mark.parametrize("verb", ["id", "advance", "rotate", "rekey"])
def test_help_gives_an_example(run, verb):
    done = run("keys", verb, "--help")
    assert done.status == 0
    assert b"Example:\n    gpsproto " in done.out


def test_records_of_a_rekeyed_store_are_still_json(run, second, dump, tmp_path):
    run("keys", "rotate", second, tmp_path / "c.key")
    run("decode", dump, "--key-file", second, "-o", tmp_path / "old.jsonl", "-q")
    run(
        "keys", "rekey", tmp_path / "old.jsonl", "-o", tmp_path / "out.jsonl", "--key-file",
        tmp_path / "c.key", "--domain", "tracking",
    )  # fmt: skip
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len({row["subject"] for row in rows}) == 1
