"""Seeded leaks: one deliberate leak a row class of the leak surface, each of which must be caught."""

from __future__ import annotations

import base64
import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpsproto.codecs.watch import calls, contacts, health, identity, positions
from gpsproto.errors import GpsprotoError
from gpsproto.identity import Conversations, DeviceId
from gpsproto.pipeline import Decoder
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.keys import DomainKey
from gpsproto.privacy.naming import Naming
from gpsproto.privacy.policy import Policy
from gpsproto.session import Receiver
from gpsproto.sinks.dataset import ParquetDataset
from gpsproto.walk import codes
from gpsproto.wire.bracket import unescaped
from gpsproto.wire.frame import Envelope, FrameTable, Handshake
from gpsproto.wire.teltonika_tcp import TcpFramer
from tests.mutants import flips, spy
from tests.mutants.spy import Patch, digits_of


@dataclass(frozen=True, slots=True)
class Mutant:
    """A leak: the row that it is of, and by which carrier and in which encoding it must be found."""

    name: str
    row: str
    encoding: int
    carrier: str
    apply: Callable[[Patch], None]
    parts: tuple[str, ...] = ("bulk",)


MUTANTS: list[Mutant] = []
_IMEI_PART = 14  # digits of an IMEI that a pseudonym is made of


def mutant(
    row: str, encoding: int, carrier: str, *parts: str
) -> Callable[[Callable[[Patch], None]], Callable[[Patch], None]]:
    """Register a leak under the name of its function."""

    def register(apply: Callable[[Patch], None]) -> Callable[[Patch], None]:
        name = apply.__name__.strip("_").replace("_", " ")
        MUTANTS.append(Mutant(name, row, encoding, carrier, apply, parts or ("bulk",)))
        return apply

    return register


def _add(
    name: str, row: str, encoding: int, carrier: str, apply: Callable[[Patch], None], *parts: str
) -> None:
    MUTANTS.append(Mutant(name, row, encoding, carrier, apply, parts or ("bulk",)))


# who it is: the subject of a record in a spelling that hides nothing


def _subject(
    write: Callable[[bytes], str], kinds: tuple[str, ...] = ("device_id", "watch_id")
) -> Callable[[Patch], None]:
    def apply(patch: Patch) -> None:
        keyed = DomainKey.pseudonym

        def plain(self: DomainKey, kind: str, canonical: bytes, *within: Any) -> str:
            if kind in kinds:
                return write(canonical)
            return keyed(self, kind, canonical, *within)

        patch.setattr(DomainKey, "pseudonym", plain)

    return apply


def _packed(data: bytes) -> bytes:
    return bytes.fromhex(data.decode() + "f" * (len(data) % 2))


def _turned(data: bytes) -> bytes:
    return bytes((byte >> 4) | (byte & 15) << 4 for byte in _packed(data))


def _varint(number: int) -> bytes:
    made = bytearray()
    while number > 127:
        made.append(number & 127 | 128)
        number >>= 7
    return bytes([*made, number])


_SUBJECTS: tuple[tuple[str, str, int, str, Callable[[bytes], str]], ...] = (
    ("digits as subject", "L1", 1, "JsonLinesSink", lambda d: d.decode()),
    ("hex of the digits", "L1", 4, "CsvSink", lambda d: "dev_" + d.hex()),
    ("swapped digits", "L1", 7, "ParquetSink, opened", lambda d: _turned(d).hex()),
    ("hexadecimal number", "L1", 10, "ArrowSink, opened", lambda d: f"dev_{int(d):x}"),
    ("base64 of the digits", "L1", 12, "rows", lambda d: base64.b64encode(b"dev:" + d).decode()),
    ("base32 of the digits", "L1", 13, "columns", lambda d: base64.b32encode(d).decode()),
    ("percent-encoding", "L1", 14, "JsonLinesSink", lambda d: "".join(f"%{b:02X}" for b in d)),
    ("as a float", "L1", 17, "CsvSink", lambda d: str(float(d))),
    ("digits reversed", "L33", 19, "JsonLinesSink", lambda d: d.decode()[::-1]),
    ("masked but for the tail", "L33", 21, "CsvSink", lambda d: "*" * (len(d) - 4) + d[-4:].decode()),
    ("MD5 of the digits", "L65", 24, "JsonLinesSink", lambda d: hashlib.md5(d).hexdigest()),
    ("SHA-256 in base64", "L65", 24, "ParquetSink, opened",
     lambda d: base64.b64encode(hashlib.sha256(d).digest()).decode()),
)  # fmt: skip
for _name, _row, _encoding, _carrier, _write in _SUBJECTS:
    _add(f"subject: {_name}", _row, _encoding, _carrier, _subject(_write))


