# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Find frames in bytes and check their CRC, for one live chunk and for a whole dump alike.

The scan writes what it finds into a flat table of events (``codes``); it copies nothing.  A frame
is an event only when its CRC is right.  In a dump (``resync``) a frame that is wrong is searched
for intact frames inside it, because a length that was damaged swallows its neighbours.

The search keeps the running CRC of every prefix of its window.  With an initial value of 0 the CRC
is a plain polynomial remainder, so the CRC of any span follows from two prefixes and a shift, and
a candidate costs the same whatever length it claims: the work is linear in the bytes.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_ASKED = cython.declare(cython.longlong, codes.ASKED)
_AT = cython.declare(cython.Py_ssize_t, codes.AT)
_AT_START = cython.declare(cython.longlong, codes.AT_START)
_BAD_CRC = cython.declare(cython.longlong, codes.BAD_CRC)
_BAD_CRC_PADDING = cython.declare(cython.longlong, codes.BAD_CRC_PADDING)
_BAD_HANDSHAKE = cython.declare(cython.longlong, codes.BAD_HANDSHAKE)
_BAD_LENGTH = cython.declare(cython.longlong, codes.BAD_LENGTH)
_BAD_PREAMBLE = cython.declare(cython.longlong, codes.BAD_PREAMBLE)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CODE = cython.declare(cython.Py_ssize_t, codes.CODE)
_CODEC = cython.declare(cython.Py_ssize_t, codes.CODEC)
_CONVERSATION = cython.declare(cython.Py_ssize_t, codes.CONVERSATION)
_COUNT = cython.declare(cython.Py_ssize_t, codes.COUNT)
_COUNT_MISMATCH = cython.declare(cython.longlong, codes.COUNT_MISMATCH)
_CURRENT = cython.declare(cython.Py_ssize_t, codes.CURRENT)
_FOREIGN_DATAGRAM = cython.declare(cython.longlong, codes.FOREIGN_DATAGRAM)
_FOREIGN_HTTP = cython.declare(cython.longlong, codes.FOREIGN_HTTP)
_FOREIGN_TEXT = cython.declare(cython.longlong, codes.FOREIGN_TEXT)
_FOREIGN_TLS = cython.declare(cython.longlong, codes.FOREIGN_TLS)
_FOUND = cython.declare(cython.Py_ssize_t, codes.FOUND)
_FRAME = cython.declare(cython.longlong, codes.FRAME)
_HANDSHAKE = cython.declare(cython.longlong, codes.HANDSHAKE)
_HORIZON = cython.declare(cython.Py_ssize_t, codes.HORIZON)
_HORIZON_FOUND = cython.declare(cython.Py_ssize_t, codes.HORIZON_FOUND)
_IN_STREAM = cython.declare(cython.longlong, codes.IN_STREAM)
_KEEP_ALIVE = cython.declare(cython.longlong, codes.KEEP_ALIVE)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_LIMIT_DIGITS_LEAST = cython.declare(cython.Py_ssize_t, codes.LIMIT_DIGITS_LEAST)
_LIMIT_DIGITS_MOST = cython.declare(cython.Py_ssize_t, codes.LIMIT_DIGITS_MOST)
_LONGEST_HEAD = cython.declare(cython.Py_ssize_t, codes.LONGEST_HEAD)
_LOST = cython.declare(cython.longlong, codes.LOST)
_MODE = cython.declare(cython.Py_ssize_t, codes.MODE)
_NEEDED = cython.declare(cython.Py_ssize_t, codes.NEEDED)
_NEXT = cython.declare(cython.Py_ssize_t, codes.NEXT)
_OFFSET = cython.declare(cython.Py_ssize_t, codes.OFFSET)
_OTHERS = cython.declare(cython.Py_ssize_t, codes.OTHERS)
_OWN = cython.declare(cython.Py_ssize_t, codes.OWN)
_POSITION = cython.declare(cython.Py_ssize_t, codes.POSITION)
_REASON = cython.declare(cython.Py_ssize_t, codes.REASON)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_SEARCHING = cython.declare(cython.longlong, codes.SEARCHING)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_SKIPPED = cython.declare(cython.longlong, codes.SKIPPED)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TOO_LARGE = cython.declare(cython.longlong, codes.TOO_LARGE)
_TRUNCATED = cython.declare(cython.longlong, codes.TRUNCATED)
_FOLDED = cython.declare(cython.Py_ssize_t, 256)  # bytes from which on folding is faster
_NAMING = cython.declare(cython.Py_ssize_t, 16)  # bytes that name a foreign stream


