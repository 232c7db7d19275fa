"""Frames of codecs that are written here by hand: the bytes stand in the vendor's pages."""

from __future__ import annotations

from gpsproto.checksum import crc16

# the vendor's published examples
REFUSAL = bytes.fromhex("00000000000000100E011100000008035209308145246801000032AC")
COMMAND_12 = bytes.fromhex("000000000000000F0C010500000007676574696E666F0100004312")
ANSWER_12 = bytes.fromhex(
    "00000000000000370C01060000002F4449313A31204449323A30204449333A302041494E313A302041494E323A"
    "313639323420444F313A3020444F323A3101000066E3"
)
CUT_13 = bytes.fromhex("00000000000000130D01060000000B0A81C320676574696E666F0100001D6B")
OLD_13 = bytes.fromhex("00000000000000170D01050000000F0000016C0A81C320676574696E666F0100006855")
COMMAND_14 = bytes.fromhex("00000000000000160E01050000000E0352093081452251676574766572010000D2C1")
EXAMPLE_15 = bytes.fromhex(
    "000000000000001B0F010B00000013654B65A4012345678912345648656C6C6F210A01000093D6"
)
PUBLISHED = (REFUSAL, COMMAND_12, ANSWER_12, CUT_13, OLD_13, COMMAND_14, EXAMPLE_15)


def framed(data: bytes) -> bytes:
    """A data field as a TCP frame."""
    return bytes(4) + len(data).to_bytes(4, "big") + data + crc16(data).to_bytes(4, "big")


def command(codec: int, kind: int, data: bytes) -> bytes:
    """A frame of a command codec."""
    head = bytes([codec, 1, kind]) + len(data).to_bytes(4, "big")
    return framed(head + data + b"\x01")
