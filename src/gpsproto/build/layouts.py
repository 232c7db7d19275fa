"""Which elements a made-up tracker sends, and what they say: named layouts, of the FMB family's ids.

Values follow the trip where they can: ignition, movement, speed, odometers, engine, voltages.  Those
that would be identifiers (iButton, ICCID, VIN) are drawn, and nobody's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gpsproto.build.draws import Ints
from gpsproto.build.trips import Motion
from gpsproto.codecs.avl import Shape

Layout = Literal["basic", "fleet", "obd", "wide"]

_TEST_OPERATOR = 101  # of the test network 001-01


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a fixed width: its id, bytes, and raw values; negative ones are allowed.

    The values are a row a frame, with one for each record or one for all.
    """

    id: int
    width: int
    value: Callable[[Motion], Ints]


@dataclass(frozen=True, slots=True)
class Steady:
    """An element that always says the same."""

    id: int
    width: int
    always: int


@dataclass(frozen=True, slots=True)
class Text:
    """An element of variable length of Codec 8 Extended: a fixed text and digits of the device."""

    id: int
    head: bytes
    digits: int


Member = Element | Steady | Text


def _drawn(id: int, width: int, least: int, most: int) -> Element:
    """Values that hang on nothing, from ``least`` to ``most``."""
    return Element(id, width, lambda motion: motion.noise(id, most - least + 1) + least)


def _running(id: int, width: int, least: int, most: int, at_rest: int = 0) -> Element:
    """Values of an engine: drawn while the ignition is on."""
    return Element(
        id, width,
        lambda motion: np.where(
            motion.ignition > 0, least + motion.noise(id, most - least + 1), at_rest
        ),
    )  # fmt: skip


def _owned(id: int, first: int, step: int) -> Element:
    """One eight-byte value a device, which bears it always."""
    return Element(id, 8, lambda motion: first + step * motion.device)


def _rpm(motion: Motion) -> Ints:
    turning = 780 + 24 * motion.speed_kmh % 2_400 + motion.noise(36, 60)
    return np.where(motion.ignition > 0, turning, 0)


def _external_mv(motion: Motion) -> Ints:
    engine = np.where(motion.ignition > 0, 13_900, 12_400)
    return engine + motion.noise(66, 400)


BASIC: tuple[Member, ...] = (
    Element(239, 1, lambda motion: motion.ignition),
    Element(240, 1, lambda motion: motion.moving),
    _drawn(21, 1, 2, 5),
    Element(69, 1, lambda motion: np.where(motion.satellites > 0, 1, 2)),
    Steady(200, 1, 0),
    Element(24, 2, lambda motion: motion.speed_kmh),
    Element(66, 2, _external_mv),
    _drawn(67, 2, 3_950, 4_150),
)

_MORE_OF_A_FLEET: tuple[Member, ...] = (
    Element(80, 1, lambda motion: motion.moving),
    _drawn(113, 1, 80, 100),
    Element(1, 1, lambda motion: motion.ignition),
    Steady(179, 1, 0),
    Steady(237, 1, 0),
    Element(181, 2, lambda motion: np.where(motion.satellites > 0, 10 + motion.noise(181, 15), 0)),
    Element(182, 2, lambda motion: np.where(motion.satellites > 0, 6 + motion.noise(182, 9), 0)),
    _running(68, 2, 20, 120),
    _drawn(9, 2, 0, 80),
    _drawn(205, 2, 20_000, 20_040),
    Steady(206, 2, 4_410),
    Steady(241, 4, _TEST_OPERATOR),
    Element(16, 4, lambda motion: motion.odometer_m),
    Element(199, 4, lambda motion: motion.trip_m),
    _owned(78, 0x0100_0000_0000_0001, 0x100),
    _owned(11, 8_900_101_000, 1),
    _owned(14, 1_000_000_000, 1),
)

_OF_AN_ENGINE: tuple[Member, ...] = (
    Steady(30, 1, 0),
    _running(31, 1, 15, 70),
    _running(32, 1, 78, 96, at_rest=18),
    _drawn(33, 1, -6, 6),
    _running(35, 1, 30, 100, at_rest=100),
    Element(37, 1, lambda motion: motion.speed_kmh),
    _drawn(39, 1, 12, 30),
    _running(41, 1, 10, 60),
    _drawn(48, 1, 35, 45),
    _drawn(50, 1, 100, 103),
    _drawn(53, 1, -5, 25),
    _running(58, 1, 80, 104, at_rest=20),
    Element(36, 2, _rpm),
    _running(40, 2, 400, 3_000),
    _drawn(42, 2, 0, 7_200),
    Steady(43, 2, 0),
    Element(51, 2, _external_mv),
    _running(60, 2, 80, 900),
    Element(389, 4, lambda motion: motion.odometer_m // 1_000),
    _drawn(390, 4, 240, 300),
    Text(256, b"GPSPR0T0", 9),
    Text(281, b"P0420,P0171", 0),
)

_MORE_OF_ALL: tuple[Member, ...] = (
    *(Steady(zone, 1, 0) for zone in (155, 156, 157, 158, 159, 61, 62, 63, 64, 65)),
    _running(81, 1, 0, 120),
    _running(82, 1, 0, 60),
    _drawn(89, 1, 35, 45),
    _running(114, 1, 15, 70),
    Steady(246, 1, 0),
    Steady(249, 1, 0),
    Steady(252, 1, 0),
    Steady(10_808, 1, 0),
    _drawn(10_804, 1, 30, 60),
    _drawn(17, 2, -40, 40),
    _drawn(18, 2, -40, 40),
    _drawn(19, 2, 960, 1_040),
    _drawn(25, 2, -200, 2_500),
    _drawn(26, 2, -200, 2_500),
    _drawn(86, 2, 300, 600),
    _drawn(84, 2, 300, 500),
    Element(85, 2, _rpm),
    _running(110, 2, 10, 90),
    _running(115, 2, 780, 960, at_rest=180),
    _drawn(118, 2, 600, 1_200),
    _drawn(10_800, 2, -200, 2_500),
    _drawn(72, 4, -50, 250),
    _drawn(73, 4, -50, 250),
    Element(87, 4, lambda motion: motion.odometer_m),
    Element(107, 4, lambda motion: motion.odometer_m // 1_400),
    _drawn(636, 4, 20_000, 20_040),
    Element(449, 4, lambda motion: motion.odometer_m // 12),
    _owned(76, 0x2800_0000_0000_0001, 0x100),
    Steady(132, 8, 0),
)

LAYOUTS: dict[Layout, tuple[Member, ...]] = {
    "basic": BASIC,
    "fleet": BASIC + _MORE_OF_A_FLEET,
    "obd": BASIC + _OF_AN_ENGINE,
    "wide": BASIC + _MORE_OF_A_FLEET + _OF_AN_ENGINE + _MORE_OF_ALL,
}
"""Elements by layout; a codec sends those that it can write."""


def members(layout: Layout, shape: Shape) -> list[Member]:
    """What a codec can write of a layout: ids of one or two bytes, and texts where it has such."""
    most = (1 << (8 * shape.id_size)) - 1
    found = [one for one in LAYOUTS[layout] if one.id <= most]
    return [one for one in found if shape.variable or not isinstance(one, Text)]
