"""What can go wrong, by code; no error carries a byte of what was read.

An error is built from a code and integers, outside any ``except`` block, so that neither its text,
its attributes nor its chain can hold an identifier.
"""

from __future__ import annotations

import os
from enum import StrEnum
from operator import index
from typing import Any


class ErrorCode(StrEnum):
    """Why a frame, a stream, a key, a policy or a run was refused."""

    # the wire; the names are those of walk.codes
    BAD_PREAMBLE = "bad_preamble"
    BAD_LENGTH = "bad_length"
    TOO_LARGE = "too_large"
    BAD_CRC = "bad_crc"
    BAD_CRC_PADDING = "bad_crc_padding"
    COUNT_MISMATCH = "count_mismatch"
    TOTAL_MISMATCH = "total_mismatch"
    TRUNCATED = "truncated"
    TRAILING_BYTES = "trailing_bytes"
    UNKNOWN_CODEC = "unknown_codec"
    BAD_HANDSHAKE = "bad_handshake"
    FOREIGN_TLS = "foreign_tls"
    FOREIGN_HTTP = "foreign_http"
    FOREIGN_TEXT = "foreign_text"
    FOREIGN_DATAGRAM = "foreign_datagram"
    KEEP_ALIVE = "keep_alive"
    NO_RECORDS = "no_records"
    BETWEEN_FRAMES = "between_frames"
    NO_FRAME = "no_frame"
    FOREIGN_IWAP = "foreign_iwap"
    FOREIGN_GT06 = "foreign_gt06"
    ENCRYPTED = "encrypted"
    UNBRACKETED = "unbracketed"
    BAD_SMS_IMEI = "bad_sms_imei"
    # notes on a message that is decoded all the same
    LENGTH_MISMATCH = "length_mismatch"
    SIGNED = "signed"
    UNKNOWN_WORD = "unknown_word"
    MISSING_FIELDS = "missing_fields"
    EXTRA_FIELDS = "extra_fields"
    BAD_VALUE = "bad_value"
    VALUE_OUT_OF_RANGE = "value_out_of_range"
    HEMISPHERE_MISSING = "hemisphere_missing"
    CELLS_MISMATCH = "cells_mismatch"
    WIFI_MISMATCH = "wifi_mismatch"
    FACTORY_PLACE = "factory_place"
    # a dump on disk
    NOT_HEX = "not_hex"
    UNREADABLE = "unreadable"
    # compressed files and archives
    ARCHIVE_DAMAGED = "archive_damaged"
    ARCHIVE_NESTED = "archive_nested"
    ARCHIVE_BOMB = "archive_bomb"
    ARCHIVE_ENCRYPTED = "archive_encrypted"
    ARCHIVE_CROWDED = "archive_crowded"
    ARCHIVE_PIPED = "archive_piped"
    ARCHIVE_UNREAD = "archive_unread"
    # conversations of a capture, or of a log
    FROM_SERVER = "from_server"
    OTHER_TRAFFIC = "other_traffic"
    MISSING_SEGMENT = "missing_segment"
    TOO_MANY_FLOWS = "too_many_flows"
    CAPTURE_HEAD = "capture_head"
    CAPTURE_LINK = "capture_link"
    CAPTURE_CUT = "capture_cut"
    CAPTURE_DAMAGED = "capture_damaged"
    # keys
    KEY_MISSING = "key_missing"
    KEY_NOT_A_FILE = "key_not_a_file"
    KEY_IS_LINK = "key_is_link"
    KEY_WRONG_OWNER = "key_wrong_owner"
    KEY_OPEN_MODE = "key_open_mode"
    KEY_OPEN_FOLDER = "key_open_folder"
    KEY_UNREADABLE = "key_unreadable"
    KEY_WRONG_FORMAT = "key_wrong_format"
    KEY_WEAK = "key_weak"
    KEY_EXISTS = "key_exists"
    KEY_UNWRITABLE = "key_unwritable"
    KEY_IN_OUTPUT = "key_in_output"
    KEY_IN_ENVIRONMENT = "key_in_environment"
    KEY_NO_CREDENTIAL = "key_no_credential"
    KEY_EPHEMERAL = "key_ephemeral"
    KEY_EPOCH_GONE = "key_epoch_gone"
    KEY_GONE_BY = "key_gone_by"
    KEY_FUTURE = "key_future"
    KEY_FIXED = "key_fixed"
    KEY_NOT_ROTATED = "key_not_rotated"
    KEY_ROTATED_OUT = "key_rotated_out"
    KEY_DUPLICATE_ID = "key_duplicate_id"
    KEY_AMBIGUOUS_ID = "key_ambiguous_id"
    # policies
    POLICY_UNKNOWN = "policy_unknown"
    POLICY_UNREADABLE = "policy_unreadable"
    POLICY_NOT_TOML = "policy_not_toml"
    POLICY_BAD_KEY = "policy_bad_key"
    POLICY_BAD_VALUE = "policy_bad_value"
    POLICY_MISSING = "policy_missing"
    POLICY_FLOOR = "policy_floor"
    POLICY_BLANK = "policy_blank"
    POLICY_LOOSER = "policy_looser"
    POLICY_CIRCLE = "policy_circle"
    # the audit log
    AUDIT_NO_KEY = "audit_no_key"
    AUDIT_NOT_A_FILE = "audit_not_a_file"
    AUDIT_OPEN_MODE = "audit_open_mode"
    AUDIT_UNREADABLE = "audit_unreadable"
    AUDIT_UNWRITABLE = "audit_unwritable"
    AUDIT_TORN = "audit_torn"
    AUDIT_BROKEN = "audit_broken"
    AUDIT_BUSY = "audit_busy"
    AUDIT_NO_LOCK = "audit_no_lock"
    # a run
    DEVICE_FILE = "device_file"
    FLEET_UNREADABLE = "fleet_unreadable"
    FLEET_NOT_TOML = "fleet_not_toml"
    FLEET_BAD_FAMILY = "fleet_bad_family"
    EXTRA_MISSING = "extra_missing"
    SINK_FAILED = "sink_failed"
    STORE_UNREADABLE = "store_unreadable"
    ID_FILE = "id_file"
    # lists of devices that a key made, or that it is asked for
    SUPPRESS_UNREADABLE = "suppress_unreadable"
    SUPPRESS_UNWRITABLE = "suppress_unwritable"
    SUPPRESS_BAD_LINE = "suppress_bad_line"
    SUPPRESS_WRONG_KEY = "suppress_wrong_key"
    SUPPRESS_BAD_ID = "suppress_bad_id"
    ACCOUNTS_MISSING = "accounts_missing"
    ACCOUNTS_NOT_PRIVATE = "accounts_not_private"
    ACCOUNTS_UNREADABLE = "accounts_unreadable"
    ACCOUNTS_BAD_LINE = "accounts_bad_line"
    ACCOUNTS_TWICE = "accounts_twice"


