"""The day of the wearer: hours of school, of walks and of sleep, as echoes of what was commanded.

REMIND ``hh:mm-on-mode[-days]``...; SILENCETIME ``hh:mm-hh:mm[-days]``...; WALKTIME and SLEEPTIME
windows.  REMINDQ and SCHEDULEQ ask for them.
Source: the vendor's server protocol; firmware texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import Item, Kind, Message

SCHEDULE = Item("schedule", Category.BEHAVIOUR, "times of day, days of the week")

_WORDS = {
    "REMIND": "echo: sets the alarm clock",
    "REMIND2": "echo: sets the alarm clock",
    "SILENCETIME": "echo: sets when it is silent",
    "SILENCETIME2": "echo: sets when it is silent",
    "WALKTIME": "echo: sets when steps are counted",
    "SLEEPTIME": "echo: sets when rolls are counted",
    "SCHEDULE": "echo: sets the timetable",
    "WORKTIME": "echo: sets when it works",
    "SEDENTARY": "echo: sets when to warn of sitting",
    "REMINDQ": "asks for the alarm clock",
    "SCHEDULEQ": "asks for the timetable",
}

MESSAGES = tuple(
    Message(word, Kind.COMMAND, meaning, rest=SCHEDULE) for word, meaning in _WORDS.items()
)
