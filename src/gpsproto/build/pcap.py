"""Captures of TCP conversations and datagrams between made-up devices and a server: pcap, pcapng.

Ethernet, IPv4, TCP or UDP, every checksum right.  Addresses are those of RFC 2544 (devices) and
RFC 5737 (the server), hardware addresses locally administered: nobody's.

| bytes | pcap record | pcapng enhanced packet block |
|---|---|---|
| 4, 4 | seconds, microseconds | type 6, block length |
| 4, 4 | bytes kept, bytes sent | interface, upper half of the time |
| 4, 4, 4 | | lower half of the time, bytes kept, bytes sent |
| | the packet | the packet, zeros up to 4 bytes, block length |

Sources: draft-ietf-opsawg-pcap, draft-ietf-opsawg-pcapng, RFC 791, RFC 768, RFC 9293.
"""

from __future__ import annotations

import struct
from array import array
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MTU = 1_500
MOST_SEGMENT = MTU - 40
MOST_DATAGRAM = MTU - 28

FIN, SYN, PUSH, ACK = 0x01, 0x02, 0x08, 0x10
AWAY = 0x100
"""No flag of TCP: the packet is one of the server."""

_SERVER = 0xC000_020A  # 192.0.2.10
_DEVICES = 0xC612_0000  # 198.18.0.0/15
_SPAN = 1 << 17
_PORT = 5_027
_FIRST_PORT = 1_024
_ETHERNET = 1  # link type
_SNAP = 262_144
_TCP, _UDP = 6, 17
_PADDING = (b"", b"\0")
_COLUMNS = 5  # integers a packet
_WINDOW = 64_240
_DEVICE_MAC, _SERVER_MAC = 0x0200_0000_0001, 0x0200_0000_0002

_IP = [
    ("to", ">u2", 3), ("from", ">u2", 3), ("ethertype", ">u2"),
    ("version", "u1"), ("service", "u1"), ("length", ">u2"), ("id", ">u2"), ("fragment", ">u2"),
    ("ttl", "u1"), ("protocol", "u1"), ("ip_sum", ">u2"), ("source", ">u4"), ("target", ">u4"),
    ("source_port", ">u2"), ("target_port", ">u2"),
]  # fmt: skip
_HEADS: dict[int, list[Any]] = {
    _TCP: [
        *_IP, ("seq", ">u4"), ("ack", ">u4"), ("offset", "u1"), ("flags", "u1"),
        ("window", ">u2"), ("sum", ">u2"), ("urgent", ">u2"),
    ],
    _UDP: [*_IP, ("size", ">u2"), ("sum", ">u2")],
}  # fmt: skip
_RECORD = [("seconds", "<u4"), ("micros", "<u4"), ("kept", "<u4"), ("sent", "<u4")]
_BLOCK = [
    ("type", "<u4"), ("block", "<u4"), ("interface", "<u4"), ("upper", "<u4"), ("lower", "<u4"),
    ("kept", "<u4"), ("sent", "<u4"),
]  # fmt: skip


