"""What is derived from a canary: digests, which have no mark and are looked up in a set.

An unkeyed digest of an IMEI is the IMEI: all of them can be tried.  The first eight bytes of every
digest of every canary are kept sorted; a word of an output is one of them or it is not.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from gpsproto.prove.canaries import DIGITS, FORMS, TEXT, Canary, Pool
from gpsproto.prove.matcher import Bytes, Find, compiled, scanned

DERIVED = 24
DECIMAL_OF_ASCII = 11
WORD = 9

_HASHES: Mapping[str, Callable[[bytes], Any]] = {
    name: getattr(hashlib, name)
    for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "blake2b", "blake2s")
}
_IMEI = 15  # digits
_HEAD = 8  # bytes of a digest that are compared
_BITS = 20  # of them, in the table that is asked first
_FIRST = np.uint32((1 << _BITS) - 1)
_HEX, _CRC_HEX, _BASE64, _DECIMAL = range(4)
_TOKENS = {
    _HEX: rb"[0-9a-fA-F]{16}",
    _CRC_HEX: rb"(^|[^0-9A-Za-z])[0-9a-fA-F]{8}($|[^0-9A-Za-z])",
    _BASE64: rb"(^|[^A-Za-z0-9+/_-])[A-Za-z0-9+/]{22}",
    _DECIMAL: rb"(^|[^0-9A-Za-z.])[0-9]{8,20}($|[^0-9A-Za-z.])",
}
_FOUR_BYTES = 1 << 32
_LEAST_CRC = 1 << 24  # a smaller one is a number as others are
_MOST_TOKENS = 1_000_000
_CHUNK = 1 << 16  # bytes at once: what the second cache holds beside the table
_ONE_IN = 8  # raw digests are looked for of so many canaries of a kind: a table that a cache holds
_FEW = 64


def sources(one: Canary) -> Iterator[bytes]:
    """The forms of which a digest is taken: text, packed digits, an integer, a tracker's login."""
    yield one.value
    if one.kind.nature == DIGITS:
        yield FORMS["bcd"](one)
        yield FORMS["u64"](one)
    if len(one.value) == _IMEI and one.kind.nature == DIGITS:
        yield one.value[:-1]
        yield b"\0\x0f" + one.value
    if one.kind.nature == TEXT:
        yield one.value.lower()


def digests(data: bytes) -> Iterator[bytes]:
    """Every digest that is looked for but CRC32."""
    for digest in _HASHES.values():
        yield digest(data).digest()


