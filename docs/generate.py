"""Write the tables of the documents from the code: ``python docs/generate.py [--check]``.

A table stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``.  With ``--check`` nothing
is written, and the status is 1 where a table is not what the code says.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path

import gpsproto
from gpsproto import catalog, codecs
from gpsproto.category import FLOOR, PRIVATE_CLEARS, Category
from gpsproto.codecs.avl import FIXED, HEAD, Shape
from gpsproto.errors import MEANINGS, ErrorCode
from gpsproto.layout import Layout
from gpsproto.privacy.columns import READERS
from gpsproto.privacy.filter import select
from gpsproto.privacy.policy import Policy
from gpsproto.projection import Element
from gpsproto.wire.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "fixtures" / "demo" / "fleet.bin"
MARKED = re.compile(
    r"(?P<head><!-- generated: (?P<name>[a-z0-9-]+) -->\n).*?(?P<tail><!-- end -->)", re.DOTALL
)

CATEGORIES = {
    Category.SECRET: "passwords, commands that carry one",
    Category.OPAQUE: "bytes and bit fields whose meaning is not known",
    Category.THIRD_PARTY_ID: "other people's beacons and devices",
    Category.PERSON_NAME: "names",
    Category.CONTACT: "phone numbers and addresses",
    Category.MESSAGE: "text messages",
    Category.VOICE: "recordings",
    Category.PHOTO: "pictures",
    Category.NETWORK_ADDR: "IP and MAC addresses",
    Category.ACCOUNT_REF: "customer and account numbers",
    Category.DEVICE_ID: "the IMEI of the login; serials of modules are dropped",
    Category.SIM_ID: "ICCID; the IMSI is always dropped",
    Category.DRIVER_ID: "iButton; other cards are always dropped",
    Category.VEHICLE_ID: "VIN, number plate",
    Category.HEALTH: "blood alcohol, heart rate",
    Category.LOCATION: "latitude, longitude, altitude, and copies of them",
    Category.NET_LOCATION: "radio cells",
    Category.ZONE: "geofence states",
    Category.ROAMING: "network operator, roaming",
    Category.BEHAVIOUR: "harsh driving, speeding, working time, who may drive",
    Category.ACTIVITY: "steps, sleep",
    Category.PRIVATE_MODE: "the private-trip switch itself",
    Category.ALARM: "crash, towing, unplug, jamming; the priority",
    Category.MOTION: "speed, course, movement, acceleration",
    Category.COUNTER: "odometers, engine hours, fuel used in all",
    Category.TRAFFIC: "data volumes",
    Category.PRODUCT: "what model it is",
    Category.VEHICLE_TECH: "engine, fuel level, temperatures, OBD values",
    Category.STATUS: "ignition, inputs, voltages, signal, satellites",
    Category.TIME: "the time of the record",
}

ADVICE = {
    ErrorCode.BAD_PREAMBLE: "Look at what stands there: a log prefix, a capture header, another"
    " protocol. Cut it away, or name the kind of dump with `--input-format`.",
    ErrorCode.BAD_LENGTH: "Nothing, where it is rare: the bytes were damaged. Where it is every"
    " frame, the sender writes no length; gpsproto does not guess one.",
    ErrorCode.TOO_LARGE: "Raise `--max-frame-bytes` (library: `Limits`) where your devices really"
    " send such frames. Else the bytes were damaged.",
    ErrorCode.BAD_CRC: "Nothing, where it is rare. A live device sends the frame again. Where it is"
    " common, look at the recorder: lost or doubled bytes.",
    ErrorCode.BAD_CRC_PADDING: "As for `bad_crc`. The checksum fits, so suspect the sender's"
    " software and tell its maker.",
    ErrorCode.COUNT_MISMATCH: "As for `bad_crc`; in a datagram this is all there is in place of a"
    " checksum.",
    ErrorCode.TOTAL_MISMATCH: "If it is Codec 8, try `--group16 always`. Else report it, with a"
    " frame that you rebuilt from made-up values.",
    ErrorCode.TRUNCATED: "At the end of a dump: nothing, the recording stopped. Inside a frame: as"
    " for `total_mismatch`.",
    ErrorCode.TRAILING_BYTES: "As for `total_mismatch`.",
    ErrorCode.UNKNOWN_CODEC: "See which codecs are read in"
    " [protocols/teltonika.md](protocols/teltonika.md). Command codecs are not read yet.",
    ErrorCode.BAD_HANDSHAKE: "The IMEI has not 15 digits. In the library widen"
    " `Limits(imei_digits=(14, 16))`.",
    ErrorCode.FOREIGN_TLS: "Take TLS off in front of the recorder, or turn it off in the device.",
    ErrorCode.FOREIGN_HTTP: "Something else calls the port; close it to all but your devices.",
    ErrorCode.FOREIGN_TEXT: "It is a log or another protocol. Hex lines go with"
    " `--input-format hex`.",
    ErrorCode.FOREIGN_DATAGRAM: "It is a dump of UDP packets: `--input-format datagrams`.",
    ErrorCode.KEEP_ALIVE: "Nothing. It is counted, and `--strict` bears it.",
    ErrorCode.NO_RECORDS: "Nothing, where it is rare: the frame holds no record.",
    ErrorCode.NOT_HEX: "See the line: every line is hex digits, blank, or begins with `#`.",
    ErrorCode.UNREADABLE: "See `errno`: is it a file, may you read it, is the disk well?",
    ErrorCode.KEY_MISSING: "Give the right path, or make a key: `gpsproto keys new FILE`.",
    ErrorCode.KEY_NOT_A_FILE: "Give a regular file: no folder, pipe or device.",
    ErrorCode.KEY_IS_LINK: "Give the path of the file itself.",
    ErrorCode.KEY_WRONG_OWNER: "Run as the owner of the key, or let the owner run it.",
    ErrorCode.KEY_OPEN_MODE: "`chmod 600` on it. Ask who could read it until now.",
    ErrorCode.KEY_OPEN_FOLDER: "`chmod go-w` on its folder, or move the key to one of yours.",
    ErrorCode.KEY_UNREADABLE: "Look at the permissions of the path, and at the disk.",
    ErrorCode.KEY_WRONG_FORMAT: "It is another file, or a damaged one. Take the backup of the key.",
    ErrorCode.KEY_WEAK: "Never type a key. Make one: `gpsproto keys new FILE`.",
    ErrorCode.KEY_EXISTS: "Name another file. If the old key is to go, remove it yourself.",
    ErrorCode.KEY_UNWRITABLE: "Look at the permissions and the space of the folder.",
    ErrorCode.POLICY_UNKNOWN: "Name a built-in policy (`hint` lists them) or the path of a file.",
    ErrorCode.POLICY_UNREADABLE: "Look at its permissions; it must be UTF-8 and under 1 MiB.",
    ErrorCode.POLICY_NOT_TOML: "Run it through any TOML checker.",
    ErrorCode.POLICY_BAD_KEY: "Compare with the example in"
    " [privacy.md](privacy.md#write-a-policy); the message lists what is known.",
    ErrorCode.POLICY_BAD_VALUE: "The message names the key and what it takes, never the value.",
    ErrorCode.POLICY_MISSING: "Every category in `[allow]` needs one in `[retain]`, and the other"
    " way round.",
    ErrorCode.POLICY_FLOOR: "Take the category out, or pseudonymise it where it is an identifier"
    " that may be. No setting lifts the floor.",
    ErrorCode.DEVICE_FILE: "Put one IMEI into the file, digits only, and nothing else.",
    ErrorCode.FLEET_UNREADABLE: "Look at its path and permissions; it must be UTF-8.",
    ErrorCode.FLEET_NOT_TOML: "A line is a subject, `=` and a family in quotes:"
    ' `unknown_1 = "FMB"`.',
    ErrorCode.FLEET_BAD_FAMILY: "`entry` says which line. `gpsproto decode --help` lists the"
    " families.",
    ErrorCode.EXTRA_MISSING: "Run the command that the message names.",
    ErrorCode.SINK_FAILED: "See `errno`. The unfinished file is gone; make room and run again.",
}

COLUMNS = {
    "subject": ("", "keyed pseudonym of the IMEI; `unknown_<n>` where the dump holds no login",
                "the policy drops `device_id`"),
    "protocol": ("", "`teltonika`", "never"),
    "message": ("", "`avl`", "never"),
    "time": ("UTC", "timestamp of the record, whole milliseconds",
             "`time` is dropped; the timestamp lies behind the year 9999"),
    "received_at": ("UTC", "not filled yet: no dump format that is read carries it", "always"),
    "fix": ("", "satellites > 0", "private mode; `location` is dropped"),
    "location_source": ("", "`gnss`, or `last_known`", "as `latitude`"),
    "accuracy_m": ("m", "no Teltonika field", "always"),
    "latitude": ("degrees, WGS 84", "integer of 1e-7 degrees, divided",
                 "no fix (unless `last_known = true` and the place is not 0/0); private mode;"
                 " out of range; `location` is dropped"),
    "longitude": ("degrees, WGS 84", "the same", "the same"),
    "altitude_m": ("m", "as sent, signed", "the same"),
    "speed_kmh": ("km/h", "as sent", "no fix; private mode; `motion` is dropped"),
    "course_deg": ("degrees, 0 = north, clockwise", "angle", "as `speed_kmh`; over 360"),
    "satellites": ("", "as sent", "`status` is dropped"),
    "priority": ("", "`low`, `high`, `panic`, `security`", "over 3; `alarm` is dropped"),
    "event": ("", "catalog name of the element that made the record",
              "periodic record; the element's strictest category is not kept; private mode, where"
              " the category is one that it clears"),
    "generation_type": ("", "Codec 16, 0 to 7",
                        "other codecs; `status` is dropped"),
    "alarms": ("", "list of names: the elements of category `alarm` that are not 0",
               "the record holds no such element"),
    "states": ("", "not filled: belongs to the watch protocol", "always"),
    "attributes": ("in each name", "map of name to number: the elements that have no column",
                   "the record holds no such element"),
    "pseudonyms": ("", "map of kind to pseudonym: `sim_id`, `driver_id`",
                   "the policy pseudonymises no such kind; the record holds none whole"),
    "cells": ("", "reserved", "always"),
    "clock_suspect": ("", "time before 2010, or none that can be", "`time` is dropped"),
    "retention_class": ("", "the kept category that expires first", "the policy keeps nothing"),
    "expires_on": ("day, UTC", "first day on which the period of a kept category ends",
                   "as `time`, or the policy keeps nothing"),
}  # fmt: skip

UNITS = {
    "_l_100km": "l/100 km", "_l_h": "l/h", "_g_s": "g/s", "_mv": "mV", "_ma": "mA",
    "_mg": "milli-g", "_percent": "%", "_kmh": "km/h", "_c": "°C", "_rpm": "1/min", "_kpa": "kPa",
    "_deg": "degrees", "_ml": "ml", "_l": "l", "_kg": "kg", "_km": "km", "_m": "m",
    "_s": "s", "_min": "min",
}  # fmt: skip
"""Units by the end of a name; the first that fits."""


def table(head: Sequence[str], rows: Iterator[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [list(head), ["---"] * len(head), *map(list, rows)]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n"
                   for line in lines)  # fmt: skip


@cache
def tracking() -> Policy:
    return Policy.load("tracking")


def layout(of: Layout) -> str:
    rows = (
        (
            str(of.offset(field.name)), f"`{field.name}`", field.wire.name.lower(), field.unit,
            f"`{field.category.value}`", field.meaning,
        )
        for field in of.fields
    )  # fmt: skip
    return table(("offset, bytes", "field", "wire type", "unit", "category", "meaning"), rows)


def codec_table() -> str:
    def extras(shape: Shape) -> str:
        found = []
        if shape.generation:
            found.append("generation type, u8, behind the event id")
        if shape.variable:
            found.append("a group of variable length behind the 8-byte one")
        if shape.group16:
            found.append("at some places an unannounced group of 16-byte elements")
        return "; ".join(found)

    rows = (
        (f"`0x{codec:02X}`", shape.name, str(shape.id_size), str(shape.count_size), extras(shape))
        for codec, shape in codecs.shapes().items()
    )
    return table(("codec id", "name", "bytes of an id", "bytes of a count", "extras"), rows)


def limits() -> str:
    found = Limits()
    rows = [(f"`0x{codec:02X}`", f"{size:,}") for codec, size in sorted(found.by_codec.items())]
    rows.append(("any other", f"{found.other:,}"))
    return table(("codec id", "greatest data field, bytes"), iter(rows))


def errors(kind: str) -> str:
    rows = ((f"`{c.value}`", MEANINGS[c], ADVICE[c]) for c in ErrorCode if place(c) == kind)
    return table(("code", "what it means", "what you do"), rows)


def place(code: ErrorCode) -> str:
    """Where a code comes from."""
    if code in (ErrorCode.NOT_HEX, ErrorCode.UNREADABLE):
        return "dump"
    head = code.value.partition("_")[0]
    if head in ("device", "extra", "sink", "fleet"):
        return "run"
    return head if head in ("key", "policy") else "wire"


def outcome(category: Category) -> str:
    policy = tracking()
    if policy.pseudonymises(category):
        return "pseudonym"
    if policy.keeps(category):
        return "kept"
    return "dropped: floor" if category in FLOOR else "dropped"


def tracking_short() -> str:
    groups: dict[str, list[str]] = {}
    for category in reversed(Category):
        groups.setdefault(outcome(category), []).append(category.value)
    words = {
        "kept": "leaves as it is",
        "pseudonym": "leaves as a keyed pseudonym",
        "dropped": "does not leave",
        "dropped: floor": "does not leave, and no policy may let it",
    }
    rows = ((words[key], ", ".join(f"`{c}`" for c in groups[key])) for key in words)
    return table(("what becomes of it", "categories"), rows)


def tracking_full() -> str:
    def retained(category: Category) -> str:
        period = tracking().retain.get(category)
        if period is None:
            return ""
        parts = [(period.months, "month"), (period.days, "day")]
        return " ".join(f"{n} {unit}s" if n != 1 else f"1 {unit}" for n, unit in parts if n)

    rows = (
        (
            f"`{category.value}`", CATEGORIES[category], outcome(category), retained(category),
            "cleared" if category in PRIVATE_CLEARS else "",
        )
        for category in reversed(Category)
    )  # fmt: skip
    head = ("category", "for example", "under `tracking`", "retention", "in private mode")
    return table(head, rows)


def columns() -> str:
    batch = next(iter(gpsproto.decode(DEMO, family="FMB")))
    rows = ((f"`{name}`", str(batch.column(name).values.dtype), *COLUMNS[name]) for name in READERS)
    return table(("column", "dtype", "unit", "what", "null where"), rows)


def unit(name: str) -> str:
    return next((text for end, text in UNITS.items() if name.endswith(end)), "")


def reading(one: Element) -> str:
    """How a raw value becomes the column's."""
    meaning = one.meaning
    if meaning is None:
        return "as sent"
    parts = []
    if meaning.labels:
        parts.append(", ".join(f"{value} = {text}" for value, text in meaning.labels))
    elif meaning.scale != 1:
        parts.append(f"times {meaning.scale}")
    if meaning.offset:
        parts.append(f"+ {meaning.offset}")
    if meaning.signed:
        parts.append("signed")
    if meaning.null_raw:
        parts.append("null at raw " + ", ".join(str(raw) for raw in meaning.null_raw))
    return "; ".join(parts)


