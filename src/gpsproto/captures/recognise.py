"""What kind of dump it is, by its first bytes."""

from __future__ import annotations

import re
from enum import StrEnum

from gpsproto.wire.teltonika_sms import is_sms

HEAD_SIZE = 8_192
"""Bytes that are looked at."""

_HEX = frozenset(b"0123456789abcdefABCDEF")
_BLANK = b" \t\r\n"
_TEXT_FRAME = re.compile(rb"[ \t\r]*\[[0-9A-Za-z]{2,36}\*")
_LEAST_DIGITS = 20  # of a line that is hexadecimal behind lines of text: fewer may stand in a voice


class InputFormat(StrEnum):
    """A TCP stream or datagrams, as bytes or as lines of hexadecimal digits; lines of an SMS each."""

    AUTO = "auto"
    STREAM = "stream"
    DATAGRAMS = "datagrams"
    HEX = "hex"
    HEX_DATAGRAMS = "hex-datagrams"
    SMS = "sms"

    @property
    def is_text(self) -> bool:
        """Whether it is lines of hexadecimal digits."""
        return self in (InputFormat.HEX, InputFormat.HEX_DATAGRAMS, InputFormat.SMS)

    @property
    def is_datagrams(self) -> bool:
        """Whether every packet names its device, as UDP packets do."""
        return self in (InputFormat.DATAGRAMS, InputFormat.HEX_DATAGRAMS)


def hex_digits(line: bytes) -> bytes:
    """The digits of a line: blanks between bytes and a leading ``0x`` taken off."""
    digits = line.translate(None, _BLANK)
    return digits[2:] if digits[:2] in (b"0x", b"0X") else digits


def is_note(line: bytes) -> bool:
    """Whether a line is blank or a comment."""
    stripped = line.strip()
    return not stripped or stripped.startswith(b"#")


def is_text_frame(line: bytes) -> bool:
    """Whether a line begins as a watch's frame does: such a line is one as it stands."""
    return _TEXT_FRAME.match(line) is not None


def recognise(head: bytes) -> InputFormat:
    """Say what a dump is from its first ``HEAD_SIZE`` bytes; a binary stream where nothing speaks.

    Frames of watches, one a line, are a stream; with lines of hexadecimal digits among them they are
    lines.
    """
    least = 2
    for line in head.removeprefix(b"\xef\xbb\xbf").splitlines():
        if is_note(line):
            continue
        if is_text_frame(line):
            least = _LEAST_DIGITS
            continue
        digits = hex_digits(line)
        if len(digits) < least or not _HEX.issuperset(digits):
            break
        first = bytes.fromhex(digits[: len(digits) & ~1].decode("ascii"))
        if is_sms(first):
            return InputFormat.SMS
        return InputFormat.HEX_DATAGRAMS if _is_packet(first) else InputFormat.HEX
    return InputFormat.DATAGRAMS if _is_packet(head) else InputFormat.STREAM


def _is_packet(data: bytes) -> bool:
    """Whether a channel packet stands at the front: its IMEI's length and digits."""
    if len(data) < 24 or data[:2] == b"\x00\x00" or data[6] != 0 or not 14 <= data[7] <= 16:
        return False
    digits = data[8 : 8 + data[7]]
    return digits.isdigit() and 2 + int.from_bytes(data[:2], "big") >= 11 + data[7]
