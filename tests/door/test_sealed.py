"""What must be impossible, and is: at the type checker and at run time."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from contextlib import suppress
from typing import Any

import numpy as np
import pytest

import gpsproto
from gpsproto import DeviceId, FilteredBatch, PrivacyFilter, PseudonymKey, Sink, codecs
from gpsproto.balance import Balance
from gpsproto.build import Record, login, tcp_frame
from gpsproto.identity import Conversations
from gpsproto.pipeline import Decoder
from gpsproto.privacy.batch import Seal
from gpsproto.privacy.policy import Policy
from gpsproto.rawcolumns import RawColumns, RunNumbers
from gpsproto.wire.teltonika_tcp import TcpFramer
from tests.conftest import ROOT

IMEI = "356307042441013"
KEY = PseudonymKey(bytes(range(32)))
DATA = login(IMEI) + tcp_frame(
    8, [Record(1_700_000_000_000, 1, 2, 3, 4, 5, 6, elements=[(239, 1, 1)])]
)


class Kept(Sink):
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.batches: list[FilteredBatch] = []

    def _write(self, batch: FilteredBatch) -> None:
        self.batches.append(batch)


@pytest.fixture
def batch() -> FilteredBatch:
    (found,) = gpsproto.decode(DATA, key=KEY, family="FMB")
    return found


@pytest.fixture
def raw() -> RawColumns:
    door = PrivacyFilter(Policy.load("tracking"), KEY)
    decoder = Decoder(door)
    return decoder._fresh(decoder._lane(codecs.AVL, None), 8, 8)


def raw_objects() -> list[Any]:
    """One of everything that still knows an identifier."""
    framer = TcpFramer()
    framer.receive(DATA)
    handshake, frame = list(framer.events())
    again = TcpFramer()
    again.receive(DATA)
    table = next(again.tables())
    conversations = Conversations()
    conversations.begin(DeviceId(IMEI.encode()))
    door = PrivacyFilter(Policy.load("tracking"), KEY)
    columns = RawColumns(
        door.projection(codecs.terms()[codecs.AVL], None),
        conversations,
        Balance(),
        RunNumbers(door.projection(codecs.terms()[codecs.AVL], None)),
        capacity=8,
        attributes=8,
    )
    return [
        DeviceId(IMEI.encode()), handshake, frame, frame.envelope, table, conversations, columns,
        KEY, KEY.domain("x"),
    ]  # fmt: skip


@pytest.mark.skipif(not (ROOT / "src").is_dir(), reason="the type checker needs the sources")
def test_the_type_checker_refuses_every_misuse() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "tests/typing/reject_raw.py"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_sink_takes_a_filtered_batch(batch: FilteredBatch) -> None:
    sink = Kept()
    sink.write(batch)
    assert sink.batches == [batch]


@pytest.mark.parametrize("number", range(9))
def test_a_sink_refuses_what_is_raw(number: int) -> None:
    hidden: Any = raw_objects()[number]
    with pytest.raises(TypeError):
        Kept().write(hidden)


def test_a_sink_refuses_what_only_looks_like_a_batch(batch: FilteredBatch) -> None:
    class Lookalike:
        def __init__(self) -> None:
            self.columns = batch.columns

        def __len__(self) -> int:
            return 1

        __class__ = FilteredBatch

    pretender: Any = Lookalike()
    assert isinstance(pretender, FilteredBatch)
    with pytest.raises(TypeError):
        Kept().write(pretender)


def test_a_batch_is_not_made_without_the_filters_seal(batch: FilteredBatch) -> None:
    contents: Any = batch._FilteredBatch__contents
    with pytest.raises(TypeError):
        FilteredBatch(contents, key_id="x", seal=Seal())
    make: Any = FilteredBatch
    for arguments in ((), (contents,)):
        with pytest.raises(TypeError):
            make(*arguments)


def test_a_batch_is_not_subclassed_and_a_sinks_way_in_is_not_replaced() -> None:
    base: Any = FilteredBatch
    with pytest.raises(TypeError):
        type("Mine", (base,), {})
    with pytest.raises(TypeError):
        type("Open", (Sink,), {"write": lambda self, batch: None})


def test_a_batch_is_read_only(batch: FilteredBatch) -> None:
    changed: Any = batch
    for name in ("policy_name", "columns", "anything"):
        with pytest.raises(AttributeError):
            setattr(changed, name, 1)
    with pytest.raises(AttributeError):
        del changed.policy_name


def test_no_column_can_be_edited(batch: FilteredBatch) -> None:
    for name in batch.columns:
        values, validity = batch.column(name)
        with pytest.raises(ValueError, match="read-only"):
            values[0] = values[0]
        with pytest.raises(ValueError, match="read-only"):
            validity[0] = True


def test_no_label_of_a_text_can_be_edited(batch: FilteredBatch) -> None:
    for name in ("subject", "event", "priority", "location_source", "retention_class", "message"):
        for part in batch.coded(name):
            with pytest.raises(ValueError, match="read-only"):
                part[:] = part[0]


def test_the_type_of_a_column_hangs_on_nobody_who_asked_before(batch: FilteredBatch) -> None:
    for name in batch.attributes:
        assert batch.column(name).values.dtype == gpsproto.catalog.load().dtype(name)


def test_the_cells_behind_a_column_are_immutable(batch: FilteredBatch) -> None:
    contents: Any = batch._FilteredBatch__contents
    with pytest.raises(ValueError, match="WRITEABLE"):
        contents.cells.flags.writeable = True
    for name in batch.columns:
        for part in batch.column(name):
            if np.shares_memory(part, contents.cells):
                with pytest.raises(ValueError, match="WRITEABLE"):
                    part.flags.writeable = True


def test_what_is_forced_open_in_one_column_is_shut_in_the_others(batch: FilteredBatch) -> None:
    before = {name: batch.column(name).validity.copy() for name in batch.columns}
    for name in batch.columns:
        with suppress(ValueError):
            validity = batch.column(name).validity
            validity.flags.writeable = True
            validity[:] = ~validity
    for name, validity in before.items():
        assert (batch.column(name).validity == validity).all(), name


@pytest.mark.parametrize("number", range(9))
def test_what_is_raw_shows_nothing_and_goes_nowhere(number: int) -> None:
    one = raw_objects()[number]
    for shown in (repr(one), str(one), f"{one}", f"{one!r:>40}", "{0} {0!r}".format(one)):  # noqa: UP032
        assert IMEI not in shown
        assert IMEI[:14] not in shown
        assert "0x3335" not in shown
        assert bytes(range(32)).hex() not in shown
    for away in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            away(one)
    assert not hasattr(one, "__dict__")


def test_a_device_id_is_not_compared_or_hashed() -> None:
    one, other = DeviceId(IMEI.encode()), DeviceId(IMEI.encode())
    with pytest.raises(TypeError):
        one == other  # noqa: B015
    with pytest.raises(TypeError):
        hash(one)


def test_sealed_raw_columns_are_spent(raw: RawColumns) -> None:
    door = PrivacyFilter(Policy.load("tracking"), KEY)
    raw.conversations.begin()
    door.seal(raw)
    with pytest.raises(ValueError, match="released"):
        raw.cells("flags")


def test_the_filter_seals_raw_columns_only(batch: FilteredBatch) -> None:
    door: Any = PrivacyFilter(Policy.load("tracking"), KEY)
    for wrong in (batch, b"", None):
        with pytest.raises(TypeError):
            door.seal(wrong)
    make: Any = PrivacyFilter
    with pytest.raises(TypeError):
        make("tracking", KEY)


def test_two_batches_share_no_memory_and_outlive_the_run() -> None:
    frame = tcp_frame(8, [Record(n, elements=[(239, 1, n % 2)]) for n in range(200)])
    batches = list(gpsproto.decode(frame * 40, batch_records=400))
    stamps = [batch.column("time").values.astype("i8")[0] for batch in batches]
    assert stamps == [0] * 20
    for batch in batches:
        assert batch.column("ignition").values.tolist() == [0, 1] * 200
