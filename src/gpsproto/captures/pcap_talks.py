"""The conversations of a capture: rows of packets in, what the devices said out.

A conversation is known by its addresses and ports in here alone; what leaves is a number.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import count
from typing import TypeVar, final

import numpy as np
import numpy.typing as npt

from gpsproto.balance import Balance
from gpsproto.captures.flows import Piece
from gpsproto.captures.pcap_file import Packets
from gpsproto.captures.pcap_sides import CARRY, Sign, is_packet, signs
from gpsproto.captures.pcap_window import ENDS, Window
from gpsproto.captures.reassembly import AHEAD, Reassembly, Run, Segment, distance
from gpsproto.errors import ErrorCode
from gpsproto.walk import codes

TALKS = 1 << 16
"""Conversations that are told apart at once; beyond that the longest silent are ended."""

HELD = 64 << 20
"""Bytes that wait behind gaps, of all conversations together."""

T = TypeVar("T")
_NOBODY = -1
_STRAYS = 8
_NO_ISN = (_NOBODY, _NOBODY)
_NO_CARRY = (b"", b"")
_NO_STREAMS: tuple[Reassembly | None, Reassembly | None] = (None, None)


def _paired(pair: tuple[T, T], side: int, value: T) -> tuple[T, T]:
    """A pair with another value for a side."""
    return (pair[0], value) if side else (value, pair[1])


@final
class Talk:
    """One TCP or UDP conversation."""

    __slots__ = ("carry", "client", "closing", "device", "flow", "isn", "key", "streams", "sure")

    def __init__(self, key: bytes) -> None:
        self.key = key
        self.begin()

    def begin(self) -> None:
        """Begin anew on the same ports."""
        self.flow = _NOBODY
        self.client = _NOBODY  # side that opened it
        self.device = _NOBODY  # side that is the device
        self.sure = False
        self.closing = False
        # pairs, one a side: most conversations of a hostile capture never write to them
        self.isn = _NO_ISN
        self.carry = _NO_CARRY
        self.streams = _NO_STREAMS

    def __repr__(self) -> str:
        return "Talk(redacted)"

    def stream(self, side: int) -> Reassembly:
        """One direction."""
        stream = self.streams[side]
        if stream is None:
            stream = Reassembly()
            self.streams = _paired(self.streams, side, stream)
        return stream

    @property
    def held(self) -> int:
        """Bytes that wait behind gaps."""
        return sum(stream.held for stream in self.streams if stream is not None)


@final
class Talks:
    """Every conversation of a capture.  ``take`` windows of packets, then ``finish``."""

    def __init__(self, balance: Balance, *, most: int = TALKS, held: int = HELD) -> None:
        self._balance = balance
        self._most, self._held_most = most, held
        self._numbers: dict[bytes, int] = {}
        self._talks: dict[int, Talk] = {}  # the longest silent first
        self._next = count()
        self._flows = count()
        self._closing: set[int] = set()
        self._holding: set[int] = set()
        self._shared: Counter[bytes] | None = None

    def __repr__(self) -> str:
        return f"Talks({len(self._talks)})"

    def take(self, packets: Packets) -> Iterator[list[Piece]]:
        """What the devices said in these packets, a list a conversation."""
        rows = packets.rows
        kinds = rows[:, codes.PACKET_KIND]
        tcp = (kinds == codes.PACKET_TCP) & (
            (rows[:, codes.PACKET_WHOLE] > 0) | (rows[:, codes.PACKET_FLAGS] & ENDS > 0)
        )
        chosen = np.flatnonzero(tcp | (kinds == codes.PACKET_UDP))
        other = rows[kinds == codes.PACKET_OTHER, codes.PACKET_SIZE]
        self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, int(other.sum()))
        if not len(chosen):
            return
        self._shared = None
        silent = self._closing
        self._closing = set()
        numbers = self._numbered(packets.keys[chosen].tolist())
        touched = Window(packets.data, rows[chosen], numbers)
        for number, one in touched.talks():
            talk = self._talks[number] = self._talks.pop(number)
            if talk.key[0] == codes.IP_UDP:
                yield self._of_datagrams(talk, touched, one)
            else:
                yield self._of_segments(talk, touched, one)
                if talk.closing:
                    self._closing.add(number)
                if talk.held:
                    self._holding.add(number)
        for number in silent - self._closing:
            yield from self._end(number)
        yield from self._bounded()

    def finish(self) -> Iterator[list[Piece]]:
        """The capture has ended."""
        for number in list(self._talks):
            yield from self._end(number)

    def _numbered(self, keys: list[bytes]) -> npt.NDArray[np.int64]:
        """The number of the conversation of each key."""
        known = self._numbers
        for key in set(keys).difference(known):
            number = known[key] = next(self._next)
            self._talks[number] = Talk(key)
        return np.fromiter(map(known.__getitem__, keys), np.int64, len(keys))

    def _bounded(self) -> Iterator[list[Piece]]:
        """Keep within the limits: end what was silent the longest, trackers last."""
        held = {number: self._talks[number].held for number in self._holding & self._talks.keys()}
        self._holding = {number for number, size in held.items() if size}
        if sum(held.values()) > self._held_most:
            for number in self._holding:
                yield self._settled(self._talks[number], ([], []), flush=True)
            self._holding = set()
        if len(self._talks) <= self._most:
            return
        excess = len(self._talks) - self._most * 3 // 4
        others = [number for number, talk in self._talks.items() if talk.device == _NOBODY]
        for number in others[:excess]:
            yield from self._end(number)
        excess = len(self._talks) - self._most
        if excess > 0:
            self._balance.notes[ErrorCode.TOO_MANY_FLOWS] += excess
            for number in list(self._talks)[:excess]:
                yield from self._end(number)

    def _end(self, number: int) -> Iterator[list[Piece]]:
        """Tell what is left of a conversation, and forget it."""
        talk = self._talks.pop(number, None)
        if talk is not None:
            del self._numbers[talk.key]
            yield self._ended(talk)

    def _ended(self, talk: Talk) -> list[Piece]:
        pieces = self._settled(talk, ([], []), flush=True)
        if talk.flow != _NOBODY:
            pieces.append(Piece(talk.flow, b"", ended=True, datagram=talk.key[0] == codes.IP_UDP))
        for side in (0, 1):
            self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(talk.carry[side]))
        talk.begin()
        return pieces

    def _of_datagrams(self, talk: Talk, window: Window, one: slice) -> list[Piece]:
        datagrams = [
            (side, bytes(window.data[offset : offset + size]))
            for side, _, _, offset, size, _ in window.rows(one)
        ]
        if talk.device == _NOBODY:
            talk.device = next((side for side, data in datagrams if is_packet(data)), _NOBODY)
            if talk.device != _NOBODY:
                talk.flow = next(self._flows)
        pieces = []
        for side, data in datagrams:
            if talk.device == side:
                pieces.append(Piece(talk.flow, data, datagram=True))
            elif talk.device == _NOBODY:
                self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(data))
            else:
                self._balance.pass_over(ErrorCode.FROM_SERVER, len(data))
        return pieces

    def _of_segments(self, talk: Talk, window: Window, one: slice) -> list[Piece]:
        """What a conversation's packets of one window say."""
        sides = window.sides(one)
        if window.plain(one):
            # the usual: nothing out of order, so that no packet is looked at by itself
            for side, run in sides:
                stream = talk.stream(side)
                if stream.held or stream.next not in (None, window.sequence(run)):
                    break
                if window.opens(run) and talk.isn[side] != _NOBODY:
                    break
            else:
                return self._of_plain(talk, window, sides)
        pieces: list[Piece] = []
        batches: tuple[list[Segment], list[Segment]] = ([], [])
        for side, sequence, flags, offset, size, whole in window.rows(one):
            if flags & codes.TCP_SYN:
                if not self._opened(talk, side, sequence, flags):
                    pieces += self._settled(talk, batches)
                    pieces += self._ended(talk)
                    batches = ([], [])
                    self._opened(talk, side, sequence, flags)
                sequence += 1  # noqa: PLW2901
            if whole and not (
                # a probe of one byte that was sent before asks whether somebody is there
                whole == 1 and not flags & codes.TCP_PSH and talk.stream(side).next is None
            ):
                data = window.data[offset : offset + size]
                batches[side].append(Segment(sequence, data, whole))
            if flags & (codes.TCP_FIN | codes.TCP_RST):
                talk.closing = True
        return pieces + self._settled(talk, batches)

    def _opened(self, talk: Talk, side: int, sequence: int, flags: int) -> bool:
        """Take a SYN; False where it opens another conversation than the one that is known."""
        if talk.isn[side] == sequence:
            return True
        if talk.isn[side] != _NOBODY or not talk.stream(side).begin(sequence + 1):
            return False
        talk.isn = _paired(talk.isn, side, sequence)
        talk.client = 1 - side if flags & codes.TCP_ACK else side
        return True

    def _of_plain(
        self, talk: Talk, window: Window, sides: Sequence[tuple[int, slice]]
    ) -> list[Piece]:
        runs: tuple[list[Run], list[Run]] = ([], [])
        for side, run in sides:
            stream = talk.stream(side)
            if window.opens(run):
                self._opened(talk, side, window.sequence(run), window.flags(run))
            elif stream.next is None:
                stream.begin(window.sequence(run))
            stream.next = window.behind(run)
            if not window.size(run):
                continue
            if talk.sure and talk.device == 1 - side:
                self._balance.pass_over(ErrorCode.FROM_SERVER, window.size(run))
            else:
                runs[side].append(Run(0, window.joined(run)))
        return self._told(talk, runs)

    def _settled(
        self, talk: Talk, batches: tuple[list[Segment], list[Segment]], *, flush: bool = False
    ) -> list[Piece]:
        """Lead segments through the reassembly of their direction."""
        runs: tuple[list[Run], list[Run]] = ([], [])
        for side in (0, 1):
            if batches[side] or (flush and talk.streams[side] is not None):
                runs[side].extend(talk.stream(side).take(batches[side], flush=flush))
        pieces = self._told(talk, runs)
        for stream in talk.streams:
            if stream is not None and stream.strays:
                pieces += self._strayed(talk, stream, flush=flush)
        return pieces

    def _strayed(self, talk: Talk, stream: Reassembly, *, flush: bool) -> list[Piece]:
        """Segments far from their stream: two that fit each other are a conversation of their own."""
        strays = stream.strays
        side = talk.streams.index(stream)
        last = strays[-1]
        fitting: list[Segment] = []
        others: list[Segment] = []
        for one in strays:
            fits = abs(distance(one.sequence, last.sequence)) <= AHEAD
            (fitting if fits else others).append(one)
        if len({one.sequence for one in fitting}) > 1 and not flush:
            stream.strays = ()
            pieces = self._ended(talk)
            batches: tuple[list[Segment], list[Segment]] = ([], [])
            batches[side].extend(fitting)
            for one in others:
                pieces += self._alone(one, talk.key)
            return pieces + self._settled(talk, batches)
        pieces = []
        kept = 0 if flush else _STRAYS
        cut = max(0, len(strays) - kept)
        for one in strays[:cut]:
            pieces += self._alone(one, talk.key)
        stream.strays = strays[cut:]
        return pieces

    def _alone(self, segment: Segment, key: bytes) -> list[Piece]:
        """A segment that no conversation takes, as one of its own."""
        lone = Talk(key)
        lone.stream(0).take([segment])
        pieces = self._told(lone, ([Run(0, bytes(segment.data))], []))
        if lone.flow != _NOBODY:
            pieces.append(Piece(lone.flow, b"", ended=True))
        self._balance.pass_over(ErrorCode.OTHER_TRAFFIC, len(lone.carry[0]))
        return pieces

    def _told(self, talk: Talk, runs: tuple[list[Run], list[Run]]) -> list[Piece]:
        """What is in order, as pieces where the device said it; the rest is counted."""
        if not talk.sure and (runs[0] or runs[1]):
            self._decide(talk, runs)
        pieces: list[Piece] = []
        for side in (0, 1):
            for lost, data in runs[side]:
                if talk.device == _NOBODY:
                    kept = talk.carry[side] + data
                    talk.carry = _paired(talk.carry, side, kept[-CARRY:])
                    self._balance.pass_over(
                        ErrorCode.OTHER_TRAFFIC, len(kept) - len(talk.carry[side])
                    )
                elif side == talk.device:
                    begun = talk.carry[side]
                    talk.carry = _paired(talk.carry, side, b"")
                    if lost and begun:
                        pieces.append(Piece(talk.flow, begun))
                        begun = b""
                    pieces.append(Piece(talk.flow, begun + data, lost))
                else:
                    self._balance.pass_over(ErrorCode.FROM_SERVER, len(data))
        if talk.device != _NOBODY:
            server = 1 - talk.device
            self._balance.pass_over(ErrorCode.FROM_SERVER, len(talk.carry[server]))
            begun = talk.carry[talk.device]
            if begun:
                pieces.append(Piece(talk.flow, begun))
            talk.carry = _NO_CARRY
        return pieces

    def _decide(self, talk: Talk, runs: tuple[list[Run], list[Run]]) -> None:
        """Say which side is the device, where that can be said."""
        shown = [
            signs(talk.carry[side] + b"".join(run.data for run in runs[side])) for side in (0, 1)
        ]
        device = talk.device
        if Sign.DEVICE in shown[0] and Sign.DEVICE in shown[1]:
            device = talk.client if talk.client != _NOBODY else 1 - self._server(talk)
            talk.sure = True
        elif Sign.DEVICE in shown[0] or Sign.SERVER in shown[1]:
            device, talk.sure = 0, True
        elif Sign.DEVICE in shown[1] or Sign.SERVER in shown[0]:
            device, talk.sure = 1, True
        elif device == _NOBODY and Sign.EITHER in shown[0] | shown[1]:
            talk.sure = talk.client != _NOBODY
            device = talk.client if talk.sure else 1 - self._server(talk)
        if device != talk.device:
            talk.device = device
            talk.flow = next(self._flows)

    def _server(self, talk: Talk) -> int:
        """Which side looks like a server: its port has more conversations, or is the lower one."""
        if self._shared is None:
            self._shared = Counter(
                end for known in self._talks.values() for end in _ends(known.key)
            )
        low, high = (self._shared[end] for end in _ends(talk.key))
        if low != high:
            return 0 if low > high else 1
        return 0 if talk.key[2:4] <= talk.key[4:6] else 1


def _ends(key: bytes) -> tuple[bytes, bytes]:
    """The two ends of a conversation."""
    return key[:2] + key[2:4] + key[8:24], key[:2] + key[4:6] + key[24:40]
