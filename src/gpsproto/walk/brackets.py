# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Find the bracketed frames of watches in bytes, for one live chunk and for a whole dump alike.

The scan writes what it finds into a flat table of events (``codes``); it copies nothing.  A frame
ends where its length field says, if a bracket closes there and no other frame's head stands before
it; else where the brackets match, and then the frame says so.  What is found does not depend on how
the bytes were cut, and the work is linear in them: a head is short, no two heads overlap, and
nothing is searched beyond the next one.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

if cython.compiled:
    from cython.cimports.libc.string import memchr

COMPILED: bool = cython.compiled

_AT = cython.declare(cython.Py_ssize_t, codes.AT)
_AT_START = cython.declare(cython.longlong, codes.AT_START)
_BETWEEN_FRAMES = cython.declare(cython.longlong, codes.BETWEEN_FRAMES)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_BRACKET = cython.declare(cython.longlong, codes.BRACKET)
_CODE = cython.declare(cython.Py_ssize_t, codes.CODE)
_CODEC = cython.declare(cython.Py_ssize_t, codes.CODEC)
_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.CONVERSATION)
_COUNT = cython.declare(cython.Py_ssize_t, codes.COUNT)
_DEPTH = cython.declare(cython.Py_ssize_t, codes.DEPTH)
_ELSEWHERE = cython.declare(cython.longlong, codes.ELSEWHERE)
_ENCRYPTED = cython.declare(cython.longlong, codes.ENCRYPTED)
_FOREIGN_GT06 = cython.declare(cython.longlong, codes.FOREIGN_GT06)
_FOREIGN_HTTP = cython.declare(cython.longlong, codes.FOREIGN_HTTP)
_FOREIGN_IWAP = cython.declare(cython.longlong, codes.FOREIGN_IWAP)
_FOREIGN_TLS = cython.declare(cython.longlong, codes.FOREIGN_TLS)
_FOUND = cython.declare(cython.Py_ssize_t, codes.FOUND)
_FRAME = cython.declare(cython.longlong, codes.FRAME)
_HEAD_ID = cython.declare(cython.Py_ssize_t, codes.HEAD_ID)
_HEAD_LENGTH = cython.declare(cython.Py_ssize_t, codes.HEAD_LENGTH)
_IDS_FIRST = cython.declare(cython.Py_ssize_t, codes.IDS_FIRST)
_IDS_LEFT = cython.declare(cython.Py_ssize_t, codes.IDS_LEFT)
_IDS_STRIDE = cython.declare(cython.Py_ssize_t, codes.IDS_STRIDE)
_IN_STREAM = cython.declare(cython.longlong, codes.IN_STREAM)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_LENGTH_MISMATCH = cython.declare(cython.longlong, codes.LENGTH_MISMATCH)
_LOOKED = cython.declare(cython.Py_ssize_t, codes.LOOKED)
_LOOKING = cython.declare(cython.Py_ssize_t, codes.LOOKING)
_LOOKING_BRACKETS = cython.declare(cython.longlong, codes.LOOKING_BRACKETS)
_LOOKING_HEADS = cython.declare(cython.longlong, codes.LOOKING_HEADS)
_LOOKING_NOT = cython.declare(cython.longlong, codes.LOOKING_NOT)
_LOST = cython.declare(cython.longlong, codes.LOST)
_MODE = cython.declare(cython.Py_ssize_t, codes.MODE)
_NEEDED = cython.declare(cython.Py_ssize_t, codes.NEEDED)
_NEXT = cython.declare(cython.Py_ssize_t, codes.NEXT)
_NO_FRAME = cython.declare(cython.longlong, codes.NO_FRAME)
_OFFSET = cython.declare(cython.Py_ssize_t, codes.OFFSET)
_OTHERS = cython.declare(cython.Py_ssize_t, codes.OTHERS)
_POSITION = cython.declare(cython.Py_ssize_t, codes.POSITION)
_REASON = cython.declare(cython.Py_ssize_t, codes.REASON)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_SEARCHING = cython.declare(cython.longlong, codes.SEARCHING)
_SIGNED = cython.declare(cython.longlong, codes.SIGNED)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_SKIPPED = cython.declare(cython.longlong, codes.SKIPPED)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TOO_LARGE = cython.declare(cython.longlong, codes.TOO_LARGE)
_TRUNCATED = cython.declare(cython.longlong, codes.TRUNCATED)
_UNBRACKETED = cython.declare(cython.longlong, codes.UNBRACKETED)