MEANINGS = {
    ErrorCode.BAD_PREAMBLE: "four zero bytes must open a frame, and do not",
    ErrorCode.BAD_LENGTH: "the length field is too small to hold a frame",
    ErrorCode.TOO_LARGE: "the length field is over the limit of its codec",
    ErrorCode.BAD_CRC: "the CRC-16 does not fit the bytes",
    ErrorCode.BAD_CRC_PADDING: "the upper half of the CRC field must be zero",
    ErrorCode.COUNT_MISMATCH: "the first and the second record count differ",
    ErrorCode.TOTAL_MISMATCH: "the total of elements differs from the sum of the groups",
    ErrorCode.TRUNCATED: "the bytes end inside",
    ErrorCode.TRAILING_BYTES: "bytes are left over behind the last record",
    ErrorCode.UNKNOWN_CODEC: "no decoder for this codec id",
    ErrorCode.BAD_HANDSHAKE: "a login must be a length and that many IMEI digits",
    ErrorCode.FOREIGN_TLS: "this is a TLS hello; take TLS off before, or turn it off in the device",
    ErrorCode.FOREIGN_HTTP: "this is an HTTP request, not a tracker",
    ErrorCode.FOREIGN_TEXT: "this is text, not a binary frame",
    ErrorCode.FOREIGN_DATAGRAM: "this is a UDP channel packet on a TCP stream",
    ErrorCode.KEEP_ALIVE: "a lone 0xFF between frames; nothing is owed",
    ErrorCode.NO_RECORDS: "a frame that announces no record",
    ErrorCode.BETWEEN_FRAMES: "line ends and blanks between a watch's frames",
    ErrorCode.NO_FRAME: "bytes between a watch's frames that open none",
    ErrorCode.FOREIGN_IWAP: "this is the IWAP watch protocol, which is not decoded",
    ErrorCode.FOREIGN_GT06: "this is the GT06 tracker protocol, which is not decoded",
    ErrorCode.ENCRYPTED: "an encrypted watch message; only its vendor can switch the watch to text",
    ErrorCode.UNBRACKETED: "the watch protocol of before 2016, without brackets, is not decoded",
    ErrorCode.BAD_SMS_IMEI: "the last eight bytes of an SMS must be the IMEI as a number",
    ErrorCode.LENGTH_MISMATCH: "the length field is not that of the content; the brackets were taken",
    ErrorCode.SIGNED: "a signature stands before the message; it is not verified",
    ErrorCode.UNKNOWN_WORD: "a message whose word is not known; nothing of it is kept",
    ErrorCode.MISSING_FIELDS: "a message with fewer fields than it must have",
    ErrorCode.EXTRA_FIELDS: "a message with more fields than are known",
    ErrorCode.BAD_VALUE: "a field that is not of its form is left empty",
    ErrorCode.VALUE_OUT_OF_RANGE: "a field that is out of its range is left empty",
    ErrorCode.HEMISPHERE_MISSING: "a place without N, S, E or W; its sign may be wrong",
    ErrorCode.CELLS_MISMATCH: "the count of cells is not that of the cells; none is kept",
    ErrorCode.WIFI_MISMATCH: "the count of Wi-Fi networks is not that of the networks",
    ErrorCode.FACTORY_PLACE: "a place of the factory, far from the cell; it is left empty",
    ErrorCode.NOT_HEX: "a line is not hexadecimal digits",
    ErrorCode.UNREADABLE: "the input cannot be read",
    ErrorCode.ARCHIVE_DAMAGED: "a compressed file is cut or damaged; what comes before was read",
    ErrorCode.ARCHIVE_NESTED: "an archive within one is not opened; unpack the outer one",
    ErrorCode.ARCHIVE_BOMB: "it unpacks to far more than a dump does; unpack it if you trust it",
    ErrorCode.ARCHIVE_ENCRYPTED: "a member of the archive is encrypted; unpack it with its password",
    ErrorCode.ARCHIVE_CROWDED: "the archive has too many members; unpack it and name the folder",
    ErrorCode.ARCHIVE_PIPED: "a zip archive of this size cannot be piped; name the file",
    ErrorCode.ARCHIVE_UNREAD: "an archive, or a way to compress, that is not read; unpack it",
    ErrorCode.FROM_SERVER: "what the server sent to a tracker; counted, never decoded",
    ErrorCode.OTHER_TRAFFIC: "traffic of others than trackers; counted, never decoded",
    ErrorCode.MISSING_SEGMENT: "bytes of a conversation are not in the dump; it goes on behind them",
    ErrorCode.TOO_MANY_FLOWS: "more conversations at once than are held; the most silent was cut",
    ErrorCode.CAPTURE_HEAD: "the head of the capture is not one of pcap or pcapng",
    ErrorCode.CAPTURE_LINK: "a capture of a link that cannot be read",
    ErrorCode.CAPTURE_CUT: "the capture file ends inside a packet",
    ErrorCode.CAPTURE_DAMAGED: "the capture file goes on with what is no packet",
    ErrorCode.KEY_MISSING: "no key file stands there; make one with: gpsproto keys new FILE",
    ErrorCode.KEY_NOT_A_FILE: "the key must be a regular file",
    ErrorCode.KEY_IS_LINK: "the key file must not be a link",
    ErrorCode.KEY_WRONG_OWNER: "the key file must belong to the user who runs this",
    ErrorCode.KEY_OPEN_MODE: "others may reach the key file, or it is executable; run: chmod 600 on it",
    ErrorCode.KEY_OPEN_FOLDER: "others may write the folder of the key file; run: chmod go-w on it",
    ErrorCode.KEY_UNREADABLE: "the key file cannot be read",
    ErrorCode.KEY_WRONG_FORMAT: "the file is not a gpsproto key; make one with: gpsproto keys new FILE",
    ErrorCode.KEY_WEAK: "the key is not random; make one with: gpsproto keys new FILE",
    ErrorCode.KEY_EXISTS: "a file stands there already; a key is never overwritten",
    ErrorCode.KEY_UNWRITABLE: "the key file cannot be written",
    ErrorCode.KEY_IN_OUTPUT: "the key lies in the folder of the output; keep it elsewhere",
    ErrorCode.KEY_IN_ENVIRONMENT: "this is a key where the path of one is wanted, and others may have"
    " seen it; make a new one with: gpsproto keys new FILE",
    ErrorCode.KEY_NO_CREDENTIAL: "no systemd credential of that name; give the unit"
    " LoadCredential=NAME:/path/of/key",
    ErrorCode.KEY_EPHEMERAL: "a key that lives for one run cannot make what is looked up later; make"
    " one with: gpsproto keys new FILE",
    ErrorCode.KEY_EPOCH_GONE: "the chain of the key has left this epoch behind; nobody can make its"
    " pseudonyms again",
    ErrorCode.KEY_GONE_BY: "the key stands at a later day, and its chain goes forward only",
    ErrorCode.KEY_FUTURE: "a key is not advanced beyond today: today's records would be refused",
    ErrorCode.KEY_FIXED: "a key of the first format, or rotated from one, cannot be advanced; make"
    " one with: gpsproto keys new FILE",
    ErrorCode.KEY_NOT_ROTATED: "the key was never rotated, so nothing is to be mapped; first run:"
    " gpsproto keys rotate OLD NEW",
    ErrorCode.KEY_ROTATED_OUT: "the key was rotated as often as can be; make a new one with: gpsproto"
    " keys new FILE",
    ErrorCode.KEY_DUPLICATE_ID: "two rotations of the key have one key id; rotate the key before it"
    " again: gpsproto keys rotate OLD NEW --domain D",
    ErrorCode.KEY_AMBIGUOUS_ID: "a key id in the store may be of the key before its rotation and of"
    " the key after it; narrow --from, --to and --scope, or say --unmixed",
    ErrorCode.POLICY_UNKNOWN: "no policy of that name, and no file either",
    ErrorCode.POLICY_UNREADABLE: "the policy file cannot be read",
    ErrorCode.POLICY_NOT_TOML: "the policy file is not TOML",
    ErrorCode.POLICY_BAD_KEY: "the policy has a key that is not known here",
    ErrorCode.POLICY_BAD_VALUE: "the policy has a value that is not allowed here",
    ErrorCode.POLICY_MISSING: "the policy lacks a key that must be there",
    ErrorCode.POLICY_FLOOR: "the policy allows what no policy may allow",
    ErrorCode.POLICY_BLANK: "the policy leaves open what its operator must fill in",
    ErrorCode.POLICY_LOOSER: "the policy lets more through than what it stands on",
    ErrorCode.POLICY_CIRCLE: "the policy extends itself, or too many policies extend each other",
    ErrorCode.AUDIT_NO_KEY: "an audit log wants a key that lasts, or nobody could verify it",
    ErrorCode.AUDIT_NOT_A_FILE: "the audit log must be a regular file, and no link",
    ErrorCode.AUDIT_OPEN_MODE: "the audit log must be yours alone; run: chmod 600 on it",
    ErrorCode.AUDIT_UNREADABLE: "the audit log cannot be read",
    ErrorCode.AUDIT_UNWRITABLE: "the audit log cannot be written",
    ErrorCode.AUDIT_TORN: "the last line of the audit log was not written to its end;"
    " begin a new log, or cut that line off",
    ErrorCode.AUDIT_BROKEN: "the last line of the audit log was changed, or another key made it;"
    " begin a new log",
    ErrorCode.AUDIT_BUSY: "another process holds the audit log",
    ErrorCode.AUDIT_NO_LOCK: "no file can be locked there, and two runs would mix their lines",
    ErrorCode.DEVICE_FILE: "the device file must hold one IMEI of 14 to 16 digits",
    ErrorCode.FLEET_UNREADABLE: "the family file cannot be read",
    ErrorCode.FLEET_NOT_TOML: "the family file is not TOML",
    ErrorCode.FLEET_BAD_FAMILY: "an entry of the family file names no device family and no model",
    ErrorCode.EXTRA_MISSING: "a part of gpsproto is not installed",
    ErrorCode.SINK_FAILED: "the output cannot be written",
    ErrorCode.STORE_UNREADABLE: "the store cannot be read: it is no text, Parquet or Arrow",
    ErrorCode.ID_FILE: "the identifiers cannot be read; one a line is wanted",
    ErrorCode.SUPPRESS_UNREADABLE: "the list of objections cannot be read",
    ErrorCode.SUPPRESS_UNWRITABLE: "the list of objections cannot be written",
    ErrorCode.SUPPRESS_BAD_LINE: "a line of the list of objections is no entry of one",
    ErrorCode.SUPPRESS_WRONG_KEY: "an objection was listed under another key; after a rotation run:"
    " gpsproto keys rekey LIST -o NEW --key-file NEWKEY --domain gpsproto/objection",
    ErrorCode.SUPPRESS_BAD_ID: "a line is no identifier of the kind that was said; nothing was listed",
    ErrorCode.ACCOUNTS_MISSING: "no accounts file stands there",
    ErrorCode.ACCOUNTS_NOT_PRIVATE: "the accounts file must be yours alone: no link, mode 0600 or"
    " stricter, in a folder that others cannot write",
    ErrorCode.ACCOUNTS_UNREADABLE: "the accounts file cannot be read",
    ErrorCode.ACCOUNTS_BAD_LINE: 'a line of the accounts file is not: "device" = "account"',
    ErrorCode.ACCOUNTS_TWICE: "a line of the accounts file names a device that an earlier one names",
}