class Capture:
    """A capture in the making: packets go in, in any order of a stretch of time; bytes come out."""

    def __init__(self, *, ng: bool, udp: bool) -> None:
        self._ng = ng
        self._protocol = _UDP if udp else _TCP
        self._head = np.dtype((_BLOCK if ng else _RECORD) + _HEADS[self._protocol])
        self._numbers = array("q")
        self._payloads: list[bytes] = []

    def __len__(self) -> int:
        return len(self._payloads)

    def opening(self) -> bytes:
        """The head of the file: little-endian, microseconds, Ethernet."""
        if not self._ng:
            return struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, _SNAP, _ETHERNET)
        section = struct.pack("<IIIHHqI", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1, 28)
        return section + struct.pack("<IIHHII", 1, 20, _ETHERNET, 0, _SNAP, 20)

    def packet(
        self, time_us: int, place: int, flags: int, payload: bytes, seq: int = 0, ack: int = 0
    ) -> None:
        """A packet of the device at a place; with the flag ``AWAY``, of the server to it."""
        self._numbers.extend((time_us, place, flags, seq, ack))
        self._payloads.append(payload)

    def packets(self, numbers: tuple[int, ...], payloads: tuple[bytes, ...]) -> None:
        """Several at once: the five numbers of each, and their payloads."""
        self._numbers.extend(numbers)
        self._payloads.extend(payloads)

    def taken(self) -> bytes:
        """The packets so far as records of the file, by time; they are done with."""
        if not self._payloads:
            return b""
        table = np.frombuffer(self._numbers, np.int64).reshape(-1, _COLUMNS)
        order = np.argsort(table[:, 0], kind="stable")
        payloads = [self._payloads[place] for place in order.tolist()]
        heads, tails = self._heads(table[order], payloads)
        del table  # the array cannot shrink while somebody looks at it
        self._numbers, self._payloads = array("q"), []
        return _joined(heads, payloads, tails)

    def _heads(
        self, table: npt.NDArray[np.int64], payloads: list[bytes]
    ) -> tuple[npt.NDArray[Any], list[bytes]]:
        time, place, flags, seq, ack = table.T
        address, port = place >> 16, place & 0xFFFF
        size = np.fromiter(map(len, payloads), np.int64, len(payloads))
        heads = np.zeros(len(table), self._head)
        out, tcp = flags & AWAY == 0, self._protocol == _TCP
        inside = (20 if tcp else 8) + size
        device = np.stack([np.full(len(table), _DEVICE_MAC >> n & 0xFFFF) for n in (32, 16, 0)], 1)
        server = np.stack([np.full(len(table), _SERVER_MAC >> n & 0xFFFF) for n in (32, 16, 0)], 1)
        heads["to"] = np.where(out[:, None], server, device)
        heads["from"] = np.where(out[:, None], device, server)
        heads["ethertype"], heads["version"], heads["ttl"] = 0x0800, 0x45, 64
        heads["length"], heads["fragment"] = 20 + inside, 0x4000
        heads["protocol"] = self._protocol
        heads["source"] = np.where(out, address, _SERVER)
        heads["target"] = np.where(out, _SERVER, address)
        heads["source_port"] = np.where(out, port, _PORT)
        heads["target_port"] = np.where(out, _PORT, port)
        both = (address >> 16) + (address & 0xFFFF) + (_SERVER >> 16) + (_SERVER & 0xFFFF)
        heads["ip_sum"] = _complement(
            0x4500 + 20 + inside + 0x4000 + 0x4000 + self._protocol + both
        )
        total = _sums(payloads, size) + both + self._protocol + inside + port + _PORT
        if tcp:
            heads["seq"], heads["ack"], heads["flags"] = seq, ack, flags & 0xFF
            heads["offset"], heads["window"] = 0x50, _WINDOW
            total += seq % 65_535 + ack % 65_535 + (0x5000 | flags & 0xFF) + _WINDOW
        else:
            heads["size"] = inside
            total += inside
        heads["sum"] = _complement(total)
        return heads, self._framed(heads, time, 34 + inside)

    def _framed(
        self, heads: npt.NDArray[Any], time: npt.NDArray[np.int64], size: npt.NDArray[np.int64]
    ) -> list[bytes]:
        """Fill in what the file says of each packet; what stands behind it."""
        heads["kept"] = heads["sent"] = size
        if not self._ng:
            heads["seconds"], heads["micros"] = time // 1_000_000, time % 1_000_000
            return []
        padding = -size % 4
        whole = 32 + size + padding
        heads["type"], heads["block"] = 6, whole
        heads["upper"], heads["lower"] = time >> 32, time & 0xFFFF_FFFF
        ends = [struct.pack("<I", block) for block in whole.tolist()]
        return [bytes(pad) + end for pad, end in zip(padding.tolist(), ends, strict=True)]


