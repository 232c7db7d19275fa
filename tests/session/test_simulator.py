"""Devices against the server of the documents, over sockets: nothing is lost, twice is counted."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import pytest

import gpsproto
from gpsproto import FilteredBatch, Policy, PseudonymKey, Receiver
from gpsproto.build import Record, tcp_frame, udp_packet, watch
from tests.session.devices import bracket_watch, teltonika
from tests.session.talk import KEY
from tests.strategies import CODECS
from tests.table import rows

LIVE = Path(__file__).resolve().parents[2] / "docs" / "live.md"
IMEIS = [f"0010100000{n:04}7" for n in range(4)]
WATCHES = [f"880000001{n}" for n in range(3)]
START_MS = (int(time.time()) - 86_400) * 1_000  # of yesterday: what has expired is not stored
Result = TypeVar("Result")
RECEIVED = ("received_at", "clock_suspect", "expires_on", "retention_class")


def example() -> str:
    """The server of the documents."""
    found = re.search(r"^```python\n(.*?)^```$", LIVE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert found is not None
    return found[1]


def tracks(device: int, frames: int) -> list[tuple[bytes, int]]:
    """Frames of a tracker, no two records alike."""
    found, number = [], 0
    for n in range(frames):
        count = 1 + n % 3
        records = [
            Record(START_MS + 1000 * (number + i), device * 10_000_000, 10_000_000, satellites=5)
            for i in range(count)
        ]
        number += count
        found.append((tcp_frame(CODECS[n % len(CODECS)], records), count))
    return found


def alarms(id: str, rounds: int) -> list[tuple[list[bytes], bytes, bytes]]:
    """Two positions that are not answered, and what is."""
    found: list[tuple[list[bytes], bytes, bytes]] = []
    for n in range(rounds):
        where = [watch.Position(START_MS + 1000 * (3 * n + i), latitude=52) for i in range(3)]
        said = [watch.position(id, "UD_LTE", one) for one in where[:2]]
        if n % 3:
            found.append((said, watch.position(id, "AL", where[2]), watch.message(id, "AL")))
        else:
            found.append((said, watch.message(id, "RYIMEI", IMEIS[0]), watch.message(id, "RYIMEI")))
    return found


def key_of(row: dict[str, Any]) -> tuple[Any, ...]:
    """What tells one record from another, and not one sending from another."""
    return tuple(row.get(name) for name in ("subject", "time", "message", "event"))


def run(what: Coroutine[Any, Any, Result]) -> Result:
    """Run to the end, which comes: a device that is never answered would go on for ever."""

    async def limited() -> Result:
        async with asyncio.timeout(120):
            return await what

    return asyncio.run(limited())


class Crash(Exception):
    """The server is gone."""


class Service:
    """The server of the documents, over a store in memory, that crashes when it is told to."""

    def __init__(self, crashes: Callable[[], str | None]) -> None:
        self.stored: list[FilteredBatch] = []
        self.crashed = 0
        self._crashes = crashes
        self.names: dict[str, Any] = {"__name__": "example"}
        exec(compile(example(), str(LIVE), "exec"), self.names)
        self.names["store"] = self._store
        self.names["KEY"] = KEY

    def _store(self, batch: FilteredBatch) -> None:
        when = self._crashes()
        if when != "before":
            self.stored.append(batch)
        if when is not None:
            self.crashed += 1
            raise Crash

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        """The port of the server."""
        asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
        server = await asyncio.start_server(self.names["serve"], "127.0.0.1", 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            await server.wait_closed()

    def rows(self) -> list[dict[str, Any]]:
        return rows(self.stored)


@pytest.fixture(autouse=True)
def key_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The example reads its key where it runs."""
    tmp_path.chmod(0o700)
    monkeypatch.chdir(tmp_path)
    PseudonymKey.create_file("pseudonyms.key")


async def fleet(service: Service, breaks: float, rounds: int, *, watches: bool = True) -> int:
    """All devices at once, until each has sent all that it has."""
    async with service.running() as port:
        lost = await asyncio.gather(
            *(teltonika(port, imei, tracks(n, rounds), n, breaks) for n, imei in enumerate(IMEIS)),
            *(
                bracket_watch(port, id, alarms(id, rounds), n, breaks)
                for n, id in enumerate(WATCHES if watches else [])
            ),
        )
    return sum(lost)


def expected(rounds: int) -> set[tuple[Any, ...]]:
    """The records that the fleet has, signs of life apart."""
    streams = []
    for n, imei in enumerate(IMEIS):
        frames = b"".join(frame for frame, _ in tracks(n, rounds))
        streams.append(gpsproto.build.login(imei) + frames)
    for id in WATCHES:
        streams.append(b"".join(b"".join(said) + last for said, last, _ in alarms(id, rounds)))
    found = set()
    for stream in streams:
        batch = Receiver("tracking", KEY).receive(stream)
        assert batch is not None
        found |= {key_of(row) for row in rows([batch])}
    return found


def positions(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in found if row["message"] != "link"]


