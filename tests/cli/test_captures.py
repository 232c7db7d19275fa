"""Captures at the command line."""

from __future__ import annotations

import json
import sys

import pytest

from gpsproto.build import login
from tests import packets
from tests.cli.conftest import IMEI, Made
from tests.packets import DEVICE, SERVER, SYN, Packet


@pytest.fixture(params=["pcap", "pcapng"])
def capture(request: pytest.FixtureRequest, made: Made) -> bytes:
    """A login, two frames of five records each, and the server's answers."""
    stream = login(IMEI) + made.frame * 2
    talk = [Packet(DEVICE, SERVER, b"", 99, SYN)]
    talk += [
        Packet(DEVICE, SERVER, stream[at : at + 100], 100 + at) for at in range(0, len(stream), 100)
    ]
    talk.append(Packet(SERVER, DEVICE, b"\1\0\0\0\5", 7))
    form = packets.pcap if request.param == "pcap" else packets.pcapng
    return form([packets.ethernet(packets.ipv4(one)) for one in talk])


def test_a_capture_is_decoded_as_it_is(run, capture, made):
    done = run("decode", "-", stdin=capture)
    assert done.status == 0, done.err
    plain = run("decode", "-", stdin=login(IMEI) + made.frame * 2)
    assert len(done.out.splitlines()) == len(plain.out.splitlines()) == 10
    assert "5 bytes from_server" in done.err
    for canary in ("198.51", "192.0.2", "40001", "oma"):
        assert canary not in done.out.decode() + done.err


def test_what_the_server_says_is_no_reason_for_strict(run, capture):
    assert run("decode", "-", "--strict", stdin=capture).status == 0


def test_a_summary_of_a_capture_counts_its_devices(run, capture):
    done = run("summary", "-", "--json", stdin=capture)
    assert done.status == 0, done.err
    assert json.loads(done.out)["devices"] == 1


def test_a_capture_that_breaks_off_is_decoded_up_to_there_and_strict_says_so(run, capture):
    done = run("decode", "-", "--strict", stdin=capture[:-1])
    assert done.status == 3
    assert "capture_cut" in done.err
    assert len(done.out.splitlines()) == 10


def test_what_is_no_capture_is_refused_by_code(run, made):
    done = run("decode", "-", "--input-format", "pcap", stdin=made.stream)
    assert done.status == 1
    assert "capture_head" in done.err
    assert not done.out


def test_without_its_extra_the_command_that_installs_it_is_named(run, capture, monkeypatch):
    monkeypatch.setitem(sys.modules, "dpkt", None)
    done = run("decode", "-", stdin=capture)
    assert done.status == 1
    assert "pip install 'gpsproto[pcap]'" in done.err