# elements of trackers in a wrong category

_ELEMENTS: tuple[tuple[str, str, int, str, tuple[tuple[int, int], ...]], ...] = (
    ("ICCID halves", "L13", 17, "JsonLinesSink", ((11, 8), (14, 8))),
    ("IMSI", "L14", 17, "columns", ((218, 8),)),
    ("iButton", "L15", 9, "memory", ((8, 8), (78, 8), (207, 8), (217, 8), (451, 8), (452, 8))),
    ("driver's name in halves", "L16", 11, "JsonLinesSink", ((195, 8), (196, 8), (147, 8))),
    ("driver's card", "L17", 17, "columns", ((222, 8), (223, 8))),
    ("VIN in parts", "L18", 20, "memory", ((233, 8), (234, 8))),
    ("plate in halves", "L19", 17, "Arrow table", ((231, 8), (232, 8))),
    ("1-Wire serials", "L20", 17, "ArrowSink, opened", ((62, 8), (63, 8), (64, 8), (71, 8), (76, 8))),
    ("Bluetooth user", "L21", 17, "ParquetSink, opened", ((238, 8), (854, 4))),
    ("cells", "L24", 17, "columns", ((636, 4), (241, 4), (205, 4), (200, 4), (202, 4))),
    ("odometer", "L27", 17, "rows", ((16, 4), (199, 4), (87, 4), (105, 4))),
    ("picture number", "L31", 9, "memory", ((244, 8),)),
    ("an id that nobody knows", "L32", 17, "CsvSink", ((60_001, 8), (60_001, 4), (61_113, 8))),
)  # fmt: skip
for _name, _row, _encoding, _carrier, _pairs in _ELEMENTS:
    _add(f"kept: {_name}", _row, _encoding, _carrier, flips.element(*_pairs))

_SAME = "records that must be the same"
_add("kept: a zone in one byte", "L25", 0, _SAME, flips.element((155, 1), (88, 1)), "interference")
_add("kept: behaviour in one byte", "L26", 0, _SAME, flips.element((255, 1)), "interference")
_add("kept: an event of a zone", "L25", 0, _SAME, flips.event(155, 88), "interference")
_add("kept: heart rate", "L40", 0, _SAME, flips.number_kept(health.PULSE), "interference")


# fields of watches in a wrong category

_add("kept: IMEI of a watch", "L34", 17, "JsonLinesSink", flips.text_as_number(identity.IMEI))
_add("kept: cells of a watch", "L35", 17, "columns",
     flips.number_kept(
         positions.CELL_MCC, positions.CELL_MNC, positions.CELL_LAC, positions.CELL_CID
     ))  # fmt: skip
_add("kept: phone number", "L36", 17, "JsonLinesSink", flips.text_as_number(contacts.NUMBER))
_add("kept: friend's watch", "L43", 17, "CsvSink", flips.text_as_number(positions.FRIEND))
_add("kept: party of a call", "L43", 17, "rows", flips.text_as_number(calls.PARTY))
_add("kept: steps", "L44", 17, "Arrow table", flips.number_kept(positions.STEPS))


# orders and fixes that are not heeded


