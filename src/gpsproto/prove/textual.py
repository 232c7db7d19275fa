"""Encodings of texts and bytes: families 1 to 4, 12 to 16, 23."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator

from gpsproto.prove.canaries import DIGITS, RAW, Canary
from gpsproto.prove.spelling import (
    PLACES,
    Spelling,
    encoding,
    nibbles,
    numbers,
    plain,
    texts,
    whole,
    words,
)

# letters: fewer are met among the consonants of a million pseudonyms
_BASE64_LEAST, _BASE32_LEAST = 8, 9
_PACKED_LEAST = 10  # digits: packed, fewer leave no letter of base64 that all have


@encoding(1, "ASCII")
def _ascii(one: Canary) -> Iterator[Spelling]:
    for label, data in whole(one):
        yield Spelling("text" + label, data)
    if one.kind.nature == RAW:
        yield Spelling("bytes", one.value)
        yield Spelling("as Latin-1 in UTF-8", one.value.decode("latin-1").encode())
    for label, number in numbers(one):
        if abs(number) < 1 << 64:
            yield Spelling("decimal" + label, b"%d" % number)
    if one.kind.name in PLACES:
        text = repr(int(one.value) / 1e7).encode()
        yield Spelling("as a float", text)


@encoding(2, "UTF-16LE")
def _utf_16le(one: Canary) -> Iterator[Spelling]:
    for label, data in texts(one):
        yield Spelling("text" + label, data.decode().encode("utf-16-le"))


@encoding(3, "UTF-16BE")
def _utf_16be(one: Canary) -> Iterator[Spelling]:
    for label, data in texts(one):
        yield Spelling("text" + label, data.decode().encode("utf-16-be"))


@encoding(4, "hex of ASCII")
def _hex_of_ascii(one: Canary) -> Iterator[Spelling]:
    for label, data in texts(one):
        for spelled in (data, data.decode().encode("utf-16-be")):
            wide = " wide" if len(spelled) > len(data) else ""
            yield Spelling(f"lower{label}{wide}", spelled.hex().encode())
            yield Spelling(f"upper{label}{wide}", spelled.hex().upper().encode())


def _carried(one: Canary) -> Iterator[tuple[str, bytes]]:
    """What a program would put into an encoding that makes text of bytes."""
    yield from plain(one)
    for label, number in words(one):
        if not label:
            yield " as u64", number.to_bytes(8, "big")
    if one.kind.nature == DIGITS and len(one.value) >= _PACKED_LEAST:
        for label, digits in list(nibbles(one))[:2]:
            yield " as BCD" + label, bytes.fromhex(digits)


def _aligned(
    data: bytes, encode: Callable[[bytes], bytes], bits: int, group: int, least: int
) -> Iterator[bytes]:
    """The letters that do not hang on what stands before and behind, at each alignment."""
    for before in range(group):
        whole = encode(b"\0" * before + data)
        first = -(-8 * before // bits)
        last = 8 * (before + len(data)) // bits
        if last - first >= least:
            yield whole[first:last]


@encoding(12, "base64")
def _base64(one: Canary) -> Iterator[Spelling]:
    for label, data in _carried(one):
        for shift, spelled in enumerate(_aligned(data, base64.b64encode, 6, 3, _BASE64_LEAST)):
            yield Spelling(f"standard {shift}{label}", spelled)
            url = spelled.translate(bytes.maketrans(b"+/", b"-_"))
            yield Spelling(f"url {shift}{label}", url)


@encoding(13, "base32")
def _base32(one: Canary) -> Iterator[Spelling]:
    for label, data in _carried(one):
        for shift, spelled in enumerate(_aligned(data, base64.b32encode, 5, 5, _BASE32_LEAST)):
            yield Spelling(f"upper {shift}{label}", spelled)
            yield Spelling(f"lower {shift}{label}", spelled.lower())


def _escaped(data: bytes, each: str) -> bytes:
    return "".join(each.format(byte) for byte in data).encode()


@encoding(14, "percent-encoding")
def _percent(one: Canary) -> Iterator[Spelling]:
    for label, data in plain(one):
        yield Spelling("upper" + label, _escaped(data, "%{:02X}"))
        yield Spelling("lower" + label, _escaped(data, "%{:02x}"))


@encoding(15, "JSON escapes")
def _json(one: Canary) -> Iterator[Spelling]:
    for label, data in plain(one):
        yield Spelling("lower" + label, _escaped(data, "\\u{:04x}"))
        yield Spelling("upper" + label, _escaped(data, "\\u{:04X}"))


@encoding(16, "repr escapes")
def _repr(one: Canary) -> Iterator[Spelling]:
    for label, data in plain(one):
        yield Spelling("all" + label, _escaped(data, "\\x{:02x}"))
        yield Spelling("octal" + label, _escaped(data, "\\{:03o}"))
    if one.kind.nature == RAW:
        yield Spelling("bytes", repr(one.value)[2:-1].encode())
        yield Spelling("twice", repr(repr(one.value))[3:-2].encode())
        yield Spelling("array", ", ".join(map(str, one.value)).encode())
        yield Spelling("numpy", " ".join(map(str, one.value)).encode())


@encoding(23, "7D escape, hex of hex")
def _escapes(one: Canary) -> Iterator[Spelling]:
    pairs = {0x7D: b"}\1", 0x5B: b"}\2", 0x5D: b"}\3", 0x2C: b"}\4", 0x2A: b"}\5"}
    escaped = b"".join(pairs.get(byte, bytes([byte])) for byte in one.value)
    if escaped != one.value:
        yield Spelling("escaped", escaped)
        yield Spelling("escaped, in hex", escaped.hex().encode())
    for label, data in texts(one):
        twice = data.hex().encode().hex().encode()
        yield Spelling("hex of hex" + label, twice)
        yield Spelling("HEX of HEX" + label, data.hex().upper().encode().hex().upper().encode())
