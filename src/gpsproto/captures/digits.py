"""Bytes as people write them: hexadecimal digits in any dress, or the escapes of a program.

| written | what it is |
|---|---|
| `000f33`, `00 0F 33`, `0x000f33` | digits, blanks between bytes |
| `0x00, 0x0f, 0x33`, `{0x0, 0xf};` | a list of a program, a byte each |
| `00:0f:33`, `00-0f-33` | pairs |
| `\\x00\\x0f3`, `b'\\x00\\x0f3'` | a string of a program: what is no escape stands for itself |
| `hex: 000f33`, `data = "000f33"` | any of them behind a label |
| `bytes.fromhex("000f33")`, `bytes([0x00, 0x0f])`, `<Buffer 00 0f>` | any of them in a call |
"""

from __future__ import annotations

import re
from binascii import Error, unhexlify

_AROUND_BYTES = re.compile(
    rb"[ \t]*(?:[`~{}()\[\];,=*_\"'-]{1,200}[ \t\r]*$"
    rb"|(?:(?:static|const|unsigned|signed|char|int|uint8_t|byte) ){1,6}"
    rb"|[A-Za-z_][0-9A-Za-z_.]{0,40}[ \t]*=[ \t]*(?:[A-Za-z_][0-9A-Za-z_.]{0,40})?[\[({]{1,3}[ \t\r]*$)"
)
_TEXT_FRAME = re.compile(rb"[ \t\r]*\[[0-9A-Za-z]{2,36}\*")
HEX = b"0123456789abcdefABCDEF"
BLANK = b" \t\r\n"

_COMMENT = re.compile(rb"/\*[^*]*\*/")
_LABEL = re.compile(rb"[ \t]*[\"']?[A-Za-z][0-9A-Za-z_ .()\[\]-]{0,40}[\"']?[ \t]*[:=]+[ \t]*")
_CALL = re.compile(
    rb"(?:[^(<]{0,60}[ \t=])?(?:(?:new )?[A-Za-z_][0-9A-Za-z_.]{0,40}\(|<Buffer )"
    rb"(?P<bytes>[\[{(\"'0-9A-Fa-f][^()<>]*?)(?:,[ \t]*[\"'](?:hex|HEX)[\"'])?[)>][);, \t\r]*"
)
_PAIRS = re.compile(rb"[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2})+|(?:-[0-9A-Fa-f]{2}){3,})")
_PAIR_SIGNS = b":-"
_BYTE_0X = re.compile(rb"0[xX]([0-9A-Fa-f]{1,2})(?![0-9A-Fa-f])")
_AROUND = BLANK + b"[]{}()<>\"'`,;+\\"
_BETWEEN = b",;\"'`"
_LITERAL = re.compile(rb"(?:[A-Za-z0-9_. \t]{1,40}[:=][ \t]*)?[bB][\"']")
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPED = {
    b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"a": b"\a", b"b": b"\b", b"f": b"\f",
    b"v": b"\v", b"\\": b"\\", b"'": b"'", b'"': b'"',
}  # fmt: skip
_LEAST_BEHIND_LABEL = 8  # digits: "length: 40" is no byte
_LEAST_IN_CALL = 20  # digits: "f(20240501)" is a day


def is_note(line: bytes) -> bool:
    """Whether a line is blank or a comment."""
    stripped = line.strip()
    return not stripped or stripped.startswith(b"#")


def surrounds(line: bytes) -> bool:
    """Whether a line stands around bytes and spells none: a fence of a forum, a declaration."""
    return _AROUND_BYTES.match(line) is not None


def is_text_frame(line: bytes) -> bool:
    """Whether a line begins as a watch's frame does: such a line is one as it stands."""
    return _TEXT_FRAME.match(line) is not None


def hex_digits(line: bytes) -> bytes:
    """The digits of a line: blanks between bytes and a leading ``0x`` taken off."""
    digits = line.translate(None, BLANK)
    return digits[2:] if digits[:2] in (b"0x", b"0X") else digits


def plain(digits: bytes) -> bytes | None:
    """The bytes that digits spell, without anything between; None where they spell none."""
    try:
        return unhexlify(digits)
    except (Error, ValueError):  # neither text quotes them
        return None


def spelled(line: bytes) -> bytes | None:
    """The bytes that a line spells in any of the ways above; None where it spells none."""
    found = plain(hex_digits(line))
    if found is None:
        found = dressed(line)
    return found


def whole(line: bytes) -> bytes:
    """A line that breaks off anywhere, as far as its last whole byte."""
    digits = hex_digits(line)
    if not digits.translate(None, HEX):
        return digits[: len(digits) & ~1]
    end = max(line.rfind(sign) for sign in (b" ", b",", b"\\", b":", b"-"))
    return line[:end] if end > 0 else line


def dressed(line: bytes) -> bytes | None:
    """The bytes of a line that is not digits alone."""
    if b"\\x" in line or _LITERAL.match(line.lstrip()):
        return _unescaped(line)
    line = _COMMENT.sub(b"", line)
    found = _listed(line)
    label = _LABEL.match(line) if found is None else None
    if label is not None:
        found = _listed(line[label.end() :])
        if found is not None and 2 * len(found) < _LEAST_BEHIND_LABEL:
            return None
    call = _CALL.fullmatch(line) if found is None else None
    if call is not None:
        found = _listed(call["bytes"])
        if found is not None and 2 * len(found) < _LEAST_IN_CALL:
            return None
    return found


def _listed(text: bytes) -> bytes | None:
    """Digits with signs around and between them."""
    text = text.strip(_AROUND)
    if not text:
        return None
    if text[:2] not in (b"0x", b"0X"):
        if _PAIRS.fullmatch(text):
            return plain(text.translate(None, _PAIR_SIGNS))
        return plain(text.translate(None, BLANK + _BETWEEN))
    bytewise = _BYTE_0X.findall(text)
    if not _BYTE_0X.sub(b"", text).translate(None, BLANK + _BETWEEN):
        return bytes(int(byte, 16) for byte in bytewise)
    parts = text.translate(None, _BETWEEN).split()
    return plain(b"".join(part[2:] if part[:2] in (b"0x", b"0X") else part for part in parts))


def _unescaped(line: bytes) -> bytes | None:
    """A string of a program: its escapes, and what stands for itself between them."""
    quotes = [at for at in (line.find(b"'"), line.find(b'"')) if at >= 0]
    if quotes:
        quote = min(quotes)
        last = line.rfind(line[quote : quote + 1])
        text = line[quote + 1 : last] if last > quote else line[quote + 1 :]
    else:
        text = line[max(line.find(b"\\x"), 0) :].strip(BLANK)
    bad = False

    def one(match: re.Match[bytes]) -> bytes:
        nonlocal bad
        mark = match[1]
        if len(mark) == 3:
            return bytes((int(mark[1:], 16),))
        bad = bad or mark not in _ESCAPED
        return _ESCAPED.get(mark, b"")

    found = _ESCAPE.sub(one, text)
    return None if bad or not found else found