@mutant("L11", 1, "JsonLinesSink")
def the_last_place_without_fix(patch: Patch) -> None:
    patch.setattr(Policy, "last_known", property(lambda _: True))


@mutant("L30", 1, "JsonLinesSink")
def private_mode_not_heeded(patch: Patch) -> None:
    flips.terms(private_orders={})(patch)


# pseudonyms that leave their cells as they were


@mutant("L15", 9, "memory")
def zeroing_skipped(patch: Patch) -> None:
    pseudonymise = Naming.identity

    def sloppy(self: Naming, columns: Any, identity: Any, on: Any) -> Any:
        cells = [columns.cells(part) for part in identity.parts]
        held = [bytes(one) for one in cells]
        found = pseudonymise(self, columns, identity, on)
        for one, data in zip(cells, held, strict=True):
            one[:] = data
        return found

    patch.setattr(Naming, "identity", sloppy)


_add(
    "SIM card in hexadecimal", "L13", 10, "JsonLinesSink",
    _subject(lambda data: data.hex(), ("sim_id",)),
)  # fmt: skip

# what is decoded, and told aside


@mutant("L22", 13, "balance")
def beacon_as_a_label(patch: Patch) -> None:
    out = spy.as_label(lambda data: base64.b32encode(data).decode())
    spy.of_bodies(
        patch, spy.elements(385, 548, 585, 10500, 10828, 10829, 10831, *range(463, 479)), out
    )


@mutant("L22", 1, "logging")
def mac_in_a_list_of_beacons(patch: Patch) -> None:
    spy.of_bodies(patch, spy.listed(codes.BEACON_MAC), spy.as_log(lambda data: data.hex()))


@mutant("L23", 23, "logging")
def other_device_as_hex_of_hex(patch: Patch) -> None:
    out = spy.as_log(lambda data: data.rstrip(b"\0").hex().encode().hex())
    spy.of_bodies(patch, spy.elements(875, 876), out)


@mutant("L16", 3, "ArrowSink, opened")
def driver_name_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    wide = spy.as_metadata(lambda data: data.rstrip(b"\0").decode("latin-1").encode("utf-16-be"))
    spy.of_bodies(patch, spy.elements(12001, 403, 10518, 10519, 10520, 10521), wide)


@mutant("L18", 1, "standard output")
def vehicle_number_printed(patch: Patch) -> None:
    out = spy.as_print(lambda data: data.decode("latin-1"), "stdout")
    spy.of_bodies(patch, spy.elements(256, 325, 528), out)


@mutant("L29", 16, "warnings")
def serial_bytes_in_a_warning(patch: Patch) -> None:
    out = spy.as_warning(lambda data: "".join(f"\\x{byte:02x}" for byte in data))
    spy.of_bodies(patch, spy.elements(177, 10611, 10612, 60001), out)


@mutant("L36", 22, "balance")
def phone_numbers_spelled(patch: Patch) -> None:
    def spelled(data: bytes) -> str:
        national = data[-9:].decode("latin-1")
        return "06 " + national[:1] + " " + national[1:]

    out = spy.as_label(spelled)
    spy.of_bodies(patch, spy.arguments("SOS", "SOS1", "CENTER", "MONITOR", "WHITELIST1"), out)


@mutant("L37", 4, "logging")
def message_in_a_log(patch: Patch) -> None:
    out = spy.as_log(lambda data: data.decode("latin-1"))
    spy.of_bodies(patch, spy.arguments("MESSAGE", "TAKEPILLS", "SMS"), out)


