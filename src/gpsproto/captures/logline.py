"""What one line of a server's log says: who spoke, and the bytes, where it holds any.

| line | what is taken |
|---|---|
| `2017-05-10 10:00:00  INFO: [9c6a3f2b: 5027 < 10.0.0.7] HEX: 000f33` | Traccar up to version 4 |
| `2023-01-02 03:04:05  INFO: [T9c6a3f2b: teltonika < 10.0.0.7] 000f33` | Traccar since; `>`: sent |
| `2024-05-01T10:00:00Z 000f33`, `[12:00:01] recv 10.0.0.7:51234: 00 0f 33` | a time, words, digits |
| `10:00:00 received b'\\x00\\x0f3'` | a string as a program shows it |
| `{"time": "...", "dir": "in", "data": "000f33"}` | a field of a JSON object |
| any of them with `[3G*8800000015*0002*LK]` | a watch's frame in clear |

Every other line is a note.  Source: the lines that Traccar's StandardLoggingHandler writes; the rest
is what people write themselves.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from gpsproto.captures.digits import BLANK, HEX

_CONVERSATION = re.compile(
    rb"\[([0-9A-Za-z][0-9A-Za-z-]{0,63}):? ?([0-9A-Za-z._-]{0,40}) ?([<>]) ?[^\]]{0,80}\] ?"
    rb"(?:HEX: ?)?"
)
_CLOSED = re.compile(
    rb"\[([0-9A-Za-z][0-9A-Za-z-]{0,63})\] (?:dis)?connected|\[([0-9A-Za-z-]{1,64})\] timed out"
)
_CLOCK = rb"\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?"
_STAMP = re.compile(
    rb"[\[(<]?(?:[A-Z][a-z]{2},? )?(?:"
    rb"\d{4}[-/.]\d\d[-/.]\d\d(?:[T _]{1,2}" + _CLOCK + rb")?"
    rb"|\d\d?[-/. ](?:\d\d|[A-Z][a-z]{2})[-/. ]\d{2,4}[T ,:]{1,2}"
    + _CLOCK
    + rb"|[A-Z][a-z]{2} [ \d]\d "
    + _CLOCK
    + rb"|\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
    rb"|\d{9,10}\.\d{1,9}"
    rb")(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?[\])>]?[:;,|]?(?=[ \t\r\n]|$)"
)
_ADDRESS = re.compile(
    rb"(?:\d{1,3}\.){3}\d{1,3}(?:[:/ ]\d{1,5}(?![0-9A-Za-z]))?|\[[0-9A-Fa-f:]{3,45}\]:\d{1,5}"
)
_SESSION = re.compile(
    rb"(?i)(?<![a-z])(?:session|sess|conn|connection|client|peer|sid|socket|channel|device|imei)"
    rb"(?:[_ ]?id)?[\"']?[=: #]{1,3}[\"']?([0-9A-Za-z._-]{0,63}[0-9][0-9A-Za-z._-]{0,63})"
    rb"|\[([0-9A-Fa-f]{8}(?:-[0-9A-Fa-f-]{27})?)\]"
)
_WATCH = re.compile(
    rb"\[(?:[0-9A-Fa-f]{32}[0-9A-Za-z]{2,4}|[0-9A-Za-z]{2})\*[0-9A-Za-z]{1,20}\*[0-9A-Fa-f]{4}\*"
)
_LITERAL = re.compile(rb"(?<![0-9A-Za-z])[bB](['\"])")
_NO_WORD = re.sub(rb"\w", b"", bytes(range(256)))
_SPELLED = re.compile(
    rb"[bB]?['\"](?=[^'\"]{0,400}\\x[0-9A-Fa-f]{2})|\\x[0-9A-Fa-f]{2}"
    rb"|0[xX][0-9A-Fa-f]{1,2}[ ,;]{1,3}0[xX]"
)
_FIELD = re.compile(
    rb"(?i)\"(?:hex|data|payload|raw|bytes|frame|packet|message|msg)\"\s{0,3}:\s{0,3}\""
    rb"((?:0x)?[0-9A-Fa-f ]{2,})\""
)
_COUNTED = re.compile(rb"(?i)(?:len|length|size|count|bytes|fd|pid|port|n|id|#)[=: ]{0,3}$")
_WORDS = re.compile(rb"[a-z]{2,}|[<>]+")
_BARE = re.compile(rb"(?i)(?:trace|debug|info|notice|warn|warning|error|[^0-9a-z])*")
_NO_DIGITS = re.compile(rb"\.\d{0,3}\s*$|[ .:][A-Za-z]*[g-zG-Z][A-Za-z]{1,5}\s*$")
_PAIRS_BEFORE = re.compile(rb"(?:^|\s)((?:[0-9A-Fa-f]{2}\s){3}\S{1,4}\s)$")

_RECEIVED = frozenset((
    b"recv", b"rcvd", b"received", b"receiving", b"receive", b"rx", b"incoming", b"inbound",
    b"uplink", b"<", b"<<", b"<<<",
))  # fmt: skip
_SENT = frozenset((
    b"sent", b"send", b"sending", b"tx", b"outgoing", b"outbound", b"downlink", b">", b">>", b">>>",
))  # fmt: skip
_OF_DATA = frozenset((b"hex", b"payload", b"raw", b"bytes", b"data", b"frame", b"packet"))
_MARKS = _RECEIVED | _SENT | _OF_DATA
_WEAK_RECEIVED = frozenset((b"in", b"read"))  # words of any sentence: marks with a sign behind
_WEAK_SENT = frozenset((
    b"out", b"write", b"wrote", b"written", b"writing", b"reply", b"replied", b"response", b"answer",
))  # fmt: skip
_ALL_MARKS = _MARKS | _WEAK_RECEIVED | _WEAK_SENT

_REACH = 160  # characters before the digits, and of the line, in which words are looked for
_NEAR = 3  # words from the digits within which a mark makes them bytes
_SHORT = 16  # digits that want their mark next to them
_UNMARKED = 20  # digits that need no mark, where a letter is among them ...
_DECIMAL = 40  # ... and where none is: shorter ones may be a number
_SUSPECT = 8  # characters, most of them digits: bytes that were damaged
_AROUND = BLANK + b"\"'`]}),;"
_BOUNDARY = BLANK + b":=\"'`<>[](){}|"
_SIGNS = b":=<>|])"
_QUOTES = b"> \t"
_PARTS = (b" ", b"\t", b":", b"=", b"<", b">", b"|", b'"', b"'")


class Said(NamedTuple):
    """A line that holds bytes; ``payload`` is how it spells them."""

    session: bytes
    """What tells conversations apart, empty where nothing does; it never leaves the reader."""
    sent: bool
    """Whether the server sent them."""
    payload: bytes
    at: int
    """Where the payload begins in the line."""

    def __repr__(self) -> str:
        return f"Said({len(self.payload)} characters, redacted)"


def stamp(line: bytes) -> int:
    """Where the time at the front of a line ends; 0 where it begins with none."""
    start = len(line) - len(line.lstrip(BLANK))
    found = _STAMP.match(line, start)
    return found.end() if found is not None else 0


def closed(line: bytes) -> bytes | None:
    """The session that a line says to have begun anew, or to be over."""
    if b"connected" not in line and b"timed out" not in line:
        return None
    found = _CLOSED.search(line)
    return None if found is None else found[1] or found[2]


def said(line: bytes) -> Said | None:
    """Read a line; None where it is a note."""
    found = _CONVERSATION.search(line)
    if found is not None:
        at = found.end()
        return Said(found[1], found[3] == b">", line[at:].strip(BLANK), at)
    start = stamp(line)
    if line[:1] == b"{" or b'"' in line:
        field = _FIELD.search(line)
        if field is not None:
            around = _near(line[: field.start()]) + b" " + line[field.end() :][:_REACH]
            return Said(_session(around), _is_sent(around), field[1], field.start(1))
    return _in_clear(line, start) or _of_digits(line, start)


def _in_clear(line: bytes, start: int) -> Said | None:
    """A watch's frame, or bytes as a program shows them, behind a time or a word."""
    found = _literal(line, start)
    if found is None:
        found = _WATCH.search(line, start)
    if found is None and (b"\\x" in line or b"0x" in line or b"0X" in line):
        found = _SPELLED.search(line, start)
    if found is None:
        return None
    before = line[start : found.start()]
    if not start and not _is_marked(before[-_REACH:], short=False):
        return None
    around = _near(before)
    return Said(
        _session(around), _is_sent(around), line[found.start() :].strip(BLANK), found.start()
    )


