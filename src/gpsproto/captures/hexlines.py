"""Lines of hexadecimal digits to bytes: a frame, a TCP read or a datagram a line.

Digits may be dressed as people paste them (`digits`).  A line that is a watch's frame in clear
stands for itself.  A datagram that is wrapped over several lines is put together again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from gpsproto.balance import Balance
from gpsproto.captures.digits import hex_digits, is_note, is_text_frame, plain, spelled, surrounds
from gpsproto.captures.recognise import begins_packet
from gpsproto.captures.textlines import lines
from gpsproto.errors import ErrorCode

_TOLD = 8  # bytes that say whether a datagram may begin ...
_CERTAIN = 12  # ... and that one does: digits of its IMEI are among them


def cut(line: bytes) -> tuple[bytes, bytes]:
    """Part of a line that has not ended, up to a byte that it spells, and what goes on."""
    if is_note(line):
        return b"", line.strip()[:1]
    if is_text_frame(line):
        at = line.rfind(b"][") + 1
        return (line[:at], line[at:]) if at else (line, b"[")
    digits = hex_digits(line)
    if plain(digits[: len(digits) & ~1]) is None:
        at = max(line.rfind(sign) for sign in (b" ", b",", b"\\x"))
        return (line[:at], line[at:]) if at > len(line) // 2 else (line, b"")
    at = len(line.rstrip()) - 1 if len(digits) % 2 else len(line)
    return line[:at], line[at:]


def decoded(
    chunks: Iterable[bytes], balance: Balance, *, datagrams: bool = False
) -> Iterator[list[bytes]]:
    """The bytes of each line, a list a chunk; a line that is not hexadecimal is counted and left out.

    A watch's frame in clear is taken as it is, its line end with it.

    The count of a bad line is of its characters, its offset that of the bytes before it.
    """
    offset = 0
    wrapped = _Wrapped()
    for found in lines(chunks, cut):
        out: list[bytes] = []
        for line in found:
            if is_note(line):
                continue
            if is_text_frame(line):
                out += (*wrapped.end(), line + b"\n")
                offset += len(line) + 1
                continue
            data = spelled(line)
            if data is not None:
                offset += len(data)
                if datagrams:
                    out += wrapped.take(data)
                else:
                    out.append(data)
            elif not surrounds(line):
                out += wrapped.end()
                balance.bytes_in += len(line)
                balance.reject(ErrorCode.NOT_HEX, len(line), offset, offset)
        if out:
            yield out
    if rest := wrapped.end():
        yield rest


class _Wrapped:
    """Datagrams that do not end with their lines."""

    __slots__ = ("_held",)

    def __init__(self) -> None:
        self._held = b""

    def __repr__(self) -> str:
        return f"_Wrapped({len(self._held)} bytes)"

    def take(self, data: bytes) -> list[bytes]:
        """The datagrams that a line completes; a line that begins one ends what was cut off."""
        done = self.end() if len(data) >= _CERTAIN and begins_packet(data) else []
        held = self._held + data
        while len(held) >= _TOLD and begins_packet(held):
            size = 2 + int.from_bytes(held[:2], "big")
            if len(held) < size:
                break
            done.append(held[:size])
            held = held[size:]
        self._held = held
        return done if len(held) < _TOLD or begins_packet(held) else done + self.end()

    def end(self) -> list[bytes]:
        """What is there of one, if anything is."""
        found, self._held = self._held, b""
        return [found] if found else []