def _sums(payloads: list[bytes], size: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The sum of the 16-bit words of each payload, modulo 65,535."""
    padding = [_PADDING[one & 1] for one in size.tolist()]
    whole = [b""] * (2 * len(payloads))
    whole[::2], whole[1::2] = payloads, padding
    words = np.frombuffer(b"".join((*whole, b"\0\0")), "<u2").astype(np.uint32)
    starts = np.concatenate(([0], np.cumsum(size + 1 >> 1)[:-1]))
    sums = np.add.reduceat(words, starts).astype(np.int64) % 65_535
    # summed in the other order of bytes, which is the sum with its bytes changed over
    return np.where(size > 0, (sums & 0xFF) << 8 | sums >> 8, 0)


def _complement(total: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The checksum of words that add up to this; never 0, which would mean none."""
    return 65_535 - total % 65_535


def _joined(heads: npt.NDArray[Any], payloads: list[bytes], tails: list[bytes]) -> bytes:
    size, data = heads.itemsize, heads.tobytes()
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    columns = [parts, payloads, tails] if tails else [parts, payloads]
    whole: list[bytes] = [b""] * (len(columns) * len(parts))
    for place, column in enumerate(columns):
        whole[place :: len(columns)] = column
    return b"".join(whole)


@dataclass(slots=True)
class Conversation:
    """A TCP connection of a device; each step takes ``gap_us``."""

    capture: Capture
    place: int
    time_us: int
    gap_us: int
    seq: int
    ack: int

    def _packet(self, flags: int, payload: bytes = b"") -> None:
        away = flags & AWAY
        seq, ack = (self.ack, self.seq) if away else (self.seq, self.ack)
        self.capture.packet(
            self.time_us, self.place, flags, payload, seq, ack if flags & ACK else 0
        )
        self.time_us += self.gap_us
        after = len(payload) + bool(flags & (SYN | FIN))
        if away:
            self.ack = self.ack + after & 0xFFFF_FFFF
        else:
            self.seq = self.seq + after & 0xFFFF_FFFF

    def exchange(self, data: bytes, answer: bytes) -> None:
        """``send`` and ``answer``: in one go where one segment does, as most do."""
        size = len(data)
        if size > MOST_SEGMENT:
            self.send(data)
            self.answer(answer)
            return
        seq, ack, at = self.seq, self.ack, self.time_us
        after = seq + size & 0xFFFF_FFFF
        flags = AWAY | PUSH | ACK if answer else AWAY | ACK
        self.capture.packets(
            (at, self.place, PUSH | ACK, seq, ack, at + self.gap_us, self.place, flags, ack, after),
            (data, answer),
        )
        self.time_us = at + 2 * self.gap_us
        self.seq, self.ack = after, ack + len(answer) & 0xFFFF_FFFF

    def connect(self) -> None:
        """The handshake."""
        self._packet(SYN)
        self._packet(AWAY | SYN | ACK)
        self._packet(ACK)

    def send(self, data: bytes) -> None:
        """Data of the device, in segments that fit into the MTU."""
        for at in range(0, len(data), MOST_SEGMENT):
            self._packet(PUSH | ACK, data[at : at + MOST_SEGMENT])

    def answer(self, data: bytes = b"") -> None:
        """The server has it: an acknowledgement, with an answer or without."""
        self._packet(AWAY | (PUSH | ACK if data else ACK), data)

    def close(self) -> None:
        """The device ends the connection, and so does the server."""
        self._packet(FIN | ACK)
        self._packet(AWAY | FIN | ACK)
        self._packet(ACK)


def place_of(device: int, connection: int) -> int:
    """Where a device's n-th connection comes from: the address, and behind it 16 bits of port."""
    port = _FIRST_PORT + ((device // _SPAN) * 8_191 + connection) % (65_535 - _FIRST_PORT)
    return _DEVICES + device % _SPAN << 16 | port
