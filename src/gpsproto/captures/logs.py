"""A server's log to the conversations in it: what devices sent goes on, what was sent to them counts.

`logline` reads a line.  A conversation is a session of the log; lines that name none are all of one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import final

from gpsproto.balance import Balance
from gpsproto.captures.digits import HEX, dressed, hex_digits, is_text_frame, plain
from gpsproto.captures.flows import Piece
from gpsproto.captures.logline import Said, closed, said, stamp
from gpsproto.captures.recognise import is_packet
from gpsproto.captures.textlines import lines
from gpsproto.errors import ErrorCode

TALKS = 65_536
"""Sessions that are told apart at once; the one that is silent the longest is ended first."""

_LONGEST_HEAD = 4_096  # characters before the bytes of an endless line
_LINE_ENDS = (b"\\r", b"\\n")  # as Traccar writes them behind a text


def pieces(read: Iterable[bytes], balance: Balance, *, talks: int = TALKS) -> Iterator[list[Piece]]:
    """What devices sent, session by session, a list a chunk.

    A line whose bytes are damaged is rejected, and missing in its conversation.
    """
    log = _Log(balance, talks)
    for found in lines(read, _cut):
        for line in found:
            log.take(line)
        yield log.given()


def _cut(line: bytes) -> tuple[bytes, bytes]:
    """Bytes of an endless line, and what says whose the rest is; a note is passed over."""
    found = said(line)
    if found is None or found.at > _LONGEST_HEAD:
        return b"", line[:64]
    head = line[: found.at]
    digits = hex_digits(line[found.at :])
    if digits.translate(None, HEX):
        return line, head
    end = len(line.rstrip()) - 1 if len(digits) % 2 else len(line)
    return line[:end], head + line[end:]


@final
class _Talk:
    """A session of the log."""

    __slots__ = ("flow", "lost", "offset", "text")

    def __init__(self, flow: int) -> None:
        self.flow = flow
        self.offset = 0  # bytes so far
        self.lost = 0  # bytes that a damaged line held
        self.text = False  # a frame in clear has begun and not ended

    def __repr__(self) -> str:
        return f"_Talk({self.offset} bytes)"


@final
class _Log:
    """The lines of a log so far."""

    __slots__ = ("_balance", "_begun", "_given", "_header", "_last", "_most", "_talks")

    def __init__(self, balance: Balance, most: int) -> None:
        self._balance = balance
        self._most = most
        self._talks: dict[bytes, _Talk] = {}  # the longest silent first
        self._begun = 0
        self._given: list[Piece] = []
        self._last: tuple[bytes, bool] | None = None  # who spoke in the line before
        self._header = b""  # the note before, which may say whose the digits below it are

    def __repr__(self) -> str:
        return f"_Log({len(self._talks)} sessions, redacted)"

    def given(self) -> list[Piece]:
        """The pieces of the lines since it was asked last."""
        found, self._given = self._given, []
        return found

    def take(self, line: bytes) -> None:
        """Take a line."""
        found = said(line)
        if found is not None:
            self._last = found.session, found.sent
            self._take(found, len(line))
            return
        session = closed(line)
        if session is not None:
            talk = self._talks.pop(session, None)
            if talk is not None:
                self._given.append(Piece(talk.flow, b"", ended=True))
        elif stamp(line):
            self._header, self._last = line, None
        elif line and (data := plain(hex_digits(line))):
            self._below(data, line)

    def _below(self, data: bytes, line: bytes) -> None:
        """Digits alone in a line are whose the line above says."""
        if self._last is None and self._header:
            # as if the first of them stood behind it
            above = said(self._header.rstrip() + b" " + data[:1].hex().encode())
            self._last = None if above is None else (above.session, above.sent)
            self._header = b""
        if self._last is not None:
            session, sent = self._last
            self._take(Said(session, sent, line, 0), len(line))

    def _talk(self, session: bytes) -> _Talk:
        talk = self._talks.pop(session, None)
        if talk is None:
            if len(self._talks) >= self._most:
                oldest = self._talks.pop(next(iter(self._talks)))
                self._given.append(Piece(oldest.flow, b"", ended=True))
            talk = _Talk(self._begun)
            self._begun += 1
        self._talks[session] = talk
        return talk

    def _take(self, found: Said, size: int) -> None:
        payload = found.payload
        data = plain(payload)
        if data is None:
            data = plain(hex_digits(payload))
        talk = None if found.sent else self._talk(found.session)
        if data is None:
            data = self._in_other_words(payload, talk)
        if talk is None:
            if data is None:
                self._refuse(size, 0)
            else:
                self._balance.pass_over(ErrorCode.FROM_SERVER, len(data))
        elif data is None:
            talk.text = False
            if _is_damaged(payload):
                self._refuse(size, talk.offset)
                talk.lost += max(1, len(payload) // 2)
            else:
                self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(payload))
        elif data:
            datagram = not talk.text and is_packet(data)
            self._given.append(Piece(talk.flow, data, talk.lost, datagram=datagram))
            talk.offset += talk.lost + len(data)
            talk.lost = 0

    def _in_other_words(self, payload: bytes, talk: _Talk | None) -> bytes | None:
        """Bytes that are not spelled by digits alone; None where these are none that we know."""
        if is_text_frame(payload) or (talk is not None and talk.text):
            text = payload
            while text.endswith(_LINE_ENDS):
                text = text[:-2]
            if talk is not None:
                talk.text = not text.endswith(b"]")
            return text
        return dressed(payload)

    def _refuse(self, size: int, offset: int) -> None:
        self._balance.bytes_in += size
        self._balance.reject(ErrorCode.NOT_HEX, size, offset, offset)


def _is_damaged(payload: bytes) -> bool:
    """Whether it would be digits but for some of its characters."""
    return 4 * len(payload.translate(None, HEX + b" ")) <= len(payload)
