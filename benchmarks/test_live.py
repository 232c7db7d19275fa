"""What one frame of five records costs on a live connection."""

from __future__ import annotations

import random
from collections.abc import Callable

from data import record

from gpsproto import Policy, PrivacyFilter, PseudonymKey
from gpsproto.build import tcp_frame
from gpsproto.pipeline import Decoder
from gpsproto.wire.frame import Frame
from gpsproto.wire.teltonika_tcp import TcpFramer

FRAME = tcp_frame(0x08, [record(n, random.Random(1), 0) for n in range(5)])
MANY = 1_000


def test_one_frame_to_a_batch(measure: Callable[..., None]) -> None:
    decoder = Decoder(PrivacyFilter(Policy.load("tracking"), PseudonymKey.new_ephemeral()))
    framer = TcpFramer(conversations=decoder.conversations)

    def live() -> int:
        for _ in range(MANY):
            framer.receive(FRAME)
            for table in framer.tables():
                batch = decoder.one(table)
                assert len(batch) == 5
        return MANY

    measure(live, "frames")


def test_one_frame_to_a_batch_and_its_columns(measure: Callable[..., None]) -> None:
    decoder = Decoder(PrivacyFilter(Policy.load("tracking"), PseudonymKey.new_ephemeral()))
    framer = TcpFramer(conversations=decoder.conversations)

    def live() -> int:
        for _ in range(MANY):
            framer.receive(FRAME)
            for table in framer.tables():
                batch = decoder.one(table)
                for name in ("time", "latitude", "longitude", "speed_kmh", "ignition"):
                    batch.column(name)
        return MANY

    measure(live, "frames")


def test_one_frame_to_its_record_count(measure: Callable[..., None]) -> None:
    framer = TcpFramer()

    def live() -> int:
        for _ in range(MANY):
            framer.receive(FRAME)
            for event in framer.events():
                assert isinstance(event, Frame)
                assert event.count == 5
        return MANY

    measure(live, "frames")
