"""Device families: their keys, the models they hold, and which family refines which."""

from __future__ import annotations

import re

FAMILIES = {
    "FM11": "FM11xx",
    "FM36": "FM36xx",
    "FMB": "FMB, FMC, FMM, FMU, FMP, FMT",
    "FMB150": "FMx150, FMx250 (CAN chip)",
    "OBD": "FMx00x",
    "FMX6": "FMB6xx, FMC6xx, FMM6xx (FMx6)",
    "FMB641": "FMB641",
    "FMC650": "FMC650",
    "FMM650": "FMM650",
    "TAT": "TAT, TMT, GH5200",
    "TFT": "TFT100",
    "TST": "TST100",
    "FT": "FTC, FTM, ATX",
    "GH": "GH12xx, GH3000, GH4000 (Codec 7)",
}
"""Device families by key, with the models they hold."""

PROFILES = {
    "REACHFAR": "GPS watches of Reachfar (bit 22 of the status word is a fall)",
    "WATCH4P": "GPS watches of 4P-Touch (bit 22 is an abnormal heart rate)",
}
"""Vendor profiles of GPS watches by key: what a family is to a tracker."""

PARENTS = {"FMB150": "FMB", "OBD": "FMB", "FMB641": "FMX6", "FMC650": "FMX6", "FMM650": "FMX6"}
"""Families that refine another: their own meanings, and the other's where they have none."""

ANY_WIDTH = {"GH": (1, 2, 4)}
"""Families whose codec gives an element no width of its own, with the widths that it can send: there a
meaning of variable length holds at each of these."""

_MODELS = (
    ("FMB641", r"FMB641"),
    ("FMC650", r"FMC650"),
    ("FMM650", r"FMM650"),
    ("FMX6", r"FM[BCMX]6[0-9]{2}"),
    ("FMB150", r"FM[BCMX](150|250)"),
    ("OBD", r"FM[BCMX]00[0-9A]"),
    ("FMB", r"FM[BCMUX][0-9]{3}|FM[PT]100"),
    ("FM11", r"FM11[0-9X]{2}"),
    ("FM36", r"FM36[0-9MX]{2}"),
    ("TAT", r"TAT[0-9]{3}|TMT250|GH5200"),
    ("TFT", r"TFT100"),
    ("TST", r"TST100"),
    ("FT", r"FT[CM][0-9]{3}|ATX[0-9]{0,3}"),
    ("GH", r"GH12[0-9]{2}|GH[34]000"),
)
"""Keys and the models' names: the first that fits in full."""


def family_key(name: str) -> str:
    """Return the family's key for a key or a model, in any case; ValueError names the keys."""
    wanted = name.upper()
    if wanted in FAMILIES or wanted in PROFILES:
        return wanted
    for key, models in _MODELS:
        if re.fullmatch(models, wanted):
            return key
    known = ", ".join([*FAMILIES, *PROFILES])
    raise ValueError(f"no such device family or model; families: one of {known}")
