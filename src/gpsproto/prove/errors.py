"""What an error holds: its text, attributes and chain, and the locals of the library's frames."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import gpsproto

_OURS = str(Path(gpsproto.__file__).parent)
_NOT = str(Path(__file__).parent)  # what hunts holds what it planted


def everything(error: BaseException) -> Iterator[bytes]:
    """All that a tool which catches an error could show; of each error in the chain."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        waiting += [one.__context__, one.__cause__]
        shown = [str(one), repr(one), repr(vars(one)), repr(one.args)]
        shown.append("".join(traceback.format_exception_only(one)))
        # what they hold beside: UnicodeDecodeError.object, JSONDecodeError.doc
        for name in ("object", "doc", "name", "filename", "obj"):
            shown.append(repr(getattr(one, name, None)))
        yield "\n".join(shown).encode("utf-8", "surrogateescape")
        yield from locals_of(one.__traceback__)


def locals_of(trace: TracebackType | None) -> Iterator[bytes]:
    """The locals of every frame of the library: as text, and where they are bytes as these."""
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(_OURS) and not code.co_filename.startswith(_NOT):
            for value in trace.tb_frame.f_locals.values():
                yield repr(value).encode("utf-8", "surrogateescape")
                if isinstance(value, (bytes, bytearray)):
                    yield bytes(value)
                elif isinstance(value, memoryview):
                    yield value.tobytes()
        trace = trace.tb_next
