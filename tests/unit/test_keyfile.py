"""Key files: what is refused, moved forward, rotated; where a key may come from and lie."""

from __future__ import annotations

import copy
import hashlib
import os
import pickle
import stat
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.privacy import privatefile
from gpsproto.privacy.keys import PseudonymKey, keyfile
from gpsproto.privacy.keys.chain import day_of
from gpsproto.privacy.keys.generations import Layer, Links
from gpsproto.privacy.keys.material import Material
from gpsproto.privacy.scope import Scope

pytestmark = pytest.mark.once

ROOT = bytes(range(7, 39))
OTHER = bytes(range(40, 72))
LAYERS = [hashlib.sha256(b"layer %d" % number).digest() for number in (1, 28_330)]
FIRST_FORM = f"gpsproto-key/1 {ROOT.hex()}\n"
SECOND_FORM = f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()} 2000-01-01\n"
FORM = b"35630704244101"
JULY = day_of(date(2026, 7, 1))
NOBODY = 65_534
# what the derivation gives when it is written a second time
STABLE = "dev_cdrr_rfmgpnnrmtggthkmvdbfdrbh"
MONTHLY = "dev_mfnf_mgpbqfvsqkkdksdcrjtckgjs"
STABLE_ROTATED = "dev_sgrf_mdjdkgbhqhmpstpnmdmgvsvf"
MONTHLY_ROTATED = "dev_kmgf_dsvgnqkfpfprdpmfvckfcrmk"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return written(tmp_path / "a.key", SECOND_FORM)


def written(path: Path, content: str) -> Path:
    path.parent.chmod(0o700)
    path.write_text(content)
    path.chmod(0o600)
    return path


def refusal(step: Callable[[], object]) -> ErrorCode:
    with pytest.raises(KeyRefused) as caught:
        step()
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None
    return caught.value.code


def monthly(key: PseudonymKey, day: int = JULY) -> str:
    return key.domain("d").pseudonym("device_id", FORM, Scope.MONTH, day)


def stable(key: PseudonymKey) -> str:
    return key.domain("d").pseudonym("device_id", FORM)


class TestFormats:
    def test_a_new_file_is_of_the_second_format(self, tmp_path: Path) -> None:
        PseudonymKey.create_file(tmp_path / "new.key")
        head, root, start, day = (tmp_path / "new.key").read_text().split()
        assert (head, day) == ("gpsproto-key/2", "2000-01-01")
        assert root != start

    def test_the_first_format_gives_what_its_root_gives(self, tmp_path: Path) -> None:
        key = PseudonymKey.from_file(written(tmp_path / "old.key", FIRST_FORM))
        assert stable(key) == stable(PseudonymKey(ROOT))
        assert monthly(key) == monthly(PseudonymKey(ROOT))

    def test_the_second_format_has_a_chain_of_its_own(self, path: Path) -> None:
        key = PseudonymKey.from_file(path)
        assert stable(key) == stable(PseudonymKey(ROOT))
        assert monthly(key) != monthly(PseudonymKey(ROOT))

    def test_pinned_vectors_of_the_second_format(self, path: Path) -> None:
        key = PseudonymKey.from_file(path)
        assert stable(key) == STABLE
        assert monthly(key) == MONTHLY

    def test_pinned_vectors_of_a_rotated_key(self, tmp_path: Path) -> None:
        content = SECOND_FORM.strip() + f" {LAYERS[0].hex()}\n"
        key = PseudonymKey.from_file(written(tmp_path / "b.key", content))
        assert key.rotations == 1
        assert stable(key) == STABLE_ROTATED
        assert monthly(key) == MONTHLY_ROTATED

    @pytest.mark.parametrize(
        "content",
        [
            "",
            "gpsproto-key/2\n",
            f"gpsproto-key/2 {ROOT.hex()}\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()}\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()[:-1]} 2000-01-01\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()} 2000-02-30\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()} 1999-12-31\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()} 2200-01-01\n",
            f"gpsproto-key/2 {ROOT.hex()} {OTHER.hex()} 20000101\n",
            f"gpsproto-key/2 {ROOT.hex()} - 2000-01-02\n",
            f"gpsproto-key/2 - {OTHER.hex()} 2000-01-01\n",
            f"gpsproto-key/2  {ROOT.hex()} {OTHER.hex()} 2000-01-01\n",
            SECOND_FORM.strip() + f" {LAYERS[0].hex()[:-2]}\n",
            SECOND_FORM.strip() + " -\n",
            SECOND_FORM.strip().upper(),
            SECOND_FORM + SECOND_FORM,
            SECOND_FORM.replace("/2", "/3"),
            SECOND_FORM.strip() + "".join(f" {os.urandom(32).hex()}" for _ in range(33)),
        ],
    )
    def test_what_is_not_quite_a_key_is_refused(self, tmp_path: Path, content: str) -> None:
        path = written(tmp_path / "a.key", content)
        assert refusal(lambda: PseudonymKey.from_file(path)) is ErrorCode.KEY_WRONG_FORMAT

    @pytest.mark.parametrize("place", ["root", "chain", "layer"])
    def test_a_secret_that_is_not_random_is_refused(self, tmp_path: Path, place: str) -> None:
        parts = {"root": ROOT.hex(), "chain": OTHER.hex(), "layer": LAYERS[0].hex()}
        parts[place] = "3c" * 32
        content = f"gpsproto-key/2 {parts['root']} {parts['chain']} 2000-01-01 {parts['layer']}"
        path = written(tmp_path / "a.key", content)
        assert refusal(lambda: PseudonymKey.from_file(path)) is ErrorCode.KEY_WEAK

    @pytest.mark.parametrize("twice", [ROOT, OTHER, LAYERS[0]])
    def test_a_secret_that_stands_there_twice_is_refused(
        self, tmp_path: Path, twice: bytes
    ) -> None:
        content = SECOND_FORM.strip() + f" {LAYERS[0].hex()} {twice.hex()}\n"
        path = written(tmp_path / "a.key", content)
        assert refusal(lambda: PseudonymKey.from_file(path)) is ErrorCode.KEY_DUPLICATE_ID

    def test_two_rotations_with_one_key_id_are_refused_in_that_domain(self, tmp_path: Path) -> None:
        root = bytes(range(32))
        content = f"gpsproto-key/2 {root.hex()} - 2000-01-01 {LAYERS[0].hex()} {LAYERS[1].hex()}\n"
        key = PseudonymKey.from_file(written(tmp_path / "a.key", content))
        assert key.domain("elsewhere").key_id
        assert refusal(lambda: key.domain("d")) is ErrorCode.KEY_DUPLICATE_ID
        asked = refusal(lambda: key.subject("device_id", FORM.decode(), domain="d"))
        assert asked is ErrorCode.KEY_DUPLICATE_ID


