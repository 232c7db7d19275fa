"""The lines of a text that comes in chunks; an endless line is cut, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

_LONGEST_LINE = 1 << 20
_BOM = b"\xef\xbb\xbf"

Cut = Callable[[bytes], tuple[bytes, bytes]]
"""Part of a line that has not ended, and what goes before the rest of it."""


def lines(chunks: Iterable[bytes], cut: Cut) -> Iterator[list[bytes]]:
    """Whole lines, a list a chunk; what becomes of an endless one is up to ``cut``."""
    rest = b""
    first = True
    for chunk in chunks:
        text = rest + chunk
        if first:
            if len(text) < len(_BOM) and _BOM.startswith(text):
                rest = text
                continue
            text = text.removeprefix(_BOM)
            first = False
        found = text.split(b"\n")
        rest = found.pop()
        if len(rest) > _LONGEST_LINE:
            whole, rest = cut(rest)
            found.append(whole)
        if found:
            yield found
    if rest:
        yield [rest]
