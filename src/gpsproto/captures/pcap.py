"""Packet captures, pcap and pcapng: what devices said in them.

Addresses, ports, hardware addresses, times, names, comments and secrets stay behind: a conversation
is a number, and what leaves are its bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from gpsproto.balance import Balance
from gpsproto.captures.flows import Piece
from gpsproto.captures.pcap_file import ROWS, WINDOW, CaptureFile, Packets, whole_packets
from gpsproto.captures.pcap_fragments import Fragments
from gpsproto.captures.pcap_talks import HELD, TALKS, Talks
from gpsproto.captures.source import Chunk
from gpsproto.walk import codes


def pieces(
    read: Iterable[Chunk],
    balance: Balance,
    *,
    window: int = WINDOW,
    rows: int = ROWS,
    talks: int = TALKS,
    held: int = HELD,
) -> Iterator[Sequence[Piece]]:
    """What the devices of a capture said, in order, conversation by conversation of each window.

    What servers said and what is of others is counted.  ``window`` and ``rows`` are bytes and
    packets that are looked at together, ``talks`` conversations that are told apart at once,
    ``held`` bytes that may wait behind gaps.

    Raises CaptureError where it is no capture, ExtraMissing where the extra is not installed.
    """
    known = Talks(balance, most=talks, held=held)
    fragments = Fragments(balance)
    for packets in CaptureFile(read, balance, window=window, rows=rows).packets():
        yield from known.take(packets)
        found = _put_together(packets, fragments)
        if found:
            yield from known.take(whole_packets(found))
    fragments.finish()
    yield from known.finish()


def _put_together(packets: Packets, fragments: Fragments) -> list[bytes]:
    """The IP packets that the fragments of a window complete."""
    of_fragments = packets.rows[:, codes.PACKET_KIND] == codes.PACKET_FRAGMENT
    if not np.any(of_fragments):
        return []
    found = []
    for row in packets.rows[of_fragments].tolist():
        offset, size = row[codes.PACKET_OFFSET], row[codes.PACKET_SIZE]
        whole = fragments.take(bytes(packets.data[offset : offset + size]), row[codes.PACKET_WHOLE])
        if whole is not None:
            found.append(whole)
    return found
