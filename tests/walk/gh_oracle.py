"""What should come out of a body of Codec 7, by its grammar and the rules of its document."""

from __future__ import annotations

import math
from typing import Any

import construct

from gpsproto.codecs import codec7
from gpsproto.privacy.policy import Policy
from tests.walk import oracle

_GRAMMAR = codec7.grammar()
_GROUPS = ("n1", "n2", "n4")


def parse(body: bytes) -> Any:
    """The body by its grammar; None where it does not fit."""
    try:
        parsed = _GRAMMAR.parse(body)
    except construct.ConstructError:
        return None
    return parsed if parsed.count else None


def records(parsed: Any, policy: Policy) -> list[dict[str, Any]]:
    """The columns of each record that are not null; the ids are those of GH, whatever is said."""
    as_avl = construct.Container(records=[_as_avl(one) for one in parsed.records])
    return oracle.records(as_avl, policy, "GH")


def where(gps: Any) -> tuple[int, int] | None:
    """Latitude and longitude in 1e-7 degrees; None where they are no place."""
    if gps is None or gps.place is None:
        return None
    latitude, longitude = gps.place.latitude, gps.place.longitude
    if math.isnan(latitude) or math.isnan(longitude):
        return None
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        return None
    found = round(latitude * 1e7), round(longitude * 1e7)
    return None if found == (0, 0) else found


def _or(value: Any, other: Any) -> Any:
    return other if value is None else value


def _as_avl(record: Any) -> Any:
    """A record with the names of one of Codec 8."""
    gps, place = record.gps, where(record.gps)
    fixed = construct.Container(
        timestamp=(1_167_609_600 + record.when.seconds) * 1000,
        priority=record.when.priority,
        latitude=0, longitude=0, altitude=-32_768, angle=65_535, satellites=0, speed=65_535,
    )  # fmt: skip
    if place is not None:
        fixed.latitude, fixed.longitude = place
        fixed.altitude = _or(gps.altitude, -32_768)
        fixed.angle = 65_535 if gps.angle is None else round(gps.angle * 1.40625)
        fixed.satellites = _or(gps.satellites, 3)
        fixed.speed = 65_535 if gps.speed in (None, 255) else gps.speed
    groups: Any = {name: list(record[name] or ()) for name in _GROUPS}
    for name, id, group in (("signal", 201, "n1"), ("operator", 202, "n4")):
        if gps is not None and gps[name] is not None:
            groups[group].append(construct.Container(id=id, value=gps[name]))
    if gps is not None and gps.cell is not None:
        value = gps.cell.area * 65_536 + gps.cell.identity
        groups["n4"].append(construct.Container(id=200, value=value))
    event = 0
    if record.when.priority == 2:
        held = {one.id for group in groups.values() for one in group}
        event = 222 if 222 in held else 204
        groups["n1"].append(construct.Container(id=204, value=1))
    return construct.Container(fixed=fixed, event=event, n8=[], **groups)
