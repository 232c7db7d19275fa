"""The audit log: what a line says, and that nothing in it can be changed unseen."""

from __future__ import annotations

import errno
import fcntl
import hmac
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.balance import Balance
from gpsproto.category import Category
from gpsproto.errors import AuditError, ErrorCode, KeyRefused
from gpsproto.privacy import audit
from gpsproto.privacy.audit import AuditLog, Entry, Fault, Verified, bucketed, entry, verify
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy

pytestmark = pytest.mark.once

KEY = PseudonymKey(bytes(range(32)))
OTHER = PseudonymKey(bytes(range(1, 33)))
TRACKING = Policy.load("tracking")
DAY = date(2026, 3, 1)


def of(records: int = 1, **more: Any) -> Entry:
    return entry(Balance(records=records), TRACKING, ["rscd"], day=DAY, **more)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A log of four lines."""
    path = tmp_path_factory.mktemp("log") / "a"
    for records in range(4):
        assert AuditLog(path, KEY).append(of(records)) == records + 1
    return path.read_bytes()


@pytest.fixture
def path(tmp_path: Path, whole: bytes) -> Path:
    found = tmp_path / "log"
    found.write_bytes(whole)
    found.chmod(0o600)
    return found


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


# what a line says


def test_a_line_says_what_became_of_the_fields(tmp_path: Path) -> None:
    balance = Balance(
        records=7, logins=2, fields_in=9, elements_unknown=200,
        fields_by_action=Counter(kept=5, unknown=4),
        dropped_by_category=Counter({Category.COUNTER.value: 3}),
        unknown=Counter({(id, 4): 1 for id in range(120)}),
        rejected=Counter({ErrorCode.BAD_CRC: 1}), bytes_skipped=Counter({ErrorCode.KEEP_ALIVE: 8}),
        notes=Counter({ErrorCode.SIGNED: 6}),
    )  # fmt: skip
    made = entry(
        balance, TRACKING, ["b", "a", "b"], day=DAY, complete=False,
        records_expired=1, records_objected=2, records_withheld=3,
    )  # fmt: skip
    AuditLog(tmp_path / "a", KEY).append(made)
    (line,) = lines_of(tmp_path / "a")
    named = line["unknown"].pop("named")
    assert len(named) == 100
    assert named["0@4"] == 1
    assert line.pop("previous") == "0" * 64
    assert len(line.pop("mac")) == 64
    assert line.pop("version")
    assert line == {
        "format": "gpsproto-audit/1",
        "number": 1,
        "day": "2026-03-01",
        "complete": False,
        "policy": {"name": "tracking", "digest": TRACKING.digest},
        "key_ids": ["a", "b"],
        "key_ids_rest": 0,
        "frames": 0,
        "logins": 2,
        "records": 7,
        "records_private": 0,
        "records_expired": 1,
        "records_objected": 2,
        "records_withheld": 3,
        "fields": {
            "in": 9,
            "by_action": {"kept": 5, "unknown": 4},
            "dropped_by_category": {"counter": 3},
        },
        "unknown": {"elements": 200, "rest": 100},
        "errors": {
            "rejected": {"bad_crc": 1},
            "noted": {"signed": 6},
            "bytes_skipped": {"keep_alive": 8},
        },
        "closes": False,
    }


def test_of_the_moment_of_a_run_the_day_alone_is_kept(tmp_path: Path) -> None:
    moment = datetime(2026, 3, 1, 13, 37, 42, tzinfo=UTC)
    AuditLog(tmp_path / "a", KEY).append(entry(Balance(), TRACKING, [], day=moment))
    text = (tmp_path / "a").read_text()
    assert json.loads(text)["day"] == "2026-03-01"
    assert "13" not in re.sub(r"[0-9a-f]{64}", "", text)


def test_key_ids_without_end_are_counted(tmp_path: Path) -> None:
    made = entry(Balance(), TRACKING, (f"k{n:05}" for n in range(90_000)), day=DAY)
    AuditLog(tmp_path / "a", KEY).append(made)
    (line,) = lines_of(tmp_path / "a")
    assert len(line["key_ids"]) + line["key_ids_rest"] == 90_000
    assert AuditLog(tmp_path / "a", KEY).append(of()) == 2


def test_buckets_hide_counts_and_the_chain_and_nothing_else(path: Path) -> None:
    counts = {"records": 7, "logins": 10, "frames": 99, "records_private": 100, "number": 12}
    line = lines_of(path)[0] | counts
    told = bucketed(line)
    assert set(line) - set(told) == {"mac", "previous"}
    assert [told[name] for name in counts] == ["1-9", "10-99", "10-99", "100-999", 12]
    assert told["key_ids_rest"] == "0"
    assert told["complete"] is True
    assert told["policy"] == line["policy"]


@given(st.integers(0, 10**12))
def test_a_count_is_in_its_bucket(count: int) -> None:
    told = bucketed({"records": count})["records"]
    least, _, most = told.partition("-")
    assert int(least) <= count <= int(most or least)


# what is changed is found


def test_a_log_as_it_was_written_is_whole(path: Path) -> None:
    assert verify(path, KEY) == Verified(4)
    assert verify(path, KEY, expect=4) == Verified(4)


def test_an_empty_log_is_whole(tmp_path: Path) -> None:
    assert AuditLog(tmp_path / "a", KEY).check() == 0
    assert verify(tmp_path / "a", KEY) == Verified(0)


@given(more=st.data())
def test_a_byte_that_is_not_as_it_was_is_found_in_its_line(
    path: Path, whole: bytes, more: st.DataObject
) -> None:
    at = more.draw(st.integers(0, len(whole) - 1))
    changed = bytearray(whole)
    changed[at] ^= more.draw(st.integers(1, 255))
    path.write_bytes(changed)
    assert verify(path, KEY).lines == whole[:at].count(b"\n")
    assert verify(path, KEY).fault is not None


@given(more=st.data())
def test_any_change_is_found_unless_it_is_none_or_cuts_off_lines(
    path: Path, whole: bytes, more: st.DataObject
) -> None:
    lines = whole.splitlines(keepends=True)
    pieces = more.draw(
        st.lists(
            st.sampled_from([*lines, b"\n", b"{}\n", lines[0][:-1], lines[1][5:], b""])
            | st.binary(max_size=4),
            max_size=6,
        )
    )
    made = b"".join(pieces)
    path.write_bytes(made)
    found = verify(path, KEY)
    good = next(n for n in range(5) if n == 4 or not made.startswith(b"".join(lines[: n + 1])))
    assert found.lines == good
    assert (found.fault is None) is (made == b"".join(lines[:good]))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda one: one[1:], Verified(0, Fault.CHAIN)),
        (lambda one: [one[0], *one[2:]], Verified(1, Fault.CHAIN)),
        (lambda one: [one[0], one[2], one[1], one[3]], Verified(1, Fault.CHAIN)),
        (lambda one: [one[0], one[0], *one[1:]], Verified(1, Fault.CHAIN)),
        (lambda one: [*one[:2], b"hello\n", *one[2:]], Verified(2, Fault.FORM)),
        (lambda one: [*one[:2], b"\n", *one[2:]], Verified(2, Fault.FORM)),
        (lambda one: [*one[:2], one[2].replace(b'"records":2', b'"records":3'), one[3]],
         Verified(2, Fault.MAC)),
        (lambda one: [*one[:3], one[3][:-1]], Verified(3, Fault.TORN)),
        (lambda one: [*one[:3], one[3][:40]], Verified(3, Fault.TORN)),
        (lambda one: [*one, b"x" * (1 << 17)], Verified(4, Fault.FORM)),
    ],
    ids=["first removed", "removed", "swapped", "doubled", "foreign", "blank", "changed",
         "no line end", "torn", "endless"],
)  # fmt: skip
def test_what_is_wrong_is_said(path: Path, whole: bytes, change: Any, found: Verified) -> None:
    path.write_bytes(b"".join(change(whole.splitlines(keepends=True))))
    assert verify(path, KEY) == found


def test_a_line_under_another_key_is_found(path: Path, tmp_path: Path) -> None:
    assert verify(path, OTHER) == Verified(0, Fault.MAC)
    other = tmp_path / "other"
    AuditLog(other, OTHER).append(of())
    path.write_bytes(path.read_bytes() + other.read_bytes())
    assert verify(path, KEY) == Verified(4, Fault.MAC)


def test_lines_cut_off_at_the_end_show_by_their_number_alone(path: Path, whole: bytes) -> None:
    path.write_bytes(b"".join(whole.splitlines(keepends=True)[:3]))
    assert verify(path, KEY) == Verified(3)
    assert verify(path, KEY, expect=4) == Verified(3, Fault.SHORT)


# what is appended to


def test_a_torn_line_is_not_built_on(path: Path, whole: bytes) -> None:
    path.write_bytes(whole[:-9])
    for attempt in (AuditLog(path, KEY).check, lambda: AuditLog(path, KEY).append(of())):
        with pytest.raises(AuditError, match="begin a new log") as raised:
            attempt()
        assert raised.value.code is ErrorCode.AUDIT_TORN
        assert raised.value.__context__ is None
    assert path.read_bytes() == whole[:-9]


@pytest.mark.parametrize("end", [b"x\n", b"\n", b"y" * (1 << 18) + b"\n"])
def test_a_last_line_that_is_not_ours_is_not_built_on(path: Path, end: bytes) -> None:
    with path.open("ab") as file:
        file.write(end)
    with pytest.raises(AuditError) as raised:
        AuditLog(path, KEY).append(of())
    assert raised.value.code is ErrorCode.AUDIT_BROKEN


def test_a_log_is_not_gone_on_with_under_another_key(path: Path) -> None:
    with pytest.raises(AuditError) as raised:
        AuditLog(path, OTHER).append(of())
    assert raised.value.code is ErrorCode.AUDIT_BROKEN


def test_a_key_that_goes_with_the_run_makes_no_log(tmp_path: Path) -> None:
    with pytest.raises(KeyRefused) as raised:
        AuditLog(tmp_path / "a", PseudonymKey.new_ephemeral())
    assert raised.value.code is ErrorCode.AUDIT_NO_KEY


def test_the_file_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    AuditLog(tmp_path / "a", KEY).append(of())
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o666])
def test_a_file_that_others_reach_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with pytest.raises(AuditError) as raised:
        AuditLog(path, KEY).append(of())
    assert raised.value.code is ErrorCode.AUDIT_OPEN_MODE
    assert verify(path, KEY) == Verified(4)


def _link(path: Path) -> None:
    path.symlink_to("target")


@pytest.mark.parametrize("make", [_link, Path.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused(tmp_path: Path, make: Any) -> None:
    make(tmp_path / "a")
    for attempt in (
        lambda: AuditLog(tmp_path / "a", KEY).append(of()),
        lambda: verify(tmp_path / "a", KEY),
    ):
        with pytest.raises(AuditError) as raised:
            attempt()
        assert raised.value.code is ErrorCode.AUDIT_NOT_A_FILE
    assert not (tmp_path / "target").exists()


def test_a_log_that_is_not_there_cannot_be_verified(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="No such file") as raised:
        verify(tmp_path / "secretive", KEY)
    assert raised.value.errno == errno.ENOENT
    assert "secretive" not in str(raised.value)
    assert raised.value.__context__ is None


@pytest.mark.parametrize("name", ["no/folder", "a\0b"])
def test_a_place_that_cannot_be_written_is_an_error_of_ours(tmp_path: Path, name: str) -> None:
    with pytest.raises(AuditError) as raised:
        AuditLog(f"{tmp_path}/{name}", KEY).append(of())
    assert raised.value.code is ErrorCode.AUDIT_UNWRITABLE


@pytest.mark.parametrize("room", [0, 1, 300])
def test_a_full_disk_is_an_error_of_ours_and_leaves_no_torn_line(
    path: Path, whole: bytes, room: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, left = os.write, [room]

    def written(file: int, data: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "full")
        done = write(file, bytes(data[: left[0]]))
        left[0] -= done
        return done

    monkeypatch.setattr(os, "write", written)
    with pytest.raises(AuditError, match="No space") as raised:
        AuditLog(path, KEY).append(of())
    assert (raised.value.code, raised.value.errno) == (ErrorCode.AUDIT_UNWRITABLE, errno.ENOSPC)
    assert raised.value.__context__ is None
    assert path.read_bytes() == whole
    left[0] = 1 << 20
    assert AuditLog(path, KEY).append(of()) == 5


def test_an_interrupt_leaves_no_torn_line(
    path: Path, whole: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write

    def written(file: int, data: bytes) -> int:
        write(file, bytes(data[:9]))
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "write", written)
    with pytest.raises(KeyboardInterrupt):
        AuditLog(path, KEY).append(of())
    assert path.read_bytes() == whole


def test_a_write_that_takes_less_than_it_is_given_is_gone_on_with(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, bytes(data[:100])))
    AuditLog(path, KEY).append(of())
    assert verify(path, KEY) == Verified(5)


APPENDS = """
import sys
from datetime import date
from gpsproto import Balance, Policy, PseudonymKey
from gpsproto.privacy.audit import AuditLog, entry
log = AuditLog(sys.argv[1], PseudonymKey(bytes(range(32))))
for records in range(25):
    made = entry(Balance(records=records), Policy.load("tracking"), [], day=date(2026, 3, 1))
    log.append(made)
