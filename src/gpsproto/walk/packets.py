# cython: wraparound=False, initializedcheck=False, cdivision=True
"""Find the TCP and UDP payloads of a packet capture, from its records down.

A row of integers and a key stand for each packet; nothing is copied but the key.  Of a block of
pcapng that holds no packet (names, secrets, statistics) only the length is read, and of a block that
does neither options nor comments.
"""

from __future__ import annotations

try:
    import cython
except ImportError:  # pragma: no cover - the suite runs with Cython's own shadow as well
    from gpsproto.walk import stand_in as cython

from gpsproto.walk import codes

COMPILED: bool = cython.compiled

_BIG = cython.declare(cython.Py_ssize_t, codes.PACKETS_BIG)
_FORM = cython.declare(cython.Py_ssize_t, codes.PACKETS_FORM)
_HEAD = cython.declare(cython.Py_ssize_t, codes.PACKETS_HEAD)
_LINKS = cython.declare(cython.Py_ssize_t, codes.PACKETS_LINKS)
_POSITION = cython.declare(cython.Py_ssize_t, codes.PACKETS_POSITION)
_REASON = cython.declare(cython.Py_ssize_t, codes.PACKETS_REASON)
_ROWS = cython.declare(cython.Py_ssize_t, codes.PACKETS_ROWS)
_SKIP = cython.declare(cython.Py_ssize_t, codes.PACKETS_SKIP)
_SNAP = cython.declare(cython.Py_ssize_t, codes.PACKETS_SNAP)
_STOP = cython.declare(cython.Py_ssize_t, codes.PACKETS_STOP)

_FORM_PCAP = cython.declare(cython.longlong, codes.FORM_PCAP)
_RECORD_MOST = cython.declare(cython.longlong, codes.RECORD_MOST)
_STOP_BLOCK = cython.declare(cython.longlong, codes.STOP_BLOCK)
_STOP_DAMAGED = cython.declare(cython.longlong, codes.STOP_DAMAGED)
_STOP_FULL = cython.declare(cython.longlong, codes.STOP_FULL)
_STOP_MORE = cython.declare(cython.longlong, codes.STOP_MORE)

