"""Codecs 12, 13, 14 and 15: commands, their answers, texts of serial ports, parts of photos.

| codec | types | data |
|---|---|---|
| 12 | 05 command, 06 answer, 0D camera, others serial | text |
| 13 | 06 (05 in old documents) | u32 seconds, text; an old firmware sends u64 milliseconds |
| 14 | 05 command, 06 answer, 11 refusal | the IMEI as 16 digits packed into 8 bytes, text |
| 15 | any | u32 seconds, the packed IMEI, data |

Behind the type stands a u32: the bytes of all that follows up to the second count.
Source: the vendor's protocol page "Codec", its page on cameras.
"""

from __future__ import annotations

from gpsproto.category import Category
from gpsproto.errors import ErrorCode
from gpsproto.view.actions import Actions
from gpsproto.view.reading import Node, Reading
from gpsproto.view.values import moment, of_this_age

CODECS = {0x0C: "Codec 12", 0x0D: "Codec 13", 0x0E: "Codec 14", 0x0F: "Codec 15"}

_COMMAND, _ANSWER, _REFUSAL, _CAMERA = 0x05, 0x06, 0x11, 0x0D
_TYPES = {_COMMAND: "command of the server", _ANSWER: "answer of the device"}
_TEXTS = {
    _COMMAND: Category.SECRET, _ANSWER: Category.MESSAGE, _REFUSAL: Category.MESSAGE,
}  # fmt: skip
_IMEI_BYTES = 8
_SECONDS_BYTES, _MILLISECONDS_BYTES = 4, 8
_OLDEST_S = 946_684_800  # before it a clock was never set, and four bytes are half of eight
_CAMERA_PARTS = {
    (0x01, 0): ("take a picture", ()),
    (0x01, 8): ("a picture was made", (("image id", 4), ("size", 4))),
    (0x02, 10): ("send a part", (("image id", 4), ("offset", 4), ("length", 2))),
    (0x03, 4): ("what size is it?", (("image id", 4),)),
    (0x03, 8): ("its size", (("image id", 4), ("size", 4))),
    (0xEE, 2): ("refused", (("command", 1), ("error", 1))),
    (0xEF, 2): ("refused", (("command", 1), ("error", 1))),
}
"""What stands behind a sub-command and so many bytes: the meaning, and fields by size."""

_PART_HEAD = (("image id", 4), ("offset", 4), ("length", 2))
_PART_HEAD_BYTES = 10


def read(r: Reading, codec: int, count: int, actions: Actions) -> None:
    """Read the commands up to ``r.stop``.  Stop where a size does not fit."""
    for number in range(1, max(1, count) + 1):
        with r.group(f"command {number}"):
            _command(r, codec, actions)
        if not r.left:
            return
    r.fault(ErrorCode.TRAILING_BYTES)


def _command(r: Reading, codec: int, actions: Actions) -> None:
    type = r.number("type", 1, plain=True)
    refusal = codec == 0x0E and type == _REFUSAL
    camera = codec == 0x0C and type == _CAMERA
    if codec == 0x0D and type == _COMMAND:
        type = _ANSWER  # of the device alone: old documents give an answer this type
    r.last.value = "refusal: another IMEI" if refusal else _TYPES.get(type, "data of a serial port")
    if camera:
        r.last.value = "camera"
    size = r.number("size", 4, plain=True)
    sized = r.last
    if size > r.left:
        sized.fails(f"{r.left} bytes are left", str(r.left))
        sized.plain = False
        r.fault(ErrorCode.TRUNCATED, sized.start)
    with r.within(r.at + size):
        if codec in (0x0D, 0x0F):
            _time(r, codec, actions, leaves=type == _ANSWER)
        if codec in (0x0E, 0x0F):
            if r.left < _IMEI_BYTES:
                sized.fails("no room for an IMEI", "")
                r.fault(ErrorCode.TRUNCATED)
            imei(r.leaf("IMEI", _IMEI_BYTES), r, actions, _whose(codec, type))
        if camera and _camera(r):
            sized.fits()
            return
        _text(r, type)
    sized.fits()


def _whose(codec: int, type: int) -> tuple[str, str]:
    """The message and the field that declare the IMEI: it names nobody, and never leaves."""
    if type in (_ANSWER, _REFUSAL):
        return "answer", "61457@0"
    return f"{CODECS[codec]} {'command' if type == _COMMAND else 'serial'}", "imei"


def _time(r: Reading, codec: int, actions: Actions, *, leaves: bool) -> None:
    """Four bytes of seconds, or eight of milliseconds where four would be before the year 2000."""
    size = _SECONDS_BYTES
    seconds = int.from_bytes(r.data[r.at : r.at + _SECONDS_BYTES], "big")
    if codec == 0x0D and seconds < _OLDEST_S and r.left >= _MILLISECONDS_BYTES:
        whole = int.from_bytes(r.data[r.at : r.at + _MILLISECONDS_BYTES], "big")
        size = _MILLISECONDS_BYTES if of_this_age(whole) else size
    raw = r.number("time", size)
    ms = raw if size == _MILLISECONDS_BYTES else 1_000 * raw
    node = r.last
    node.becomes(actions.of("answer", "timestamp"))
    if not leaves:  # it is counted, and no record is made of it
        node.action, node.by = "drop", "envelope"
    node.value, node.plausible = moment(ms) or "no such time", of_this_age(ms)
    if size == _MILLISECONDS_BYTES:
        node.note = "eight bytes of milliseconds, as old firmware sends it"
    elif not node.plausible:
        node.note, node.secret = "no plausible time; it may be text", True


def imei(node: Node, r: Reading, actions: Actions, declared: tuple[str, str]) -> None:
    """Packed digits of an IMEI, a zero before them."""
    digits = r.bytes_of(node).hex()
    node.raw = digits
    node.value = digits[1:] if digits[0] == "0" else digits
    node.becomes(actions.of(*declared))
    node.secret = True
    if not digits.isdigit():
        node.note = "not only digits"


def _text(r: Reading, type: int) -> None:
    """Free text: a command may hold a password, an answer anything that the device knows."""
    if not r.left:
        return
    leaf = r.leaf("text", r.left)
    leaf.raw = leaf.value = r.bytes_of(leaf).decode("ascii", "backslashreplace")
    leaf.category = _TEXTS.get(type, Category.OPAQUE)
    leaf.action, leaf.by, leaf.secret = "drop", "floor", True
    leaf.note = f"{leaf.end - leaf.start} bytes"


def _camera(r: Reading) -> bool:
    """A message of a camera that fits to its last byte; no picture is shown."""
    sub, left = r.data[r.at] if r.left else -1, r.left - 1
    said, fields = _CAMERA_PARTS.get((sub, left), ("", ()))
    if sub == 0x02 and left > _PART_HEAD_BYTES:
        length = int.from_bytes(r.data[r.at + 9 : r.at + 11], "big")
        if length == left - _PART_HEAD_BYTES:
            said, fields = "a part of a picture", _PART_HEAD
    if not said:
        return False
    r.number("sub-command", 1, plain=True)
    r.last.value = said
    for name, size in fields:
        r.number(name, size)
        node = r.last
        node.value = str(node.raw)
        node.category, node.action, node.by = Category.PHOTO, "drop", "floor"
        # the id of a picture is the time at which it was taken
        node.secret = name == "image id"
    if r.left:
        leaf = r.leaf("picture", r.left)
        leaf.category, leaf.action, leaf.by, leaf.secret = Category.PHOTO, "drop", "floor", True
        leaf.note = f"{leaf.end - leaf.start} bytes"
    return True
