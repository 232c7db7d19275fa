"""Records of Codec 7 for hypothesis: what devices send, and whatever its grammar can write."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from gpsproto import catalog
from gpsproto.build import GhRecord
from gpsproto.codecs import codec7
from tests.strategies import unsigned

LATEST_S = codec7.EPOCH_S + (1 << 30) - 1

_IDS = st.sampled_from([id for id in catalog.load().ids() if id < 256]) | st.integers(0, 255)
_LATITUDES = st.floats(-90, 90, width=32)
_LONGITUDES = st.floats(-180, 180, width=32)
_WIDTHS = {"n1": 1, "n2": 2, "n4": 4}


@st.composite
def _element(draw: st.DrawFn) -> tuple[int, int, int]:
    width = draw(st.sampled_from([1, 2, 4]))
    return draw(_IDS), width, draw(unsigned(width))


@st.composite
def gh_records(draw: st.DrawFn) -> GhRecord:
    """What a device sends, at places that are places."""
    place: tuple[float | None, float | None] = draw(
        st.just((None, None)) | st.tuples(_LATITUDES, _LONGITUDES)
    )

    def maybe(strategy: Any) -> Any:
        return draw(st.none() | strategy)

    return GhRecord(
        draw(st.integers(codec7.EPOCH_S, LATEST_S)),
        *place,
        altitude_m=maybe(st.integers(-(1 << 15), (1 << 15) - 1)),
        angle_deg=maybe(st.floats(0, 359)),
        satellites=maybe(unsigned(1)),
        speed_kmh=maybe(unsigned(1)),
        priority=draw(st.integers(0, 3)),
        cell=maybe(st.tuples(unsigned(2), unsigned(2))),
        signal=maybe(unsigned(1)),
        operator=maybe(unsigned(4)),
        elements=tuple(draw(st.lists(_element(), max_size=6))),
    )


_ANY_FLOAT = st.floats(width=32, allow_nan=False) | st.sampled_from(
    [0.0, -0.0, 90.0, -90.0, 180.0, -180.0, 181.0, float("nan"), float("inf"), float("-inf")]
)


@st.composite
def any_parts(draw: st.DrawFn) -> dict[str, Any]:
    """A record as the grammar writes it: any masks, any numbers, empty groups too."""
    sent = draw(st.integers(0, 255))
    fields: dict[str, Any] = {
        "place": st.fixed_dictionaries({"latitude": _ANY_FLOAT, "longitude": _ANY_FLOAT}),
        "altitude": st.integers(-(1 << 15), (1 << 15) - 1),
        "angle": unsigned(1),
        "speed": unsigned(1),
        "satellites": unsigned(1),
        "cell": st.fixed_dictionaries({"area": unsigned(2), "identity": unsigned(2)}),
        "signal": unsigned(1),
        "operator": unsigned(4),
    }
    gps = {
        name: draw(fields[name]) if sent & 1 << bit else None for bit, name in enumerate(codec7.GPS)
    }
    parts: dict[str, Any] = {
        "when": {
            "priority": draw(st.integers(0, 3)),
            "seconds": draw(st.integers(0, (1 << 30) - 1)),
        },
        "mask": draw(st.integers(0, 255)),
        "gps": {"mask": sent, **gps},
    }
    for name, width in _WIDTHS.items():
        member = st.fixed_dictionaries({"id": _IDS, "value": unsigned(width)})
        parts[name] = draw(st.lists(member, max_size=4))
    return parts


_GRAMMAR = codec7.grammar()
gh_record_lists = st.lists(gh_records(), min_size=1, max_size=6)
gh_bodies = st.lists(any_parts(), min_size=1, max_size=6).map(
    lambda records: bytes(_GRAMMAR.build({"records": records}))
)
