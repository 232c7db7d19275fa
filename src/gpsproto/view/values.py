"""Raw numbers in words: times, degrees, scaled values of elements."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from gpsproto.catalog import Meaning
from gpsproto.walk import codes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEAR_2000_MS = 946_684_800_000
_YEAR_2100_MS = 4_102_444_800_000


def moment(ms: int) -> str:
    """A time in UTC; empty where it is in no year that has four digits."""
    if not 0 <= ms <= codes.LATEST_MS:
        return ""
    return f"{_EPOCH + timedelta(milliseconds=ms):%Y-%m-%dT%H:%M:%S}.{ms % 1000:03d}Z"


def of_this_age(ms: int) -> bool:
    """Whether a time is one that a device may have, rather than bytes of something else."""
    return _YEAR_2000_MS <= ms < _YEAR_2100_MS


def plain(value: Decimal) -> str:
    """A number without an exponent and without zeros at its end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def degrees(raw_e7: int) -> str:
    """Degrees of an integer in 1e-7 degrees."""
    return plain(Decimal(raw_e7).scaleb(-7))


def signed(raw: int, width: int) -> int:
    """A number of so many bytes in two's complement."""
    half = 1 << 8 * width - 1
    return (raw ^ half) - half


def said(meaning: Meaning, raw: int) -> str:
    """What a raw value of an element says: its label, or the number in the unit of its name."""
    number = signed(raw, meaning.width) if meaning.signed else raw
    if number in meaning.null_raw:
        return "no value"
    label = dict(meaning.labels).get(number)
    if label is not None:
        return label
    return plain(number * meaning.scale + meaning.offset)
