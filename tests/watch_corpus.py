"""Frames of watches with what they should give: the printed examples, and one case a quirk.

``PRINTED`` holds the complete example frames of the fact sheet (sections 3, 6 and 9) as they are
printed there, a row with dots completed with made-up cells of the printed length.  ``QUIRKS`` holds,
for each of Q1 to Q36 of section 8, a function that makes its cases.  Ids, places and names of the
quirks are made up.  Nothing here comes from a real device.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from gpsproto.build import watch
from gpsproto.build.watch import Position, Wifi
from tests.watch_strategies import moment

ID = "0300000187"
LONG_ID = "001010000000012"


@dataclass(frozen=True)
class Case:
    """A stream, and what should come out of it.

    ``contents`` and ``rows`` are one a frame, in order.  A row states some keys of
    ``watch_oracle.read``, ``notes`` wholly where it states them; the key ``values`` is the
    oracle's own.  ``frame_codes`` counts what was noted on frames, ``skipped`` the bytes that are
    no frame by their code.  ``answers`` are the bytes owed for all, or None where the case is not
    about that.  ``ids`` are the ids of the frames in order, where the case is about them.
    """

    name: str
    data: bytes
    contents: tuple[bytes, ...]
    rows: tuple[Mapping[str, Any], ...]
    frame_codes: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, int] = field(default_factory=dict)
    answers: bytes | None = None
    ids: tuple[str, ...] = ()
    reachfar: bool = False


def spelled(
    inside: bytes | str, *, off: int = 0, prefix: str = "3G", id: str = ID, index: str = ""
) -> bytes:
    """A frame by hand; ``off`` is what its LEN is wrong by."""
    raw = inside.encode() if isinstance(inside, str) else inside
    header = f"[{prefix}*{id}*{index + '*' if index else ''}{len(raw) + off:04X}*"
    return header.encode() + raw + b"]"


def case(name: str, inside: bytes | str, row: Mapping[str, Any], **given: Any) -> Case:
    """A case of one frame whose LEN is right."""
    raw = inside.encode() if isinstance(inside, str) else inside
    frame_keys = {key: given.pop(key) for key in ("prefix", "id", "index", "off") if key in given}
    codes = {"LENGTH_MISMATCH": 1} if frame_keys.get("off") else {}
    return Case(name, spelled(raw, **frame_keys), (raw,), (row,), codes, **given)


FIELDS = (
    "date", "time", "validity", "latitude", "north", "longitude", "east", "speed", "course",
    "altitude", "satellites", "signal", "battery", "steps", "rolls", "status",
)  # fmt: skip
VALUES = (
    "120625", "101500", "A", "52.0000374", "N", "5.1000201", "E", "4.3", "87.5", "12.0", "9", "80",
    "64", "1200", "3", "00000000",
)  # fmt: skip
USUAL = dict(zip(FIELDS, VALUES, strict=True))
FIX = {
    "message": "position", "time_ms": moment(2025, 6, 12, 10, 15), "fix": True,
    "latitude": 52.0000374, "longitude": 5.1000201, "speed_kmh": 4.3, "course_deg": 87.5,
    "altitude_m": 12, "satellites": 9, "signal_percent": 80, "battery_percent": 64, "steps": 1200,
    "rolls": 3, "alarms": [], "states": [], "notes": set(),
}  # fmt: skip
NO_PLACE = dict.fromkeys(("latitude", "longitude", "speed_kmh", "course_deg", "altitude_m"))


def said(word: str, tail: str = "0,0", **changed: str) -> str:
    """A content by hand: the usual fields with changes, and a tail."""
    fixed = ",".join({**USUAL, **changed}.values())
    return f"{word},{fixed},{tail}" if tail else f"{word},{fixed}"


CELLS7 = (
    "9529,21809,158,9529,63555,133,9529,63554,129,9529,21405,126,9529,21242,124,9529,21151,120,"
    "9529,63556,119"
)
SEVEN = [
    (460, "1", 9529, cid) for cid in (21809, 63555, 63554, 21405, 21242, 21151, 63556)
]  # fmt: skip

_NEAR = {
    "message": "position", "fix": True, "latitude": 22.570733, "longitude": 113.8626083,
    "speed_kmh": 0.0, "course_deg": 249.5, "altitude_m": 0, "satellites": 6, "signal_percent": 100,
    "battery_percent": 60, "steps": 0, "rolls": 0, "alarms": [], "states": ["still"],
    "cells": SEVEN, "notes": set(),
}  # fmt: skip

_AL_LTE = (
    "AL_LTE,241020,085353,V,0.0,N,0.0,E,22.0,0,-1,1,100,35,0,0,00200000,1,1,460,11,30602,"
    "125639728,100,5,4P-Touch,bc:5f:f6:1e:07:be,-55,ChinaNet-a9Ld,c4:b8:b5:c4:14:79,-53,"
    "ChinaNet-CX9r,f0:92:b4:95:3d:b9,-57,5B,08:31:8b:ae:ef:c8,-66,TP-LINK_274E,"
    "50:bd:5f:80:27:4e,-63,0.0"
)

_POSITIONS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "[3G*8800000015*00CD*UD,180916,025723,A,22.570733,N,113.8626083,E,0.00,249.5,0.0,6,100,60,"
        f"0,0,00000010,7,255,460,1,{CELLS7},0,40.7]",
        {**_NEAR, "time_ms": moment(2016, 9, 18, 2, 57, 23), "accuracy_m": 40.7},
    ),
    (
        "[3G*8800000015*00D0*UD2,180916,064032,A,22.570512,N,113.8623267,E,0.00,154.8,0.0,11,100,"
        f"100,0,0,00000010,7,255,460,1,{CELLS7},0,12.2]",
        {
            **_NEAR, "time_ms": moment(2016, 9, 18, 6, 40, 32), "latitude": 22.570512,
            "longitude": 113.8623267, "course_deg": 154.8, "satellites": 11,
            "battery_percent": 100, "accuracy_m": 12.2,
        },
    ),
    (
        "[3G*8800000015*00CD*AL,180916,064153,A,22.570512,N,113.8623267,E,0.00,154.8,0.0,11,100,"
        f"100,0,0,00100018,7,0,460,1,{CELLS7},0,12.4]",
        {
            **_NEAR, "message": "alarm", "time_ms": moment(2016, 9, 18, 6, 41, 53),
            "latitude": 22.570512, "longitude": 113.8623267, "course_deg": 154.8, "satellites": 11,
            "battery_percent": 100, "alarms": ["watch_removed"], "states": ["watch_off", "still"],
            "accuracy_m": 12.4,
        },
    ),
    (
        f"[3G*4504816162*010A*{_AL_LTE}]",
        {
            **NO_PLACE, "message": "alarm", "time_ms": moment(2020, 10, 24, 8, 53, 53),
            "fix": False, "satellites": 1, "signal_percent": 100, "battery_percent": 35,
            "steps": 0, "rolls": 0, "alarms": ["fall"], "states": [], "accuracy_m": 0.0,
            "cells": [(460, "11", 30602, 125639728)], "last_known": None, "notes": set(),
        },
    ),
    (
        "[3G*8800000015*00D4*PP,091046,180916,085033,A,22.570193,N,113.8621950,E,0.48,60.3,0.0,9,"
        f"100,100,0,0,00000010,7,255,460,1,{CELLS7},0,23.2]",
        {
            **_NEAR, "time_ms": moment(2016, 9, 18, 8, 50, 33), "latitude": 22.570193,
            "longitude": 113.862195, "speed_kmh": 0.48, "course_deg": 60.3, "satellites": 9,
            "battery_percent": 100, "accuracy_m": 23.2,
        },
    ),
)  # fmt: skip

_OTHERS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "[3G*8800000015*000D*LK,50,100,100]",
        {"message": "link", "steps": 50, "rolls": 100, "battery_percent": 100, "notes": set()},
    ),
    (
        "[3G*8800000015*0002*LK]",
        {"message": "link", "steps": None, "battery_percent": None, "notes": set()},
    ),
    (
        "[3G*8800000015*0013*bphrt,112,73,67,,,,]",
        {"message": "health", "values": [112, 73, 67, None, None, None, None], "notes": set()},
    ),
    ("[3G*8800000015*0028*VERNO,G29_BASE_V1.00_2014.04.23_17.46.49]", {}),
    ("[3G*5678901234*0018*MESSAGE,597D003100320033]", {}),
    ("[3G*8904366947*0014*MESSAGE,003100310061]", {}),
    ("[3G*8800000015*0010*PHB,110,5F204E09]", {}),
    ("[3G*8800000015*000A*UPLOAD,600]", {}),
    ("[3G*8800000015*0012*CENTER,00000000000]", {}),
    ("[3G*8800000015*0010*SOS1,00000000000]", {}),
    ("[3G*8800000015*0006*LZ,1,8]", {}),
    ("[3G*8800000015*0014*IP,113.81.229.9,5900]", {}),
    ("[3G*5678901234*002A*WALKTIME,8:10-9:30,10:10-11:30,12:10-13:30]", {}),
    ("[3G*8800000015*0014*SLEEPTIME,21:10-7:30]", {}),
    ("[3G*9513979338*0015*HEALTHAUTOSET,1,1,300]", {}),
    ("[3G*0304927626*000C*APPLOCK,DW-1]", {}),
    ("[3G*4504816144*0009*LSSET,5+8]", {}),
    ("[3G*4804582612*002a*TAKEPILLS,11:25-1-2,1,006f00770070006d0067]", {}),
    # section 6: what a server owes, which a dump may hold as well
    ("[3G*8800000015*0002*AL]", {}),
    ("[3G*8800000015*0004*TK,1]", {}),
    ("[3G*8800000015*0003*TKQ]", {}),
    ("[3G*8800000015*0004*TKQ2]", {}),
    ("[3G*8800000015*0008*CONFIG,1]", {}),
    ("[3G*8800000015*0005*ICCID]", {}),
    ("[3G*8800000015*0008*ICCID2,1]", {}),
    ("[3G*8800000015*0006*RYIMEI]", {}),
    ("[3G*8800000015*0006*INIT,1]", {}),
    ("[ZJ*8800000015*0001*0007*JXTKR,1]", {}),
    ("[3G*8800000015*0005*bphrt]", {}),
    ("[3G*8800000015*0006*btemp2]", {}),
    ("[3G*8800000015*0008*oxygen,1]", {}),
    ("[3G*8800000015*000C*WIFIINFOUP,1]", {}),
)

# section 3.3: the tails that were seen, as printed; dots are filled with made-up networks
_M1, _M2, _M3 = "f4:db:00:00:00:01", "f4:db:00:00:00:02", "68:77:00:00:00:03"
_TAILS: tuple[tuple[str, dict[str, Any]], ...] = (
    (
        "4,1,460,0,9360,4082,131,9360,4083,129,9360,4084,127,9361,4085,120",
        {
            "cells": [
                (460, "0", 9360, 4082), (460, "0", 9360, 4083), (460, "0", 9360, 4084),
                (460, "0", 9361, 4085),
            ],
            "accuracy_m": None,
        },
    ),
    (f"7,255,460,1,{CELLS7},0,40.7", {"cells": SEVEN, "accuracy_m": 40.7}),
    (
        f"1,1,425,01,10101,8000001,100,3,one,{_M1},-60,two,{_M2},-70,three,{_M3},-80,1.7055488",
        {"cells": [(425, "01", 10101, 8000001)], "accuracy_m": 1.7055488},
    ),
    (
        f"0,5,campus,{_M1},-53,a,{_M2},-60,b,{_M3},-61,c,{_M1},-62,d,{_M2},-63,0.0",
        {"cells": [], "accuracy_m": 0.0},
    ),
    ("0,0,0", {"cells": [], "accuracy_m": 0.0}),
    ("0,0", {"cells": [], "accuracy_m": None}),
    ("0,0,58.0", {"cells": [], "accuracy_m": 58.0}),
    ("1,1,240,7,31001,70000001,,00", {"cells": [(240, "7", 31001, 70000001)], "accuracy_m": None}),
    ("0,1,,,,00", {"cells": [], "accuracy_m": None}),
    ("0,1,0,0,,10", {"cells": [], "accuracy_m": None}),
    (
        "1,1,FFFF,FFFF,FFFE,3A000A1,132,,00",
        {"cells": [(None, None, None, 0x3A000A1)], "accuracy_m": None},
    ),
    (
        "1,1,234,10,5A0B,3A000A1,132,,10",
        {"cells": [(234, "10", 0x5A0B, 0x3A000A1)], "accuracy_m": None},
    ),
    (
        "1,255,460,0,16001,230000001,0,6," + ",".join(f"WIFI0{n},{_M3},-59" for n in range(6)),
        {"cells": [(460, "0", 16001, 230000001)], "accuracy_m": None},
    ),
    (
        f"2,0,605,1,10001,65001,14,10002,4001,4,3,,{_M1},-82,,{_M2},-83,,{_M3},-84,0.0",
        {"cells": [(605, "1", 10001, 65001), (605, "1", 10002, 4001)], "accuracy_m": 0.0},
    ),
    (
        "1,0,617,1,57,200001,169,1,,A4:08:00:00:00:0A,-87,0.0",
        {"cells": [(617, "1", 57, 200001)], "accuracy_m": 0.0},
    ),
)  # fmt: skip


def _printed(frame: str, row: Mapping[str, Any]) -> Case:
    raw = frame.encode()
    header, _, inside = raw[1:-1].partition(b"*")[2].partition(b"*")[2].partition(b"*")
    if raw.startswith(b"[ZJ*"):
        header, _, inside = inside.partition(b"*")
    assert int(header, 16) == len(inside), "an example's LEN is that of its content"
    word = inside.split(b",")[0].decode()
    return Case(f"{word} {len(inside)}", raw, (inside,), (row,))


PRINTED = tuple(_printed(frame, row) for frame, row in (*_POSITIONS, *_OTHERS))
TAILS = tuple(case(f"tail {tail[:24]}", said("UD", tail), {**FIX, **row}) for tail, row in _TAILS)

# section 3.2: status words and what they say
STATUS: tuple[tuple[str, list[str], list[str]], ...] = (
    ("00010001", ["sos"], ["battery_low"]),
    ("00030000", ["sos", "low_battery"], []),
    ("00100018", ["watch_removed"], ["watch_off", "still"]),
    ("00100008", ["watch_removed"], ["watch_off"]),
    ("00200010", ["fall"], ["still"]),
    ("00000008", [], ["watch_off"]),
    ("0001", [], ["battery_low"]),
    ("0000", [], []),
)


QUIRKS: dict[str, Callable[[], list[Case]]] = {}


def _quirk(function: Callable[[], list[Case]]) -> Callable[[], list[Case]]:
    QUIRKS[function.__name__.split("_")[0].upper()] = function
    return function


@_quirk
def q1_length_too_small_by_three() -> list[Case]:
    inside = said("UD", "0,1,,,,00")
    again = said("AL", "0,1,0,0,,10", status="00010000")
    alarm = {**FIX, "message": "alarm", "alarms": ["sos"]}
    return [
        case("alone", inside, FIX, prefix="SG", off=-3),
        Case(
            "two in one read",
            spelled(inside, prefix="SG", off=-3) + spelled(again, prefix="SG", off=-3),
            (inside.encode(), again.encode()), (FIX, alarm), {"LENGTH_MISMATCH": 2},
        ),
    ]  # fmt: skip


@_quirk
def q2_length_too_large() -> list[Case]:
    inside = said("ALCUSTOMER1", f"0,1,short,{_M1},-60,7.5", status="00010000")
    row = {**FIX, "message": "alarm", "alarms": ["sos"], "accuracy_m": 7.5}
    far = spelled(inside, off=13, id=LONG_ID)
    link = b"LK,0,0,55"
    return [
        Case("at the end", far, (inside.encode(),), (row,), {"LENGTH_MISMATCH": 1}),
        Case(
            "before another", far + spelled(link), (inside.encode(), link),
            (row, {"message": "link", "battery_percent": 55}), {"LENGTH_MISMATCH": 1},
        ),
        Case(
            "far too large", spelled(inside, off=20_000) + b"\r\n" + spelled(link),
            (inside.encode(), link), (row, {"message": "link", "battery_percent": 55}),
            {"LENGTH_MISMATCH": 1}, {"BETWEEN_FRAMES": 2},
        ),
    ]  # fmt: skip


def _with_name(name: bytes, **where: Any) -> bytes:
    one = Wifi(name, _M1, -61)
    other = Wifi(b"other", _M2, -70)
    made = Position(
        FIX["time_ms"], True, 52.0000374, 5.1000201, speed_kmh=4.3, course_deg=87.5, altitude_m=12,
        satellites=9, signal_percent=80, battery_percent=64, steps=1200, rolls=3,
        wifi=(one, other), accuracy_m=9.5, **where,
    )  # fmt: skip
    return b"UD," + watch.payload(made)


@_quirk
def q3_brackets_in_a_name() -> list[Case]:
    row = {**FIX, "accuracy_m": 9.5}
    wall = _with_name(b"[Wall-Mount A/C]")
    opening = _with_name(b"home[1")
    return [
        case("both", wall, row),
        case("both, LEN wrong", wall, row, off=-3),
        case("only the first", opening, row),
        case("only the last", _with_name(b"home]1"), row),
        case("a whole pair of pairs", _with_name(b"]][["), row),
        Case(
            "only the first, LEN wrong", spelled(opening, off=-3) + spelled("LK"),
            (opening, b"LK"), (row, {"message": "link"}), {"LENGTH_MISMATCH": 1},
        ),
    ]  # fmt: skip


@_quirk
def q4_commas_in_a_name() -> list[Case]:
    row = {**FIX, "accuracy_m": 9.5}
    names = {"one": b"home, sweet", "three": b"a,b,c,d", "at the end": b"house,", "alone": b","}
    return [case(name, _with_name(raw), row) for name, raw in names.items()]


@_quirk
def q5_escape_lead_in_a_name() -> list[Case]:
    row = {**FIX, "accuracy_m": 9.5}
    return [
        case("a brace", _with_name(b"a}b"), row),
        case("what looks like a pair", _with_name(b"a}\x04b"), row),
        case("a brace at the end", _with_name(b"a}"), row),
    ]


@_quirk
def q6_no_address() -> list[Case]:
    row = {**FIX, "accuracy_m": 3.5}
    return [
        case(name, said("UD", f"0,2,one,{mac},-60,two,{_M1},-70,3.5"), row)
        for name, mac in {"empty": "", "zero": "0", "zeros": "00:00:00:00:00:00"}.items()
    ]


@_quirk
def q7_blank_and_generic_names() -> list[Case]:
    row = {**FIX, "accuracy_m": 0.0}
    return [
        case("blank", said("UD", f"0,2,,{_M1},-82,,{_M2},-83,0.0"), row),
        case("generic", said("UD", f"0,2,WIFI00,{_M1},-82,WIFI01,{_M2},-83,0.0"), row),
    ]


@_quirk
def q8_no_hemisphere() -> list[Case]:
    zeros = {"latitude": "00.000000", "north": "", "longitude": "00.0000000", "east": ""}
    bare = {**FIX, "longitude": 0.300512, "notes": {"HEMISPHERE_MISSING"}}
    return [
        case(
            "zeros without a fix", said("UD", validity="V", **zeros),
            {**FIX, **NO_PLACE, "fix": False, "last_known": None},
        ),
        case("zeros with a fix", said("UD", **zeros), {**FIX, "latitude": 0.0, "longitude": 0.0}),
        case("a place", said("UD", longitude="0.300512", east=""), bare),
        case(
            "a negative place", said("UD", longitude="-0.300512", east=""),
            {**FIX, "longitude": -0.300512},
        ),
    ]  # fmt: skip


@_quirk
def q9_fake_speed_without_a_fix() -> list[Case]:
    inside = said(
        "UD_LTE", validity="V", latitude="0.0", longitude="0.0", speed="22.0", course="0",
        altitude="-1",
    )  # fmt: skip
    return [case("22 km/h", inside, {**FIX, **NO_PLACE, "fix": False, "last_known": None})]


@_quirk
def q10_sign_and_hemisphere() -> list[Case]:
    sent = {
        "negative and E": ("52.0000374", "N", "-70.7000692", "E", 52.0000374, -70.7000692),
        "negative and W": ("9.900861", "N", "-84.1000119", "W", 9.900861, -84.1000119),
        "both": ("-33.43", "S", "-70.64", "W", -33.43, -70.64),
        "negative and N": ("-33.400366", "N", "5.1000201", "E", -33.400366, 5.1000201),
        "W": ("52.0000374", "N", "76.336618", "W", 52.0000374, -76.336618),
        "S": ("16.5", "S", "68.100072", "W", -16.5, -68.100072),
    }
    return [
        case(
            name, said("UD", latitude=lat, north=north, longitude=lon, east=east),
            {**FIX, "latitude": y, "longitude": x},
        )
        for name, (lat, north, lon, east, y, x) in sent.items()
    ]  # fmt: skip


@_quirk
def q11_blanks_and_zeros_in_front() -> list[Case]:
    return [
        case("a blank", said("UD", longitude=" 9.1000736"), {**FIX, "longitude": 9.1000736}),
        case("a zero", said("UD", longitude="016.60085"), {**FIX, "longitude": 16.60085}),
        case(
            "both", said("UD", latitude="09.900861", longitude=" 0.0000000", course="000"),
            {**FIX, "latitude": 9.900861, "longitude": 0.0, "course_deg": 0.0},
        ),
    ]  # fmt: skip


@_quirk
def q12_no_cells_and_no_network() -> list[Case]:
    inside = said("UD", f"0,2,campus,{_M1},-53,cafe,{_M2},-60,0.0")
    return [case("Wi-Fi follows at once", inside, {**FIX, "cells": [], "accuracy_m": 0.0})]


@_quirk
def q13_no_cells_and_an_empty_network() -> list[Case]:
    row = {**FIX, "cells": [], "accuracy_m": None}
    return [
        case("empty", said("UD", "0,1,,,,00"), row, prefix="SG"),
        case("zeros", said("UD", "0,1,0,0,,10"), row, prefix="SG"),
    ]


@_quirk
def q14_hexadecimal_cells() -> list[Case]:
    return [
        case(
            "letters", said("UD", "1,1,234,10,5A0B,3A000A1,132,,10"),
            {**FIX, "cells": [(234, "10", 0x5A0B, 0x3A000A1)]}, prefix="SG",
        ),
        case(
            "unknown", said("UD", "1,1,FFFF,FFFF,FFFE,3A000A1,132,,00"),
            {**FIX, "cells": [(None, None, None, 0x3A000A1)]}, prefix="SG",
        ),
        case(
            "one letter decides for all", said("UD", "2,1,234,10,1000,2000,1,1001,2a01,2,0"),
            {**FIX, "cells": [(234, "10", 0x1000, 0x2000), (234, "10", 0x1001, 0x2A01)]},
        ),
        case(
            "unknown neighbours",
            said("UD", "3,1,262,01,500,2147483647,9,65535,268435455,9,65534,-1,9,0,1.0"),
            {**FIX, "cells": [(262, "01", 500, None)], "accuracy_m": 1.0},
        ),
    ]  # fmt: skip


@_quirk
def q15_no_signal_of_a_cell() -> list[Case]:
    cell = [(240, "7", 31001, 70000001)]
    return [
        case("with an end code", said("UD", "1,1,240,7,31001,70000001,,00"), {**FIX, "cells": cell}),
        case(
            "with Wi-Fi", said("UD", "1,1,240,7,31001,70000001,,0,5.5"),
            {**FIX, "cells": cell, "accuracy_m": 5.5},
        ),
    ]  # fmt: skip


@_quirk
def q16_a_tail_that_ends_early() -> list[Case]:
    cell = [(262, "01", 500, 600)]
    tails = {
        "behind the status": ("", [], None),
        "behind the cells": ("1,1,262,01,500,600,158", cell, None),
        "behind the count": ("1,1,262,01,500,600,158,0", cell, None),
        "behind the Wi-Fi": (f"1,1,262,01,500,600,158,1,one,{_M1},-60", cell, None),
        "whole": (f"1,1,262,01,500,600,158,1,one,{_M1},-60,2.5", cell, 2.5),
    }
    return [
        case(name, said("UD", tail), {**FIX, "cells": cells, "accuracy_m": accuracy})
        for name, (tail, cells, accuracy) in tails.items()
    ]


@_quirk
def q17_timing_advance_of_any_value() -> list[Case]:
    return [
        case(
            f"of {advance or 'nothing'}", said("UD", f"1,{advance},460,1,500,600,158,0"),
            {**FIX, "cells": [(460, "1", 500, 600)]},
        )
        for advance in ("255", "0", "7", "-1", "")
    ]  # fmt: skip


@_quirk
def q18_more_cells_said_than_sent() -> list[Case]:
    broken = {**FIX, "cells": [], "accuracy_m": None, "notes": {"CELLS_MISMATCH"}}
    alarm = {**broken, "message": "alarm", "alarms": ["sos"]}
    missing = dict.fromkeys(("steps", "rolls", "alarms", "states"))
    short = {**FIX, **missing, "notes": {"MISSING_FIELDS"}}
    return [
        case("too few", said("UD", "7,255,460,1,9529,21809,158,9529,63555,133"), broken),
        case("cut inside a cell", said("UD", "2,255,460,1,9529,21809,158,9529"), broken),
        case("cut in the network", said("AL", "2,255", status="00010000"), alarm),
        case("a count that is none", said("UD", "x,255,460,1,9529,21809,158"), broken),
        case("a negative count", said("UD", "-1,0,0"), broken),
        case("a name among the cells", said("UD", f"1,home,{_M1},-60,1,2,3"), broken),
        case("a huge count", said("UD", "99999999999999999999,1,460,1,1,1,1"), broken),
        case(
            "more networks said than sent", said("UD", f"0,4,one,{_M1},-60,3.5"),
            {**FIX, "accuracy_m": None, "notes": {"WIFI_MISMATCH"}},
        ),
        case("cut in the fixed part", ",".join(said("UD").split(",")[:14]), short),
    ]  # fmt: skip


@_quirk
def q19_an_alarm_without_a_bit() -> list[Case]:
    row = {**FIX, "message": "alarm", "alarms": ["unknown"]}
    return [
        case("none", said("AL", "0,1,0,0,,10"), row, prefix="SG"),
        case("a state only", said("AL", status="00000010"), {**row, "states": ["still"]}),
        case("a position of that status", said("UD"), FIX),
    ]


@_quirk
def q20_several_bits() -> list[Case]:
    return [
        case(
            status, said(word, status=status),
            {
                **FIX, "message": "alarm" if word == "AL" else "position",
                "alarms": alarms or (["unknown"] if word == "AL" else []), "states": states,
            },
        )
        for status, alarms, states in STATUS
        for word in ("UD", "AL")
    ]  # fmt: skip


@_quirk
def q21_two_meanings_of_a_bit() -> list[Case]:
    row = {**FIX, "message": "alarm"}
    heart, other = said("AL", status="00400000"), said("AL", status="00200000")
    return [
        case("22", heart, {**row, "alarms": ["abnormal_heart_rate_or_fall"]}),
        case("22 of Reachfar", heart, {**row, "alarms": ["fall"]}, reachfar=True),
        case("21", other, {**row, "alarms": ["fall"]}),
        case("21 of Reachfar", other, {**row, "alarms": ["unknown"]}, reachfar=True),
    ]


@_quirk
def q22_an_alarm_without_a_place() -> list[Case]:
    inside = said("AL_LTE", validity="V", latitude="0", longitude="0", status="00010000")
    row = {
        **FIX, **NO_PLACE, "message": "alarm", "fix": False, "alarms": ["sos"], "last_known": None,
    }  # fmt: skip
    return [case("SOS at home", inside, row)]


@_quirk
def q23_case_of_a_word() -> list[Case]:
    health: dict[str, list[float | None]] = {
        "BPHRT,120,80,70,,,,": [120, 80, 70, None, None, None, None],
        "bphrt,120,80,70,,,,": [120, 80, 70, None, None, None, None],
        "BLOOD,120,80,70": [120, 80, 70],
        "blood,120,80": [120, 80],
        "heart,71": [71],
        "HEART,71": [71],
    }
    return [
        *(
            case(inside.split(",")[0], inside, {"message": "health", "values": values})
            for inside, values in health.items()
        ),
        case("ud", said("ud"), FIX),
        case("lk", "lk,1,2,3", {"message": "link", "battery_percent": 3}),
    ]


@_quirk
def q24_links_of_many_lengths() -> list[Case]:
    full = {"message": "link", "steps": 50, "rolls": 6, "battery_percent": 77, "notes": set()}
    none = {"message": "link", "steps": None, "rolls": None, "battery_percent": None}
    return [
        case("none", "LK", {**none, "notes": set()}),
        case("two", "LK,0,100", {**none, "notes": {"MISSING_FIELDS"}}),
        case("three", "LK,50,6,77", full),
        case("six", "LK,50,6,77,420,18,1", {**full, "distance_m": 420, "energy_kcal": 18}),
        case("seven", "LK,50,6,77,420,18,1,9", {**full, "notes": {"EXTRA_FIELDS"}}),
    ]


@_quirk
def q25_decimals_for_integers() -> list[Case]:
    return [
        case(
            "a link", "LK,50.0,6.4,76.5",
            {"message": "link", "steps": 50, "rolls": 6, "battery_percent": 77, "notes": set()},
        ),
        case(
            "a cell", said("UD", f"1,1,262,01,500.0,600,-85.5,1,one,{_M1},-60.5,2.5"),
            {**FIX, "cells": [(262, "01", 500, 600)], "accuracy_m": 2.5},
        ),
        case(
            "text", "LK,x,6,77",
            {"message": "link", "steps": None, "battery_percent": 77, "notes": {"BAD_VALUE"}},
        ),
    ]  # fmt: skip


@_quirk
def q26_steps_in_all_and_today() -> list[Case]:
    return [
        case("both", said("UD", steps="11089@420"), {**FIX, "steps": 11089}),
        case("one", said("UD", steps="4262"), {**FIX, "steps": 4262}),
    ]


@_quirk
def q27_satellites_without_a_fix() -> list[Case]:
    row = {**FIX, **NO_PLACE, "fix": False}
    return [
        case("21 with V", said("UD", validity="V", satellites="21"), {**row, "satellites": 21}),
        case("none with A", said("UD", satellites="00"), {**FIX, "satellites": 0}),
    ]


@_quirk
def q28_several_frames_and_junk() -> list[Case]:
    link, first = b"LK,1,2,3", said("UD").encode()
    row = {"message": "link", "battery_percent": 3}
    return [
        Case("in one read", spelled(link) + spelled(first), (link, first), (row, FIX)),
        Case(
            "line ends", spelled(link) + b"\r\n" + spelled(first) + b"\r\n", (link, first),
            (row, FIX), skipped={"BETWEEN_FRAMES": 4},
        ),
        Case(
            "brackets", spelled(link) + b" [[[" + spelled(first), (link, first), (row, FIX),
            skipped={"BETWEEN_FRAMES": 1, "NO_FRAME": 3},
        ),
        Case(
            "text", spelled(link) + b"junk" + spelled(first), (link, first), (row, FIX),
            skipped={"NO_FRAME": 4},
        ),
    ]  # fmt: skip


@_quirk
def q29_positive_signal_of_wifi() -> list[Case]:
    inside = said("UD", f"0,2,one,{_M1},61,two,{_M2},70,4.5")
    return [case("without a sign", inside, {**FIX, "accuracy_m": 4.5})]


@_quirk
def q30_place_of_the_factory() -> list[Case]:
    place = {"latitude": "22.6812345", "longitude": "113.9912345"}
    row = {**FIX, **NO_PLACE, "fix": False}
    near = (22.6812345, 113.9912345)
    abroad = {**row, "last_known": None, "notes": {"FACTORY_PLACE"}}
    return [
        case("abroad", said("UD", "1,0,617,1,57,200001,169,0", validity="V", **place), abroad),
        case(
            "at home", said("UD", "1,0,460,1,53,203778,169,0", validity="V", **place),
            {**row, "last_known": near},
        ),
        case("no cell", said("UD", validity="V", **place), {**row, "last_known": near}),
        case(
            "a last known place", said("UD", "1,0,617,1,57,200001,169,0", validity="V"),
            {**row, "last_known": (52.0000374, 5.1000201)},
        ),
        case(
            "with a fix", said("UD", "1,0,617,1,57,200001,169,0", **place),
            {**FIX, "latitude": near[0], "longitude": near[1]},
        ),
    ]  # fmt: skip


@_quirk
def q31_clocks_that_are_wrong() -> list[Case]:
    return [
        case(
            "ten years on", said("UD", date="120635"),
            {**FIX, "time_ms": moment(2035, 6, 12, 10, 15)},
        ),
        case(
            "never set", said("UD", date="010120", time="025946"),
            {**FIX, "time_ms": moment(2020, 1, 1, 2, 59, 46)},
        ),
        case(
            "of 2000", said("UD", date="010100", time="000000"),
            {**FIX, "time_ms": moment(2000, 1, 1)},
        ),
        case(
            "no date", said("UD", date="310225"), {**FIX, "time_ms": None, "notes": {"BAD_VALUE"}}
        ),
        case(
            "no time", said("UD", time="246000"), {**FIX, "time_ms": None, "notes": {"BAD_VALUE"}}
        ),
        case("a leap day", said("UD", date="290224"), {**FIX, "time_ms": moment(2024, 2, 29, 10, 15)}),
    ]  # fmt: skip


@_quirk
def q32_ids_of_many_lengths() -> list[Case]:
    found = ["0300000187", LONG_ID, "7", "030000018", "00300000187"]
    links = [spelled("LK", id=id) for id in found]
    link = {"message": "link"}
    return [
        Case(
            "in one stream", b"".join(links), (b"LK",) * len(found), (link,) * len(found),
            ids=tuple(found),
        )
    ]  # fmt: skip


@_quirk
def q33_answers_repeat_the_prefix() -> list[Case]:
    alarm = said("AL", status="00010000")
    sos = {**FIX, "message": "alarm", "alarms": ["sos"]}
    return [
        case("SG", "LK", {"message": "link"}, prefix="SG", answers=spelled("LK", prefix="SG")),
        case("an alarm", alarm, sos, prefix="CS", answers=spelled("AL", prefix="CS")),
        case(
            "an index", alarm, sos, prefix="ZJ", index="00a7",
            answers=spelled("AL", prefix="ZJ", index="00a7"),
        ),
        case("nothing for a position", said("UD"), FIX, answers=b""),
    ]  # fmt: skip


@_quirk
def q34_words_that_are_sent_until_answered() -> list[Case]:
    owed = {
        "CCID,00000000000000000000": "CCID",
        "ccid,00000000000000000000": "ccid",
        "CONFIG,TY:G29,UL:600,VR:1.00": "CONFIG,1",
        "RYIMEI,001010000000012": "RYIMEI",
        "INIT": "INIT,1",
        "oxygen,0,97": "oxygen,1",
        "bphrt,120,80,70,,,,": "bphrt",
        "btemp2,1,36.6": "btemp2",
    }
    return [
        case(inside.split(",")[0], inside, {}, answers=spelled(answer))
        for inside, answer in owed.items()
    ]


@_quirk
def q35_out_of_range() -> list[Case]:
    far = {"notes": {"VALUE_OUT_OF_RANGE"}}
    return [
        case("a battery", said("UD", battery="101"), {**FIX, "battery_percent": None, **far}),
        case("a battery below", said("UD", battery="-1"), {**FIX, "battery_percent": None, **far}),
        case("a battery with decimals", said("UD", battery="63.5"), FIX),
        case("a battery that rounds in", said("UD", battery="100.4"), {**FIX, "battery_percent": 100}),
        case("a signal", said("UD", signal="255"), {**FIX, "signal_percent": None, **far}),
        case("a course", said("UD", course="360.001"), {**FIX, "course_deg": None, **far}),
        case("a speed", said("UD", speed="-0.1"), {**FIX, "speed_kmh": None, **far}),
        case("an altitude", said("UD", altitude="40000"), {**FIX, "altitude_m": None, **far}),
        case("an altitude below", said("UD", altitude="-12.5"), {**FIX, "altitude_m": -13}),
        case(
            "a latitude", said("UD", latitude="90.0000001"),
            {**FIX, "latitude": None, "longitude": None, **far},
        ),
        case(
            "a longitude", said("UD", longitude="180.1"),
            {**FIX, "latitude": None, "longitude": None, **far},
        ),
        case("steps", said("UD", steps="4294967295"), {**FIX, "steps": None, **far}),
        case("empty", said("UD", battery=""), {**FIX, "battery_percent": None}),
        case(
            "a link", "LK,1,2,300",
            {"message": "link", "steps": 1, "rolls": 2, "battery_percent": None, **far},
        ),
    ]  # fmt: skip


@_quirk
def q36_encrypted() -> list[Case]:
    login = b"\xffAQSH" + (43).to_bytes(2, "big") + b"\x01\0\0\0" + bytes(range(128, 165))
    return [
        Case("a login", login, (), (), skipped={"ENCRYPTED": 48}),
        Case(
            "behind a frame", spelled("LK") + login, (b"LK",), ({"message": "link"},),
            skipped={"ENCRYPTED": 48},
        ),
    ]  # fmt: skip
