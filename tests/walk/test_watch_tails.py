"""A tail that is cut or damaged costs no fix, no battery and no alarm: 10,000 frames, all asserted."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

import gpsproto
from gpsproto import PseudonymKey
from gpsproto.balance import Balance
from gpsproto.build import watch
from gpsproto.build.watch import Cell, Position, Wifi
from gpsproto.errors import ErrorCode
from gpsproto.privacy.batch import listed
from tests.policies import KEEP_ALL
from tests.walk import watch_oracle

FRAMES = 10_000
BUILT = 1_000  # positions: each is damaged in ten ways
SEED = 20_261_122
KEY = PseudonymKey(bytes(range(32)))
pytestmark = pytest.mark.core
ID = "0300000187"
WORDS = ("UD", "UD_LTE", "UD2", "AL", "AL_LTE", "ALARM")
NAMES = (b"", b"home", b"[Wall-Unit]", b"a, b", b"a}b", b"]", b"home[1", b"\xe5\xae\xb6", b"fam 7*")
NUMBERS = (b"-1", b"7", b"99999999999999999999", b"FFFF", b"1.5", b"", b"02:00:00:00:00:01")


@dataclass(frozen=True)
class Sent:
    """A frame with a damaged tail, and what its first sixteen fields say."""

    inside: bytes
    size: int  # of the content before it was damaged
    word: str
    where: Position


def position(r: random.Random) -> Position:
    cells = tuple(
        Cell(204, "08", r.randrange(1, 65_000), r.randrange(1, 1 << 27), r.randrange(-120, -40))
        for _ in range(r.randrange(8))
    )
    wifi = tuple(
        Wifi(r.choice(NAMES), f"02:00:00:00:00:{n:02x}", -50 - n) for n in range(r.randrange(6))
    )
    return Position(
        1_700_000_000_000 + 1000 * r.randrange(50_000_000), r.random() < 0.8,
        r.randrange(-900_000_000, 900_000_000) / 1e7,
        r.randrange(-1_800_000_000, 1_800_000_000) / 1e7,
        speed_kmh=r.randrange(1500) / 10, course_deg=r.randrange(3600) / 10,
        altitude_m=r.randrange(-100, 3000), satellites=r.randrange(25),
        signal_percent=r.randrange(101), battery_percent=r.randrange(101), steps=r.randrange(30_000),
        rolls=r.randrange(100), status=r.getrandbits(32) & r.getrandbits(32), cells=cells, wifi=wifi,
        accuracy_m=r.randrange(10_000) / 10,
    )  # fmt: skip


def damaged(r: random.Random, tail: bytes) -> bytes:
    """A tail that is cut, or in which bytes are changed, lost, doubled or put in."""
    out = bytearray(tail)
    for _ in range(r.randint(1, 4)):
        at = r.randint(0, len(out))
        match r.randrange(7):
            case 0:
                del out[at:]
            case 1 if at < len(out):
                out[at] ^= r.randrange(1, 256)
            case 2:
                del out[at : at + r.randint(1, 30)]
            case 3:
                out[at:at] = out[at : at + r.randint(1, 40)]
            case 4:
                out[at:at] = r.randbytes(r.randint(1, 9))
            case 5:
                out[at:at] = b"," * r.randint(1, 3)
            case _:
                out[at:at] = b"," + r.choice(NUMBERS)
    # a zero byte is a tracker's in a dump of both
    return bytes(out).replace(b"\0", b"\1")


@cache
def sent() -> list[Sent]:
    r = random.Random(SEED)
    found = []
    built = [(where, watch.payload(where)) for where in (position(r) for _ in range(BUILT))]
    for where, payload in built * (FRAMES // BUILT):
        word = r.choice(WORDS)
        whole = word.encode() + b"," + payload
        fixed = b",".join(whole.split(b",")[:17])
        broken = damaged(r, whole[len(fixed) + 1 :])
        # half of those that lose it all end behind the status word, half have an empty field there
        inside = fixed if not broken and r.random() < 0.5 else fixed + b"," + broken
        found.append(Sent(inside, len(whole), word, where))
    return found


def spelled(inside: bytes, size: int) -> bytes:
    return b"[3G*%s*%04X*%s]" % (ID.encode(), size, inside)


def stated(one: Sent) -> dict[str, Any]:
    """What the fixed part says, from the values that were built."""
    where = one.where
    status = where.status or 0
    alarms = [name for bit, name in sorted(watch_oracle.ALARMS.items()) if status >> bit & 1]
    message = "alarm" if one.word.startswith("AL") else "position"
    return {
        "message": message,
        "time": where.time_ms,
        "fix": where.valid,
        "latitude": where.latitude if where.valid else None,
        "longitude": where.longitude if where.valid else None,
        "speed_kmh": where.speed_kmh if where.valid else None,
        "course_deg": where.course_deg if where.valid else None,
        "altitude_m": where.altitude_m if where.valid else None,
        "satellites": where.satellites,
        "signal_percent": where.signal_percent,
        "battery_percent": where.battery_percent,
        "alarms": alarms or (["unknown"] if message == "alarm" else []),
        "states": [name for bit, name in sorted(watch_oracle.STATES.items()) if status >> bit & 1],
    }  # fmt: skip


def decoded(data: bytes) -> Balance:
    """Decode a stream of all frames, and compare what each gives with what it says."""
    wanted, balance = [stated(one) for one in sent()], Balance()
    found: dict[str, list[Any]] = {name: [] for name in wanted[0]}
    for batch in gpsproto.decode(data, policy=KEEP_ALL, key=KEY, balance=balance):
        for name, values in found.items():
            column, validity = batch.column(name)
            if name == "time":
                column = column.astype("M8[ms]").astype("i8")
            values.extend(listed(column, validity))
    assert balance.discrepancies() == []
    assert balance.frames == FRAMES
    assert balance.rejected == {}
    # without fix it may be the last place that was known
    for name in ("latitude", "longitude"):
        pairs = zip(found[name], wanted, strict=True)
        found[name] = [value if row["fix"] else None for value, row in pairs]
    for name in ("speed_kmh", "course_deg"):
        found[name] = [None if value is None else round(value, 1) for value in found[name]]
    for name, values in found.items():
        assert values == [row[name] for row in wanted], name
    return balance


def test_every_frame_gives_its_fix_its_battery_and_its_alarms() -> None:
    balance = decoded(b"\r\n".join(spelled(one.inside, len(one.inside)) for one in sent()))
    assert balance.notes[ErrorCode.CELLS_MISMATCH] > 1000
    assert balance.notes[ErrorCode.WIFI_MISMATCH] > 500
    assert ErrorCode.LENGTH_MISMATCH not in balance.notes


def test_a_length_that_was_of_the_undamaged_content_costs_none_of_it() -> None:
    balance = decoded(b"\r\n".join(spelled(one.inside, one.size) for one in sent()))
    assert balance.notes[ErrorCode.LENGTH_MISMATCH] > 7000
