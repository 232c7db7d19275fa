"""Pictures in parts over Codec 12 (type 0x0D): a sub-command of one byte, then its fields.

| sub-command | of the server | of the device |
|---|---|---|
| 0x01 | take a picture: nothing more | it is there: u32 image, u32 size |
| 0x02 | send a part: u32 image, u32 offset, u16 size | u32 image, u32 offset, u16 length, bytes |
| 0x03 | tell the size: u32 image | as 0x01 |
| 0xEE, 0xEF | | an error: u8 sub-command, u8 error |

Nothing says which side speaks, so both lengths are right.  A sub-command that is not here is counted
as it is.  A picture is never put together.

Source: the vendor's protocol page "Camera"; two public servers.
"""

from __future__ import annotations

from typing import Any

import construct as c

from gpsproto.errors import ErrorCode

CREATED, PART, SIZE, ERROR = 0x01, 0x02, 0x03, 0xEE

_LENGTHS = {CREATED: (0, 8), SIZE: (4, 8), ERROR: (2,), 0xEF: (2,)}
_PART_HEAD = 11  # with the sub-command

GRAMMARS: dict[str, Any] = {
    "order": c.Struct("sub" / c.Const(CREATED, c.Int8ub)),
    "created": c.Struct("sub" / c.Const(CREATED, c.Int8ub), "image" / c.Int32ub, "size" / c.Int32ub),
    "request": c.Struct(
        "sub" / c.Const(PART, c.Int8ub), "image" / c.Int32ub, "offset" / c.Int32ub,
        "size" / c.Int16ub,
    ),
    "part": c.Struct(
        "sub" / c.Const(PART, c.Int8ub), "image" / c.Int32ub, "offset" / c.Int32ub,
        "data" / c.Prefixed(c.Int16ub, c.GreedyBytes),
    ),
    "error": c.Struct("sub" / c.Const(ERROR, c.Int8ub), "command" / c.Int8ub, "error" / c.Int8ub),
}  # fmt: skip
"""The messages as constructs, by name."""


def wrong(data: memoryview) -> tuple[ErrorCode, int] | None:
    """What is wrong about the length of a message, and its byte; None where it fits."""
    if not data:
        return ErrorCode.TRUNCATED, 0
    if data[0] == PART:
        if len(data) < _PART_HEAD:
            return ErrorCode.TRUNCATED, 1
        there = len(data) - _PART_HEAD
        said = int.from_bytes(data[9:_PART_HEAD], "big")
        if there and there < said:
            return ErrorCode.TRUNCATED, 9
        return (ErrorCode.TRAILING_BYTES, _PART_HEAD + said) if there > said else None
    lengths = _LENGTHS.get(data[0])
    there = len(data) - 1
    if lengths is None or there in lengths:
        return None
    if there > max(lengths):
        return ErrorCode.TRAILING_BYTES, 1 + max(lengths)
    return ErrorCode.TRUNCATED, 1


def part(data: bytes) -> bytes:
    """The first part of a picture."""
    return bytes(GRAMMARS["part"].build({"image": 1, "offset": 0, "data": data}))
