"""The hunt: nothing is found where nothing leaks, every place is planted, and a new sink is hunted."""

from __future__ import annotations

import json
import random
import re

import pytest

from gpsproto import codecs, sinks
from gpsproto.balance import Balance
from gpsproto.cli.command import run
from gpsproto.codecs import watch
from gpsproto.codecs.beacons import LISTS
from gpsproto.pipeline import decode
from gpsproto.privacy.policy import Policy
from gpsproto.prove import CARRIERS, Hit, Hunt, Report, beacons, captured, hunt
from gpsproto.prove.canaries import BY_NAME
from gpsproto.prove.places import ELEMENTS
from gpsproto.prove.sinkset import kinds
from gpsproto.walk import codes
from tests.policies import KEEP_ALL

pytestmark = pytest.mark.once

TRACKING = Policy.load("tracking")
FRAMES = 1_500
ROWS = {f"L{number}" for number in (
    *range(1, 9), 11, *range(13, 33), *range(33, 46)
)} - {"L28", "L4"}  # fmt: skip


@pytest.fixture(scope="module")
def made() -> Hunt:
    return Hunt([TRACKING, KEEP_ALL], canaries=1_200, seed=7)


@pytest.fixture(scope="module")
def report(made: Hunt) -> Report:
    return made.run(FRAMES, carriers=["bulk", "folders", "live", "interference"])


def test_nothing_is_found_where_nothing_leaks(report: Report) -> None:
    assert report.hits == ()
    assert report.clean
    assert report.frames == FRAMES
    assert report.policies == ("tracking", "keep-all")


def test_a_part_of_the_frames_is_malformed(report: Report) -> None:
    assert 0.13 <= report.malformed / report.frames <= 0.17


def test_every_carrier_is_searched(report: Report) -> None:
    searched = {name for name, size in report.bytes_searched.items() if size}
    assert searched >= {
        "balance", "columns", "memory", "Arrow table", "rows", "repr", "pickle", "exceptions",
        "receiver", "file names", *kinds(), *(f"{name}, opened" for name in kinds() if name not in
        ("JsonLinesSink", "CsvSink")),
    }  # fmt: skip
    assert report.frames_by["records that must be the same"] > 1_000


def test_every_sink_of_the_library_is_found() -> None:
    assert set(kinds()) == {
        "ArrowSink",
        "CsvSink",
        "JsonLinesSink",
        "ParquetDataset",
        "ParquetSink",
    }
    assert all(one.__module__.startswith(sinks.__name__) for one in kinds().values())


def test_every_row_that_the_code_has_a_place_for_is_planted(made: Hunt) -> None:
    rows = {hole.place.row for stamp in made.stamps() for hole in stamp.holes}
    assert rows >= ROWS, ROWS - rows


def test_every_message_and_every_codec_is_planted(made: Hunt) -> None:
    stamps = list(made.stamps())
    fields = {hole.place.field for stamp in stamps for hole in stamp.holes}
    words = {field.split(":")[1] for field in fields if field.startswith("watch:")}
    assert words == {message.word for message in watch.messages()}
    bodies = {stamp.data[25] for stamp in stamps if stamp.data[:2] == b"\0\x0f"}
    assert {*codecs.shapes(), 0x07} <= bodies
    sms = [stamp for stamp in stamps if stamp.holes[-1].place.field == "teltonika SMS"]
    assert {stamp.holes[-1].kind for stamp in sms} == {"imei"}
    assert {stamp.data[0] for stamp in sms} == {0x04, 0x07, 0x08}
    # an account stands in a file of its own, these around the frames of a capture
    assert set(BY_NAME) - {"account", *captured.KINDS} <= {
        hole.kind for stamp in stamps for hole in stamp.holes
    }


def test_what_the_specification_lists_is_planted_whatever_the_catalog_says(made: Hunt) -> None:
    fields = {hole.place.field for stamp in made.stamps() for hole in stamp.holes}
    listed = {
        f"teltonika:{id}@{width or 'var'}" for _, pairs in ELEMENTS.values() for id, width in pairs
    }
    assert listed <= fields


def test_what_names_a_beacon_is_planted_in_every_list_that_is_read(made: Hunt) -> None:
    fields = {hole.place.field for stamp in made.stamps() for hole in stamp.holes}
    for (id, _), form in LISTS.items():
        simple = form.layout in (codes.LIST_SIMPLE, codes.LIST_GUESSED)
        for what in ("beacon id",) if simple else ("beacon id", "MAC", "name", "further data"):
            assert f"teltonika:{id}@var {what}" in fields
    balance = Balance()
    for stamp in beacons.stamps(random.Random(3)):
        for _ in decode(stamp.data, policy=KEEP_ALL, balance=balance):
            pass
    assert balance.fields_by_action["bad_value"] == 0
    assert balance.dropped_by_category["third_party_id"] > 2 * len(LISTS)


def test_the_same_seed_is_the_same_hunt() -> None:
    first, second = (
        Hunt([TRACKING], canaries=200, seed=3).run(200, carriers=["bulk"]).as_dict()
        for _ in range(2)
    )
    for one in (first, second):
        one.pop("seconds")
        # what is compressed or named at random differs in size
        one["carriers"] = {name: found["frames"] for name, found in one["carriers"].items()}
    assert first == second


def test_a_report_is_json_and_shows_no_canary(report: Report) -> None:
    text = json.dumps(report.as_dict())
    assert not re.search(r"00101\d{10}|Qzx", text)
    hit = Hit("columns", 17, "teltonika:218@8 (L14)", "imsi")
    assert hit.encoding_name == "float text and float64"


@pytest.mark.parametrize(
    "wrong", [{"carriers": ["nothing"]}, {"canaries": 3}, {"policies": []}, {"canaries": 10**6}]
)
def test_a_wrong_call_is_refused(wrong: dict[str, object]) -> None:
    asked: dict[str, object] = {"policies": [TRACKING], "frames": 10, "canaries": 100, **wrong}
    with pytest.raises(ValueError, match=r"carriers|canaries|policy"):
        hunt(**asked)  # type: ignore[arg-type]


def test_the_verb_says_what_was_searched_and_ends_well(capfd: pytest.CaptureFixture[str]) -> None:
    wanted = ["--frames", "200", "--canaries", "200", "--seed", "5", "--policy", "tracking"]
    assert run(["prove", *wanted, "--json"]) == 0
    found = json.loads(capfd.readouterr().out)
    assert found["hits"] == []
    assert found["carriers"]["command line: output"]["bytes"] > 0
    assert found["carriers"]["command line: error"]["bytes"] > 0
    assert len(found["encodings"]) == 24
    assert set(CARRIERS) >= {"bulk", "live", "command line"}
