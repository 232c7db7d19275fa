from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpsproto
from gpsproto.build import Record, login, tcp_frame
from gpsproto.privacy import schema as declared
from gpsproto.privacy.batch import FilteredBatch
from gpsproto.privacy.columns import READERS
from tests.strategies import CODECS, IMEI, record_lists
from tests.unit import lock

pa = pytest.importorskip("pyarrow", reason="Arrow comes with the extra arrow")

KEY = gpsproto.PseudonymKey(bytes(range(32)))
FULL = Record(
    1_750_000_000_123, 48_950_001, 523_700_000, -3, 359, 9, 87, 1, 239,
    elements=[(239, 1, 1), (66, 2, 12_500), (25, 2, 7), (26, 2, 4), (236, 1, 1), (72, 4, 90)],
)  # fmt: skip
BARE = Record(1_750_000_001_000)
NO_TIME = Record((1 << 64) - 1, satellites=3)
OTHERS = gpsproto.Policy.from_toml(
    'name = "drivers"\n[pseudonym]\ndomain = "d"\n[allow]\ntime = "keep"\n'
    'driver_id = { action = "pseudonymise" }\n[retain]\ntime = "P1M"\ndriver_id = "P1M"\n'
)


def batch(records: list[Record], *, codec: int = 8, **options: Any) -> FilteredBatch:
    data = login(IMEI) + tcp_frame(codec, records)
    (found,) = gpsproto.decode(data, key=KEY, **options)
    return found


def leaves(array: Any) -> Iterator[Any]:
    """An array and every array below it."""
    yield array
    if pa.types.is_struct(array.type):
        for place in range(array.type.num_fields):
            yield from leaves(array.field(place))
    elif pa.types.is_map(array.type):
        yield from leaves(array.keys)
        yield from leaves(array.items)
    elif pa.types.is_list(array.type):
        yield from leaves(array.values)