_FLAGS = cython.declare(cython.Py_ssize_t, codes.PACKET_FLAGS)
_KEY = cython.declare(cython.Py_ssize_t, codes.PACKET_KEY)
_KIND = cython.declare(cython.Py_ssize_t, codes.PACKET_KIND)
_OFFSET = cython.declare(cython.Py_ssize_t, codes.PACKET_OFFSET)
_SEQUENCE = cython.declare(cython.Py_ssize_t, codes.PACKET_SEQUENCE)
_SIDE = cython.declare(cython.Py_ssize_t, codes.PACKET_SIDE)
_SIZE = cython.declare(cython.Py_ssize_t, codes.PACKET_SIZE)
_STRIDE = cython.declare(cython.Py_ssize_t, codes.PACKET_STRIDE)
_WHOLE = cython.declare(cython.Py_ssize_t, codes.PACKET_WHOLE)
_FRAGMENT = cython.declare(cython.longlong, codes.PACKET_FRAGMENT)
_OTHER = cython.declare(cython.longlong, codes.PACKET_OTHER)
_TCP = cython.declare(cython.longlong, codes.PACKET_TCP)
_UDP = cython.declare(cython.longlong, codes.PACKET_UDP)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _number(
    data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t, big: cython.longlong
) -> cython.longlong:
    """Four bytes in the capture's own order."""
    first: cython.longlong = data[at]
    second: cython.longlong = data[at + 1]
    third: cython.longlong = data[at + 2]
    fourth: cython.longlong = data[at + 3]
    if big:
        return (first << 24) | (second << 16) | (third << 8) | fourth
    return (fourth << 24) | (third << 16) | (second << 8) | first


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _two(data: cython.const[cython.uchar][::1], at: cython.Py_ssize_t) -> cython.longlong:
    high: cython.longlong = data[at]
    return (high << 8) | data[at + 1]


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _network(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    link: cython.longlong,
) -> cython.Py_ssize_t:
    """Where the IP head begins behind a link's head; -1 where none does."""
    at: cython.Py_ssize_t = start
    kind: cython.longlong
    turn: cython.Py_ssize_t
    if link == 101 or link == 12 or link == 14 or link == 228 or link == 229:
        return at if at < stop else -1
    if link == 0 or link == 108:
        # four bytes of the address family, in the order of who captured: loopback
        if stop - at < 5:
            return -1
        if link == 108 or _number(data, at, 0) > 0xFFFF:
            kind = _number(data, at, 1)
        else:
            kind = _number(data, at, 0)
        if kind == 2 or kind == 10 or kind == 24 or kind == 28 or kind == 30:
            return at + 4
        return -1
    if link == 1:
        if stop - at < 14:
            return -1
        kind = _two(data, at + 12)
        at += 14
    elif link == 113:
        if stop - at < 16:
            return -1
        kind = _two(data, at + 14)
        at += 16
    elif link == 276:
        if stop - at < 20:
            return -1
        kind = _two(data, at)
        at += 20
    else:
        return -1
    for turn in range(4):
        if kind == 0x8100 or kind == 0x88A8 or kind == 0x9100:
            if stop - at < 4:
                return -1
            kind = _two(data, at + 2)
            at += 4
    if kind == 0x8864:
        # PPP over Ethernet
        if stop - at < 8:
            return -1
        kind = _two(data, at + 6)
        at += 8
        if kind == 0x0021:
            kind = 0x0800
        elif kind == 0x0057:
            kind = 0x86DD
    if (kind == 0x0800 or kind == 0x86DD) and at < stop:
        return at
    return -1


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _keyed(
    data: cython.const[cython.uchar][::1],
    first: cython.Py_ssize_t,
    size: cython.Py_ssize_t,
    ports: cython.Py_ssize_t,
    protocol: cython.longlong,
    keys: cython.uchar[::1],
    key: cython.Py_ssize_t,
) -> cython.longlong:
    """Write a key; 1 where the packet comes from the higher end.

    The address of the sender begins at ``first``, that of the receiver behind its ``size`` bytes.
    """
    side: cython.longlong = 0
    index: cython.Py_ssize_t
    low: cython.Py_ssize_t
    for index in range(_KEY):
        keys[key + index] = 0
    for index in range(size + 2):
        if index < size:
            low = first + index
            if data[low] != data[low + size]:
                side = 1 if data[low] > data[low + size] else 0
                break
        else:
            low = ports + index - size
            if data[low] != data[low + 2]:
                side = 1 if data[low] > data[low + 2] else 0
                break
    keys[key] = protocol
    keys[key + 1] = size
    low = ports + 2 if side else ports
    keys[key + 2] = data[low]
    keys[key + 3] = data[low + 1]
    low = ports if side else ports + 2
    keys[key + 4] = data[low]
    keys[key + 5] = data[low + 1]
    low = first + size if side else first
    for index in range(size):
        keys[key + 8 + index] = data[low + index]
    low = first if side else first + size
    for index in range(size):
        keys[key + 24 + index] = data[low + index]
    return side


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def _packet(
    data: cython.const[cython.uchar][::1],
    start: cython.Py_ssize_t,
    stop: cython.Py_ssize_t,
    whole: cython.longlong,
    link: cython.longlong,
    rows: cython.longlong[::1],
    row: cython.Py_ssize_t,
    keys: cython.uchar[::1],
    key: cython.Py_ssize_t,
) -> cython.longlong:
    """Write the row of a packet in ``[start, stop)`` that had ``whole`` bytes when sent; its kind."""
    at: cython.Py_ssize_t = _network(data, start, stop, link)
    inner: cython.Py_ssize_t
    head: cython.Py_ssize_t
    first: cython.Py_ssize_t
    size: cython.Py_ssize_t
    turn: cython.Py_ssize_t
    total: cython.longlong
    end: cython.longlong
    protocol: cython.longlong
    rows[row + _KIND] = _OTHER
    rows[row + _SIDE] = 0
    rows[row + _SEQUENCE] = 0
    rows[row + _FLAGS] = 0
    rows[row + _OFFSET] = start
    rows[row + _SIZE] = stop - start
    rows[row + _WHOLE] = whole
    if at < 0:
        return _OTHER
    # what lies behind the link's head, until more is known
    rows[row + _OFFSET] = at
    rows[row + _SIZE] = stop - at
    if data[at] >> 4 == 4:
        if stop - at < 20:
            return _OTHER
        inner = at + 4 * (data[at] & 15)
        total = _two(data, at + 2)
        if total == 0:
            total = whole - (at - start)  # the network card cuts it up later
        if inner < at + 20 or total < inner - at:
            return _OTHER
        end = at + total
        protocol = data[at + 9]
        first = at + 12
        size = 4
        if _two(data, at + 6) & 0x3FFF:
            rows[row + _KIND] = _FRAGMENT
            rows[row + _SIZE] = min(total, stop - at)
            rows[row + _WHOLE] = total
            return _FRAGMENT
    elif data[at] >> 4 == 6:
        if stop - at < 40:
            return _OTHER
        inner = at + 40
        total = _two(data, at + 4)
        protocol = data[at + 6]
        first = at + 8
        size = 16
        end = inner + total
        if total == 0:
            end = start + whole
        for turn in range(8):
            if stop - inner < 8:
                break
            if protocol == 0 or protocol == 43 or protocol == 60 or protocol == 135:
                protocol = data[inner]
                inner += 8 + 8 * data[inner + 1]
            elif protocol == 51:
                protocol = data[inner]
                inner += 8 + 4 * data[inner + 1]
            elif protocol == 44:
                if _two(data, inner + 2) & 0xFFF9:
                    rows[row + _KIND] = _FRAGMENT
                    rows[row + _SIZE] = min(end, stop) - at
                    rows[row + _WHOLE] = end - at
                    return _FRAGMENT
                protocol = data[inner]
                inner += 8
            else:
                break
    else:
        return _OTHER
    if protocol == 6 and stop - inner >= 20 and end - inner >= 20:
        head = 4 * (data[inner + 12] >> 4)
        if head < 20 or end - inner < head:
            return _OTHER
        rows[row + _KIND] = _TCP
        rows[row + _SEQUENCE] = _number(data, inner + 4, 1)
        rows[row + _FLAGS] = data[inner + 13]
    elif protocol == 17 and stop - inner >= 8 and end - inner >= 8:
        head = 8
        total = _two(data, inner + 4)
        if total >= 8:
            end = min(end, inner + total)
        rows[row + _KIND] = _UDP
    else:
        if inner < stop:
            rows[row + _OFFSET] = inner
            rows[row + _SIZE] = max(0, min(end, stop) - inner)
        return _OTHER
    rows[row + _SIDE] = _keyed(data, first, size, inner, protocol, keys, key)
    inner += head
    rows[row + _OFFSET] = min(inner, stop)
    rows[row + _SIZE] = max(0, min(end, stop) - inner)
    rows[row + _WHOLE] = end - inner
    return rows[row + _KIND]


