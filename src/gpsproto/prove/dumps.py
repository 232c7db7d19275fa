"""Dumps of struck stamps, a part of them damaged, each as a reader would find it on disk."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from gpsproto.privacy.policy import Policy
from gpsproto.prove import legacy, trackers, watches
from gpsproto.prove.canaries import Pool
from gpsproto.prove.captured import captured
from gpsproto.prove.templates import Groups, Stamp

MALFORMED = 0.15
"""The part of the frames that is damaged."""

# of all frames, which part is in which dump
_SHARES = (
    ("stream", 0.36), ("datagrams", 0.12), ("watch", 0.40), ("capture", 0.06), ("hex", 0.04),
    ("sms", 0.02),
)  # fmt: skip


_WAYS = 9
_WITHOUT_CRC = (0, 1, 3, 6, 7)


class Dump(NamedTuple):
    """Bytes to decode, how they are read, and what they are made of."""

    data: bytes
    input_format: str
    protocol: str
    units: Sequence[bytes]
    damaged: Sequence[bytes]
    datagrams: bool = False


class Press:
    """Strikes the stamps of one policy, without end."""

    def __init__(self, policy: Policy, pools: dict[str, Pool], groups: Groups, seed: int) -> None:
        random_ = random.Random(seed)
        made = [*trackers.stamps(policy, random_), *legacy.stamps(policy, random_)]
        self._stamps = {
            "datagrams": [one for one in made if trackers.is_datagram(one)],
            "stream": [one for one in made if not trackers.is_datagram(one)],
            "watch": list(watches.stamps(policy, random_)),
            "sms": list(legacy.messages(policy, random_)),
        }
        self._stamps["hex"] = self._stamps["capture"] = self._stamps["stream"]
        self._pools, self._groups = pools, groups
        self._seed = seed
        self.begin()

    def begin(self) -> None:
        """Strike as if nothing had been struck before."""
        self._random = random.Random(self._seed)
        self._numbers = np.random.default_rng(self._seed)
        self._next = dict.fromkeys(self._stamps, 0)

    def stamps(self) -> Iterator[Stamp]:
        """The frames that are struck."""
        for name in _SHARES:
            yield from self._stamps[name[0]]

    def dumps(self, frames: int) -> Iterator[Dump]:
        """Dumps of so many frames in all; the places that they have are the groups' from here on."""
        for name, share in _SHARES:
            wanted = round(frames * share)
            if wanted:
                yield self._dump(name, wanted)

    def _units(self, name: str, wanted: int) -> list[bytes]:
        """Copies of one stamp after another, taken up where the dump before ended."""
        stamps = self._stamps[name]
        each = max(1, wanted // len(stamps))
        units: list[bytes] = []
        while len(units) < wanted:
            stamp: Stamp = stamps[self._next[name] % len(stamps)]
            self._next[name] += 1
            count = min(each, wanted - len(units))
            units += stamp.struck(count, self._pools, self._numbers, self._groups)
        self._random.shuffle(units)
        return units

    def _dump(self, name: str, wanted: int) -> Dump:
        units = self._units(name, wanted)
        damaged = []
        if name in ("hex", "sms"):
            for number in self._random.sample(range(len(units)), round(MALFORMED * len(units))):
                units[number] = units[number][: self._random.randrange(1, len(units[number]))]
                damaged.append(units[number])
            lines = b"\n".join(unit.hex().encode() for unit in units)
            return Dump(lines, name, "teltonika", units, damaged)
        for number in self._random.sample(range(len(units)), round(MALFORMED * len(units))):
            # no CRC stands in a datagram: inside, what is changed would be another frame's value
            ways = _WITHOUT_CRC if name == "datagrams" else range(_WAYS)
            units[number] = damage(units[number], self._random, ways)
            damaged.append(units[number])
        if name == "capture":
            data = captured(units, self._pools, self._random)
            return Dump(data, "pcap", "teltonika", units, damaged)
        protocol = "watch" if name == "watch" else "teltonika"
        kind = "datagrams" if name == "datagrams" else "stream"
        return Dump(b"".join(units), kind, protocol, units, damaged, kind == "datagrams")


def damage(unit: bytes, random_: random.Random, ways: Sequence[int]) -> bytes:
    """A unit that is cut, whose head or length is wrong, with too much, or between other bytes."""
    size = len(unit)
    match random_.choice(ways):
        case 0:
            return unit[: random_.randint(1, size - 1)]
        case 1:
            return unit[random_.randint(1, size - 1) :]
        case 2:
            return _flipped(unit, random_, size)
        case 3:
            return _flipped(unit, random_, min(size, 20))  # the head, the length in it
        case 4:
            at = random_.randrange(size)
            return unit[:at] + random_.randbytes(random_.randint(1, 4)) + unit[at:]
        case 5:
            at = random_.randrange(size)
            return unit[:at] + unit[at + random_.randint(1, 3) :]
        case 6:
            return b"GET /?id=" + unit[2:60] + b" HTTP/1.1\r\n\r\n" + unit
        case 7:
            return b"imei:" + unit[2:17] + b",\r\n" + unit
        case _:
            return unit[: size // 2] + unit


def _flipped(unit: bytes, random_: random.Random, size: int) -> bytes:
    broken = bytearray(unit)
    broken[random_.randrange(size)] ^= random_.randrange(1, 256)
    return bytes(broken)
