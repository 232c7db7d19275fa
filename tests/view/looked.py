"""What a look at every stretch of a dump shows, as a user and a program see it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import cache

from gpsproto.captures.recognise import InputFormat
from gpsproto.cli import frameview
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.view import Inspection, Setting, Span, Unit, inspected, leaves, units

KEY = PseudonymKey(bytes(range(32)))


@cache
def setting(policy: str = "tracking", family: str | None = None) -> Setting:
    return Setting(Policy.load(policy), family)


@cache
def door(policy: str = "tracking") -> PrivacyFilter:
    return PrivacyFilter(Policy.load(policy), KEY)


def every_unit(data: bytes, kind: str = "auto") -> list[Unit]:
    """The stretches of a dump."""
    return list(units(data, door(), input_format=InputFormat(kind)))


def looks(
    data: bytes, kind: str = "auto", *, family: str | None = None, reveal: bool = False
) -> list[Inspection]:
    """Every stretch of a dump, read."""
    found = every_unit(data, kind)
    return [inspected(unit, setting(family=family), reveal=reveal) for unit in found]


def look(data: bytes, kind: str = "auto", **how: bool) -> Inspection:
    """The one stretch that a dump is."""
    [one] = looks(data, kind, **how)  # type: ignore[arg-type]
    return one


def covers(one: Inspection) -> bool:
    """Whether the leaves are the bytes, each once, and each span's children are its own."""
    at = one.offset
    for leaf in leaves(one.spans):
        if leaf.offset != at or leaf.size < 1:
            return False
        at = leaf.end
    return at == one.offset + one.size and all(_nested(span) for span in one.spans)


def _nested(span: Span) -> bool:
    if not span.children:
        return True
    ends = [span.offset, *(child.end for child in span.children)]
    starts = [*(child.offset for child in span.children), span.end]
    return ends == starts and all(_nested(child) for child in span.children)


def named(spans: Iterable[Span], name: str) -> list[Span]:
    """The spans of a name, at any depth."""
    return [one for one in _all(spans) if one.name == name]


def _all(spans: Iterable[Span]) -> Iterator[Span]:
    for span in spans:
        yield span
        yield from _all(span.children)


def element(one: Inspection, id: int) -> Span:
    """The value of the element with an id."""
    [found] = [
        span for span in _all(one.spans) if span.inline and span.name.partition(" ")[0] == str(id)
    ]
    return found.children[-1]


def shown(one: Inspection) -> bytes:
    """All that is shown of a stretch: its text, its JSON, its reprs, and the bytes as they are."""
    text = [*frameview.head(one, "", "tracking", None)]
    text += ["\t".join(line.cells) for line in frameview.lines(one)]
    text += [json.dumps(one.as_dict()), repr(one), *(repr(span) for span in _all(one.spans))]
    text += [line.replace(" ", "") for line in text]
    # runs of bytes that are shown one behind the other
    raw = b"".join(b"\0\0" if leaf.masked else leaf.data for leaf in leaves(one.spans))
    return "\n".join(text).encode() + raw + raw.hex().encode()