"""


def test_lines_of_many_processes_make_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "a"
    workers = [subprocess.Popen([sys.executable, "-c", APPENDS, str(path)]) for _ in range(3)]
    assert [worker.wait(120) for worker in workers] == [0, 0, 0]
    assert verify(path, KEY) == Verified(75)
    assert [line["number"] for line in lines_of(path)] == list(range(1, 76))


@pytest.mark.parametrize("how", [fcntl.LOCK_EX, fcntl.LOCK_SH])
def test_a_log_that_somebody_holds_is_waited_for_and_then_refused(
    path: Path, how: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PATIENCE_S", 0.05)
    with path.open("rb") as held:
        fcntl.flock(held, how)
        with pytest.raises(AuditError) as raised:
            AuditLog(path, KEY).append(of())
    assert raised.value.code is ErrorCode.AUDIT_BUSY
    assert AuditLog(path, KEY).append(of()) == 5


def test_who_reads_slowly_keeps_nobody_from_appending(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit, "_PATIENCE_S", 0.05)
    reading = audit.lines(path, KEY)
    next(reading)
    assert AuditLog(path, KEY).append(of()) == 5
    assert len(list(reading)) == 3


@pytest.mark.parametrize("fault", ["no module", "no locks"])
def test_without_locks_nothing_is_appended_and_all_is_verified(
    path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "none")

    if fault == "no module":
        monkeypatch.setattr(audit, "fcntl", None)
    else:
        monkeypatch.setattr(fcntl, "flock", refused)
    with pytest.raises(AuditError) as raised:
        AuditLog(path, KEY).append(of())
    assert raised.value.code is ErrorCode.AUDIT_NO_LOCK
    assert verify(path, KEY) == Verified(4)


def test_a_log_that_was_moved_away_is_begun_anew(path: Path, tmp_path: Path) -> None:
    shutil.move(path, tmp_path / "archived")
    assert AuditLog(path, KEY).append(of()) == 1
    assert verify(tmp_path / "archived", KEY) == Verified(4)


def test_only_an_entry_is_appended(path: Path) -> None:
    log: Any = AuditLog(path, KEY)
    with pytest.raises(TypeError):
        log.append({"records": 1})
    assert repr(log) == "AuditLog()"


def test_the_mac_is_the_keys_over_the_line_and_the_one_before(path: Path) -> None:
    """A log of today is verified by a later release."""
    label = b"".join(len(one).to_bytes(2, "big") + one for one in (b"gpsproto/1", b"mac", b"audit"))
    key = hmac.digest(bytes(range(32)), label + b"\x01", "sha256")
    previous = bytes(32)
    for line in path.read_bytes().splitlines():
        body, _, end = line.rpartition(b',"mac":')
        mac = hmac.digest(key, previous + body + b"}", "sha256")
        assert end == b'"%b"}' % mac.hex().encode()
        assert json.loads(line)["previous"] == previous.hex()
        previous = mac
