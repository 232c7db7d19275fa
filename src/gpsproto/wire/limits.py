"""How large a frame may claim to be, checked from its head before anything is awaited."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gpsproto.walk import codes

AVL = 8_192
"""Bytes of an AVL data field.  The vendor states 1,280 a frame; 25 full records take about 3,000."""

COMMAND = 65_536
"""Bytes of a command's data field: answers and photo parts are not bound by 1,280."""

WATCH = 65_535
"""Bytes of a watch's content: the most that its four hexadecimal digits can say."""

DEFAULT_BY_CODEC = {0x07: AVL, 0x08: AVL, 0x8E: AVL, 0x10: AVL} | dict.fromkeys(
    (12, 13, 14, 15), COMMAND
)


@dataclass(frozen=True)
class Limits:
    """Greatest data field in bytes by codec id, and of any other codec; digits of an IMEI.

    ``watch`` is the greatest content of a watch's frame.
    """

    by_codec: Mapping[int, int] = field(default_factory=lambda: DEFAULT_BY_CODEC)
    other: int = AVL
    imei_digits: tuple[int, int] = (15, 15)
    watch: int = WATCH

    def __post_init__(self) -> None:
        if not all(0 <= codec <= 255 for codec in self.by_codec):
            raise ValueError("a codec id is one byte")
        if min([self.other, *self.by_codec.values()]) < 3:
            raise ValueError("a data field has at least 3 bytes")
        if max([self.other, *self.by_codec.values()]) > 1 << 24:
            raise ValueError("a data field over 16 MiB would make a reader wait for ever")
        least, most = self.imei_digits
        if not 14 <= least <= most <= 16:
            raise ValueError("an IMEI has 14 to 16 digits")
        if not 1 <= self.watch <= WATCH:
            raise ValueError("a watch's content has 1 to 65535 bytes")

    @classmethod
    def of_all(cls, size: int) -> Limits:
        """One limit for the data field of every codec, and for the content of a watch's frame."""
        return cls(dict.fromkeys(DEFAULT_BY_CODEC, size), size, watch=min(size, WATCH))

    @cached_property
    def table(self) -> array[int]:
        """The limits as the walk reads them."""
        sizes = [self.by_codec.get(codec, self.other) for codec in range(256)]
        return array("q", [*sizes, *self.imei_digits])

    @property
    def longest(self) -> int:
        """Bytes of the longest frame, envelope included."""
        return max(self.table[: codes.LIMIT_DIGITS_LEAST]) + 12