def kept_elements(family: str | None) -> tuple[Element, ...]:
    return select(tracking(), codecs.layouts(), family).elements


def elements() -> str:
    facts = catalog.load()
    unnamed = {(one.id, one.width): one.name for one in kept_elements(None)}
    found: dict[tuple[str, str, str], dict[tuple[int, int], list[str]]] = {}
    for family in catalog.FAMILIES:
        for one in kept_elements(family):
            key = (one.name, reading(one), one.category.value)
            found.setdefault(key, {}).setdefault((one.id, one.width), []).append(family)

    def rows() -> Iterator[Sequence[str]]:
        order = {name: place for place, name in enumerate(facts.names())}
        for (name, text, category), pairs in sorted(
            found.items(), key=lambda item: (order[item[0][0]], item[0])
        ):
            where = "; ".join(
                f"{id}@{width} {' '.join(families)}" for (id, width), families in pairs.items()
            )
            without = dict.fromkeys(
                "dropped" if pair not in unnamed
                else "named" if unnamed[pair] == name else f"`{unnamed[pair]}`"
                for pair in pairs
            )  # fmt: skip
            dtype = facts.dtype(name)
            yield (
                f"`{name}`", unit(name), str(dtype), text, f"`{category}`", where,
                ", ".join(without),
            )  # fmt: skip

    head = ("column", "unit", "dtype", "value", "category", "id@bytes, by family", "no `--family`")
    return table(head, rows())


