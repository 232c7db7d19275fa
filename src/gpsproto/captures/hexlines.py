"""Lines of hexadecimal digits to bytes: a frame, a TCP read or a datagram a line.

A line that is a watch's frame in clear stands for itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gpsproto.balance import Balance
from gpsproto.captures.recognise import hex_digits, is_note, is_text_frame
from gpsproto.errors import ErrorCode

_LONGEST_LINE = 1 << 20
_DIGITS = b"0123456789abcdefABCDEF"
_BOM = b"\xef\xbb\xbf"


def lines(chunks: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Whole lines, a list a chunk.  An endless line is cut between two bytes that it spells."""
    rest = b""
    first = True
    for chunk in chunks:
        text = rest + chunk
        if first:
            if len(text) < len(_BOM) and _BOM.startswith(text):
                rest = text
                continue
            text = text.removeprefix(_BOM)
            first = False
        found = text.split(b"\n")
        rest = found.pop()
        if len(rest) > _LONGEST_LINE:
            whole, rest = _cut(rest)
            found.append(whole)
        if found:
            yield found
    if rest:
        yield [rest]


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """Part of a line that has not ended, and what goes before the rest of it."""
    if is_note(line):
        return b"", line.strip()[:1]
    if is_text_frame(line):
        at = line.rfind(b"][") + 1
        return (line[:at], line[at:]) if at else (line, b"[")
    odd = len(hex_digits(line)) % 2
    cut = len(line.rstrip()) - 1 if odd else len(line)
    return line[:cut], line[cut:]


def decoded(chunks: Iterable[bytes], balance: Balance) -> Iterator[list[bytes]]:
    """The bytes of each line, a list a chunk; a line that is not hexadecimal is counted and left out.

    A watch's frame in clear is taken as it is, its line end with it.

    The count of a bad line is of its characters, its offset that of the bytes before it.
    """
    offset = 0
    for found in lines(chunks):
        out: list[bytes] = []
        for line in found:
            if is_note(line):
                continue
            if is_text_frame(line):
                out.append(line + b"\n")
                offset += len(out[-1])
                continue
            digits = hex_digits(line)
            # fromhex would quote nothing, but it also takes blanks inside a byte
            if len(digits) % 2 or digits.translate(None, _DIGITS):
                balance.bytes_in += len(line)
                balance.reject(ErrorCode.NOT_HEX, len(line), offset, offset)
                continue
            data = bytes.fromhex(digits.decode("ascii"))
            offset += len(data)
            out.append(data)
        if out:
            yield out
