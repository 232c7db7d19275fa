"""Fragments of IP packets, put together."""

from __future__ import annotations

from typing import final

from gpsproto.balance import Balance
from gpsproto.errors import ErrorCode

PACKETS = 256
"""Packets of which fragments wait for the others."""

_MOST = 65_535
_COST = 64  # bytes that holding a fragment takes, about
_V6_HEAD = 40
_V6_FRAGMENT = 8
_NEXT_IS_FRAGMENT = 44


@final
class Fragments:
    """Fragments in, whole packets out; what never gets whole is counted as other traffic."""

    __slots__ = ("_balance", "_waiting")

    def __init__(self, balance: Balance) -> None:
        self._balance = balance
        self._waiting: dict[bytes, list[tuple[int, bool, bytes, bytes]]] = {}  # the oldest first

    def __repr__(self) -> str:
        return f"Fragments({len(self._waiting)} packets)"

    def take(self, packet: bytes, whole: int) -> bytes | None:
        """The packet that a fragment completes; it begins with its IP head, as the fragment does."""
        read = _of_v4(packet) if packet[0] >> 4 == 4 else _of_v6(packet)
        if read is None or len(packet) < whole:
            self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(packet))
            return None
        key, fragment = read
        parts = self._waiting.setdefault(key, [])
        held = sum(len(part[3]) + _COST for part in parts)
        if any(part[0] == fragment[0] for part in parts) or held > 2 * _MOST:
            self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(packet))
            return None
        parts.append(fragment)
        if len(self._waiting) > PACKETS:
            self._let_go(next(iter(self._waiting)))
        parts.sort(key=lambda part: part[0])
        end = 0
        for offset, _, _, data in parts:
            if offset != end or end + len(data) > _MOST:
                if offset < end or end > _MOST:
                    self._let_go(key)
                return None
            end += len(data)
        if parts[-1][1]:
            return None
        del self._waiting[key]
        return _joined(parts[0][2], b"".join(part[3] for part in parts))

    def finish(self) -> None:
        """Count what never got whole."""
        for key in list(self._waiting):
            self._let_go(key)

    def _let_go(self, key: bytes) -> None:
        size = sum(len(part[3]) for part in self._waiting.pop(key))
        self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, size)


def _of_v4(packet: bytes) -> tuple[bytes, tuple[int, bool, bytes, bytes]] | None:
    size = 4 * (packet[0] & 15)
    flags = int.from_bytes(packet[6:8], "big")
    key = packet[4:6] + packet[9:10] + packet[12:20]
    return key, (8 * (flags & 0x1FFF), bool(flags & 0x2000), packet[:size], packet[size:])


def _of_v6(packet: bytes) -> tuple[bytes, tuple[int, bool, bytes, bytes]] | None:
    start = _V6_HEAD + _V6_FRAGMENT
    if packet[6] != _NEXT_IS_FRAGMENT or len(packet) < start:
        return None  # behind other heads: not put together
    flags = int.from_bytes(packet[42:44], "big")
    key = packet[44:48] + packet[8:40]
    # the head as it would stand without fragments: what follows it is named in the fragment's
    head = packet[:6] + packet[40:41] + packet[7:_V6_HEAD]
    return key, (flags & 0xFFF8, bool(flags & 1), head, packet[start:])


def _joined(head: bytes, data: bytes) -> bytes | None:
    if head[0] >> 4 == 4:
        size = min(_MOST, len(head) + len(data))
        return head[:2] + size.to_bytes(2, "big") + head[4:6] + bytes(2) + head[8:] + data
    return head[:4] + min(_MOST, len(data)).to_bytes(2, "big") + head[6:] + data
