"""What should come out of one message of a watch, by plain and slow reading of the rules.

``read`` takes a content as it stands between the header and the closing bracket, and gives every
value that a policy which keeps all would give.  It splits at commas first and then looks at tokens;
it shares nothing with the walk but the ranges that the items declare.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from gpsproto.codecs.watch import link, positions
from gpsproto.codecs.watch.message import Item

# field 7 to 14, and what is bound to a fix of them
_NUMBERS = (
    ("speed_kmh", positions.SPEED), ("course_deg", positions.COURSE),
    ("altitude_m", positions.ALTITUDE), ("satellites", positions.SATELLITES),
    ("signal_percent", positions.SIGNAL), ("battery_percent", link.BATTERY),
    ("steps", link.STEPS), ("rolls", link.ROLLS),
)  # fmt: skip
_OF_A_FIX = ("speed_kmh", "course_deg", "altitude_m")

_LINKS: dict[str, tuple[tuple[str, Item | None], ...]] = {
    "LK": (
        ("steps", link.STEPS), ("rolls", link.ROLLS), ("battery_percent", link.BATTERY),
        ("distance_m", link.DISTANCE), ("energy_kcal", link.ENERGY), ("link_switch", None),
    ),
    "KA": (
        ("link_date", None), ("steps", link.STEPS), ("rolls", link.ROLLS),
        ("battery_percent", link.BATTERY),
    ),
}  # fmt: skip

ALARMS = {
    16: "sos", 17: "low_battery", 18: "left_fence", 19: "entered_fence", 20: "watch_removed",
    21: "fall", 22: "abnormal_heart_rate_or_fall", 23: "powered_off", 24: "heart_rate_drop",
    25: "vehicle_start", 26: "temperature_low", 27: "temperature_high",
}  # fmt: skip
STATES = {
    0: "battery_low", 1: "outside_fence", 2: "inside_fence", 3: "watch_off", 4: "still",
    14: "power_cut",
}  # fmt: skip

_HEALTH = {
    "PULSE", "HEART", "HR", "BLOOD", "BPHRT", "OXYGEN", "TEMP", "BTEMP2",
}  # fmt: skip

# behind @ stands the count of today
_NUMBER = re.compile(rb"([+-]?[0-9]+(?:\.[0-9]+)?)(?:@[0-9]+)?")
_DIGITS = re.compile(rb"(?!-$)(?=.{0,11}$)-?[0-9A-Fa-f.]*")
_MAC = re.compile(rb"[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}")
_NO_MAC = re.compile(rb"|0")

Cell = tuple[int | None, str | None, int | None, int | None]


@dataclass
class _Tail:
    """What the cells and the Wi-Fi of a position say."""

    cells: list[Cell] = field(default_factory=list)
    mcc: int | None = None
    accuracy_m: float | None = None


def word_kind(word: str) -> str | None:
    """The kind of a word, by the families of section 4; None for one that is not read here."""
    upper = word.upper()
    if re.fullmatch(r"(UD|UP|WT)[0-9]*(_[0-9A-Z_]*)?|WAD|WG|PP", upper):
        return "position"
    if re.fullmatch(r"AL[0-9]*(_[0-9A-Z_]*)?|ALARM|ALCUSTOMER[0-9]*(_[0-9A-Z_]*)?", upper):
        return "alarm"
    if upper in _LINKS:
        return "link"
    return "health" if upper in _HEALTH else None


def read(content: bytes, *, reachfar: bool = False) -> dict[str, Any]:
    """Every value of a content, None where there is none; ``notes`` by their names in codes.

    ``message`` is the kind, None for a word that this oracle does not read.  ``alarms`` and
    ``states`` are in the order of their bits.  ``last_known`` is a place (latitude, longitude)
    that stands beside V: it and FACTORY_PLACE are there for policies that ask for it.
    A health message has ``values``, its numbers in order.
    """
    first, *arguments = content.split(b",")
    word = first.decode("latin-1")
    kind = word_kind(word)
    notes: set[str] = set()
    found: dict[str, Any] = {"word": word, "message": kind, "notes": notes}
    if kind in ("position", "alarm"):
        before = 1 if word.upper() in ("PP", "WAD") else 0
        found |= _position(arguments[before:], kind, notes, reachfar)
    elif kind == "link":
        found |= _link(word.upper(), arguments, notes)
    elif kind == "health":
        found["values"] = [_written(token, notes) for token in arguments]
    return found


def _written(token: bytes, notes: set[str]) -> Fraction | None:
    """A number as it is written; an empty field is none."""
    token = token.strip(b" ")
    if token == b"":
        return None
    match = _NUMBER.fullmatch(token)
    if match is None:
        notes.add("BAD_VALUE")
        return None
    return Fraction(match.group(1).decode())


def _rounded(value: Fraction, digits: int) -> int:
    """As so many decimals keep it: half away from zero."""
    whole = int(abs(value) * 10**digits + Fraction(1, 2))
    return -whole if value < 0 else whole


def _kept(token: bytes, digits: int, least: int, most: int, notes: set[str]) -> int | None:
    value = _written(token, notes)
    if value is None:
        return None
    kept = _rounded(value, digits)
    if not least * 10**digits <= kept <= most * 10**digits:
        notes.add("VALUE_OUT_OF_RANGE")
        return None
    return kept


def _item(token: bytes, item: Item, notes: set[str]) -> int | float | None:
    kept = _kept(token, item.digits, item.least, item.most, notes)
    if kept is None or not item.digits:
        return kept
    return kept / 10**item.digits


def _link(word: str, arguments: list[bytes], notes: set[str]) -> dict[str, Any]:
    items = _LINKS[word]
    found: dict[str, Any] = {name: None for name, item in items if item is not None}
    if len(arguments) > len(items):
        notes.add("EXTRA_FIELDS")
    if word == "LK" and 0 < len(arguments) < 3:
        notes.add("MISSING_FIELDS")
        return found
    for (name, item), token in zip(items, arguments, strict=False):
        if item is not None:
            found[name] = _item(token, item, notes)
    return found


def _position(tokens: list[bytes], kind: str, notes: set[str], reachfar: bool) -> dict[str, Any]:
    if len(tokens) < 16:
        notes.add("MISSING_FIELDS")
    date, time, validity, latitude, north, longitude, east, *rest = _padded(tokens, 16)
    *numbers, status = rest
    found: dict[str, Any] = {
        "time_ms": None, "fix": None, "latitude": None, "longitude": None, "last_known": None,
    }  # fmt: skip
    if date is not None and time is not None:
        found["time_ms"] = _time(date, time, notes)
    if validity is not None:
        found["fix"] = {b"A": True, b"V": False}.get(validity)
        if found["fix"] is None:
            notes.add("BAD_VALUE")
    y = x = None
    if found["fix"] is not None:
        y = _coordinate(latitude, north, b"N", b"S", 90, found["fix"], notes)
        x = _coordinate(longitude, east, b"E", b"W", 180, found["fix"], notes)
    for (name, item), token in zip(_NUMBERS, numbers, strict=True):
        found[name] = None
        if token is not None and (found["fix"] or name not in _OF_A_FIX):
            found[name] = _item(token, item, notes)
    found |= _bits(status, kind, notes, reachfar)
    tail = _tail(tokens[16:], notes)
    found["cells"] = tail.cells
    found["accuracy_m"] = tail.accuracy_m
    if y is not None and x is not None:
        if found["fix"]:
            found["latitude"], found["longitude"] = y / 1e7, x / 1e7
        elif found["fix"] is False and (y or x):
            abroad = tail.mcc is not None and tail.mcc != 460
            by_the_factory = 224_000_000 <= y <= 229_000_000 and 1_137_000_000 <= x <= 1_143_000_000
            if abroad and by_the_factory:
                notes.add("FACTORY_PLACE")
            else:
                found["last_known"] = (y / 1e7, x / 1e7)
    return found


def _padded(tokens: list[bytes], count: int) -> list[bytes | None]:
    return [tokens[at] if at < len(tokens) else None for at in range(count)]


def _time(date: bytes, time: bytes, notes: set[str]) -> int | None:
    moment = None
    if re.fullmatch(rb"[0-9]{6}", date) and re.fullmatch(rb"[0-9]{6}", time):
        day, month, year = int(date[:2]), int(date[2:4]), 2000 + int(date[4:])
        clock = int(time[:2]), int(time[2:4]), int(time[4:])
        with suppress(ValueError):
            moment = datetime(year, month, day, *clock, tzinfo=UTC)
    if moment is None:
        notes.add("BAD_VALUE")
        return None
    return int(moment.timestamp()) * 1000


def _coordinate(
    token: bytes | None, letter: bytes | None, plus: bytes, minus: bytes, most: int,
    fix: bool | None, notes: set[str],
) -> int | None:  # fmt: skip
    """1e-7 degrees.  A sign counts before a letter; a letter that is none of the two gives no place."""
    letter = letter.upper() if letter is not None else None
    foreign = letter not in (None, b"", plus, minus)
    if foreign:
        notes.add("BAD_VALUE")
    value = None if token is None else _kept(token, 7, -most, most, notes)
    if value is None or foreign:
        return None
    if value < 0:
        return value
    if letter == minus:
        return -value
    if letter != plus and value and fix:
        notes.add("HEMISPHERE_MISSING")
    return value


def _bits(status: bytes | None, kind: str, notes: set[str], reachfar: bool) -> dict[str, Any]:
    word = 0
    readable = status is not None and re.fullmatch(rb"[0-9A-Fa-f]{1,8}", status) is not None
    if status and readable:
        word = int(status, 16)
    elif status:
        notes.add("BAD_VALUE")
    names = dict(ALARMS)
    if reachfar:
        names[22] = "fall"
        del names[21]
    alarms = [name for bit, name in sorted(names.items()) if word >> bit & 1]
    if kind == "alarm" and not alarms:
        alarms = ["unknown"]
    elif not readable:
        return {"alarms": None, "states": None}
    return {
        "alarms": alarms,
        "states": [name for bit, name in sorted(STATES.items()) if word >> bit & 1],
    }


def _count(token: bytes) -> int | None:
    """A count of cells or of networks; None where it is no number, or a negative one."""
    return int(token) if re.fullmatch(rb"[0-9]{1,3}", token) else None


def _ends_in_code(tokens: list[bytes]) -> bool:
    return len(tokens) >= 2 and tokens[-1] in (b"00", b"10") and tokens[-2] == b""


def _tail(tokens: list[bytes], notes: set[str]) -> _Tail:
    tail = _Tail()
    if not tokens:
        return tail
    count = _count(tokens[0])
    if count is None:
        notes.add("CELLS_MISMATCH")
        return tail
    behind = 1
    if count:
        behind += 3 + 3 * count
        block = tokens[1:behind]
        if len(tokens) < behind or not all(_DIGITS.fullmatch(token) for token in block):
            notes.add("CELLS_MISMATCH")
            return tail
        _cells(tail, block)
    rest = tokens[behind:]
    if rest and _ends_in_code(tokens):
        rest = rest[:-1]
        if count == 0 or rest in ([], [b""]):
            return tail  # of the SG firmware: no Wi-Fi stands there
        _wifi(rest, notes)
    elif rest:
        accuracy = _wifi(rest, notes)
        if accuracy is not None:
            value = _item(accuracy, positions.ACCURACY, notes)
            tail.accuracy_m = None if value is None else float(value)
    return tail


def _cells(tail: _Tail, block: list[bytes]) -> None:
    _, mcc, mnc, *members = block
    tail.mcc = _count(mcc) or None
    network = mnc.decode() if re.fullmatch(rb"[0-9]{1,3}", mnc) else None
    areas, ids = members[0::3], members[1::3]
    letters = any(re.search(rb"[A-Fa-f]", token) for token in areas + ids)
    for area, id in zip(areas, ids, strict=True):
        lac, cid = _number_of_cell(area, letters), _number_of_cell(id, letters)
        if lac is not None and (lac == 0xFFFE or lac > 0xFFFFFF):
            lac = None
        if lac is not None or cid is not None:
            tail.cells.append((tail.mcc, network, lac, cid))


def _number_of_cell(token: bytes, hexadecimal: bool) -> int | None:
    if token == b"" or token.startswith(b"-"):
        return None
    if hexadecimal:
        value = None if b"." in token else int(token, 16)
    else:
        written = _written(token, set())
        value = None if written is None else _rounded(written, 0)
    return None if value is None or value == 0xFFFF or value >= 0xFFFFFFF else value


def _wifi(tokens: list[bytes], notes: set[str]) -> bytes | None:
    """Go over the networks; return the accuracy's token where it is certain which one it is."""
    count = _count(tokens[0])
    if count is None:
        notes.add("WIFI_MISMATCH")
        return None
    body = tokens[1:]
    if len(body) in (3 * count, 3 * count + 1) and all(
        (_MAC.fullmatch(address) or _NO_MAC.fullmatch(address)) and not _MAC.fullmatch(signal)
        for address, signal in zip(body[1 : 3 * count : 3], body[2 : 3 * count : 3], strict=True)
    ):
        return body[3 * count] if len(body) > 3 * count else None
    # a comma in a name shifts what follows: the hardware addresses say where it ends
    places = [at for at, token in enumerate(body) if _MAC.fullmatch(token)]
    if len(places) != count:
        notes.add("WIFI_MISMATCH")
        return None
    return body[-1] if places and len(body) == places[-1] + 3 else None
