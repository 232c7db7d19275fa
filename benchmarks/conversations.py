"""Very many conversations: python benchmarks/conversations.py [HOW_MANY] [datagrams|stream|capture].

Each is of another device, which sends one frame: as UDP packets, as logins one behind the other, or
as TCP conversations of a packet capture, none of them closed.  Peak memory and time of the decode.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import gpsproto
from gpsproto.build import Fleet, Record, login, tcp_frame, udp_packet

FORMS = ("datagrams", "stream", "capture")
_IMEI = "010000000000000"
_RECORDS = [Record(1_790_000_000_000)]


def written(form: str, many: int) -> Iterator[bytes]:
    """The dump in pieces."""
    if form == "capture":
        yield from Fleet(devices=many, records=many).written("pcap")
        return
    packet = udp_packet(8, _RECORDS, _IMEI)
    if form == "stream":
        packet = login(_IMEI) + tcp_frame(8, _RECORDS)
    front, behind = packet.split(_IMEI.encode())
    for number in range(many):
        yield front + b"%015d" % (int(_IMEI) + number) + behind


def measured(form: str, source: Path) -> None:
    """Decode; say what it took."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    kind = "datagrams" if form == "datagrams" else "auto"
    # records of a made-up fleet are of the past
    records = sum(
        len(batch) for batch in gpsproto.decode(source, input_format=kind, expired="keep")
    )
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{form}: {records:,} conversations in {seconds:.0f} s ({seconds / records * 1e6:.0f} us each),"
        f" peak {peak // 1024} MB, {(peak - before) * 1024 // records} bytes each"
    )


def main(many: int, forms: tuple[str, ...]) -> None:
    """Each form in a process of its own."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        for form in forms:
            path = Path(folder) / form
            with path.open("wb") as file:
                file.writelines(written(form, many))
            subprocess.run([sys.executable, __file__, "--of", form, str(path)], check=True)
            path.unlink()


if __name__ == "__main__":
    if sys.argv[1:2] == ["--of"]:
        measured(sys.argv[2], Path(sys.argv[3]))
    else:
        asked = sys.argv[1:]
        main(int(asked[0]) if asked else 1_000_000, tuple(asked[1:]) or FORMS)
