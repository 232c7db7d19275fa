"""Pseudonyms of before a rotation become those of after it; stores are written anew, whole."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto.errors import ErrorCode, GpsprotoError, KeyRefused, SinkError
from gpsproto.privacy.keys import PseudonymKey, keyfile
from gpsproto.privacy.keys.chain import day_of
from gpsproto.privacy.keys.pseudonym import PREFIXES
from gpsproto.privacy.keys.rekey import Rekey
from gpsproto.privacy.scope import Scope
from gpsproto.sinks.rekeyed import rekey_store, words

pytestmark = pytest.mark.once

OLD_FILE = f"gpsproto-key/2 {bytes(range(7, 39)).hex()} {bytes(range(40, 72)).hex()} 2000-01-01"
LAYER = bytes(range(80, 112))
FORMS = [b"%014d" % (35_630_704_244_101 + number) for number in range(5)]
THIS_MONTH = day_of(datetime.now(UTC).date().replace(day=1))
WHERE = [(Scope.STABLE, 0), (Scope.MONTH, THIS_MONTH), (Scope.MONTH, THIS_MONTH - 62)]


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[PseudonymKey, PseudonymKey]:
    """A key, and the same rotated."""
    folder = tmp_path_factory.mktemp("keys")
    made = []
    for name, content in (("old", OLD_FILE), ("new", f"{OLD_FILE} {LAYER.hex()}")):
        (folder / name).write_text(content)
        (folder / name).chmod(0o600)
        made.append(PseudonymKey.from_file(folder / name))
    return made[0], made[1]


@pytest.fixture(scope="session")
def work(keys: tuple[PseudonymKey, PseudonymKey]) -> Callable[..., Rekey]:
    def work(**more: object) -> Rekey:
        return Rekey(keys[1], **({"domain": "d"} | more))  # type: ignore[arg-type]

    return work


def made(key: PseudonymKey, domain: str = "d") -> list[str]:
    found = key.domain(domain)
    return [
        found.pseudonym(kind, form, *where)
        for kind in PREFIXES
        for form in FORMS
        for where in WHERE
    ]


class TestText:
    def test_what_was_made_before_is_what_is_made_after(self, keys, work) -> None:
        text = " ".join(made(keys[0]))
        rekey = work()
        assert rekey.text(text) == " ".join(made(keys[1]))
        assert rekey.renewed == len(made(keys[0]))
        assert (rekey.present, rekey.foreign) == (0, 0)

    @given(day=st.dates(date(2020, 1, 1), date(2026, 12, 31)), form=st.binary(max_size=20))
    def test_of_every_day_that_was_asked_for(self, keys, work, day: date, form: bytes) -> None:
        where = Scope.DAY, day_of(day)
        old, new = (key.domain("d").pseudonym("device_id", form, *where) for key in keys)
        assert work(since=day, until=day, scopes=[Scope.DAY]).text(old) == new

    def test_what_the_new_key_made_stays(self, keys, work) -> None:
        text = " ".join(made(keys[1]))
        rekey = work()
        assert rekey.text(text) == text
        assert rekey.present == len(made(keys[1]))

    def test_what_another_key_or_domain_made_stays(self, keys, work) -> None:
        other = PseudonymKey(bytes(range(100, 132)))
        text = " ".join([*made(other), *made(keys[0], "elsewhere")])
        rekey = work()
        assert rekey.text(text) == text
        assert rekey.foreign == 2 * len(made(other))
        assert rekey.renewed == 0

    def test_a_session_and_a_record_of_nobody_are_mapped_and_stay_one(self, keys, work) -> None:
        old = keys[0].domain("d")
        session = os.urandom(32)
        tokens = [old.of_session("device_id", FORMS[0], session)] * 2 + [old.random("device_id")]
        found = work().text(" ".join(tokens)).split()
        assert found[0] == found[1] != found[2]
        assert not set(found) & set(tokens)
        assert found[0][4:8] == keys[1].domain("d").key_id_of(Scope.SESSION)
        assert found[2][4:8] == keys[1].domain("d").key_id_of(Scope.RECORD)

    @pytest.mark.parametrize("spoiled", ["x{}", "{}x", "_{}", "{}_", "{}1", "X{}", "{}b"])
    def test_what_only_looks_alike_stays(self, keys, work, spoiled: str) -> None:
        text = spoiled.format(made(keys[0])[0])
        rekey = work()
        assert rekey.text(text) == text
        assert (rekey.renewed, rekey.foreign) == (0, 0)

    @given(text=st.text(max_size=200))
    def test_any_other_text_stays(self, work, text: str) -> None:
        assert work().text(text) == text

    @given(before=st.sampled_from("\"',:; \n=/é\ufffd"), behind=st.sampled_from("\"',:; \n=/é"))
    def test_what_stands_around_it_stays(self, keys, work, before: str, behind: str) -> None:
        old, new = made(keys[0])[0], made(keys[1])[0]
        assert work().text(before + old + behind) == before + new + behind

    def test_an_epoch_that_was_not_asked_for_stays(self, keys, work) -> None:
        token = keys[0].domain("d").pseudonym("device_id", FORMS[0], Scope.MONTH, 12_100)
        rekey = work()
        assert rekey.text(token) == token
        assert rekey.foreign == 1

    def test_a_clock_that_was_never_set_is_asked_for_always(self, keys, work) -> None:
        old, new = (
            key.domain("d").pseudonym("device_id", FORMS[0], Scope.MONTH, 0) for key in keys
        )
        assert work().text(old) == new

    def test_a_key_that_was_not_rotated_maps_nothing(self, keys) -> None:
        with pytest.raises(KeyRefused) as caught:
            Rekey(keys[0], domain="d")
        assert caught.value.code is ErrorCode.KEY_NOT_ROTATED

    def test_an_epoch_that_is_gone_is_mapped_by_its_key_id(self, keys, tmp_path: Path) -> None:
        path = tmp_path / "new"
        path.write_text(f"{OLD_FILE} {LAYER.hex()}")
        path.chmod(0o600)
        keyfile.advance(path, date(2024, 1, 1))
        where = Scope.MONTH, day_of(date(2023, 6, 1))
        old, new = (key.domain("d").pseudonym("device_id", FORMS[0], *where) for key in keys)
        later = PseudonymKey.from_file(path)
        assert Rekey(later, domain="d").text(old) == old
        assert Rekey(later, domain="d", known=[old[4:8]]).text(old) == new

    def test_an_id_of_both_before_and_after_is_refused(self, keys, work) -> None:
        sure = work()
        token = made(keys[0])[0]
        both = sure.text(token)[4:8]
        rekey = work(known=[both])
        with pytest.raises(KeyRefused) as caught:
            rekey.text(f"dev_{both}_{'b' * 24}")
        assert caught.value.code is ErrorCode.KEY_AMBIGUOUS_ID
        with pytest.raises(KeyRefused):
            rekey.key_ids(both)
        mapped = work(known=[both], unmixed=True).text(f"dev_{both}_{'b' * 24}")
        assert mapped[4:8] != both

    def test_a_list_of_key_ids_is_mapped_however_it_is_written(self, keys, work) -> None:
        old, new = (key.domain("d").key_id for key in keys)
        assert work().key_ids(f"{old}, zzzz;{old}") == f"{new}, zzzz;{new}"

    def test_two_rotations_are_mapped_one_after_the_other(self, keys, tmp_path: Path) -> None:
        path = tmp_path / "third"
        path.write_text(f"{OLD_FILE} {LAYER.hex()} {bytes(range(120, 152)).hex()}")
        path.chmod(0o600)
        third = PseudonymKey.from_file(path)
        first = " ".join(made(keys[0]))
        assert Rekey(third, domain="d").text(first) == first
        second = Rekey(keys[1], domain="d").text(first)
        assert Rekey(third, domain="d").text(second) == " ".join(made(third))

    def test_what_is_held_is_bounded(self, keys, work, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("gpsproto.privacy.keys.rekey._CACHE", 8)
        text = " ".join(made(keys[0]))
        rekey = work()
        assert rekey.text(text) == " ".join(made(keys[1]))
        assert len(rekey._made) <= 8


WORDS = st.text("ab_9", min_size=1, max_size=150)


class TestWords:
    @given(
        st.lists(st.tuples(WORDS, st.sampled_from(["\n", ", ", '"'])), max_size=12),
        st.integers(1, 90),
    )
    def test_no_word_that_could_be_a_pseudonym_is_cut(
        self, parts: list[tuple[str, str]], size: int
    ) -> None:
        data = "".join(word + between for word, between in parts).encode()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gpsproto.sinks.rekeyed._AT_ONCE", size)
            pieces = list(words(io.BytesIO(data)))
        assert b"".join(pieces) == data
        whole = {word for word, _ in parts if len(word) <= 64}
        for one, other in pairwise(pieces):
            tail = one.decode().replace('"', " ").replace(",", " ").split(" ")[-1].split("\n")[-1]
            head = other.decode().replace('"', " ").replace(",", " ").split(" ")[0].split("\n")[0]
            if tail and head:
                assert tail + head not in whole

    @pytest.mark.parametrize("size", [1, 7, 64, 90, 4096])
    @pytest.mark.parametrize("behind", ["", "\n", "\nbehind"])
    @pytest.mark.parametrize("length", [64, 65, 66, 200, 1000])
    def test_a_word_without_end_holds_no_pseudonym_and_stays(
        self, keys, work, tmp_path: Path, size: int, behind: str, length: int
    ) -> None:
        old, new = made(keys[0])[0], made(keys[1])[0]
        text = f"{old} {'x' * length}{old}{behind}"
        (tmp_path / "a").write_text(f"{text}\n{old}")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gpsproto.sinks.rekeyed._AT_ONCE", size)
            rekey_store([tmp_path / "a"], tmp_path / "b", work())
        assert (tmp_path / "b").read_text() == f"{new} {'x' * length}{old}{behind}\n{new}"

    @given(cut=st.integers(1, 80))
    def test_a_pseudonym_is_mapped_wherever_the_file_is_cut(
        self, keys, work, tmp_path_factory: pytest.TempPathFactory, cut: int
    ) -> None:
        folder = tmp_path_factory.mktemp("cut")
        (folder / "a").write_text("\n".join(made(keys[0])))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("gpsproto.sinks.rekeyed._AT_ONCE", cut)
            rekey_store([folder / "a"], folder / "b", work())
        assert (folder / "b").read_text() == "\n".join(made(keys[1]))


def dump(record_count: int = 40) -> bytes:
    from gpsproto.build import Record, login, tcp_frame

    parts = []
    for number in range(4):
        parts.append(login(f"35630704244{number:03d}3"))
        records = [
            Record(1_750_000_000_000 + 1_000 * n, elements=[(78, 8, 7 + number * (n % 2))])
            for n in range(record_count)
        ]
        parts.append(tcp_frame(8, records))
    return b"".join(parts)


POLICY = """
name = "drivers"
[pseudonym]
domain = "d"
[allow]
device_id = { action = "pseudonymise" }
driver_id = { action = "pseudonymise" }
time = "keep"
[retain]
device_id = "P1Y"
driver_id = "P1Y"
time = "P1Y"
"""


@pytest.fixture(params=["jsonl", "csv", "parquet", "arrow", "arrows"])
def stores(request: pytest.FixtureRequest, keys, tmp_path: Path) -> tuple[Path, Path]:
    """One dump decoded under the key, and under the rotated one, in each form."""
    pytest.importorskip("pyarrow")
    pytest.importorskip("polars")
    from gpsproto import Policy, decode
    from gpsproto.privacy.provenance import Provenance
    from gpsproto.sinks.arrow import ArrowSink
    from gpsproto.sinks.csvfile import CsvSink
    from gpsproto.sinks.jsonl import JsonLinesSink
    from gpsproto.sinks.parquet import ParquetSink

    (tmp_path / "p.toml").write_text(POLICY)
    (tmp_path / "dump.bin").write_bytes(dump())
    policy = Policy.load(str(tmp_path / "p.toml"))
    suffix = request.param
    found = []
    for name, key in zip(("old", "new"), keys, strict=True):
        path = tmp_path / f"{name}.{suffix}"
        made = Provenance(policy.name, policy.digest, key.domain("d").key_id)
        sink = {
            "jsonl": lambda path=path: JsonLinesSink(path),
            "csv": lambda path=path: CsvSink(path),
            "parquet": lambda path=path, made=made: ParquetSink(path, made=made),
            "arrow": lambda path=path, made=made: ArrowSink(path, made=made),
            "arrows": lambda path=path, made=made: ArrowSink(path, made=made, stream=True),
        }[suffix]()
        with sink:
            for batch in decode(tmp_path / "dump.bin", policy=policy, key=key, batch_records=255):
                sink.write(batch)
        found.append(path)
    return found[0], found[1]


def read(path: Path) -> object:
    """Rows and metadata."""
    if path.suffix in (".jsonl", ".csv"):
        return path.read_text()
    import pyarrow as pa
    import pyarrow.parquet as pq

    if path.suffix == ".parquet":
        table = pq.read_table(path)
        groups = [pq.ParquetFile(path).metadata.row_group(n).num_rows for n in range(1)]
    else:
        with pa.OSFile(str(path)) as file:
            opened = pa.ipc.open_stream if path.suffix == ".arrows" else pa.ipc.open_file
            table = opened(file).read_all()
        groups = []
    return table.schema, table.schema.metadata, groups, table.to_pylist()


class TestStores:
    def test_a_store_rekeyed_is_what_the_new_key_decodes(self, stores, work, tmp_path) -> None:
        out = tmp_path / f"out{stores[0].suffix}"
        rekey = work()
        rekey_store([stores[0]], out, rekey)
        assert read(out) == read(stores[1])
        assert rekey.renewed
        assert rekey.foreign == 0

    def test_no_old_pseudonym_and_no_old_key_id_is_left_in_its_bytes(
        self, keys, stores, work, tmp_path
    ) -> None:
        out = tmp_path / f"out{stores[0].suffix}"
        rekey_store([stores[0]], out, work())
        if out.suffix in (".jsonl", ".csv"):
            assert f"_{keys[0].domain('d').key_id}_".encode() not in out.read_bytes()
        else:
            assert keys[0].domain("d").key_id not in repr(read(out))

    def test_nothing_stands_there_where_an_id_is_of_both(self, stores, work, tmp_path) -> None:
        out = tmp_path / f"out{stores[0].suffix}"
        before = set(tmp_path.iterdir())
        both = work()._key.renewed_key_id(work()._key.former_key_id(Scope.STABLE))
        with pytest.raises(KeyRefused):
            rekey_store([stores[1]], out, work(known=[both]))
        assert set(tmp_path.iterdir()) == before

    def test_several_stores_become_a_folder(self, stores, work, tmp_path) -> None:
        out = tmp_path / "out"
        rekey_store([stores[0], stores[0]], out, work())
        names = sorted(path.name for path in out.iterdir())
        assert names == [f"1-{stores[0].name}", f"2-{stores[0].name}"]
        assert all(read(path) == read(stores[1]) for path in out.iterdir())

    def test_a_folder_is_written_whole_or_not_at_all(self, stores, work, tmp_path) -> None:
        folder = tmp_path / "store"
        (folder / "deep").mkdir(parents=True)
        (folder / "deep" / stores[0].name).write_bytes(stores[0].read_bytes())
        (folder / ".x.part").write_bytes(b"not whole")
        rekey_store([folder], tmp_path / "out", work())
        assert read(tmp_path / "out" / "deep" / stores[0].name) == read(stores[1])
        assert not (tmp_path / "out" / ".x.part").exists()
        (folder / "zz").write_bytes(b"\0\0")
        with pytest.raises(GpsprotoError):
            rekey_store([folder], tmp_path / "other", work())
        assert not (tmp_path / "other").exists()
        assert not list(tmp_path.glob(".*.part"))

    def test_a_damaged_store_is_refused_and_nothing_written(self, stores, work, tmp_path) -> None:
        if stores[0].suffix in (".jsonl", ".csv"):
            pytest.skip("any text is text")
        data = stores[0].read_bytes()
        stores[0].write_bytes(data[: len(data) // 2])
        before = set(tmp_path.iterdir())
        with pytest.raises(GpsprotoError) as caught:
            rekey_store([stores[0]], tmp_path / "out", work())
        assert caught.value.code is ErrorCode.STORE_UNREADABLE
        assert caught.value.__context__ is None
        assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("content", [None, b"\0\1\2", b"\x1f\x8b\x08", b"PAR1"])
def test_what_is_no_store_is_refused(work, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(GpsprotoError) as caught:
        rekey_store([tmp_path / "a"], tmp_path / "out", work())
    assert caught.value.code is ErrorCode.STORE_UNREADABLE
    assert caught.value.__context__ is None
    assert not (tmp_path / "out").exists()


def test_a_place_that_cannot_be_written_is_refused(work, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("text")
    with pytest.raises(SinkError):
        rekey_store([tmp_path / "a"], tmp_path / "no" / "out", work())
    with pytest.raises(SinkError):
        rekey_store([tmp_path], tmp_path / "no" / "out", work())


def test_folders_named_by_subjects_are_named_anew(keys, work, tmp_path: Path) -> None:
    old, new = (key.domain("d").pseudonym("device_id", FORMS[0]) for key in keys)
    folder = tmp_path / "store" / f"subject={old}"
    folder.mkdir(parents=True)
    (folder / "a.jsonl").write_text(json.dumps({"subject": old}))
    rekey_store([tmp_path / "store"], tmp_path / "out", work())
    found = (tmp_path / "out" / f"subject={new}" / "a.jsonl").read_text()
    assert json.loads(found) == {"subject": new}


class TestColumns:
    def table(self, keys, number: int):
        pa = pytest.importorskip("pyarrow")
        tokens = [key.domain("d").pseudonym("device_id", FORMS[0]) for key in keys]
        token = tokens[number]
        return pa.table({
            "subject": pa.array([token, None, "unknown_1", token]),
            "pseudonyms": pa.array(
                [[("sim_id", token)], None, [], [("a", None), ("b", token)]],
                pa.map_(pa.string(), pa.string()),
            ),
            "other": pa.array([1, 2, 3, 4], pa.int64()),
        })  # fmt: skip

    @pytest.mark.parametrize("begin", [0, 1, 3])
    @pytest.mark.parametrize("coded", [False, True])
    def test_nulls_slices_and_dictionaries_stay_what_they_are(
        self, keys, work, tmp_path: Path, begin: int, coded: bool
    ) -> None:
        pa = pytest.importorskip("pyarrow")
        old, new = (self.table(keys, number).slice(begin) for number in range(2))
        if coded:
            column = old["subject"].dictionary_encode()
            old = old.set_column(0, "subject", column)
        with pa.OSFile(str(tmp_path / "a"), "wb") as file:
            with pa.ipc.new_file(file, old.schema) as writer:
                for batch in old.to_batches():
                    writer.write_batch(batch)
        rekey = work()
        rekey_store([tmp_path / "a"], tmp_path / "b", rekey)
        with pa.OSFile(str(tmp_path / "b")) as file:
            found = pa.ipc.open_file(file).read_all()
        assert found.schema.equals(old.schema)
        assert found.to_pylist() == new.to_pylist()
        assert rekey.renewed == {0: 4, 1: 2, 3: 2}[begin]

    def test_a_table_without_our_columns_stays(self, work, tmp_path: Path) -> None:
        pa = pytest.importorskip("pyarrow")
        import pyarrow.parquet as pq

        table = pa.table({"x": [1, 2], "y": ["a", None], "z": [0.5, None]})
        pq.write_table(table, tmp_path / "a")
        rekey_store([tmp_path / "a"], tmp_path / "b", work())
        assert pq.read_table(tmp_path / "b").to_pylist() == table.to_pylist()

    def test_row_groups_stay_as_they_are(self, keys, work, tmp_path: Path) -> None:
        import pyarrow.parquet as pq

        pq.write_table(self.table(keys, 0), tmp_path / "a", row_group_size=3)
        rekey_store([tmp_path / "a"], tmp_path / "b", work())
        found = pq.ParquetFile(tmp_path / "b")
        assert [found.metadata.row_group(n).num_rows for n in range(2)] == [3, 1]
        assert found.read().to_pylist() == self.table(keys, 1).to_pylist()
