"""Codec 12 to 15: what becomes a record, what is counted, what is refused and at which byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto import build, codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, framed, login, tcp_frame
from gpsproto.build.commands import message
from gpsproto.codecs.command import Command, Kind
from gpsproto.errors import ErrorCode
from gpsproto.pipeline import Decoder
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.wire.teltonika_tcp import TcpFramer
from tests import command_strategies
from tests.conftest import FIXTURES, Engine
from tests.policies import KEEP_ALL
from tests.table import rows

pytestmark = pytest.mark.core
IMEI = "001010000000018"
KEY = gpsproto.PseudonymKey(bytes(range(32)))
FORMS = [module.FORM for module in codecs.modules() if hasattr(module, "FORM")]
of_every_codec = pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)


def vendor() -> list[str]:
    found = []
    for path in sorted((FIXTURES / "vendor").glob("*.json")):
        expected = json.loads(path.read_text("utf-8"))
        if "message" in expected:
            found.append(path.stem)
    return found


def case(name: str) -> tuple[bytes, dict[str, Any]]:
    data = bytes.fromhex((FIXTURES / "vendor" / f"{name}.hex").read_text("ascii"))
    return data, json.loads((FIXTURES / "vendor" / f"{name}.json").read_text("utf-8"))


def decoded(data: bytes, **options: Any) -> tuple[list[dict[str, Any]], Balance]:
    balance = Balance()
    found = rows(gpsproto.decode(data, key=KEY, balance=balance, **{"policy": KEEP_ALL} | options))
    assert balance.discrepancies() == []
    return found, balance


def attributes(said: dict[str, Any]) -> dict[str, Any]:
    """An answer's elements."""
    names = ("uptime_s", "signal_percent", "battery_voltage_mv", "battery_percent")
    return {name: said[name] for name in names if said.get(name) is not None}


# the vendor's examples


def test_every_printed_message_is_here() -> None:
    assert len(vendor()) == 9


@pytest.mark.parametrize("name", vendor())
def test_a_printed_message_is_built_to_the_same_bytes(name: str) -> None:
    data, printed = case(name)
    time = printed.get("time")
    wide = printed.get("milliseconds", False)
    built = message(
        int(printed["codec"], 16), printed["type"], printed["data"].encode("ascii"),
        imei=printed.get("imei"), time_s=None if wide else time, time_ms=time if wide else None,
    )  # fmt: skip
    assert built == data


@pytest.mark.parametrize("name", vendor())
def test_a_printed_message_gives_what_may_leave(name: str, engine: Engine) -> None:
    data, printed = case(name)
    found, balance = decoded(data)
    assert balance.messages == {printed["message"]: 1}
    assert balance.frames_by_codec == {int(printed["codec"], 16): 1}
    assert [row["message"] for row in found] == [printed["message"]] * len(printed["records"])
    for row, wanted in zip(found, printed["records"], strict=True):
        for column, value in wanted["output"].items():
            got = row.get(column)
            if column == "time" and value is not None:
                got = got.replace(tzinfo=UTC)
                assert got == datetime.fromtimestamp(value / 1000, UTC)
            else:
                assert got == value, column
        text = printed["data"]
        assert not [v for v in row.values() if isinstance(v, str) and (v in text or text in v)]


def test_the_printed_refusal_is_refused_and_the_right_one_is_read(engine: Engine) -> None:
    printed = bytes.fromhex(
        (FIXTURES / "malformed" / "codec14_refusal_bad_crc.hex").read_text("ascii")
    )
    right = build.refusal("352093081452468")
    assert printed[:-4] == right[:-4]
    assert right[-4:] == bytes.fromhex("0000635e")
    assert decoded(printed)[1].rejected == {ErrorCode.BAD_CRC: 1}
    found, balance = decoded(right)
    assert [row["message"] for row in found] == ["refusal"]
    assert balance.messages == {"refusal": 1}


# what is refused


@of_every_codec
def test_every_prefix_of_a_body_is_refused(form: Command) -> None:
    body = form.body(0x06, b"Ver:1 Uptime:5", time=1_600_000_000)
    for size in range(3, len(body)):
        found, balance = decoded(framed(body[: size - 1] + body[1:2]))
        assert found == []
        assert balance.rejected.keys() <= {ErrorCode.TRUNCATED}
        assert sum(balance.rejected.values()) == 1


@of_every_codec
@given(more=st.data())
def test_a_size_that_does_not_fit_is_named_by_its_byte(form: Command, more: st.DataObject) -> None:
    body = bytearray(form.body(0x06, b"Uptime:5", time=1_600_000_000))
    size = int.from_bytes(body[3:7], "big")
    said = more.draw(st.integers(0, 2 * size) | st.integers(0, (1 << 32) - 1))
    body[3:7] = said.to_bytes(4, "big")
    _, balance = decoded(framed(bytes(body)))
    if said == size:
        assert not balance.rejected
    elif said > size:
        assert balance.first_rejected == [(ErrorCode.TRUNCATED, 0, 8 + 3)]
    else:
        assert balance.first_rejected == [(ErrorCode.TRAILING_BYTES, 0, 8 + 7 + said)]