def _literal(line: bytes, start: int) -> re.Match[bytes] | None:
    """Where a string of a program begins whose end is that of the line, but for signs."""
    behind = len(line.rstrip(_NO_WORD))
    # looked for once: a pattern would look again from each quote of a hostile line
    ends = {quote: line.rfind(quote, behind) for quote in (b"'", b'"')}
    if max(ends.values()) < 0:
        return None
    for found in _LITERAL.finditer(line, start):
        if found.start(1) < ends[found[1]]:
            return found
    return None


def is_one(line: bytes) -> bool:
    """Whether a line can only be one of a log: it holds bytes, and a time or who spoke."""
    found = said(line)
    if found is None:
        return False
    before = line[: found.at].lower()
    if before and not before.strip(_QUOTES):
        return False  # a sign alone quotes what somebody wrote
    return (
        stamp(line) > 0
        or _CONVERSATION.search(line) is not None
        or line.lstrip(BLANK)[:1] == b"{"
        or any(word in _RECEIVED or word in _SENT for word in _WORDS.findall(_near(before)))
    )


def _of_digits(line: bytes, start: int) -> Said | None:
    """Digits at the end of a line."""
    if _NO_DIGITS.search(line, max(start, len(line) - _SUSPECT)):
        return None
    rest = start
    for address in _ADDRESS.finditer(line, start, start + _REACH):
        rest = address.end()
    body = line.rstrip(_AROUND)
    at = max(len(body.rstrip(HEX + b" \t")), rest)
    at = _groups(body, _word(body, at, rest))
    run = body[at:]
    broken = _broken(body, rest, at)
    if broken:
        run, at = body[-broken:], len(body) - broken
    tail = line[start:at][-_REACH:]
    digits = len(run) - run.count(b" ") - run.count(b"\t")
    marked = _is_marked(tail, short=digits < _SHORT) or (
        start > 0 and _BARE.fullmatch(line[rest:at][-_REACH:]) is not None
    )
    if digits < 2 or not (marked or _speaks(run, digits)):
        return None
    if not (marked or start or _ALL_MARKS.intersection(_WORDS.findall(tail.lower()))):
        return None
    around = _near(line[start:at])
    return Said(_session(around), _is_sent(around), run, at)


