"""Planted mistakes: what a tired hand might write, one a line, and the suites that must find it."""

from __future__ import annotations

from dataclasses import dataclass

_WALK = (
    "tests/walk/test_malformed.py", "tests/walk/test_boundaries.py", "tests/walk/test_agreement.py",
)  # fmt: skip
_STREAM = ("tests/walk/test_malformed.py", "tests/walk/test_stream.py")
_FORMS = ("tests/walk/test_forms.py",)
_WATCH = ("tests/walk/test_brackets.py", "tests/walk/test_watch_quirks.py")


@dataclass(frozen=True, slots=True)
class Planted:
    """A mistake: the file of the package, what stands there once, and what stands there instead."""

    name: str
    file: str
    right: str
    wrong: str
    suites: tuple[str, ...] = _WALK


PLANTED = (
    Planted(
        "a frame is taken for one byte shorter than it is", "walk/frames.py",
        "state[_NEEDED] = length + 12", "state[_NEEDED] = length + 11", _STREAM,
    ),
    Planted(
        "the checksum of a frame is not looked at", "walk/frames.py",
        "    if crc != sent:\n        return _BAD_CRC",
        "    if crc != sent and size == 0:\n        return _BAD_CRC",
        _STREAM,
    ),
    Planted(
        "the upper half of the checksum may be anything", "walk/frames.py",
        "    if data[at + size - 4] or data[at + size - 3]:\n        return _BAD_CRC_PADDING\n", "",
        _STREAM,
    ),
    Planted(
        "the limit of a frame's length is not looked at", "walk/frames.py",
        "    if length > limits[data[at + 8]]:\n        return _TOO_LARGE\n", "", _STREAM,
    ),
    Planted(
        "the search behind damage shifts a checksum by one byte too few", "walk/frames.py",
        "prefixes[at + 8 - start], size - 12, powers", "prefixes[at + 8 - start], size - 13, powers",
        _STREAM,
    ),
    Planted(
        "a group may reach over the end of its body", "walk/avl.py",
        "            if stop > end:\n                return _wrong(control, pos, _TRUNCATED)\n", "",
    ),
    Planted(
        "an element of variable length may reach over the end by one byte", "walk/avl.py",
        "if end - pos - 4 < size:", "if end - pos - 3 < size:",
    ),
    Planted(
        "bytes behind the last record are nobody's concern", "walk/avl.py",
        "    if pos != end:\n        return _wrong(control, pos, _TRAILING_BYTES)\n", "",
    ),
    Planted(
        "the rows of a frame that breaks off stay", "walk/avl.py",
        "                _take_back(row, count, fixed,", "                (row, count, fixed,",
    ),
    Planted(
        "the counts of a frame that breaks off stay", "walk/avl.py",
        "desk[index] = before[index]\n", "pass\n",
    ),
    Planted(
        "a place at the end of the range is out of it", "walk/avl.py",
        "_MASK32 > _LONGITUDE_SPAN", "_MASK32 >= _LONGITUDE_SPAN",
        _WALK,
    ),
    Planted(
        "a form is taken for another's that ends in other bytes", "walk/avl.py",
        "return _word(data, stop - 1) & stencils[word] == stencils[word + 1]", "return 1",
    ),
    Planted(
        "records that wait are cut as the form of those behind them", "walk/avl.py",
        "if waiting and stencils[_STENCIL_LAST] != stencil:", "if waiting and count == 0:", _FORMS,
    ),
    Planted(
        "a frame of one form need not end where its records do", "walk/avl.py",
        "return places[first + count - 1] + head + stencils[body] == end", "return 1",
        _FORMS,
    ),
    Planted(
        "the attributes of records that wait take no room", "walk/avl.py",
        "            + waiting * each\n", "", _FORMS,
    ),
    Planted(
        "private mode forgets the attributes", "walk/avl.py",
        "            used = _without_cleared(used_before, used, desk, cells16, cells64, control)\n", "",
    ),
    Planted(
        "a datagram's IMEI may hold anything", "walk/datagrams.py",
        "        if data[index] < 48 or data[index] > 57:\n            return _BAD_HANDSHAKE\n",
        "        pass\n",
    ),
    Planted(
        "a watch's numbers lose their sign", "walk/watch.py",
        "    return -value if negative else value", "    return value", _WATCH,
    ),
    Planted(
        "a watch's brackets are counted one too deep", "walk/brackets.py",
        "            if depth == 0:\n                return closed\n            depth -= 1",
        "            if depth == 1:\n                return closed\n            depth -= 1", _WATCH,
    ),
    Planted(
        "a buffer lets one byte too many go", "wire/buffer.py",
        "self._chunks[0] = first[size:]", "self._chunks[0] = first[size + 1 :]",
        ("tests/unit/test_buffer.py", *_STREAM),
    ),
)  # fmt: skip
"""Ten are asked for; a mistake of each kind is here."""
