"""The vendor's published packets: the oracle gives the printed values, the output the allowed ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.checksum import crc16
from tests.conftest import FIXTURES, Engine
from tests.table import rows


def case(name: str) -> tuple[bytes, dict[str, Any]]:
    data = bytes.fromhex((FIXTURES / "vendor" / f"{name}.hex").read_text("ascii"))
    return data, json.loads((FIXTURES / "vendor" / f"{name}.json").read_text("utf-8"))


def of_records(name: str) -> bool:
    return int(case(name)[1]["codec"], 16) in codecs.shapes()


CASES = sorted(path.stem for path in (FIXTURES / "vendor").glob("*.hex") if of_records(path.stem))


def body(data: bytes, transport: str) -> bytes:
    return data[8:-4] if transport == "tcp" else data[23:]


def test_there_are_cases() -> None:
    assert len(CASES) >= 11


@pytest.mark.core
@pytest.mark.parametrize("name", CASES)
def test_the_grammar_gives_the_printed_values(name: str) -> None:
    data, expected = case(name)
    parsed = (
        codecs.shapes()[int(expected["codec"], 16)]
        .grammar()
        .parse(body(data, expected["transport"]))
    )
    assert parsed.count == len(expected["records"])
    for found, wanted in zip(parsed.records, expected["records"], strict=True):
        assert found.event == wanted["event"]
        for field, value in wanted["fixed"].items():
            assert found.fixed[field] == value, field
        elements = {
            str(element.id): element.value
            for group in ("n1", "n2", "n4", "n8")
            for element in found[group]
        }
        assert elements == wanted["elements"]
        if "generation" in wanted:
            assert found.generation == wanted["generation"]
        if "variable" in wanted:
            assert {str(e.id): e.value.hex() for e in found.nx} == wanted["variable"]


@pytest.mark.core
@pytest.mark.parametrize("name", CASES)
def test_the_grammar_rebuilds_the_same_bytes(name: str) -> None:
    data, expected = case(name)
    grammar = codecs.shapes()[int(expected["codec"], 16)].grammar()
    raw = body(data, expected["transport"])
    assert grammar.build(grammar.parse(raw)) == raw
    if expected["transport"] == "tcp":
        assert crc16(raw) == int.from_bytes(data[-4:], "big")


@pytest.mark.core
@pytest.mark.parametrize("name", CASES)
def test_the_output_gives_what_the_policy_allows(name: str, engine: Engine) -> None:
    data, expected = case(name)
    balance = Balance()
    found = rows(gpsproto.decode(data, family="FMB", balance=balance))
    assert balance.discrepancies() == []
    assert len(found) == len(expected["records"])
    for row, wanted in zip(found, expected["records"], strict=True):
        time = row["time"].replace(tzinfo=UTC)
        milliseconds = wanted["fixed"]["timestamp"]
        assert time == datetime.fromtimestamp(milliseconds / 1000, UTC)
        for column, value in wanted["output"].items():
            if value is None:
                assert row.get(column) is None, column
            else:
                assert row[column] == pytest.approx(value), column
        for column in wanted["denied"]:
            assert column not in row
