from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import construct
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gpsproto.build import watch
from gpsproto.build.watch import Cell, Position, Wifi
from gpsproto.codecs.watch import grammar
from tests.watch_strategies import (
    IDS,
    LEADS,
    PREFIXES,
    content,
    frames,
    ids,
    moment,
    positions,
    words,
)

pytestmark = pytest.mark.core

ID = "8800000015"  # of the vendor's published examples
SIGNATURE = "0123456789abcdefFEDCBA9876543210"
HEAD = re.compile(
    rb"\[([0-9A-Fa-f]{32})?([0-9A-Za-z]{2,4})\*([0-9A-Za-z]+)\*(?:([0-9A-F]{4})\*)?([0-9A-F]{4})\*"
)


def parts(frame: bytes) -> tuple[bytes | None, bytes, bytes, bytes | None, int, bytes]:
    """Signature, prefix, id, index, LEN and content, by a plain pattern."""
    match = HEAD.match(frame)
    assert match is not None
    signature, prefix, id, index, length = match.groups()
    assert frame.endswith(b"]")
    return signature, prefix, id, index, int(length, 16), frame[match.end() : -1]


@given(
    ids, st.binary(max_size=300), st.sampled_from(PREFIXES), st.none() | st.integers(0, 0xFFFF),
    st.none() | st.just(SIGNATURE),
)  # fmt: skip
def test_a_frame_is_header_length_and_content(
    id: str, inside: bytes, prefix: str, index: int | None, signature: str | None
) -> None:
    # such a content makes the plain form look like the indexed one
    assume(not re.match(rb"[0-9A-F]{4}\*", inside))
    made = watch.frame(id, inside, prefix, index, signature)
    assert parts(made) == (
        signature and signature.encode(), prefix.encode(), id.encode(),
        None if index is None else b"%04X" % index, len(inside), inside,
    )  # fmt: skip


@given(frames())
def test_the_grammar_reads_a_frame_and_builds_it_again(made: bytes) -> None:
    _, _, _, index, length, inside = parts(made)
    form = grammar.frame(indexed=index is not None)
    parsed = form.parse(made)
    assert (parsed.length, parsed.content) == (length, inside)
    assert form.build(parsed) == made


@given(words, positions())
def test_the_grammar_reads_a_position_and_builds_it_again(word: str, where: Position) -> None:
    form = grammar.position(end_code=bool(where.end_code))
    inside = watch.payload(where)
    parsed = form.parse(inside)
    assert form.build(parsed) == inside
    fields = ("speed_kmh", "course_deg", "altitude_m", "satellites", "signal_percent", "rolls")
    for name in fields:
        assert parsed[name] == getattr(where, name), name
    assert int(parsed.status, 16) == where.status
    assert len(parsed.cells.members if parsed.cells else ()) == len(where.cells or ())
    if where.wifi:
        found = [(one.name, one.bssid, one.signal) for one in parsed.wifi.members]
        assert found == [(one.name, one.bssid, one.signal_dbm) for one in where.wifi]
    if not where.end_code:
        assert parsed.accuracy_m == where.accuracy_m


@given(st.sampled_from(IDS), words, positions())
def test_a_position_is_framed_behind_its_word(id: str, word: str, where: Position) -> None:
    made = watch.position(id, word, where, *LEADS.get(word, ()))
    assert made == watch.frame(id, content(word, where))


@pytest.mark.parametrize("wrong", [b"000C", b"000E", b"0000", b"FFFF"])
def test_the_grammar_refuses_a_length_that_is_not_right(wrong: bytes) -> None:
    made = watch.link(ID, 50, 100, 100)
    with pytest.raises(construct.ConstructError):
        grammar.frame().parse(made.replace(b"000D", wrong))


def test_a_link_is_as_printed() -> None:
    assert watch.link(ID) == b"[3G*8800000015*0002*LK]"
    assert watch.link(ID, 50, 100, 100) == b"[3G*8800000015*000D*LK,50,100,100]"


def test_a_measurement_is_as_printed() -> None:
    made = watch.health(ID, "bphrt", 112, 73, 67, None, None, None, None)
    assert made == b"[3G*8800000015*0013*bphrt,112,73,67,,,,]"


def test_a_prefix_and_an_index_stand_where_an_answer_echoes_them() -> None:
    made = watch.link("001010000000012", prefix="ZJ", index=0x1A)
    assert made == b"[ZJ*001010000000012*001A*0002*LK]"


def test_the_vendors_first_position_is_built_to_the_byte() -> None:
    areas = [(9529, 21809, 158), (9529, 63555, 133), (9529, 63554, 129), (9529, 21405, 126)]
    areas += [(9529, 21242, 124), (9529, 21151, 120), (9529, 63556, 119)]
    where = Position(
        moment(2016, 9, 18, 2, 57, 23), True, 22.570733, 113.8626083,
        speed_kmh=Decimal("0.00"), course_deg=249.5, altitude_m=Decimal("0.0"), satellites=6,
        signal_percent=100, battery_percent=60, status=0x10,
        cells=[Cell(460, "1", lac, cid, signal) for lac, cid, signal in areas],
        timing_advance=255, accuracy_m=40.7,
    )  # fmt: skip
    assert watch.position(ID, "UD", where) == (
        b"[3G*8800000015*00CD*UD,180916,025723,A,22.570733,N,113.8626083,E,0.00,249.5,0.0,6,100,60,"
        b"0,0,00000010,7,255,460,1,9529,21809,158,9529,63555,133,9529,63554,129,9529,21405,126,"
        b"9529,21242,124,9529,21151,120,9529,63556,119,0,40.7]"
    )


