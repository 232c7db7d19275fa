"""Fleets to generate, and what stands in what was generated, for the suites that test it."""

from __future__ import annotations

from itertools import chain
from typing import Any

from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Fleet
from gpsproto.wire.frame import Frame
from gpsproto.wire.stream import StreamFramer
from gpsproto.wire.teltonika_udp import UdpFramer

KEY = gpsproto.PseudonymKey(bytes(range(32)))
LAYOUTS = ["basic", "fleet", "obd", "wide"]
CODECS = [0x08, 0x8E, 0x10]


@st.composite
def fleets(draw: st.DrawFn, **fixed: Any) -> Fleet:
    """Small fleets of every kind."""
    kind = fixed.pop("kind", None) or draw(st.sampled_from(["teltonika", "watch", "mixed"]))
    devices = draw(st.integers(2 if kind == "mixed" else 1, 6))
    per_frame = 1 if kind == "watch" else draw(st.integers(1, 4))
    records = draw(st.integers(devices * per_frame * 2, devices * per_frame * 12))
    values: dict[str, Any] = {
        "devices": devices, "records": records, "kind": kind, "records_per_frame": per_frame,
        "codec": draw(st.sampled_from(CODECS)), "layout": draw(st.sampled_from(LAYOUTS)),
        "interval_ms": draw(st.sampled_from([1_000, 10_000, 60_000, 3_600_000])),
        "trip": draw(st.sampled_from([None, "driving", "walking", "mixed"])),
        "seed": draw(st.integers(0, 1 << 63)),
        "transport": draw(st.sampled_from(["tcp", "udp"])) if kind == "teltonika" else "tcp",
    }  # fmt: skip
    return Fleet(**(values | fixed))


def dump(fleet: Fleet, form: Any = "bin") -> bytes:
    return b"".join(fleet.written(form))


def decoded(data: bytes, **options: Any) -> tuple[list[gpsproto.FilteredBatch], Balance]:
    """The batches of a dump, and the balance, which closes."""
    balance = Balance()
    found = list(gpsproto.decode(data, key=KEY, balance=balance, **options))
    assert balance.discrepancies() == []
    return found, balance


def column(found: list[gpsproto.FilteredBatch], name: str) -> list[Any]:
    pairs = (zip(*batch.column(name), strict=True) for batch in found)
    return [value if valid else None for value, valid in chain.from_iterable(pairs)]


def frames(data: bytes, *, udp: bool = False) -> list[Frame]:
    """The frames of a binary dump, as objects."""
    framer = UdpFramer(resync=True) if udp else StreamFramer()
    framer.receive(data)
    framer.receive_eof()
    return [event for event in framer.events() if isinstance(event, Frame)]


def parsed(frame: Frame) -> list[Any]:
    """The records of a tracker's frame, by the grammar."""
    return list(codecs.shapes()[frame.codec].grammar().parse(bytes(frame.body)).records)
