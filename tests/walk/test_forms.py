"""Records that have the form of one before are cut together: nobody may see by what comes out."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import gpsproto
from gpsproto import codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.build.teltonika import body, framed
from gpsproto.pipeline import decode_through
from gpsproto.privacy.filter import PrivacyFilter
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.walk import codes
from tests.conftest import Engine
from tests.strategies import CODECS
from tests.table import rows

KEY = PseudonymKey(bytes(range(32)))
pytestmark = [pytest.mark.core, pytest.mark.no_cover]  # hundreds of frames each
IMEIS = ("001010000000016", "001010000000024", "001010000000032")
FEW = 7  # records from which alone the walk learns no form
# columns, attributes, what is dropped, what nobody knows; the last is of Codec 8 Extended
FORMS = (
    ((239, 1), (240, 1), (66, 2), (67, 2), (241, 4), (16, 4)),
    ((239, 1), (1, 1), (2, 1), (66, 2), (24, 2), (78, 8)),
    ((21, 1), (179, 1), (9, 2), (72, 4), (199, 4)),
    ((239, 1), (250, 1), (251, 1), (66, 2), (244, 4), (233, 8)),
)
PRIVATE = (391, 1)


def record(random_: random.Random, form: tuple[tuple[int, int], ...], number: int) -> Record:
    return Record(
        random_.choice((1_790_000_000_000 + 1_000 * number, 1 << 63)),
        random_.choice((48_950_000, -48_950_000, 2_000_000_000)),
        random_.choice((523_700_000, -523_700_000, 0)),
        random_.randrange(-5, 300),
        random_.randrange(370),
        random_.choice((0, 9)),
        random_.randrange(200),
        priority=random_.randrange(4),
        event=random_.choice((0, *(id for id, _ in form))),
        generation=random_.randrange(8),
        elements=[(id, width, random_.randrange(1 << 8 * width)) for id, width in form],
    )


def spoilt(codec: int, records: list[Record], random_: random.Random) -> bytes:
    """A frame with a right CRC, but a byte too many or a last record that announces another total."""
    whole = body(codec, records)
    if random_.random() < 0.5:
        return framed(whole[:-1] + b"\0" + whole[-1:])
    last = body(codec, records[-1:])
    at = len(whole) - len(last) + 2 + 24 + (2 if codec == 0x8E else 1)
    at += 2 if codec == 0x10 else 0
    return framed(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def conversations(codec: int, random_: random.Random, frames: int) -> list[bytes]:
    """Frames of a few records, each behind its device's login: most of them all of one form."""
    made = []
    forms = [*FORMS]
    if codec == 0x8E:
        forms.append(((239, 1), (10_800, 2), (66, 2), (11_317, 1)))
    form = forms[0]
    for frame in range(frames):
        if random_.random() < 0.05:
            form = random_.choice(forms)
        count = random_.randrange(1, FEW + 1)
        records = [record(random_, form, FEW * frame + n) for n in range(count)]
        fate = random_.random()
        if fate < 0.05:
            records[random_.randrange(count)] = record(random_, random_.choice(forms), frame)
        elif fate < 0.08 and codec == 0x8E:
            records[-1].elements.append((*PRIVATE, 0))
        made.append(
            login(random_.choice(IMEIS))
            + (spoilt(codec, records, random_) if 0.08 < fate < 0.1 else tcp_frame(codec, records))
        )
    return made


def told(balance: Balance) -> dict[str, Any]:
    assert balance.discrepancies() == []
    return {
        "fields": +balance.fields_by_action, "frames": +balance.frames_by_codec,
        "records": balance.records, "rejected": +balance.rejected, "private": balance.records_private,
        "far": balance.places_out_of_range, "bytes": balance.bytes_decoded,
        "unknown": +balance.unknown, "dropped": +balance.dropped_by_category,
    }  # fmt: skip


def same(found: list[dict[str, Any]], expected: list[dict[str, Any]]) -> None:
    """Row by row: a difference of long lists takes minutes to be told."""
    assert len(found) == len(expected)
    for number, (one, other) in enumerate(zip(found, expected, strict=True)):
        assert one == other, number


@pytest.mark.parametrize("policy", ["tracking", "watch-platform"])
@pytest.mark.parametrize("codec", CODECS)
# a smaller seed is no simpler dump
@settings(max_examples=2, phases=[Phase.explicit, Phase.reuse, Phase.generate])
@given(
    seed=st.integers(0, 1 << 32), frames=st.integers(150, 400), batch=st.sampled_from([255, 9_000])
)
def test_a_run_of_one_form_tells_what_its_frames_tell_one_by_one(
    codec: int, policy: str, seed: int, frames: int, batch: int, engine: Engine
) -> None:
    made = conversations(codec, random.Random(seed), frames)
    door = PrivacyFilter(Policy.load(policy), KEY, family="FMB")
    together, apart = Balance(), Balance()
    found = rows(
        decode_through(
            door, b"".join(made), input_format="stream", balance=together, batch_records=batch
        )
    )
    expected = [
        row
        for one in made
        for row in rows(decode_through(door, one, input_format="stream", balance=apart))
    ]
    same(found, expected)
    assert told(together) == told(apart)


@pytest.mark.parametrize("codec", CODECS)
def test_more_records_of_one_form_than_are_cut_at_once(codec: int, engine: Engine) -> None:
    random_ = random.Random(codec)
    records = [record(random_, FORMS[0], n) for n in range(2 * codes.PLACES + 300)]
    frames = [tcp_frame(codec, records[at : at + 40]) for at in range(0, len(records), 40)]
    few = [tcp_frame(codec, records[at : at + FEW]) for at in range(0, len(records), FEW)]
    found = rows(gpsproto.decode(b"".join(frames), key=KEY, family="FMB"))
    assert len(found) == len(records)
    expected = [row for one in few for row in rows(gpsproto.decode(one, key=KEY, family="FMB"))]
    same(found, expected)


@pytest.mark.parametrize("codec", CODECS)
def test_records_of_more_attributes_than_a_batch_has_room_for_end_it_early(
    codec: int, engine: Engine
) -> None:
    kept = PrivacyFilter(Policy.load("tracking"), KEY, family="FMB").projection(
        codecs.terms()[codecs.AVL], "FMB"
    )
    form = [(one.id, 1) for one in kept.attributes if one.width == 1 and one.id < 256][:24]
    assert len(form) == 24
    random_ = random.Random(codec)
    records = [record(random_, tuple(form), n) for n in range(600)]
    frames = [tcp_frame(codec, records[at : at + 10]) for at in range(0, len(records), 10)]
    batches = list(gpsproto.decode(b"".join(frames), key=KEY, family="FMB", batch_records=255))
    assert len(batches) > 3
    few = [tcp_frame(codec, records[at : at + FEW]) for at in range(0, len(records), FEW)]
    expected = [row for one in few for row in rows(gpsproto.decode(one, key=KEY, family="FMB"))]
    same(rows(batches), expected)
