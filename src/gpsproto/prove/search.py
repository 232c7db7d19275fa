"""What every carrier hands its bytes to: gathered, searched in one pass, and noted as hits."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from typing import Any

import numpy.typing as npt

from gpsproto.prove.canaries import Pool
from gpsproto.prove.derived import Digests
from gpsproto.prove.matcher import Bytes, Find, Matcher
from gpsproto.prove.report import Hit
from gpsproto.prove.templates import Groups

_GATHERED = 8 << 20
_BETWEEN = b"\n\0" * 8  # keeps pieces apart, and each at a multiple of 8
_MOST_PLACES = 3


class Search:
    """Gathers what came out, by carrier, and searches it while it is known what went in."""

    def __init__(self, pools: Mapping[str, Pool], groups: Groups) -> None:
        self._pools = pools
        self._groups = groups
        self._matcher = Matcher(pools)
        self._digests = Digests(pools)
        self._waiting: dict[tuple[str, Bytes], bytearray] = defaultdict(bytearray)
        self.bytes: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.found: Counter[Hit] = Counter()

    def again(self) -> Search:
        """A search for the same, with nothing found."""
        made = copy(self)
        made._waiting = defaultdict(bytearray)
        made.bytes, made.frames, made.found = Counter(), Counter(), Counter()
        return made

    @property
    def anchors(self) -> int:
        """How many byte strings the compiled pass looks for."""
        return self._matcher.anchors

    def look(self, carrier: str, data: bytes | memoryview | str, what: Bytes) -> None:
        """Take what came out by a carrier."""
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogateescape")
        waiting = self._waiting[carrier, what]
        waiting += data
        waiting += _BETWEEN[len(waiting) % 8 :]
        self.bytes[carrier] += len(data)
        if len(waiting) > _GATHERED:
            self._search(carrier, what)

    def look_at(self, carrier: str, values: npt.NDArray[Any]) -> None:
        """Take numbers, which may be four bytes of a digest."""
        self._note(carrier, self._digests.in_numbers(values))

    def flush(self) -> None:
        """Search all that is gathered: what went in is about to change."""
        for carrier, what in list(self._waiting):
            self._search(carrier, what)

    def planted(self, carrier: str, frames: int) -> None:
        """Count frames that went through a carrier."""
        self.frames[carrier] += frames
        self.bytes.setdefault(carrier, 0)

    def _search(self, carrier: str, what: Bytes) -> None:
        data = bytes(self._waiting.pop((carrier, what), b""))
        if data:
            self._note(carrier, self._matcher.find(data, what))
            self._note(carrier, self._digests.find(data, what))

    def _note(self, carrier: str, found: Iterable[Find]) -> None:
        for one in found:
            pool = self._pools[one.kind.name]
            places = self._groups.places(one.kind.name, pool.index(one.canary), len(pool))
            named = " or ".join(str(place) for place in places[:_MOST_PLACES])
            if len(places) > _MOST_PLACES:
                named += f" or {len(places) - _MOST_PLACES} more"
            self.found[Hit(carrier, one.encoding, named or "not known", one.kind.name)] += 1
