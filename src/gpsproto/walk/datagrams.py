# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Find channel packets in UDP datagrams, or in a file of them back to back.

A packet has no preamble and no checksum: its length, its IMEI and its two counts must agree.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_AT = cython.declare(cython.Py_ssize_t, codes.AT)
_BAD_HANDSHAKE = cython.declare(cython.longlong, codes.BAD_HANDSHAKE)
_BAD_LENGTH = cython.declare(cython.longlong, codes.BAD_LENGTH)
_BODY = cython.declare(cython.Py_ssize_t, codes.BODY)
_BODY_SIZE = cython.declare(cython.Py_ssize_t, codes.BODY_SIZE)
_CODE = cython.declare(cython.Py_ssize_t, codes.CODE)
_CODEC = cython.declare(cython.Py_ssize_t, codes.CODEC)
_COUNT = cython.declare(cython.Py_ssize_t, codes.COUNT)
_COUNT_MISMATCH = cython.declare(cython.longlong, codes.COUNT_MISMATCH)
_FOUND = cython.declare(cython.Py_ssize_t, codes.FOUND)
_FRAME = cython.declare(cython.longlong, codes.FRAME)
_IN_STREAM = cython.declare(cython.longlong, codes.IN_STREAM)
_KIND = cython.declare(cython.Py_ssize_t, codes.KIND)
_LIMIT_DIGITS_LEAST = cython.declare(cython.Py_ssize_t, codes.LIMIT_DIGITS_LEAST)
_LIMIT_DIGITS_MOST = cython.declare(cython.Py_ssize_t, codes.LIMIT_DIGITS_MOST)
_MODE = cython.declare(cython.Py_ssize_t, codes.MODE)
_NEEDED = cython.declare(cython.Py_ssize_t, codes.NEEDED)
_OFFSET = cython.declare(cython.Py_ssize_t, codes.OFFSET)
_OTHERS = cython.declare(cython.Py_ssize_t, codes.OTHERS)
_POSITION = cython.declare(cython.Py_ssize_t, codes.POSITION)
_REASON = cython.declare(cython.Py_ssize_t, codes.REASON)
_REJECTED = cython.declare(cython.longlong, codes.REJECTED)
_SEARCHING = cython.declare(cython.longlong, codes.SEARCHING)
_SIZE = cython.declare(cython.Py_ssize_t, codes.SIZE)
_SKIPPED = cython.declare(cython.longlong, codes.SKIPPED)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.STRIDE)
_TOO_LARGE = cython.declare(cython.longlong, codes.TOO_LARGE)
_TRUNCATED = cython.declare(cython.longlong, codes.TRUNCATED)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _packet_code(
    data: cython.const[cython.uchar][::1],
    at: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    limits: cython.const[cython.longlong][::1],
    state: cython.longlong[::1],
) -> cython.longlong:
    """Check a channel packet: 0 and its size in NEEDED and the IMEI's in FOUND, or a code.

    TRUNCATED: NEEDED bytes must be there before more can be said.
    """
    size: cython.Py_ssize_t
    digits: cython.Py_ssize_t
    index: cython.Py_ssize_t
    state[_NEEDED] = 8
    if stop - at < 8:
        return _TRUNCATED
    size = 2 + ((data[at] << 8) | data[at + 1])
    digits = (data[at + 6] << 8) | data[at + 7]
    if digits < limits[_LIMIT_DIGITS_LEAST] or digits > limits[_LIMIT_DIGITS_MOST]:
        return _BAD_HANDSHAKE
    if size < digits + 11:
        return _BAD_LENGTH
    for index in range(at + 8, min(stop, at + 8 + digits)):
        if data[index] < 48 or data[index] > 57:
            return _BAD_HANDSHAKE
    state[_NEEDED] = size
    state[_FOUND] = digits
    if stop - at > 8 + digits and size - digits - 8 > limits[data[at + 8 + digits]]:
        return _TOO_LARGE
    if stop - at < size:
        return _TRUNCATED
    if data[at + 9 + digits] != data[at + size - 1]:
        return _COUNT_MISMATCH
    return 0


def scan_udp(
    data: cython.const[cython.uchar][::1],
    eof: cython.bint,
    resync: cython.bint,
    limits: cython.const[cython.longlong][::1],
    events: cython.longlong[::1],
    state: cython.longlong[::1],
) -> None:
    """Scan channel packets: one datagram, or (``resync``) a file of datagrams back to back.

    A packet has no checksum; what is wrong ends its datagram.  In a file the scan goes on at the
    next bytes that are a whole packet by length, IMEI and both counts.
    """
    stop: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t = state[_POSITION]
    found: cython.Py_ssize_t = 0
    frames: cython.Py_ssize_t = 0
    room: cython.Py_ssize_t = len(events) // _STRIDE - 2
    size: cython.Py_ssize_t
    digits: cython.Py_ssize_t
    row: cython.Py_ssize_t
    code: cython.longlong
    kind: cython.longlong
    mode: cython.longlong = state[_MODE]
    state[_NEEDED] = 1
    while found < room and at < stop:
        code = _packet_code(data, at, stop, limits, state)
        if code == _TRUNCATED and not eof:
            break
        size = state[_NEEDED]
        digits = state[_FOUND]
        state[_NEEDED] = 1
        row = found * _STRIDE
        kind = _FRAME
        if code == 0:
            mode = _IN_STREAM
        elif not resync:
            kind = _REJECTED
            size = stop - at
        elif mode == _SEARCHING:
            kind = _SKIPPED
            code = state[_REASON]
            size = 1
        else:
            # its own eight bytes are a packet that was refused; what follows is searched
            kind = _REJECTED
            size = min(8, stop - at)
            mode = _SEARCHING
            state[_REASON] = code
        if kind == _SKIPPED and found > 0 and events[row - _STRIDE + _KIND] == _SKIPPED:
            events[row - _STRIDE + _SIZE] += size
            at += size
            continue
        events[row + _KIND] = kind
        events[row + _OFFSET] = at
        events[row + _SIZE] = size
        events[row + _CODE] = code
        events[row + _AT] = at
        if kind == _FRAME:
            events[row + _BODY] = at + 8 + digits
            events[row + _BODY_SIZE] = size - digits - 8
            events[row + _CODEC] = data[at + 8 + digits]
            events[row + _COUNT] = data[at + 9 + digits]
            frames += 1
        found += 1
        at += size
    state[_POSITION] = at
    state[_MODE] = mode
    state[_FOUND] = found
    state[_OTHERS] = found - frames