def families() -> str:
    rows = (
        (f"`{key}`", models, str(len(kept_elements(key))))
        for key, models in catalog.FAMILIES.items()
    )
    return table(("`--family`", "models", "elements that `tracking` keeps"), rows)


def cli_options() -> str:
    from gpsproto.cli.decode import decode

    def rows() -> Iterator[Sequence[str]]:
        for option in decode.params:
            if option.param_type_name != "option":
                continue
            names = ", ".join(f"`{name}`" for name in (*option.opts, *option.secondary_opts))
            choices = getattr(option.type, "choices", ())
            values = ", ".join(f"`{choice}`" for choice in choices) or (
                "" if getattr(option, "is_flag", False) else f"`{option.metavar}`"
            )
            text = str(getattr(option, "help", "") or "")
            if getattr(option, "show_default", False):
                text += f" Default: `{option.default}`."
            yield names, values, text.replace("  [default: ", " Default: ").replace("]", ".")

    return table(("option", "value", "what it does"), rows())


TABLES: dict[str, Callable[[], str]] = {
    "avl-record": lambda: layout(FIXED),
    "avl-head": lambda: layout(HEAD),
    "codecs": codec_table,
    "limits": limits,
    **{f"errors-{one}": partial(errors, one) for one in ("wire", "dump", "key", "policy", "run")},
    "tracking-short": tracking_short,
    "tracking": tracking_full,
    "columns": columns,
    "elements": elements,
    "families": families,
    "cli-options": cli_options,
}


