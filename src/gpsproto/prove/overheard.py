"""What a run says aside: logs, warnings, and what is printed in the process."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

from gpsproto.prove.errors import everything
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search


class _Listener(logging.Handler):
    """Takes every record: its text, its arguments, the error that it bears."""

    def __init__(self, search: Search) -> None:
        super().__init__(logging.NOTSET)
        self._search = search

    def emit(self, record: logging.LogRecord) -> None:
        """Search a record."""
        shown = [record.getMessage(), repr(record.args), repr(vars(record))]
        self._search.look("logging", "\n".join(shown), Bytes.TEXT)
        if record.exc_info and record.exc_info[1] is not None:
            for data in everything(record.exc_info[1]):
                self._search.look("logging", data, Bytes.SMALL)


@contextlib.contextmanager
def overheard(search: Search) -> Iterator[None]:
    """Listen to all that is said meanwhile."""
    listener = _Listener(search)
    root = logging.getLogger()
    level = root.level
    ours = [logging.getLogger(name) for name in _names()]
    levels = [one.level for one in ours]
    out, err = io.StringIO(), io.StringIO()
    root.addHandler(listener)
    root.setLevel(logging.DEBUG)
    for one in ours:
        one.setLevel(logging.DEBUG)
    for name in ("logging", "warnings", "standard output", "standard error"):
        search.planted(name, 0)
    try:
        with (
            warnings.catch_warnings(record=True) as warned,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            warnings.simplefilter("always")
            yield
    finally:
        root.removeHandler(listener)
        root.setLevel(level)
        for one, before in zip(ours, levels, strict=True):
            one.setLevel(before)
        for warning in warned:
            text = f"{warning.message!r} {warning.message} {vars(warning)!r}"
            search.look("warnings", text, Bytes.TEXT)
        search.look("standard output", out.getvalue(), Bytes.TEXT)
        search.look("standard error", err.getvalue(), Bytes.TEXT)


def _names() -> list[str]:
    """The loggers of the library."""
    return [name for name in logging.root.manager.loggerDict if name.startswith("gpsproto")]
