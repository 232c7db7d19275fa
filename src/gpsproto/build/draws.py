"""Draws that hang on a seed and on what they are for, and on nothing else.

A draw is a function of (seed, purpose, numbers): of a device and a step, say.  So a fleet is the same
in whatever order and in whatever pieces it is made, on every platform and with every numpy.  The
function is the finaliser of SplitMix64 (public domain), in unsigned 64-bit arithmetic.
"""

from __future__ import annotations

from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.signedinteger[Any]]
Bits = npt.NDArray[np.uint64]

_GAMMA = 0x9E3779B97F4A7C15
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_MASK = (1 << 64) - 1
_30, _27, _31 = np.uint64(30), np.uint64(27), np.uint64(31)


def _mixed(bits: Bits) -> Bits:
    bits = (bits ^ (bits >> _30)) * _FIRST
    bits = (bits ^ (bits >> _27)) * _SECOND
    return np.asarray(bits ^ (bits >> _31))


class Draws:
    """The draws of one seed, which is any whole number."""

    __slots__ = ("_seed",)

    def __init__(self, seed: int) -> None:
        self._seed = seed & _MASK

    def __call__(self, purpose: str, *numbers: Ints) -> Bits:
        """64 bits for each of the numbers, which are broadcast against each other."""
        start = (self._seed + crc32(purpose.encode()) * _GAMMA) & _MASK
        bits = np.full((1,) * numbers[0].ndim, start, np.uint64)
        gamma = np.uint64(_GAMMA)
        for each in numbers:
            bits = _mixed(bits + (each.astype(np.uint64) + np.uint64(1)) * gamma)
        return bits

    def one(self, purpose: str, *numbers: int) -> int:
        """The same of single numbers, as an int."""
        return int(self(purpose, *(np.array([number]) for number in numbers))[0])


def below(bits: Bits, place: int, limit: int | Ints) -> Ints:
    """Whole numbers under ``limit`` (at most 65,536) from sixteen of the bits, the ``place``-th."""
    # shifted up and down again: the word alone is left
    word = (bits << np.uint64(48 - 16 * place)) >> np.uint64(48)
    return np.asarray((word.view(np.int64) * limit) >> 16)


def under(bits: Bits, rate: float) -> npt.NDArray[np.bool_]:
    """Whether a draw falls under a rate between 0 and 1: so often in the long run."""
    return np.asarray((bits >> np.uint64(11)) < np.uint64(round(rate * (1 << 53))))
