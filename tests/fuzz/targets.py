"""Fuzz targets: what may come out of any bytes, and what may not.

The walk runs interpreted, so that coverage guides the search; the compiled one, where there is one,
must give the same.  The allowed exceptions are listed; anything else is a find.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
LINKS = (0, 1, 12, 101, 108, 113, 276)
WALK = ("avl", "brackets", "datagrams", "frames", "packets", "watch")


class AsItReads:
    """Finds the walk's modules as sources, also where a compiled one lies beside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        package, _, last = name.rpartition(".")
        if package != "gpsproto.walk" or last not in WALK:
            return None
        return importlib.util.spec_from_file_location(name, self.folder / f"{last}.py")


def compiled(folder: Path) -> dict[str, ModuleType]:
    """The compiled modules under a second name; empty where there are none."""
    found = {}
    for name in WALK:
        for suffix in importlib.machinery.EXTENSION_SUFFIXES:
            path = folder / f"{name}{suffix}"
            if path.is_file():
                spec = importlib.util.spec_from_file_location(f"compiled.{name}", path)
                assert spec is not None
                assert spec.loader is not None
                found[name] = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(found[name])
                break
    return found if len(found) == len(WALK) else {}


def seeds() -> list[bytes]:
    """Fixtures, frames of the builder and made-up cases: nothing that a device sent."""
    sys.path.insert(0, str(ROOT))  # for the corpus of watches
    from tests.watch_corpus import PRINTED, QUIRKS, TAILS

    from gpsproto import codecs
    from gpsproto.build import (
        Beacon,
        Measured,
        Record,
        advanced_list,
        eye_data,
        login,
        simple_list,
        tcp_frame,
        udp_packet,
        watch,
    )
    from gpsproto.codecs.watch import messages

    found = [
        bytes.fromhex(path.read_text("ascii"))
        for folder in ("vendor", "malformed")
        for path in sorted((ROOT / "fixtures" / folder).glob("*.hex"))
    ]
    found.append((ROOT / "fixtures" / "demo" / "fleet.bin").read_bytes())
    legacy = ROOT / "fixtures" / "legacy"
    found.append((legacy / "gh.bin").read_bytes())
    found += [bytes.fromhex(line)[:-8] for line in (legacy / "sms.hex").read_text("ascii").split()]
    imei = "001010000000016"
    eye = eye_data(Measured(20.5, 40, True, (True, 3), (1, -2), battery_mv=3_000))
    lists = [
        (385, simple_list([Beacon(bytes(20), -61, 3_000, 21), Beacon(bytes(16))])),
        (
            548,
            advanced_list([Beacon(bytes(6), -61, 3_000, 21.5, "a", data=eye), Beacon(magnet=True)]),
        ),
        (11317, advanced_list([Beacon(data=eye[3:])] * 12)),
    ]
    for codec, shape in codecs.shapes().items():
        record = Record(
            1_700_000_000_000, -1, 1, -3, 359, 9, 50, 1, 239,
            elements=[(239, 1, 1), (250, 1, 3), (66, 2, 12_000), (72, 4, 850), (78, 8, 1)],
            variable=[(256, b"x" * 17), (331, b""), *lists] if shape.variable else (),
        )  # fmt: skip
        frame = tcp_frame(codec, [record, record])
        found += [frame, login(imei) + b"\xff" + frame * 2, udp_packet(codec, [record], imei)]
    cases = [*PRINTED, *TAILS, *(case for quirk in QUIRKS.values() for case in quirk())]
    found += [case.data for case in cases]
    found += [
        bytes([number]) + b"," + case.contents[0].partition(b",")[2]
        for number, case in enumerate(cases)
        if case.contents and number < 256
    ]
    id = "0300000187"
    where = watch.Position(
        1_700_000_000_000, latitude=52.0000374, longitude=-5.1000201, status=0x10018,
        cells=[watch.Cell(204, "08", 500, 600, -70)], accuracy_m=9.5,
        wifi=[watch.Wifi(b"a, [b]", "02:00:00:00:00:01", -60)],
    )  # fmt: skip
    frames = [watch.message(id, message.word, "1", "2", "3") for message in messages()]
    frames += [watch.position(id, word, where, index=7) for word in ("UD_LTE", "AL")]
    frames.append(watch.voice(id, b"#!AMR\n[]*,}", signature="0" * 32))
    return [*found, *frames[::8], b"\r\n".join(frames[-4:]) + frame, *captures(frame)]


def captures(frame: bytes) -> list[bytes]:
    """A login and a frame in packets of every form, and packets alone for the target of these."""
    from tests import packets

    from gpsproto.build import login

    stream = login("001010000000016") + frame
    talk = [packets.Packet(packets.DEVICE, packets.SERVER, b"", 6, packets.SYN)]
    talk += [
        packets.Packet(packets.DEVICE, packets.SERVER, stream[at : at + 40], 7 + at)
        for at in range(0, len(stream), 40)
    ]
    found, alone = [], []
    for place, link in enumerate(LINKS):
        for ip in (packets.ipv4, packets.ipv6):
            sent = [packets.linked(link, ip(one)) for one in talk]
            found += [packets.pcap(sent, link=link), packets.pcapng(sent, link=link, order=">")]
            alone.append(bytes([place]) + b"".join(bytes([len(one)]) + one for one in sent))
    pieces = packets.fragments(talk[1], 16) + packets.fragments6(talk[2], 24)
    alone.append(bytes([3]) + b"".join(bytes([len(one)]) + one for one in pieces))
    return [*found, *alone]


