"""Packets and captures for the tests: addresses, ports and comments are canaries as well."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from io import BytesIO

import dpkt

SERVER = "192.0.2.53", 5027
DEVICE = "198.51.100.77", 40001
SYN, FIN, RST, PSH, ACK = 2, 1, 4, 8, 16
DATA = PSH | ACK
ETHERNET = 1

Address = tuple[str, int]


@dataclass(frozen=True)
class Packet:
    """A TCP or UDP packet; ``cut`` bytes of its payload were not captured."""

    source: Address
    target: Address
    payload: bytes = b""
    sequence: int | None = None  # None: UDP
    flags: int = DATA
    cut: int = 0

    def answered(self) -> Packet:
        return replace(self, source=self.target, target=self.source)


def transport(packet: Packet) -> tuple[int, bytes]:
    """Its protocol number, and its head and payload."""
    ports = packet.source[1].to_bytes(2, "big") + packet.target[1].to_bytes(2, "big")
    if packet.sequence is None:
        return 17, ports + struct.pack(">HH", 8 + len(packet.payload), 0) + packet.payload
    # an option of time stamps, as most senders have
    option = bytes.fromhex("0101080a") + bytes(range(8))
    head = ports + struct.pack(
        ">IIBBHHH", packet.sequence % (1 << 32), 77, (20 + len(option)) << 2, packet.flags,
        65_535, 0, 0,
    )  # fmt: skip
    return 6, head + option + packet.payload


def ipv4(packet: Packet, *, options: bytes = b"", number: int = 1) -> bytes:
    protocol, inner = transport(packet)
    return _ipv4(packet, protocol, inner, options, number, 0)


def _ipv4(
    packet: Packet, protocol: int, inner: bytes, options: bytes, number: int, flags: int
) -> bytes:
    size = 20 + len(options)
    head = struct.pack(
        ">BBHHHBBH", 0x40 | size // 4, 0, size + len(inner), number, flags, 64, protocol, 0
    )
    ends = b"".join(
        bytes(map(int, address.split("."))) for address, _ in (packet.source, packet.target)
    )
    return head + ends + options + inner


def fragments(packet: Packet, size: int, *, number: int = 7) -> list[bytes]:
    """Its IPv4 fragments of so many bytes, a multiple of 8."""
    protocol, inner = transport(packet)
    return [
        _ipv4(
            packet, protocol, inner[at : at + size], b"", number,
            at // 8 | (0x2000 if at + size < len(inner) else 0),
        )
        for at in range(0, len(inner), size)
    ]  # fmt: skip


def _v6(address: str) -> bytes:
    return bytes.fromhex("20010db8") + bytes(8) + bytes(map(int, address.split(".")))


def ipv6(packet: Packet, *, heads: bool = False) -> bytes:
    """With ``heads`` it has extension headers."""
    protocol, inner = transport(packet)
    if heads:
        inner = bytes([protocol, 0]) + bytes(6) + inner
        inner = bytes([60, 1]) + bytes(14) + inner
        protocol = 0
    head = struct.pack(">IHBB", 6 << 28, len(inner), protocol, 64)
    return head + _v6(packet.source[0]) + _v6(packet.target[0]) + inner


def fragments6(packet: Packet, size: int) -> list[bytes]:
    """Its IPv6 fragments of so many bytes, a multiple of 8."""
    protocol, inner = transport(packet)
    ends = _v6(packet.source[0]) + _v6(packet.target[0])
    found = []
    for at in range(0, len(inner), size):
        part = inner[at : at + size]
        more = at + size < len(inner)
        extension = struct.pack(">BBHI", protocol, 0, at | more, 99)
        head = struct.pack(">IHBB", 6 << 28, 8 + len(part), 44, 64)
        found.append(head + ends + extension + part)
    return found


def ethernet(ip: bytes, *, tags: Sequence[int] = (), pad: bool = True) -> bytes:
    """In an Ethernet frame, with the tags of VLANs."""
    kind = b"\x08\x00" if ip[0] >> 4 == 4 else b"\x86\xdd"
    head = bytes.fromhex("02a1b2c3d4e502f6a7b8c9d0")
    vlan = b"".join(tag.to_bytes(2, "big") + b"\x00\x2a" for tag in tags)
    frame = head + vlan + kind + ip
    return frame + bytes(max(0, 60 - len(frame))) if pad else frame


def linked(link: int, ip: bytes) -> bytes:
    """Behind the head of a link type."""
    four = ip[0] >> 4 == 4
    kind = b"\x08\x00" if four else b"\x86\xdd"
    match link:
        case 1:
            return ethernet(ip)
        case 113:
            return bytes.fromhex("0000000100060200000000010000") + kind + ip
        case 276:
            return kind + bytes.fromhex("000000000002000100060200000000010000") + ip
        case 0:
            return (2 if four else 30).to_bytes(4, "little") + ip
        case 108:
            return (2 if four else 24).to_bytes(4, "big") + ip
        case _:
            return ip


Record = bytes | tuple[bytes, int]
"""A packet as captured, or that and its size when it was sent."""


def _sized(record: Record) -> tuple[bytes, int]:
    return record if isinstance(record, tuple) else (record, len(record))


def pcap(
    records: Iterable[Record], *, link: int = ETHERNET, order: str = "<", magic: int = 0xA1B2C3D4
) -> bytes:
    """A pcap file."""
    out = [struct.pack(order + "IHHIIII", magic, 2, 4, 0, 0, 65_535, link)]
    more = bytes(8) if magic == 0xA1B2CD34 else b""
    for number, record in enumerate(records):
        data, size = _sized(record)
        head = struct.pack(order + "IIII", 1_790_000_000 + number, number, len(data), size)
        out += [head, more, data]
    return b"".join(out)


def by_dpkt(records: Iterable[bytes]) -> bytes:
    """A pcap file as dpkt writes it."""
    file = BytesIO()
    writer = dpkt.pcap.Writer(file, snaplen=65_535)
    for record in records:
        writer.writepkt(record, 1_790_000_000.5)
    return file.getvalue()


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    """A block of pcapng."""
    body += bytes(-len(body) % 4)
    size = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + size + body + size


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


COMMENT = b"imei 001010000000016 of the child"
SECRETS = b"CLIENT_RANDOM 00112233445566778899aabbccddeeff"
HOST = b"\x04\x00\x0f\x00\xc6\x33\x64\x4dgateway-of-oma\0\0\0\0\0"


def section(order: str = "<") -> bytes:
    """The head of a section, with a comment."""
    head = struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1)
    return block(0x0A0D0D0A, head + option(1, COMMENT, order) + bytes(4), order)


def interface(link: int = ETHERNET, order: str = "<", snap: int = 0) -> bytes:
    """An interface, with a name."""
    head = struct.pack(order + "HHI", link, 0, snap)
    return block(1, head + option(2, b"eth-oma", order) + bytes(4), order)


def enhanced(record: Record, *, place: int = 0, order: str = "<") -> bytes:
    """A packet of an interface, with a comment."""
    data, size = _sized(record)
    head = struct.pack(order + "IIIII", place, 1, 2, len(data), size)
    padded = data + bytes(-len(data) % 4)
    return block(6, head + padded + option(1, COMMENT, order) + bytes(4), order)


def pcapng(records: Iterable[Record], *, link: int = ETHERNET, order: str = "<") -> bytes:
    """A pcapng file with names, secrets and comments among the packets."""
    out = [section(order), interface(link, order)]
    for number, record in enumerate(records):
        if number % 3 == 0:
            out.append(
                block(10, struct.pack(order + "II", 0x544C534B, len(SECRETS)) + SECRETS, order)
            )
            out.append(block(4, HOST, order))
        out.append(enhanced(record, order=order))
    return b"".join(out)
