"""The unit of an element, or of a field: it stands at the end of the name."""

from __future__ import annotations

from functools import cache

UNITS = {
    "percent": "%", "c": "°C", "km": "km", "m": "m", "cm": "cm", "mm": "mm", "m2": "m²", "m3": "m³",
    "kmh": "km/h", "m_s": "m/s", "deg": "degrees", "rpm": "1/min", "turns": "turns", "hz": "Hz",
    "days": "d", "hours": "h", "h": "h", "min": "min", "s": "s", "ms": "ms",
    "mv": "mV", "v": "V", "ma": "mA", "a": "A", "w": "W", "kw": "kW", "wh": "Wh", "kwh": "kWh",
    "ah": "Ah", "mah": "mAh", "kpa": "kPa", "bar": "bar", "n": "N", "mg": "milli-g", "kg": "kg",
    "t": "t", "l": "l", "ml": "ml", "l_h": "l/h", "kg_h": "kg/h", "g_s": "g/s", "g_m2": "g/m²",
    "m2_h": "m²/h", "km_l": "km/l", "l_100km": "l/100 km", "kwh_100km": "kWh/100 km",
    "wh_km": "Wh/km", "lx": "lx", "db": "dB", "dbm": "dBm", "bpm": "1/min",
    "kcal": "kcal", "mmhg": "mmHg", "years": "years",
}  # fmt: skip
"""Units by the last word of a name, or the last two."""


@cache
def unit(name: str) -> str:
    """The unit that a name ends in; empty where it is a count, a code or raw."""
    words = name.split("_")[1:]  # what a name begins with is no unit
    return UNITS.get("_".join(words[-2:])) or UNITS.get("".join(words[-1:]), "")
