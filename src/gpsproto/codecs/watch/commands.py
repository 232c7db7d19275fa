"""Echoes of commands: the bare word, the word with 1 or 0, or with what was commanded.

Nothing is owed for an echo; both sides would answer each other for ever.  Commands about people,
texts, health and the day stand in the files of those.
Source: the vendor's server protocol; server texts.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.codecs.watch.configuration import PASSWORD, SERVER, TIME_ZONE, UPLOAD
from gpsproto.codecs.watch.message import OTHER, RESULT, Item, Kind, Message

SETTING = Item("command_setting", Category.STATUS, "a level or a switch, as commanded")

_SWITCHES = {
    "CR": "sends positions for three minutes",
    "RESET": "starts again",
    "POWEROFF": "turns off",
    "FACTORY": "forgets its settings",
    "FIND": "rings",
    "LOWBAT": "warns of a low battery by SMS",
    "SOSSMS": "sends SOS by SMS",
    "REMOVE": "warns when it is taken off",
    "REMOVESMS": "warns by SMS when it is taken off",
    "PEDO": "counts steps",
    "profile": "sets how it rings",
}
_SETTINGS = {
    "APPLOCK": "sets a function or a lock",
    "FALLDOWN": "warns of a fall",
    "LSSET": "sets how soon it tells a fall",
}
_SERVERS = {
    "IP": "sets the server",
    "UPGRADE": "loads a firmware",
    "URL": "loads a firmware",
    "FTPIP": "sets the server of files",
}
_SECRETS = {
    "APN": "sets the network, with its password",
    "PW": "sets the password",
    "FTPPWD": "sets the password of files",
}
_VENDORS = (
    "ANY", "BT", "gprsgps", "WORK", "WORK2", "WORKMODE", "BOOTOFF", "SPOF", "HSW", "MOD", "FON",
    "SMSONOFF", "PIC", "WDSTART", "LOCATION", "REJECT",
)  # fmt: skip


def _echo(word: str, meaning: str, *items: Item, rest: Item = OTHER) -> Message:
    return Message(word, Kind.COMMAND, f"echo: {meaning}", items, rest)


MESSAGES = (
    _echo("UPLOAD", "sets the interval of positions", UPLOAD),
    _echo("LZ", "sets language and time zone", rest=TIME_ZONE),
    *(_echo(word, meaning, RESULT) for word, meaning in _SWITCHES.items()),
    *(_echo(word, meaning, rest=SETTING) for word, meaning in _SETTINGS.items()),
    *(_echo(word, meaning, rest=SERVER) for word, meaning in _SERVERS.items()),
    *(_echo(word, meaning, rest=PASSWORD) for word, meaning in _SECRETS.items()),
    *(_echo(word, "a command of one vendor") for word in _VENDORS),
)
