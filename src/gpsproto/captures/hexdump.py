"""Dumps as tools print them: an offset, bytes in hexadecimal, and the text beside them.

| tool | a line |
|---|---|
| `xxd` | `00000000: 000f 3335 3633  ..3563` |
| `hexdump -C`, `od -A x -t x1z` | `00000000  00 0f 33 35  \\|..35\\|`, `*` for lines that repeat |
| Wireshark, follow stream as a hex dump | the same; the server's lines are indented |
| Wireshark, follow stream as C arrays | `char peer0_0[] = {`, `0x00, 0x0f };`; `peer1` is the server |
| `tshark -z follow,tcp,raw` | lines of digits, the server's behind a tab |

The offset says whether lines are missing.  Where it begins anew at 0, so does the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

from gpsproto.balance import Balance
from gpsproto.captures.digits import HEX, hex_digits, is_note, plain, spelled
from gpsproto.captures.flows import Piece
from gpsproto.captures.textlines import lines
from gpsproto.errors import ErrorCode

_PAIR = rb"[0-9A-Fa-f]{2}"
_ROW = re.compile(
    rb"([ \t]*)([0-9A-Fa-f]{4,16})(?:"
    rb":[ \t]+([0-9A-Fa-f]{2,64}(?: [0-9A-Fa-f]{2,64})*)(?=[ \t]{2}|[ \t\r]*$)"
    rb"|[ \t]{1,4}((?:PAIR ){7}PAIR  (?:PAIR ){0,7}PAIR|PAIR(?: PAIR)*)"
    rb"(?=[ \t]{2}|[ \t]+[|>]|[ \t\r]*$))".replace(b"PAIR", _PAIR)
)
_END = re.compile(rb"[ \t]*([0-9A-Fa-f]{6,16})[ \t\r]*$")
_ARRAY = re.compile(rb"[ \t]*(?:static |const |unsigned )*char peer([01])_\d+\[\d*\] *=")
_HEADS = re.compile(rb"[ \t]*(?:[=~`{};-]{1,200}[ \t\r]*$|Follow: |Filter: |Node \d|[$%>] )")
_FOLLOW = re.compile(rb"[ \t]*Follow: \w+,(\w+)")
_OTHER_RADIXES = (8, 10)
_MOST_REPEATED = 1 << 20  # bytes that all `*` of a dump may stand for: frames hold no more ...
_REPEATED = 16  # ... but so many for each that is written out: a short text fills no memory
_HEAD_LINES = 200


class Row(NamedTuple):
    """A line of a dump."""

    indent: int
    offset: bytes
    """As it is written: the first lines say in which radix."""
    data: bytes

    def __repr__(self) -> str:
        return f"Row({len(self.data)} bytes, redacted)"


def row(line: bytes) -> Row | None:
    """Read a line; None where it is none of a dump."""
    found = _ROW.match(line)
    if found is None:
        return None
    data = plain(hex_digits(found[3] or found[4]))
    return None if data is None else Row(len(found[1]), found[2], data)


def begins(head: bytes) -> bool:
    """Whether a text is a dump: a line of offset 0, or two lines whose offsets follow each other."""
    follows = b""
    for line in head.splitlines()[:_HEAD_LINES]:
        if _FOLLOW.match(line) or _ARRAY.match(line):
            return True
        found = row(line)
        if found is None:
            continue
        if not found.offset.strip(b"0") or found.offset.lower() == follows:
            return True
        follows = b"%0*x" % (len(found.offset), int(found.offset, 16) + len(found.data))
    return False


def pieces(read: Iterable[bytes], balance: Balance) -> Iterator[list[Piece]]:
    """What the device sent, conversation by conversation; what the server sent is counted."""
    dump = _Dump(balance)
    for found in lines(read, _cut):
        for line in found:
            dump.take(line)
        yield dump.given()


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """No line of a dump is so long: the rest of it is passed over."""
    return line, b"#"


@final
class _Dump:
    """The lines of a dump so far."""

    __slots__ = (
        "_balance", "_base", "_expected", "_flow", "_given", "_last", "_lines", "_offset",
        "_parts", "_peer", "_radix", "_raw", "_repeatable", "_repeats", "_served",
    )  # fmt: skip

    def __init__(self, balance: Balance) -> None:
        self._balance = balance
        self._base: int | None = None  # the least indent of a line: the device's
        self._flow = 0
        self._offset = 0  # bytes of this conversation
        self._given: list[Piece] = []
        self._parts: list[bytes] = []
        self._peer: int | None = None
        self._raw = False
        self._repeatable = _MOST_REPEATED  # bytes
        self._begin()

    def __repr__(self) -> str:
        return f"_Dump({self._offset} bytes, redacted)"

    def _begin(self) -> None:
        self._expected = self._served = 0  # offsets that follow, of device and server
        self._lines = 0
        self._radix = 16
        self._repeats = False
        self._last = b""

    def given(self) -> list[Piece]:
        """The pieces of the lines since it was asked last."""
        self._join()
        found, self._given = self._given, []
        return found

    def _join(self, *, lost: int = 0, ended: bool = False) -> None:
        """Make a piece of what was gathered, before a gap or an end."""
        if self._parts or ended:
            self._given.append(Piece(self._flow, b"".join(self._parts), ended=ended))
            self._parts = []
        if lost:
            self._given.append(Piece(self._flow, b"", lost))

    def _restart(self) -> None:
        """Another conversation begins."""
        if self._offset:
            self._join(ended=True)
            self._flow += 1
            self._offset = 0
        self._begin()

    def take(self, line: bytes) -> None:
        """Take a line."""
        found = row(line)
        if found is not None and self._peer is None:
            self._take_row(found)
            return
        if is_note(line):
            return
        array = _ARRAY.match(line)
        if array is not None:
            self._peer = int(array[1])
            line = line[array.end() :].strip(b" \t\r{")
            if line:
                self._take_bytes(line, of_server=self._peer == 1)
        elif self._peer is not None and not _HEADS.match(line):
            self._take_bytes(line, of_server=self._peer == 1)
        elif line.strip() == b"*":
            self._repeats = True
        elif self._raw and not hex_digits(line).translate(None, HEX):
            self._take_bytes(line, of_server=line[:1] in (b"\t", b" "))
        elif end := _END.match(line):
            self._repeat(int(end[1], 16) if self._lines < 2 else self._number(end[1]))
        elif follow := _FOLLOW.match(line):
            self._restart()
            self._raw = follow[1] == b"raw"
        elif not _HEADS.match(line):
            self._refuse(line)

    def _refuse(self, line: bytes) -> None:
        self._balance.bytes_in += len(line)
        self._balance.reject(ErrorCode.NOT_HEX, len(line), self._offset, self._offset)

    def _take_bytes(self, line: bytes, *, of_server: bool) -> None:
        data = spelled(line)
        if data is None:
            self._refuse(line)
        elif of_server:
            self._balance.pass_over(ErrorCode.FROM_SERVER, len(data))
        else:
            self._parts.append(data)
            self._offset += len(data)

    def _number(self, offset: bytes) -> int:
        """An offset in the radix of this dump."""
        try:
            return int(offset, self._radix)
        except ValueError:  # its text is not passed on
            return int(offset, 16)

    def _take_row(self, found: Row) -> None:
        if self._base is None or found.indent < self._base:
            self._base = found.indent
        offset = self._number(found.offset)
        if found.indent > self._base and self._of_server(offset):
            self._served = offset + len(found.data)
            self._balance.pass_over(ErrorCode.FROM_SERVER, len(found.data))
            return
        if not offset and self._expected:
            self._restart()
        if self._lines == 1 and offset != self._expected and not self._repeats:
            self._radix = self._of_second(found.offset)
            offset = self._number(found.offset)
        self._repeat(offset)
        if offset > self._expected and self._offset:
            self._join(lost=offset - self._expected)
        self._lines += 1
        self._repeatable += _REPEATED * len(found.data)
        self._last = found.data
        self._parts.append(found.data)
        self._offset += len(found.data)
        self._expected = max(self._expected, offset) + len(found.data)

    def _of_server(self, offset: int) -> bool:
        """Whether an indented line is the server's, and none of the device's that slipped."""
        return offset == self._served or offset != self._expected

    def _of_second(self, offset: bytes) -> int:
        for radix in _OTHER_RADIXES:
            if not offset.translate(None, b"0123456789"[:radix]) and (
                int(offset, radix) == self._expected
            ):
                return radix
        return 16

    def _repeat(self, offset: int) -> None:
        """Write out the lines that a ``*`` stands for, up to an offset."""
        size = offset - self._expected
        if self._repeats and self._last and 0 < size <= self._repeatable:
            self._repeatable -= size
            times = -(-size // len(self._last))
            self._parts.append((self._last * times)[:size])
            self._expected, self._offset = offset, self._offset + size
        self._repeats = False
