"""Pieces of many conversations to frames: a framer each, bounded together."""

from __future__ import annotations

from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame, udp_packet, watch
from gpsproto.captures.flows import Flows, Piece
from gpsproto.errors import ErrorCode
from gpsproto.identity import Conversations
from gpsproto.walk import codes

pytestmark = pytest.mark.once

FRAME = tcp_frame(0x08, [Record(1_790_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(239, 1, 1)])])
WATCH = watch.message("0300000187", "LK", "1", "2", "50")
IMEIS = ("001010000000016", "001010000000024", "001010000000032")


class Taken:
    """Flows, and what they told: (conversation, offset in its flow, size) of each frame."""

    def __init__(self, **limits: int) -> None:
        self.conversations, self.balance = Conversations(), Balance()
        self.flows = Flows(conversations=self.conversations, balance=self.balance, **limits)
        self.frames: list[tuple[int, int, int]] = []

    def take(self, *pieces: Piece) -> Taken:
        self._note(self.flows.tables(pieces))
        return self

    def finish(self) -> Taken:
        self._note(self.flows.finish())
        return self

    def _note(self, tables: object) -> None:
        for table in tables:  # type: ignore[attr-defined]
            table.count_others(self.balance)
            for row in table.where(codes.FRAME):
                self.frames.append((
                    table.cell(row, codes.CONVERSATION),
                    table.base + table.cell(row, codes.OFFSET),
                    table.cell(row, codes.SIZE),
                ))  # fmt: skip
                self.balance.bytes_decoded += table.cell(row, codes.SIZE)


@st.composite
def mixed(draw: st.DrawFn) -> tuple[list[bytes], list[Piece]]:
    """Three streams, and pieces of them in turn."""
    streams = [
        login(IMEIS[0]) + FRAME * draw(st.integers(0, 3)),
        WATCH * draw(st.integers(0, 3)),
        login(IMEIS[2]) + b"\xff" + FRAME,
    ]
    pieces: list[list[Piece]] = []
    for flow, stream in enumerate(streams):
        cuts = sorted({0, len(stream), *draw(st.lists(st.integers(0, len(stream)), max_size=5))})
        pieces.append([
            Piece(flow, stream[at:end]) for at, end in pairwise(cuts)
        ])  # fmt: skip
    order = draw(st.permutations([piece.flow for piece in chain(*pieces)]))
    return streams, [pieces[flow].pop(0) for flow in order]


@given(mixed(), st.integers(1, 20))
def test_streams_that_come_in_turn_give_the_frames_of_each(
    streams: tuple[list[bytes], list[Piece]], together: int
) -> None:
    whole, pieces = streams
    apart = Taken()
    for at in range(0, len(pieces), together):
        apart.take(*pieces[at : at + together])
    apart.finish()
    expected = []
    for stream in whole:
        one = Taken().take(Piece(0, stream)).finish()
        expected += [frame[1:] for frame in one.frames]
    assert sorted(frame[1:] for frame in apart.frames) == sorted(expected)
    assert apart.balance.discrepancies() == []
    assert not apart.balance.rejected


def test_a_gap_ends_what_was_begun_and_the_device_goes_on() -> None:
    taken = Taken().take(
        Piece(0, login(IMEIS[0]) + FRAME + FRAME[:20]), Piece(0, FRAME[40:] + FRAME, lost=20)
    )
    taken.finish()
    assert [frame[0] for frame in taken.frames] == [1, 1]
    assert taken.frames[1][1] == 17 + 2 * len(FRAME)
    assert taken.balance.rejected[ErrorCode.TRUNCATED] == 1
    assert taken.balance.notes[ErrorCode.MISSING_SEGMENT] == 1
    assert taken.balance.discrepancies() == []


def test_a_conversation_without_login_is_one_of_nobody() -> None:
    taken = Taken().take(Piece(0, FRAME), Piece(1, FRAME), Piece(0, FRAME)).finish()
    assert sorted(frame[0] for frame in taken.frames) == [1, 1, 2]
    assert taken.conversations.unidentified() == 2


def test_a_watch_is_one_conversation_however_often_it_connects() -> None:
    taken = Taken().take(Piece(0, WATCH, ended=True), Piece(1, WATCH)).take(Piece(2, WATCH))
    taken.finish()
    assert [frame[0] for frame in taken.frames] == [1, 1, 1]


def test_what_ends_inside_a_frame_is_rejected_at_once() -> None:
    taken = Taken().take(Piece(0, FRAME[:-1], ended=True))
    assert taken.balance.rejected[ErrorCode.TRUNCATED] == 1


def test_more_conversations_than_framers_lose_no_whole_frame_and_no_device() -> None:
    taken = Taken(framers=2)
    for _ in range(2):
        for flow in range(9):
            first = login(f"00101{flow:09}0") if len(taken.frames) < 9 else b""
            taken.take(Piece(flow, first + FRAME))
    taken.finish()
    assert [frame[0] for frame in taken.frames] == [*range(1, 10), *range(1, 10)]
    assert not taken.balance.notes


def test_what_waits_for_more_is_bounded_and_the_end_of_it_is_counted() -> None:
    taken = Taken(held=4 * len(FRAME))
    for flow in range(50):
        taken.take(Piece(flow, FRAME[:-1]))
    assert taken.balance.notes[ErrorCode.TOO_MANY_FLOWS] == 46
    taken.finish()
    assert taken.balance.rejected[ErrorCode.TRUNCATED] == 50
    assert taken.balance.discrepancies() == []


def test_datagrams_of_one_conversation_stand_by_themselves() -> None:
    packet = udp_packet(0x08, [Record(1_790_000_000_000, 1, 2, 3, 4, 5, 6)], IMEIS[0])
    taken = Taken().take(
        Piece(0, packet, datagram=True), Piece(0, packet[:-1], datagram=True),
        Piece(0, packet, datagram=True, ended=True),
    )  # fmt: skip
    assert [frame[1] for frame in taken.frames] == [0, 2 * len(packet) - 1]
    assert taken.balance.rejected.total() == 1
    assert taken.finish().balance.discrepancies() == []


def test_only_what_waits_is_kept_of_a_large_piece() -> None:
    taken = Taken()
    large = bytes(FRAME * 1000 + FRAME[:10])
    taken.take(Piece(0, large))
    framer = taken.flows._streams[0]
    assert framer.buffered == 10
    assert framer._buffer.last().obj is not large
