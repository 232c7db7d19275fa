"""Devices that send again until they are answered, over connections that break."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from contextlib import suppress

from gpsproto.build import login, watch

PATIENCE_S = 30
"""How long a device waits for an answer.  A server that crashes closes the line, so that none does."""

LOST = (ConnectionError, asyncio.IncompleteReadError, TimeoutError)


class Line:
    """A connection whose bytes are cut anywhere, and which breaks now and then."""

    def __init__(self, port: int, chance: random.Random, breaks: float) -> None:
        self._port = port
        self._chance = chance
        self._breaks = breaks

    async def __aenter__(self) -> Line:
        self.reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._chance.random() < 0.5:
            self._writer.transport.abort()
        self._writer.close()
        with suppress(ConnectionError):
            await self._writer.wait_closed()

    async def send(self, data: bytes) -> None:
        """Send in pieces; or break off after some of them."""
        places = sorted(self._chance.sample(range(1, len(data)), k=min(3, len(data) - 1)))
        breaks = self._chance.random() < self._breaks
        for start, stop in zip([0, *places], [*places, len(data)], strict=True):
            self._writer.write(data[start:stop])
            await self._writer.drain()
            await asyncio.sleep(0)
            if breaks and self._chance.random() < 0.5:
                raise ConnectionResetError
        if breaks:  # all of it is there, and nobody waits for the answer
            raise ConnectionResetError

    async def answered(self, size: int) -> bytes:
        return await asyncio.wait_for(self.reader.readexactly(size), PATIENCE_S)

    async def bracketed(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"]"), PATIENCE_S)


async def teltonika(
    port: int, imei: str, frames: Sequence[tuple[bytes, int]], seed: int, breaks: float = 0.2
) -> int:
    """Send frames, each until its count comes back.  Returns how often a line was given up."""
    chance, lost = random.Random(seed), 0
    left = list(frames)
    while left:
        try:
            async with Line(port, chance, breaks) as line:
                await line.send(login(imei))
                assert await line.answered(1) == b"\x01"
                while left:
                    frame, count = left[0]
                    await line.send(frame)
                    if await line.answered(4) == count.to_bytes(4, "big"):
                        left.pop(0)
        except LOST:
            lost += 1
            await asyncio.sleep(0.005)
    return lost


async def bracket_watch(
    port: int,
    id: str,
    rounds: Sequence[tuple[Sequence[bytes], bytes, bytes]],
    seed: int,
    breaks: float = 0.2,
) -> int:
    """Send rounds: positions that nobody answers, and a message until its answer comes back."""
    chance, lost = random.Random(seed), 0
    left = list(rounds)
    link = watch.link(id, 1, 2, 50)
    while left:
        try:
            async with Line(port, chance, breaks) as line:
                await line.send(link)
                assert await line.bracketed() == watch.link(id)
                while left:
                    positions, message, answer = left[0]
                    await line.send(b"".join(positions) + message)
                    assert await line.bracketed() == answer
                    left.pop(0)
        except LOST:
            lost += 1
            await asyncio.sleep(0.005)
    return lost
