"""Synthetic identifiers: IMEIs of a type allocation code that no device bears, and what follows."""

from __future__ import annotations

from gpsproto.build.draws import Draws

TEST_PREFIX = "00101"
"""Type allocation codes that begin so are for tests: the digits of the test network 001-01."""

MOST = 10**9
"""Devices that can be told apart: nine digits are left."""

_STEP = 387_420_489  # without a divisor in common with MOST: every serial comes once


class Identities:
    """The identifiers of a fleet by the number of a device, from 0; no two are alike."""

    def __init__(self, seed: int) -> None:
        self._first = Draws(seed).one("identity", 0) % MOST

    def imei(self, device: int) -> str:
        """Fifteen digits; the last one is the check digit (Luhn)."""
        return with_check_digit(f"{TEST_PREFIX}{self._serial(device):09d}")

    def watch_id(self, device: int) -> str:
        """Digits 5 to 14 of the IMEI, as watches use them."""
        return self.imei(device)[4:14]

    def _serial(self, device: int) -> int:
        if not 0 <= device < MOST:
            raise ValueError("a fleet has at most 1,000,000,000 devices")
        return (self._first + device * _STEP) % MOST


def with_check_digit(digits: str) -> str:
    """Digits and the one that makes their Luhn sum a multiple of ten."""
    doubled = (2 * int(digit) for digit in digits[::-1][::2])
    total = sum(value - 9 if value > 9 else value for value in doubled)
    total += sum(int(digit) for digit in digits[::-1][1::2])
    return f"{digits}{-total % 10}"
