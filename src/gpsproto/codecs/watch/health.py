"""Health: what a watch measures on its wearer, and the echoes of commands to measure.

| word | arguments |
|---|---|
| PULSE, heart, HR | heart rate |
| BLOOD | systolic, diastolic [, heart rate] |
| bphrt | systolic, diastolic, heart rate, height, sex, age, weight; the last four mostly empty |
| oxygen | mode (0: by hand), saturation |
| TEMP | temperature |
| btemp2 | mode (0: forehead, 1: wrist), temperature; 0 and 1 are too low and too high |

0 is no valid measurement.  There is no report of sleep: rolls are all that is sent about it.
Source: the vendor's server protocol; server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.message import Item, Kind, Message

PULSE = Item("pulse_bpm", Category.HEALTH, "heart rate", 2, 0, 20, 300, (0,))
SYSTOLIC = Item(
    "blood_pressure_systolic_mmhg", Category.HEALTH, "upper blood pressure", 2, 0, 20, 300, (0,)
)
DIASTOLIC = Item(
    "blood_pressure_diastolic_mmhg", Category.HEALTH, "lower blood pressure", 2, 0, 20, 300, (0,)
)
HEIGHT = Item("height_cm", Category.HEALTH, "of the wearer", 2, 1, 20, 300, (0,))
SEX = Item("sex", Category.HEALTH, "of the wearer; 1 = male, 2 = female", 1, 0, 1, 2, (0,))
AGE = Item("age_years", Category.HEALTH, "of the wearer", 2, 0, 1, 150, (0,))
WEIGHT = Item("weight_kg", Category.HEALTH, "of the wearer", 2, 1, 1, 500, (0,))
OXYGEN = Item("oxygen_percent", Category.HEALTH, "oxygen of the blood", 2, 1, 1, 100, (0,))
OXYGEN_MODE = Item("oxygen_mode", Category.HEALTH, "how it was measured; 0 = by hand", 1, 0, 0, 99)
TEMPERATURE = Item(
    "body_temperature_c", Category.HEALTH, "0 and 1 are too low and too high", 2, 2, 10, 60, (0, 1)
)
TEMPERATURE_MODE = Item(
    "body_temperature_mode", Category.HEALTH, "0 = forehead, 1 = wrist", 1, 0, 0, 99
)
SETTING = Item("health_setting", Category.HEALTH, "when to measure, and when to warn")

_ECHOES = {
    "hrtstart": "asks to measure heart rate and blood pressure",
    "HEALTHAUTOSET": "sets measuring by itself",
    "bodytemp": "sets measuring of temperature",
    "bodytemp2": "asks to measure the temperature",
    "BTWARNSET": "sets the warning of temperature",
    "BTTIMESET": "sets the times of temperature",
}

MESSAGES = (
    # PULSE is a command too
    Message("PULSE", Kind.HEALTH, "heart rate", (PULSE,), answer="{word}", receipt=True),
    Message("heart", Kind.HEALTH, "heart rate", (PULSE,), answer="{word}"),
    Message("HR", Kind.HEALTH, "heart rate", (PULSE,), answer="{word}"),
    Message(
        "BLOOD", Kind.HEALTH, "blood pressure", (SYSTOLIC, DIASTOLIC, PULSE), answer="{word}"
    ),
    Message(
        "bphrt", Kind.HEALTH, "blood pressure, heart rate, body",
        (SYSTOLIC, DIASTOLIC, PULSE, HEIGHT, SEX, AGE, WEIGHT), answer="{word}",
    ),
    Message(
        "oxygen", Kind.HEALTH, "oxygen of the blood", (OXYGEN_MODE, OXYGEN), answer="{word},1"
    ),
    Message("TEMP", Kind.HEALTH, "temperature", (TEMPERATURE,), answer="{word}"),
    Message(
        "btemp2", Kind.HEALTH, "temperature", (TEMPERATURE_MODE, TEMPERATURE), answer="{word}"
    ),
    *(Message(word, Kind.HEALTH, f"echo: {meaning}", rest=SETTING)
      for word, meaning in _ECHOES.items()),
)  # fmt: skip