def _speaks(run: bytes, digits: int) -> bool:
    """Whether digits are so many that they need no mark."""
    number = run.translate(None, b" \t").isdigit()
    return digits % 2 == 0 and digits >= (_DECIMAL if number else _UNMARKED)


def _word(body: bytes, at: int, least: int) -> int:
    """Where the digits begin that stand behind the word, or the ``0x``, that ends at ``at``."""
    if at > least and body[at - 1 : at] not in _BOUNDARY:
        if body[at - 2 : at].lower() == b"0x":
            return at
        # they are the end of that word
        run = body[at:]
        at += len(run) - len(run.lstrip(HEX))
    run = body[at:]
    at += len(run) - len(run.lstrip(BLANK))
    if _COUNTED.search(body, max(least, at - 12), at):
        parts = body[at:].split(None, 1)
        if len(parts) == 2:
            at = len(body) - len(parts[1])
    return at


def _groups(body: bytes, at: int) -> int:
    """Where the last groups of digits begin that are of one even width, but for the very last."""
    parts = body[at:].split()
    if len(parts) < 2:
        return at
    width = len(parts[-2])
    first = len(parts) - 1
    if len(parts[-1]) <= width and width % 2 == 0:
        while first and len(parts[first - 1]) == width:
            first -= 1
    return at if not first else len(body) - len(body[at:].split(None, first)[-1])


def _broken(body: bytes, least: int, at: int) -> int:
    """Characters at the end of a line that were bytes before they were damaged; 0 where none were."""
    begin = max(least, at - 16)
    pairs = _PAIRS_BEFORE.search(body[begin:at].rstrip() + b" ")
    if pairs is not None:
        return len(body) - begin - pairs.start(1)
    if at < len(body):
        return 0
    first = 1 + max(body.rfind(sign, least) for sign in _PARTS)
    last = body[max(first, least) :]
    good = len(last) - len(last.translate(None, HEX))
    likely = len(last) >= _SUSPECT and 4 * good >= 3 * len(last)
    return len(last) if likely and b"-" not in last and b"." not in last else 0


def _near(before: bytes) -> bytes:
    """The beginning and the end of what stands before the digits."""
    return before if len(before) <= 2 * _REACH else before[:_REACH] + b" " + before[-_REACH:]


def _is_marked(tail: bytes, *, short: bool) -> bool:
    """Whether words before the digits say that they are bytes."""
    words = _WORDS.findall(tail.lower())[-_NEAR:]
    if not words:
        return False
    if tail.rstrip(b" \t\"'`xX0123456789")[-1:] in _SIGNS:
        return not _ALL_MARKS.isdisjoint(words)
    return words[-1] in _MARKS or (not short and not _MARKS.isdisjoint(words))


def _is_sent(around: bytes) -> bool:
    """Whether the last word that says who speaks says the server."""
    for word in reversed(_WORDS.findall(around.lower())):
        if word in _RECEIVED or word in _WEAK_RECEIVED:
            return False
        if word in _SENT or word in _WEAK_SENT:
            return True
    return False


def _session(around: bytes) -> bytes:
    """What tells the conversation of a line from others."""
    named, address = _SESSION.search(around), _ADDRESS.search(around)
    if named is not None and (address is None or b"." not in named[0]):
        return named[1] or named[2]
    return b"" if address is None else address[0]
