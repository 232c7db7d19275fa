"""What the tables of the documents say beside what the code says."""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.errors import ErrorCode

CATEGORIES = {
    Category.SECRET: "passwords, commands that carry one",
    Category.OPAQUE: "bytes and bit fields whose meaning is not known",
    Category.THIRD_PARTY_ID: "other people's beacons, devices and Wi-Fi networks",
    Category.PERSON_NAME: "names",
    Category.CONTACT: "phone numbers and addresses",
    Category.MESSAGE: "text messages, reminders",
    Category.VOICE: "recordings",
    Category.PHOTO: "pictures",
    Category.NETWORK_ADDR: "IP and MAC addresses",
    Category.ACCOUNT_REF: "customer and account numbers",
    Category.DEVICE_ID: "the IMEI of the login, the id of a watch; serials of modules are dropped",
    Category.SIM_ID: "ICCID; the IMSI is always dropped",
    Category.DRIVER_ID: "iButton; other cards are always dropped",
    Category.VEHICLE_ID: "VIN, number plate",
    Category.HEALTH: "blood alcohol, heart rate",
    Category.LOCATION: "latitude, longitude, altitude, and copies of them",
    Category.NET_LOCATION: "radio cells; the time zone of a watch",
    Category.ZONE: "geofence states",
    Category.ROAMING: "network operator, roaming",
    Category.BEHAVIOUR: "harsh driving, speeding, working time, who may drive, timetables",
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
    " [protocols/teltonika.md](protocols/teltonika.md).",
    ErrorCode.BAD_HANDSHAKE: "The IMEI has not 15 digits. In the library widen"
    " `Limits(imei_digits=(14, 16))`.",
    ErrorCode.FOREIGN_TLS: "Take TLS off in front of the recorder, or turn it off in the device.",
    ErrorCode.FOREIGN_HTTP: "Something else calls the port; close it to all but your devices.",
    ErrorCode.FOREIGN_TEXT: "It is a log or another protocol. Hex lines go with"
    " `--input-format hex`. An SMS of text is not decoded.",
    ErrorCode.FOREIGN_DATAGRAM: "It is a dump of UDP packets: `--input-format datagrams`.",
    ErrorCode.KEEP_ALIVE: "Nothing. It is counted, and `--strict` bears it.",
    ErrorCode.NO_RECORDS: "Nothing, where it is rare: the frame holds no record.",
    ErrorCode.BETWEEN_FRAMES: "Nothing. It is counted.",
    ErrorCode.NO_FRAME: "Nothing, where it is rare: a watch sends stray brackets at times. Else look"
    " at what stands there: a log prefix, another protocol.",
    ErrorCode.FOREIGN_IWAP: "Send these watches to a server of that protocol.",
    ErrorCode.FOREIGN_GT06: "Send these trackers to a server of that protocol.",
    ErrorCode.ENCRYPTED: "Ask the vendor to switch the watch to clear text; it is a remote update."
    " Nothing can be read until then.",
    ErrorCode.UNBRACKETED: "Ask the vendor for a firmware of after 2015.",
    ErrorCode.BAD_SMS_IMEI: "See whether the line is a whole SMS: the IMEI stands at its end."
    " [protocols/sms.md](protocols/sms.md) has the form.",
    ErrorCode.LENGTH_MISMATCH: "Nothing: some firmwares count wrongly. The message is read.",
    ErrorCode.SIGNED: "Nothing. The signature needs a secret of the vendor, so it proves nothing here.",
    ErrorCode.UNKNOWN_WORD: "See which words are known in"
    " [protocols/watch.md](protocols/watch.md#messages). Report the word, if it is no number.",
    ErrorCode.MISSING_FIELDS: "Nothing, where it is rare: the message was cut. What came is read.",
    ErrorCode.EXTRA_FIELDS: "Nothing: the rest is dropped. Where it is every message of a model,"
    " report what the vendor says of them.",
    ErrorCode.BAD_VALUE: "Nothing, where it is rare. The other fields of the message are read.",
    ErrorCode.VALUE_OUT_OF_RANGE: "As for `bad_value`. The ranges stand in"
    " [protocols/watch.md](protocols/watch.md#fields).",
    ErrorCode.HEMISPHERE_MISSING: "See whether the place is on the right side of the equator and of"
    " Greenwich. gpsproto does not guess.",
    ErrorCode.CELLS_MISMATCH: "Nothing: the place, the battery and the alarms are read.",
    ErrorCode.WIFI_MISMATCH: "Nothing: Wi-Fi never leaves. The accuracy is read where it is certain.",
    ErrorCode.FACTORY_PLACE: "Nothing: the watch has had no fix yet.",
    ErrorCode.NOT_HEX: "See the line: its digits are odd, or a letter is none of them."
    " [captures.md](captures.md) says what a line may be.",
    ErrorCode.UNREADABLE: "See `errno`: is it a file, may you read it, is the disk well?",
    ErrorCode.ARCHIVE_DAMAGED: "Copy the file again. What comes before the damage was decoded; of a zip"
    " archive that is cut off nothing is, because its list of members stands at the end.",
    ErrorCode.ARCHIVE_NESTED: "Unpack the outer archive, and name the folder.",
    ErrorCode.ARCHIVE_BOMB: "Nothing, if you do not know where it comes from. Else unpack it yourself.",
    ErrorCode.ARCHIVE_ENCRYPTED: "Unpack it with its password. The other members were decoded.",
    ErrorCode.ARCHIVE_CROWDED: "Unpack it, and name the folder.",
    ErrorCode.ARCHIVE_PIPED: "Name the file: a zip archive is read from its end.",
    ErrorCode.ARCHIVE_UNREAD: "Unpack it: gzip, bzip2, xz and zip are read.",
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
    ErrorCode.KEY_IN_OUTPUT: "Move the key, or the output: who gets the folder must not get the key.",
    ErrorCode.KEY_IN_ENVIRONMENT: "Give the path of the key file. Make a new key: others could read"
    " the environment.",
    ErrorCode.KEY_NO_CREDENTIAL: "Give the unit `LoadCredential=NAME:/path/of/key`, and the same name"
    " to `--key-credential`.",
    ErrorCode.KEY_EPHEMERAL: "Give the key that `decode` is given, with `--key-file`.",
    ErrorCode.KEY_EPOCH_GONE: "Nothing, where the key was advanced on purpose: that is what it is for."
    " Late records of such an epoch cannot be linked any more.",
    ErrorCode.KEY_GONE_BY: "`gpsproto keys id FILE` says where the key stands.",
    ErrorCode.KEY_FUTURE: "Give a day that has begun; under `P1M` the first day of a month.",
    ErrorCode.KEY_FIXED: "Its root gives the chain, so that advancing it would protect nothing. Begin"
    " with a new key.",
    ErrorCode.KEY_NOT_ROTATED: "Give the key that `gpsproto keys rotate` wrote, not the one before.",
    ErrorCode.KEY_ROTATED_OUT: "32 rotations are the most. A new key is a new start.",
    ErrorCode.KEY_DUPLICATE_ID: "Throw the rotated key away and rotate again, naming your domains.",
    ErrorCode.KEY_AMBIGUOUS_ID: "Ask for fewer epochs. Or, where nothing in the store was made under"
    " the new key, say `--unmixed`.",
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
    ErrorCode.POLICY_BLANK: "Write what the message asks for at the keys that it names, in a copy of"
    " the policy, or give it as `fill`.",
    ErrorCode.POLICY_LOOSER: "Make that rule stricter, or say why it may be looser:"
    ' `loosen = "reason"`. An override may never be looser than its category.',
    ErrorCode.POLICY_CIRCLE: "Follow `extends` from file to file; it must end at a policy that extends"
    " none.",
    ErrorCode.AUDIT_NO_KEY: "Give `--key-file`; make a key with `gpsproto keys new FILE`.",
    ErrorCode.AUDIT_NOT_A_FILE: "Give the path of the log itself: no link, folder, pipe or device.",
    ErrorCode.AUDIT_OPEN_MODE: "`chmod 600` on it, and run as its owner. Ask who could change it"
    " until now, and verify it.",
    ErrorCode.AUDIT_UNREADABLE: "See `errno`: is it there, may you read it, is the disk well?",
    ErrorCode.AUDIT_UNWRITABLE: "See `errno`: is the disk full, may you write there? Nothing of the"
    " line stands in the log.",
    ErrorCode.AUDIT_TORN: "A run or the machine stopped while the line was written. Note it. Begin a"
    " new log, or cut off what stands behind the last line end: it counts for nothing.",
    ErrorCode.AUDIT_BROKEN: "`gpsproto audit verify` says which lines are good. Look whether the key"
    " is the right one. Keep the log as it is, and begin a new one.",
    ErrorCode.AUDIT_BUSY: "Another run holds it for longer than ten seconds: is it stopped?",
    ErrorCode.AUDIT_NO_LOCK: "Put the log on a file system that has locks, a local one.",
    ErrorCode.DEVICE_FILE: "Put one IMEI into the file, digits only, and nothing else.",
    ErrorCode.FLEET_UNREADABLE: "Look at its path and permissions; it must be UTF-8.",
    ErrorCode.FLEET_NOT_TOML: "A line is a subject, `=` and a family in quotes:"
    ' `unknown_1 = "FMB"`.',
    ErrorCode.FLEET_BAD_FAMILY: "`entry` says which line. `gpsproto decode --help` lists the"
    " families.",
    ErrorCode.EXTRA_MISSING: "Run the command that the message names.",
    ErrorCode.SINK_FAILED: "See `errno`. The unfinished file is gone; make room and run again.",
    ErrorCode.STORE_UNREADABLE: "Is it whole, may you read it, is it packed (gzip)? Unpack it first.",
    ErrorCode.ID_FILE: "Look at its path and permissions; one identifier a line.",
    ErrorCode.SUPPRESS_UNREADABLE: "See `errno`: is it a file, may you read it?",
    ErrorCode.SUPPRESS_UNWRITABLE: "Look at the permissions of the folder; others must not write it.",
    ErrorCode.SUPPRESS_BAD_LINE: "`line` says which. Make lists with `gpsproto objection add` only; if"
    " an identifier stands there, take it out.",
    ErrorCode.SUPPRESS_WRONG_KEY: "Give the key that the list was made with, or map the list.",
    ErrorCode.SUPPRESS_BAD_ID: "`line` says which. Look at `--kind`: an IMEI has 14 to 16 digits.",
    ErrorCode.ACCOUNTS_MISSING: "Give the right path.",
    ErrorCode.ACCOUNTS_NOT_PRIVATE: "`chmod 600` on it, `chmod go-w` on its folder. Ask who could read"
    " it until now.",
    ErrorCode.ACCOUNTS_UNREADABLE: "It must be UTF-8, under 64 MiB, and you must be able to read it.",
    ErrorCode.ACCOUNTS_BAD_LINE: '`line` says which. A line is `"001010000000004" = "customer-17"`.',
    ErrorCode.ACCOUNTS_TWICE: "`line` says which. An IMEI with and without check digit is one device.",
}

