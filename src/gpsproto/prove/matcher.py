"""The search: one compiled pass for the fixed parts of all spellings, then a look into a set.

Hyperscan looks for the part that all canaries of a kind share in a spelling; what stands around a
match is then one of the planted canaries or not.  So a pass costs the same for ten canaries and for
a hundred thousand, and a find is never a matter of luck.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Mapping
from enum import Enum, auto
from typing import Any, NamedTuple

from gpsproto.privacy.extra import require
from gpsproto.prove.canaries import Canary, Kind, Pool
from gpsproto.prove.encodings import REGISTRY, SHORTEST, spellings

EXTRA = "prove"

_SAMPLE = 48  # canaries that tell which part of a spelling varies
_LONGEST = 16  # bytes of an anchor: more make it no rarer
_MOST_MATCHES = 100_000  # in one pass; where there are more, something leaks all the time
_LEAST_ANCHOR = 2  # bytes
_LEAST_IN_TEXT = 3
_WORD = 8  # bytes of a number
_INTEGERS, _FLOATS = 1 << 48, 1e16
_RARE = 4  # an anchor that long is looked for whatever the bytes are


class Bytes(Enum):
    """What bytes are, which says what can stand in them by accident and what cannot at all."""

    SMALL = auto()  # so few that nothing is met by accident
    BINARY = auto()  # numbers, each at a multiple of its size
    TEXT = auto()
    COMPRESSED = auto()


class Find(NamedTuple):
    """A canary that stands in some bytes."""

    start: int
    end: int
    encoding: int
    kind: Kind
    canary: Canary


class _Use(NamedTuple):
    """A spelling that has an anchor: where the spelling begins before the anchor's end."""

    kind: str
    encoding: int
    label: str
    back: int
    weak: bool
    narrow: bool  # a small number among zeros: found where numbers stand only, at a multiple of 8


def _varying(samples: list[bytes]) -> tuple[int, bytes]:
    """The best part that all samples share, and where it stands in them."""
    size = min(map(len, samples))
    even = size == max(map(len, samples))
    first = samples[0]
    best: tuple[int, int, int] = (0, 0, 0)
    start = 0
    for place in range(size + 1):
        if place < size and all(one[place] == first[place] for one in samples):
            continue
        for at in range(start, max(start + 1, place - _LONGEST + 1)):
            part = first[at : min(place, at + _LONGEST)]
            # zeros and what repeats are everywhere
            worth = 2 * len(set(part) - {0}) + len(part) - part.count(0)
            best = max(best, (worth, -at, len(part)))
        start = place + 1
        if not even:
            break  # of unequal sizes only what stands in front stands in one place
    _, at, length = best
    return -at, first[-at : -at + length]


