"""What carries the records of trackers: login, keep-alive, TCP frame, UDP packet, SMS.

The order in which faults count is that of the framers: checksum, padding, second count, records.
"""

from __future__ import annotations

from gpsproto.checksum import crc16
from gpsproto.errors import ErrorCode
from gpsproto.view import body, sms
from gpsproto.view.actions import Actions
from gpsproto.view.reading import Node, Reading, Stop
from gpsproto.wire.limits import Limits

LEAST_DATA = 3
"""Bytes of a data field at least: codec id and two counts."""

_HEAD_BYTES = 8
_AROUND_BYTES = 12  # preamble, length, checksum
_IMEI_DIGITS = (14, 16)
_PACKET_HEAD_BYTES = 8


def login(r: Reading, actions: Actions) -> Stop | None:
    """A length and so many digits of an IMEI."""
    try:
        size = _part(r, "length", 2)
        least, most = _IMEI_DIGITS
        if not least <= size <= most:
            r.last.fails("an IMEI has 15 digits", "15")
            r.fault(ErrorCode.BAD_HANDSHAKE, r.last.start)
        _imei(r, size, actions)
        r.nodes[0].fits()
    except Stop as stopped:
        return stopped
    return None


def _imei(r: Reading, size: int, actions: Actions) -> None:
    """The digits of an IMEI."""
    cut = size > r.left
    node = r.leaf("IMEI", min(size, r.left))
    digits = r.bytes_of(node)
    node.raw = node.value = digits.decode("ascii", "backslashreplace")
    node.becomes(actions.of("login", "imei"))
    node.secret = True
    wrong = next((at for at, byte in enumerate(digits) if not 48 <= byte <= 57), None)
    if wrong is not None:
        node.fails("an IMEI has digits only")
        r.fault(ErrorCode.BAD_HANDSHAKE, node.start + wrong)
    if cut:
        node.fails("the bytes end inside", f"{size} digits")
        r.fault(ErrorCode.TRUNCATED, r.stop)
    node.fits()


def _part(r: Reading, name: str, size: int) -> int:
    """An integer of an envelope, which may be cut off by the end of the bytes."""
    if r.left < size:
        node = r.leaf(name, r.left, plain=True)
        node.fails("the bytes end inside", f"{size} bytes")
        r.fault(ErrorCode.TRUNCATED, r.stop)
    return r.number(name, size, plain=True)


def keep_alive(r: Reading) -> None:
    """A lone 0xFF."""
    while r.left:
        r.number("keep-alive", 1, plain=True)
        r.last.value = "nothing is owed"


def tcp(r: Reading, actions: Actions, *, code: ErrorCode | None = None) -> Stop | None:
    """A frame: preamble, length, data field, checksum.  ``code`` is what decode() made of it."""
    try:
        if _part(r, "preamble", 4):
            r.last.fails("four zero bytes open a frame", "00 00 00 00")
            r.last.plain = False
            r.last.secret = True
            r.fault(ErrorCode.BAD_PREAMBLE, r.last.start)
        r.last.fits()
        size = _part(r, "length", 4)
    except Stop as stopped:
        return stopped
    length = r.last
    if size < LEAST_DATA:
        length.fails("a data field is not so short", f"at least {LEAST_DATA}")
        return Stop(ErrorCode.BAD_LENGTH, length.start)
    limit = _limit(r, r.at)
    if code is ErrorCode.TOO_LARGE or size > limit:
        length.fails("over the limit", f"at most {limit}")
        return Stop(ErrorCode.TOO_LARGE, length.start)
    end = r.at + size + _AROUND_BYTES - _HEAD_BYTES
    if end > len(r.data):
        return _cut(r, length, end, actions, code)
    length.fits()
    return _whole(r, size, actions)


def _limit(r: Reading, codec_at: int) -> int:
    """Bytes of a data field at most, by its codec id."""
    limits = Limits()
    if codec_at >= len(r.data):
        return limits.longest
    return limits.by_codec.get(r.data[codec_at], limits.other)


def _cut(r: Reading, length: Node, end: int, actions: Actions, code: ErrorCode | None) -> Stop:
    """A frame whose end is not there: the dump ends before, or another frame begins inside."""
    missing = end - len(r.data)
    length.fails(f"{missing} bytes of the frame are not there")
    data_end = end - _AROUND_BYTES + _HEAD_BYTES
    with r.within(data_end - 1):
        body.read(r, actions, whole=False, vouched=False)
    for name, at, size in (("second count", data_end - 1, 1), ("checksum", data_end, 4)):
        if r.at == at and r.left:
            node = r.leaf(name, min(size, r.left))
            node.secret, node.note = True, "cut off" if node.end - node.start < size else ""
    if code is ErrorCode.BAD_CRC:
        return Stop(ErrorCode.BAD_CRC, data_end)
    return Stop(ErrorCode.TRUNCATED, len(r.data))