class GpsprotoError(Exception):
    """Every error of this library: a code, its meaning, and integers."""

    def __init__(self, code: ErrorCode, **numbers: int) -> None:
        self.code = code
        # index, not int: int would read the digits of a text, and quote what it cannot read
        self.numbers = {name: index(number) for name, number in numbers.items()}
        stated = ", ".join(f"{name} {number}" for name, number in self.numbers.items())
        super().__init__(f"{code.value}: {MEANINGS[code]}" + (f" ({stated})" if stated else ""))

    def __reduce__(self) -> tuple[Any, ...]:
        # a worker process must be able to hand its error back; the default would call us with a text
        return _restored, (type(self), self.args), vars(self)


def _restored(kind: type[GpsprotoError], arguments: tuple[Any, ...]) -> GpsprotoError:
    error = kind.__new__(kind)
    error.args = arguments
    return error


class WireError(GpsprotoError):
    """Bytes that are not what the protocol says, at an offset."""

    def __init__(self, code: ErrorCode, *, offset: int, **sizes: int) -> None:
        self.offset = index(offset)
        super().__init__(code, offset=offset, **sizes)


class FramingLost(WireError):
    """The stream cannot go on: nothing says where the next frame begins.  Sticky."""


class TruncatedStream(WireError):
    """The input ended inside a frame, ``buffered`` of ``needed`` bytes having come."""

    def __init__(self, *, offset: int, buffered: int, needed: int) -> None:
        self.buffered = index(buffered)
        self.needed = index(needed)
        super().__init__(ErrorCode.TRUNCATED, offset=offset, buffered=buffered, needed=needed)