def renewed(text: str) -> str:
    """A document with its tables as the code says them.  KeyError for a table of no name here."""
    return MARKED.sub(lambda found: found["head"] + TABLES[found["name"]]() + found["tail"], text)


def documents() -> list[Path]:
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


def main(arguments: Sequence[str]) -> int:
    if set(arguments) - {"--check"}:
        sys.stderr.write("usage: python docs/generate.py [--check]\n")
        return 2
    missing: dict[str, set[str]] = {
        "category": {*Category} - {*CATEGORIES},
        "error code": {*ErrorCode} - {*ADVICE},
        "column": set(READERS) - set(COLUMNS),
    }
    for kind, names in missing.items():
        for name in sorted(names):
            sys.stderr.write(f"{kind} {name} has no text in docs/generate.py\n")
    if any(missing.values()):
        return 1
    stale = []
    used: set[str] = set()
    for path in documents():
        text = path.read_text("utf-8")
        used |= {found["name"] for found in MARKED.finditer(text)}
        fresh = renewed(text)
        if fresh == text:
            continue
        stale.append(path.relative_to(ROOT))
        if not arguments:
            path.write_text(fresh, "utf-8")
    for name in sorted(set(TABLES) - used):
        sys.stderr.write(f"table {name} stands in no document\n")
    for path in stale:
        sys.stdout.write(f"{'stale' if arguments else 'written'}: {path}\n")
    return 1 if set(TABLES) - used or (arguments and stale) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
