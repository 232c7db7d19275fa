"""Synthetic dumps to measure on: 15 elements a record, as a default tracker set-up sends them."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from gpsproto import FilteredBatch, Policy
from gpsproto.build import Record, login, tcp_frame, watch
from gpsproto.build.watch import Cell, Position, Wifi
from gpsproto.category import FLOOR, IDENTITIES, Category
from gpsproto.privacy.text import CODED as TEXT

IMEI = "001010000000016"
RECORDS_A_FRAME = 10
ELEMENTS = {
    1: (239, 240, 21, 200, 69, 113, 1),
    2: (181, 182, 66, 67, 68, 24),
    4: (241, 16),  # operator and odometer: dropped under tracking
}


def record(number: int, random_: random.Random, form: int) -> Record:
    """A record of a drive: most with fix, some with an event, a panic now and then."""
    fix = random_.random() < 0.95
    members = [
        (id + (form if id == 24 else 0), width, random_.randrange(2 if width == 1 else 60_000))
        for width, ids in ELEMENTS.items()
        for id in ids
    ]
    return Record(
        1_790_000_000_000 + 10_000 * number,
        longitude_e7=48_950_000 + 97 * number,
        latitude_e7=523_700_000 - 31 * number,
        altitude_m=random_.randrange(-5, 300),
        angle_deg=random_.randrange(360),
        satellites=random_.randrange(5, 16) if fix else 0,
        speed_kmh=random_.randrange(130),
        priority=1 if random_.random() < 0.1 else 0,
        event=random_.choice((0, 0, 0, 0, 239, 240, 24)),
        elements=members,
    )


@cache
def frames(codec: int, forms: int = 1) -> tuple[bytes, ...]:
    """A thousand frames of ten records, all different, from devices of as many forms (ids sent).

    Where there is more than one, a seventh of the records has the form of another device: so often
    does a form change from record to record in a dump of one device that sends two.
    """
    random_ = random.Random(codec)

    def form(frame: int) -> int:
        return (frame + (random_.random() < 1 / 7)) % forms

    return tuple(
        tcp_frame(
            codec, [record(10 * frame + n, random_, form(frame)) for n in range(RECORDS_A_FRAME)]
        )
        for frame in range(1_000)
    )


def dump(folder: Path, codec: int, records: int, forms: int = 1) -> Path:
    """A binary stream of that many records, behind a login; written once a folder."""
    path = folder / f"codec{codec:02x}_{records}_{forms}.bin"
    if not path.exists():
        block = b"".join(frames(codec, forms))
        with path.open("wb") as file:
            file.write(login(IMEI))
            for _ in range(records // 10_000):
                file.write(block)
    return path


@cache
def watch_frames(watches: int) -> tuple[bytes, ...]:
    """Four thousand UD_LTE frames of about 270 bytes: a cell, five Wi-Fi networks, all different."""
    random_ = random.Random(watches)

    def network() -> Wifi:
        name = random_.choice((b"", b"home", b"4P-Touch", b"[attic]"))
        address = bytes(random_.randrange(256) for _ in range(6)).hex(":")
        return Wifi(name, address, -random_.randrange(40, 95))

    def position(number: int) -> Position:
        return Position(
            1_790_000_000_000 + 60_000 * number, random_.random() < 0.8,
            round(52 + random_.random(), 6), round(4 + random_.random(), 6),
            speed_kmh=round(random_.random() * 30, 2), course_deg=round(random_.random() * 360, 1),
            altitude_m=random_.randrange(30), satellites=random_.randrange(4, 16),
            signal_percent=random_.randrange(0, 101, 20), battery_percent=random_.randrange(101),
            steps=random_.randrange(20_000), status=random_.choice((0, 0x10, 0x10, 0x1_0001)),
            cells=[Cell(204, "08", random_.randrange(65_000), random_.randrange(1 << 27), 60)],
            timing_advance=1, wifi=[network() for _ in range(5)],
            accuracy_m=round(random_.random() * 60, 1),
        )  # fmt: skip

    return tuple(
        watch.position(f"{10_100_000 + number % watches:010d}", "UD_LTE", position(number))
        for number in range(4_000)
    )


def keep_all() -> Policy:
    """All that may be kept is kept, identifiers leave as pseudonyms: what the filter costs."""
    kept = sorted(set(Category) - FLOOR - IDENTITIES - {Category.PRIVATE_MODE})
    pseudonyms = ("device_id", "sim_id", "driver_id")
    lines = ['name = "keep-all"', "[pseudonym]", 'domain = "bench"', "[allow]"]
    lines += [f'{category.value} = "keep"' for category in kept]
    lines += [f'{name} = {{ action = "pseudonymise" }}' for name in pseudonyms]
    lines += [
        "[retain]",
        *(f'{c.value} = "P3M"' for c in kept),
        *(f'{n} = "P3M"' for n in pseudonyms),
    ]
    return Policy.from_toml("\n".join(lines))


def read(batch: FilteredBatch) -> None:
    """Read every column: text as codes and labels, attributes as arrays, the rest as values."""
    for name in batch.columns:
        if name in TEXT:
            batch.coded(name)
        elif name == "attributes":
            batch.attribute_map()
        else:
            batch.column(name)
