"""Synthetic conversations, and the texts that tools and servers write of them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

from gpsproto.build import login, tcp_frame, udp_packet, watch
from tests.strategies import CODECS, cuts, record_lists
from tests.watch_strategies import positions

STAMP = "2024-05-01 10:00:00"


@dataclass(frozen=True)
class Read:
    """What one side of a conversation said at once."""

    flow: int
    data: bytes
    sent: bool = False
    """By the server."""


def imei(number: int) -> str:
    """A made-up one; its last digit is no part of who it is."""
    return f"00101{number:09}0"


@st.composite
def tracker(draw: st.DrawFn, number: int) -> list[bytes]:
    """A login and frames, in the reads of a server."""
    codec = draw(st.sampled_from(CODECS))
    lists = draw(st.lists(record_lists(codec, plausible=True), min_size=1, max_size=3))
    frames = [tcp_frame(codec, records) for records in lists]
    if draw(st.booleans()):
        return [login(imei(number)), *frames]
    return [read for read in draw(cuts(login(imei(number)) + b"".join(frames))) if read]


@st.composite
def wearer(draw: st.DrawFn, number: int) -> list[bytes]:
    """Frames of a watch, one a read."""
    id = f"88000{number:05}"
    where = draw(st.lists(positions(), min_size=1, max_size=2))
    return [watch.link(id, 50, 100, 100), *(watch.position(id, "UD", one) for one in where)]


@st.composite
def talks(draw: st.DrawFn, *, most: int = 3) -> list[Read]:
    """Conversations at the same time, both directions, in the order of a log."""
    kinds = draw(st.lists(st.sampled_from([tracker, wearer]), min_size=1, max_size=most))
    waiting = {n: list(draw(kind(n))) for n, kind in enumerate(kinds)}
    found: list[Read] = []
    while waiting:
        flow = draw(st.sampled_from(sorted(waiting)))
        found.append(Read(flow, waiting[flow].pop(0)))
        if not waiting[flow]:
            del waiting[flow]
        if draw(st.booleans()):
            found.append(Read(flow, draw(st.sampled_from([b"\x01", b"\0\0\0\x05"])), sent=True))
    return found


@st.composite
def packets(draw: st.DrawFn) -> list[bytes]:
    """Datagrams of a few devices."""
    codec = draw(st.sampled_from(CODECS))
    lists = draw(st.lists(record_lists(codec, plausible=True), min_size=1, max_size=4))
    return [
        udp_packet(codec, records, imei(n % 2), avl_packet_id=n) for n, records in enumerate(lists)
    ]


def streams(reads: Sequence[Read]) -> list[bytes]:
    """What each device sent, from its first byte to its last."""
    found: dict[int, bytes] = {}
    for read in reads:
        if not read.sent:
            found[read.flow] = found.get(read.flow, b"") + read.data
    return list(found.values())


def from_server(reads: Sequence[Read]) -> int:
    """Bytes that the server sent."""
    return sum(len(read.data) for read in reads if read.sent)


def _log(spell: Callable[[Read, str], str]) -> Callable[[Sequence[Read]], bytes]:
    def written(reads: Sequence[Read]) -> bytes:
        return "".join(f"{spell(read, read.data.hex())}\n" for read in reads).encode()

    return written


def _clear(read: Read, digits: str) -> str:
    """As Traccar shows what can be printed, where it is told to."""
    shown = read.data.decode("latin-1")
    return shown if read.data.isascii() and shown.isprintable() and shown[0] == "[" else digits


def _json(read: Read, digits: str) -> str:
    side = "out" if read.sent else "in"
    return f'{{"time":"{STAMP}","session":"{read.flow}","dir":"{side}","data":"{digits}"}}'


LOGS: dict[str, Callable[[Sequence[Read]], bytes]] = {
    "Traccar, before": _log(
        lambda read, digits: (
            f"{STAMP}  INFO: [{read.flow:08x}: 5027 {'<>'[read.sent]} 10.0.0.7] HEX: {digits}"
        )
    ),
    "Traccar, since": _log(
        lambda read, digits: (
            f"{STAMP}  INFO: [T{read.flow:08x}: teltonika {'<>'[read.sent]} "
            f"10.0.0.{read.flow}] {digits}"
        )
    ),
    "Traccar, text in clear": _log(
        lambda read, digits: (
            f"{STAMP}  INFO: [T{read.flow:08x}: watch {'<>'[read.sent]} 10.0.0.7] "
            f"{_clear(read, digits)}"
        )
    ),
    "a time and an address": _log(
        lambda read, digits: (
            f"2024-05-01T10:00:00.123Z 10.0.0.7:{50_000 + read.flow} {'<>'[read.sent]} {digits}"
        )
    ),
    "words": _log(
        lambda read, digits: (
            f"[{STAMP}] DEBUG session={read.flow} {('recv', 'sent')[read.sent]}: {digits.upper()}"
        )
    ),
    "bytes with blanks": _log(
        lambda read, _: (
            f"{STAMP},123 conn {read.flow} {('rx', 'tx')[read.sent]} {read.data.hex(' ')}"
        )
    ),
    "a string of a program": _log(
        lambda read, _: (
            f"{STAMP} 10.0.0.7:{50_000 + read.flow} {('received', 'sent')[read.sent]} {read.data!r}"
        )
    ),
    "digits below their line": _log(
        lambda read, digits: (
            f"{STAMP} {('received', 'sent')[read.sent]} {len(read.data)} bytes"
            f" of client {read.flow}:\n{digits}"
        )
    ),
    "JSON": _log(_json),
}
"""Forms of logs in which every line says whose it is."""


def xxd(data: bytes) -> bytes:
    return b"".join(
        b"%08x: %-39b  %b\n" % (at, data[at : at + 16].hex(" ", -2).encode(), shown(data[at : at + 16]))
        for at in range(0, len(data), 16)
    )  # fmt: skip


def shown(data: bytes) -> bytes:
    """The column of text."""
    return bytes(byte if 0x20 <= byte < 0x7F else 0x2E for byte in data)


def canonical(data: bytes) -> bytes:
    """As ``hexdump -C`` writes it: lines that repeat are a star."""
    found, before = [], b""
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        if row == before and len(row) == 16:
            if found[-1] != b"*\n":
                found.append(b"*\n")
            continue
        before = row
        halves = f"{row[:8].hex(' '):<23}  {row[8:].hex(' '):<23}".encode()
        found.append(b"%08x  %b  |%b|\n" % (at, halves, shown(row)))
    return b"".join(found) + b"%08x\n" % len(data)


def followed(reads: Sequence[Read], *, indent: bytes = b"    ") -> bytes:
    """As Wireshark writes one conversation: each read begins a line, the server's are indented."""
    offsets = [0, 0]
    found = []
    for read in reads:
        for start in range(0, len(read.data), 16):
            row = read.data[start : start + 16]
            pairs = f"{row[:8].hex(' ')}  {row[8:].hex(' ')}".strip()
            line = f"{offsets[read.sent]:08X}  {pairs:<48}   "
            found.append(
                indent * read.sent + line.encode() + shown(row[:8]) + b" " + shown(row[8:])
            )
            offsets[read.sent] += len(row)
    return b"\n".join(found) + b"\n"


def wrapped(text: str, width: int) -> str:
    """Over several lines, as a forum or a mail does."""
    return "\n".join(text[at : at + width] for at in range(0, len(text), width))


def by_tool(command: Sequence[str], data: bytes) -> bytes:
    """What a tool of this machine writes."""
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout
