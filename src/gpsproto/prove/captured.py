"""A capture around frames, with canaries in all that stands around them: L46 to L49.

Hardware addresses, addresses, comments, names of interfaces and hosts, secrets, what the server says
and what others say are canaries.  Ports and times are too short to be told from other numbers.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import count

from gpsproto.prove.canaries import Pool

KINDS = ("network_address", "network_mac", "capture_text")
"""The kinds of canaries that stand around frames."""

_TOGETHER = 40  # frames of a conversation
_SECTION, _INTERFACE, _NAMES, _PACKET, _SECRETS = 0x0A0D0D0A, 1, 4, 6, 10
_COMMENT, _NAME = 1, 2
_TCP, _UDP = 6, 17
_PORT = 5027


def captured(units: Sequence[bytes], pools: Mapping[str, Pool], random_: random.Random) -> bytes:
    """Frames as the conversations of a pcapng file, each frame a packet, in order."""

    def canary(kind: str) -> bytes:
        return random_.choice(pools[kind].canaries).value

    def packet(source: bytes, target: bytes, inner: bytes, protocol: int) -> bytes:
        head = struct.pack(">IHBB", 6 << 28, len(inner), protocol, 64) + source + target
        link = canary("network_mac") + canary("network_mac") + b"\x86\xdd"
        return _packet(link + head + inner, canary("capture_text"))

    def blocks() -> Iterator[bytes]:
        yield _block(_SECTION, _head() + _option(_COMMENT, canary("capture_text")))
        yield _block(_INTERFACE, _ethernet() + _option(_NAME, canary("capture_text")))
        ports = count(10_000)
        for first in range(0, len(units), _TOGETHER):
            device, server = canary("network_address"), canary("network_address")
            host = device + canary("capture_text") + b"\0"
            yield _block(_NAMES, struct.pack("<HH", 2, len(host)) + host + bytes(-len(host) % 4))
            secret = canary("capture_text")
            yield _block(_SECRETS, struct.pack("<II", 0x544C534B, len(secret)) + secret)
            port = next(ports) % 50_000
            at = random_.randrange(1 << 32)
            yield packet(device, server, _segment(port, _PORT, at - 1, 2, b""), _TCP)
            for unit in units[first : first + _TOGETHER]:
                for part in (unit[:1000], unit[1000:]):
                    if part:
                        yield packet(device, server, _segment(port, _PORT, at, 24, part), _TCP)
                        at += len(part)
            said = _segment(_PORT, port, 1, 24, canary("capture_text"))
            yield packet(server, device, said, _TCP)
            name = canary("capture_text")
            query = struct.pack(">HHHH", port, 53, 8 + len(name), 0) + name
            yield packet(device, server, query, _UDP)

    return b"".join(blocks())


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", 12 + len(body))
    return struct.pack("<I", kind) + size + body + size


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4) + bytes(4)


def _head() -> bytes:
    return struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)


def _ethernet() -> bytes:
    return struct.pack("<HHI", 1, 0, 0)


def _packet(data: bytes, comment: bytes) -> bytes:
    head = struct.pack("<IIIII", 0, 0, 0, len(data), len(data))
    return _block(_PACKET, head + data + bytes(-len(data) % 4) + _option(_COMMENT, comment))


def _segment(source: int, target: int, sequence: int, flags: int, data: bytes) -> bytes:
    return struct.pack(
        ">HHIIBBHHH", source, target, sequence % (1 << 32), 0, 5 << 4, flags, 0, 0, 0
    ) + data  # fmt: skip