def targets(folder: Path) -> dict[str, Callable[[bytes], None]]:
    """Name -> target.  Import gpsproto only when this is called: instrumented, if it is to be."""
    import gpsproto
    from gpsproto import codecs
    from gpsproto.balance import Balance
    from gpsproto.captures import pcap_file
    from gpsproto.codecs import avl
    from gpsproto.codecs.watch import messages, payload
    from gpsproto.errors import CaptureError, FramingLost, TruncatedStream
    from gpsproto.wire import bracket, teltonika_tcp, teltonika_udp, workbench

    second = compiled(folder)
    key = gpsproto.PseudonymKey(bytes(range(32)))
    words = [message.word.encode() for message in messages()]
    places = (
        (avl, "walk_avl", "avl"),
        (payload, "walk_watch", "watch"),
        (bracket, "scan_brackets", "brackets"),
        (bracket, "look_on", "brackets"),
        (workbench, "rehash", "brackets"),
        (teltonika_tcp, "scan_tcp", "frames"),
        (teltonika_udp, "scan_udp", "datagrams"),
        (pcap_file, "scan_packets", "packets"),
    )
    reading: dict[str, Any] = {name: getattr(module, name) for module, name, _ in places}

    def outcome(data: bytes, kind: str) -> tuple[Any, ...]:
        balance = Balance()
        rows = []
        for batch in gpsproto.decode(
            data, key=key, balance=balance, input_format=kind, batch_records=255
        ):
            for name in batch.columns:
                values, validity = batch.column(name)
                rows.append((name, values.tolist(), validity.tolist()))
        assert balance.discrepancies() == [], balance.discrepancies()
        return rows, balance.as_dict()

    def same(outcome: Callable[[], Any]) -> None:
        """Compiled and interpreted, something has one outcome."""
        first = outcome()
        if second:
            try:
                for module, name, source in places:
                    setattr(module, name, getattr(second[source], name))
                assert outcome() == first, "compiled and interpreted differ"
            finally:
                for module, name, _ in places:
                    setattr(module, name, reading[name])

    def agree(data: bytes, kind: str) -> None:
        same(lambda: outcome(data, kind))

    def dump(data: bytes) -> None:
        """A dump: no exception at all, whatever the bytes."""
        agree(data, "stream")

    def datagrams(data: bytes) -> None:
        """A file of datagrams: no exception at all."""
        agree(data, "datagrams")

    def recognised(data: bytes) -> None:
        """Whatever it may be taken for; what begins as a capture may be refused."""
        try:
            outcome(data, "auto")
        except CaptureError as error:
            assert error.__context__ is None  # noqa: PT017

    def live(data: bytes) -> None:
        """A tracker's live stream, cut where its first byte says: events, or one of two errors."""
        same(lambda: taken(teltonika_tcp.TcpFramer(), data))

    def brackets(data: bytes) -> None:
        """A watch's live stream in the same way."""
        same(lambda: taken(bracket.BracketFramer(), data))

    def taken(framer: Any, data: bytes) -> list[str]:
        """What a live framer gives, which shows neither bytes nor identifiers."""
        cut = data[0] if data else 0
        found = []
        try:
            for piece in (data[:cut], data[cut:]):
                framer.receive(piece)
                found += [repr(event) for event in framer.events()]
            framer.receive_eof()
            found += [repr(event) for event in framer.events()]
        except (FramingLost, TruncatedStream) as error:
            assert error.__context__ is None  # noqa: PT017
            found.append(repr(error))
        return found

    def capture(data: bytes) -> None:
        """A capture: records, or an error of ours for a head that is none."""
        try:
            agree(data, "pcap")
        except CaptureError as error:
            assert error.__context__ is None  # noqa: PT017

    def packet(data: bytes) -> None:
        """The packets of a capture whose records are right: each byte of length, then so much."""
        from tests import packets

        if data:
            parts, at = [], 1
            while at < len(data):
                parts.append(data[at + 1 : at + 1 + data[at]])
                at += 1 + data[at]
            link = LINKS[data[0] % len(LINKS)]
            form = packets.pcapng if data[0] & 64 else packets.pcap
            agree(form(parts, link=link), "pcap")

    def body(data: bytes) -> None:
        """A body in a frame whose CRC is right, so that the walk is reached."""
        from gpsproto.checksum import crc16

        if len(data) >= 3:
            known = sorted({*codecs.shapes(), *codecs.readings()})
            codec = known[data[0] % len(known)]
            data = bytes([codec]) + data[1:-1] + data[1:2]
            framed = bytes(4) + len(data).to_bytes(4, "big") + data
            agree(framed + crc16(data).to_bytes(4, "big"), "stream")

    def sms(data: bytes) -> None:
        """A message of SMS; what ends it is an IMEI."""
        agree((data + (1_010_000_000_016).to_bytes(8, "big")).hex().encode(), "sms")
        outcome(data, "sms")

    def watch(data: bytes) -> None:
        """A message in a frame whose length is right; its first byte says which."""
        if data and len(data) < 1 << 16:
            content = words[data[0] % len(words)] + data[1:]
            agree(b"[3G*0300000187*%04X*%b]" % (len(content) & 0xFFFF, content), "stream")

    return {
        "dump": dump, "datagrams": datagrams, "recognised": recognised, "live": live,
        "body": body, "watch": watch, "brackets": brackets, "sms": sms, "capture": capture,
        "packet": packet,
    }  # fmt: skip


def walk_folder() -> Path:
    """Where the walk's sources lie, without importing them."""
    spec = importlib.util.find_spec("gpsproto")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "walk"


def install(folder: Path) -> None:
    """From now on the walk is imported as it reads."""
    sys.meta_path.insert(0, AsItReads(folder))  # type: ignore[arg-type]
