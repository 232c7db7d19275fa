"""What should come out, by the grammar and by plain reading of the rules: slow and independent."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import construct
import numpy as np

from gpsproto import catalog, codecs
from gpsproto.category import Category
from gpsproto.codecs.beacons import LISTS
from gpsproto.privacy.policy import Policy
from tests.walk import beacon_oracle

_PRIORITIES = {0: "low", 1: "high", 2: "panic", 3: "security"}
_PRIVATE = {(391, 1), (250, 3), (10543, 1)}
_IDENTITIES = {Category.SIM_ID: ((11, 8), (14, 8)), Category.DRIVER_ID: ((78, 8),)}
_HIDDEN_IN_PRIVATE = {
    Category.LOCATION, Category.NET_LOCATION, Category.ZONE, Category.ROAMING, Category.MOTION,
    Category.COUNTER, Category.THIRD_PARTY_ID, Category.TRAFFIC,
}  # fmt: skip


def parse(codec: int, body: bytes) -> Any:
    """The body by its grammar, the 16-byte group tried second; None where neither fits."""
    shape = codecs.shapes().get(codec)
    if shape is None:
        return None
    for group16 in (False, True) if shape.group16 else (False,):
        try:
            parsed = shape.grammar(group16=group16).parse(body)
        except construct.ConstructError:
            continue
        if parsed.count:
            return parsed
    return None


def _value(meaning: catalog.Meaning | None, raw: int, width: int) -> float | int | None:
    if meaning is None:
        return float(raw)
    if meaning.signed and raw >> 8 * width - 1:
        raw -= 1 << 8 * width
    if raw in meaning.null_raw or (width == 8 and raw > 2**63 - 1):
        return None
    value = Fraction(raw) * Fraction(meaning.scale) + Fraction(meaning.offset)
    whole = catalog.load().dtype(meaning.name)
    if meaning.core and whole is not None and whole.kind == "i" and value > np.iinfo(whole).max:
        return None  # wider than any width that is listed
    return int(value) if whole is not None and whole.kind == "i" else float(value)


def records(parsed: Any, policy: Policy, family: str | None) -> list[dict[str, Any]]:
    """The columns of each record that are not null, but for subject and retention."""
    return [_record(record, policy, family) for record in parsed.records]


def _record(record: Any, policy: Policy, family: str | None) -> dict[str, Any]:
    facts = catalog.load()
    fixed = record.fixed
    members = [
        (element.id, width, element.value)
        for width, group in ((1, "n1"), (2, "n2"), (4, "n4"), (8, "n8"))
        for element in record[group]
    ]
    private = any(width == 1 and (id, raw) in _PRIVATE for id, width, raw in members)
    row: dict[str, Any] = {"protocol": "teltonika", "message": "avl"}
    if fixed.timestamp <= 253_402_300_799_999:
        row["time_ms"] = fixed.timestamp
    row["satellites"] = fixed.satellites
    if fixed.priority in _PRIORITIES:
        row["priority"] = _PRIORITIES[fixed.priority]
    fix = fixed.satellites > 0
    if not private:
        row["fix"] = fix
        inside = abs(fixed.latitude) <= 900_000_000 and abs(fixed.longitude) <= 1_800_000_000
        ever = fix or fixed.latitude or fixed.longitude
        if inside and (fix or (policy.last_known and ever)):
            row["latitude"] = fixed.latitude / 1e7
            row["longitude"] = fixed.longitude / 1e7
            if fixed.altitude != -32_768:  # so and by the speed: what a codec did not send
                row["altitude_m"] = fixed.altitude
            row["location_source"] = "gnss" if fix else "last_known"
        if fix:
            if fixed.speed != 65_535:
                row["speed_kmh"] = float(fixed.speed)
            if fixed.angle <= 360:
                row["course_deg"] = float(fixed.angle)
    event = facts.event(record.event, family)
    if record.event and event is not None and all(policy.keeps(c) for c in event[1]):
        hidden = private and event[1] & _HIDDEN_IN_PRIVATE
        if not hidden:
            row["event"] = event[0]
    if "generation" in record:
        row["generation_type"] = record.generation
    # an id of ours names nothing of a device, only what stands inside of an element
    last: dict[tuple[int, int], int] = {
        (id, width): raw for id, width, raw in members if id < catalog.OURS
    }
    of_lists = {(one.id, one.width): one.raw for one in _listed(record, family) if one.width}
    for (id, width), raw in (*last.items(), *sorted(of_lists.items())):  # the greater id counts
        may_be = facts.categories(id, width, family)
        if not may_be or not all(policy.keeps(category) for category in may_be):
            continue
        if private and (may_be & _HIDDEN_IN_PRIVATE or (id, width) in of_lists):
            continue
        meaning = facts.meaning(id, width, family)
        value = _value(meaning, raw, width)
        if value is not None:
            row[meaning.name if meaning else f"avl_{id}"] = value
    named = {kind.value for kind in _IDENTITIES if _identifies(kind, last, policy, family)}
    if named:
        row["pseudonyms"] = named
    return row


def _listed(record: Any, family: str | None) -> list[beacon_oracle.Found]:
    """What stands in the lists of a record that its family has and whose lengths fit."""
    found: list[beacon_oracle.Found] = []
    beacons = 0
    for element in record.get("nx", ()):
        forms = [
            form
            for (id, width), form in LISTS.items()
            if id == element.id and catalog.load().categories(id, width, family)
        ]
        read = beacon_oracle.read(forms[0], element.value, beacons) if forms else None
        if read is not None:
            found += read[0]
            beacons = read[1]
    return found


def _identifies(
    kind: Category, last: dict[tuple[int, int], int], policy: Policy, family: str | None
) -> bool:
    """Whether a record names one of a kind: every part is there, and not all are zero."""
    parts = _IDENTITIES[kind]
    return (
        policy.pseudonymises(kind)
        and all(catalog.load().categories(*part, family) == {kind} for part in parts)
        and all(part in last for part in parts)
        and any(last[part] for part in parts)
    )