def scan_packets(
    data: cython.const[cython.uchar][::1],
    links: cython.const[cython.longlong][::1],
    rows: cython.longlong[::1],
    keys: cython.uchar[::1],
    state: cython.longlong[::1],
) -> None:
    """Scan records from ``state[PACKETS_POSITION]`` on, until bytes or rows run out or one is odd.

    ``links`` holds the link type of each interface.  ``rows`` and ``keys`` are filled from their
    first place on; both hold as many packets.
    """
    at: cython.Py_ssize_t = state[_POSITION]
    stop: cython.Py_ssize_t = state[_STOP]
    big: cython.longlong = state[_BIG]
    found: cython.Py_ssize_t = 0
    room: cython.Py_ssize_t = len(rows) // _STRIDE
    head: cython.Py_ssize_t = state[_HEAD]
    start: cython.Py_ssize_t
    kind: cython.longlong
    length: cython.longlong
    size: cython.longlong
    whole: cython.longlong
    place: cython.longlong
    reason: cython.longlong = _STOP_MORE
    while True:
        if found >= room:
            reason = _STOP_FULL
            break
        if state[_FORM] == _FORM_PCAP:
            if stop - at < head:
                break
            size = _number(data, at + 8, big)
            whole = _number(data, at + 12, big)
            if size > _RECORD_MOST - head:
                reason = _STOP_DAMAGED
                break
            if stop - at - head < size:
                break
            start = at + head
            length = head + size
            place = 0
        else:
            if stop - at < 12:
                break
            kind = _number(data, at, big)
            length = _number(data, at + 4, big)
            if kind == 0x0A0D0D0A:
                reason = _STOP_BLOCK
                break
            if length < 12 or length & 3:
                reason = _STOP_DAMAGED
                break
            if kind == 1:
                reason = _STOP_BLOCK
                break
            if kind != 6 and kind != 3 and kind != 2:
                # names, secrets, statistics, and what is not known: only their length is read
                if length > stop - at:
                    state[_SKIP] = length - (stop - at)
                    at = stop
                    break
                at += length
                continue
            if length > _RECORD_MOST or length < (16 if kind == 3 else 32):
                reason = _STOP_DAMAGED
                break
            if stop - at < length:
                break
            if _number(data, at + length - 4, big) != length:
                reason = _STOP_DAMAGED
                break
            if kind == 3:
                whole = _number(data, at + 8, big)
                size = min(whole, length - 16)
                if state[_SNAP] > 0:
                    size = min(size, state[_SNAP])
                place = 0
                start = at + 12
            else:
                if kind == 6:
                    place = _number(data, at + 8, big)
                elif big:
                    place = _two(data, at + 8)
                else:
                    place = (_two(data, at + 8) >> 8) | ((_two(data, at + 8) & 255) << 8)
                size = _number(data, at + 20, big)
                whole = _number(data, at + 24, big)
                start = at + 28
                if size > length - 32:
                    reason = _STOP_DAMAGED
                    break
        _packet(
            data, start, start + size, max(size, whole),
            links[place] if place < state[_LINKS] else -1,
            rows, found * _STRIDE, keys, found * _KEY,
        )  # fmt: skip
        found += 1
        at += length
    state[_POSITION] = at
    state[_ROWS] = found
    state[_REASON] = reason
