"""The records of a pcap or pcapng file, a window at a time, as rows of integers.

What the file is, and what its sections and interfaces are, dpkt's declarations of the formats say;
the packets are found by the compiled scan.  Times, comments, names and secrets are not read.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, final

import numpy as np
import numpy.typing as npt

from gpsproto.balance import Balance
from gpsproto.captures.source import Chunk
from gpsproto.errors import CaptureError, ErrorCode
from gpsproto.privacy.extra import require
from gpsproto.walk import codes
from gpsproto.walk.packets import scan_packets

WINDOW = 128 << 20
"""Bytes of a capture that are looked at together: conversations interleave, and scans have a price."""

ROWS = 1 << 18
"""Packets that are looked at together, at most."""

LINKS = frozenset({0, 1, 12, 14, 101, 108, 113, 228, 229, 276})
"""Link types that are read: loopback, Ethernet, raw IP, Linux cooked (both)."""

_RAW = 101
_INTERFACES = 1 << 12
_SECTION_MOST = 1 << 20
_ORDER = 0x1A2B3C4D


class Packets(NamedTuple):
    """Packets of a window: a row each (see ``walk.codes``), its key, and the bytes they stand in.

    All three are used again for the next.
    """

    data: memoryview
    rows: npt.NDArray[np.int64]
    keys: npt.NDArray[np.void]


class _Damaged(Exception):
    """What stands here is no block."""


@final
class CaptureFile:
    """A capture that comes in chunks.  ``packets`` gives its packets."""

    def __init__(
        self, read: Iterable[Chunk], balance: Balance, *, window: int = WINDOW, rows: int = ROWS
    ) -> None:
        require("dpkt", extra="pcap")
        self._read = iter(read)
        self._balance = balance
        # pages that are not written take no memory
        self._window = memoryview(np.empty(window, np.uint8))  # type: ignore[arg-type]
        self._rest: memoryview = memoryview(b"")  # of the chunk that filled the window
        self._table = _Table(rows)
        self._offset = 0  # of the window in the file
        self._links = array("q", bytes(8 * _INTERFACES))
        self._state = array("q", bytes(8 * codes.PACKETS_SIZE))

    def __repr__(self) -> str:
        return "CaptureFile()"

    def packets(self) -> Iterator[Packets]:
        """The packets, window by window.

        Raises CaptureError where the head is not one of a capture, or of a link that is not read.
        What breaks off, or is no record, is counted, and ends it.
        """
        state = self._state
        more = self._fill()
        self._open()
        while True:
            scan_packets(self._window, self._links, self._table.rows, self._table.keys, state)
            if state[codes.PACKETS_ROWS]:
                yield self._table.packets(self._window, state[codes.PACKETS_ROWS])
            reason = state[codes.PACKETS_REASON]
            if reason == codes.STOP_BLOCK:
                reason = self._block()
            if reason == codes.STOP_DAMAGED:
                self._give_up(ErrorCode.CAPTURE_DAMAGED)
                return
            if reason == codes.STOP_MORE:
                if not more:
                    break
                self._move()
                more = self._fill()
        if state[codes.PACKETS_STOP] > state[codes.PACKETS_POSITION] or state[codes.PACKETS_SKIP]:
            self._give_up(ErrorCode.CAPTURE_CUT)

    def _fill(self) -> bool:
        """Fill the window; False where the file has ended."""
        state = self._state
        stop = state[codes.PACKETS_STOP]
        while stop < len(self._window):
            if not len(self._rest):
                chunk = next(self._read, None)
                if chunk is None:
                    state[codes.PACKETS_STOP] = stop
                    return False
                self._rest = memoryview(chunk)
            if state[codes.PACKETS_SKIP]:
                skipped = min(state[codes.PACKETS_SKIP], len(self._rest))
                self._rest = self._rest[skipped:]
                state[codes.PACKETS_SKIP] -= skipped
                self._offset += skipped
                continue
            taken = min(len(self._rest), len(self._window) - stop)
            self._window[stop : stop + taken] = self._rest[:taken]
            self._rest = self._rest[taken:]
            stop += taken
        state[codes.PACKETS_STOP] = stop
        return True

    def _move(self) -> None:
        """Make room: what is not consumed goes to the front."""
        state = self._state
        at, stop = state[codes.PACKETS_POSITION], state[codes.PACKETS_STOP]
        self._window[: stop - at] = bytes(self._window[at:stop])
        self._offset += at
        state[codes.PACKETS_POSITION], state[codes.PACKETS_STOP] = 0, stop - at

    def _give_up(self, code: ErrorCode) -> None:
        """Count what is left of the file."""
        state = self._state
        at = self._offset + state[codes.PACKETS_POSITION]
        size = state[codes.PACKETS_STOP] - state[codes.PACKETS_POSITION] + len(self._rest)
        size += sum(len(memoryview(chunk)) for chunk in self._read)
        self._balance.bytes_in += size
        self._balance.reject(code, size, at, at)

    def _open(self) -> None:
        """Read the head of the file."""
        import dpkt

        head = bytes(self._window[: min(self._state[codes.PACKETS_STOP], 28)])
        magic = int.from_bytes(head[:4], "big")
        if magic == dpkt.pcapng.PCAPNG_BT_SHB:
            self._state[codes.PACKETS_FORM] = codes.FORM_PCAPNG
            if self._block() == codes.STOP_BLOCK:
                return
        elif magic in dpkt.pcap.MAGIC_TO_PKT_HDR and len(head) >= dpkt.pcap.FileHdr.__hdr_len__:
            self._open_pcap(head, magic)
            return
        raise CaptureError(ErrorCode.CAPTURE_HEAD)

    def _open_pcap(self, head: bytes, magic: int) -> None:
        import dpkt

        record = dpkt.pcap.MAGIC_TO_PKT_HDR[magic]
        big = getattr(record, "__byte_order__", ">") == ">"
        file = (dpkt.pcap.FileHdr if big else dpkt.pcap.LEFileHdr)(head[:24])
        link = file.linktype & 0xFFFF  # above it stands whether a checksum follows each packet
        if file.v_major != dpkt.pcap.PCAP_VERSION_MAJOR:
            raise CaptureError(ErrorCode.CAPTURE_HEAD)
        if link not in LINKS:
            raise CaptureError(ErrorCode.CAPTURE_LINK, link=link)
        state = self._state
        state[codes.PACKETS_FORM] = codes.FORM_PCAP
        state[codes.PACKETS_BIG] = big
        state[codes.PACKETS_HEAD] = record.__hdr_len__
        state[codes.PACKETS_POSITION] = len(file)
        state[codes.PACKETS_LINKS] = 1
        self._links[0] = link

    def _block(self) -> int:
        """Read the fixed part of a block that describes; why to stop, or STOP_BLOCK to go on."""
        state = self._state
        at, stop = state[codes.PACKETS_POSITION], state[codes.PACKETS_STOP]
        data = bytes(self._window[at : min(stop, at + 28)])
        section = data[:4] == b"\x0a\x0d\x0d\x0a"
        if len(data) < (28 if section else 20):
            return codes.STOP_MORE
        length = self._section(data) if section else self._interface(data)
        if length < len(data) - 8 or length % 4 or length > _SECTION_MOST:
            return codes.STOP_DAMAGED
        state[codes.PACKETS_POSITION] = min(stop, at + length)
        state[codes.PACKETS_SKIP] = max(0, at + length - stop)
        return codes.STOP_BLOCK

    def _section(self, data: bytes) -> int:
        """Begin a section; the length of its block, 0 where it is none that can be read."""
        import dpkt

        found: Any = dpkt.pcapng.SectionHeaderBlock()
        found.unpack_hdr(data)
        big = found.bom == dpkt.pcapng.BYTE_ORDER_MAGIC
        if not big:
            found = dpkt.pcapng.SectionHeaderBlockLE()
            found.unpack_hdr(data)
        if found.bom != _ORDER or found.v_major != dpkt.pcapng.PCAPNG_VERSION_MAJOR:
            return 0
        self._state[codes.PACKETS_BIG] = big
        self._state[codes.PACKETS_LINKS] = 0
        return int(found.len) if found.len >= 28 else 0

    def _interface(self, data: bytes) -> int:
        """Note the link of an interface; the length of its block."""
        import dpkt

        state = self._state
        big = state[codes.PACKETS_BIG]
        found: Any = (
            dpkt.pcapng.InterfaceDescriptionBlock()
            if big
            else dpkt.pcapng.InterfaceDescriptionBlockLE()
        )
        found.unpack_hdr(data)
        number = state[codes.PACKETS_LINKS]
        if number < _INTERFACES:
            self._links[number] = found.linktype
            state[codes.PACKETS_LINKS] = number + 1
            if not number:
                state[codes.PACKETS_SNAP] = found.snaplen
        return int(found.len) if found.len >= 20 else 0


@final
class _Table:
    """Room for the rows and keys of a scan."""

    def __init__(self, rows: int) -> None:
        # pages that are not written take no memory; "q" is what the scan reads
        self.rows = np.empty(codes.PACKET_STRIDE * rows, "q")
        self.keys = np.empty(codes.PACKET_KEY * rows, np.uint8)

    def packets(self, data: memoryview, count: int) -> Packets:
        """The first so many rows."""
        rows = self.rows.view(np.int64).reshape(-1, codes.PACKET_STRIDE)[:count]
        return Packets(data, rows, self.keys.view(f"V{codes.PACKET_KEY}")[:count])


def whole_packets(found: list[bytes]) -> Packets:
    """IP packets that were put together of fragments, as a window of their own."""
    state = array("q", bytes(8 * codes.PACKETS_SIZE))
    state[codes.PACKETS_HEAD], state[codes.PACKETS_LINKS] = 16, 1
    data = b"".join(bytes(8) + 2 * len(one).to_bytes(4, "little") + one for one in found)
    state[codes.PACKETS_STOP] = len(data)
    table = _Table(len(found))
    scan_packets(data, array("q", [_RAW]), table.rows, table.keys, state)
    return table.packets(memoryview(data), state[codes.PACKETS_ROWS])
