"""What is seen is what is decoded: the values of the grammars, the bytes that decode() refuses."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, tcp_frame, udp_packet, watch
from gpsproto.checksum import crc16
from gpsproto.codecs.watch import grammar
from gpsproto.errors import ErrorCode
from gpsproto.view import leaves
from gpsproto.view.units import Kind
from tests.conftest import FIXTURES
from tests.strategies import records
from tests.view.looked import element, every_unit, look, looks, named
from tests.view.wired import REFUSAL
from tests.watch_strategies import positions

pytestmark = pytest.mark.once

CODES = json.loads((FIXTURES / "malformed" / "codes.json").read_text("ascii"))
VENDOR = sorted((FIXTURES / "vendor").glob("*.json"))
GOOD = Record(1_790_000_000_000, 48_950_000, 523_700_000, 3, 60, 9, 50, elements=[(239, 1, 1)])
GROUPS = {"n1": 1, "n2": 2, "n4": 4, "n8": 8}


@given(st.data())
def test_a_record_has_the_values_of_the_grammar(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(sorted(codecs.shapes())))
    shape = codecs.shapes()[codec]
    record = data.draw(records(codec))
    frame = tcp_frame(codec, [record])
    one = look(frame, "stream", reveal=True)
    assert one.kind is Kind.FRAME
    group16 = bool(record.wide)
    [parsed] = shape.grammar(group16=group16).parse(frame[8:-4]).records
    fields = {"timestamp": "time"}
    for name, value in parsed.fixed.items():
        if not name.startswith("_"):
            assert named(one.spans, fields.get(name, name))[0].raw == value
    assert named(one.spans, "event")[0].raw == parsed.event
    if shape.generation:
        assert named(one.spans, "generation type")[0].raw == parsed.generation
    seen = [
        (span.children[0].raw, span.children[-1].size, span.children[-1].raw)
        for group in one.spans[4].children
        for span in group.children
        if span.inline and len(span.children) == 2 and span.children[-1].size <= 8
        and group.name != "elements of variable length"
    ]  # fmt: skip
    wanted = [(e.id, width, e.value) for name, width in GROUPS.items() for e in parsed[name]]
    assert seen == wanted


@pytest.mark.parametrize("path", VENDOR, ids=lambda path: path.stem)
def test_published_frames_have_their_published_values(path: Path) -> None:
    wanted = json.loads(path.read_text("utf-8"))
    if "message" in wanted:
        assert_message(path, wanted)
        return
    kind = "hex-datagrams" if wanted["transport"] == "udp" else "auto"
    [one] = looks(path.with_suffix(".hex").read_bytes(), kind, family="FMB", reveal=True)
    assert (one.kind, one.records) == (Kind.FRAME, len(wanted["records"]))
    records = [span for span in one.spans if span.children]
    for span, said in zip(records, wanted["records"], strict=True):
        fixed = {
            "time" if name == "timestamp" else name: raw for name, raw in said["fixed"].items()
        }
        assert {leaf.name: leaf.raw for leaf in span.children if leaf.name in fixed} == fixed
        assert named([span], "event")[0].raw == said["event"]
        found = {
            str(one.children[0].raw): one for group in span.children for one in group.children
            if len(one.children) > 1
        }  # fmt: skip
        raws = {id: one.children[-1].raw for id, one in found.items() if one.inline}
        assert {id: raw for id, raw in raws.items() if raw is not None} == said["elements"]
        for id, text in said.get("variable", {}).items():
            assert b"".join(leaf.data for leaf in leaves(found[id].children[2:])).hex() == text
        for one in found.values():
            name = one.name.partition(" ")[2]
            if isinstance(said["output"].get(name), float):
                assert float(one.children[-1].value) == said["output"][name]


def assert_message(path: Path, wanted: dict[str, Any]) -> None:
    """A command or what answers it: its type, who is meant, and its text."""
    [one] = looks(path.with_suffix(".hex").read_bytes(), reveal=True)
    assert one.kind is Kind.FRAME
    assert named(one.spans, "type")[0].raw == wanted["type"]
    assert named(one.spans, "text")[0].data == wanted["data"].encode("ascii")
    if "imei" in wanted:
        assert named(one.spans, "IMEI")[0].raw == wanted["imei"]


@given(positions())
def test_a_position_has_the_values_of_the_grammar(where: watch.Position) -> None:
    payload = watch.payload(where)
    parsed = grammar.position(end_code=bool(where.end_code)).parse(payload)
    one = look(watch.position("8800000015", "UD", where), "stream", reveal=True)
    names = {
        "speed_kmh": parsed.speed_kmh, "course_deg": parsed.course_deg,
        "altitude_m": parsed.altitude_m, "signal_percent": parsed.signal_percent,
        "battery_percent": parsed.battery_percent, "rolls": parsed.rolls,
        "latitude": parsed.latitude, "longitude": parsed.longitude,
    }  # fmt: skip
    for name, value in names.items():
        [span] = named(one.spans, name)
        assert (Decimal(str(span.raw).strip()) if str(span.raw).strip() else None) == value
    texts = {"date": parsed.date, "time of day": parsed.time, "validity": parsed.validity,
             "N or S": parsed.latitude_letter, "E or W": parsed.longitude_letter,
             "status": parsed.status, "steps": parsed.steps}  # fmt: skip
    for name, text in texts.items():
        assert named(one.spans, name)[0].raw == text
    if parsed.cells is not None and parsed.cells.members and not where.end_code:
        assert [s.raw for s in named(one.spans, "LAC")] == [m.lac for m in parsed.cells.members]
        assert [s.raw for s in named(one.spans, "CID")] == [m.cid for m in parsed.cells.members]
    if getattr(parsed, "wifi", None) is not None:
        addresses = [s.raw for s in named(one.spans, "address")]
        assert addresses == [m.bssid for m in parsed.wifi.members]


def test_a_comma_in_a_name_moves_neither_address_nor_accuracy() -> None:
    network = watch.Wifi(b"n,n", "00:11:22:33:44:55", -60)
    for accuracy in (None, 12.5):
        where = watch.Position(
            1_790_000_000_000, True, Decimal(52), Decimal(4), wifi=[network], accuracy_m=accuracy
        )
        one = look(watch.position("8800000015", "UD", where), "stream", reveal=True)
        assert [s.raw for s in named(one.spans, "name")] == ["n,n"]
        assert [s.raw for s in named(one.spans, "address")] == ["00:11:22:33:44:55"]
        found = [s.raw for s in named(one.spans, "accuracy_m")]
        assert found == ([] if accuracy is None else ["12.5"])


@pytest.mark.parametrize(
    "tail",
    [
        "1,n,M,M,60", "1,net,M,60,net2,M,61", "0,n,7", "0,7", "1,n,o,M,-60,x,99", "1,n,o,M,-60,99",
        "1,n,M,-60,99", "1,n,,-60,99", "2,n,M,-60,m,M,-70", "2,n,M,-60,99", "3,n,M,-60,a,b,M,-70,9",
        "x,n,M,-60,99",
    ],
)  # fmt: skip
def test_the_accuracy_is_shown_where_the_decoder_reads_it(tail: str) -> None:
    where = watch.Position(1_790_000_000_000, True, Decimal(52), Decimal(4))
    content = watch.payload(where).rsplit(b",", 1)[0]
    content += b"," + tail.replace("M", "00:11:22:33:44:55").encode()
    frame = b"[3G*8800000015*%04X*UD,%b]" % (len(content) + 3, content)
    [batch] = gpsproto.decode(frame, policy="watch-platform")
    [value], [there] = batch.column("accuracy_m")
    one = look(frame, "stream")
    found = [float(s.raw) for s in named(one.spans, "accuracy_m")]
    assert found == ([float(value)] if there else [])


@pytest.mark.parametrize("name", sorted(CODES))
def test_the_first_wrong_byte_is_that_of_the_decoder(name: str) -> None:
    data = (FIXTURES / "malformed" / f"{name}.hex").read_bytes()
    datagram = name.startswith("udp")
    kind = "hex-datagrams" if datagram else "hex"
    balance = Balance()
    for _ in gpsproto.decode(data, balance=balance, input_format=kind, group16="auto"):
        pass
    refused = [one for one in looks(data, kind) if one.kind is Kind.REJECTED]
    told = [(one.code, one.offset, one.at) for one in refused]
    if datagram:
        # of a packet decode() says which it is; here the byte is pointed at
        assert [one[:2] for one in told] == [one[:2] for one in balance.first_rejected]
    else:
        assert told == balance.first_rejected
    assert len(refused) == balance.rejected.total()


@pytest.mark.parametrize(
    ("name", "at"), [("udp_count_mismatch", 57), ("udp_truncated", 57), ("udp_short", 0)]
)
def test_in_a_datagram_the_byte_itself_is_pointed_at(name: str, at: int) -> None:
    data = (FIXTURES / "malformed" / f"{name}.hex").read_bytes()
    assert look(data, "hex-datagrams").at == at


@given(st.data())
def test_whatever_was_changed_the_reading_agrees_with_the_decoder(data: st.DataObject) -> None:
    codec = data.draw(st.sampled_from(sorted(codecs.shapes())))
    frame = bytearray(tcp_frame(codec, [data.draw(records(codec))])[8:-4])
    for at in data.draw(st.lists(st.integers(1, len(frame) - 1), min_size=1, max_size=3)):
        frame[at] = data.draw(st.integers(0, 255))
    whole = bytes(4) + len(frame).to_bytes(4, "big") + frame + crc16(frame).to_bytes(4, "big")
    balance = Balance()
    for _ in gpsproto.decode(whole, balance=balance, input_format="stream"):
        pass
    one = look(whole, "stream")
    wanted = balance.first_rejected[0] if balance.first_rejected else (None, 0, None)
    assert (one.code, one.offset, one.at) == wanted


@given(st.binary(min_size=3, max_size=60), st.integers(0, 0xFFFF))
def test_a_wrong_checksum_should_be_that_of_the_bytes(body: bytes, sent: int) -> None:
    frame = bytes(4) + len(body).to_bytes(4, "big") + body + sent.to_bytes(4, "big")
    units = every_unit(frame, "stream")
    if len(units) > 1 or units[0].code is not ErrorCode.BAD_CRC:
        return
    [checksum] = named(look(frame, "stream").spans, "checksum")
    assert checksum.expected == f"0x{crc16(body):04X}"


def test_the_published_refusal_should_have_another_checksum() -> None:
    one = look(REFUSAL, "stream")
    assert (one.kind, one.code, one.at) == (Kind.REJECTED, ErrorCode.BAD_CRC, 24)
    [checksum] = named(one.spans, "checksum")
    assert checksum.expected == "0x635E"


def test_counts_and_lengths_say_what_they_should_be() -> None:
    body = tcp_frame(8, [GOOD])[8:-4]
    wrong = body[:-1] + b"\x03"
    frame = bytes(4) + len(wrong).to_bytes(4, "big") + wrong + crc16(wrong).to_bytes(4, "big")
    [second] = named(look(frame, "stream").spans, "second count")
    assert (second.right, second.expected) == (False, "1")
    content = b"LK,50,100,84"
    one = look(b"[3G*8800000015*0010*" + content + b"]", "stream")
    [length] = named(one.spans, "length")
    assert (length.right, length.expected) == (False, "000C")
    assert one.notes == (ErrorCode.LENGTH_MISMATCH,)


def test_a_scaled_value_has_its_unit_and_a_fault_none() -> None:
    record = Record(
        1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(181, 2, 9), (72, 4, 3_000), (60_000, 1, 7)]
    )
    [one] = looks(tcp_frame(0x8E, [record]), "stream", family="FMB")
    assert (element(one, 181).value, element(one, 181).raw) == ("0.9", 9)
    assert element(one, 60_000).masked
    assert element(one, 72).value == "no value"


def test_what_the_policy_makes_of_a_field_is_what_explain_says() -> None:
    from gpsproto.codecs.declared import declared
    from gpsproto.privacy.policy import Policy
    from gpsproto.privacy.policy.explain import explain

    terms = codecs.terms()[codecs.AVL]
    said = {
        (one.declared.message, one.declared.field): one
        for one in explain(Policy.load("tracking"), terms, declared(codecs.AVL))
    }
    record = Record(
        1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(239, 1, 1), (241, 4, 20_404), (11, 8, 1)]
    )
    one = look(tcp_frame(8, [record]), "stream")
    for id, width in ((239, 1), (241, 4), (11, 8)):
        assert element(one, id).action == said["avl", f"{id}@{width}"].how
    assert named(one.spans, "latitude")[0].action == said["avl", "latitude"].how


def test_in_private_mode_and_without_fix_a_place_does_not_leave() -> None:
    private = Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(391, 1, 1)])
    without = Record(1_700_000_000_000, 1, 2, 3, 4, 0, 6)
    for record, by in ((private, "private mode"), (without, "no fix")):
        one = look(tcp_frame(0x8E, [record]), "stream")
        for name in ("latitude", "longitude", "speed"):
            [span] = named(one.spans, name)
            assert (span.action, span.by) == ("drop", by)
        assert named(one.spans, "time")[0].action == "keep"


def test_a_datagram_is_read_as_one() -> None:
    one = look(udp_packet(8, [GOOD], "001010000000016").hex().encode(), "hex-datagrams")
    assert one.form == "UDP packet, Codec 8"
    assert [span.name for span in one.spans][:7] == [
        "length", "packet id", "packet type", "AVL packet id", "IMEI length", "IMEI", "codec",
    ]  # fmt: skip
