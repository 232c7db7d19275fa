from __future__ import annotations

import contextlib
import copy
import os
import pickle
import resource
import stat
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import pytest

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy.keys import DomainKey, PseudonymKey

pytestmark = pytest.mark.once

ROOT = bytes(range(7, 39))
LINE = b"gpsproto-key/1 " + ROOT.hex().encode() + b"\n"
WEAK = bytes([0xA5, 0x5A, *[0x3C] * 30])
NOBODY = 65_534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    tmp_path.chmod(0o700)
    path = tmp_path / "a.key"
    path.write_bytes(LINE)
    path.chmod(0o600)
    return path


@contextlib.contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextlib.contextmanager
def without_privilege() -> Iterator[None]:
    """Root may read everything; be nobody for a while."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


def refusal(path: Path) -> KeyRefused:
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey.from_file(path)
    return caught.value


def own_locals(trace: TracebackType | None) -> str:
    shown = []
    while trace is not None:
        code = trace.tb_frame.f_code
        if f"{os.sep}gpsproto{os.sep}privacy{os.sep}" in code.co_filename:
            shown.append(repr(trace.tb_frame.f_locals))
        trace = trace.tb_next
    assert shown
    return "".join(shown)


def spellings(content: bytes) -> set[str]:
    """How eight bytes in a row of the secret may be written."""
    found = set()
    for data in (content.replace(b"gpsproto-key", b""), ROOT, WEAK):
        for at in range(len(data) - 7):
            part = data[at : at + 8]
            found |= {repr(part)[2:-1], part.hex(), str(list(part))[1:-1]}
    return found


def test_a_key_file_that_is_yours_alone_is_read(path: Path) -> None:
    made = PseudonymKey.from_file(path).domain("d").pseudonym("device_id", b"35630704244101")
    assert made == PseudonymKey(ROOT).domain("d").pseudonym("device_id", b"35630704244101")


@pytest.mark.parametrize("mode", [0o400, 0o600])
def test_a_mode_as_strict_as_0600_is_accepted(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert not PseudonymKey.from_file(path).ephemeral


def test_a_key_may_be_named_by_text(path: Path) -> None:
    assert PseudonymKey.from_file(str(path)).domain("d").key_id


def test_a_missing_key_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.key").code is ErrorCode.KEY_MISSING


def test_a_folder_is_no_key(tmp_path: Path) -> None:
    assert refusal(tmp_path).code is ErrorCode.KEY_NOT_A_FILE


def test_a_pipe_is_no_key_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert refusal(tmp_path / "pipe").code is ErrorCode.KEY_NOT_A_FILE


def test_a_link_to_a_key_is_refused(path: Path) -> None:
    link = path.with_name("link")
    link.symlink_to(path)
    assert refusal(link).code is ErrorCode.KEY_IS_LINK


def test_a_link_to_nothing_is_refused_as_a_link(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    assert refusal(tmp_path / "link").code is ErrorCode.KEY_IS_LINK


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_key_file_of_another_user_is_refused(path: Path) -> None:
    os.chown(path, NOBODY, -1)
    assert refusal(path).code is ErrorCode.KEY_WRONG_OWNER


@pytest.mark.parametrize("mode", [0o640, 0o620, 0o610, 0o604, 0o602, 0o601, 0o644, 0o666, 0o777])
def test_a_key_file_that_others_may_reach_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    assert refusal(path).code is ErrorCode.KEY_OPEN_MODE


@pytest.mark.parametrize("mode", [0o720, 0o702, 0o770, 0o707, 0o777])
def test_a_folder_that_others_may_write_is_refused(path: Path, mode: int) -> None:
    path.parent.chmod(mode)
    assert refusal(path).code is ErrorCode.KEY_OPEN_FOLDER


@pytest.mark.parametrize("mode", [0o1770, 0o1777])
def test_a_sticky_folder_is_accepted(path: Path, mode: int) -> None:
    path.parent.chmod(mode)
    assert PseudonymKey.from_file(path).domain("d").key_id


def test_a_folder_that_others_may_only_read_is_accepted(path: Path) -> None:
    path.parent.chmod(0o755)
    assert PseudonymKey.from_file(path).domain("d").key_id


def test_the_folder_of_a_relative_path_is_looked_at(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.chmod(0o777)
    monkeypatch.chdir(path.parent)
    assert refusal(Path("a.key")).code is ErrorCode.KEY_OPEN_FOLDER


def test_a_key_file_that_may_not_be_read_is_refused(path: Path) -> None:
    if os.geteuid() == 0:
        os.chown(path, NOBODY, -1)
    path.chmod(0o200)
    with without_privilege():
        assert refusal(path).code is ErrorCode.KEY_UNREADABLE


@pytest.mark.parametrize("name", ["a.key/inside", "n" * 300, "nul\0"])
def test_a_name_that_cannot_be_opened_is_refused(path: Path, name: str) -> None:
    assert refusal(path.parent / name).code is ErrorCode.KEY_UNREADABLE


DIGITS = ROOT.hex().encode()
WRONG = {
    "empty": b"",
    "blank": b"\n \n",
    "binary": ROOT,
    "no header": DIGITS,
    "another version": b"gpsproto-key/2 " + DIGITS,
    "two blanks": b"gpsproto-key/1  " + DIGITS,
    "upper-case header": b"GPSPROTO-KEY/1 " + DIGITS,
    "header only": b"gpsproto-key/1 ",
    "short": b"gpsproto-key/1 " + DIGITS[:-1],
    "long": b"gpsproto-key/1 " + DIGITS + b"0",
    "upper-case digits": b"gpsproto-key/1 " + DIGITS.upper(),
    "not digits": b"gpsproto-key/1 " + DIGITS[:-1] + b"g",
    "not ASCII": b"gpsproto-key/1 " + DIGITS[:-2] + "é".encode(),
    "two keys": LINE + LINE,
    "words behind": LINE.strip() + b" fleet",
    "never-ending": b"gpsproto-key/1 " + DIGITS * 200,
}


@pytest.mark.parametrize("content", WRONG.values(), ids=WRONG)
def test_a_file_that_is_no_key_is_refused(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert refusal(path).code is ErrorCode.KEY_WRONG_FORMAT


WEAK_ROOTS = [bytes(32), b"\xff" * 32, WEAK, bytes([*range(13), *[12] * 19])]


@pytest.mark.parametrize("root", WEAK_ROOTS)
def test_a_root_that_is_not_random_is_refused(path: Path, root: bytes) -> None:
    path.write_bytes(b"gpsproto-key/1 " + root.hex().encode())
    assert refusal(path).code is ErrorCode.KEY_WEAK


def test_a_root_of_fourteen_different_bytes_is_accepted() -> None:
    assert PseudonymKey(bytes([*range(14), *[13] * 18])).domain("d").key_id


@pytest.mark.parametrize("size", [0, 16, 31, 33, 64])
def test_a_root_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey(bytes(range(size)))
    assert caught.value.code is ErrorCode.KEY_WRONG_FORMAT


CONTENTS = {**WRONG, "weak": b"gpsproto-key/1 " + WEAK.hex().encode(), "open": LINE}


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_refusal_holds_nothing_of_the_file(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    if content == LINE:
        path.chmod(0o644)
    error = refusal(path)
    assert error.__cause__ is None
    assert error.__context__ is None
    shown = f"{error} {error!r} {error.args} {vars(error)} {own_locals(error.__traceback__)}"
    assert not [spelling for spelling in spellings(content) if spelling in shown]


@pytest.mark.parametrize("root", [WEAK, ROOT + ROOT])
def test_a_refused_root_is_not_in_the_traceback(root: bytes) -> None:
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey(root)
    shown = own_locals(caught.value.__traceback__)
    assert not [spelling for spelling in spellings(root) if spelling in shown]


def test_a_refusal_does_not_say_where_the_file_stands(path: Path) -> None:
    path.chmod(0o644)
    assert path.name not in f"{refusal(path)} {vars(refusal(path))}"


@pytest.mark.parametrize("spoil", ["mode", "content", "missing"])
def test_nothing_is_decoded_under_a_refused_key(
    path: Path, capfdbinary: pytest.CaptureFixture[bytes], spoil: str
) -> None:
    pytest.importorskip("click", reason="the command line is an extra")
    from gpsproto.build import Record, login, tcp_frame
    from gpsproto.cli import command

    dump, out = path.with_name("dump.bin"), path.with_name("out.jsonl")
    frame = tcp_frame(8, [Record(1_750_000_000_000, satellites=9)])
    dump.write_bytes(login("356307042441013") + frame)
    if spoil == "mode":
        path.chmod(0o644)
    elif spoil == "content":
        path.write_bytes(ROOT)
    else:
        path.unlink()
    before = set(path.parent.iterdir())
    status = command.run(["decode", str(dump), "--key-file", str(path), "-o", str(out)])
    assert status == 1
    assert set(path.parent.iterdir()) == before
    assert capfdbinary.readouterr().out == b""


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_new_key_file_is_for_its_owner_alone(tmp_path: Path, mask: int) -> None:
    tmp_path.chmod(0o700)
    with umask(mask):
        PseudonymKey.create_file(tmp_path / "new.key")
    assert stat.S_IMODE((tmp_path / "new.key").stat().st_mode) == 0o600


def test_a_new_key_file_can_be_read(tmp_path: Path) -> None:
    PseudonymKey.create_file(tmp_path / "new.key")
    assert not PseudonymKey.from_file(tmp_path / "new.key").ephemeral


def test_two_new_key_files_hold_different_keys(tmp_path: Path) -> None:
    for name in ("a.key", "b.key"):
        PseudonymKey.create_file(tmp_path / name)
    assert (tmp_path / "a.key").read_bytes() != (tmp_path / "b.key").read_bytes()


@pytest.mark.parametrize("kind", ["file", "folder", "link", "dangling link"])
def test_a_new_key_never_overwrites(path: Path, kind: str) -> None:
    there = path.with_name("there")
    if kind == "file":
        there.write_bytes(b"precious")
    elif kind == "folder":
        there.mkdir()
    else:
        there.symlink_to(path if kind == "link" else path.with_name("nothing"))
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey.create_file(there)
    assert caught.value.code is ErrorCode.KEY_EXISTS
    assert path.read_bytes() == LINE
    assert not path.with_name("nothing").exists()
    if kind == "file":
        assert there.read_bytes() == b"precious"


def test_a_new_key_is_not_put_into_a_folder_that_others_may_write(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey.create_file(tmp_path / "new.key")
    assert caught.value.code is ErrorCode.KEY_OPEN_FOLDER
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["no/new.key", "nul\0", "n" * 300])
def test_a_new_key_that_cannot_be_put_there_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyRefused) as caught:
        PseudonymKey.create_file(tmp_path / name)
    assert caught.value.code is ErrorCode.KEY_UNWRITABLE


def test_a_key_that_could_not_be_written_whole_is_not_left_behind(tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, before[1]))
    try:
        with pytest.raises(KeyRefused) as caught:
            PseudonymKey.create_file(tmp_path / "new.key")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert caught.value.code is ErrorCode.KEY_UNWRITABLE
    assert caught.value.__context__ is None
    assert not list(tmp_path.iterdir())


def test_an_ephemeral_key_says_so_and_is_new_each_time() -> None:
    one, other = PseudonymKey.new_ephemeral(), PseudonymKey.new_ephemeral()
    assert one.ephemeral
    assert one.domain("d").pseudonym("sim_id", b"1") != other.domain("d").pseudonym("sim_id", b"1")


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (PseudonymKey(ROOT), "PseudonymKey(redacted)"),
        (PseudonymKey(ROOT).domain("d"), f"DomainKey({PseudonymKey(ROOT).domain('d').key_id})"),
    ],
    ids=["key", "domain key"],
)
class TestRedacted:
    def test_however_it_is_written(self, held: PseudonymKey | DomainKey, shown: str) -> None:
        assert {repr(held), str(held), f"{held}", f"{held!r}", "%s" % held} == {shown}  # noqa: UP031

    @pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
    def test_it_is_not_pickled(
        self, held: PseudonymKey | DomainKey, shown: str, protocol: int
    ) -> None:
        with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
            pickle.dumps(held, protocol)

    def test_it_is_not_copied(self, held: PseudonymKey | DomainKey, shown: str) -> None:
        with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
            copy.copy(held)
        with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
            copy.deepcopy(held)

    def test_it_has_no_attributes_to_list(self, held: PseudonymKey | DomainKey, shown: str) -> None:
        with pytest.raises(TypeError):
            vars(held)


def test_the_cache_does_not_show_what_was_put_through() -> None:
    key = PseudonymKey(ROOT).domain("d")
    key.pseudonym("device_id", b"35630704244101")
    assert "35630704244101" not in f"{key!r} {key}"
