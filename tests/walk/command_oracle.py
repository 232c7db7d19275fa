"""What should come out of Codec 12 to 15, by the grammar and plain reading: no regular expression."""

from __future__ import annotations

from typing import Any

import construct

from gpsproto.category import Category
from gpsproto.codecs.command import Command
from gpsproto.privacy.policy import Policy

_TYPES = {
    12: {5: "command", 6: "answer", 13: "photo"},
    13: {5: "answer", 6: "answer"},
    14: {5: "command", 6: "answer", 17: "refusal"},
    15: {5: "command", 6: "answer"},
}
_BEGINS = {
    "Ver:": 1, "INI:": 2, "RTC:": 2, "DI1:": 3, "Data Link:": 4, "BatState:": 5, "ChargerType:": 5,
}  # fmt: skip
_KEYS = {
    1: {"Uptime": ("uptime_s", 8, 99_999_999, 1), "UpTime": ("uptime_s", 8, 99_999_999, 1)},
    4: {"Signal": ("signal_percent", 1, 5, 20)},
    5: {"BatV": ("battery_voltage_mv", 5, 65_535, 1), "BatLvl": ("battery_percent", 3, 100, 1)},
}
_KEYS[2] = _KEYS[1]
_CATEGORIES = {"uptime_s": Category.COUNTER}


def read(form: Command, body: bytes, policy: Policy) -> list[dict[str, Any]]:
    """The rows of a body under a policy."""
    try:
        parsed = form.grammar().parse(body)
    except construct.ConstructError:
        return []
    kind = _TYPES[form.codec].get(parsed.type, "serial")
    if kind not in ("answer", "refusal"):
        return []
    row: dict[str, Any] = {"protocol": "teltonika", "message": kind}
    text = parsed.inside.data
    if form.time:
        row["time_ms"] = parsed.inside.time * 1000
        if form.codec == 13 and parsed.inside.time < 946_684_800 and len(text) >= 4:
            milliseconds = parsed.inside.time << 32 | int.from_bytes(text[:4], "big")
            if 946_684_800_000 <= milliseconds < 4_102_444_800_000:
                row["time_ms"], text = milliseconds, text[4:]
    if kind == "answer":
        said = _said(text.decode("latin-1"))
        row |= {
            name: value
            for name, value in said.items()
            if policy.keeps(_CATEGORIES.get(name, Category.STATUS))
        }
    return [row]


def _said(text: str) -> dict[str, int]:
    number = next((place for begin, place in _BEGINS.items() if text.startswith(begin)), 0)
    edges = [0, 32, 128, 512, 2_048]
    found = {"answer_class": number, "answer_length_bucket": sum(len(text) > e for e in edges)}
    words = text.replace("\r", " ").replace("\n", " ").split(" ")
    spaces = [end for end in text if end in " \r\n"]
    closed: set[str] = set()
    for place, word in enumerate(words):
        key, colon, rest = word.partition(":")
        name, digits, most, scale = _KEYS.get(number, {}).get(key, ("", 0, 0, 0))
        if not colon or not name or name in closed:
            continue
        if not rest and place + 1 < len(words) and spaces[place] == " ":
            rest = words[place + 1]
        if name == "uptime_s":
            rest = rest.removesuffix("s")
        if rest.isascii() and rest.isdigit() and len(rest) <= digits:
            closed.add(name)  # the first of its form counts, whatever its number
            if int(rest) <= most:
                found[name] = int(rest) * scale
    return found
