"""What one read costs on a live connection, from its bytes to the answer."""

from __future__ import annotations

import random
from collections.abc import Callable

from data import record

from gpsproto import Policy, PseudonymKey, Receiver
from gpsproto.build import login, tcp_frame, watch
from gpsproto.pipeline import Decoder
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.wire.frame import Frame
from gpsproto.wire.teltonika_tcp import TcpFramer

FRAME = tcp_frame(0x08, [record(n, random.Random(1), 0) for n in range(5)])
ALARM = watch.position("8800000015", "AL", watch.Position(1_700_000_000_000, latitude=52.1))
IMEI = "001010000000018"
MANY = 1_000


def test_one_frame_to_a_batch(measure: Callable[..., None]) -> None:
    decoder = Decoder(PrivacyFilter(Policy.load("tracking"), PseudonymKey.new_ephemeral()))
    framer = TcpFramer(conversations=decoder.conversations)
    framer.receive(login(IMEI))
    assert [len(table) for table in framer.tables()] == [1]

    def live() -> int:
        for _ in range(MANY):
            framer.receive(FRAME)
            [batch] = [decoder.one(table) for table in framer.tables()]
            assert len(batch) == 5
        return MANY

    measure(live, "frames")


def test_one_frame_to_a_batch_and_its_answer(measure: Callable[..., None]) -> None:
    receiver = Receiver("tracking", PseudonymKey.new_ephemeral())
    receiver.receive(login(IMEI))

    def live() -> int:
        for _ in range(MANY):
            batch = receiver.receive(FRAME)
            assert batch is not None
            assert len(batch) == 5
            receiver.due()
            receiver.confirm(batch)
        return MANY

    measure(live, "frames")


def test_one_frame_to_a_batch_and_its_columns(measure: Callable[..., None]) -> None:
    receiver = Receiver("tracking", PseudonymKey.new_ephemeral())
    receiver.receive(login(IMEI))

    def live() -> int:
        for _ in range(MANY):
            batch = receiver.receive(FRAME)
            assert batch is not None
            for name in ("time", "latitude", "longitude", "speed_kmh", "ignition"):
                batch.column(name)
            receiver.confirm(batch)
        return MANY

    measure(live, "frames")


def test_one_alarm_of_a_watch_to_a_batch_and_its_answer(measure: Callable[..., None]) -> None:
    receiver = Receiver("tracking", PseudonymKey.new_ephemeral())

    def live() -> int:
        for _ in range(MANY):
            batch = receiver.receive(ALARM)
            assert batch is not None
            receiver.due()
            receiver.confirm(batch)
        return MANY

    measure(live, "frames")


def test_a_conversation_begins(measure: Callable[..., None]) -> None:
    policy, key = Policy.load("tracking"), PseudonymKey.new_ephemeral()
    hello = login(IMEI)

    def begin() -> int:
        for _ in range(MANY):
            receiver = Receiver(policy, key)
            receiver.receive(hello)
            receiver.due()
        return MANY

    measure(begin, "conversations")


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
