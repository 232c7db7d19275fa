"""Whatever comes: nothing but FramingLost leaves, every byte is accounted for, answers are owed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpsproto import FramingLost, Policy, Receiver
from gpsproto.build import Record, login, tcp_frame, watch
from tests.session.talk import IMEI, KEY, NOW, WATCH, talked
from tests.strategies import cuts, damaged, frames
from tests.table import rows

TRACKING = Policy.load("tracking")
SAID = [
    watch.link(WATCH, 1, 2, 50),
    watch.position(WATCH, "UD", watch.Position(1_600_000_000_000, latitude=52)),
    watch.position(WATCH, "AL", watch.Position(1_600_000_000_000, latitude=52)),
    watch.voice(WATCH, bytes(range(64))),
    watch.message(WATCH, "CONFIG", "TY:g36"),
]


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    if draw(st.booleans()):
        data = login(IMEI) + b"".join(draw(st.lists(frames(), min_size=1, max_size=3)))
    else:
        data = b"".join(draw(st.lists(st.sampled_from(SAID), min_size=1, max_size=4)))
    return draw(damaged(data))


@settings(max_examples=40)
@given(data=streams() | st.binary(max_size=60), more=st.data())
def test_a_damaged_stream_ends_in_an_answer_or_is_lost_by_its_code(
    data: bytes, more: st.DataObject
) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    lost: FramingLost | None = None
    try:
        talked(receiver, more.draw(cuts(data)), eof=True)
    except FramingLost as error:
        lost = error
    assert receiver.ended
    assert receiver.lost is lost
    assert receiver.balance.discrepancies() == []
    assert not receiver._waiting


@settings(max_examples=30)
@given(data=streams(), more=st.data())
def test_a_damaged_stream_gives_the_same_rows_however_it_is_cut(
    data: bytes, more: st.DataObject
) -> None:
    def rows_of(pieces: list[bytes]) -> tuple[object, object]:
        receiver = Receiver(TRACKING, KEY, expired="keep")
        found: list[object] = []
        for piece in [*pieces, None]:
            try:
                batch = receiver.eof(NOW) if piece is None else receiver.receive(piece, NOW)
            except FramingLost as lost:
                return found, lost.code
            if batch is not None:
                # whether a column stands there at all hangs on what else the batch holds
                found += [{k: v for k, v in row.items() if v is not None} for row in rows([batch])]
                receiver.confirm(batch)
        return found, None

    assert rows_of(more.draw(cuts(data))) == rows_of([data])


@given(packet=st.binary(max_size=80))
def test_any_datagram_is_taken(packet: bytes) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep", transport="udp")
    assert talked(receiver, [packet], eof=True)[1] == b"" or packet
    assert receiver.balance.discrepancies() == []


@pytest.mark.parametrize("data", [login(IMEI) + tcp_frame(0x08, [Record(0)]), SAID[1]])
def test_the_time_of_receipt_is_a_column(data: bytes) -> None:
    receiver = Receiver(TRACKING, KEY, expired="keep")
    found, _ = talked(receiver, [data])
    assert [row["received_at"] for row in found] == [NOW.replace(tzinfo=None)]
