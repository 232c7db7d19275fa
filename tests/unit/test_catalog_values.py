"""Values of the facts through the library: a raw element in, a typed column out."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

import gpsproto
from gpsproto import Policy, PseudonymKey
from gpsproto.build import Record, login, tcp_frame
from gpsproto.catalog import FAMILIES
from gpsproto.category import FLOOR, IDENTITIES, Category
from tests.strategies import IMEI

pytestmark = pytest.mark.once

CHECKS = Path(__file__).with_name("value_checks.csv")
KEY = PseudonymKey(bytes(range(32)))
KEPT = [c.value for c in Category if c not in FLOOR | IDENTITIES | {Category.PRIVATE_MODE}]
ALL = Policy.from_toml(
    "\n".join(
        ['name = "made"', "[pseudonym]", 'domain = "made"', "[allow]"]
        + [f'{name} = {{ action = "keep" }}' for name in KEPT]
        + ["[retain]", *(f'{name} = "P3M"' for name in KEPT)]
    )
)

with CHECKS.open(encoding="utf-8", newline="") as _file:
    ROWS = list(csv.DictReader(_file))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['family']}-{row['id']}-{row['raw']}")
def test_a_raw_value_becomes_what_the_facts_say(row: dict[str, str]) -> None:
    element = (int(row["id"]), int(row["width"]), int(row["raw"]))
    data = login(IMEI) + tcp_frame(0x8E, [Record(1_700_000_000_000, elements=[element])])
    [batch] = gpsproto.decode(data, policy=ALL, key=KEY, family=row["family"])
    values, validity = batch.column(row["name"])
    if row["expected"] == "null":
        assert not validity.any()
    else:
        assert validity.all()
        assert values[0] == pytest.approx(float(row["expected"]), rel=1e-12, abs=0)


def test_every_family_with_cells_is_checked() -> None:
    assert len(ROWS) >= 100
    assert {row["family"] for row in ROWS} == {*FAMILIES} - {"GH"}
