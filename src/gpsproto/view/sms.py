"""SMS of trackers: the binary one (records, then the IMEI as u64), and 24 positions in bits.

24 positions: a stream of bits, the lowest of each byte first.  8 bits codec (4), 35 bits seconds since
2000-01-01 00:00 EET, 5 bits count.  Each position: 1 bit valid; then 1 bit differential, and 14 and 14
bits of difference or 21 and 20 bits of longitude and latitude, and 8 bits of speed.  Position n is n
hours after the first.  What is left of the last byte is nothing; then the IMEI.
Source: the vendor's document on SMS.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.errors import ErrorCode
from gpsproto.view.actions import Actions
from gpsproto.view.reading import Reading
from gpsproto.view.values import moment, of_this_age

POSITIONS = 0x04
IMEI_BYTES = 8

_EPOCH_S = 946_677_600  # 2000-01-01 00:00 EET
_HEAD_BYTES = 5  # time and count, behind the codec
_HOUR_S = 3_600
_LONGITUDE_MOST, _LATITUDE_MOST = (1 << 21) - 1, (1 << 20) - 1
_ZERO = (1 << 13) - 1  # no difference


class _Bits:
    """A stream of bits, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._number = int.from_bytes(data, "little")
        self._size = 8 * len(data)
        self.at = 0

    def take(self, count: int) -> int | None:
        """The next bits as a number; None where there are not so many."""
        if self.at + count > self._size:
            return None
        found = self._number >> self.at & (1 << count) - 1
        self.at += count
        return found


def positions(r: Reading, actions: Actions) -> None:
    """Read up to ``r.stop``, behind the codec id.  Stop where the bits end inside a position."""
    head = r.leaf("time and count", _HEAD_BYTES)
    number = int.from_bytes(r.bytes_of(head), "little")
    first_s, count = _EPOCH_S + (number & (1 << 35) - 1), number >> 35
    head.raw = number
    head.value = f"{moment(1_000 * first_s)}, {count} positions"
    head.note = "bits 0-34 and 35-39, lowest first"
    head.becomes(actions.of("avl", "timestamp"))
    head.plausible = of_this_age(1_000 * first_s)
    bits = _Bits(r.data[r.at : r.stop])
    base = r.at
    place = (0, 0)
    for n in range(count):
        began = bits.at
        valid = bits.take(1)
        fields: list[int | None] = []
        if valid:
            differs = bits.take(1)
            sizes = (14, 14, 8) if differs else (21, 20, 8)
            fields = [bits.take(size) for size in sizes]
        if valid is None or None in fields:
            r.fault(ErrorCode.TRUNCATED, r.at)
        text = "no position"
        if valid:
            east, north, speed = (one or 0 for one in fields)
            place = (
                (place[0] - east + _ZERO, place[1] - north + _ZERO) if differs else (east, north)
            )
            longitude = place[0] * 360 / _LONGITUDE_MOST - 180
            latitude = place[1] * 180 / _LATITUDE_MOST - 90
            text = f"{latitude:.4f}, {longitude:.4f} degrees, {speed} km/h"
        text = f"{moment(1_000 * (first_s + n * _HOUR_S))}: {text}"
        _position(r, base, began, bits.at, f"position {n + 1}", actions, text)
        r.last.plausible = head.plausible


def _position(
    r: Reading, base: int, began: int, ended: int, name: str, actions: Actions, text: str
) -> None:
    """A leaf of the bytes that no position before has a bit of; an invalid one may have none."""
    size = base + (ended + 7) // 8 - r.at
    note = f"bits {began}-{ended - 1}"
    if size <= 0:
        r.last.note += f"; {name}: no position, {note}"
        return
    leaf = r.leaf(name, size)
    leaf.value, leaf.note = text, note
    leaf.becomes(actions.of("avl", "latitude"))
    leaf.is_value = False


def imei(r: Reading, actions: Actions) -> None:
    """The IMEI behind an SMS, as a number of eight bytes."""
    raw = r.number("IMEI", IMEI_BYTES)
    node = r.last
    node.value = f"{raw:015d}"
    node.becomes(actions.of("login", "imei"))
    node.category, node.secret = Category.DEVICE_ID, True
