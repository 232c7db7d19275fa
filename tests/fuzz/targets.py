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
WALK = ("avl", "datagrams", "frames")


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
    """Fixtures and frames of the builder: nothing that a device sent."""
    from gpsproto import codecs
    from gpsproto.build import Record, login, tcp_frame, udp_packet

    found = [
        bytes.fromhex(path.read_text("ascii"))
        for folder in ("vendor", "malformed")
        for path in sorted((ROOT / "fixtures" / folder).glob("*.hex"))
    ]
    found.append((ROOT / "fixtures" / "demo" / "fleet.bin").read_bytes())
    imei = "001010000000016"
    for codec, shape in codecs.shapes().items():
        record = Record(
            1_700_000_000_000, -1, 1, -3, 359, 9, 50, 1, 239,
            elements=[(239, 1, 1), (250, 1, 3), (66, 2, 12_000), (72, 4, 850), (78, 8, 1)],
            variable=[(256, b"x" * 17), (331, b"")] if shape.variable else (),
        )  # fmt: skip
        frame = tcp_frame(codec, [record, record])
        found += [frame, login(imei) + b"\xff" + frame * 2, udp_packet(codec, [record], imei)]
    return found


def targets(folder: Path) -> dict[str, Callable[[bytes], None]]:
    """Name -> target.  Import gpsproto only when this is called: instrumented, if it is to be."""
    import gpsproto
    from gpsproto import codecs
    from gpsproto.balance import Balance
    from gpsproto.codecs import avl
    from gpsproto.errors import FramingLost, TruncatedStream
    from gpsproto.wire import teltonika_tcp, teltonika_udp

    second = compiled(folder)
    key = gpsproto.PseudonymKey(bytes(range(32)))
    places = (
        (avl, "walk_avl", "avl"),
        (teltonika_tcp, "scan_tcp", "frames"),
        (teltonika_udp, "scan_udp", "datagrams"),
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

    def agree(data: bytes, kind: str) -> None:
        first = outcome(data, kind)
        if second:
            try:
                for module, name, source in places:
                    setattr(module, name, getattr(second[source], name))
                assert outcome(data, kind) == first, "compiled and interpreted differ"
            finally:
                for module, name, _ in places:
                    setattr(module, name, reading[name])

    def dump(data: bytes) -> None:
        """A dump: no exception at all, whatever the bytes."""
        agree(data, "stream")

    def datagrams(data: bytes) -> None:
        """A file of datagrams: no exception at all."""
        agree(data, "datagrams")

    def recognised(data: bytes) -> None:
        """Whatever it may be taken for."""
        outcome(data, "auto")

    def live(data: bytes) -> None:
        """A live stream, cut where its first byte says: events, or one of two errors."""
        framer = teltonika_tcp.TcpFramer()
        cut = data[0] if data else 0
        try:
            for piece in (data[:cut], data[cut:]):
                framer.receive(piece)
                for event in framer.events():
                    repr(event)
            framer.receive_eof()
            list(framer.events())
        except (FramingLost, TruncatedStream) as error:
            assert error.__context__ is None  # noqa: PT017

    def body(data: bytes) -> None:
        """A body in a frame whose CRC is right, so that the walk is reached."""
        from gpsproto.checksum import crc16

        if len(data) >= 3:
            codec = sorted(codecs.shapes())[data[0] % 3]
            data = bytes([codec]) + data[1:-1] + data[1:2]
            framed = bytes(4) + len(data).to_bytes(4, "big") + data
            agree(framed + crc16(data).to_bytes(4, "big"), "stream")

    return {
        "dump": dump, "datagrams": datagrams, "recognised": recognised, "live": live, "body": body
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