def under_nulls(array: Any) -> bytes:
    """The bytes that stand under the nulls of an array, read from its raw buffers."""
    if array.null_count == 0 or pa.types.is_struct(array.type):
        return b""
    bits = np.frombuffer(array.buffers()[0], np.uint8)
    rows = len(array)
    nulls = np.unpackbits(bits, bitorder="little")[:rows] == 0
    assert not np.unpackbits(bits[: (rows + 7) // 8], bitorder="little")[rows:].any()
    content = array.buffers()[1]
    if pa.types.is_boolean(array.type):
        held = np.unpackbits(np.frombuffer(content, np.uint8), bitorder="little")[:rows]
        return held[nulls].tobytes()
    if pa.types.is_string(array.type) or pa.types.is_nested(array.type):
        offsets = np.frombuffer(content, np.int32)[: rows + 1]
        return np.diff(offsets)[nulls].tobytes()
    width = array.type.bit_width // 8
    cells = np.frombuffer(content, np.uint8)[: rows * width].reshape(rows, width)
    return cells[nulls].tobytes()


def plain(value: Any) -> Any:
    return None if value is None else dict(value)


def test_the_schema_is_the_locked_one() -> None:
    assert [*lock.schema_lines()] == lock.SCHEMA_LOCK.read_text().splitlines(), (
        "a change of the schema is a change of its version; then run: make lock"
    )


def test_arrow_spells_the_types_as_the_schema_does() -> None:
    schema = batch([BARE]).to_arrow().schema
    spelled = {
        field.name: str(field.type).replace("item: ", "") + " not null" * (not field.nullable)
        for field in schema
    }
    assert spelled == declared.columns()


def test_the_schema_holds_every_column_that_a_batch_can_name() -> None:
    assert set(READERS) - {"generation_type"} <= set(declared.columns())
    assert set(declared.core_elements()) <= set(declared.columns())


def test_what_leaves_is_plain() -> None:
    for field in batch([FULL]).to_arrow().schema:
        assert not pa.types.is_unsigned_integer(field.type)
        assert not pa.types.is_dictionary(field.type)
        assert not pa.types.is_timestamp(field.type) or str(field.type).endswith("[us, tz=UTC]")


@given(st.sampled_from(CODECS), st.data())
def test_every_batch_has_one_schema_and_is_whole(codec: int, data: st.DataObject) -> None:
    table = batch(data.draw(record_lists(codec)), codec=codec).to_arrow()
    table.validate(full=True)
    assert table.schema.equals(batch([BARE]).to_arrow().schema, check_metadata=True)


@given(st.sampled_from(CODECS), st.data())
def test_the_table_holds_what_the_columns_hold(codec: int, data: st.DataObject) -> None:
    found = batch(data.draw(record_lists(codec)), codec=codec)
    table = found.to_arrow()
    assert len(table) == len(found)
    for name in set(declared.columns()) - {"attributes", "pseudonyms"}:
        values, validity = found.column(name)
        column = table[name]
        if values.dtype.kind == "M":
            column = column.cast(pa.int64() if values.dtype == "M8[us]" else pa.int32())
            values = values.view(np.int64)
        wanted = [v if ok else None for v, ok in zip(values.tolist(), validity, strict=True)]
        assert column.to_pylist() == wanted, name


@given(st.sampled_from(CODECS), st.data())
def test_attributes_are_those_of_the_rows(codec: int, data: st.DataObject) -> None:
    found = batch(
        [
            Record(**{**{n: getattr(r, n) for n in Record.__slots__}, "timestamp_ms": 1})
            for r in data.draw(record_lists(codec))
        ],
        codec=codec,
    )
    rows = [row.get("attributes") for row in found.rows()]
    assert [plain(value) for value in found.to_arrow()["attributes"].to_pylist()] == rows


@given(st.sampled_from(CODECS), st.data())
def test_under_every_null_every_buffer_is_zero(codec: int, data: st.DataObject) -> None:
    records = [*data.draw(record_lists(codec)), NO_TIME]
    table = batch(records, codec=codec).to_arrow()
    for name, column in zip(table.column_names, table.columns, strict=True):
        for array in leaves(column.chunk(0)):
            assert not any(under_nulls(array)), name


def test_the_attribute_map_gives_offsets_codes_and_values() -> None:
    found = batch([FULL, BARE, FULL]).attribute_map()
    assert found.offsets.tolist() == [0, 3, 3, 6]
    assert [found.labels[code] for code in found.codes] == ["alarm_event", "avl_25", "avl_26"] * 2
    assert found.values.tolist() == [1.0, 7.0, 4.0] * 2


def test_the_core_elements_are_those_that_the_catalog_marks() -> None:
    assert set(declared.CORE) == set(gpsproto.catalog.load().core_names())


def test_pseudonyms_are_a_map_of_kind_to_pseudonym() -> None:
    tag = Record(1_750_000_000_000, elements=[(78, 8, 0x0123456789ABCDEF)])
    table = batch([tag, BARE], policy=OTHERS).to_arrow()
    first, second = table["pseudonyms"].to_pylist()
    assert [kind for kind, _ in first] == ["driver_id"]
    assert second is None


def test_alarms_are_a_list_and_cells_are_reserved() -> None:
    table = batch([FULL, BARE]).to_arrow()
    assert table["alarms"].to_pylist() == [["alarm_event"], None]
    assert table["cells"].null_count == table["states"].null_count == 2


def test_tables_of_several_batches_are_concatenated() -> None:
    data = login(IMEI) + b"".join(tcp_frame(8, [FULL] * 20 + [BARE] * 5) for _ in range(100))
    tables = [found.to_arrow() for found in gpsproto.decode(data, key=KEY, batch_records=300)]
    assert len(tables) > 5
    assert len(pa.concat_tables(tables)) == 2_500


def test_metadata_say_how_the_records_were_made() -> None:
    policy = gpsproto.Policy.load("tracking")
    found = batch([FULL])
    assert found.to_arrow().schema.metadata == {
        b"gpsproto.schema_version": b"1",
        b"gpsproto.policy_name": b"tracking",
        b"gpsproto.policy_digest": policy.digest.encode(),
        b"gpsproto.key_ids": found.key_id.encode(),
        b"gpsproto.version": gpsproto.__version__.encode(),
    }


def test_a_table_outlives_its_batch_and_the_use_of_its_memory_again() -> None:
    # large enough that blocks are lent again
    data = login(IMEI) + tcp_frame(8, [FULL] * 20) * 250
    other = login(IMEI) + tcp_frame(8, [BARE] * 20) * 250
    (first,) = gpsproto.decode(data, key=KEY)
    table = first.to_arrow()
    kept = table.to_pylist()
    del first
    gc.collect()
    for _ in range(5):
        list(gpsproto.decode(other, key=KEY))
    assert table.to_pylist() == kept


def test_a_column_that_no_record_holds_takes_no_memory_of_its_own() -> None:
    table = batch([BARE] * 200).to_arrow()
    addresses = {
        buffer.address
        for name in ("accuracy_m", "received_at", "ignition", "states")
        for buffer in table[name].chunk(0).buffers()
        if buffer is not None and buffer.size
    }
    assert len(addresses) <= 2


def test_a_batch_is_a_stream_for_whoever_reads_arrow() -> None:
    found = batch([FULL, BARE])
    read = pa.RecordBatchReader.from_stream(found).read_all()
    assert read.equals(found.to_arrow())


def test_pandas_takes_a_batch() -> None:
    pytest.importorskip("pandas")
    frame = batch([FULL, BARE]).to_arrow().to_pandas()
    assert frame["latitude"].tolist()[0] == 52.37
    assert str(frame["time"].dtype).endswith("UTC]")


def test_polars_takes_a_batch() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(batch([FULL, BARE]))
    assert frame["latitude"].to_list() == [52.37, None]


def test_duckdb_takes_a_batch() -> None:
    duckdb = pytest.importorskip("duckdb")
    records = batch([FULL, BARE]).to_arrow()
    assert len(records) == 2
    assert duckdb.sql("SELECT max(latitude) FROM records").fetchall() == [(52.37,)]


def test_without_the_extra_the_error_names_it() -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "import gpsproto\nfrom gpsproto.build import Record, tcp_frame\n"
        "batch = next(gpsproto.decode(tcp_frame(8, [Record(1)])))\n"
        "try: batch.to_arrow()\n"
        "except gpsproto.ExtraMissing as error: print(error, error.__context__)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.stdout.endswith(b"run: pip install 'gpsproto[arrow]' None\n"), done.stderr


def test_the_library_does_without_arrow_until_it_is_asked_for() -> None:
    code = "import sys, gpsproto; print({'pyarrow', 'polars'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout == b"set()\n"
