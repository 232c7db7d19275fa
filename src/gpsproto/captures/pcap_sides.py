"""Which side of a conversation is the device: by what it says.

Logins and AVL frames come from devices, requests of Codec 12 and 14 from servers.  A watch and its
server speak alike, so that only reports with arguments tell them apart.
"""

from __future__ import annotations

import re
from enum import IntFlag

from gpsproto.codecs.watch import find
from gpsproto.codecs.watch.message import Kind

CARRY = 96
"""Bytes that are kept of what tells nothing: a sign may be cut."""

_LOGIN = re.compile(rb"\x00[\x0e-\x10][0-9]{14}")
_ZEROS = bytes(5)
_FRAME = re.compile(rb"\x00{5}[\x00\x01](..)([\x07\x08\x0c-\x10\x8e])(.)(...)", re.DOTALL)
_WATCH = re.compile(
    rb"\[(?:[0-9A-Fa-f]{32})?[0-9A-Za-z]{2,4}(?:\*[0-9A-Za-z]{1,20})\*[0-9A-Fa-f]{4}"
    rb"\*(?:[0-9A-Fa-f]{4}\*)?([0-9A-Za-z_]{0,24})(,?)|\xffAQSH"
)
_PACKET = re.compile(rb"(?!\x00\x00).{6}\x00[\x0e-\x10][0-9]{14}", re.DOTALL)
_REPORTS = frozenset({Kind.POSITION, Kind.ALARM, Kind.LINK, Kind.HEALTH})
_REQUEST = 0x05
_PHOTO = 0x0D
_LOOKED_AT = 64  # heads of a watch's frames


class Sign(IntFlag):
    """What bytes of a conversation show."""

    NOTHING = 0
    DEVICE = 1
    SERVER = 2
    EITHER = 4
    """A protocol of trackers, and nothing that says which side."""


def signs(data: bytes) -> Sign:
    """What the bytes of one direction of a TCP conversation show."""
    if _LOGIN.search(data):
        return Sign.DEVICE
    return _of_frames(data) | _of_watches(data)


def is_packet(data: bytes) -> bool:
    """Whether a datagram is a tracker's channel packet, by its IMEI."""
    return _PACKET.match(data) is not None


def _of_frames(data: bytes) -> Sign:
    at = data.find(_ZEROS)
    if at < 0:
        return Sign.NOTHING
    found = Sign.NOTHING
    for match in _FRAME.finditer(data, at):
        found |= _of_frame(data, match)
        if found & Sign.DEVICE:
            break
    return found


def _of_frame(data: bytes, match: re.Match[bytes]) -> Sign:
    """What a frame's head shows, where what stands behind it bears it out."""
    start, codec, kind = match.start(), match[2][0], match[4][0]
    last = start + 8 + int.from_bytes(data[start + 4 : start + 8], "big") - 1
    if match[3] == b"\0" or (last < len(data) and data[last] != match[3][0]):
        return Sign.NOTHING
    if last >= len(data) and codec in (0x08, 0x8E, 0x10) and match[4][:2] != b"\0\0":
        return Sign.NOTHING  # no time of this age
    if codec in (0x0C, 0x0E) and kind == _REQUEST:
        return Sign.SERVER
    return Sign.EITHER if codec == 0x0C and kind == _PHOTO else Sign.DEVICE


def _of_watches(data: bytes) -> Sign:
    found = Sign.NOTHING
    for number, match in enumerate(_WATCH.finditer(data)):
        found |= Sign.EITHER
        if match[2] and match[1]:
            message = find(match[1].decode("ascii"))
            if message is not None and message.kind in _REPORTS:
                return found | Sign.DEVICE
        if number >= _LOOKED_AT:
            break
    return found
