"""Encodings of numbers and of digits, and parts of them: families 5 to 11, 17 to 22."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import pairwise

from gpsproto.prove.canaries import DIGITS, RAW, TEXT, Canary
from gpsproto.prove.spelling import (
    HEX_SHORTEST,
    IMEI,
    PLACES,
    SHORTEST,
    Spelling,
    blocks,
    encoding,
    nibbles,
    numbers,
    texts,
    words,
)


@encoding(5, "packed BCD")
def _bcd(one: Canary) -> Iterator[Spelling]:
    for label, digits in nibbles(one):
        packed = bytes.fromhex(digits)
        yield Spelling("packed" + label, packed, weak=len(packed) < SHORTEST)


def _swapped(digits: str) -> str:
    return "".join(digits[at + 1] + digits[at] for at in range(0, len(digits), 2))


@encoding(6, "nibble-swapped BCD")
def _swapped_bcd(one: Canary) -> Iterator[Spelling]:
    for label, digits in nibbles(one):
        packed = bytes.fromhex(_swapped(digits))
        yield Spelling("swapped" + label, packed, weak=len(packed) < SHORTEST)


@encoding(7, "hex text of BCD")
def _hex_of_bcd(one: Canary) -> Iterator[Spelling]:
    for label, digits in nibbles(one):
        for turned, text in (("", digits), (" swapped", _swapped(digits))):
            if turned or not digits.isdigit():  # digits alone are ASCII
                yield Spelling(f"lower{label}{turned}", text.encode())
                yield Spelling(f"upper{label}{turned}", text.upper().encode())


@encoding(8, "uint64, big end first")
def _u64be(one: Canary) -> Iterator[Spelling]:
    for label, number in words(one):
        yield Spelling("u64" + label, number.to_bytes(8, "big"))
    if one.kind.name in PLACES:
        for sign in (1, -1):
            yield Spelling(f"i32 {sign}", struct.pack(">i", sign * int(one.value)), weak=True)


@encoding(9, "uint64, little end first")
def _u64le(one: Canary) -> Iterator[Spelling]:
    for label, number in words(one):
        yield Spelling("u64" + label, number.to_bytes(8, "little"))
    if one.kind.name in PLACES:
        for sign in (1, -1):
            yield Spelling(f"i32 {sign}", struct.pack("<i", sign * int(one.value)), weak=True)


@encoding(10, "hex text of uint64")
def _hex_of_u64(one: Canary) -> Iterator[Spelling]:
    for label, number in words(one):
        for name, text in (
            ("short", f"{number:x}"), ("long", f"{number:016x}"),
            ("turned", number.to_bytes(8, "little").hex()),
        ):  # fmt: skip
            if len(text) >= HEX_SHORTEST:
                yield Spelling(f"{name} lower{label}", text.encode())
                yield Spelling(f"{name} upper{label}", text.upper().encode())


@encoding(11, "decimal text of ASCII bytes")
def _decimal_of_ascii(one: Canary) -> Iterator[Spelling]:
    if one.kind.nature == RAW:
        return
    for label, block in blocks(one):
        # the other way round it begins with what varies; that is looked up: see derived
        number = int.from_bytes(block, "big")
        yield Spelling("integer" + label, b"%d" % number)
        yield Spelling("float" + label, repr(float(number)).encode())


@encoding(17, "float text and float64")
def _float(one: Canary) -> Iterator[Spelling]:
    for label, number in numbers(one):
        value = float(number)
        yield Spelling("repr" + label, repr(value).encode())
        yield Spelling("fixed" + label, b"%.1f" % value)
        if number > 10**9:
            # what pandas writes: the block that is reserved still shows
            yield Spelling("e6" + label, b"%.6e" % value)
            yield Spelling("g6" + label, b"%.6g" % value)
        yield Spelling("big end" + label, struct.pack(">d", value))
        yield Spelling("little end" + label, struct.pack("<d", value))
    if one.kind.name in PLACES:
        for sign in (1, -1):
            value = sign * int(one.value) / 1e7
            yield Spelling(f"degrees, big {sign}", struct.pack(">d", value))
            yield Spelling(f"degrees, little {sign}", struct.pack("<d", value))
    if one.kind.nature == TEXT:
        for label, block in blocks(one):
            value = float(int.from_bytes(block, "big"))
            yield Spelling("text, big" + label, struct.pack(">d", value))
            yield Spelling("text, little" + label, struct.pack("<d", value))


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    made.append(number)
    return bytes(made)


@encoding(18, "varint, msgpack, CBOR")
def _varints(one: Canary) -> Iterator[Spelling]:
    for label, number in words(one):
        if label == " west":
            continue
        weak = number < 1 << 32  # five bytes and less
        yield Spelling("varint" + label, _varint(number), weak=weak)
        if number < 1 << 63:
            yield Spelling("zigzag" + label, _varint(number << 1), weak=weak)
        size, pack, cbor = (4, b"\xce", b"\x1a") if weak else (8, b"\xcf", b"\x1b")
        yield Spelling("msgpack" + label, pack + number.to_bytes(size, "big"), weak=weak)
        yield Spelling("CBOR" + label, cbor + number.to_bytes(size, "big"), weak=weak)


@encoding(19, "reversed")
def _reversed(one: Canary) -> Iterator[Spelling]:
    for label, data in texts(one):
        yield Spelling("text" + label, data[::-1])
    if one.kind.nature == RAW:
        yield Spelling("bytes", one.value[::-1])
    if one.kind.nature == DIGITS:
        back = one.value.decode()[::-1]
        packed = bytes.fromhex(back + "f" * (len(back) % 2))
        yield Spelling("packed", packed, weak=len(packed) < SHORTEST)


@encoding(20, "halves and thirds")
def _halves(one: Canary) -> Iterator[Spelling]:
    if one.kind.nature == DIGITS and len(one.value) >= 12:
        for at in {len(one.value) // 2, -(-len(one.value) // 2)}:
            half = one.value[at:]
            number = int(half)
            yield Spelling(f"text {at}", half)
            yield Spelling(f"decimal {at}", b"%d" % number)
            yield Spelling(f"decimal float {at}", b"%.1f" % float(number))
            yield Spelling(f"u64 {at}", number.to_bytes(8, "big"))
            yield Spelling(f"u64 reversed {at}", number.to_bytes(8, "little"))
            yield Spelling(f"float64 {at}", struct.pack("<d", float(number)))
            yield Spelling(f"float64 reversed {at}", struct.pack(">d", float(number)))
    elif len(one.value) >= 14:  # text and bytes of which a part has its own mark
        for label, block in blocks(one):
            if len(block) == 8:
                yield Spelling("block" + label, block)
                yield Spelling("block in hex" + label, block.hex().encode())
                if one.kind.nature == TEXT:
                    number = int.from_bytes(block, "big")
                    yield Spelling("block as decimal" + label, b"%d" % number)
                    yield Spelling("block as u64 reversed" + label, number.to_bytes(8, "little"))


_MASKS = (b"***", b"xxx", b"XXX", b"###", b"...", "•••".encode(), b"---")


@encoding(21, "parts and masks")
def _parts(one: Canary) -> Iterator[Spelling]:
    if one.kind.nature != DIGITS or one.kind.name in (*PLACES, "counter", "lac", "cell_id"):
        return
    digits = one.value
    if len(digits) == IMEI:
        yield Spelling("digits 5 to 14", digits[4:14])
        yield Spelling("without check digit", digits[:14])
        yield Spelling("block and serial", digits[2:14])
        yield Spelling("serial in u64", int(digits[4:14]).to_bytes(8, "big"))
        yield Spelling("serial in u64 reversed", int(digits[4:14]).to_bytes(8, "little"))
    for mask in _MASKS:
        for kept in (4, 5, 6):
            yield Spelling(f"{mask.decode()} {kept}", mask + digits[-kept:])


@encoding(22, "spellings of phones, MACs, plates")
def _spellings(one: Canary) -> Iterator[Spelling]:
    if one.kind.name == "phone":
        # the country code is nobody's, so the national number is looked for behind each
        national = one.value[3:]
        for label, before in (("+31", b"+31"), ("0031", b"0031"), ("0", b"0"), ("+999", b"+999")):
            yield Spelling(label, before + national)
        for gap in (b" ", b"-", b"."):
            yield Spelling(f"gaps {gap!r}", national[:1] + gap + national[1:])
            pairs = gap.join(national[at : at + 2] for at in range(1, len(national), 2))
            yield Spelling(f"pairs {gap!r}", pairs)
    elif one.kind.name in ("bluetooth_mac", "bssid"):
        text = one.value.hex()
        four = [text[at : at + 4] for at in range(0, 12, 4)]
        for name, spelled in (
            (":", one.value.hex(":")), ("-", one.value.hex("-")), (" ", one.value.hex(" ")),
            (". of four", ".".join(four)), ("turned", one.value[::-1].hex(":")),
        ):  # fmt: skip
            yield Spelling(f"lower {name}", spelled.encode())
            yield Spelling(f"upper {name}", spelled.upper().encode())
    elif one.kind.name == "plate":
        body, rest = one.value[:3], (one.value[3:7], one.value[7:])
        for gap in (b"-", b" ", b"."):
            for case in (bytes.upper, bytes.lower):
                yield Spelling(f"{gap!r} {case.__name__}", case(gap.join((body, *rest))))
                yield Spelling(
                    f"{gap!r} 2 {case.__name__}",
                    case(gap.join((body, rest[0][:2], rest[0][2:] + rest[1]))),
                )
    elif one.kind.name == "beacon_uuid":
        text = one.value.hex()
        parts = [text[a:b] for a, b in pairwise((0, 8, 12, 16, 20, 32))]
        yield Spelling("lower", "-".join(parts).encode())
        yield Spelling("upper", "-".join(parts).upper().encode())
