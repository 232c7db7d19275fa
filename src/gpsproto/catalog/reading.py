"""How a raw value becomes the column's, in words."""

from __future__ import annotations

from gpsproto.catalog import Meaning


def reading(meaning: Meaning) -> str:
    """Labels, scale, offset, sign and fault values; empty where it stays as it was sent."""
    parts = []
    if meaning.labels:
        parts.append(", ".join(f"{value} = {text}" for value, text in meaning.labels))
    elif meaning.scale != 1:
        parts.append(f"times {meaning.scale}")
    if meaning.offset:
        parts.append(f"{'minus' if meaning.offset < 0 else 'plus'} {abs(meaning.offset)}")
    if meaning.signed:
        parts.append("signed")
    if meaning.null_raw:
        parts.append("null at raw " + ", ".join(str(raw) for raw in meaning.null_raw))
    return "; ".join(parts)
