"""Millions of mutated frames, compiled and interpreted: python -m tests.fuzz.storm --frames N.

Frames of the fixtures and the builders, each changed in one to eight places; half of those of
trackers get a checksum that fits again, so that the walk is reached.  They go as dumps, as datagrams
and one by one into live framers.  Every one must end in one of the four outcomes (decoded, rejected,
lost or skipped, more bytes needed), the balance must close, and both engines must say the same.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from tests.conftest import ENGINES

import gpsproto
from gpsproto.balance import Balance
from gpsproto.checksum import crc16
from gpsproto.errors import FramingLost, TruncatedStream
from gpsproto.wire.bracket import BracketFramer
from gpsproto.wire.frame import Frame, Rejected, Skipped
from gpsproto.wire.teltonika_tcp import TcpFramer

sys.path.insert(0, str(Path(__file__).resolve().parent))
from targets import LONGEST, seeds

KEY = gpsproto.PseudonymKey(bytes(range(32)))
_A_DUMP = 400  # frames
_A_PIECE = 20_000  # frames that a process takes at once
_LIVE = 40  # of a dump, one by one


def mutated(seed: bytes, random_: random.Random) -> bytes:
    """A frame changed in a few places."""
    data = bytearray(seed)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 8))):
        at = random_.randrange(len(data)) if data else 0
        way = random_.randrange(7)
        if way == 0 and data:
            data[at] ^= 1 << random_.randrange(8)
        elif way == 1 and data:
            data[at] = random_.choice((0, 1, 0x7F, 0x80, 0xFE, 0xFF, ord("["), ord("]"), ord("*")))
        elif way == 2:
            data[at:at] = random_.randbytes(random_.randrange(1, 5))
        elif way == 3:
            del data[at : at + random_.randrange(1, 5)]
        elif way == 4:
            del data[at:]
        elif way == 5 and len(data) > 1:
            other = random_.randrange(len(data))
            data[at], data[other] = data[other], data[at]
        elif data:
            size = random_.randrange(1, 9)
            data[at : at + size] = data[at : at + size] * 2
    if data[:4] == bytes(4) and len(data) > 15 and random_.random() < 0.5:
        body = data[8:-4]
        data[4:8] = len(body).to_bytes(4, "big")
        data[-4:] = crc16(bytes(body)).to_bytes(4, "big")
    return bytes(data)


def outcome(data: bytes, kind: str) -> tuple[str, Counter[str]]:
    """What a dump gives, as a digest, and how its frames ended."""
    balance = Balance()
    told = hashlib.sha256()
    for batch in gpsproto.decode(
        data, key=KEY, balance=balance, input_format=kind, batch_records=255
    ):
        for name in batch.columns:
            values, validity = batch.column(name)
            told.update(repr((name, values.tolist(), validity.tolist())).encode())
    if balance.discrepancies():
        raise AssertionError("the balance does not close")
    told.update(repr(balance.as_dict()).encode())
    ends = Counter(
        decoded=balance.frames, rejected=balance.rejected.total(),
        skipped=len(balance.first_skipped),
    )  # fmt: skip
    return told.hexdigest(), ends


def live(data: bytes) -> tuple[list[str], Counter[str]]:
    """What live framers say of one frame: exactly one end each."""
    said: list[str] = []
    ends: Counter[str] = Counter()
    for framer in (TcpFramer(), BracketFramer()):
        end = ""
        try:
            framer.receive(data)
            for event in framer.events():
                said.append(repr(event))
                ends["decoded"] += isinstance(event, Frame)
                ends["rejected"] += isinstance(event, Rejected)
                ends["skipped"] += isinstance(event, Skipped)
            end = "needs more" if framer.needed else ""
            framer.receive_eof()
            said += [repr(event) for event in framer.events()]
        except FramingLost as error:
            end = "lost"
            said.append(repr(error))
        except TruncatedStream as error:
            said.append(repr(error))
        if end:
            ends[end] += 1
    return said, ends


def piece(seed: int, frames: int) -> Counter[str]:
    """So many frames, through both engines; AssertionError where they differ or a sum is open."""
    random_ = random.Random(seed)
    known = [one for one in seeds() if 0 < len(one) <= LONGEST]
    ends: Counter[str] = Counter()
    for _ in range(0, frames, _A_DUMP):
        some = [mutated(random_.choice(known), random_) for _ in range(_A_DUMP)]
        results = []
        for engine in ENGINES:
            with pytest.MonkeyPatch.context() as patch:
                engine.use(patch)
                results.append(list(_through(some)))
        for first, second in zip(*results, strict=True):
            if first[0] != second[0]:
                raise AssertionError(f"compiled and interpreted differ, seed {seed}")
            ends += first[1]
        ends["frames"] += len(some)
    return ends


def _through(some: list[bytes]) -> Iterator[tuple[object, Counter[str]]]:
    yield outcome(b"".join(some), "stream")
    lines = b"\n".join(one.hex().encode() for one in some[:: len(some) // _LIVE])
    yield outcome(lines, "hex-datagrams")
    for one in some[:: len(some) // _LIVE]:
        yield live(one)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    start = time.perf_counter()
    ends: Counter[str] = Counter()
    numbers = range(-(-asked.frames // _A_PIECE))
    with ProcessPoolExecutor(asked.jobs) as pool:
        jobs = [pool.submit(piece, asked.seed * 1_000_003 + n, _A_PIECE) for n in numbers]
        for job in jobs:
            ends += job.result()
    frames = ends.pop("frames")
    told = ", ".join(f"{count:,} {end}" for end, count in sorted(ends.items()))
    print(f"{frames:,} mutated frames, seed {asked.seed}: {told}")
    print(f"both engines said the same, every balance closed; {time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
