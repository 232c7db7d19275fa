"""Fuzz targets: what may come out of any bytes, and what may not.

The walk runs interpreted, so that coverage guides the search; the compiled one, where there is one,
must give the same.  The allowed exceptions are listed; anything else is a find.
"""

from __future__ import annotations

import bz2
import gzip
import importlib.machinery
import importlib.util
import io
import lzma
import random
import re
import secrets
import sys
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))  # for what the suites build and write
IMEI = "001010000000016"
LONGEST = 2_000  # bytes of a seed that can still be changed everywhere
LINKS = (0, 1, 12, 101, 108, 113, 276)
OVER = b"""\
name = "over"
extends = "tracking"
loosen = "a reason"
pseudonym = { domain = "over", scope = "P1M" }
[allow]
location = { action = "coarsen", grid = "5km", time = "PT1H", last_known = true }
zone = "keep"
alarm = { action = "coarsen", bucket = [0, 2.5] }
counter = "delta"
motion = "drop"
[retain]
location = "P7D"
status = { until = "service-end", max = "P1Y", service = "s", legal_basis = "contract" }
counter = "P1M"
zone = "PT72H"
alarm = { until = "case-closed", inactive = "P6M" }
[override]
"teltonika:67@2" = { bucket = [3000, 3600] }
"watch:steps" = "drop"
[record]
role = "processor"
[[record.purposes]]
purpose = "p"
legal_basis = "consent"
[sink.lake]
purpose = "p"
region = "eu"
"""
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
        found += [frame, login(IMEI) + b"\xff" + frame * 2, udp_packet(codec, [record], IMEI)]
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


def seeds_of(name: str) -> list[bytes]:
    """What a target begins with."""
    if name == "policy":
        return policies()
    if name == "files":
        return kept()
    if name == "door":  # under a few policies: to make the tables of all would take its time
        frames = [one for one in seeds() if len(one) <= LONGEST]
        return [bytes([number % 4, 2]) + one for number, one in enumerate(frames[::4])]
    stream = (ROOT / "fixtures" / "demo" / "fleet.bin").read_bytes()[:400]
    return seeds() + written(stream) if name == "recognised" else seeds()


def captures(frame: bytes) -> list[bytes]:
    """A login and a frame in packets of every form, and packets alone for the target of these."""
    from tests import packets

    from gpsproto.build import login

    stream = login(IMEI) + frame
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


def written(stream: bytes) -> list[bytes]:
    """A stream as servers and tools write it, and packed."""
    from tests import dumps

    reads = [dumps.Read(1, stream[:17]), dumps.Read(1, b"\x01", True), dumps.Read(1, stream[17:])]
    found = [log(reads) for log in dumps.LOGS.values()]
    found += [dumps.xxd(stream), dumps.canonical(stream + bytes(64)), dumps.followed(reads)]
    found += [pack(one) for one in (stream, found[0]) for pack in (gzip.compress, bz2.compress)]
    found.append(lzma.compress(stream))
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("1.bin", stream)
            archive.writestr("2.log.gz", gzip.compress(found[0]))
        found.append(file.getvalue())
    return found


def policies() -> list[bytes]:
    """The built-in policies, and one over another that says all that a policy may say."""
    from importlib import resources

    import gpsproto.privacy.policy

    folder = resources.files(gpsproto.privacy.policy) / "presets"
    return [OVER, *(one.read_bytes() for one in folder.iterdir() if one.name.endswith(".toml"))]


def kept() -> list[bytes]:
    """Files that a user keeps, behind the number of their kind."""
    first, second = (bytes(range(at, at + 32)).hex().encode() for at in (0, 7))
    files = [
        b"gpsproto-key/1 " + first, b"gpsproto-key/2 %b - 2000-01-01 %b\n" % (first, second),
        b'"%b" = "customer-17"\n# none\n0300000187 = \'b\' # one\n' % IMEI.encode(),
        b"# asked for by letter\nsup_bcdf_bcdfghjkmnpqrstvbcdfghjk\n",
        b'dev_bcdf_bcdfghjkmnpqrstv = "FMC650"\nunknown_1 = "fmb920"\n',
        IMEI.encode() + b"\n",
    ]  # fmt: skip
    return [bytes([kind]) + file for kind, file in zip((0, 0, 1, 2, 3, 4), files, strict=True)]


