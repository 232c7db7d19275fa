"""Records, frames and damage for hypothesis, over every codec of the registry."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from gpsproto import catalog, codecs
from gpsproto.build import Record, tcp_frame
from tests import beacon_strategies

CODECS = sorted(codecs.shapes())
IMEI = "356307042441013"  # of the vendor's published example

_EDGES = {
    1: [0, 1, 3, 127, 128, 255],
    2: [0, 1, 0x7FFF, 0x8000, 0xFFFF],
    4: [0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF],
    8: [0, 1, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, 0xFFFFFFFFFFFFFFFF],
}


@cache
def unsigned(width: int) -> st.SearchStrategy[int]:
    return st.sampled_from(_EDGES[width]) | st.integers(0, (1 << 8 * width) - 1)


@cache
def signed(width: int) -> st.SearchStrategy[int]:
    half = 1 << 8 * width - 1
    return st.sampled_from([-half, -1, 0, 1, half - 1]) | st.integers(-half, half - 1)


@cache
def ids(id_size: int) -> st.SearchStrategy[int]:
    most = (1 << 8 * id_size) - 1
    known = [id for id in catalog.load().ids() if id <= most]
    return st.sampled_from([0, most, *known]) | st.integers(0, most)


@cache
def _members(id_size: int, width: int) -> st.SearchStrategy[list[tuple[int, int]]]:
    return st.lists(st.tuples(ids(id_size), unsigned(width)), max_size=4)


_TIMES = unsigned(8) | st.integers(1_000_000_000_000, 2_000_000_000_000)
_PLAUSIBLE = st.integers(-900_000_000, 900_000_000)
_VARIABLE = st.lists(
    st.tuples(ids(2), st.binary(max_size=20)) | beacon_strategies.elements, max_size=3
).map(tuple)


@st.composite
def elements(draw: st.DrawFn, id_size: int) -> tuple[tuple[int, int, int], ...]:
    found: list[tuple[int, int, int]] = []
    for width in (1, 2, 4, 8):
        found += [(id, width, value) for id, value in draw(_members(id_size, width))]
    return tuple(found)


@st.composite
def records(draw: st.DrawFn, codec: int, *, plausible: bool = False) -> Record:
    shape = codecs.shapes()[codec]
    coordinate = _PLAUSIBLE if plausible else signed(4)
    variable: Any = ()
    if shape.variable:
        variable = draw(_VARIABLE)
    return Record(
        timestamp_ms=draw(_TIMES),
        longitude_e7=draw(coordinate),
        latitude_e7=draw(coordinate),
        altitude_m=draw(signed(2)),
        angle_deg=draw(unsigned(2)),
        satellites=draw(unsigned(1)),
        speed_kmh=draw(unsigned(2)),
        priority=draw(unsigned(1)),
        event=draw(ids(shape.id_size)),
        generation=draw(unsigned(1)) if shape.generation else 0,
        elements=draw(elements(shape.id_size)),
        variable=variable,
    )


@st.composite
def _alike(draw: st.DrawFn, one: Record, other: Record) -> Record:
    """A record with the fixed part of one, and the form of the other: same ids, other values."""
    return replace(
        one,
        elements=tuple((id, width, draw(unsigned(width))) for id, width, _ in other.elements),
        variable=tuple(
            (id, draw(st.binary(min_size=len(value), max_size=len(value))))
            for id, value in other.variable
        ),
    )


@st.composite
def _record_lists(draw: st.DrawFn, codec: int, plausible: bool) -> list[Record]:
    """Records as devices send them: most have the form of one that was before."""
    found: list[Record] = []
    for one in draw(st.lists(records(codec, plausible=plausible), min_size=1, max_size=6)):
        if found and draw(st.booleans()):
            found.append(draw(_alike(one, draw(st.sampled_from(found)))))
        else:
            found.append(one)
    return found


@cache
def record_lists(codec: int, *, plausible: bool = False) -> st.SearchStrategy[list[Record]]:
    return _record_lists(codec, plausible)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    codec = draw(st.sampled_from(CODECS))
    return tcp_frame(codec, draw(record_lists(codec)))


@st.composite
def cuts(draw: st.DrawFn, data: bytes) -> list[bytes]:
    """The data in pieces, cut anywhere."""
    places = sorted(draw(st.lists(st.integers(0, len(data)), max_size=6)))
    edges = [0, *places, len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with bytes flipped, cut out, doubled or put in."""
    out = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        if not out:
            break
        at = draw(st.integers(0, len(out) - 1))
        kind = draw(st.sampled_from(["flip", "cut", "double", "insert", "set"]))
        if kind == "flip":
            out[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "cut":
            del out[at : at + draw(st.integers(1, 9))]
        elif kind == "double":
            out[at:at] = out[at : at + draw(st.integers(1, 40))]
        elif kind == "insert":
            out[at:at] = draw(st.binary(min_size=1, max_size=9))
        else:
            out[at] = draw(st.sampled_from([0, 0xFF, 8, 0x8E, 0x10]))
    return bytes(out)
