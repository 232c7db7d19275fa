"""CRC-16/ARC: polynomial 0x8005 reflected, initial value 0, no final xor; check 0xBB3D.

Source: the vendor's protocol pages call it CRC-16/IBM; it covers codec id to second count.
crcmod holds the parameters and the first table; the others follow from it.
"""

from __future__ import annotations

from array import array
from functools import cache

import crcmod

POLYNOMIAL = 0x18005
_REFLECTED = 0xA001
_WAYS = 16  # tables, as many as the walk takes bytes in one step
_POWER_BITS = 32

_ARC = crcmod.Crc(POLYNOMIAL, initCrc=0, rev=True)


def crc16(data: bytes) -> int:
    """Return the CRC-16/ARC of ``data``, by crcmod: what everything that is built carries."""
    return int(_ARC.new(data).crcValue)


@cache
def tables() -> array[int]:
    """Sixteen tables of 256: table n is the CRC of a byte followed by n zero bytes."""
    first = [int(value) for value in _ARC.table]
    made = [first]
    for _ in range(1, _WAYS):
        made.append([first[value & 255] ^ (value >> 8) for value in made[-1]])
    return array("H", [value for table in made for value in table])


def _times(left: int, right: int) -> int:
    """Product modulo the polynomial, reflected: bit 15 is x^0."""
    product = 0
    while left:
        if left & 0x8000:
            product ^= right
        left = (left << 1) & 0xFFFF
        right = (right >> 1) ^ (_REFLECTED if right & 1 else 0)
    return product


@cache
def powers() -> array[int]:
    """x^(8 * 2^n) modulo the polynomial, n = 0 ...: shifting a CRC by 2^n zero bytes."""
    made = [_shift_by_one_byte(0x8000)]
    while len(made) < _POWER_BITS:
        made.append(_times(made[-1], made[-1]))
    return array("H", made)


def _shift_by_one_byte(crc: int) -> int:
    return tables()[crc & 255] ^ (crc >> 8)
