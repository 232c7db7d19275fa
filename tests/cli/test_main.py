"""The way in and the way out, in this process."""

from __future__ import annotations

import builtins
import ctypes
import io
import os
import resource
import signal
import sys

import pytest

from gpsproto import cli
from gpsproto.cli import process


def test_main_ends_with_the_status_of_the_verb(monkeypatch, capsys):
    sealed = []
    monkeypatch.setattr(process, "seal", lambda: sealed.append(True))
    monkeypatch.setattr(sys, "argv", ["gpsproto", "no-such-verb"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, sealed) == (2, [True])
    assert "no such command" in capsys.readouterr().err


@pytest.mark.parametrize("module", ["click", "rich.console"])
def test_main_without_the_extra_names_it(monkeypatch, capsys, module):
    imported = builtins.__import__

    def lacking(name, *arguments):
        if name == "gpsproto.cli.command":
            raise ModuleNotFoundError(name=module)
        return imported(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", lacking)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err.endswith("run: pip install 'gpsproto[cli]'\n")


def test_main_hides_no_other_missing_module(monkeypatch):
    monkeypatch.setitem(sys.modules, "gpsproto.cli.command", None)
    with pytest.raises(ModuleNotFoundError):
        cli.main()


def test_seal_forbids_core_dumps_and_onlookers(monkeypatch):
    asked = []
    handlers = {}

    class Library:
        def prctl(self, *arguments):
            asked.append(arguments)

    monkeypatch.setattr(resource, "setrlimit", lambda *arguments: asked.append(arguments))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: Library())
    monkeypatch.setattr(signal, "signal", handlers.__setitem__)
    ignored = {signal.SIGHUP: signal.SIG_IGN}
    monkeypatch.setattr(signal, "getsignal", lambda number: ignored.get(number, signal.SIG_DFL))
    process.seal()
    assert asked == [(resource.RLIMIT_CORE, (0, 0)), (4, 0, 0, 0, 0)]
    assert list(handlers) == [signal.SIGTERM]
    with pytest.raises(SystemExit) as ended:
        handlers[signal.SIGTERM](signal.SIGTERM, None)
    assert ended.value.code == 143


def test_seal_goes_on_where_the_system_refuses(monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(resource, "setrlimit", refuse)
    monkeypatch.setattr(ctypes, "CDLL", refuse)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    process.seal()


def test_end_lets_go_of_output_that_cannot_be_flushed(monkeypatch):
    with open("/dev/full", "wb", buffering=0) as raw:
        out = io.TextIOWrapper(io.BufferedWriter(raw))
        out.write("lost")
        monkeypatch.setattr(sys, "stdout", out)
        monkeypatch.setattr(sys, "stderr", None)
        with pytest.raises(SystemExit) as ended:
            process.end(0)
        assert ended.value.code == 1
        assert os.path.samestat(os.fstat(raw.fileno()), os.stat("/dev/null"))
        out.close()


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (SystemExit(143), 143, ""),
        (SystemExit("text"), 1, ""),
        (BrokenPipeError(32, "x"), 1, "output closed by the reader"),
        (OSError(28, "x", "/secret/name"), 1, "No space left on device"),
        (AssertionError("490154203237518"), 1, "AssertionError at "),
    ],
)
def test_status_of_what_is_raised(capsys, raised, status, said):
    def broken():
        raise raised

    assert process.status_of(broken, []) == status
    err = capsys.readouterr().err
    assert said in err
    assert "secret" not in err
    assert "4901" not in err


def test_a_standard_stream_that_is_closed_is_no_stream(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)
    assert process.standard("stdout") is None


def test_nothing_is_said_where_nobody_listens(monkeypatch):
    class Gone(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError

    monkeypatch.setattr(sys, "stderr", Gone())
    process.say("lost")
