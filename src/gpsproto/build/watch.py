"""A watch's frames from typed values: positions, links, health, voice, and any other message."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from re import fullmatch
from typing import Any, TypedDict, Unpack

from gpsproto.codecs.watch import grammar
from gpsproto.wire.bracket import escaped

Number = int | float | Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Envelope(TypedDict, total=False):
    """What stands around a content: ``3G``, no index and no signature where nothing is said."""

    prefix: str
    index: int | None
    signature: str | None


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell.  None is written as an empty field; MNC is text, as ``01`` is not ``1``."""

    mcc: int | None = None
    mnc: str = ""
    lac: int | None = None
    cid: int | None = None
    signal: Number | None = None


@dataclass(frozen=True, slots=True)
class Wifi:
    """A Wi-Fi network; its name is written as it is, commas and brackets included."""

    name: bytes = b""
    bssid: str = ""
    signal_dbm: Number | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A position payload.  A number that is None is written as an empty field.

    Without letters the sign goes into them, and the degrees are written without one; with a letter,
    the empty one too, the degrees keep their sign.  All cells have one network.

    The tail ends where None stands: ``cells`` None, nothing behind the status; ``wifi`` None,
    nothing behind the cells; ``accuracy_m`` None, nothing behind the Wi-Fi.  ``end_code`` is the
    tail of the ``SG`` firmware, which has neither.  ``hexadecimal`` is of LAC and CID.
    """

    time_ms: int
    valid: bool = True
    latitude: Number | None = 0
    longitude: Number | None = 0
    latitude_letter: str | None = None
    longitude_letter: str | None = None
    speed_kmh: Number | None = 0
    course_deg: Number | None = 0
    altitude_m: Number | None = 0
    satellites: Number | None = 0
    signal_percent: Number | None = 100
    battery_percent: Number | None = 100
    steps: Number | None = 0
    steps_today: int | None = None
    rolls: Number | None = 0
    status: int | None = 0
    cells: Sequence[Cell] | None = ()
    timing_advance: Number | None = None
    wifi: Sequence[Wifi] | None = ()
    accuracy_m: Number | None = None
    hexadecimal: bool = False
    end_code: str = ""


@cache
def _frame(indexed: bool, signed: bool) -> Any:
    return grammar.frame(indexed=indexed, signed=signed)


@cache
def _position(end_code: bool) -> Any:
    return grammar.position(end_code=end_code)


def _built(construct: Any, parts: dict[str, Any]) -> bytes:
    written: bytes | None = None
    with suppress(Exception):  # construct has many, and each quotes the value
        written = construct.build(parts)
    if written is None:
        raise ValueError("a value does not fit its field")
    return written


def frame(
    id: str,
    content: bytes,
    prefix: str = "3G",
    index: int | None = None,
    signature: str | None = None,
) -> bytes:
    """A frame around a content.  Raises ValueError for what cannot be written, and never quotes it.

    ``signature`` is 32 hexadecimal digits; nothing is signed here.
    """
    parts = {
        "prefix": prefix, "id": id, "index": index, "signature": signature, "content": content,
    }  # fmt: skip
    return _built(_frame(index is not None, signature is not None), parts)


def _content(word: str, arguments: Sequence[str | bytes]) -> bytes:
    if not fullmatch(r"[0-9A-Za-z_]{1,24}", word):
        raise ValueError("a word has 1 to 24 letters, digits and underscores")
    parts = [word.encode()]
    for one in arguments:
        if isinstance(one, str) and not one.isascii():
            raise ValueError("text that is not ASCII is given as the bytes that are sent")
        parts.append(one.encode() if isinstance(one, str) else one)
    if any(b"," in part for part in parts):
        raise ValueError("a comma separates arguments; none can stand in one")
    return b",".join(parts)


def message(id: str, word: str, *arguments: str | bytes, **envelope: Unpack[Envelope]) -> bytes:
    """Any message: a word and its arguments, which hold no comma."""
    return frame(id, _content(word, arguments), **envelope)


def _numbers(values: Sequence[Number | None]) -> list[str]:
    written: list[str] | None = None
    with suppress(ArithmeticError):
        found = [None if value is None else Decimal(str(value)) for value in values]
        if all(value is None or value.is_finite() for value in found):
            written = ["" if value is None else f"{value:f}" for value in found]
    if written is None:
        raise ValueError("a number must be finite")
    return written


def link(id: str, *values: Number | None, word: str = "LK", **envelope: Unpack[Envelope]) -> bytes:
    """A sign of life: nothing, or steps, rolls, battery in percent, and three more of a dialect."""
    return message(id, word, *_numbers(values), **envelope)


def health(id: str, word: str, *values: Number | None, **envelope: Unpack[Envelope]) -> bytes:
    """A measurement, in the order of its word; None is an empty field."""
    return message(id, word, *_numbers(values), **envelope)


def voice(
    id: str, data: bytes, *before: str, word: str = "TK", **envelope: Unpack[Envelope]
) -> bytes:
    """Voice, or a picture: the arguments before it, and the data, escaped."""
    return message(id, word, *before, escaped(data), **envelope)


def position(
    id: str, word: str, where: Position, *before: str, **envelope: Unpack[Envelope]
) -> bytes:
    """A position or an alarm; ``before`` it stand the clock of PP, or the language of WAD."""
    return frame(id, _content(word, before) + b"," + payload(where), **envelope)


def payload(where: Position) -> bytes:
    """A position payload.  Raises ValueError for what cannot be written, and never quotes it."""
    if where.end_code and (where.cells is None or where.wifi or where.accuracy_m is not None):
        raise ValueError(
            "behind an end code there is no Wi-Fi and no accuracy, and cells before it"
        )
    if where.wifi is None and where.accuracy_m is not None:
        raise ValueError("an accuracy needs a Wi-Fi block before it")
    if where.cells is None and (where.wifi or where.accuracy_m is not None):
        raise ValueError("a Wi-Fi block needs a cell block before it")
    wifi = None if where.cells is None else where.wifi
    parts = {
        **_fixed(where),
        "cells": None if where.cells is None else _cells(where, where.cells),
        "wifi": None if wifi is None else {"members": [_network(one) for one in wifi]},
        "accuracy_m": where.accuracy_m,
        "end_code": where.end_code,
    }
    return _built(_position(bool(where.end_code)), parts)


def _fixed(where: Position) -> dict[str, Any]:
    stamps = _stamps(where.time_ms)
    latitude, north = _degrees(where.latitude, where.latitude_letter, "NS")
    longitude, east = _degrees(where.longitude, where.longitude_letter, "EW")
    (steps,) = _numbers([where.steps])
    if where.steps_today is not None:
        steps += f"@{where.steps_today:d}"
    if where.status is not None and not 0 <= where.status < 1 << 32:
        raise ValueError("a status word has 32 bits")
    return {
        "date": stamps[:6],
        "time": stamps[6:],
        "validity": "A" if where.valid else "V",
        "latitude": latitude,
        "latitude_letter": north,
        "longitude": longitude,
        "longitude_letter": east,
        "speed_kmh": where.speed_kmh,
        "course_deg": where.course_deg,
        "altitude_m": where.altitude_m,
        "satellites": where.satellites,
        "signal_percent": where.signal_percent,
        "battery_percent": where.battery_percent,
        "steps": steps,
        "rolls": where.rolls,
        "status": "" if where.status is None else f"{where.status:08X}",
    }


def _stamps(time_ms: int) -> str:
    """Date and time: whole seconds of this century, as no other can be written."""
    if not 946_684_800_000 <= time_ms < 4_102_444_800_000 or time_ms % 1000:
        raise ValueError("a watch's time is a whole second of the years 2000 to 2099")
    return f"{_EPOCH + timedelta(milliseconds=time_ms):%d%m%y%H%M%S}"


def _degrees(value: Number | None, letter: str | None, letters: str) -> tuple[Number | None, str]:
    if letter is not None:
        return value, letter
    if value is None:
        return None, ""
    return (-value, letters[1]) if value < 0 else (value, letters[0])


def _cells(where: Position, cells: Sequence[Cell]) -> dict[str, Any]:
    networks = {(cell.mcc, cell.mnc) for cell in cells} or {(None, "")}
    if len(networks) > 1:
        raise ValueError("the cells of a position are of one network")
    ((mcc, mnc),) = networks
    numbers = [number for cell in cells for number in (cell.lac, cell.cid) if number is not None]
    form = "X" if where.hexadecimal else "d"
    letters = any(digit in "ABCDEF" for number in numbers for digit in f"{number:X}")
    if where.hexadecimal and numbers and not letters:
        raise ValueError("hexadecimal cells without any letter would be read as decimal")

    def spelt(number: int | None) -> str:
        return "" if number is None else f"{number:{form}}"

    return {
        "network": {
            "timing_advance": where.timing_advance,
            "mcc": "" if mcc is None else f"{mcc:d}",
            "mnc": mnc,
        },
        "members": [
            {"lac": spelt(cell.lac), "cid": spelt(cell.cid), "signal": cell.signal}
            for cell in cells
        ],
    }


def _network(one: Wifi) -> dict[str, Any]:
    return {"name": one.name, "bssid": one.bssid, "signal": one.signal_dbm}