@mutant("L38", 23, "ArrowSink, opened")
def voice_as_it_was_sent(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    spy.of_bodies(patch, spy.arguments("TK", "JXTK"), spy.as_metadata(lambda data: data))


@mutant("L39", 16, "standard error")
def picture_printed(patch: Patch) -> None:
    out = spy.as_print(lambda data: repr(unescaped(data)[0]))
    spy.of_bodies(patch, spy.arguments("img", "rcapture", "SHOOT"), out)


@mutant("L41", 15, "logging")
def password_in_json(patch: Patch) -> None:
    out = spy.as_log(lambda data: "".join(f"\\u{byte:04x}" for byte in data))
    spy.of_bodies(patch, spy.arguments("PW", "WIFISET", "APN", "WIFIINFOUP"), out)


@mutant("L42", 12, "warnings")
def timetable_in_base64(patch: Patch) -> None:
    out = spy.as_warning(lambda data: base64.urlsafe_b64encode(data).decode())
    spy.of_bodies(patch, spy.arguments("REMIND", "SILENCETIME", "SCHEDULE", "WALKTIME"), out)


@mutant("L35", 2, "ArrowSink, opened")
def wifi_names_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    wide = spy.as_metadata(lambda data: data.decode("latin-1").encode("utf-16-le"))
    spy.of_bodies(patch, spy.arguments("UD", "AL", "WT", "PP"), wide)


@mutant("L45", 1, "balance")
def unknown_words_by_name(patch: Patch) -> None:
    out = spy.as_label(lambda data: data.decode("latin-1"))
    spy.of_bodies(patch, lambda body: [body.split(b",")[0]] if body[:1] != b"\x8e" else [], out)


# what is refused


def _of_codec(codec: int) -> Callable[[bytes], list[bytes]]:
    return lambda data: [data[8:-4]] if data[8:9] == bytes([codec]) else []


@mutant("L3", 1, "logging")
def answer_to_a_command_logged(patch: Patch) -> None:
    spy.of_others(patch, _of_codec(0x0C), spy.as_log(lambda data: data.decode("latin-1")))


@mutant("L4", 12, "warnings")
def command_in_a_warning(patch: Patch) -> None:
    out = spy.as_warning(lambda data: base64.b64encode(data).decode())
    spy.of_others(patch, _of_codec(0x0C), out)


@mutant("L5", 14, "standard error")
def pass_through_printed(patch: Patch) -> None:
    out = spy.as_print(lambda data: "".join(f"%{byte:02x}" for byte in data))
    spy.of_others(patch, _of_codec(0x0D), out)


@mutant("L6", 5, "ArrowSink, opened")
def packed_imei_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    spy.of_others(patch, _of_codec(0x0E), spy.as_metadata(lambda data: data[7:15]))


@mutant("L7", 6, "ArrowSink, opened")
def swapped_imei_in_the_schema(patch: Patch) -> None:
    def turned(data: bytes) -> bytes:
        return _turned(data[11:19].hex().encode()[1:])

    spy.told_in_arrow(patch)
    spy.of_others(patch, _of_codec(0x0F), spy.as_metadata(turned))


@mutant("L8", 8, "ArrowSink, opened")
def camera_login_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    # what no frame begins, or the packets of commands would crowd it out of what is kept
    spy.of_others(
        patch,
        lambda data: [] if data[:4] == bytes(4) else [data[:600]],
        spy.as_metadata(lambda data: data),
    )


# who spoke, told aside


@mutant("L10", 24, "balance")
def checksum_as_a_label(patch: Patch) -> None:
    spy.of_devices(patch, spy.as_label(lambda data: f"{zlib.crc32(data):08x}"))


@mutant("L57", 20, "balance")
def half_an_imei_as_a_label(patch: Patch) -> None:
    spy.of_devices(patch, spy.as_label(lambda data: data[7:].decode()))


@mutant("L2", 11, "logging")
def digits_as_an_integer_of_bytes(patch: Patch) -> None:
    out = spy.as_log(lambda data: str(int.from_bytes(data[:8], "big")))
    spy.of_devices(patch, out)


@mutant("L2", 18, "ArrowSink, opened")
def varints_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    spy.of_devices(
        patch, spy.as_metadata(lambda data: _varint(int(data)) if data.isdigit() else b"")
    )


@mutant("L65", 24, "ArrowSink, opened")
def digest_of_the_login_in_the_schema(patch: Patch) -> None:
    spy.told_in_arrow(patch)
    spy.of_devices(patch, spy.as_metadata(lambda data: hashlib.sha1(data).digest()))


@mutant("L10", 24, "columns")
def checksum_as_an_altitude(patch: Patch) -> None:
    column = FilteredBatch.column

    def with_checksum(self: Any, name: str) -> Any:
        found = column(self, name)
        if name != "altitude_m" or not spy.KEPT:
            return found
        values = np.array([zlib.crc32(one) for one in spy.KEPT[:64]], np.int64)
        return type(found)(np.resize(values, len(self)), np.ones(len(self), np.bool_))

    spy.KEPT.clear()
    begin = Conversations.begin

    def noting(self: Conversations, device: DeviceId | None = None) -> int:
        if device is not None:
            spy.KEPT.append(digits_of(device))
        return begin(self, device)

    patch.setattr(Conversations, "begin", noting)
    patch.setattr(FilteredBatch, "column", with_checksum)


@mutant("L54", 1, "repr")
def conversations_unmasked(patch: Patch) -> None:
    def shown(self: Conversations) -> str:
        return f"Conversations({list(spy.devices(self))})"

    patch.setattr(Conversations, "__repr__", shown)


@mutant("L54", 2, "pickle")
def conversations_pickled(patch: Patch) -> None:
    def given(self: Conversations, _: Any) -> Any:
        return bytes, (b"\0".join(one.decode().encode("utf-16-le") for one in spy.devices(self)),)

    patch.setattr(Conversations, "__reduce_ex__", given)


@mutant("L62", 1, "repr", "live")
def cache_of_pseudonyms_shown(patch: Patch) -> None:
    patch.setattr(DomainKey, "__repr__", lambda self: f"DomainKey({self._DomainKey__cache})")


@mutant("L63", 21, "file names", "folders")
def device_in_a_file_name(patch: Patch) -> None:
    made = ParquetDataset._file
    seen: list[str] = []
    begin = Conversations.begin

    def noting(self: Conversations, device: DeviceId | None = None) -> int:
        if device is not None and len(digits_of(device)) == _IMEI_PART:
            seen.append(digits_of(device).decode())
        return begin(self, device)

    def named(self: Any, folder: Any, schema: Any) -> Any:
        self._run = seen[-1] if seen else self._run
        return made(self, folder, schema)

    patch.setattr(Conversations, "begin", noting)
    patch.setattr(ParquetDataset, "_file", named)


@mutant("L67", 20, "ParquetSink, opened")
def halves_in_the_metadata(patch: Patch) -> None:
    spy.told_in_parquet(patch, lambda data: data[7:].decode())
    spy.of_devices(patch, spy.as_metadata(lambda data: data))


# live: errors, their chains, their locals

_LIVE = "live"


def _refusing(patch: Patch, broken: Callable[[bytes, GpsprotoError], BaseException]) -> None:
    """Errors of the tracker's framer are replaced by worse ones."""
    events = TcpFramer.events
    receive = TcpFramer.receive
    taken: dict[int, bytes] = {}

    def noting(self: TcpFramer, data: Any) -> None:
        taken[id(self)] = bytes(data)
        receive(self, data)

    def failing(self: TcpFramer) -> Any:
        worse: BaseException | None = None
        try:
            yield from events(self)
        except GpsprotoError as error:
            worse = broken(taken[id(self)], error)
        if worse is not None:
            raise worse

    patch.setattr(TcpFramer, "receive", noting)
    patch.setattr(TcpFramer, "events", failing)


def _same(error: GpsprotoError) -> GpsprotoError:
    made = type(error).__new__(type(error))
    made.args = error.args
    vars(made).update(vars(error))
    return made


@mutant("L50", 1, "exceptions", _LIVE)
def error_quotes_what_it_read(patch: Patch) -> None:
    def broken(data: bytes, error: GpsprotoError) -> BaseException:
        made = _same(error)
        made.args = (f"{error.args[0]}: {data[2:17].decode('latin-1')}",)
        return made

    _refusing(patch, broken)


@mutant("L51", 1, "exceptions", _LIVE)
def error_bears_bytes(patch: Patch) -> None:
    def broken(data: bytes, error: GpsprotoError) -> BaseException:
        made = _same(error)
        made.__cause__ = UnicodeDecodeError("ascii", data, 0, 1, "not text")
        return made

    _refusing(patch, broken)


@mutant("L52", 4, "exceptions", _LIVE)
def error_chained(patch: Patch) -> None:
    def broken(data: bytes, error: GpsprotoError) -> BaseException:
        made = _same(error)
        made.__context__ = ValueError(data[2:17].hex())
        made.__suppress_context__ = True
        return made

    _refusing(patch, broken)


@mutant("L53", 1, "exceptions", _LIVE)
def raw_bytes_in_a_local(patch: Patch) -> None:
    source = """
def events(self):
    data = taken[id(self)]
    yield from whole(self)
"""
    taken: dict[int, bytes] = {}
    receive = TcpFramer.receive

    def noting(self: TcpFramer, data: Any) -> None:
        taken[id(self)] = bytes(data)
        receive(self, data)

    patch.setattr(TcpFramer, "receive", noting)
    patch.setattr(
        TcpFramer, "events", spy.in_library("events", source, taken=taken, whole=TcpFramer.events)
    )


@mutant("L54", 21, "repr", _LIVE)
def login_unmasked(patch: Patch) -> None:
    patch.setattr(
        Handshake, "__repr__", lambda self: f"Handshake({digits_of(self.device).decode()})"
    )


@mutant("L55", 1, "logging", _LIVE)
def answer_logged(patch: Patch) -> None:
    answered = Envelope.answered
    out = spy.as_log(lambda data: data.decode("latin-1"))

    def loud(self: Envelope, content: bytes) -> bytes:
        made = answered(self, content)
        out(made, None)
        return made

    patch.setattr(Envelope, "answered", loud)


@mutant("L12", 1, "receiver", _LIVE)
def answers_in_a_repr(patch: Patch) -> None:
    patch.setattr(
        Receiver, "__repr__",
        lambda self: f"Receiver({[waiting.answer for waiting in self._waiting]})",
    )  # fmt: skip


@mutant("L78", 1, "receiver", _LIVE)
def refused_subject_in_clear(patch: Patch) -> None:
    patch.setattr(
        Receiver, "subject", property(lambda self: " ".join(
            one.decode() for one in spy.devices(self._conversations)
        )),
    )  # fmt: skip


# the command, in a process of its own

_CLI = "command line"


@mutant("L56", 1, "command line: error", _CLI)
def what_was_typed_is_said_again(patch: Patch) -> None:
    from gpsproto.cli import process

    explain = process.explain
    patch.setattr(
        process, "explain", lambda error, given: f"{explain(error, given)}\n{' '.join(given)}"
    )


@mutant("L59", 1, "command line: files", _CLI)
def command_line_in_the_summary(patch: Patch) -> None:
    from gpsproto.cli import decode

    as_json = decode.as_json
    patch.setattr(
        decode, "as_json",
        lambda run: as_json(run) + "\n".join(
            one.decode() for one in spy.devices(run.conversations)
        ).encode(),
    )  # fmt: skip


@mutant("L61", 1, "command line: files", _CLI)
def spill_left_behind(patch: Patch) -> None:
    import tempfile

    take = Decoder.take

    def spilling(self: Decoder, table: FrameTable) -> Any:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(bytes(table.data))
        return take(self, table)

    patch.setattr(Decoder, "take", spilling)


@mutant("L46", 1, "command line: output", _CLI)
def input_echoed(patch: Patch) -> None:
    out = spy.as_print(lambda data: data.decode("latin-1"), "stdout")
    spy.of_devices(patch, out)


BY_NAME = {one.name: one for one in MUTANTS}
