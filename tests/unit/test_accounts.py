"""Which account a device belongs to: read from a private file, held by pseudonym."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.errors import ErrorCode, GpsprotoError
from gpsproto.identity import DeviceId
from gpsproto.privacy.accounts import Accounts
from gpsproto.privacy.keys import PseudonymKey

pytestmark = pytest.mark.once

KEY = PseudonymKey(bytes(range(7, 39)))
IMEI = "001010000000004"
WATCH = "8800000015"
FILE = f"""# devices of today
"{IMEI}" = "customer-17"  # two of one household
'{WATCH}' = 'customer-17'

8800000016 = "caf\u00e9"
"""
NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "accounts.toml", FILE.encode())


def written(path: Path, content: bytes) -> Path:
    path.parent.chmod(0o700)
    path.write_bytes(content)
    path.chmod(0o600)
    return path


def fault(path: Path) -> GpsprotoError:
    with pytest.raises(GpsprotoError) as caught:
        Accounts.from_file(path, KEY)
    assert caught.value.__context__ is None
    trace = caught.value.__traceback__
    shown = f"{caught.value} {vars(caught.value)}"
    while trace is not None:
        if f"{os.sep}gpsproto{os.sep}privacy{os.sep}" in trace.tb_frame.f_code.co_filename:
            shown += repr(trace.tb_frame.f_locals)
        trace = trace.tb_next
    assert IMEI[:14] not in shown
    assert "customer" not in shown
    return caught.value


def test_a_device_belongs_to_the_account_of_its_line(path: Path) -> None:
    found = Accounts.from_file(path, KEY)
    assert len(found) == 3
    assert found.of(DeviceId(IMEI.encode())) == b"customer-17"
    assert found.of(DeviceId(IMEI[:14].encode())) == b"customer-17"
    assert found.of(DeviceId.of_watch(WATCH.encode())) == b"customer-17"
    assert found.of(DeviceId.of_watch(b"8800000016")) == "caf\u00e9".encode()
    assert found.of(DeviceId.of_watch(b"8800000017")) is None
    assert found.of(DeviceId(b"001010000000012")) is None


def test_a_watch_that_sends_all_of_an_imei_is_found_by_it(path: Path) -> None:
    found = Accounts.from_file(path, KEY)
    assert found.of(DeviceId.of_watch(IMEI.encode())) == b"customer-17"
    assert found.of(DeviceId.of_watch(IMEI[:14].encode())) is None


def test_an_account_is_what_a_platform_asks_for(path: Path) -> None:
    form = Accounts.from_file(path, KEY).of(DeviceId(IMEI.encode()))
    assert form is not None
    made = KEY.domain("d").pseudonym("account_ref", form)
    assert made == KEY.subject("account_ref", "customer-17", domain="d")


@given(
    st.dictionaries(
        st.from_regex("[0-9]{14}", fullmatch=True),
        st.from_regex("[a-z]{1,9}", fullmatch=True),
        max_size=6,
    )
)
def test_what_is_written_is_found(
    tmp_path_factory: pytest.TempPathFactory, rows: dict[str, str]
) -> None:
    content = "".join(f'"{id}" = "{name}"\n' for id, name in rows.items())
    path = written(tmp_path_factory.mktemp("a") / "a.toml", content.encode())
    found = Accounts.from_file(path, KEY)
    assert len(found) == len(rows)
    for id, name in rows.items():
        assert found.of(DeviceId(id.encode())) == name.encode()


@pytest.mark.parametrize(
    "line",
    [
        "x",
        f"{IMEI}",
        f'"{IMEI}" = ',
        f'"{IMEI}" = 17',
        f'"{IMEI}" = ""',
        f'"{IMEI}" = " "',
        f'"{IMEI}" = "a" "b"',
        f'"{IMEI}\' = "a"',
        f'"{IMEI} " = "a"',
        f'"{"8" * 21}" = "a"',
        f'"{IMEI}" = "a\\u0062"',
        f'"{IMEI}" = "{"x" * 129}"',
        "[accounts]",
    ],
)
def test_a_line_that_is_none_is_named_by_its_number(tmp_path: Path, line: str) -> None:
    path = written(tmp_path / "a.toml", f'"1{IMEI[1:]}" = "customer-1"\n\n{line}\n'.encode())
    error = fault(path)
    assert (error.code, error.numbers) == (ErrorCode.ACCOUNTS_BAD_LINE, {"line": 3})


@pytest.mark.parametrize("again", [IMEI, IMEI[:14], IMEI[:14] + "99", WATCH])
def test_a_device_that_stands_there_twice_is_refused_by_its_line(path: Path, again: str) -> None:
    written(path, f'{FILE}"{again}" = "customer-18"\n'.encode())
    error = fault(path)
    assert (error.code, error.numbers) == (ErrorCode.ACCOUNTS_TWICE, {"line": 6})


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o700])
def test_a_file_that_others_may_reach_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert fault(path).code is ErrorCode.ACCOUNTS_NOT_PRIVATE


def test_a_folder_that_others_may_write_is_refused(path: Path) -> None:
    path.parent.chmod(0o777)
    assert fault(path).code is ErrorCode.ACCOUNTS_NOT_PRIVATE


def test_a_link_is_refused(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    assert fault(link).code is ErrorCode.ACCOUNTS_NOT_PRIVATE


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_file_of_another_user_is_refused(path: Path) -> None:
    os.chown(path, NOBODY, -1)
    assert fault(path).code is ErrorCode.ACCOUNTS_NOT_PRIVATE


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert fault(tmp_path / "no").code is ErrorCode.ACCOUNTS_MISSING


@pytest.mark.parametrize("content", [b"\xff\xfe", b'"1" = "\xe9"\n'])
def test_a_file_that_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    assert fault(written(tmp_path / "a", content)).code is ErrorCode.ACCOUNTS_UNREADABLE


def test_an_empty_file_is_of_nobody(tmp_path: Path) -> None:
    assert len(Accounts.from_file(written(tmp_path / "a", b""), KEY)) == 0


def test_it_shows_how_many_and_nothing_else(path: Path) -> None:
    assert repr(Accounts.from_file(path, KEY)) == "Accounts(3)"