_CLOSE = cython.declare(cython.int, 0x5D)
_OPEN = cython.declare(cython.int, 0x5B)
_STAR = cython.declare(cython.int, 0x2A)
_MASK64 = cython.declare(cython.ulonglong, 0xFFFFFFFFFFFFFFFF)
_LEAST_HEAD = cython.declare(cython.Py_ssize_t, 11)  # [VV*I*hhhh*
_LONGEST_ID = cython.declare(cython.Py_ssize_t, 20)
_SIGNATURE = cython.declare(cython.Py_ssize_t, codes.SIGNATURE)

# What the readers below say of bytes that end too early to be told
_CUT = cython.declare(cython.Py_ssize_t, -1)
_NOT_THERE = cython.declare(cython.Py_ssize_t, -2)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _alphanumeric(byte: cython.int) -> cython.bint:
    return 48 <= byte <= 57 or 97 <= byte <= 122 or 65 <= byte <= 90


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _nibble(byte: cython.int) -> cython.int:
    """The value of a hexadecimal digit; -1 where it is none."""
    if 48 <= byte <= 57:
        return byte - 48
    byte |= 32
    return byte - 87 if 97 <= byte <= 102 else -1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _blank(byte: cython.int) -> cython.bint:
    return byte == 13 or byte == 10 or byte == 32 or byte == 9


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _length(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Value of four hexadecimal digits and a star; CUT, or NOT_THERE."""
    value: cython.Py_ssize_t = 0
    index: cython.Py_ssize_t
    digit: cython.int
    for index in range(at, min(at + 4, stop)):
        digit = _nibble(data[index])
        if digit < 0:
            return _NOT_THERE
        value = value * 16 + digit
    if stop - at < 5:
        return _CUT
    return value if data[at + 4] == _STAR else _NOT_THERE


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _longer_prefix(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """First byte of the id behind 32 digits of a signature and a name of 2 to 4; CUT, NOT_THERE."""
    index: cython.Py_ssize_t = at
    while index < stop and index < at + _SIGNATURE + 5 and _alphanumeric(data[index]):
        if index < at + _SIGNATURE and index >= at + 2 and _nibble(data[index]) < 0:
            return _NOT_THERE
        index += 1
    if index > at + 2 and (_nibble(data[at]) < 0 or _nibble(data[at + 1]) < 0):
        return _NOT_THERE
    if index == stop:
        return _CUT if index < at + _SIGNATURE + 5 else _NOT_THERE
    if data[index] != _STAR or index < at + _SIGNATURE + 2 or index > at + _SIGNATURE + 4:
        return _NOT_THERE
    return index + 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _head(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """First byte behind the head whose bracket is at ``at``: ``VV*ID*hhhh*``; CUT, or NOT_THERE.

    Its id begins at HEAD_ID and ends six bytes before; the length field is in HEAD_LENGTH.
    """
    index: cython.Py_ssize_t = at + 1
    least: cython.Py_ssize_t
    length: cython.Py_ssize_t
    if (
        stop - index >= 3
        and data[index + 2] == _STAR
        and _alphanumeric(data[index])
        and _alphanumeric(data[index + 1])
    ):
        index += 3
    else:
        index = _longer_prefix(data, index, stop)
        if index < 0:
            return index
    least = index
    while index < stop and index <= least + _LONGEST_ID and _alphanumeric(data[index]):
        index += 1
    if index > least + _LONGEST_ID:
        return _NOT_THERE
    if index == stop:
        return _CUT
    if index == least or data[index] != _STAR:
        return _NOT_THERE
    length = _length(data, index + 1, stop)
    if length < 0:
        return length
    state[_HEAD_ID] = least
    state[_HEAD_LENGTH] = length
    return index + 6


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _next_open(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """First opening bracket from ``at`` on, or ``stop``."""
    found: cython.Py_ssize_t
    if at >= stop:
        return stop
    if not cython.compiled:
        found = bytes(data[at:stop]).find(b"[")
        return stop if found < 0 else at + found
    first: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at])
    byte: cython.pointer[cython.const[cython.uchar]] = cython.cast(
        cython.pointer[cython.const[cython.uchar]], memchr(first, 0x5B, stop - at)
    )
    return stop if byte == cython.NULL else at + (byte - first)


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _next_bracket(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    mixed: cython.bint,
) -> cython.Py_ssize_t:
    """First bracket of either kind from ``at`` on, or zero byte where ``mixed``; or ``stop``."""
    index: cython.Py_ssize_t
    block: cython.Py_ssize_t
    seen: cython.uchar
    third: cython.uchar = 0 if mixed else _OPEN
    while at < stop:
        block = min(stop, at + 64)
        seen = 0
        if not cython.compiled:
            seen = 1
        else:
            for index in range(at, block):
                seen |= (data[index] == 0x5B) | (data[index] == 0x5D) | (data[index] == third)
        if seen:
            for index in range(at, block):
                if data[index] == _OPEN or data[index] == _CLOSE or data[index] == third:
                    return index
        at = block
    return stop


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _next_head(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    eof: cython.bint,
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """First whole head that begins in ``[at, last)``; CUT, or NOT_THERE.  LOOKED: it is not before."""
    content: cython.Py_ssize_t
    last = min(last, stop)
    while True:
        at = _next_open(data, at, last)
        if at >= last:
            state[_LOOKED] = last
            return _NOT_THERE
        content = _head(data, at, stop, state)
        state[_LOOKED] = at
        if content >= 0:
            return at
        if content == _CUT and not eof:
            return _CUT
        at += 1


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _lands(
    data: cython.const[cython.uchar][::1],
    content: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    eof: cython.bint,
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """Whether a bracket closes behind ``size`` bytes of content without a head; or CUT."""
    end: cython.Py_ssize_t = content + size
    if end < stop:
        # where a bracket closes no head is cut: what begins before ends before
        return (
            data[end] == _CLOSE and _next_head(data, content, end, end, True, state) == _NOT_THERE
        )
    if eof or _next_head(data, content, end, stop, False, state) >= 0:
        return 0
    return _CUT


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _matched(
    data: cython.const[cython.uchar][::1],
    content: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    eof: cython.bint,
    mixed: cython.bint,
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """The bracket, before ``last``, that closes the content; CUT.

    NOT_THERE: none does.  LOOKED is then where the next frame begins, or how far the bytes go.
    """
    index: cython.Py_ssize_t = content
    until: cython.Py_ssize_t = min(last, stop)
    head: cython.Py_ssize_t
    depth: cython.Py_ssize_t = 0
    closed: cython.Py_ssize_t = _NOT_THERE
    while True:
        index = _next_bracket(data, index, until, mixed)
        state[_LOOKED] = index
        if index >= until:
            break
        if data[index] == _CLOSE:
            closed = index
            if depth == 0:
                return closed
            depth -= 1
        elif data[index] == _OPEN:
            head = _head(data, index, stop, state)
            if head >= 0:
                return closed
            if head == _CUT and not eof:
                state[_DEPTH] = depth
                return _CUT
            depth += 1
        else:
            # text holds no zero byte: what follows is no watch's
            return closed
        index += 1
    state[_DEPTH] = depth
    if stop < last and not eof:
        return _CUT
    return closed


def look_on(
    data: cython.const[cython.uchar][::1], mixed: cython.bint, state: cython.longlong[::1]
) -> int:
    """Go on looking, in bytes behind LOOKED, for what ends the wait of a scan.

    Return -1 where it is there; else how many of the bytes have been looked at: the rest may begin
    a head, and must come again with what follows it.
    """
    index: cython.Py_ssize_t = 0
    head: cython.Py_ssize_t
    stop: cython.Py_ssize_t = len(data)
    brackets: cython.bint = state[_LOOKING] == _LOOKING_BRACKETS
    if not brackets:
        head = _next_head(data, 0, stop, stop, False, state)
        return -1 if head >= 0 else state[_LOOKED]
    while True:
        index = _next_bracket(data, index, stop, mixed)
        if index >= stop:
            return stop
        if data[index] == _CLOSE:
            if state[_DEPTH] == 0:
                return -1
            state[_DEPTH] -= 1
        elif data[index] == _OPEN:
            head = _head(data, index, stop, state)
            if head >= 0:
                return -1
            if head == _CUT:
                return index
            state[_DEPTH] += 1
        else:
            return -1
        index += 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _begins(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    text: cython.ulonglong,
    size: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Whether the ``size`` bytes of ``text`` stand at ``at``: 1, CUT or NOT_THERE."""
    index: cython.Py_ssize_t
    for index in range(min(size, stop - at)):
        if data[at + index] != ((text >> (8 * (size - 1 - index))) & 0xFF):
            return _NOT_THERE
    return 1 if stop - at >= size else _CUT


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _http(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.Py_ssize_t:
    """Whether an HTTP request begins: capital letters, a blank, a slash or star; CUT, NOT_THERE."""
    index: cython.Py_ssize_t = at
    while index < stop and index < at + 8 and 65 <= data[index] <= 90:
        index += 1
    if stop - index < 2 and index < at + 8:
        return _CUT if index == stop or (data[index] == 32 and index >= at + 3) else _NOT_THERE
    if index < at + 3 or index >= at + 8 or data[index] != 32:
        return _NOT_THERE
    return 1 if data[index + 1] == 47 or data[index + 1] == _STAR else _NOT_THERE


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _named(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    eof: cython.bint,
    at_start: cython.bint,
    state: cython.longlong[::1],
) -> cython.longlong:
    """Name what begins here and is not this protocol; NO_FRAME where it has no name; CUT."""
    said: cython.Py_ssize_t = _head(data, at - 1, stop, state)
    if said >= 0:
        return _UNBRACKETED
    if said == _CUT and not eof:
        return _CUT
    said = _begins(data, at, stop, 0x49574150, 4)
    if said == 1:
        return _FOREIGN_IWAP
    if said == _CUT and not eof:
        return _CUT
    said = _begins(data, at, stop, 0x1603, 2)
    if said == 1:
        return _FOREIGN_TLS
    if said == _CUT and not eof:
        return _CUT
    said = _http(data, at, stop)
    if said == 1:
        return _FOREIGN_HTTP
    if said == _CUT and not eof:
        return _CUT
    if at_start and (data[at] == 0x78 or data[at] == 0x79):
        said = _begins(data, at, stop, 0x7878 if data[at] == 0x78 else 0x7979, 2)
        if said == 1:
            return _FOREIGN_GT06
        if said == _CUT and not eof:
            return _CUT
    return _NO_FRAME


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _word(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.ulonglong:
    """At most eight bytes as a number."""
    word: cython.ulonglong = 0
    index: cython.Py_ssize_t
    for index in range(at, min(at + 8, stop)):
        word = (word << 8) | data[index]
    return word


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _place(
    first: cython.ulonglong,
    second: cython.ulonglong,
    third: cython.ulonglong,
    ids: cython.const[cython.ulonglong][::1],
) -> cython.Py_ssize_t:
    """Where an id stands in the table, or would: the factors are drawn, so nobody can crowd it."""
    mask: cython.ulonglong = (len(ids) - _IDS_FIRST) // _IDS_STRIDE - 1
    mixed: cython.ulonglong = (first * ids[0] + second * ids[1] + third * ids[2]) & _MASK64
    at: cython.Py_ssize_t
    mixed = ((mixed ^ (mixed >> 32)) * ids[3]) & _MASK64
    mixed = (mixed >> 32) & mask
    while True:
        at = _IDS_FIRST + _IDS_STRIDE * mixed
        if ids[at + 3] == 0:
            return at
        if ids[at] == first and ids[at + 1] == second and ids[at + 2] == third:
            return at
        mixed = (mixed + 1) & mask


def rehash(old: cython.const[cython.ulonglong][::1], new: cython.ulonglong[::1]) -> None:
    """Put every id of one table into another, which is larger and empty."""
    at: cython.Py_ssize_t
    to: cython.Py_ssize_t
    slot: cython.Py_ssize_t
    for slot in range((len(old) - _IDS_FIRST) // _IDS_STRIDE):
        at = _IDS_FIRST + slot * _IDS_STRIDE
        if old[at + 3]:
            to = _place(old[at], old[at + 1], old[at + 2], new)
            new[to] = old[at]
            new[to + 1] = old[at + 1]
            new[to + 2] = old[at + 2]
            new[to + 3] = old[at + 3]


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _event(
    events: cython.longlong[::1],
    found: cython.Py_ssize_t,
    kind: cython.longlong,
    offset: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    code: cython.longlong,
    wrong: cython.Py_ssize_t,
) -> cython.Py_ssize_t:
    """Write an event; a run of skipped bytes of one code is one event.  Return the events found."""
    at: cython.Py_ssize_t = found * _STRIDE
    if kind == _SKIPPED and found > 0 and events[at - _STRIDE + _KIND] == _SKIPPED:
        if events[at - _STRIDE + _CODE] == code:
            if events[at - _STRIDE + _OFFSET] + events[at - _STRIDE + _SIZE] == offset:
                events[at - _STRIDE + _SIZE] += size
                return found
    events[at + _KIND] = kind
    events[at + _OFFSET] = offset
    events[at + _SIZE] = size
    events[at + _CODE] = code
    events[at + _AT] = wrong
    return found + 1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _wait(
    state: cython.longlong[::1],
    needed: cython.Py_ssize_t,
    came: cython.Py_ssize_t,
    looking: cython.longlong,
) -> cython.longlong:
    """Say how many bytes must be there before the scan can go on: more than have come."""
    state[_NEEDED] = max(needed, came + 1)
    state[_LOOKING] = looking
    return 0


def scan_brackets(
    data: cython.const[cython.uchar][::1],
    eof: cython.bint,
    resync: cython.bint,
    mixed: cython.bint,
    limit: cython.Py_ssize_t,
    ids: cython.ulonglong[::1],
    events: cython.longlong[::1],
    state: cython.longlong[::1],
) -> None:
    """Scan from ``state[POSITION]`` on until the bytes or the rows of ``events`` run out.

    ``limit`` is the greatest content; ``ids`` the table of watch ids, in which IDS_LEFT more have
    room: where that is 0 afterwards it must grow before the next scan.  ``mixed``: a zero byte
    between frames is a Teltonika device's, and the scan stops there with MODE = ELSEWHERE.

    Where it stops for want of bytes it wants NEEDED of them from POSITION on.  What is LOOKING for
    would let it go on before; LOOKED says how far it is not there, so ``look_on`` from there.
    """
    stop: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t = state[_POSITION]
    found: cython.Py_ssize_t = 0
    frames: cython.Py_ssize_t = 0
    room: cython.Py_ssize_t = len(events) // _STRIDE - 2
    row: cython.Py_ssize_t
    head: cython.Py_ssize_t
    plain: cython.Py_ssize_t
    content: cython.Py_ssize_t
    size: cython.Py_ssize_t
    index: cython.Py_ssize_t
    lands: cython.Py_ssize_t
    id_at: cython.Py_ssize_t
    place: cython.Py_ssize_t = -1
    code: cython.longlong
    first: cython.ulonglong
    second: cython.ulonglong
    third: cython.ulonglong
    byte: cython.int
    mode: cython.longlong = state[_MODE]
    state[_NEEDED] = 1
    state[_LOOKING] = _LOOKING_NOT
    while found < room and at < stop:
        byte = data[at]
        if byte == _OPEN:
            head = _head(data, at, stop, state)
            if head == _CUT and not eof:
                _wait(state, _LEAST_HEAD, stop - at, _LOOKING_NOT)
                break
            if head == _CUT and stop - at >= 4 and data[at + 3] == _STAR:
                state[_NEEDED] = max(_LEAST_HEAD, stop - at + 1)
                found = _event(events, found, _REJECTED, at, stop - at, _TRUNCATED, stop)
                at = stop
                mode = _IN_STREAM
                break
            if head >= 0:
                id_at = state[_HEAD_ID]
                plain = state[_HEAD_LENGTH]
                content = head
                size = _length(data, head, stop)
                if size == _CUT and not eof:
                    _wait(state, stop - at + 1, stop - at, _LOOKING_NOT)
                    break
                if size >= 0:
                    content = head + 5
                else:
                    size = plain
                code = 0
                lands = 0
                if size <= limit:
                    lands = _lands(data, content, size, stop, eof, state)
                    if lands == _CUT:
                        _wait(state, content + size + 1 - at, stop - at, _LOOKING_HEADS)
                        break
                if lands == 0 and content > head and plain <= limit:
                    # four hexadecimal digits may be an index before the length, or content
                    lands = _lands(data, head, plain, stop, eof, state)
                    if lands == _CUT:
                        _wait(state, head + plain + 1 - at, stop - at, _LOOKING_HEADS)
                        break
                    if lands:
                        content = head
                        size = plain
                if lands == 0:
                    code = _LENGTH_MISMATCH
                    if size > limit:
                        found = _event(
                            events, found, _REJECTED, at, content - at, _TOO_LARGE, content - 5
                        )
                        at = content
                        mode = _SEARCHING
                        state[_REASON] = _NO_FRAME
                        continue
                    index = _matched(data, content, content + limit + 1, stop, eof, mixed, state)
                    if index == _CUT:
                        _wait(state, content + limit + 1 - at, stop - at, _LOOKING_BRACKETS)
                        break
                    if index == _NOT_THERE:
                        index = state[_LOOKED]
                        code = _TRUNCATED
                        if index == content + limit + 1:
                            index = content
                            code = _TOO_LARGE
                            state[_REASON] = _NO_FRAME
                        elif index == stop:
                            state[_NEEDED] = max(content + size + 1 - at, stop - at + 1)
                        found = _event(events, found, _REJECTED, at, index - at, code, index)
                        at = index
                        mode = _SEARCHING if code == _TOO_LARGE else _IN_STREAM
                        continue
                    size = index - content
                elif id_at - at > _SIGNATURE + 2:
                    code = _SIGNED
                first = _word(data, id_at, head - 6)
                second = _word(data, id_at + 8, head - 6)
                third = _word(data, id_at + 16, head - 6)
                if (
                    place < 0
                    or ids[place] != first
                    or ids[place + 1] != second
                    or ids[place + 2] != third
                ):
                    place = _place(first, second, third, ids)
                    if ids[place + 3] == 0:
                        if state[_IDS_LEFT] == 0:
                            break
                        state[_IDS_LEFT] -= 1
                        ids[place] = first
                        ids[place + 1] = second
                        ids[place + 2] = third
                        ids[place + 3] = state[_NEXT]
                        state[_NEXT] += 1
                row = found * _STRIDE
                events[row + _KIND] = _FRAME
                events[row + _OFFSET] = at
                events[row + _SIZE] = content + size + 1 - at
                events[row + _BODY] = content
                events[row + _BODY_SIZE] = size
                events[row + _CODEC] = _BRACKET
                events[row + _COUNT] = 1
                events[row + _CONVERSATION] = ids[place + 3]
                events[row + _CODE] = code
                events[row + _AT] = id_at
                found += 1
                frames += 1
                at = content + size + 1
                mode = _IN_STREAM
                continue
        elif _blank(byte) and (mode != _SEARCHING or state[_REASON] == _NO_FRAME):
            index = at + 1
            while index < stop and _blank(data[index]):
                index += 1
            found = _event(events, found, _SKIPPED, at, index - at, _BETWEEN_FRAMES, at)
            at = index
            if mode == _SEARCHING:
                mode = _IN_STREAM
            continue
        elif byte == 0 and mixed:
            mode = _ELSEWHERE
            break
        elif byte == 0xFF:
            lands = _begins(data, at, stop, 0xFF41515348, 5)
            if not eof and (lands == _CUT or (lands == 1 and stop - at < 7)):
                _wait(state, 7, stop - at, _LOOKING_NOT)
                break
            if lands == 1:
                if mode == _AT_START and not resync:
                    found = _event(events, found, _LOST, at, stop - at, _ENCRYPTED, at)
                    break
                # the length counts from its own second half on, or so it seems: total = 5 + value
                size = 7 if stop - at < 7 else max(7, 5 + (data[at + 5] << 8) + data[at + 6])
                index = _next_head(data, min(at + 7, stop), at + size, stop, eof, state)
                if index == _CUT or (index < 0 and stop - at < size and not eof):
                    _wait(state, size, stop - at, _LOOKING_HEADS)
                    break
                if index < 0:
                    index = min(at + size, stop)
                found = _event(events, found, _SKIPPED, at, index - at, _ENCRYPTED, at)
                at = index
                mode = _IN_STREAM
                continue
            if mixed:
                mode = _ELSEWHERE
                break
        elif mode != _SEARCHING:
            code = _named(data, at, stop, eof, mode == _AT_START, state)
            if code == _CUT:
                _wait(state, 1, stop - at, _LOOKING_NOT)
                break
            if code != _NO_FRAME and mode == _AT_START and not resync:
                found = _event(events, found, _LOST, at, stop - at, code, at)
                break
            state[_REASON] = code
            mode = _SEARCHING
        # bytes that open no frame, up to where one may begin
        if mode != _SEARCHING:
            state[_REASON] = _NO_FRAME
            mode = _SEARCHING
        code = state[_REASON]
        index = at
        while index < stop:
            byte = data[index]
            if index > at and (byte == _OPEN or byte == 0xFF or (byte == 0 and mixed)):
                break
            if code == _NO_FRAME and _blank(byte):
                break
            index += 1
            if (byte == 10 and code == _UNBRACKETED) or (byte == 35 and code == _FOREIGN_IWAP):
                mode = _IN_STREAM
                break
        found = _event(events, found, _SKIPPED, at, index - at, code, at)
        at = index
    state[_POSITION] = at
    state[_MODE] = mode
    state[_FOUND] = found
    state[_OTHERS] = found - frames
