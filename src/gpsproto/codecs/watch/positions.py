"""Positions and alarms: one payload, behind whatever arguments its word has.

| # | field | form |
|---|---|---|
| 0, 1 | date, time | DDMMYY, HHMMSS, UTC |
| 2 | validity | A: satellite fix; V: none, and the place that stands there is no place |
| 3-6 | latitude, N or S, longitude, E or W | decimal degrees; a sign comes before a letter |
| 7, 8, 9 | speed, course, altitude | km/h, degrees, m |
| 10-12 | satellites, signal, battery | number, %, % |
| 13, 14 | steps, rolls | counts |
| 15 | status | hexadecimal bits: states below, alarms above |
| 16- | cells, Wi-Fi, accuracy | best effort: a tail that is broken costs no fix |

WAD has a language in front and PP a time of day.  WAD, WG and PP ask for an address, a place and a
friend: what only a service with such data can answer is not answered here.
Source: the vendor's server protocol of August 2025; firmware and server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.link import BATTERY, ROLLS, STEPS
from gpsproto.codecs.watch.message import Item, Kind, Message
from gpsproto.layout import Field, Layout, WireType

FIXED = Layout(
    "watch position",
    (
        Field("timestamp", WireType.U64, "ms", Category.TIME, "date and time, UTC"),
        Field("longitude", WireType.I32, "1e-7 deg", Category.LOCATION, "with validity A"),
        Field("latitude", WireType.I32, "1e-7 deg", Category.LOCATION, "with validity A"),
    ),
)
"""What of a position is no element, as it stands in the cells."""

SPEED = Item("speed_kmh", Category.MOTION, "over ground", 4, 3, 0, 2000, core=True)
COURSE = Item("course_deg", Category.MOTION, "course, 0 = north", 4, 3, 0, 360, core=True)
ALTITUDE = Item("altitude_m", Category.LOCATION, "above sea level", 2, 0, -2000, 32000, core=True)
SATELLITES = Item("satellites", Category.STATUS, "in use", 2, 0, 0, 999, core=True)
SIGNAL = Item("signal_percent", Category.STATUS, "of the network", 1, 0, 0, 100, core=True)
ACCURACY = Item("accuracy_m", Category.STATUS, "of the place", 8, 7, 0, 100_000, core=True)

NUMBERS = (SPEED, COURSE, ALTITUDE, SATELLITES, SIGNAL, BATTERY, STEPS, ROLLS)
"""Fields 7 to 14."""

TIME = Item("position_time", Category.TIME, "date and time")
PLACE = Item("position_place", Category.LOCATION, "validity, latitude, longitude, hemispheres")
STATUS = Item("position_status", Category.STATUS, "the status word")
CELL_MCC = Item("cell_mcc", Category.NET_LOCATION, "country code of the cells", 2, 0, 0, 32766)
CELL_MNC = Item("cell_mnc", Category.NET_LOCATION, "network code of the cells, text", 8)
CELL_LAC = Item("cell_lac", Category.NET_LOCATION, "area code of a cell", 8, 0, 0, 0xFFFFFF)
CELL_CID = Item("cell_cid", Category.NET_LOCATION, "identity of a cell", 8, 0, 0, 0xFFFFFFE)
CELL_OTHER = Item("cell_other", Category.NET_LOCATION, "counts, timing advance, signal of cells")
WIFI_NAME = Item("wifi_name", Category.THIRD_PARTY_ID, "names of Wi-Fi networks")
WIFI_OTHER = Item(
    "wifi_other", Category.THIRD_PARTY_ID, "counts, hardware addresses and signal of Wi-Fi"
)

PAYLOAD = (
    TIME, PLACE, *NUMBERS, STATUS, CELL_MCC, CELL_MNC, CELL_LAC, CELL_CID, CELL_OTHER, WIFI_NAME,
    WIFI_OTHER, ACCURACY,
)  # fmt: skip
"""Every item of a position payload, in the order that the walk's program has them."""

LANGUAGE = Item("address_language", Category.STATUS, "of the address that is asked for")
DEVICE_TIME = Item("device_time", Category.TIME, "time of day of the watch")
FRIEND = Item("friend_id", Category.THIRD_PARTY_ID, "the watch of a friend")

MESSAGES = (
    Message("UD", Kind.POSITION, "position; the suffix is the radio", position=True, suffixes=True),
    Message("UP", Kind.POSITION, "position of one firmware", position=True, suffixes=True),
    Message(
        "AL", Kind.ALARM, "alarm with its position; repeated until it is answered", position=True,
        suffixes=True, answer="AL",
    ),
    Message("ALARM", Kind.ALARM, "the same, of some vendors", position=True, answer="AL"),
    Message(
        "ALCUSTOMER", Kind.ALARM, "the same, of some vendors", position=True, suffixes=True,
        answer="AL",
    ),
    Message(
        "WT", Kind.POSITION, "position; asks for the weather there", position=True, suffixes=True
    ),
    Message("WAD", Kind.POSITION, "position; asks for its address", (LANGUAGE,), position=True),
    Message("WG", Kind.POSITION, "position; asks where that is", position=True),
    Message(
        "PP", Kind.POSITION, "position; asks for a friend who is there", (DEVICE_TIME,),
        position=True, tells=Category.CONTACT,
    ),
    Message("DD", Kind.POSITION, "position by cells, of one network", rest=CELL_OTHER),
    Message("PPQ", Kind.CONTACTS, "asks for the friends", rest=FRIEND),
    Message("PPR", Kind.CONTACTS, "takes a friend away", rest=FRIEND),
)  # fmt: skip