@cython.cfunc
@cython.inline
@cython.nogil
@cython.exceptval(check=False)
def _word(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.ulonglong:
    """Eight bytes, the first one lowest: in a reflected CRC the first bit sent is the lowest."""
    if not cython.compiled:
        return int.from_bytes(data[at : at + 8], "little")
    # as in avl: the last address is what a checked build checks, and compilers see one load
    byte: cython.pointer[cython.const[cython.uchar]] = cython.address(data[at + 7]) - 7
    low: cython.uint = byte[3]
    low = (low << 24) | (byte[2] << 16) | (byte[1] << 8) | byte[0]
    high: cython.uint = byte[7]
    high = (high << 24) | (byte[6] << 16) | (byte[5] << 8) | byte[4]
    return (cython.cast(cython.ulonglong, high) << 32) | low


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _folded(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    tables: cython.const[cython.ushort][::1],
) -> cython.uint:
    """CRC-16/ARC of whole words, sixteen at least: all but the last sixteen are folded away.

    Squaring keeps a polynomial of two values as sparse as it is: the 64th power of this one is
    x^1024 + x^960 + x^128 + 1.  So a word may be taken away if it is added 1, 14 and 16 words
    later: three exclusive-ors for eight bytes, where a table is asked eight times.
    """
    # what each of the last sixteen words was when it was taken away
    ring: cython.ulonglong[16] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
    last: cython.Py_ssize_t = stop - 128
    at: cython.Py_ssize_t = start
    place: cython.Py_ssize_t
    word: cython.ulonglong = 0
    crc: cython.uint = 0
    while last - at >= 128:
        for place in range(16):
            word ^= _word(data, at + 8 * place) ^ ring[place] ^ ring[(place + 2) & 15]
            ring[place] = word
        at += 128
    place = 0
    while at < last:
        word ^= _word(data, at) ^ ring[place] ^ ring[(place + 2) & 15]
        ring[place] = word
        place += 1
        at += 8
    while at < stop:
        # one later reaches the first of these only, fourteen later all but two
        word ^= _word(data, at) ^ ring[place]
        if at < last + 112:
            word ^= ring[(place + 2) & 15]
        word ^= crc
        crc = (
            tables[1792 + (word & 255)]
            ^ tables[1536 + ((word >> 8) & 255)]
            ^ tables[1280 + ((word >> 16) & 255)]
            ^ tables[1024 + ((word >> 24) & 255)]
            ^ tables[768 + ((word >> 32) & 255)]
            ^ tables[512 + ((word >> 40) & 255)]
            ^ tables[256 + ((word >> 48) & 255)]
            ^ tables[word >> 56]
        )
        word = 0
        place = (place + 1) & 15
        at += 8
    return crc


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _crc16(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    tables: cython.const[cython.ushort][::1],
) -> cython.uint:
    """CRC-16/ARC: whole words folded, the rest by tables of 256 (n is a byte and n zero bytes)."""
    crc: cython.uint = 0
    at: cython.Py_ssize_t = start
    if stop - start >= _FOLDED:
        at = start + ((stop - start) & ~7)
        crc = _folded(data, start, at, tables)
    while stop - at >= 16:
        crc = (
            tables[3840 + (data[at] ^ (crc & 255))]
            ^ tables[3584 + (data[at + 1] ^ (crc >> 8))]
            ^ tables[3328 + data[at + 2]]
            ^ tables[3072 + data[at + 3]]
            ^ tables[2816 + data[at + 4]]
            ^ tables[2560 + data[at + 5]]
            ^ tables[2304 + data[at + 6]]
            ^ tables[2048 + data[at + 7]]
            ^ tables[1792 + data[at + 8]]
            ^ tables[1536 + data[at + 9]]
            ^ tables[1280 + data[at + 10]]
            ^ tables[1024 + data[at + 11]]
            ^ tables[768 + data[at + 12]]
            ^ tables[512 + data[at + 13]]
            ^ tables[256 + data[at + 14]]
            ^ tables[data[at + 15]]
        )
        at += 16
    while at < stop:
        crc = tables[data[at] ^ (crc & 255)] ^ (crc >> 8)
        at += 1
    return crc


def crc16(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    tables: cython.const[cython.ushort][::1],
) -> int:
    """Return the CRC-16/ARC of ``data[start:stop]``."""
    if start < 0 or stop > len(data) or start > stop:
        raise ValueError("start and stop must lie inside the data")
    return _crc16(data, start, stop, tables)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _shifted(
    crc: cython.uint, size: cython.Py_ssize_t, powers: cython.const[cython.ushort][::1]
) -> cython.uint:
    """The CRC after ``size`` zero bytes: times x^(8 size) modulo the polynomial, bit by bit of size."""
    value: cython.uint = crc
    factor: cython.uint
    product: cython.uint
    bit: cython.Py_ssize_t = 0
    while size:
        if size & 1:
            # reflected: bit 15 is x^0
            factor = powers[bit]
            product = 0
            while factor:
                if factor & 0x8000:
                    product ^= value
                factor = (factor << 1) & 0xFFFF
                value = (value >> 1) ^ (0xA001 if value & 1 else 0)
            value = product
        size >>= 1
        bit += 1
    return value


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _login_size(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    limits: cython.const[cython.longlong][::1],
) -> cython.Py_ssize_t:
    """Size of the login at ``at``; 0 where none is; minus the bytes needed where it breaks off."""
    size: cython.Py_ssize_t
    index: cython.Py_ssize_t
    if stop - at < 2:
        return -2 if stop == at or data[at] == 0 else 0
    if data[at] != 0:
        return 0
    size = data[at + 1]
    if size < limits[_LIMIT_DIGITS_LEAST] or size > limits[_LIMIT_DIGITS_MOST]:
        return 0
    for index in range(at + 2, min(at + 2 + size, stop)):
        if data[index] < 48 or data[index] > 57:
            return 0
    if stop - at < 2 + size:
        return -2 - size
    return 2 + size


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _head(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    limits: cython.const[cython.longlong][::1],
    state: cython.longlong[::1],
) -> cython.longlong:
    """Read a frame's head: 0 and the whole size in NEEDED, or a code; TRUNCATED: head unfinished."""
    length: cython.longlong
    index: cython.Py_ssize_t
    state[_NEEDED] = 9
    for index in range(at, min(at + 4, stop)):
        if data[index] != 0:
            return _BAD_PREAMBLE
    if stop - at < 9:
        return _TRUNCATED
    length = data[at + 4]
    for index in range(at + 5, at + 8):
        length = (length << 8) | data[index]
    if length < 3:
        return _BAD_LENGTH
    if length > limits[data[at + 8]]:
        return _TOO_LARGE
    state[_NEEDED] = length + 12
    return 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _second_count(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
) -> cython.bint:
    return data[at + 9] == data[at + size - 5]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _find_frame(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    last: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    eof: cython.bint,
    logins: cython.bint,
    limits: cython.const[cython.longlong][::1],
    tables: cython.const[cython.ushort][::1],
    powers: cython.const[cython.ushort][::1],
    prefixes: cython.ushort[::1],
    state: cython.longlong[::1],
) -> cython.Py_ssize_t:
    """First intact frame, or login before one, that begins in ``[start, last)``; else ``last``.

    Where more bytes must come before that can be said: the place to wait at, with NEEDED set and
    FOUND negative.
    """
    at: cython.Py_ssize_t = start
    size: cython.Py_ssize_t
    done: cython.Py_ssize_t = start  # prefixes are known up to here
    code: cython.longlong
    sent: cython.uint
    crc: cython.uint
    prefixes[0] = 0
    while at < last:
        if data[at] != 0:
            at += 1
            continue
        if logins:
            size = _login_size(data, at, stop, limits)
            if size > 0 and (stop - at > size or eof):
                if stop - at == size or data[at + size] == 0 or data[at + size] == 0xFF:
                    return at
            elif size != 0 and not eof:
                state[_NEEDED] = (size if size > 0 else -size) + (1 if size > 2 else 0)
                state[_FOUND] = -1
                return at
        code = _head(data, at, stop, limits, state)
        size = state[_NEEDED]
        if code == 0 and stop - at >= size:
            if (
                _second_count(data, at, size)
                and data[at + size - 4] == 0
                and data[at + size - 3] == 0
            ):
                while done < at + size - 4:
                    crc = prefixes[done - start]
                    prefixes[done - start + 1] = tables[data[done] ^ (crc & 255)] ^ (crc >> 8)
                    done += 1
                crc = prefixes[at + size - 4 - start] ^ _shifted(
                    prefixes[at + 8 - start], size - 12, powers
                )
                sent = (data[at + size - 2] << 8) | data[at + size - 1]
                if crc == sent:
                    size = at - start
                    for done in range(limits[_LIMIT_DIGITS_LEAST], limits[_LIMIT_DIGITS_MOST] + 1):
                        if (
                            size >= done + 2
                            and _login_size(data, at - done - 2, at, limits) == done + 2
                        ):
                            return at - done - 2
                    return at
        elif not eof and (code == 0 or code == _TRUNCATED):
            state[_FOUND] = -1
            return at
        at += 1
    return last


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _foreign(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, stop: cython.Py_ssize_t
) -> cython.longlong:
    """Name what is plainly not this protocol; BAD_PREAMBLE where it has no name."""
    index: cython.Py_ssize_t
    text: cython.Py_ssize_t = min(stop, at + _NAMING)
    if stop - at >= 3 and data[at] == 0x16 and data[at + 1] == 3 and data[at + 2] <= 4:
        return _FOREIGN_TLS
    if stop - at >= 8 and data[at] == 2 and data[at + 2] == 0xCA and data[at + 3] == 0xFE:
        return _FOREIGN_DATAGRAM
    for index in range(at, text):
        if (data[index] < 32 and data[index] != 9 and data[index] != 10 and data[index] != 13) or (
            data[index] > 126
        ):
            return _BAD_PREAMBLE
    if stop - at < 3:
        return _BAD_PREAMBLE
    for index in range(at, min(stop, at + 8)):
        if data[index] == 32:
            # an HTTP method is capital letters up to the first blank: GET, POST, OPTIONS ...
            if (
                index >= at + 3
                and stop > index + 1
                and (data[index + 1] == 47 or data[index + 1] == 42)
            ):
                return _FOREIGN_HTTP
            return _FOREIGN_TEXT
        if data[index] < 65 or data[index] > 90:
            return _FOREIGN_TEXT
    return _FOREIGN_TEXT


@cython.cfunc
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
def _frame_code(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    tables: cython.const[cython.ushort][::1],
    state: cython.longlong[::1],
) -> cython.longlong:
    """Check what is redundant in a whole frame: padding, CRC, second count; the byte in NEEDED."""
    crc: cython.uint = _crc16(data, at + 8, at + size - 4, tables)
    sent: cython.uint = (data[at + size - 2] << 8) | data[at + size - 1]
    state[_NEEDED] = at + size - 4
    if crc != sent:
        return _BAD_CRC
    if data[at + size - 4] or data[at + size - 3]:
        return _BAD_CRC_PADDING
    if not _second_count(data, at, size):
        state[_NEEDED] = at + size - 5
        return _COUNT_MISMATCH
    return 0


def scan_tcp(
    data: cython.const[cython.uchar][::1],
    eof: cython.bint,
    resync: cython.bint,
    limits: cython.const[cython.longlong][::1],
    tables: cython.const[cython.ushort][::1],
    powers: cython.const[cython.ushort][::1],
    prefixes: cython.ushort[::1],
    events: cython.longlong[::1],
    state: cython.longlong[::1],
) -> None:
    """Scan from ``state[POSITION]`` on until the bytes or the rows of ``events`` run out.

    ``limits`` holds 256 greatest data field lengths by codec and then the least and greatest
    number of IMEI digits; ``prefixes`` is scratch of ``len(data) + 1`` where ``resync``.

    In a mixed dump ``state[HORIZON]`` is where a watch's bytes may begin.  What is no frame of this
    protocol is looked at up to there only; then the scan stops with HORIZON = ASKED, and goes on
    with the next horizon, which must be known for NEEDED bytes, if the watch's scan does not.
    """
    stop: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t = state[_POSITION]
    found: cython.Py_ssize_t = 0
    frames: cython.Py_ssize_t = 0
    room: cython.Py_ssize_t = len(events) // _STRIDE - 2
    size: cython.Py_ssize_t
    next_at: cython.Py_ssize_t
    row: cython.Py_ssize_t
    code: cython.longlong
    mode: cython.longlong = state[_MODE]
    mixed: cython.bint = state[_HORIZON] >= 0
    last: cython.Py_ssize_t = min(state[_HORIZON], stop) if mixed else stop
    own: cython.Py_ssize_t = at + 1 if state[_OWN] else at  # no watch's begins before this byte
    state[_NEEDED] = 1
    while found < room and at < stop:
        state[_NEEDED] = 1
        if mode == _SEARCHING:
            if mixed and at >= last:
                state[_HORIZON] = _ASKED
                state[_NEEDED] = _LONGEST_HEAD
                break
            state[_FOUND] = 0
            next_at = _find_frame(
                data, at, last, stop, eof, True, limits, tables, powers, prefixes, state
            )
            if next_at > at:
                found = _event(events, found, _SKIPPED, at, next_at - at, state[_REASON], at)
                at = next_at
            if state[_FOUND] < 0:
                break
            if at < last:
                mode = _IN_STREAM
            state[_NEEDED] = 1
            continue
        if mixed and data[at] == 0xFF:
            if stop - at < 2 and not eof:
                state[_NEEDED] = 2
                break
            if at >= last and stop - at >= 2 and data[at + 1] == 0x41:
                # this may be an encrypted watch
                state[_HORIZON] = _ASKED
                state[_NEEDED] = _LONGEST_HEAD
                break
        if data[at] == 0xFF:
            found = _event(events, found, _SKIPPED, at, 1, _KEEP_ALIVE, at)
            at += 1
            continue
        size = _login_size(data, at, stop, limits)
        if size > 0:
            found = _event(events, found, _HANDSHAKE, at, size, 0, at)
            # every login begins a conversation of its own
            state[_CURRENT] = state[_NEXT]
            state[_NEXT] += 1
            events[(found - 1) * _STRIDE + _CONVERSATION] = state[_CURRENT]
            at += size
            mode = _IN_STREAM
            continue
        code = _head(data, at, stop, limits, state)
        if size < 0 and (code or stop - at < -size):
            # a login that breaks off; two zero bytes may still be either
            code = _TRUNCATED
            if stop - at >= 2:
                state[_NEEDED] = -size
        if code == 0 and stop - at < state[_NEEDED]:
            code = _TRUNCATED
        if code == _TRUNCATED:
            if not eof:
                break
            if mixed and last < stop and (at >= last or state[_HORIZON_FOUND] == 0):
                state[_HORIZON] = _ASKED
                break
            next_at = stop
            if resync:
                next_at = _find_frame(
                    data, at + 1, last, stop, True, True, limits, tables, powers, prefixes, state
                )
            found = _event(events, found, _REJECTED, at, next_at - at, _TRUNCATED, next_at)
            at = next_at
            continue
        if code:
            if mixed and (
                at >= own
                or (last < min(stop, at + 8) and (at >= last or state[_HORIZON_FOUND] == 0))
            ):
                state[_HORIZON] = _ASKED
                state[_NEEDED] = 8 + _LONGEST_HEAD
                break
            if code == _BAD_PREAMBLE:
                if not eof and stop - at < _NAMING:
                    # what it is called must not hang on how the bytes were cut
                    state[_NEEDED] = _NAMING
                    break
                code = _foreign(data, at, stop)
                if code == _BAD_PREAMBLE and mode == _AT_START and data[at] == 0 and stop - at >= 2:
                    if data[at + 1] != 0:
                        code = _BAD_HANDSHAKE
            if not resync:
                found = _event(events, found, _LOST, at, stop - at, code, at)
                break
            state[_REASON] = code
            mode = _SEARCHING
            if code == _BAD_LENGTH or code == _TOO_LARGE:
                # its own eight bytes are a frame that was refused; what follows is searched
                size = min(8, last - at)
                found = _event(events, found, _REJECTED, at, size, code, at + 4)
                at += size
            else:
                found = _event(events, found, _SKIPPED, at, 1, code, at)
                at += 1
            continue
        size = state[_NEEDED]
        code = _frame_code(data, at, size, tables, state)
        if code == 0:
            row = found * _STRIDE
            events[row + _KIND] = _FRAME
            events[row + _OFFSET] = at
            events[row + _SIZE] = size
            events[row + _BODY] = at + 8
            events[row + _BODY_SIZE] = size - 12
            events[row + _CODEC] = data[at + 8]
            events[row + _COUNT] = data[at + 9]
            if state[_CURRENT] == 0:
                # frames that no login comes before are a conversation too
                state[_CURRENT] = state[_NEXT]
                state[_NEXT] += 1
            events[row + _CONVERSATION] = state[_CURRENT]
            events[row + _CODE] = 0
            found += 1
            frames += 1
            at += size
            state[_NEEDED] = 1  # what this frame needed says nothing of the next
            mode = _IN_STREAM
            continue
        next_at = at + size
        row = state[_NEEDED]
        if resync and code == _BAD_CRC:
            if mixed and next_at > last and (at >= last or state[_HORIZON_FOUND] == 0):
                state[_HORIZON] = _ASKED
                state[_NEEDED] = size + _LONGEST_HEAD
                break
            state[_FOUND] = 0
            next_at = _find_frame(
                data,
                at + 1,
                min(next_at, last),
                stop,
                eof,
                False,
                limits,
                tables,
                powers,
                prefixes,
                state,
            )
            if state[_FOUND] < 0:
                # a frame may begin inside that is not whole yet: wait for it, from here
                state[_NEEDED] += next_at - at
                break
        found = _event(events, found, _REJECTED, at, next_at - at, code, row)
        at = next_at
        state[_NEEDED] = 1
        mode = _IN_STREAM
    state[_POSITION] = at
    state[_MODE] = mode
    state[_FOUND] = found
    state[_OTHERS] = found - frames
