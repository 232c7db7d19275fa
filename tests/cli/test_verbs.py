from __future__ import annotations

import platform
import stat

import pytest

import gpsproto


def test_version_names_engine_and_python(run):
    done = run("--version")
    assert done.status == 0
    assert done.out.decode() == (
        f"gpsproto {gpsproto.__version__} "
        f"(engine: {gpsproto.engine()}, Python {platform.python_version()})\n"
    )


def test_without_arguments_help_is_shown(run):
    done = run()
    assert (done.status, done.out) == (0, run("--help").out)
    assert b"decode" in done.out


@pytest.mark.parametrize(
    "verb", [(), ("decode",), ("summary",), ("fields",), ("keys", "new"), ("completion",)]
)
def test_help_gives_an_example(run, verb):
    done = run(*verb, "--help")
    assert done.status == 0
    assert b"Example:\n    gpsproto " in done.out


def test_keys_without_a_verb_shows_help(run):
    done = run("keys")
    assert done.status == 0
    assert b"new" in done.out


def test_a_new_key_is_written_for_its_owner_alone(run, tmp_path):
    done = run("keys", "new", tmp_path / "k")
    assert done.status == 0
    assert stat.S_IMODE((tmp_path / "k").stat().st_mode) == 0o600
    assert "if it is lost" in done.err
    assert gpsproto.PseudonymKey.from_file(tmp_path / "k")


def test_what_is_said_of_a_new_key_holds_nothing_of_it(run, tmp_path):
    done = run("keys", "new", tmp_path / "secretive")
    assert (tmp_path / "secretive").read_text().split()[1] not in done.err
    assert "secretive" not in done.err
    assert done.out == b""


def test_a_key_that_stands_there_is_never_overwritten(run, key_file):
    before = key_file.read_bytes()
    done = run("keys", "new", key_file)
    assert done.status == 1
    assert "key_exists" in done.err
    assert key_file.read_bytes() == before


def test_a_key_in_a_folder_that_is_not_there_is_refused(run, tmp_path):
    done = run("keys", "new", tmp_path / "nowhere" / "k")
    assert done.status == 1
    assert "key_unwritable" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_of_the_shell(run, shell):
    done = run("completion", shell)
    assert done.status == 0
    assert f"_GPSPROTO_COMPLETE={shell}_complete".encode() in done.out


def test_a_shell_is_given_our_words(run, monkeypatch):
    monkeypatch.setenv("_GPSPROTO_COMPLETE", "bash_complete")
    monkeypatch.setenv("COMP_WORDS", "gpsproto decode --fam")
    monkeypatch.setenv("COMP_CWORD", "2")
    done = run()
    assert done.status == 0
    assert done.out == b"plain,--family\nplain,--family-file\n"