class Matcher:
    """Looks for every spelling of every canary of some pools."""

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        require("hyperscan", extra=EXTRA)
        self._pools = pools
        self._uses: dict[bytes, list[_Use]] = defaultdict(list)
        self._strong: set[bytes] = set()
        self._numeric: set[bytes] = set()
        self._textual: set[bytes] = set()
        for pool in pools.values():
            self._add(pool)
        self._anchors = list(self._uses)
        self._known: dict[tuple[str, int], dict[str, dict[bytes, Canary]]] = {}
        self._sizes: dict[tuple[str, int, str], list[int]] = {}
        self._databases = {
            Bytes.SMALL: self._compiled(set(self._anchors)),
            Bytes.BINARY: self._compiled(self._numeric),
            Bytes.TEXT: self._compiled(self._textual),
            Bytes.COMPRESSED: self._compiled(self._strong),
        }

    def _compiled(self, wanted: set[bytes]) -> Any:
        return compiled([(n, a) for n, a in enumerate(self._anchors) if a in wanted])

    def _add(self, pool: Pool) -> None:
        some = pool.canaries[:: max(1, len(pool) // _SAMPLE)]
        groups: dict[tuple[int, str], list[bytes]] = defaultdict(list)
        weak: set[tuple[int, str]] = set()
        narrow: set[tuple[int, str]] = set()
        foreign: set[tuple[int, str]] = set()
        for one in (*pool.edges, *some):
            for encoding, spelling in spellings(one):
                groups[encoding.number, spelling.label].append(spelling.data)
                filled = len(spelling.data) - spelling.data.count(0)
                if spelling.weak or filled < SHORTEST:
                    weak.add((encoding.number, spelling.label))
                if len(spelling.data) == _WORD and filled < SHORTEST:
                    narrow.add((encoding.number, spelling.label))
                    if not _as_stored(spelling.data):
                        foreign.add((encoding.number, spelling.label))
        narrow -= foreign
        for (number, label), samples in groups.items():
            at, anchor = _varying(samples)
            textual = all(map(_is_text, samples))
            if len(anchor) < (_LEAST_IN_TEXT if textual else _LEAST_ANCHOR):
                continue
            is_weak = (number, label) in weak
            self._uses[anchor].append(
                _Use(
                    pool.kind.name,
                    number,
                    label,
                    at + len(anchor),
                    is_weak,
                    (number, label) in narrow,
                )
            )
            if not is_weak:
                self._strong.add(anchor)
            if not is_weak or (number, label) in narrow:
                self._numeric.add(anchor)
            if textual or len(anchor) - anchor.count(0) >= _RARE:
                self._textual.add(anchor)

    @property
    def anchors(self) -> int:
        """How many byte strings the compiled pass looks for."""
        return len(self._anchors)

    def covers(self, kind: str) -> set[tuple[int, str]]:
        """The spellings of a kind that are looked for."""
        return {
            (use.encoding, use.label)
            for uses in self._uses.values()
            for use in uses
            if use.kind == kind
        }

    def find(self, data: bytes | memoryview, what: Bytes = Bytes.SMALL) -> list[Find]:
        """The canaries that stand in some bytes; of spellings inside one another the longest."""
        matches: list[tuple[int, int]] = []

        def met(number: int, start: int, end: int, flags: int, context: object) -> bool | None:
            matches.append((number, end))
            return True if len(matches) >= _MOST_MATCHES else None

        scanned(self._databases[what], data, met)
        found: list[Find] = []
        for number, end in matches:
            for use in self._uses[self._anchors[number]]:
                if _counts(use, what):
                    found += self._verified(data, end - use.back, use)
        return _longest(found)

    def _verified(self, data: bytes | memoryview, start: int, use: _Use) -> list[Find]:
        if start < 0 or (use.narrow and start % _WORD):
            return []  # among zeros it is met across the edges of other numbers
        known = self._spelled(use.kind, use.encoding)[use.label]
        found = []
        for size in self._sizes[use.kind, use.encoding, use.label]:
            one = known.get(bytes(data[start : start + size]))
            if one is not None:
                found.append(Find(start, start + size, use.encoding, one.kind, one))
        return found

    def _spelled(self, kind: str, encoding: int) -> dict[str, dict[bytes, Canary]]:
        """All spellings of a kind in a family, made when the first of them may be there."""
        known = self._known.get((kind, encoding))
        if known is None:
            known = defaultdict(dict)
            for one in self._pools[kind].canaries:
                for spelling in REGISTRY[encoding].spell(one):
                    known[spelling.label][spelling.data] = one
            for label, spelled in known.items():
                self._sizes[kind, encoding, label] = sorted({len(data) for data in spelled})
            self._known[kind, encoding] = known
        return known


def _counts(use: _Use, what: Bytes) -> bool:
    """Whether a spelling is looked for in bytes that are so."""
    if what is Bytes.SMALL:
        return True
    return not use.weak or (use.narrow and what is Bytes.BINARY)


def _as_stored(data: bytes) -> bool:
    """Whether it is a number as arrays hold it, an integer or a float, the little end first.

    The other way round a small integer could be a float of a few digits.
    """
    if int.from_bytes(data, "little") < _INTEGERS:
        return True
    value = abs(struct.unpack("<d", data)[0])
    return bool(1 < value < _FLOATS)


def _is_text(data: bytes) -> bool:
    try:
        return data.decode().isprintable()
    except UnicodeDecodeError:
        return False


def compiled(patterns: list[tuple[int, bytes]], *, escape: bool = True) -> Any:
    """A database of byte strings, or of expressions, by number."""
    import hyperscan

    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    database.compile(
        expressions=[
            b"".join(b"\\x%02x" % byte for byte in one) if escape else one for _, one in patterns
        ],
        ids=[number for number, _ in patterns],
        elements=len(patterns),
        flags=[hyperscan.HS_FLAG_DOTALL] * len(patterns),
    )
    return database


def scanned(database: Any, data: bytes | memoryview, met: Any) -> None:
    """Call ``met`` for every match, until it says that there are too many."""
    import hyperscan

    stopped = False
    try:
        if len(data):
            database.scan(data, match_event_handler=met)
    except hyperscan.error:
        stopped = True  # by us: there were too many
    del stopped


def _longest(found: list[Find]) -> list[Find]:
    """Those that do not stand inside another of the same canary."""
    by_canary: dict[int, list[Find]] = defaultdict(list)
    for one in found:
        by_canary[id(one.canary)].append(one)
    kept: list[Find] = []
    for those in by_canary.values():
        those.sort(key=lambda one: (one.start, -one.end, one.encoding))
        end = -1
        for one in those:
            if one.end > end:
                kept.append(one)
                end = one.end
    return kept
