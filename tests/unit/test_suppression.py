"""Lists of devices whose people objected: keyed, told apart by kind, whole or not written."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.errors import ErrorCode, GpsprotoError, KeyRefused
from gpsproto.identity import DeviceId
from gpsproto.privacy.keys import PseudonymKey, keyfile
from gpsproto.privacy.keys.rekey import Rekey
from gpsproto.privacy.suppression import DOMAIN, Suppression

pytestmark = pytest.mark.once

KEY = PseudonymKey(bytes(range(7, 39)))
OTHER = PseudonymKey(bytes(range(40, 72)))
IMEI = "356307042441013"
WATCH = "8800000015"
IMEIS = st.from_regex(r"[0-9]{15}", fullmatch=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    return tmp_path / "objections.list"


def device(digits: str) -> DeviceId:
    return DeviceId(digits.encode())


def own_locals(trace: TracebackType | None) -> str:
    shown = []
    while trace is not None:
        if f"{os.sep}gpsproto{os.sep}privacy{os.sep}" in trace.tb_frame.f_code.co_filename:
            shown.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert shown
    return "".join(shown)


def fault(step: Any) -> GpsprotoError:
    with pytest.raises(GpsprotoError) as caught:
        step()
    assert caught.value.__context__ is None
    shown = f"{caught.value} {vars(caught.value)} {own_locals(caught.value.__traceback__)}"
    assert IMEI[:14] not in shown
    return caught.value


def test_an_empty_list_holds_nobody() -> None:
    assert not Suppression(KEY).holds(device(IMEI))
    assert len(Suppression(KEY)) == 0


def test_a_listed_device_is_held_and_no_other(path: Path) -> None:
    assert Suppression.add(path, KEY, [("device_id", IMEI), ("watch_id", WATCH)]) == 2
    found = Suppression.from_file(path, KEY)
    assert len(found) == 2
    assert found.holds(device(IMEI))
    assert found.holds(device(IMEI[:14]))
    assert found.holds(DeviceId.of_watch(WATCH.encode()))
    assert not found.holds(device("356307042441112"))
    assert not found.holds(DeviceId.of_watch(IMEI.encode()))


@given(ids=st.lists(IMEIS, max_size=8), asked=IMEIS)
def test_it_holds_what_was_listed(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], asked: str
) -> None:
    path = tmp_path_factory.mktemp("list") / "a"
    Suppression.add(path, KEY, [("device_id", id) for id in ids])
    found = Suppression.from_file(path, KEY)
    assert found.holds(device(asked)) == (asked[:14] in {id[:14] for id in ids})
    assert len(found) == len({id[:14] for id in ids})


def test_an_entry_can_be_joined_with_no_record(path: Path) -> None:
    Suppression.add(path, KEY, [("device_id", IMEI)])
    (entry,) = path.read_text().split()
    assert re.fullmatch("sup_[bcdfghjkmnpqrstv]{4}_[bcdfghjkmnpqrstv]{24}", entry)
    made = {
        KEY.domain(domain).pseudonym(kind, IMEI[:14].encode())[9:]
        for domain in (DOMAIN, "tracking")
        for kind in ("device_id", "watch_id")
    }
    assert entry[9:] not in made


def test_a_device_is_listed_once(path: Path) -> None:
    assert Suppression.add(path, KEY, [("device_id", IMEI), ("device_id", IMEI[:14])]) == 1
    assert Suppression.add(path, KEY, [("device_id", IMEI)]) == 0
    assert len(path.read_text().split()) == 1


def test_what_stands_on_the_list_stays(path: Path) -> None:
    path.write_text("# asked for by letter\n\n")
    Suppression.add(path, KEY, [("device_id", IMEI)])
    assert path.read_text().startswith("# asked for by letter\n\nsup_")


def test_a_device_is_taken_off(path: Path) -> None:
    Suppression.add(path, KEY, [("device_id", IMEI), ("watch_id", WATCH)])
    assert Suppression.remove(path, KEY, [("device_id", IMEI), ("device_id", "1" * 15)]) == 1
    found = Suppression.from_file(path, KEY)
    assert not found.holds(device(IMEI))
    assert found.holds(DeviceId.of_watch(WATCH.encode()))


def test_a_new_list_is_for_its_owner_alone_and_an_old_one_keeps_its_mode(path: Path) -> None:
    Suppression.add(path, KEY, [("device_id", IMEI)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    Suppression.add(path, KEY, [("watch_id", WATCH)])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert os.listdir(path.parent) == [path.name]


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("device_id", IMEI[:13]),
        ("device_id", IMEI + "x"),
        ("watch_id", "88 00"),
        ("watch_id", ""),
        ("sim_id", "0" * 32),
        ("vehicle_id", IMEI),
    ],
)
def test_where_one_is_no_identifier_none_is_listed(path: Path, kind: str, id: str) -> None:
    error = fault(lambda: Suppression.add(path, KEY, [("device_id", IMEI), (kind, id)]))
    assert (error.code, error.numbers) == (ErrorCode.SUPPRESS_BAD_ID, {"line": 2})
    assert not path.exists()


@pytest.mark.parametrize("line", ["x", IMEI, "sup_", "dev_jfbv_vcqcchhcqmgnddjmvtpsjpsv", "\xff"])
def test_a_line_that_is_no_entry_is_named_by_its_number(path: Path, line: str) -> None:
    Suppression.add(path, KEY, [("device_id", "1" * 15)])
    path.write_bytes(path.read_bytes() + line.encode("latin-1") + b"\n")
    before = path.read_bytes()
    for step in (
        lambda: Suppression.from_file(path, KEY),
        lambda: Suppression.add(path, KEY, [("device_id", IMEI)]),
    ):
        error = fault(step)
        assert (error.code, error.numbers) == (ErrorCode.SUPPRESS_BAD_LINE, {"line": 2})
    assert path.read_bytes() == before


def test_a_list_of_another_key_is_refused_and_never_silently_without_effect(path: Path) -> None:
    Suppression.add(path, OTHER, [("device_id", IMEI)])
    error = fault(lambda: Suppression.from_file(path, KEY))
    assert (error.code, error.numbers) == (ErrorCode.SUPPRESS_WRONG_KEY, {"line": 1})


def test_a_list_goes_through_a_rotation(path: Path) -> None:
    content = f"gpsproto-key/1 {bytes(range(7, 39)).hex()}\n"
    old, new = path.with_name("old.key"), path.with_name("new.key")
    old.write_text(content)
    old.chmod(0o600)
    keyfile.rotate(old, new)
    rotated = PseudonymKey.from_file(new)
    Suppression.add(path, KEY, [("device_id", IMEI), ("watch_id", WATCH)])
    assert fault(lambda: Suppression.from_file(path, rotated)).code is ErrorCode.SUPPRESS_WRONG_KEY
    path.write_text(Rekey(rotated, domain=DOMAIN).text(path.read_text()))
    found = Suppression.from_file(path, rotated)
    assert found.holds(device(IMEI))
    assert found.holds(DeviceId.of_watch(WATCH.encode()))
    assert not found.holds(device("1" * 15))


def test_a_key_of_one_run_lists_nobody(path: Path) -> None:
    with pytest.raises(KeyRefused) as caught:
        Suppression.add(path, PseudonymKey.new_ephemeral(), [("device_id", IMEI)])
    assert caught.value.code is ErrorCode.KEY_EPHEMERAL
    assert not path.exists()


@pytest.mark.parametrize("name", ["missing", "folder", "nul\0"])
def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    error = fault(lambda: Suppression.from_file(tmp_path / name, KEY))
    assert error.code is ErrorCode.SUPPRESS_UNREADABLE


def test_a_list_that_cannot_be_written_is_refused(path: Path) -> None:
    error = fault(lambda: Suppression.add(path.parent / "no" / "a", KEY, [("device_id", IMEI)]))
    assert error.code is ErrorCode.SUPPRESS_UNWRITABLE


def test_it_shows_how_many_and_nothing_else(path: Path) -> None:
    Suppression.add(path, KEY, [("device_id", IMEI)])
    assert repr(Suppression.from_file(path, KEY)) == "Suppression(1)"
