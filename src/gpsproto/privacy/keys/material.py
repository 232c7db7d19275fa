"""What a key is made of: the secrets of a key file, redacted however they are shown."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from datetime import date
from typing import NoReturn, SupportsIndex, final

from gpsproto.errors import ErrorCode
from gpsproto.privacy.keys.chain import FIRST_DAY, LAST_DAY, Chain, date_of, day_of
from gpsproto.privacy.keys.derivation import expand

SECRET_SIZE = 32
MOST_LAYERS = 32
LONGEST = 4096
"""Bytes of the longest key file."""
_LEAST_DISTINCT = 14  # of 32 random bytes about 30 differ; fewer than 14 do not happen
_SECRET = rb"[0-9a-f]{64}"
_FIRST_FORM = re.compile(rb"gpsproto-key/1 (" + _SECRET + rb")")
_SECOND_FORM = re.compile(
    rb"gpsproto-key/2 (%b) (%b|-) ([0-9]{4}-[0-9]{2}-[0-9]{2})((?: %b)*)"
    % (_SECRET, _SECRET, _SECRET)
)


@final
class Material:
    """The root of what is stable, the start of the chain and its day, and a secret a rotation.

    ``start`` is None where the chain derives from the root: such a chain cannot be advanced,
    since the root would bring the earlier days back.
    """

    __slots__ = ("day", "layers", "root", "start")

    def __init__(
        self, root: bytes, start: bytes | None, day: int, layers: Sequence[bytes] = ()
    ) -> None:
        self.root, self.start, self.day, self.layers = root, start, day, tuple(layers)

    @classmethod
    def new(cls) -> Material:
        """Random secrets, the chain at its first day."""
        return cls(secrets.token_bytes(SECRET_SIZE), secrets.token_bytes(SECRET_SIZE), FIRST_DAY)

    @classmethod
    def of_root(cls, root: bytes) -> Material | ErrorCode:
        """All from one secret; or why it is none."""
        if not isinstance(root, bytes | bytearray) or len(root) != SECRET_SIZE:
            return ErrorCode.KEY_WRONG_FORMAT
        found = cls(bytes(root), None, FIRST_DAY)
        return found.fault or found

    @classmethod
    def read(cls, content: bytes) -> Material | ErrorCode:
        """The secrets of a key file's content; or why it is none."""
        line = content.strip()
        found = _FIRST_FORM.fullmatch(line)
        if found is not None:
            return cls.of_root(bytes.fromhex(found[1].decode()))
        found = _SECOND_FORM.fullmatch(line)
        day = None if found is None else _day(found[3].decode())
        if found is None or day is None or len(content) > LONGEST:
            return ErrorCode.KEY_WRONG_FORMAT
        root, start, *layers = (
            None if part == b"-" else bytes.fromhex(part.decode())
            for part in (found[1], found[2], *found[4].split())
        )
        if (start is None and day != FIRST_DAY) or len(layers) > MOST_LAYERS:
            return ErrorCode.KEY_WRONG_FORMAT
        assert root is not None
        made = cls(root, start, day, [layer for layer in layers if layer is not None])
        return made.fault or made

    @property
    def fault(self) -> ErrorCode | None:
        """Why these secrets would not protect."""
        held = [one for one in (self.root, self.start, *self.layers) if one is not None]
        if any(len(set(one)) < _LEAST_DISTINCT for one in held):
            return ErrorCode.KEY_WEAK
        return ErrorCode.KEY_DUPLICATE_ID if len(set(held)) < len(held) else None

    def content(self) -> bytes:
        """The line of a key file, of the second format."""
        start = "-" if self.start is None else self.start.hex()
        parts = [self.root.hex(), start, date_of(self.day).isoformat()]
        parts += [layer.hex() for layer in self.layers]
        return f"gpsproto-key/2 {' '.join(parts)}\n".encode()

    def chain(self) -> Chain:
        """The chain from its first day that is left."""
        return Chain(self.start or expand(self.root, "chain"), self.day)

    def advanced(self, to: date) -> Material | ErrorCode:
        """The same from a later day on; or why not."""
        day = day_of(to)
        if self.start is None:
            return ErrorCode.KEY_FIXED
        if day < self.day:
            return ErrorCode.KEY_GONE_BY
        if day > LAST_DAY:
            return ErrorCode.KEY_FUTURE
        return Material(self.root, self.chain().at(day), day, self.layers)

    def rotated(self) -> Material | ErrorCode:
        """The same with a random layer more; or why not."""
        if len(self.layers) >= MOST_LAYERS:
            return ErrorCode.KEY_ROTATED_OUT
        layers = (*self.layers, secrets.token_bytes(SECRET_SIZE))
        return Material(self.root, self.start, self.day, layers)

    def __repr__(self) -> str:
        return "Material(redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


def _day(text: str) -> int | None:
    try:
        day = day_of(date.fromisoformat(text))
    except ValueError:
        return None
    return day if FIRST_DAY <= day <= LAST_DAY else None
