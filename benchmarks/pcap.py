"""A capture of many conversations to FilteredBatch: python benchmarks/pcap.py [GIGABYTES].

600-byte packets of 10,000 trackers, interleaved.  Prints MB/s and the peak of the process that decodes.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import frames

from gpsproto.build import login
from gpsproto.identity import DeviceId

PACKET = 600
HEADS = 14 + 20 + 20
PAYLOAD = PACKET - HEADS
RECORD = 16


def imei(number: int) -> bytes:
    """Digits that no device has, the check digit right."""
    digits = b"00101%09d" % number
    return next(
        digits + check
        for check in (b"%d" % one for one in range(10))
        if DeviceId(digits + check).luhn_valid
    )


def template(size: int, flags: int) -> np.ndarray:
    """A record of a packet with so much payload, to the server; what differs is filled in."""
    record = np.zeros(RECORD + HEADS + size, np.uint8)
    record[8:16] = np.frombuffer(2 * (HEADS + size).to_bytes(4, "little"), np.uint8)
    record[16:30] = np.frombuffer(bytes.fromhex("020000000001020000000002") + b"\x08\0", np.uint8)
    ip = bytes([0x45, 0]) + (40 + size).to_bytes(2, "big") + bytes(4) + bytes([64, 6, 0, 0])
    record[30:50] = np.frombuffer(ip + bytes([10, 0, 0, 0]) + bytes([192, 0, 2, 1]), np.uint8)
    tcp = bytes([0x9C, 0x40]) + (5027).to_bytes(2, "big") + bytes(8)
    record[50:70] = np.frombuffer(tcp + bytes([0x50, flags, 0xFF, 0xFF, 0, 0, 0, 0]), np.uint8)
    return record


def filled(record: np.ndarray, numbers: np.ndarray, sequence: np.ndarray) -> np.ndarray:
    """One copy for each conversation, with its address and sequence number."""
    records = np.tile(record, (len(numbers), 1))
    records[:, 43] = numbers >> 16
    records[:, 44] = (numbers >> 8) & 255
    records[:, 45] = numbers & 255
    for place in range(4):
        records[:, 54 + place] = (sequence >> (24 - 8 * place)) & 255
    return records


def write(file: IO[bytes], size: int, conversations: int, acks: bool) -> None:
    """A capture of about so many bytes."""
    file.write(bytes.fromhex("d4c3b2a1 0200 0400 00000000 00000000 ffff0000 01000000"))
    numbers = np.arange(conversations)
    isn = np.random.default_rng(1).integers(0, 1 << 32, conversations)
    rounds = max(1, round(size / conversations / (PACKET + RECORD)))
    block = b"".join(frames(0x8E))
    stream = np.frombuffer(
        login("001010000000016") + block * (1 + rounds * PAYLOAD // len(block)), np.uint8
    )
    digits = np.array([np.frombuffer(imei(number), np.uint8) for number in range(conversations)])
    order = np.random.default_rng(2)
    file.write(filled(template(0, 0x02), numbers, isn).tobytes())
    ack = template(4, 0x18)
    ack[42:46], ack[46:50] = ack[46:50].copy(), ack[42:46].copy()
    for turn in range(rounds):
        record = template(PAYLOAD, 0x18)
        record[RECORD + HEADS :] = stream[turn * PAYLOAD : (turn + 1) * PAYLOAD]
        records = filled(record, numbers, (isn + 1 + turn * PAYLOAD) & 0xFFFFFFFF)
        if not turn:
            records[:, RECORD + HEADS + 2 : RECORD + HEADS + 17] = digits
        file.write(records[order.permutation(conversations)].tobytes())
        if acks:
            back = np.tile(ack, (conversations, 1))
            back[:, 46:50] = records[:, 42:46]
            back[:, 50:52], back[:, 52:54] = ack[52:54], ack[50:52]
            back[:, 57] = 4 * turn & 255
            back[:, 56] = (4 * turn >> 8) & 255
            file.write(back.tobytes())


def measure(path: str) -> None:
    """Decode, in this process; every batch is let go."""
    import gpsproto

    balance = gpsproto.Balance()
    began, worked = time.perf_counter(), time.process_time()
    records = 0
    for batch in gpsproto.decode(path, family="FMB", balance=balance):
        records += len(batch)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    size = Path(path).stat().st_size / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    # the capture ends inside a frame of each conversation
    if balance.discrepancies() or set(balance.rejected) - {gpsproto.ErrorCode.TRUNCATED}:
        raise SystemExit("not all of it was decoded")
    print(
        f"{size:,.0f} MB, {records:,} records: {size / seconds:.0f} MB/s "
        f"({size / worked:.0f} MB per second of processor), peak {peak:.0f} MB"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gigabytes", type=float, nargs="?", default=1.0)
    parser.add_argument("--conversations", type=int, default=10_000)
    parser.add_argument("--acks", action="store_true", help="the server's answers too")
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.measure:
        measure(asked.measure)
        return
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        path = Path(folder) / "capture.pcap"
        with path.open("wb") as file:
            write(file, round(asked.gigabytes * 1e9), asked.conversations, asked.acks)
        subprocess.run([sys.executable, __file__, "--measure", str(path)], check=True)


if __name__ == "__main__":
    main()