COLUMNS = {
    "subject": ("", "keyed pseudonym of the IMEI, or of a watch's id; `unknown_<n>` where the dump"
                " holds no login", "the policy drops `device_id`; a scope by period, and the record is"
                " of no time"),
    "protocol": ("", "`teltonika` or `watch`", "never"),
    "message": ("", "`avl`; of Codec 12 to 15 `answer`, `refusal`; of a watch `position`, `alarm`,"
                " `link`, `health` ...", "never"),
    "time": ("UTC", "timestamp of the record, whole milliseconds; rounded down where the policy says"
             " so, as `received_at` is",
             "`time` is dropped; it is no time, or behind the year 9999; links and health of a watch"
             " have none"),
    "received_at": ("UTC", "when it came, live; no dump format that is read carries it",
                    "a dump; `time` is dropped"),
    "fix": ("", "satellites > 0; of a watch validity `A`",
            "private mode; no position in the message; `location` is dropped"),
    "location_source": ("", "`gnss`, or `last_known`", "as `latitude`"),
    "accuracy_m": ("m", "of a watch's position, where it says so",
                   "Teltonika; `status` is dropped"),
    "latitude": ("degrees, WGS 84", "integer of 1e-7 degrees, divided; of a watch decimal degrees,"
                 " rounded to that; the middle of a cell where the policy has a grid",
                 "no fix (unless `last_known = true` and the place is not 0/0);"
                 " private mode; out of range; `location` is dropped"),
    "longitude": ("degrees, WGS 84", "the same", "the same"),
    "altitude_m": ("m", "as sent, signed; of a watch rounded",
                   "the same; -32768, or not sent; of a watch without fix; the policy has a grid"),
    "speed_kmh": ("km/h", "as sent",
                  "no fix; private mode; 65535, or not sent; `motion` is dropped"),
    "course_deg": ("degrees, 0 = north, clockwise", "angle", "as `speed_kmh`; over 360"),
    "satellites": ("", "as sent; 3 where a place came without them",
                   "no position in the message; `status` is dropped"),
    "priority": ("", "`low`, `high`, `panic`, `security`",
                 "over 3; no position in the message; an SMS of 24 positions; a watch;"
                 " `alarm` is dropped"),
    "event": ("", "catalog name of the element that made the record; of a watch the word of the"
              " message, its suffix taken off",
              "periodic record; the element's strictest category is not kept; private mode, where"
              " the category is one that it clears; a word that tells what is not kept"),
    "generation_type": ("", "Codec 16, 0 to 7",
                        "other codecs; `status` is dropped"),
    "alarms": ("", "list of names: the elements of category `alarm` that are not 0; of a watch the"
               " bits of its status word", "the record holds no such element, or no status word"),
    "states": ("", "list of names: the bits of a watch's status word that are no alarm",
               "Teltonika; the message has no status word"),
    "attributes": ("in each name", "map of name to number: what has no column",
                   "the record holds none"),
    "pseudonyms": ("", "map of kind to pseudonym: `sim_id`, `driver_id`, `account_ref`",
                   "the policy pseudonymises no such kind; the record holds none whole"),
    "cells": ("", "list of mobile network cells of a watch: `mcc`, `mnc` (text), `lac`, `cid`",
              "the message names none; `net_location` is dropped, as `tracking` does"),
    "clock_suspect": ("", "time before 2010 (a watch: 2012), none that can be, or over a day ahead"
                      " of `received_at`",
                      "`time` is dropped; neither a position nor a time in the message"),
    "retention_class": ("", "the kept category that expires first", "the policy keeps nothing"),
    "expires_on": ("day, UTC", "first day on which the period of a kept category ends, counted from"
                   " `time` or, where it came before or has no time, `received_at`",
                   "neither time is known, or the policy keeps nothing"),
}  # fmt: skip
