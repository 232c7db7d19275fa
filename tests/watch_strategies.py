"""Positions, frames and broken tails of watches for hypothesis, and what a position should give."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from gpsproto.build import watch
from gpsproto.build.watch import Cell, Position, Wifi
from tests.walk import watch_oracle

IDS = ["8800000015", "0300000187", "001010000000012", "7", "W0RN00000000000000AB"]  # made up
PREFIXES = ["3G", "SG", "CS", "ZJ", "YX", "DW"]
POSITION_WORDS = [
    "UD", "UD2", "UD3", "UD_LTE", "UD2_LTE", "UD_WCDMA", "UP", "UP2", "WT", "WT_LTE", "WG", "ud",
]  # fmt: skip
ALARM_WORDS = ["AL", "AL_LTE", "ALARM", "ALCUSTOMER1", "al"]
LEADS = {"WAD": ("EN",), "PP": ("091046",)}  # what stands before the payload
WORDS = [*POSITION_WORDS, *ALARM_WORDS, *LEADS]

ids = st.sampled_from(IDS) | st.text("0123456789", min_size=1, max_size=20)
words = st.sampled_from(WORDS)


def _scaled(least: int, most: int, digits: int, *edges: int) -> st.SearchStrategy[Decimal]:
    """Numbers of so many decimals, the edges of the range among them."""
    whole = st.sampled_from([least, most, *edges]) | st.integers(least, most)
    return whole.map(lambda number: Decimal(number).scaleb(-digits))


_TIMES = st.integers(946_684_800, 4_102_444_799).map(lambda seconds: seconds * 1000)
_LATITUDES = _scaled(-900_000_000, 900_000_000, 7, 0, 1, -1, 225_707_330)
_LONGITUDES = _scaled(-1_800_000_000, 1_800_000_000, 7, 0, 1, -1, 1_138_626_083)
_STATUS = st.sampled_from(
    [0, 0x10, 0x10001, 0x30000, 0x100018, 0x200000, 0x400000, 0x10000000]
) | st.integers(0, 0xFFFFFFFF)

_MACS = st.binary(min_size=6, max_size=6).flatmap(
    lambda raw: st.sampled_from([raw.hex(":"), raw.hex(":").upper(), raw.hex("-")])
)
_NONE = st.sampled_from(["", "0", "00:00:00:00:00:00"])
# a part of a name that is none of a hardware address, so that a comma in it misleads nobody
_PART = st.binary(max_size=16).map(lambda raw: b"n" + raw.replace(b",", b";"))
_PLAIN = st.sampled_from([b"", b"WIFI00", b"[Wall-Unit]", b"a}b", b"]", b"["]) | _PART
_SHIFTING = st.lists(_PART, min_size=2, max_size=4).map(b",".join)
_DBM = st.integers(-120, 120)


@st.composite
def networks(draw: st.DrawFn) -> tuple[Wifi, ...]:
    """Wi-Fi networks; where a name has a comma, all have an address that tells where it ends."""
    if draw(st.booleans()):
        one = st.builds(Wifi, _PLAIN | _SHIFTING, _MACS, _DBM)
    else:
        one = st.builds(Wifi, _PLAIN, _MACS | _NONE, _DBM)
    return tuple(draw(st.lists(one, max_size=5)))


@st.composite
def cells(draw: st.DrawFn) -> tuple[Cell, ...]:
    """Cells of one network; each has an identity."""
    mcc = draw(st.integers(1, 999))
    mnc = draw(st.text("0123456789", min_size=1, max_size=3))
    lacs = st.none() | st.sampled_from([0, 0xFFFE, 0xFFFF]) | st.integers(0, 0xFFFF)
    cids = st.sampled_from([0, 65_535, 268_435_455, 2_147_483_647]) | st.integers(0, (1 << 28) - 1)
    signals = st.none() | st.integers(-140, 160)
    one = st.builds(Cell, st.just(mcc), st.just(mnc), lacs, cids, signals)
    return tuple(draw(st.lists(one, max_size=7)))


def _has_letters(found: tuple[Cell, ...]) -> bool:
    numbers = [number or 0 for cell in found for number in (cell.lac, cell.cid)]
    return any(f"{number:X}".strip("0123456789") for number in numbers)


@st.composite
def positions(draw: st.DrawFn) -> Position:
    """A position that a well-behaved firmware could send: every value in its range."""
    latitude, longitude = draw(_LATITUDES), draw(_LONGITUDES)
    made = Position(
        time_ms=draw(_TIMES),
        valid=draw(st.booleans()),
        latitude=latitude,
        longitude=longitude,
        latitude_letter=draw(st.sampled_from([None, None, "", "N" if latitude >= 0 else "S"])),
        longitude_letter=draw(st.sampled_from([None, None, "", "E" if longitude >= 0 else "W"])),
        speed_kmh=draw(_scaled(0, 2_000_000, 3)),
        course_deg=draw(_scaled(0, 360_000, 3)),
        altitude_m=draw(st.none() | st.integers(-2000, 32_000)),
        satellites=draw(st.integers(0, 999)),
        signal_percent=draw(st.none() | st.integers(0, 100)),
        battery_percent=draw(st.integers(0, 100)),
        steps=draw(st.none() | st.integers(0, 10**9)),
        rolls=draw(st.integers(0, 10**9)),
        status=draw(_STATUS),
        cells=draw(st.none() | cells()),
        timing_advance=draw(st.none() | st.integers(0, 255)),
        wifi=None,
    )
    if made.steps is not None and draw(st.booleans()):
        made = replace(made, steps_today=draw(st.integers(0, 99_999)))
    if made.cells is None:
        return made
    if _has_letters(tuple(made.cells)):
        made = replace(made, hexadecimal=draw(st.booleans()))
    tail = draw(st.sampled_from(["cells", "wifi", "wifi", "accuracy", "accuracy", "code"]))
    if tail == "code":
        return replace(made, end_code=draw(st.sampled_from(["00", "10"])))
    if tail != "cells":
        made = replace(made, wifi=draw(networks()))
    if tail == "accuracy":
        made = replace(made, accuracy_m=draw(_scaled(0, 10_000_000_000, 7)))
    return made


def content(word: str, where: Position) -> bytes:
    """The content of a message with a position."""
    lead = [one.encode() for one in LEADS.get(word.upper(), ())]
    return b",".join([word.encode(), *lead, watch.payload(where)])


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    """A frame of any kind: position, alarm, link, health, voice or another word."""
    envelope: watch.Envelope = {"prefix": draw(st.sampled_from(PREFIXES))}
    if draw(st.booleans()):
        envelope["index"] = draw(st.integers(0, 0xFFFF))
    id, kind = draw(ids), draw(st.sampled_from(["position", "position", "link", "voice", "other"]))
    if kind == "position":
        word = draw(words)
        where = draw(positions())
        return watch.position(id, word, where, *LEADS.get(word.upper(), ()), **envelope)
    if kind == "link":
        counts = st.integers(0, 10**9)
        numbers = draw(st.just(()) | st.tuples(counts, counts, st.integers(0, 100)))
        return watch.link(id, *numbers, **envelope)
    if kind == "voice":
        word = draw(st.sampled_from(["TK", "TK2", "img"]))
        return watch.voice(id, b"#!AMR\n" + draw(st.binary(max_size=60)), word=word, **envelope)
    word = draw(st.sampled_from(["ICCID", "RYIMEI", "CCID", "CONFIG", "bphrt", "NEWWORD", "TKQ"]))
    return watch.message(id, word, *draw(st.lists(_PART, max_size=3)), **envelope)


@st.composite
def damaged_tails(draw: st.DrawFn, data: bytes) -> bytes:
    """The content of a position with its first sixteen fields as they were, its tail cut or broken.

    ``data`` is what ``content`` gave; LEN is for the caller to write, right or wrong.
    """
    word = data.split(b",", 1)[0].decode()
    fields = data.split(b",", 17 + len(LEADS.get(word.upper(), ())))
    kept = b",".join(fields[:-1] if len(fields) > 17 + len(LEADS.get(word.upper(), ())) else fields)
    tail = bytearray(data[len(kept) + 1 :])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(tail)))
        kind = draw(st.sampled_from(["cut", "flip", "lose", "double", "insert", "comma", "number"]))
        if kind == "cut":
            del tail[at:]
        elif kind == "flip" and at < len(tail):
            tail[at] ^= 1 << draw(st.integers(0, 7))
        elif kind == "lose":
            del tail[at : at + draw(st.integers(1, 30))]
        elif kind == "double":
            tail[at:at] = tail[at : at + draw(st.integers(1, 40))]
        elif kind == "insert":
            tail[at:at] = draw(st.binary(min_size=1, max_size=9))
        elif kind == "comma":
            tail[at:at] = b"," * draw(st.integers(1, 3))
        else:
            number = draw(st.sampled_from([b"-1", b"7", b"99999999999999999999", b"FFFF", b"1.5"]))
            tail[at:at] = b"," + number
    return kept if not tail and draw(st.booleans()) else kept + b"," + bytes(tail)


def told(word: str, where: Position) -> dict[str, Any]:
    """What a position of ``positions`` should give, from its values and not from its bytes."""
    fix = where.valid
    latitude, longitude = float(where.latitude or 0), float(where.longitude or 0)
    place = (latitude, longitude)
    notes = set()
    for value, letter in (
        (latitude, where.latitude_letter), (longitude, where.longitude_letter),
    ):  # fmt: skip
        if fix and letter == "" and value > 0:
            notes.add("HEMISPHERE_MISSING")
    alarms = [name for bit, name in watch_oracle.ALARMS.items() if (where.status or 0) >> bit & 1]
    if word.upper().startswith("AL") and not alarms:
        alarms = ["unknown"]
    mcc = where.cells[0].mcc if where.cells else None
    last = None if fix or place == (0.0, 0.0) else place
    if last and mcc not in (None, 460) and 22.4 <= latitude <= 22.9 and 113.7 <= longitude <= 114.3:
        last = None
        notes.add("FACTORY_PLACE")
    return {
        "word": word,
        "message": "alarm" if word.upper().startswith("AL") else "position",
        "time_ms": where.time_ms,
        "fix": fix,
        "latitude": latitude if fix else None,
        "longitude": longitude if fix else None,
        "last_known": last,
        "speed_kmh": float(where.speed_kmh or 0) if fix else None,
        "course_deg": float(where.course_deg or 0) if fix else None,
        "altitude_m": where.altitude_m if fix else None,
        "satellites": where.satellites,
        "signal_percent": where.signal_percent,
        "battery_percent": where.battery_percent,
        "steps": where.steps,
        "rolls": where.rolls,
        "alarms": alarms,
        "states": [n for bit, n in watch_oracle.STATES.items() if (where.status or 0) >> bit & 1],
        "cells": [cell for cell in map(_known, where.cells or ()) if cell[2:] != (None, None)],
        "accuracy_m": None if where.accuracy_m is None else float(where.accuracy_m),
        "notes": notes,
    }


def _known(cell: Cell) -> tuple[int | None, str | None, int | None, int | None]:
    lac = None if cell.lac in (None, 0xFFFE, 0xFFFF) else cell.lac
    cid = None if cell.cid in (None, 65_535, 268_435_455, 2_147_483_647) else cell.cid
    return cell.mcc, cell.mnc or None, lac, cid


def moment(year: int, month: int, day: int, *clock: int) -> int:
    """Milliseconds since 1970 of a moment in UTC."""
    return int(datetime(year, month, day, *clock, tzinfo=UTC).timestamp()) * 1000


# streams that hold anything

_ID = b"8800000015"
LINK = b"[3G*8800000015*000D*LK,50,100,100]"
BARE = b"[3G*8800000015*0002*LK]"
FIX = (
    b"UD,180916,025723,A,22.570733,N,113.8626083,E,0.00,249.5,0.0,6,100,60,0,0,00000010,"
    b"7,255,460,1,9529,21809,158,0,40.7"
)


def spelt(
    content: bytes, *, id: bytes = _ID, more: int = 0, name: bytes = b"3G", index: bytes = b""
) -> bytes:
    """A frame; its length is wrong by ``more``."""
    return b"[%b*%b*%b%04X*%b]" % (name, id, index, len(content) + more, content)


_ANY_IDS = st.sampled_from(
    [_ID, b"1", b"00000000000000000000", b"304187088", b"aBc9", b"123456789012345"]
)
ANY_TEXT = st.lists(
    st.sampled_from(
        [b"LK", b",", b"[", b"]", b"*", b"}", b"\x00", b"0002*", b"[3G*", b"\r\n", b"#"]
    )
    | st.binary(max_size=5),
    max_size=9,
).map(b"".join)
_CONTENTS = (
    st.sampled_from([b"LK,50,100,100", FIX, b"K", b"0002*LK", b"UD,[Wall A/C],5"]) | ANY_TEXT
)
_MORE = st.sampled_from([0] * 6 + [-3, -1, 1, 2, 13, 300])
_INDICES = st.sampled_from([b""] * 3 + [b"0001*", b"00fF*", b"FFFF*"])
_SIGNATURES = st.sampled_from([b""] * 3 + [b"0123456789abcdefABCDEF0123456789"])
_BETWEEN = st.sampled_from([
    b"", b"", b"\r\n", b" [[[", b"junk", b"\xff", b"[", b"[3G*", b"IWAP00#", b"SG*1*0002*LK\r\n",
    b"\xffAQSH\x00\x03\x01\x00\x00", b"\x16\x03\x01", b"xx", b"GET / HTTP/1.1\r\n", b"\x00\x00",
    b"[0123456789abcdef", b"{3G*1*0002*LK]", b"]", b"\xffAQ", b"[3G*8800000015*FFFF*LK", b"GET",
])  # fmt: skip


@st.composite
def _any_frames(draw: st.DrawFn) -> bytes:
    content, more = draw(_CONTENTS), draw(_MORE)
    name = draw(_SIGNATURES) + draw(st.sampled_from([b"3G", b"SG", b"zj"]))
    more = max(more, -len(content))
    return spelt(content, id=draw(_ANY_IDS), more=more, name=name, index=draw(_INDICES))


@st.composite
def any_streams(draw: st.DrawFn) -> bytes:
    """Frames right and wrong, with whatever may stand between them."""
    parts = draw(st.lists(st.tuples(_BETWEEN, _any_frames()), max_size=5))
    return b"".join(between + frame for between, frame in parts) + draw(_BETWEEN)
