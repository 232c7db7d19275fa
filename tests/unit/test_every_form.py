"""The same conversations in every form that a dump may have: the same records."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests import packets
from tests.dumps import LOGS, Read, streams, talks
from tests.packets import SERVER
from tests.unit.test_pcap import cut, decoded

FILES: dict[str, Callable[[list[bytes]], bytes]] = {
    "pcap": packets.pcap,
    "pcapng": packets.pcapng,
    "pcap.gz": lambda found: gzip.compress(packets.pcap(found)),
    "pcapng.gz": lambda found: gzip.compress(packets.pcapng(found)),
}


def one_by_one(found: Sequence[bytes], spell: Callable[[bytes], bytes], kind: str) -> list[str]:
    """The records of dumps of one conversation each."""
    return sorted(row for stream in found for row in decoded(spell(stream), kind)[0])


@given(talks(), st.data())
def test_the_records_of_conversations_do_not_hang_on_the_form(
    reads: list[Read], data: st.DataObject
) -> None:
    """Segments are shuffled, sent twice, overlapping and cut at random."""
    said = streams(reads)
    wanted = one_by_one(said, lambda stream: stream, "stream")
    assert wanted
    assert one_by_one(said, lambda stream: stream.hex().encode(), "hex") == wanted
    assert one_by_one(said, gzip.compress, "auto") == wanted
    log = data.draw(st.sampled_from(sorted(LOGS)))
    assert decoded(LOGS[log](reads), "log")[0] == wanted
    assert decoded(gzip.compress(LOGS[log](reads)), "log")[0] == wanted
    sent = []
    for number, stream in enumerate(said):
        sent += data.draw(cut(stream, (f"198.51.100.{number}", 40_000), SERVER))
    shuffled = data.draw(st.permutations(sent))
    seen = [packets.ethernet(packets.ipv4(packet)) for packet in shuffled]
    file = data.draw(st.sampled_from(sorted(FILES)))
    assert decoded(FILES[file](seen))[0] == wanted
