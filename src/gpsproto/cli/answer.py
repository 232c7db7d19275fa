"""What a verb answers on standard output: to a person, or to a program."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console

from gpsproto.cli.process import standard
from gpsproto.errors import SinkError

_NO_FOLD = 1_000
"""Columns where there is no terminal: a line is never folded, so that it can be searched for."""


def screen(*, no_colour: bool = False) -> Console:
    """Standard output as rich sees it; what is printed on it is captured and then answered."""
    console = Console(
        highlight=False, markup=False, emoji=False, no_color=True if no_colour else None
    )
    if not console.is_terminal:
        console.width = _NO_FOLD
    return console


@contextmanager
def shown_on(console: Console) -> Iterator[Console]:
    """Answer what is printed on the console meanwhile."""
    with console.capture() as shown:
        yield console
    text = shown.get()
    if not console.is_terminal:
        text = "".join(f"{line.rstrip()}\n" for line in text.splitlines())
    answer(text, console.encoding)


def answer(text: str, encoding: str = "utf-8") -> None:
    """Write all of a text.  Raises SinkError, also where nobody listens any more."""
    out = standard("stdout")
    if out is None:
        raise SinkError(errno.EBADF)
    # what a terminal cannot show must not end the run
    data = memoryview(text.encode(encoding, "replace"))
    failed = 0
    try:
        while data:
            # unbuffered, a write may take less than it is given
            data = data[out.write(data) :]
        out.flush()
    except OSError as error:
        failed = error.errno or errno.EIO
    if failed:
        raise SinkError(failed)


def answer_json(content: Any) -> None:
    """Write a JSON document."""
    answer(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