@pytest.mark.parametrize(
    ("body", "code", "at"),
    [
        (b"\x0d\x01\x06\0\0\0\x03abc\x01", ErrorCode.TRUNCATED, 7),
        (b"\x0e\x01\x06\0\0\0\x07abcdefg\x01", ErrorCode.TRUNCATED, 7),
        (b"\x0e\x01\x05\0\0\0\x07abcdefg\x01", ErrorCode.TRUNCATED, 7),
        (b"\x0f\x01\x0b\0\0\0\x0babcdefghijk\x01", ErrorCode.TRUNCATED, 7),
        (b"\x0c\x01\x0d\0\0\0\0\x01", ErrorCode.TRUNCATED, 7),
        (b"\x0c\x01\x0d\0\0\0\x02\x02\x00\x01", ErrorCode.TRUNCATED, 8),
        (b"\x0c\x01\x0d\0\0\0\x02\xee\x00\x01", ErrorCode.TRUNCATED, 8),
        (b"\x0c\x01\x0d\0\0\0\x04\xee\x00\x00\x00\x01", ErrorCode.TRAILING_BYTES, 10),
        (b"\x0c\x01\x0d\0\0\0\x0c\x02" + bytes(8) + b"\0\x02x\x01", ErrorCode.TRUNCATED, 16),
        (b"\x0c\x01\x0d\0\0\0\x0d\x02" + bytes(8) + b"\0\x01xy\x01", ErrorCode.TRAILING_BYTES, 19),
    ],
)
def test_what_lacks_a_part_is_refused(body: bytes, code: ErrorCode, at: int) -> None:
    found, balance = decoded(framed(body) + tcp_frame(8, [Record(1)]))
    assert [row["message"] for row in found] == ["avl"]
    assert balance.first_rejected == [(code, 0, 8 + at)]


# what is read


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Ver:03.18 Uptime:17234 MAC:0", {"uptime_s": 17_234}),
        ("RTC:2026/1/1 UpTime:12s PWR:1", {"uptime_s": 12}),
        ("Data Link: 1 GPRS: 1 Signal: 4 NewSMS: 0", {"signal_percent": 80}),
        ("BatState: 1 ExtV: 11796 BatV: 3942 BatI: 0", {"battery_voltage_mv": 3_942}),
        ("ChargerType: X BatV: 3607 BatLvl: 29", {"battery_voltage_mv": 3_607, "battery_percent": 29}),
        ("Uptime:17234", {}),
        ("Param ID:2001 Val:Ver: Uptime:17234", {}),
        ("Ver:1 Uptime:123456789", {}),
        ("Ver:1 Uptime:12a", {}),
        ("Ver:1 xUptime:12", {}),
        ("Data Link: 1 Signal: 6", {}),
        ("BatState: 1 BatV: 65536 BatLvl: 101", {}),
        ("BatState: 1 Signal: 4 Uptime: 4", {}),
    ],
)  # fmt: skip
def test_only_a_key_of_the_list_in_its_own_answer_is_read(text: str, said: dict[str, int]) -> None:
    (found,), _ = decoded(build.answer(text))
    assert attributes(found) == said


@given(command_strategies.texts())
def test_nothing_of_a_text_is_made_an_object_but_digits(text: bytes) -> None:
    found, _ = decoded(framed(next(f for f in FORMS if f.codec == 12).body(6, text)))
    assert all(
        not isinstance(value, str) or name in ("subject", "protocol", "message", "retention_class")
        for row in found
        for name, value in row.items()
    )


@pytest.mark.parametrize(
    ("size", "bucket"), [(0, 0), (1, 1), (32, 1), (33, 2), (512, 3), (2_048, 4), (2_049, 5)]
)
def test_of_a_length_its_bucket_is_said(size: int, bucket: int) -> None:
    (found,), _ = decoded(build.answer("x" * size))
    assert found["answer_length_bucket"] == bucket


def test_an_answer_has_the_columns_of_its_own_and_no_other(engine: Engine) -> None:
    moving = Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, priority=1, elements=[(239, 1, 1)])
    private = Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(391, 1, 1)])
    answer = build.answer("x", codec=13, time_s=1_700_000_000)
    data = login(IMEI) + tcp_frame(0x8E, [moving, private]) + answer + build.refusal(IMEI)
    found, _ = decoded(data + tcp_frame(0x8E, [moving]))
    assert [row["message"] for row in found] == ["avl", "avl", "answer", "refusal", "avl"]
    assert [row["fix"] for row in found] == [True, None, None, None, True]
    assert [row["satellites"] for row in found] == [5, 5, None, None, 5]
    assert [row["priority"] for row in found] == ["high", "low", None, None, "high"]
    assert [row["clock_suspect"] for row in found] == [False, False, False, None, False]
    for name in ("latitude", "altitude_m", "speed_kmh", "course_deg", "location_source", "event"):
        assert [row[name] for row in found[2:4]] == [None, None]
    assert len({row["subject"] for row in found}) == 1