class Digests:
    """The digests of all canaries of some pools."""

    def __init__(self, pools: Mapping[str, Pool]) -> None:
        heads: dict[int, Canary] = {}
        self._crcs: dict[int, Canary] = {}
        self._decimals: dict[bytes, tuple[int, Canary]] = {}
        for pool in pools.values():
            for one in pool.canaries:
                self._add(one, heads)
        self._owners = heads
        raw: dict[int, Canary] = {}
        for pool in pools.values():
            for one in pool.canaries[:: _ONE_IN if len(pool) > _FEW else 1]:
                self._add(one, raw, text=False)
        self._heads = np.array(sorted(raw), np.uint64)
        self._table = np.zeros(1 << _BITS, np.bool_)
        self._table[self._heads.byteswap().astype(np.uint32) & _FIRST] = True
        self._places = {
            int(one.value): one
            for kind in ("latitude", "longitude")
            for one in pools[kind].canaries
        }
        self._place_array = np.array(sorted(self._places), np.int64)
        self._crc_array = np.array(sorted(self._crcs), np.int64)
        self._tokens = compiled(list(_TOKENS.items()), escape=False)

    def _add(self, one: Canary, heads: dict[int, Canary], *, text: bool = True) -> None:
        for data in sources(one):
            crc = zlib.crc32(data)
            if text and crc >= _LEAST_CRC:
                self._crcs[crc] = one
                self._decimals[b"%d" % crc] = DERIVED, one
            for digest in digests(data):
                heads[int.from_bytes(digest[:_HEAD], "big")] = one
        if text and one.kind.nature == TEXT:
            for at in range(0, len(one.value), 8):
                block = one.value[at : at + 8]
                if len(block) == 8:
                    number = int.from_bytes(block, "little")
                    self._decimals[b"%d" % number] = DECIMAL_OF_ASCII, one

    def find(self, data: bytes | memoryview, what: Bytes) -> list[Find]:
        """The digests in some bytes: in hexadecimal, base64 and decimal, and raw where not text."""
        found = self._in_tokens(data)
        if what is not Bytes.TEXT:
            found += self._raw(data)
        return found

    def _in_tokens(self, data: bytes | memoryview) -> list[Find]:
        tokens: list[tuple[int, int]] = []

        def met(number: int, start: int, end: int, flags: int, context: object) -> bool | None:
            tokens.append((number, end))
            return True if len(tokens) >= _MOST_TOKENS else None

        scanned(self._tokens, data, met)
        found = []
        for number, end in tokens:
            for encoding, size, one in self._of_token(number, bytes(data[max(0, end - 23) : end])):
                found.append(Find(end - size, end, encoding, one.kind, one))
        return found

    def _of_token(self, number: int, token: bytes) -> Iterator[tuple[int, int, Canary]]:
        if number == _HEX:
            one = self._owners.get(int(token[-16:], 16))
            if one is not None:
                yield DERIVED, 16, one
        elif number == _CRC_HEX:
            for part in (token[-9:-1], token[-8:]):
                if re.fullmatch(rb"[0-9a-fA-F]{8}", part):
                    found = self._crcs.get(int(part, 16))
                    if found is not None:
                        yield DERIVED, 8, found
        elif number == _BASE64:
            head = binascii.a2b_base64(token[-22:-10])[:_HEAD]
            one = self._owners.get(int.from_bytes(head, "big"))
            if one is not None:
                yield DERIVED, 22, one
        else:
            last = re.search(rb"([0-9]{8,20})[^0-9]?\Z", token)
            known = None if last is None else self._decimals.get(last[1])
            if known is not None:
                yield known[0], 8, known[1]

    def _raw(self, data: bytes | memoryview) -> list[Find]:
        """Every eight bytes that begin as a digest does, at every place."""
        found = []
        whole = np.frombuffer(data, np.uint8)
        for start in range(0, len(whole) - _HEAD + 1, _CHUNK):
            part = whole[start : start + _CHUNK + _HEAD - 1]
            if not part.any():  # most of a block: columns that nothing was sent for
                continue
            for at in self._likely(part).tolist():
                one = self._owners.get(int.from_bytes(part[at : at + _HEAD].tobytes(), "big"))
                if one is not None:
                    found.append(Find(start + at, start + at + _HEAD, DERIVED, one.kind, one))
        return found

    def _likely(self, part: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
        """Places at which a digest may begin."""
        size = len(part) - _HEAD + 1
        found = []
        for shift in range(4):  # words of the machine, from each of the places that they can have
            count = (len(part) - shift) // 4
            words = part[shift : shift + 4 * count].view("<u4") & _FIRST
            found.append(4 * np.flatnonzero(self._table[words]) + shift)
        places = np.concatenate(found)
        places = places[places < size]
        heads = np.zeros(len(places), np.uint64)
        for step in range(_HEAD):
            heads = heads << np.uint64(8) | part[places + step]
        near = np.searchsorted(self._heads, heads)
        near[near == len(self._heads)] = 0
        likely: npt.NDArray[np.int64] = places[self._heads[near] == heads]
        return likely

    def in_numbers(self, values: npt.NDArray[Any]) -> list[Find]:
        """Numbers that are a CRC32 or a place: four bytes are too few to be looked for among bytes."""
        if values.dtype.kind not in "iuf" or not len(values) or values.dtype.itemsize < 4:
            return []
        # of four bytes the upper half is negative
        shifted = values
        if values.dtype.kind == "i":
            shifted = np.where(values < 0, values.astype(np.int64) + _FOUR_BYTES, values)
        likely = (shifted >= _LEAST_CRC) & (shifted < _FOUR_BYTES)
        numbers = shifted[likely].astype(np.int64)
        same = _among(numbers, self._crc_array)
        found = [Find(0, 0, DERIVED, self._crcs[one].kind, self._crcs[one]) for one in same]
        whole = np.abs(values[(values >= -_FOUR_BYTES) & (values < _FOUR_BYTES)].astype(np.int64))
        for one in _among(whole, self._place_array):
            found.append(Find(0, 0, WORD, self._places[one].kind, self._places[one]))
        return found


def _among(numbers: npt.NDArray[np.int64], known: npt.NDArray[np.int64]) -> list[int]:
    """The numbers that are among some that are sorted."""
    near = np.searchsorted(known, numbers)
    near[near == len(known)] = 0
    found: list[int] = numbers[known[near] == numbers].tolist()
    return found


def spelled(one: Canary) -> Iterator[tuple[str, bytes]]:
    """Every way in which a digest of a canary would stand in an output: what the tests plant."""
    for data in sources(one):
        for name, digest in zip(_HASHES, digests(data), strict=True):
            yield f"{name} raw", digest
            yield f"{name} hex", digest.hex().encode()
            yield f"{name} HEX", digest.hex().upper().encode()
            yield f"{name} base64", base64.b64encode(digest)
        crc = zlib.crc32(data)
        if crc >= _LEAST_CRC:
            yield "crc32 hex", b"%08x" % crc
            yield "crc32 decimal", b"%d" % crc