def targets(folder: Path) -> dict[str, Callable[[bytes], None]]:
    """Name -> target.  Import gpsproto only when this is called: instrumented, if it is to be."""
    import chosen
    from tests.policy_strategies import as_toml

    import gpsproto
    from gpsproto import Policy, catalog, codecs
    from gpsproto.balance import Balance
    from gpsproto.build import login
    from gpsproto.captures import pcap_file
    from gpsproto.category import FLOOR, IDENTITIES, Category
    from gpsproto.checksum import crc16
    from gpsproto.cli.inputs import device_in
    from gpsproto.codecs import avl
    from gpsproto.codecs.watch import messages, payload
    from gpsproto.errors import (
        CaptureError,
        FramingLost,
        GpsprotoError,
        PolicyError,
        TruncatedStream,
    )
    from gpsproto.privacy import filter as door_of
    from gpsproto.privacy.accounts import Accounts
    from gpsproto.privacy.policy.allowance import SCOPES
    from gpsproto.privacy.suppression import Suppression
    from gpsproto.wire import bracket, teltonika_tcp, teltonika_udp, workbench

    second = compiled(folder)
    key = gpsproto.PseudonymKey(bytes(range(32)))
    words = [message.word.encode() for message in messages()]
    known = sorted({*codecs.shapes(), *codecs.readings()})
    tracking = Policy.load("tracking")
    door_of._PROJECTIONS_KEPT = 4 * chosen.POLICIES  # each takes a tenth of a second to make
    private = tempfile.NamedTemporaryFile()  # noqa: SIM115 - as long as its target
    readers: tuple[Callable[[Path], object], ...] = (
        gpsproto.PseudonymKey.from_file,
        lambda path: Accounts.from_file(path, key),
        lambda path: Suppression.from_file(path, key),
        catalog.load_fleet,
        device_in,
    )
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

    def outcome(
        data: bytes, kind: str, policy: Policy = tracking, family: str | None = None, **more: Any
    ) -> tuple[Any, ...]:
        # what is drawn anew in every run is drawn alike, so that two runs can be compared
        secrets.token_bytes = random.Random(0).randbytes
        balance = Balance()
        rows = []
        for batch in gpsproto.decode(
            data, key=key, balance=balance, input_format=kind, batch_records=255,
            policy=policy, family=family, **more,
        ):  # fmt: skip
            for name in batch.columns:
                values, validity = batch.column(name)
                rows.append((name, values.tolist(), validity.tolist()))
                hidden = values[~validity]
                if values.dtype != object:
                    hidden = hidden.view(f"u{hidden.itemsize}")
                assert not hidden.any(), f"a value under a null of {name}"
            protocol = batch.column("protocol").values[0]
            more_than = chosen.shown(batch) - chosen.allowed(policy, protocol, family)
            assert not more_than, more_than
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

    def agree(data: bytes, kind: str, **more: Any) -> None:
        same(lambda: outcome(data, kind, **more))

    def dump(data: bytes) -> None:
        """A dump: no exception at all, whatever the bytes."""
        agree(data, "stream")

    def datagrams(data: bytes) -> None:
        """A file of datagrams, and two that come live: no exception at all."""
        agree(data, "datagrams")
        same(lambda: taken(teltonika_udp.UdpFramer(), data))

    def recognised(data: bytes) -> None:
        """Whatever it may be taken for, packed or not; what begins as a capture may be refused."""
        try:
            agree(data, "auto")
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

    def tracked(data: bytes) -> bytes:
        """A body in a frame whose CRC is right; its first byte says of which codec."""
        if len(data) >= 3:
            data = bytes([known[data[0] % len(known)]]) + data[1:-1] + data[1:2]
        return bytes(4) + len(data).to_bytes(4, "big") + data + crc16(data).to_bytes(4, "big")

    def worn(data: bytes) -> bytes:
        """A message in a frame whose length is right; its first byte says which."""
        content = words[data[0] % len(words)] + data[1:] if data else b""
        return b"[3G*0300000187*%04X*%b]" % (len(content) & 0xFFFF, content)

    def body(data: bytes) -> None:
        """A body of a known codec, so that the walk is reached."""
        agree(tracked(data), "stream")

    def sms(data: bytes) -> None:
        """A message of SMS; what ends it is an IMEI."""
        agree((data + (1_010_000_000_016).to_bytes(8, "big")).hex().encode(), "sms")
        agree(data, "sms")

    def watch(data: bytes) -> None:
        """A known message of a watch."""
        agree(worn(data), "stream")

    def door(data: bytes) -> None:
        """A frame of any kind under a policy; the first byte says which, the second how."""
        if len(data) > 2:
            content = data[2:]
            framed = (login(IMEI) + tracked(content), worn(content), content)[data[1] % 3]
            agree(
                framed, "stream", policy=chosen.policy(data[0] % chosen.POLICIES),
                family=chosen.FAMILIES[data[0] % len(chosen.FAMILIES)],
                expired="drop" if data[1] & 64 else "keep", today=date(2024, 1, 1),
                group16="always" if data[1] & 128 else "auto",
            )  # fmt: skip

    def tells_nothing(error: GpsprotoError) -> None:
        """An error names keys, which are ASCII and no numbers, and nothing else of what was read."""
        told = f"{error} {error!r} {vars(error)}"
        assert error.__context__ is None
        assert told.isascii(), told
        assert not re.search("[0-9]{6}", told), told

    def loaded(text: str, fill: dict[str, str] | None = None) -> Policy | None:
        """The policy of a text, its blanks filled; None where it is refused."""
        try:
            return Policy.from_toml(text, fill=fill)
        except PolicyError as error:
            assert error.line <= text.count("\n") + 1  # noqa: PT017
            tells_nothing(error)
            blanks = dict.fromkeys(error.blanks, "P6M")
        return loaded(text, blanks) if blanks and fill is None else None

    def policy(data: bytes) -> None:
        """The text of a policy: one that holds to the floor and can be written again, or refused."""
        found = loaded(data.decode("utf-8", "surrogateescape"))
        if found is None:
            return
        for category in Category:
            assert not (category in {*FLOOR, *IDENTITIES} and found.leaves(category)), category
            if found.pseudonymises(category):
                assert found.scope(category) in SCOPES[category], category
            assert (category in found.allow) == (category in found.retain), category
        key.domain(found.domain).device  # noqa: B018
        again = Policy.from_toml(as_toml(found))
        assert again.digest == found.digest
        for name in ("allow", "retain", "override", "record", "sinks", "name", "domain"):
            assert getattr(again, name) == getattr(found, name), name

    def files(data: bytes) -> None:
        """A key, accounts, objections, a fleet or a device, as a user keeps them: read or refused."""
        path = Path(private.name)
        path.write_bytes(data[1:])
        try:
            readers[data[0] % len(readers) if data else 0](path)
        except GpsprotoError as error:
            tells_nothing(error)

    return {
        "dump": dump, "datagrams": datagrams, "recognised": recognised, "live": live,
        "body": body, "watch": watch, "brackets": brackets, "sms": sms, "capture": capture,
        "packet": packet, "door": door, "policy": policy, "files": files,
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