class TestAdvance:
    def test_later_epochs_stay_as_they_were(self, path: Path) -> None:
        before = PseudonymKey.from_file(path)
        keyfile.advance(path, date(2024, 1, 1))
        after = PseudonymKey.from_file(path)
        assert after.since == date(2024, 1, 1)
        assert stable(after) == stable(before)
        for day in (date(2024, 1, 1), date(2024, 1, 31), date(2026, 7, 3)):
            assert monthly(after, day_of(day)) == monthly(before, day_of(day))

    @pytest.mark.parametrize("scope", [Scope.MONTH, Scope.DAY])
    def test_earlier_epochs_cannot_be_made_again(self, path: Path, scope: Scope) -> None:
        keyfile.advance(path, date(2024, 1, 2))
        key = PseudonymKey.from_file(path)
        made = key.domain("d")
        gone = day_of(date(2024, 1, 1))
        assert not made.reaches(scope, gone)
        for step in (
            lambda: made.pseudonym("device_id", FORM, scope, gone),
            lambda: made.key_id_of(scope, gone),
            lambda: key.subject(
                "device_id", FORM.decode(), domain="d", at=date(2024, 1, 1), scope=scope
            ),
        ):
            assert refusal(step) is ErrorCode.KEY_EPOCH_GONE

    def test_a_month_that_began_earlier_is_gone(self, path: Path) -> None:
        keyfile.advance(path, date(2024, 1, 2))
        made = PseudonymKey.from_file(path).domain("d")
        assert not made.reaches(Scope.MONTH, day_of(date(2024, 1, 31)))
        assert made.reaches(Scope.DAY, day_of(date(2024, 1, 2)))
        assert made.reaches(Scope.MONTH, day_of(date(2024, 2, 1)))

    def test_a_refused_epoch_shows_no_identifier(self, path: Path) -> None:
        keyfile.advance(path, date(2024, 1, 2))
        made = PseudonymKey.from_file(path).domain("d")
        with pytest.raises(KeyRefused) as caught:
            made.pseudonym("device_id", FORM, Scope.DAY, 10_000)
        trace = caught.value.__traceback__
        while trace is not None:
            if f"{os.sep}privacy{os.sep}" in trace.tb_frame.f_code.co_filename:
                assert FORM.decode() not in repr(trace.tb_frame.f_locals)
            trace = trace.tb_next

    @pytest.mark.parametrize("days", [[1], [30, 31], [1, 1, 1]])
    def test_steps_and_one_stride_come_to_the_same(
        self, path: Path, tmp_path: Path, days: list[int]
    ) -> None:
        other = written(tmp_path / "b.key", SECOND_FORM)
        to = date(2001, 1, 1)
        for more in days:
            to += timedelta(days=more)
            keyfile.advance(path, to)
        keyfile.advance(other, to)
        assert path.read_bytes() == other.read_bytes()

    def test_it_does_not_go_back(self, path: Path) -> None:
        keyfile.advance(path, date(2024, 1, 2))
        before = path.read_bytes()
        assert refusal(lambda: keyfile.advance(path, date(2024, 1, 1))) is ErrorCode.KEY_GONE_BY
        assert path.read_bytes() == before

    def test_it_does_not_go_beyond_today(self, path: Path) -> None:
        tomorrow = datetime.now(UTC).date() + timedelta(days=2)
        assert refusal(lambda: keyfile.advance(path, tomorrow)) is ErrorCode.KEY_FUTURE
        assert path.read_text() == SECOND_FORM

    def test_to_where_it_stands_it_stays(self, path: Path) -> None:
        keyfile.advance(path, date(2000, 1, 1))
        assert path.read_text() == SECOND_FORM

    @pytest.mark.parametrize("rotated", [False, True])
    def test_a_chain_that_comes_from_the_root_cannot_be_advanced(
        self, tmp_path: Path, rotated: bool
    ) -> None:
        path = written(tmp_path / "old.key", FIRST_FORM)
        if rotated:
            keyfile.rotate(path, tmp_path / "new.key")
            path = tmp_path / "new.key"
        before = path.read_bytes()
        assert refusal(lambda: keyfile.advance(path, date(2024, 1, 1))) is ErrorCode.KEY_FIXED
        assert path.read_bytes() == before

    @pytest.mark.parametrize("mode", [0o600, 0o400])
    def test_the_mode_is_kept(self, path: Path, mode: int) -> None:
        path.chmod(mode)
        keyfile.advance(path, date(2024, 1, 1))
        assert stat.S_IMODE(path.stat().st_mode) == mode

    def test_nothing_is_left_beside_it(self, path: Path) -> None:
        keyfile.advance(path, date(2024, 1, 1))
        assert os.listdir(path.parent) == [path.name]

    def test_another_name_of_the_old_file_holds_nothing(self, path: Path) -> None:
        kept = path.with_name("kept")
        os.link(path, kept)
        keyfile.advance(path, date(2024, 1, 1))
        assert set(kept.read_bytes()) == {0}
        assert PseudonymKey.from_file(path).since == date(2024, 1, 1)

    @pytest.mark.parametrize("failing", ["os.replace", "os.fsync"])
    def test_where_it_fails_the_old_file_stands(
        self, path: Path, failing: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fail(*_: object) -> None:
            raise OSError(28, "full")

        monkeypatch.setattr(failing, fail)
        code = refusal(lambda: keyfile.advance(path, date(2024, 1, 1)))
        assert code is ErrorCode.KEY_UNWRITABLE
        assert path.read_text() == SECOND_FORM
        assert os.listdir(path.parent) == [path.name]

    def test_the_new_file_is_on_disk_before_it_has_the_name(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        done = []
        for name in ("fsync", "replace"):
            real = getattr(os, name)
            monkeypatch.setattr(
                os, name, lambda *given, real=real, name=name: done.append(name) or real(*given)
            )
        keyfile.advance(path, date(2024, 1, 1))
        assert done.index("fsync") < done.index("replace")

    def test_a_key_that_is_refused_is_not_advanced(self, path: Path) -> None:
        path.chmod(0o640)
        assert refusal(lambda: keyfile.advance(path, date(2024, 1, 1))) is ErrorCode.KEY_OPEN_MODE


class TestRotate:
    def test_every_pseudonym_and_key_id_is_new(self, path: Path, tmp_path: Path) -> None:
        keyfile.rotate(path, tmp_path / "b.key")
        old, new = PseudonymKey.from_file(path), PseudonymKey.from_file(tmp_path / "b.key")
        for make in (stable, monthly):
            one, other = make(old).split("_"), make(new).split("_")
            assert one[0] == other[0]
            assert one[1] != other[1]
            assert one[2] != other[2]

    def test_two_rotations_of_one_key_cannot_be_linked(self, path: Path, tmp_path: Path) -> None:
        for name in ("b.key", "c.key"):
            keyfile.rotate(path, tmp_path / name)
        made = [stable(PseudonymKey.from_file(tmp_path / name)) for name in ("b.key", "c.key")]
        assert made[0][9:] != made[1][9:]

    def test_the_new_file_is_for_its_owner_alone(self, path: Path, tmp_path: Path) -> None:
        keyfile.rotate(path, tmp_path / "b.key")
        assert stat.S_IMODE((tmp_path / "b.key").stat().st_mode) == 0o600

    def test_a_file_that_stands_there_is_not_overwritten(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "b.key").write_bytes(b"precious")
        code = refusal(lambda: keyfile.rotate(path, tmp_path / "b.key"))
        assert code is ErrorCode.KEY_EXISTS
        assert (tmp_path / "b.key").read_bytes() == b"precious"

    def test_the_old_file_stays(self, path: Path, tmp_path: Path) -> None:
        keyfile.rotate(path, tmp_path / "b.key")
        assert path.read_text() == SECOND_FORM

    def test_a_key_that_is_refused_is_not_rotated(self, path: Path, tmp_path: Path) -> None:
        path.chmod(0o644)
        assert refusal(lambda: keyfile.rotate(path, tmp_path / "b")) is ErrorCode.KEY_OPEN_MODE
        assert not (tmp_path / "b").exists()

    def test_a_rotated_key_can_be_advanced(self, path: Path, tmp_path: Path) -> None:
        keyfile.rotate(path, tmp_path / "b.key")
        before = monthly(PseudonymKey.from_file(tmp_path / "b.key"))
        keyfile.advance(tmp_path / "b.key", date(2024, 1, 1))
        assert monthly(PseudonymKey.from_file(tmp_path / "b.key")) == before

    def test_a_key_is_rotated_so_often_and_no_more(self, tmp_path: Path) -> None:
        layers = "".join(f" {os.urandom(32).hex()}" for _ in range(31))
        path = written(tmp_path / "a.key", SECOND_FORM.strip() + layers)
        keyfile.rotate(path, tmp_path / "b.key")
        assert PseudonymKey.from_file(tmp_path / "b.key").rotations == 32
        code = refusal(lambda: keyfile.rotate(tmp_path / "b.key", tmp_path / "c.key"))
        assert code is ErrorCode.KEY_ROTATED_OUT

    def test_a_layer_with_a_key_id_that_was_is_drawn_again(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = bytes(range(32))
        content = f"gpsproto-key/2 {root.hex()} - 2000-01-01 {LAYERS[0].hex()}\n"
        path = written(tmp_path / "a.key", content)
        drawn = iter([LAYERS[1], LAYERS[1], OTHER])
        monkeypatch.setattr("secrets.token_bytes", lambda _: next(drawn))
        keyfile.rotate(path, tmp_path / "b.key", ["d"])
        assert (tmp_path / "b.key").read_text().split()[-1] == OTHER.hex()

    def test_where_none_can_be_drawn_it_is_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        root = bytes(range(32))
        content = f"gpsproto-key/2 {root.hex()} - 2000-01-01 {LAYERS[0].hex()}\n"
        path = written(tmp_path / "a.key", content)
        monkeypatch.setattr("secrets.token_bytes", lambda _: LAYERS[1])
        code = refusal(lambda: keyfile.rotate(path, tmp_path / "b.key", ["d"]))
        assert code is ErrorCode.KEY_DUPLICATE_ID


class TestCredential:
    @pytest.fixture
    def credential(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "credentials"
        folder.mkdir(mode=0o700)
        path = folder / "fleet"
        path.write_text(SECOND_FORM)
        path.chmod(0o400)
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))
        return path

    def test_it_gives_the_key(self, credential: Path, path: Path) -> None:
        made = PseudonymKey.from_credential("fleet")
        assert not made.ephemeral
        assert monthly(made) == monthly(PseudonymKey.from_file(path))

    def test_without_a_folder_there_is_none(
        self, credential: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for value in (None, "", "credentials"):
            if value is None:
                monkeypatch.delenv("CREDENTIALS_DIRECTORY")
            else:
                monkeypatch.setenv("CREDENTIALS_DIRECTORY", value)
            code = refusal(lambda: PseudonymKey.from_credential("fleet"))
            assert code is ErrorCode.KEY_NO_CREDENTIAL

    @pytest.mark.parametrize("name", ["other", "", ".", "..", "../a.key", "a/b", "nul\0"])
    def test_another_name_is_none(self, credential: Path, name: str) -> None:
        code = refusal(lambda: PseudonymKey.from_credential(name))
        assert code is ErrorCode.KEY_NO_CREDENTIAL

    @pytest.mark.parametrize("mode", [0o600, 0o444, 0o404, 0o420, 0o500, 0o640])
    def test_one_that_others_could_reach_or_change_is_refused(
        self, credential: Path, mode: int
    ) -> None:
        credential.chmod(mode)
        code = refusal(lambda: PseudonymKey.from_credential("fleet"))
        assert code is ErrorCode.KEY_OPEN_MODE

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    @pytest.mark.parametrize(("owner", "group", "good"), [(0, 0, True), (0, 1, False)])
    def test_a_list_of_users_shows_as_the_group_of_root(
        self, credential: Path, owner: int, group: int, good: bool
    ) -> None:
        os.chown(credential, owner, group)
        credential.chmod(0o440)
        if good:
            assert PseudonymKey.from_credential("fleet").rotations == 0
        else:
            code = refusal(lambda: PseudonymKey.from_credential("fleet"))
            assert code is ErrorCode.KEY_OPEN_MODE

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
    def test_one_of_another_user_is_refused(self, credential: Path) -> None:
        os.chown(credential, NOBODY, -1)
        code = refusal(lambda: PseudonymKey.from_credential("fleet"))
        assert code is ErrorCode.KEY_WRONG_OWNER

    @pytest.mark.parametrize("mode", [0o777, 0o720, 0o1777])
    def test_a_folder_that_others_may_write_is_refused(self, credential: Path, mode: int) -> None:
        credential.parent.chmod(mode)
        code = refusal(lambda: PseudonymKey.from_credential("fleet"))
        assert code is ErrorCode.KEY_OPEN_FOLDER

    def test_a_link_is_refused(self, credential: Path) -> None:
        (credential.parent / "link").symlink_to(credential)
        code = refusal(lambda: PseudonymKey.from_credential("link"))
        assert code is ErrorCode.KEY_IS_LINK

    def test_a_folder_is_refused(self, credential: Path) -> None:
        (credential.parent / "folder").mkdir()
        code = refusal(lambda: PseudonymKey.from_credential("folder"))
        assert code is ErrorCode.KEY_NOT_A_FILE


class TestInside:
    @pytest.mark.parametrize(
        ("key", "within"),
        [
            ("out/a.key", True),
            ("out/b/../a.key", True),
            ("out/b/a.key", True),
            ("a.key", False),
            ("output/a.key", False),
            ("out/../a.key", False),
            ("link/a.key", True),
        ],
    )
    def test_a_key_lies_in_a_folder_or_not(self, tmp_path: Path, key: str, within: bool) -> None:
        for name in ("out/b", "output"):
            (tmp_path / name).mkdir(parents=True)
        (tmp_path / "link").symlink_to("out")
        assert keyfile.inside(tmp_path / key, tmp_path / "out") is within
        if within:
            code = refusal(lambda: keyfile.refuse_inside(tmp_path / key, tmp_path / "out"))
            assert code is ErrorCode.KEY_IN_OUTPUT
        else:
            keyfile.refuse_inside(tmp_path / key, tmp_path / "out")

    def test_relative_paths_are_of_where_we_are(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        assert keyfile.inside("a.key", ".")
        assert not keyfile.inside("a.key", "out")


@pytest.mark.parametrize(
    ("held", "shown"),
    [
        (Material(ROOT, OTHER, JULY, LAYERS), "Material(redacted)"),
        (Layer(ROOT, "d"), "Layer(redacted)"),
        (Links(ROOT, "d", Scope.STABLE, 0, []), None),
    ],
    ids=["material", "layer", "links"],
)
def test_what_holds_a_secret_shows_nothing_and_is_not_copied(held: object, shown: str) -> None:
    assert shown is None or {repr(held), f"{held}"} == {shown}
    assert ROOT.hex()[:8] not in repr(held)
    assert repr(ROOT)[2:12] not in repr(held)
    with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
        pickle.dumps(held)
    with pytest.raises(TypeError, match="a key cannot be pickled or copied"):
        copy.deepcopy(held)


def test_a_private_file_is_read_to_a_byte_more_than_was_allowed(path: Path) -> None:
    path.write_bytes(bytes(5_000))
    assert privatefile.read(path, 4_096) == bytes(4_097)
