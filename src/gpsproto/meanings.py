"""Every error code in words: what it means on the wire, and what to do about it.

``docs/errors.md`` and ``gpsproto explain`` are both made of this.  Links are those of the document.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from gpsproto.errors import MEANINGS, ErrorCode

_LINK = re.compile(r"\[([^\]]*)\]\(([^)]*)\)")

PLACES = {
    "wire": "a stream or datagram",
    "note": "a watch's message, which is decoded all the same",
    "dump": "a dump",
    "key": "a key",
    "policy": "a policy",
    "audit": "the audit log",
    "run": "a run",
    "list": "a list of devices",
}
"""Where codes come from, by the key of their table."""

_WIRE = {
    ErrorCode.BAD_PREAMBLE: (
        "A TCP frame begins with 00 00 00 00. Another byte stands there, and none that names "
        "another protocol."
    ),
    ErrorCode.BAD_LENGTH: (
        "Bytes 4 to 7 of a TCP frame say how long the data field is: codec id, two counts, so "
        "3 at least. Of a UDP packet it is bytes 0 and 1."
    ),
    ErrorCode.TOO_LARGE: (
        "The length is more than a frame of this codec may claim. Nothing of it is waited "
        "for; the search goes on behind the length."
    ),
    ErrorCode.BAD_CRC: (
        "The last two bytes are the CRC-16/ARC of codec id to second count, big end first. "
        "They are another number than those bytes give."
    ),
    ErrorCode.BAD_CRC_PADDING: (
        "The checksum has four bytes, of which the first two are 00 00. The other two are right."
    ),
    ErrorCode.COUNT_MISMATCH: (
        "The count stands behind the codec id and again at the end of the data field. The two "
        "differ."
    ),
    ErrorCode.TOTAL_MISMATCH: (
        "Behind the event id stands how many elements the record holds. The counts of its "
        "groups give another sum."
    ),
    ErrorCode.TRUNCATED: (
        "A length or a count promises more bytes than there are up to the end of the frame, "
        "or of the dump."
    ),
    ErrorCode.TRAILING_BYTES: (
        "All records that were announced have been read, and the second count does not come next."
    ),
    ErrorCode.UNKNOWN_CODEC: (
        "The first byte of the data field is no codec that is read. The checksum is right, so "
        "the sender meant it."
    ),
    ErrorCode.BAD_HANDSHAKE: (
        "A login is 00 0F and 15 digits; a UDP packet has the same inside. The length is "
        "another one, or a byte is no digit."
    ),
    ErrorCode.FOREIGN_TLS: "The stream begins with 16 03: a TLS record.",
    ErrorCode.FOREIGN_HTTP: ("The stream begins with a method in capitals, a blank, and / or *."),
    ErrorCode.FOREIGN_TEXT: "The stream begins with printable characters alone.",
    ErrorCode.FOREIGN_DATAGRAM: (
        "Bytes 2 and 3 are CA FE, as in a UDP packet, where a TCP frame has zeros."
    ),
    ErrorCode.KEEP_ALIVE: "The byte FF, where a frame or a login could begin.",
    ErrorCode.NO_RECORDS: "Both counts of the frame are 0.",
    ErrorCode.BETWEEN_FRAMES: ("Blanks, tabs, CR or LF between a closing and an opening bracket."),
    ErrorCode.NO_FRAME: "What stands there does not begin as [VV*ID*LEN* does.",
    ErrorCode.FOREIGN_IWAP: "The letters IWAP, up to #.",
    ErrorCode.FOREIGN_GT06: "The bytes 78 78 or 79 79.",
    ErrorCode.ENCRYPTED: (
        "FF 41 51 53 48, a length, and bytes that only the vendor's key turns into text."
    ),
    ErrorCode.UNBRACKETED: "SG*ID*LEN*WORD and a line end, without brackets.",
    ErrorCode.LENGTH_MISMATCH: (
        "Four hexadecimal digits before the content count its bytes. No closing bracket "
        "stands where they say."
    ),
    ErrorCode.SIGNED: (
        "32 hexadecimal digits stand between the opening bracket and the two letters of the vendor."
    ),
    ErrorCode.UNKNOWN_WORD: "The content up to its first comma is no word that is declared.",
    ErrorCode.MISSING_FIELDS: (
        "The content has fewer commas than the message has fields, or the position ends "
        "before its status word."
    ),
    ErrorCode.EXTRA_FIELDS: "There are more commas than the message has fields.",
    ErrorCode.BAD_VALUE: (
        "Letters where a number stands, a date that is none, a hemisphere that is not N, S, E or W."
    ),
    ErrorCode.VALUE_OUT_OF_RANGE: (
        "A number of the right form that cannot be: 130 percent, 95 degrees north."
    ),
    ErrorCode.HEMISPHERE_MISSING: (
        "The field behind the degrees is empty, and the degrees have no sign."
    ),
    ErrorCode.CELLS_MISMATCH: (
        "The field behind the status word counts the cells, three fields each. They are not there."
    ),
    ErrorCode.WIFI_MISMATCH: (
        "The field behind the cells counts the networks. There are more or fewer hardware "
        "addresses."
    ),
    ErrorCode.FACTORY_PLACE: (
        "Validity is V and the place is in Shenzhen, while the cell is of another country."
    ),
    ErrorCode.BAD_SMS_IMEI: (
        "The last eight bytes of a binary SMS are the IMEI as a number of 15 digits."
    ),
    ErrorCode.NOT_HEX: ("A line of a dump of hex digits holds another character, or half a byte."),
}
"""What stands on the wire, or in the dump, where a code is given."""

_ADVICE = {
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
    " [protocols/teltonika.md](protocols/teltonika.md). A file transfer is not.",
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
    ErrorCode.BAD_SMS_IMEI: "See whether the line is a whole SMS: the IMEI stands at its end."
    " [protocols/sms.md](protocols/sms.md) has the form.",
    ErrorCode.ARCHIVE_DAMAGED: "Copy the file again. What comes before the damage was decoded; of a zip"
    " archive that is cut off nothing is, because its list of members stands at the end.",
    ErrorCode.ARCHIVE_NESTED: "Unpack the outer archive, and name the folder.",
    ErrorCode.ARCHIVE_BOMB: "Nothing, if you do not know where it comes from. Else unpack it yourself.",
    ErrorCode.ARCHIVE_ENCRYPTED: "Unpack it with its password. The other members were decoded.",
    ErrorCode.ARCHIVE_CROWDED: "Unpack it, and name the folder.",
    ErrorCode.ARCHIVE_PIPED: "Name the file: a zip archive is read from its end.",
    ErrorCode.ARCHIVE_UNREAD: "Unpack it: gzip, bzip2, xz and zip are read.",
    ErrorCode.FROM_SERVER: ("Nothing. What your server said is no record."),
    ErrorCode.OTHER_TRAFFIC: "Nothing, where others use the same network. Where your trackers are "
    "missing: do they speak TLS, or through a tunnel? Capture behind where that ends.",
    ErrorCode.MISSING_SEGMENT: "The frames that the gap touches are lost. Capture with a larger "
    "buffer (`tcpdump -B`), whole packets (`-s 0`), and both ways if the route differs.",
    ErrorCode.TOO_MANY_FLOWS: "Frames that were not whole are rejected, and what comes later in such "
    "a conversation has no known device. Split the capture: `editcap -c`, or by port.",
    ErrorCode.CAPTURE_HEAD: "Is it a capture, and not packed? `file` or `capinfos` says what it is.",
    ErrorCode.CAPTURE_LINK: "`link` is its link type. Capture on an Ethernet, cooked, loopback or raw "
    "IP interface: [captures.md](captures.md).",
    ErrorCode.CAPTURE_CUT: "The recorder was stopped, or the copy was. What came before is decoded.",
    ErrorCode.CAPTURE_DAMAGED: "What came before is decoded. Mend the rest with `pcapfix`, or take "
    "another copy.",
}
"""What to do about each code."""


_OF_DUMPS = frozenset({
    "not_hex", "unreadable", "from_server", "other_traffic", "missing_segment", "too_many_flows",
})  # fmt: skip


class Entry(NamedTuple):
    """A code in words.  ``wire`` is empty where no byte is meant."""

    code: ErrorCode
    place: str
    meaning: str
    wire: str
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """The same for machines, without links."""
        return {
            "code": self.code.value,
            "place": self.place,
            "meaning": self.meaning,
            "on_the_wire": self.wire or None,
            "advice": unlinked(self.advice),
        }


def place(code: ErrorCode) -> str:
    """Where a code comes from: a key of PLACES."""
    every = list(ErrorCode)
    if code in every[every.index(ErrorCode.LENGTH_MISMATCH) : every.index(ErrorCode.NOT_HEX)]:
        return "note"
    head = code.value.partition("_")[0]
    if code.value in _OF_DUMPS or head in ("archive", "capture"):
        return "dump"
    if head in ("device", "extra", "sink", "fleet", "store", "id"):
        return "run"
    if head in ("suppress", "accounts"):
        return "list"
    return head if head in ("key", "policy", "audit") else "wire"


def entry(code: ErrorCode) -> Entry:
    """A code in words.  KeyError where somebody added a code and no words."""
    where = place(code)
    wire = _WIRE[code] if where in ("wire", "note") else _WIRE.get(code, "")
    return Entry(code, where, MEANINGS[code], wire, _ADVICE[code])


def entries(where: str | None = None) -> list[Entry]:
    """Every code in words, or those of one place."""
    return [entry(code) for code in ErrorCode if where in (None, place(code))]


def unlinked(text: str) -> str:
    """A text of the document for a terminal: the name of a link, without its target."""
    return _LINK.sub(r"\1", text)