@given(st.binary(max_size=200))
def test_voice_is_escaped_and_one_pass_gives_it_back(data: bytes) -> None:
    inside = parts(watch.voice(ID, data))[5].removeprefix(b"TK,")
    assert not re.search(rb"[\[\],*]", inside)
    raw = {1: b"}", 2: b"[", 3: b"]", 4: b",", 5: b"*"}
    assert re.sub(rb"\}([\x01-\x05])", lambda pair: raw[pair[1][0]], inside) == data


def test_a_sign_goes_into_the_letter_unless_a_letter_is_given() -> None:
    def places(**given: Any) -> list[bytes]:
        where = Position(moment(2024, 2, 29), latitude=-33.43, longitude=-70.64, **given)
        return watch.payload(where).split(b",")[3:7]

    assert places() == [b"33.43", b"S", b"70.64", b"W"]
    assert places(latitude_letter="S", longitude_letter="E") == [b"-33.43", b"S", b"-70.64", b"E"]
    assert places(latitude_letter="", longitude_letter="") == [b"-33.43", b"", b"-70.64", b""]


@pytest.mark.parametrize(
    ("where", "tail"),
    [
        (Position(0, cells=None, wifi=None), b""),
        (Position(0, wifi=None), b",0"),
        (Position(0), b",0,0"),
        (Position(0, accuracy_m=58), b",0,0,58"),
        (Position(0, cells=[Cell(262, "01", 7, 8)], wifi=None), b",1,,262,01,7,8,"),
        (
            Position(0, wifi=[Wifi(b"a,b", "1c:fa:00:00:00:b4", -61)], accuracy_m=Decimal("0.0")),
            b",0,1,a,b,1c:fa:00:00:00:b4,-61,0.0",
        ),
        (Position(0, timing_advance=1, end_code="00"), b",0,1,,,,00"),
        (
            Position(0, cells=[Cell(240, "7", 34505, 80806406)], end_code="00"),
            b",1,,240,7,34505,80806406,,00",
        ),
        (
            Position(
                0, cells=[Cell(234, "10", 0x55C0, 0x3B882A2, 132)], hexadecimal=True, end_code="10"
            ),
            b",1,,234,10,55C0,3B882A2,132,,10",
        ),
    ],
)  # fmt: skip
def test_a_tail_ends_where_it_is_told_to(where: Position, tail: bytes) -> None:
    made = watch.payload(replace(where, time_ms=moment(2025, 6, 12)))
    assert made.removeprefix(b",".join(made.split(b",")[:16])) == tail


CANARY = 4901542032375180
LATER = moment(2025, 6, 12)
WRONG: dict[str, Any] = {
    "an id with a star": lambda: watch.link("49015420*", 1),
    "an id of 21 digits": lambda: watch.link("4" * 21),
    "an empty id": lambda: watch.link(""),
    "a prefix of three": lambda: watch.link(ID, prefix="490"),
    "an index over four digits": lambda: watch.link(ID, index=CANARY),
    "a negative index": lambda: watch.link(ID, index=-1),
    "a signature that is none": lambda: watch.link(ID, signature="49015420"),
    "a content over its length": lambda: watch.frame(ID, b"4" * 65_536),
    "a word with a comma": lambda: watch.message(ID, "UD,49015420"),
    "an argument with a comma": lambda: watch.message(ID, "UD", "49015420,1"),
    "an argument that is not ASCII": lambda: watch.message(ID, "UD", "49015420\udcff"),
    "a number that is not finite": lambda: watch.link(ID, float("nan")),
    "text for a number": lambda: watch.link(ID, "x49015420"),  # type: ignore[arg-type]
    "a time of before 2000": lambda: watch.payload(Position(-CANARY)),
    "a time of after 2099": lambda: watch.payload(Position(CANARY)),
    "half a second": lambda: watch.payload(Position(LATER + 490)),
    "a letter that is none": lambda: watch.payload(Position(LATER, latitude_letter="49015420")),
    "an infinite speed": lambda: watch.payload(Position(LATER, speed_kmh=float("inf"))),
    "negative steps of today": lambda: watch.payload(Position(LATER, steps_today=-CANARY)),
    "a status over 32 bits": lambda: watch.payload(Position(LATER, status=CANARY)),
    "two networks": lambda: watch.payload(Position(LATER, cells=[Cell(262, "1"), Cell(CANARY)])),
    "a network code of letters": lambda: watch.payload(Position(LATER, cells=[Cell(1, "49015x")])),
    "a country code of more": lambda: watch.payload(Position(LATER, cells=[Cell(CANARY)])),
    "an address that is none": lambda: watch.payload(Position(LATER, wifi=[Wifi(b"", "49015420")])),
    "an accuracy without Wi-Fi": lambda: watch.payload(Position(LATER, wifi=None, accuracy_m=4901)),
    "Wi-Fi without cells": lambda: watch.payload(Position(LATER, cells=None, wifi=[Wifi(b"4901")])),
    "an end code behind Wi-Fi": lambda: watch.payload(
        Position(LATER, wifi=[Wifi(b"4901")], end_code="00")
    ),
    "an end code of more": lambda: watch.payload(Position(LATER, end_code="49015420")),
    "hexadecimal without a letter": lambda: watch.payload(
        Position(LATER, cells=[Cell(1, "1", 0x4901, 0x5420)], hexadecimal=True)
    ),
}


@pytest.mark.parametrize("build", WRONG.values(), ids=WRONG)
def test_what_cannot_be_written_is_refused_and_not_quoted(build: Any) -> None:
    with pytest.raises(ValueError, match=" ") as caught:
        build()
    assert type(caught.value) is ValueError
    assert caught.value.__context__ is None
    assert "4901" not in str(caught.value)
