"""Frames of GPS watches: head, word, arguments; the bytes of a field begin with its separator.

A number is shown where it has the form and the range of its field; a text may be anything.
"""

from __future__ import annotations

import re

from gpsproto.category import Category
from gpsproto.codecs import watch
from gpsproto.codecs.watch.message import OTHER, Message
from gpsproto.errors import ErrorCode
from gpsproto.view import position
from gpsproto.view.actions import Actions
from gpsproto.view.arguments import argument, show
from gpsproto.view.reading import Node, Reading, Stop

HEAD = re.compile(
    rb"\[(?P<signature>[0-9A-Fa-f]{32}(?=[0-9A-Za-z]{2,4}\*))?(?P<prefix>[0-9A-Za-z]{2,4}\*)"
    rb"(?P<id>[0-9A-Za-z]{1,20}\*)(?P<index>[0-9A-Fa-f]{4}\*(?=[0-9A-Fa-f]{4}\*))?"
    rb"(?P<length>[0-9A-Fa-f]{4}\*)"
)
_SUFFIX = re.compile(rb"[0-9]?(?:_(?:LTE|GSM|WCDMA|TDSCDMA|CDMA2?|GPS|4G|2G))?", re.IGNORECASE)
"""What may follow a word and is shown: of a longer run of digits nobody knows what it is."""


def frame(r: Reading, actions: Actions, content: tuple[int, int] | None) -> Stop | None:
    """A frame from bracket to bracket.  ``content``: where decode() found it, first byte and size."""
    head = HEAD.match(r.data)
    if head is None:
        return Stop(ErrorCode.TRUNCATED, len(r.data))
    start = head.end() if content is None else content[0]
    _head(r, head, start, actions)
    announced = int(r.data[start - 5 : start - 1], 16) if start >= 5 else 0
    length = r.last
    if content is None:
        return _refused(r, length, announced, actions)
    size = content[1]
    length.fits()
    if announced != size:
        length.fails(f"the content has {size} bytes", f"{size:04X}")
    with r.within(start + size):
        _content(r, actions)
    r.leaf("end", r.left, plain=True)
    return None


def _head(r: Reading, head: re.Match[bytes], start: int, actions: Actions) -> None:
    """What stands before the content, which begins at ``start``."""
    r.leaf("bracket", 1, plain=True)
    if head["signature"]:
        leaf = r.leaf("signature", len(head["signature"]))
        leaf.becomes(actions.of("frame", "signature"))
        leaf.note = "not verified: it needs a secret of the vendor"
    leaf = r.leaf("prefix", len(head["prefix"]), plain=True)
    leaf.raw = leaf.value = r.bytes_of(leaf)[:-1].decode("ascii")
    leaf = r.leaf("id", len(head["id"]))
    leaf.raw = leaf.value = r.bytes_of(leaf)[:-1].decode("ascii")
    leaf.becomes(actions.of("frame", "id"))
    leaf.secret = True
    for name, size in (("index", start - 5 - r.at), ("length", start - r.at)):
        if name == "index" and size != 5:
            continue
        leaf = r.leaf(name, 5, plain=True)
        leaf.raw = r.bytes_of(leaf)[:-1].decode("ascii")
        leaf.value = str(int(leaf.raw, 16))


def _refused(r: Reading, length: Node, announced: int, actions: Actions) -> Stop:
    """A frame that breaks off, or claims too much."""
    at = len(r.data)
    if not r.left:
        length.fails("over the limit")
        return Stop(ErrorCode.TOO_LARGE, length.start)
    length.fails(f"{r.left} bytes follow")
    del announced
    _content(r, actions)
    return Stop(ErrorCode.TRUNCATED, at)


def _content(r: Reading, actions: Actions) -> None:
    """A word and its arguments."""
    fields = r.data[r.at : r.stop].split(b",")
    word = fields[0]
    message = watch.find(word.decode("ascii")) if word.isascii() else None
    if message is None:
        leaf = r.leaf("word", len(word))
        leaf.secret, leaf.note = True, "not known: it may be an identifier"
        leaf.category, leaf.action, leaf.by = Category.OPAQUE, "drop", "unknown"
        for number, field in enumerate(fields[1:], 1):
            _opaque(r, f"argument {number}", 1 + len(field))
        return
    _word(r, message, word, actions)
    if message.keys and len(fields) > 1:
        _keyed(r, message, actions)
        return
    if message.receipt and len(fields) == 2 and len(fields[1]) == 1 and fields[1].isdigit():
        leaf = r.leaf("receipt", 2)
        leaf.raw = leaf.value = fields[1].decode("ascii")
        leaf.becomes(
            actions.of(message.word, "command_result") or actions.of(message.word, "message")
        )
        leaf.secret = False
        return
    rest = fields[1:]
    for item in message.items:
        if rest:
            argument(r, item, rest.pop(0), actions, message)
    if message.position and rest:
        position.read(r, rest, message, actions)
        return
    for field in rest:
        if message.rest is None:
            _opaque(r, "argument too many", 1 + len(field))
        else:
            argument(r, message.rest, field, actions, message)


def _word(r: Reading, message: Message, word: bytes, actions: Actions) -> None:
    """The word, which is known, and what follows it."""
    size = len(message.word)
    leaf = r.leaf("word", size, plain=True)
    leaf.raw = word[:size].decode("ascii")
    leaf.value = message.meaning
    leaf.becomes(actions.of(message.word, "event"))
    leaf.note = f"of the kind {message.kind.value}"
    if len(word) == size:
        return
    leaf = r.leaf("suffix", len(word) - size)
    leaf.raw = leaf.value = word[size:].decode("ascii")
    leaf.secret = _SUFFIX.fullmatch(word[size:]) is None


def _opaque(r: Reading, name: str, size: int) -> None:
    leaf = r.leaf(name, size)
    leaf.category, leaf.action, leaf.by, leaf.secret = Category.OPAQUE, "drop", "unknown", True
    leaf.note = f"{size - 1} bytes"


def _keyed(r: Reading, message: Message, actions: Actions) -> None:
    """Arguments that are a key and a value; a key that is not listed may be anything."""
    items = {key.upper().encode(): item for key, item in message.keys.items()}
    separator = message.separator.encode()
    text = r.data[r.at + 1 : r.stop]
    for part in text.split(separator):
        key, colon, value = part.partition(b":")
        item = items.get(key.upper()) if colon else None
        if item is None:
            leaf = r.leaf("other", 1 + len(part))
            leaf.becomes(actions.of(message.word, (message.rest or OTHER).name))
            leaf.secret, leaf.note = bool(part), f"{len(part)} bytes"
            continue
        with r.group(item.name):
            leaf = r.leaf("key", 1 + len(key) + 1, plain=True)
            leaf.raw = leaf.value = key.decode("ascii")
            if value:
                leaf = r.leaf("value", len(value))
                leaf.becomes(actions.of(message.word, item.name))
                inner = re.fullmatch(rb"(?:OK|NO)\(([0-9]{1,8})\)", value)
                show(leaf, item, inner[1] if inner else value)