def test_without_trouble_every_record_is_stored_once() -> None:
    service = Service(lambda: None)
    assert run(fleet(service, 0.0, 6)) == 0
    stored = positions(service.rows())
    assert {key_of(row) for row in stored} == expected(6)
    assert len(stored) == len(expected(6))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_server_that_crashes_and_lines_that_break_lose_nothing(seed: int) -> None:
    chance = random.Random(seed)
    service = Service(lambda: chance.choice(["before", "after", *[None] * 8]))
    lost = run(fleet(service, 0.15, 12))
    assert lost > 10
    assert service.crashed > 5
    stored = positions(service.rows())
    counted = Counter(key_of(row) for row in stored)
    assert set(counted) == expected(12), "every record at least once, and none made up"
    assert len(stored) > len(counted), "some came twice"
    alike = {}
    for row in stored:
        same = {name: value for name, value in row.items() if name not in RECEIVED}
        assert alike.setdefault(key_of(row), same) == same


def test_what_is_stored_twice_is_what_was_not_answered() -> None:
    chance = random.Random(3)
    doubled: list[int] = []
    service = Service(lambda: "after" if chance.random() < 0.2 else None)
    keep = service._store

    def store(batch: FilteredBatch) -> None:
        try:
            keep(batch)
        except Crash:
            doubled.append(len(positions(rows([batch]))))
            raise

    service.names["store"] = store
    run(fleet(service, 0.0, 10, watches=False))
    stored = positions(service.rows())
    assert sum(doubled) > 0
    assert len(stored) - len({key_of(row) for row in stored}) == sum(doubled)


# --- a real process that is really gone

CRASHING = """
import os, random, sys
names = {"__name__": "example"}
exec(compile(sys.stdin.read(), "live.md", "exec"), names)
keep, left = names["store"], [int(sys.argv[2])]

def store(batch):
    keep(batch)
    left[0] -= 1
    if not left[0]:
        os._exit(9)  # stored, and not answered

async def main():
    server = await names["asyncio"].start_server(names["serve"], "127.0.0.1", int(sys.argv[1]))
    print("ready", flush=True)
    await server.serve_forever()

names["store"] = store
names["asyncio"].run(main())
"""


def test_a_process_that_dies_between_storing_and_answering_loses_nothing(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def serve(stores: int) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", CRASHING, str(port), str(stores),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path, env=dict(os.environ),
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(example().encode())
        process.stdin.close()
        assert await process.stdout.readline() == b"ready\n"
        return process

    async def twice() -> int:
        devices = asyncio.gather(
            teltonika(port, IMEIS[0], tracks(0, 12), 1, 0.0),
            bracket_watch(port, WATCHES[0], alarms(WATCHES[0], 12), 2, 0.0),
        )
        died = 0
        for stores in (9, 7, 0):
            process = await serve(stores)
            if stores:
                died += await process.wait() == 9
            else:
                await devices
                process.terminate()
                await process.wait()
        return died

    assert run(twice()) == 2
    lines = [json.loads(line) for line in Path("records.jsonl").read_text("utf-8").splitlines()]
    stored = [key_of(line) for line in positions(lines)]
    assert len(set(stored)) == sum(count for _, count in tracks(0, 12)) + 2 * 12 + 8
    assert 0 < len(stored) - len(set(stored)) <= 2 * (3 + 3)


# --- datagrams


class Socket(asyncio.DatagramProtocol):
    """A server of datagrams whose network loses some on both ways."""

    def __init__(self, chance: random.Random, policy: Policy) -> None:
        self.receiver = Receiver(policy, KEY, transport="udp")
        self.stored: list[FilteredBatch] = []
        self._chance = chance

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self._chance.random() < 0.2:
            return
        batch = self.receiver.receive(data)
        if batch is not None:
            self.stored.append(batch)
            answer = self.receiver.confirm(batch)
            if self._chance.random() > 0.2:
                self._transport.sendto(answer, addr)


class Tracker(asyncio.DatagramProtocol):
    """The other end."""

    def __init__(self) -> None:
        self.answers: asyncio.Queue[bytes] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: Any) -> None:
        self.answers.put_nowait(data)


async def datagrams(port: int, imei: str, device: int, packets: int) -> None:
    """Send packets, each until the answer with its ids comes back."""
    loop = asyncio.get_running_loop()
    transport, tracker = await loop.create_datagram_endpoint(
        Tracker, remote_addr=("127.0.0.1", port)
    )
    for n in range(packets):
        records = [Record(START_MS + 1000 * n + i, device, satellites=5) for i in range(2)]
        packet = udp_packet(0x8E, records, imei, channel_packet_id=n * 7, avl_packet_id=n)
        owed = b"\x00\x05" + (n * 7).to_bytes(2, "big") + bytes([1, n, 2])
        answer = b""
        while answer != owed:
            transport.sendto(packet)
            with contextlib.suppress(TimeoutError):
                answer = await asyncio.wait_for(tracker.answers.get(), 0.05)
    transport.close()


def test_datagrams_that_are_lost_on_the_way_lose_nothing() -> None:
    async def lossy() -> Socket:
        loop = asyncio.get_running_loop()
        transport, server = await loop.create_datagram_endpoint(
            lambda: Socket(random.Random(5), Policy.load("tracking")),
            local_addr=("127.0.0.1", 0),
        )
        port = transport.get_extra_info("sockname")[1]
        await asyncio.gather(*(datagrams(port, imei, n, 10) for n, imei in enumerate(IMEIS)))
        transport.close()
        return server

    server = run(lossy())
    stored = [key_of(row) for row in rows(server.stored)]
    assert len(set(stored)) == len(IMEIS) * 20
    assert len(stored) > len(set(stored))
    assert server.receiver.balance.discrepancies() == []