def test_the_fields_of_an_answer_are_its_own(engine: Engine) -> None:
    _, balance = decoded(login(IMEI) + build.answer("Ver:1", codec=14, imei=IMEI))
    # the device, class and length, text and IMEI
    assert balance.fields_in == 5
    assert balance.fields_by_action == {"pseudonymised": 1, "kept": 2, "floor": 1, "dropped": 1}
    assert balance.dropped_by_category == {"message": 1, "device_id": 1}
    _, balance = decoded(build.command("getver"))
    assert balance.fields_in == balance.records == 0


@pytest.mark.parametrize("width", [1, 2, 4, 8])
def test_an_id_of_ours_from_a_device_is_unknown(width: int, engine: Engine) -> None:
    elements = [(id, width, 1) for id in (0xF000, 0xF001, 0xF002, 0xF003, 0xF004, 0xFFFF)]
    record = Record(1_700_000_000_000, event=0xF000, elements=elements, variable=[(0xF010, b"x")])
    (found,), balance = decoded(tcp_frame(0x8E, [record]))
    assert balance.fields_by_action["unknown"] == 7
    assert found["event"] is None
    assert not [name for name in found if name.startswith(("answer_", "uptime", "battery"))]


@given(st.integers(1, 30), st.sampled_from([0, 1, 255]))
def test_a_live_read_of_many_answers_loses_none(many: int, quantity: int) -> None:
    decoder = Decoder(PrivacyFilter(KEEP_ALL, KEY))
    framer = TcpFramer(conversations=decoder.conversations)
    framer.receive(build.answer("BatState: 1 BatV: 1 BatLvl: 1", quantity=quantity) * many)
    found = rows(decoder.one(table) for table in framer.tables())
    assert [row["battery_percent"] for row in found] == [1] * many


@pytest.mark.parametrize("records", [254, 255, 256])
def test_a_full_batch_ends_before_an_answer(records: int, engine: Engine) -> None:
    data = tcp_frame(8, [Record(1)]) * records + build.answer("x") * 3
    found, _ = decoded(data, batch_records=255)
    assert [row["message"] for row in found] == ["avl"] * records + ["answer"] * 3


@of_every_codec
def test_a_rewritten_body_is_bounded_by_what_came(form: Command) -> None:
    text = b"BatState: 1 BatV: 1 BatLvl: 1"
    body = form.body(6, text, time=1)
    found = form.rewritten(memoryview(body))
    assert len(getattr(found, "body", b"")) <= 2 * len(body) + 40


# builders


@of_every_codec
def test_a_codec_declares_a_place_for_every_kind(form: Command) -> None:
    named = {one.message for one in codecs.carriers()}
    assert named >= {f"{form.name} {kind}" for kind in {*form.types.values(), Kind.SERIAL}}
    for one in codecs.carriers():
        if one.message.startswith(f"{form.name} "):
            _, balance = decoded(framed(one.body(bytes(one.size or 20))))
            assert balance.messages == {one.message.rpartition(" ")[2]: 1}


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: build.answer("x", codec=8),
        lambda: build.answer("x", codec=13),
        lambda: build.answer("x", codec=14),
        lambda: build.answer("x", imei=IMEI),
        lambda: build.answer("x", time_s=1),
        lambda: build.answer("\u00e9"),
        lambda: build.answer("x", codec=13, time_s=-1),
        lambda: build.answer("x", codec=13, time_s=1 << 32),
        lambda: build.answer("x", quantity=256),
        lambda: build.answer("x", codec=14, imei="12345678901234567"),
        lambda: build.answer("x", codec=14, imei="x"),
        lambda: build.command("x", codec=13),
        lambda: build.serial(b"x", type=6),
        lambda: build.photo_part(1, 1 << 32, b""),
        lambda: build.photo_part(1, 0, bytes(65_536)),
        lambda: message(15, 6, b"", imei=IMEI, time_ms=1),
    ],
)
def test_what_cannot_be_written_is_refused_without_its_value(wrong: Callable[[], bytes]) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is ours to check
        wrong()
    assert caught.value.__context__ is None
    assert not any(value in str(caught.value) for value in (IMEI, "65536", "256"))


@pytest.mark.parametrize(
    "frame",
    [
        build.photo_order(), build.photo_created(1, 9), build.photo_request(1, 0, 2_048),
        build.photo_part(1, 0, b"\xff\xd8"), build.photo_error(2, 11),
    ],
)  # fmt: skip
def test_a_picture_is_counted_and_no_more(frame: bytes, engine: Engine) -> None:
    found, balance = decoded(frame)
    assert found == []
    assert balance.messages == {"photo": 1}
    assert balance.fields_in == 0
