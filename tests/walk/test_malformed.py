"""Frames that are wrong, each in its own way: the code they end in, and nothing else lost."""

from __future__ import annotations

import importlib.util
import json

import pytest

import gpsproto
from gpsproto.balance import Balance
from gpsproto.build import Record, tcp_frame, udp_packet
from tests.conftest import FIXTURES, Engine
from tests.table import rows

CODES = json.loads((FIXTURES / "malformed" / "codes.json").read_text("ascii"))
GOOD = [Record(1_790_000_000_000, 48_950_000, 523_700_000, 3, 60, 9, 50)]


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(CODES))
def test_a_malformed_frame_ends_in_its_code(name: str, engine: Engine) -> None:
    data = bytes.fromhex((FIXTURES / "malformed" / f"{name}.hex").read_text("ascii"))
    kind = "hex-datagrams" if name.startswith("udp") else "stream"
    source = data.hex().encode() if name.startswith("udp") else data
    balance = Balance()
    for _ in gpsproto.decode(source, balance=balance, input_format=kind, group16="never"):
        pass
    assert CODES[name] in {code.value for code in (*balance.rejected, *balance.bytes_skipped)}
    assert balance.discrepancies() == []


@pytest.mark.core
@pytest.mark.parametrize("name", sorted(CODES))
def test_what_stands_around_a_malformed_frame_is_decoded(name: str, engine: Engine) -> None:
    data = bytes.fromhex((FIXTURES / "malformed" / f"{name}.hex").read_text("ascii"))
    if name.startswith("udp"):
        good = udp_packet(8, GOOD, "001010000000016")
        lines = b"\n".join(part.hex().encode() for part in (good, data, good))
        found = rows(gpsproto.decode(lines, input_format="hex-datagrams", group16="never"))
    else:
        good = tcp_frame(8, GOOD)
        found = rows(gpsproto.decode(good + data + good, group16="never"))
    assert len(found) >= 2
    assert found[0]["latitude"] == found[-1]["latitude"] == 52.37


@pytest.mark.parametrize("folder", ["demo", "legacy", "malformed"])
def test_fixtures_are_what_their_maker_makes(folder: str) -> None:
    spec = importlib.util.spec_from_file_location("make", FIXTURES / folder / "make.py")
    assert spec is not None
    assert spec.loader is not None
    make = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(make)
    if folder == "demo":
        assert (FIXTURES / "demo" / "fleet.bin").read_bytes() == make.stream()
        return
    if folder == "legacy":
        assert (FIXTURES / "legacy" / "gh.bin").read_bytes() == make.stream()
        assert (FIXTURES / "legacy" / "sms.hex").read_text("ascii") == make.lines()
        return
    for name, (data, code) in make.cases().items():
        assert (FIXTURES / "malformed" / f"{name}.hex").read_text("ascii") == data.hex() + "\n"
        assert CODES[name] == code
