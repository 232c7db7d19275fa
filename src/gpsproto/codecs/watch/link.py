"""Link: the first thing behind a connect, and then the sign of life.

LK [steps, rolls, battery] and six arguments in one dialect; KA date, steps, rolls, battery.
PING and TIME have none.
The watch sends no position until LK is answered, and starts again after five tries without.
Source: the vendor's server protocol; server and firmware texts.  ``LK,0,100`` was seen once: its
two arguments are not certain, so they are counted and not read.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import OTHER, Item, Kind, Message

STEPS = Item(
    "steps", Category.ACTIVITY, "steps; a total or of the day, by firmware", 4, 0, 0, 10**9
)
ROLLS = Item("rolls", Category.ACTIVITY, "turns in the sleep window", 4, 0, 0, 10**9)
BATTERY = Item("battery_percent", Category.STATUS, "battery", 1, 0, 0, 100, core=True)
DISTANCE = Item("distance_m", Category.ACTIVITY, "way walked", 4, 0, 0, 10**9)
ENERGY = Item("energy_kcal", Category.ACTIVITY, "energy spent", 4, 0, 0, 10**6)
SWITCH = Item("link_switch", Category.STATUS, "a switch, by vendor")
DATE = Item("link_date", Category.TIME, "date of the watch; no time of day stands with it")

MESSAGES = (
    Message(
        "LK", Kind.LINK, "sign of life; owed at once",
        (STEPS, ROLLS, BATTERY, DISTANCE, ENERGY, SWITCH), least=3, answer="{word}", at_once=True,
    ),
    Message(
        "KA", Kind.LINK, "sign of life of one dialect", (DATE, STEPS, ROLLS, BATTERY),
        answer="{word}", at_once=True,
    ),
    Message(
        "PING", Kind.LINK, "sign of life of one dialect", rest=OTHER, answer="{word}", at_once=True
    ),
    # the form of the answer differs by vendor, so that none is given
    Message("TIME", Kind.LINK, "asks for the time of day", rest=OTHER),
)  # fmt: skip