def _whole(r: Reading, size: int, actions: Actions) -> Stop | None:
    start, end = r.at, r.at + size
    expected = crc16(r.data[start:end])
    sent = int.from_bytes(r.data[end + 2 : end + 4], "big")
    padding = int.from_bytes(r.data[end : end + 2], "big")
    vouched = sent == expected and not padding and r.data[start + 1] == r.data[end - 1]
    with r.within(end - 1):
        count, stopped = body.read(r, actions, whole=True, vouched=vouched)
    second = _second_count(r, count)
    node = r.leaf("checksum", 4)
    node.raw, node.value = f"0x{r.bytes_of(node).hex().upper()}", "CRC-16/ARC"
    node.guarded = True
    if sent != expected:
        node.fails("the CRC-16 does not fit the bytes", f"0x{expected:04X}")
        return Stop(ErrorCode.BAD_CRC, end)
    if padding:
        node.fails("its upper half is not zero")
        return Stop(ErrorCode.BAD_CRC_PADDING, end)
    node.fits()
    return second or stopped


def _second_count(r: Reading, count: Node | None) -> Stop | None:
    """The count again; right where both are the same."""
    again = r.number("second count", 1, plain=True)
    first = count.raw if count is not None else again
    if again == first:
        r.last.fits()
        if count is not None and count.right is None:
            count.fits()
        return None
    r.last.fails("not the first count", str(first))
    return Stop(ErrorCode.COUNT_MISMATCH, r.last.start)


def udp(r: Reading, actions: Actions) -> Stop | None:
    """A channel packet of a datagram: length, ids, IMEI, data field without a checksum."""
    try:
        size = 2 + _part(r, "length", 2)
        length = r.last
        for name, width in (("packet id", 2), ("packet type", 1), ("AVL packet id", 1)):
            _part(r, name, width)
        digits = _part(r, "IMEI length", 2)
        least = most = 15
        if not least <= digits <= most:
            r.last.fails("an IMEI has 15 digits", "15")
            r.fault(ErrorCode.BAD_HANDSHAKE, r.last.start)
        r.last.fits()
        if size < digits + _PACKET_HEAD_BYTES + LEAST_DATA:
            length.fails("a packet is not so short", f"at least {digits + 9}")
            r.fault(ErrorCode.BAD_LENGTH, length.start)
        _imei(r, digits, actions)
    except Stop as stopped:
        return stopped
    if size - digits - _PACKET_HEAD_BYTES > _limit(r, r.at):
        length.fails("over the limit", f"at most {_limit(r, r.at) + digits + 6}")
        return Stop(ErrorCode.TOO_LARGE, length.start)
    if size > len(r.data):
        length.fails(f"{len(r.data) - 2} bytes follow", str(len(r.data) - 2))
        with r.within(size - 1):
            body.read(r, actions, whole=False, vouched=False)
        return Stop(ErrorCode.TRUNCATED, len(r.data))
    length.fits()
    with r.within(size - 1):
        count, inside = body.read(r, actions, whole=True, vouched=False)
    return _second_count(r, count) or inside


def _positions(r: Reading, actions: Actions) -> Stop | None:
    try:
        sms.positions(r, actions)
    except Stop as stopped:
        return stopped
    return None


def short_message(r: Reading, actions: Actions) -> Stop | None:
    """A binary SMS: a data field, or 24 positions, and the IMEI."""
    end = len(r.data) - sms.IMEI_BYTES
    if end < LEAST_DATA:
        return Stop(ErrorCode.TRUNCATED, len(r.data))
    second: Stop | None = None
    wrong: Stop | None
    if r.data[0] == sms.POSITIONS:
        r.number("codec", 1, plain=True)
        r.last.value = "24 positions"
        with r.within(end):
            wrong = _positions(r, actions)
            r.rest(note="what is left of the last byte")
    else:
        with r.within(end - 1):
            count, wrong = body.read(r, actions, whole=True, vouched=False)
        second = _second_count(r, count)
    sms.imei(r, actions)
    return second or wrong
