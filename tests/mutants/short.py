"""The short hunt that every mutant is tried with: made once, as no mutant changes what is planted."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

import pytest

from gpsproto.category import Category
from gpsproto.privacy import filter as door
from gpsproto.privacy.policy import Policy, Rule
from gpsproto.privacy.retention import Period
from gpsproto.prove import Hunt, Report
from tests.mutants.registry import Mutant

FRAMES = 2_600  # every stamp of both policies at least once
CANARIES = 1_500
SEED = 20_260_922
_ROOT = str(Path(__file__).resolve().parents[2])
_SOURCE = f"""
import runpy, sys
sys.path.insert(0, {_ROOT!r})
runpy.run_module("tests.mutants.command", run_name="__main__")
"""
COMMAND = (sys.executable, "-c", _SOURCE)

_TRACKING = Policy.load("tracking")
_HIDDEN = (Category.SIM_ID, Category.DRIVER_ID)
PSEUDONYMS = Policy(
    "pseudonyms", "tests",
    {**_TRACKING.allow, **dict.fromkeys(_HIDDEN, Rule("pseudonymise"))},
    {**_TRACKING.retain, **dict.fromkeys(_HIDDEN, Period(3, 0))},
)  # fmt: skip
"""The default policy, with the numbers of SIM cards and drivers under pseudonyms."""


@cache
def hunt() -> Hunt:
    return Hunt([_TRACKING, PSEUDONYMS], canaries=CANARIES, seed=SEED)


def clean() -> bool:
    """Whether the short hunt finds nothing where nothing leaks."""
    return hunt().run(FRAMES, carriers=["bulk", "folders", "live", "interference"]).clean


def found(one: Mutant) -> Report:
    """Hunt with a leak in place."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(door, "_PROJECTIONS", {})
        if "command line" in one.parts:
            # in the process that is started
            return hunt().run(
                200, carriers=one.parts, command=[*COMMAND, one.name],
            )  # fmt: skip
        one.apply(patch)
        return hunt().run(FRAMES, carriers=one.parts)


def caught(one: Mutant, report: Report) -> bool:
    """Whether the leak was found where it is, in the encoding that it has."""
    return any(hit.carrier == one.carrier and hit.encoding == one.encoding for hit in report.hits)
