"""What the public rows of a watch's messages must be, from what an oracle or a case says of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import numpy as np

from gpsproto.category import Category
from gpsproto.codecs import watch
from gpsproto.privacy.policy import Policy

_EPOCH = datetime(1970, 1, 1)

_OF_NAMES = {
    Category.TIME: ("time_ms",),
    Category.LOCATION: ("fix", "latitude", "longitude", "altitude_m"),
    Category.MOTION: ("speed_kmh", "course_deg"),
    Category.STATUS: ("accuracy_m", "satellites", "battery_percent", "signal_percent"),
    Category.ACTIVITY: ("steps", "rolls", "distance_m", "energy_kcal"),
    Category.NET_LOCATION: ("cells",),
}
_OF_BITS = {
    Category.STATUS: ("battery_low", "power_cut"),
    Category.ZONE: ("outside_fence", "inside_fence"),
    Category.BEHAVIOUR: ("watch_off",),
    Category.MOTION: ("still",),
    Category.HEALTH: (
        "abnormal_heart_rate_or_fall", "abnormal_heart_rate", "heart_rate_drop", "temperature_low",
        "temperature_high",
    ),
    Category.ALARM: (
        "sos", "low_battery", "left_fence", "entered_fence", "watch_removed", "fall", "powered_off",
        "vehicle_start", "unknown",
    ),
}  # fmt: skip
_CATEGORY = {
    name: c for names in (_OF_NAMES, _OF_BITS) for c, found in names.items() for name in found
}
_OF_ALARMS = (Category.ALARM, Category.HEALTH)
_OF_STATES = (Category.STATUS, Category.ZONE, Category.BEHAVIOUR, Category.MOTION)
_FLOATS = ("accuracy_m", "speed_kmh", "course_deg")
_ATTRIBUTES = ("steps", "rolls", "distance_m", "energy_kcal")
_OUTSIDE = {"subject", "event", "retention_class", "expires_on", "clock_suspect", "received_at"}


def plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """A public row without nulls and without what no oracle says; attributes stand beside columns."""
    kept = {name: v for name, v in row.items() if v is not None and name not in _OUTSIDE}
    time = kept.pop("time", None)
    if time is not None:
        kept["time_ms"] = round((time.replace(tzinfo=None) - _EPOCH).total_seconds() * 1000)
    return kept | dict(kept.pop("attributes", {}))


def expected(found: Mapping[str, Any], policy: Policy) -> dict[str, Any]:
    """What a policy lets through of what is said of a message; None where nothing may stand.

    ``found`` has the keys of ``watch_oracle.read``, or some of them.
    """
    kind = found.get("message")
    row: dict[str, Any] = {"protocol": "watch"}
    if kind is not None:
        hidden = kind == "alarm" and not policy.keeps(Category.ALARM)
        row["message"] = "position" if hidden else kind
    for name, value in found.items():
        category = _CATEGORY.get(name)
        if category is not None:
            row[name] = value if policy.keeps(category) else None
    _listed(row, found, policy)
    _placed(row, found, policy)
    for name in _FLOATS:
        if row.get(name) is not None:
            row[name] = float(np.float32(row[name]))
    for name in _ATTRIBUTES:
        if row.get(name) is not None:
            row[name] = float(row[name])
    if found.get("cells") is not None:
        names = ("mcc", "mnc", "lac", "cid")
        cells = [dict(zip(names, cell, strict=True)) for cell in row["cells"] or ()]
        row["cells"] = cells or None
    if "values" in found and policy.keeps(Category.HEALTH):
        row |= _measured(found)
    return row


def _listed(row: dict[str, Any], found: Mapping[str, Any], policy: Policy) -> None:
    """Alarms and states, those that are kept; an alarm of which none is kept is unknown."""
    for name, of_list in (("alarms", _OF_ALARMS), ("states", _OF_STATES)):
        if name not in found:
            continue
        row[name] = None
        if found[name] is not None and any(map(policy.keeps, of_list)):
            row[name] = [one for one in found[name] if policy.keeps(_CATEGORY[one])]
    if found.get("message") == "alarm" and row.get("alarms") == []:
        row["alarms"] = ["unknown"] if policy.keeps(Category.ALARM) else []


def _placed(row: dict[str, Any], found: Mapping[str, Any], policy: Policy) -> None:
    if not policy.keeps(Category.LOCATION):
        return
    if "fix" in found:
        row["fix"] = bool(found["fix"])  # what says neither has none
    if found.get("latitude") is not None:
        row["location_source"] = "gnss"
    elif "latitude" in found:
        row["location_source"] = None
    last = found.get("last_known")
    if found.get("fix") is False and policy.last_known and "last_known" not in found:
        for name in ("latitude", "longitude", "location_source"):
            row.pop(name, None)  # not said
    elif last is not None and policy.last_known:
        row["latitude"], row["longitude"] = last
        row["location_source"] = "last_known"
    elif last is not None:
        row["latitude"] = row["longitude"] = row["location_source"] = None


def _measured(found: Mapping[str, Any]) -> dict[str, Any]:
    """The numbers of a health message by the names that its word gives them."""
    items = {message.word.upper(): message.items for message in watch.messages()}
    names = [item.name for item in items[found["word"].upper()]]
    values = [None if value is None else float(value) for value in found["values"]]
    return dict(zip(names, values, strict=False))


def says_something(found: Mapping[str, Any], policy: Policy) -> bool:
    """Whether a policy keeps any field of a message, which then makes a row."""
    row = expected(found, policy)
    if found.get("message") == "alarm" and policy.keeps(Category.ALARM):
        return True
    if found.get("message") in ("position", "alarm") and found.get("states") is not None:
        # a status word that can be read is a field of its own
        return True
    without = {"protocol", "message", "fix", "location_source", "alarms", "states"}
    return any(value is not None for name, value in row.items() if name not in without)
