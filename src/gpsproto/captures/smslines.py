"""Lines that end in hexadecimal digits to messages: an SMS a line.

What stands before the digits (a time, a sender) is not looked at; a line of text is an SMS of text.
Bytes that are no lines at all are one SMS.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from gpsproto.balance import Balance
from gpsproto.captures.digits import hex_digits, is_note
from gpsproto.captures.hexlines import cut
from gpsproto.captures.textlines import lines
from gpsproto.errors import ErrorCode
from gpsproto.wire.teltonika_sms import CODECS

_DIGITS = b"0123456789abcdefABCDEF"
_LEAST = 20  # digits behind something else: fewer may be a sender
_BEFORE = b" \t,;:=|<>[]()\"'"
_AFTER = b" \t\r<>[]()\"'"
_LONGEST = 1 << 16


def messages(chunks: Iterable[bytes], balance: Balance) -> Iterator[list[bytes]]:
    """The SMS of each line, a list a chunk; a line of anything else is counted and left out.

    The count of such a line is of its characters, its offset that of the bytes before it.
    """
    read = iter(chunks)
    first = next(read, b"")
    if first[:1] and first[0] in CODECS:
        yield [_whole(first, read, balance)]
        return
    offset = 0
    for found in lines(chain([first], read), cut):
        out = []
        for line in found:
            if is_note(line):
                continue
            data = _message(line)
            if data is None:
                balance.bytes_in += len(line)
                balance.skip(ErrorCode.FOREIGN_TEXT, len(line), offset)
                continue
            offset += len(data)
            out.append(data)
        if out:
            yield out


def _whole(first: bytes, rest: Iterable[bytes], balance: Balance) -> bytes:
    """One SMS that is no text; what is more than one can be is counted."""
    data = first
    for chunk in rest:
        if len(data) <= _LONGEST:
            data += chunk
        else:
            balance.bytes_in += len(chunk)
            balance.skip(ErrorCode.TOO_LARGE, len(chunk), len(data))
    return data


def _message(line: bytes) -> bytes | None:
    """The bytes that a line spells; None where it ends in no digits."""
    digits = hex_digits(line)
    spelled = not len(digits) % 2 and not digits.translate(None, _DIGITS)
    whole = bytes.fromhex(digits.decode("ascii")) if spelled else None
    if whole is not None and whole[0] in CODECS:
        return whole
    text = line.rstrip(_AFTER)
    before = text.rstrip(_DIGITS)
    digits = text[len(before) :]
    before = before.removesuffix(b"0x")
    if len(digits) % 2 or len(digits) < _LEAST or before[-1:] not in _BEFORE:
        return whole
    last = bytes.fromhex(digits.decode("ascii"))
    return last if whole is None or last[0] in CODECS else whole
