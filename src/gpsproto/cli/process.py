"""The process: closed to onlookers, and ended with a status and a line that quotes nothing."""

from __future__ import annotations

import ctypes
import errno
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import IO, NoReturn

import click

from gpsproto.cli.usage import explain
from gpsproto.errors import GpsprotoError, SinkError

FINE = 0
FAILED = 1
REFUSED = 3
STOPPED = 128
"""Plus the number of the signal."""

_PR_SET_DUMPABLE = 4


class Failed(click.ClickException):
    """A run that cannot go on, said in our own words."""


def seal() -> None:
    """No core dump and no look into the memory, where the system can; tidy up when told to stop."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    for name in ("SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        # what nohup ignores stays ignored
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)


def hear_interrupts() -> None:
    """Put Python's own handler of Ctrl-C back: with that of polars, a read that waits goes on."""
    found = signal.getsignal(signal.SIGINT)
    with suppress(ValueError):  # only the main thread may, and only it hears them
        if found is not None:
            signal.signal(signal.SIGINT, found)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise SystemExit(STOPPED + number)


def end(status: int) -> NoReturn:
    """End the process; what cannot be flushed is let go, or the interpreter would trip over it."""
    for stream in (sys.stdout, sys.stderr):
        try:
            if stream is not None:
                stream.flush()
        except (OSError, ValueError):
            status = status or FAILED
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(status)


def standard(name: str) -> IO[bytes] | None:
    """A standard stream as bytes; None where it is closed."""
    found = getattr(sys, name)
    buffer: IO[bytes] | None = None if found is None else found.buffer
    return buffer


def say(line: str) -> None:
    """A line on standard error; nothing where nobody listens."""
    with suppress(OSError, ValueError):
        click.echo(line, err=True)


def status_of(command: Callable[[], object], arguments: Sequence[str]) -> int:
    """Run a command, say on standard error why it failed, and return the status."""
    try:
        done = command()
        return done if isinstance(done, int) else FINE
    except (click.Abort, KeyboardInterrupt):
        line, status = "stopped", STOPPED + signal.SIGINT
    except SystemExit as stopped:
        return stopped.code if isinstance(stopped.code, int) else FAILED
    except click.UsageError as error:
        line, status = explain(error, arguments), error.exit_code
    except Failed as error:
        line, status = f"Error: {error.message}", FAILED
    except GpsprotoError as error:
        line, status = f"Error: {error}", FAILED
        if isinstance(error, SinkError) and error.errno == errno.EPIPE:
            line = "output closed by the reader"
    except MemoryError:
        line, status = "Error: not enough memory; fewer --batch-records need less", FAILED
    except OSError as error:
        # ours are all caught where they arise; what is left is a standard stream that is gone
        line, status = f"Error: {SinkError(error.errno or errno.EIO)}", FAILED
        if error.errno == errno.EPIPE:
            line = "output closed by the reader"
    except Exception as error:
        line, status = f"Error: {_bug(type(error), error.__traceback__)}", FAILED
    say(line)
    return status


def _bug(kind: type[Exception], trace: TracebackType | None) -> str:
    """Name an error that should not be by its class and by lines of source; never by its text."""
    lines = [
        f"{frame.f_globals.get('__name__', '?')}:{number}"
        for frame, number in traceback.walk_tb(trace)
    ]
    ours = [line for line in lines if line.startswith("gpsproto.")]
    where = ", ".join(dict.fromkeys([*ours, *lines[-1:]]))
    return f"this is a bug in gpsproto, please report it: {kind.__name__} at {where}"