class CaptureError(GpsprotoError):
    """A dump that cannot be read at all."""


class KeyRefused(GpsprotoError):
    """A key that would not protect; nothing was decoded."""


class FleetError(GpsprotoError):
    """A fleet's families that cannot be told; names the number of an entry, never the entry."""


class PolicyError(GpsprotoError):
    """A policy that cannot be followed; names the key and its line, never a value.

    ``line`` is 0 where the policy was not read from a text.  ``blanks`` are the keys to fill in.
    """

    def __init__(
        self, code: ErrorCode, *, key: str = "", hint: str = "", line: int = 0, **numbers: int
    ) -> None:
        super().__init__(code, **numbers)
        self.key = key
        self.hint = hint
        self.line = index(line)
        self.blanks: tuple[str, ...] = ()
        parts = [self.args[0]]
        if key or line:
            stated = f"line {self.line}"
            parts.append(f"at {key} ({stated})" if key and line else f"at {key or stated}")
        if hint:
            parts.append(hint)
        self.args = ("; ".join(parts),)


class SinkError(GpsprotoError):
    """Output that could not be written whole; ``errno`` says why."""

    def __init__(self, errno: int) -> None:
        super().__init__(ErrorCode.SINK_FAILED, errno=errno)
        self.errno = errno
        self.args = (f"{self.args[0]}: {os.strerror(errno)}",)


class AuditError(GpsprotoError):
    """An audit log that cannot be built on, or not be read; ``errno`` says why, where one does."""

    def __init__(self, code: ErrorCode, *, errno: int = 0) -> None:
        super().__init__(code, **({"errno": errno} if errno else {}))
        self.errno = errno
        if errno:
            self.args = (f"{self.args[0]}: {os.strerror(errno)}",)


class ExtraMissing(GpsprotoError):
    """An optional part is not installed; the text names the command that installs it."""

    def __init__(self, extra: str) -> None:
        super().__init__(ErrorCode.EXTRA_MISSING)
        self.extra = extra
        self.args = (f"{self.args[0]}; run: pip install 'gpsproto[{extra}]'",)
