"""What kind of dump it is, by its first bytes."""

from __future__ import annotations

import re
from enum import StrEnum

from gpsproto.captures import hexdump, logline
from gpsproto.captures.digits import (
    HEX,
    dressed,
    hex_digits,
    is_note,
    is_text_frame,
    plain,
    surrounds,
    whole,
)
from gpsproto.wire.teltonika_sms import is_sms

HEAD_SIZE = 8_192
"""Bytes that are looked at."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_PCAP = ("a1b2c3d4", "a1b23c4d", "a1b2cd34")  # of micro- and of nanoseconds, and with longer heads
_PCAPNG = bytes.fromhex("0a0d0d0a")
_CAPTURES = (
    _PCAPNG,
    *(bytes.fromhex(magic) for magic in _PCAP),
    *(bytes.fromhex(magic)[::-1] for magic in _PCAP),
)
_LONGEST_HEAD = 24  # bytes of a channel packet up to its codec
_LEAST_DIGITS = 20  # of a line that is hexadecimal behind lines of text: fewer may stand in a voice


class InputFormat(StrEnum):
    """Bytes, lines of hexadecimal digits, a packet capture, or a text that holds digits."""

    AUTO = "auto"
    STREAM = "stream"
    DATAGRAMS = "datagrams"
    HEX = "hex"
    HEX_DATAGRAMS = "hex-datagrams"
    SMS = "sms"
    PCAP = "pcap"
    LOG = "log"
    HEXDUMP = "hexdump"

    @property
    def is_text(self) -> bool:
        """Whether it is lines of hexadecimal digits."""
        return self in (InputFormat.HEX, InputFormat.HEX_DATAGRAMS, InputFormat.SMS)

    @property
    def is_datagrams(self) -> bool:
        """Whether every packet names its device, as UDP packets do."""
        return self in (InputFormat.DATAGRAMS, InputFormat.HEX_DATAGRAMS)


def recognise(head: bytes) -> InputFormat:
    """Say what a dump is from its first ``HEAD_SIZE`` bytes; a binary stream where nothing speaks.

    Frames of watches, one a line, are a stream; with lines of hexadecimal digits among them they are
    lines.  Sentences before digits do not hide them; a text whose lines begin with a time is a log.
    """
    if head.startswith(_CAPTURES):
        return InputFormat.PCAP
    head = head.removeprefix(b"\xef\xbb\xbf")
    text = _CONTROL.search(head) is None
    if text and hexdump.begins(head):
        return InputFormat.HEXDUMP
    least, stamped = 2, False
    lines = head.splitlines()
    for number, line in enumerate(lines):
        if is_note(line):
            continue
        if is_text_frame(line):
            least = _LEAST_DIGITS
            continue
        if text and logline.is_one(line):
            return InputFormat.LOG
        first = _spelled(line, least, last=number == len(lines) - 1)
        if first is not None and not stamped:
            if is_sms(first):
                return InputFormat.SMS
            return _of_digits(first, lines[number + 1 :])
        if not text:
            break
        if surrounds(line):
            continue
        stamped = stamped or logline.stamp(line) > 0
        least = _LEAST_DIGITS
    if stamped:
        return InputFormat.LOG
    return InputFormat.DATAGRAMS if is_packet(head) else InputFormat.STREAM


def _spelled(line: bytes, least: int, *, last: bool) -> bytes | None:
    """The bytes of a line, the last of which may break off; None where it spells too few."""
    digits = hex_digits(line)
    if len(digits) >= least and not digits.translate(None, HEX):
        return plain(digits[: len(digits) & ~1])
    found = dressed(line)
    if found is None and last:
        found, least = dressed(whole(line)), _LEAST_DIGITS
    return found if found is not None and 2 * len(found) >= least else None


def _of_digits(first: bytes, lines: list[bytes]) -> InputFormat:
    """Lines of datagrams, one of which may be wrapped over several, or of a stream."""
    for line in lines:
        if len(first) >= _LONGEST_HEAD:
            break
        first += plain(hex_digits(line)) or dressed(line) or b""
    return InputFormat.HEX_DATAGRAMS if is_packet(first) else InputFormat.HEX


def is_packet(data: bytes | memoryview) -> bool:
    """Whether a channel packet stands at the front: its IMEI's length and digits."""
    return len(data) >= _LONGEST_HEAD and begins_packet(data)


def begins_packet(data: bytes | memoryview) -> bool:
    """The same for the first bytes of one, eight at least."""
    if len(data) < 8 or data[:2] == b"\x00\x00" or data[6] != 0 or not 14 <= data[7] <= 16:
        return False
    digits = bytes(data[8 : 8 + data[7]])
    size = int.from_bytes(data[:2], "big")
    return (not digits or digits.isdigit()) and 2 + size >= 11 + data[7]
