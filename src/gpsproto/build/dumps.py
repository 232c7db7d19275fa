"""What a fleet sends as a dump: bytes, hexadecimal lines, or a capture of its conversations."""

from __future__ import annotations

from binascii import hexlify
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, get_args
from zlib import crc32

from gpsproto.build.pcap import AWAY, MOST_DATAGRAM, Capture, Conversation, place_of
from gpsproto.build.sent import Counts, Read, Sent

if TYPE_CHECKING:
    from gpsproto.build.fleet import Fleet

Form = Literal["bin", "hex", "pcap", "pcapng"]

_LATENCY_US = 180_000  # from the last record of a frame to the server
_LONGEST_GAP_US = 20_000  # between two packets of a conversation
_PACKETS_AT_ONCE = 32  # of one frame, at most, as a rule
_ACCEPTED = b"\x01"


def written(fleet: Fleet, form: Form, counts: Counts) -> Iterator[bytes]:
    """The pieces of a dump.  ValueError for a form that cannot hold it."""
    if form not in get_args(Form):
        raise ValueError("no such form of a dump")
    captured = form in ("pcap", "pcapng")
    datagrams = fleet.transport == "udp"
    if form == "bin" and fleet.faults.split:
        raise ValueError("a binary dump does not tell one read from the next")
    if form == "bin" and datagrams and (fleet.faults.truncated or fleet.faults.noise):
        raise ValueError("a binary dump does not tell one datagram from the next")
    if captured and datagrams and any(t.size > MOST_DATAGRAM for t in fleet.templates.values()):
        raise ValueError("a datagram of a capture has at most 1,472 bytes: fewer records a frame")
    lots = fleet.sent(counts, interleaved=captured or datagrams)
    if captured:
        return _counted(_captured(fleet, lots, ng=form == "pcapng"), counts)
    return _counted((_lines if form == "hex" else _stream)(lots), counts)


def _counted(pieces: Iterator[bytes], counts: Counts) -> Iterator[bytes]:
    for piece in pieces:
        counts.bytes += len(piece)
        yield piece


def _stream(lots: Iterator[Sent]) -> Iterator[bytes]:
    for sent in lots:
        out, at = [], 0
        for row, reads in sent.special:
            out.append(sent.data[sent.starts[at] : sent.starts[row]])
            out += [read for read in reads if read is not None]
            at = row + 1
        out.append(sent.data[sent.starts[at] :])
        yield b"".join(out)


def _lines(lots: Iterator[Sent]) -> Iterator[bytes]:
    for sent in lots:
        digits = hexlify(sent.data)
        lines = [digits[2 * start : 2 * stop] for start, stop in pairwise(sent.starts)]
        for row, reads in sent.special:
            lines[row] = b"\n".join(hexlify(read) for read in reads if read is not None)
        lines.append(b"")  # the last line ends, too
        yield b"\n".join(lines)


def _captured(fleet: Fleet, lots: Iterator[Sent], *, ng: bool) -> Iterator[bytes]:
    capture = Capture(ng=ng, udp=fleet.transport == "udp")
    yield capture.opening()
    hears = _Server(fleet, capture)
    for sent in lots:
        hears.hear(sent)
        if not sent.more:  # what is of one stretch of time is put in its order
            yield capture.taken()


class _Server:
    """Who the devices talk to: puts what both sides say into a capture."""

    def __init__(self, fleet: Fleet, capture: Capture) -> None:
        self._capture = capture
        self._seed = fleet.seed
        spare = fleet.interval_ms * 1_000 // fleet.devices // _PACKETS_AT_ONCE
        self._gap_us = max(1, min(_LONGEST_GAP_US, spare))
        self._open: dict[int, Conversation] = {}
        self._connections: dict[int, int] = {}

    def hear(self, sent: Sent) -> None:
        """Take a lot of frames, with what happens to them."""
        special = dict(sent.special)
        take = self._datagrams if sent.is_datagrams else self._stream
        answer = _answer(sent)
        arrives = (sent.ends_us + _LATENCY_US).tolist()
        rows = zip(sent.device.tolist(), arrives, sent.closes.tolist(), strict=True)
        for row, (device, time_us, closes) in enumerate(rows):
            take(device, time_us, sent.frame(row), answer, special.get(row), sent, row)
            if closes and not sent.is_datagrams:
                self._open.pop(device).close()
                self._connections.pop(device, None)

    def _datagrams(
        self, device: int, time_us: int, whole: bytes, answer: bytes, reads: list[Read] | None,
        *_: object,
    ) -> None:  # fmt: skip
        place = place_of(device, 0)
        for read in [whole] if reads is None else reads:
            self._capture.packet(time_us, place, 0, read or b"")
            time_us += self._gap_us
            if read == whole:
                # echoes the packet's ids, and says how many records there were
                echo = b"\0\5" + whole[2:4] + b"\1" + whole[5:6] + answer[-1:]
                self._capture.packet(time_us, place, AWAY, echo)
                time_us += self._gap_us

    def _stream(
        self, device: int, time_us: int, whole: bytes, answer: bytes, reads: list[Read] | None,
        sent: Sent, row: int,
    ) -> None:  # fmt: skip
        spoken = self._open.get(device) or self._connect(device, time_us)
        spoken.time_us = max(spoken.time_us, time_us)
        if reads is None:
            spoken.exchange(whole, answer)
            return
        opening = sent.opening(row)
        heard = b""
        for read in reads:
            if read is None:
                spoken.close()
                spoken = self._connect(device, spoken.time_us)
                heard = b""
                continue
            spoken.send(read)
            heard += read
            if read == opening:
                spoken.answer(opening if sent.is_watch else _ACCEPTED)
                heard = b""
            elif heard.endswith(whole):
                spoken.answer(answer)
                heard = b""
        if heard:
            spoken.answer()

    def _connect(self, device: int, time_us: int) -> Conversation:
        number = self._connections[device] = self._connections.get(device, -1) + 1
        begins = b"%d %d %d" % (self._seed, device, number)
        first, other = crc32(begins), crc32(begins, 1)
        made = Conversation(
            self._capture, place_of(device, number), time_us, self._gap_us, first, other
        )
        self._open[device] = made
        made.connect()
        return made


def _answer(sent: Sent) -> bytes:
    """What a server says to a frame that it has: the number of records; to a watch's nothing."""
    return b"" if sent.is_watch else sent.records.to_bytes(4, "big")
