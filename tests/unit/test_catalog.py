from __future__ import annotations

import csv
import keyword
import re
from collections import defaultdict
from decimal import Decimal
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import catalog
from gpsproto.catalog import (
    ANY_WIDTH,
    FAMILIES,
    IDENTITY_PARTS,
    OURS,
    PARENTS,
    PRIVATE_ORDERS,
    VARIABLE,
    Catalog,
    Meaning,
)  # fmt: skip
from gpsproto.category import FLOOR, IDENTITIES, STRICTNESS, Category
from gpsproto.privacy.columns import READERS
from gpsproto.walk import codes
from tests.conftest import SHARED
from tests.unit import lock

pytestmark = pytest.mark.once

HEADER = [
    "families", "id", "width", "name", "signed", "scale", "offset", "category", "null_raw",
    "labels", "core", "note",
]  # fmt: skip
with (resources.files(catalog) / "avl.csv").open(encoding="utf-8", newline="") as _file:
    LINES = list(csv.reader(_file))
ROWS = [dict(zip(HEADER, line, strict=False)) for line in LINES[1:]]
KNOWN = catalog.load()
PAIRS = sorted(KNOWN.pairs())
CHOICES = [None, *FAMILIES]
FACTS = SHARED / "data" / "avl_facts.csv"


def width(row: dict[str, str]) -> int:
    return VARIABLE if row["width"] == "var" else int(row["width"])


def pair(row: dict[str, str]) -> tuple[int, int]:
    return int(row["id"]), width(row)


BY_PAIR: dict[tuple[int, int], list[dict[str, str]]] = defaultdict(list)
for _row in ROWS:
    BY_PAIR[pair(_row)].append(_row)


def rows_of(id: int, size: int, family: str | None) -> list[dict[str, str]]:
    """The rows that count in a family: those of its refinements too; in one of those, its own."""
    rows = BY_PAIR.get((id, size), [])
    if family is None:
        return rows
    if family in PARENTS:
        own = [row for row in rows if family in row["families"].split(";")]
        return own or [row for row in rows if PARENTS[family] in row["families"].split(";")]
    keys = {family, *(child for child, parent in PARENTS.items() if parent == family)}
    found = [row for row in rows if keys & set(row["families"].split(";"))]
    if not found and size in ANY_WIDTH.get(family, ()):  # its codec gives an element no width
        return rows_of(id, VARIABLE, family)
    return found


def reading(row: dict[str, str]) -> tuple[str, ...]:
    return tuple(row[key] for key in ("name", "signed", "scale", "offset", "null_raw"))


def is_ambiguous(id: int, size: int, family: str | None) -> bool:
    return len({reading(row) for row in rows_of(id, size, family)}) > 1


def extremes(meaning: Meaning) -> tuple[int, int]:
    """The least and greatest raw value."""
    bits = 8 * (meaning.width or 8)
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if meaning.signed else (0, (1 << bits) - 1)


def test_the_table_has_its_columns_in_every_row() -> None:
    assert LINES[0] == HEADER
    assert not [line for line in LINES if len(line) != len(HEADER)]


def test_every_row_is_a_meaning() -> None:
    assert len(KNOWN.meanings) == len(ROWS) > 150
    for row, meaning in zip(ROWS, KNOWN.meanings, strict=True):
        assert pair(row) == (meaning.id, meaning.width)
        assert row["name"] == meaning.name
        assert row["category"] == meaning.category.value


def test_every_row_is_written_as_the_others() -> None:
    for row in ROWS:
        families = row["families"].split(";")
        assert families == [key for key in FAMILIES if key in families], row
        assert row["signed"] in ("0", "1"), row
        assert re.fullmatch(r"var|[1-9][0-9]{0,3}", row["width"]), row
        assert re.fullmatch(r"[1-9][0-9]{0,4}", row["id"]), row
        assert 0 < int(row["id"]) < 65_536, row
        assert Decimal(row["scale"]) > 0, row
        assert re.fullmatch(r"((-?[0-9]+)(;-?[0-9]+)*)?", row["null_raw"]), row
        assert not {*"".join(row.values())} & {*'\n\r\t,"'}, row


def test_the_rows_stand_in_the_order_of_their_ids() -> None:
    ids = [int(row["id"]) for row in ROWS]
    assert ids == sorted(ids)


def test_every_family_has_meanings_and_a_refinement_has_one_parent() -> None:
    assert {family for row in ROWS for family in row["families"].split(";")} == {*FAMILIES}
    assert not {*PARENTS.values()} & {*PARENTS}
    assert {*PARENTS, *PARENTS.values()} <= {*FAMILIES}


def test_a_pair_has_one_meaning_in_a_family() -> None:
    found = defaultdict(list)
    for row in ROWS:
        for family in row["families"].split(";"):
            found[family, *pair(row)].append(row["name"])
    assert not {key: names for key, names in found.items() if len(names) > 1}


def test_a_name_is_of_one_category() -> None:
    found = defaultdict(set)
    for meaning in KNOWN.meanings:
        found[meaning.name].add(meaning.category)
    assert not {name: categories for name, categories in found.items() if len(categories) > 1}


def test_a_name_has_no_two_labels_for_a_value() -> None:
    found = defaultdict(set)
    for meaning in KNOWN.meanings:
        for value, label in meaning.labels:
            found[meaning.name, value].add(label)
    assert not {key: labels for key, labels in found.items() if len(labels) > 1}


def test_a_name_has_two_ids_in_a_family_only_where_the_id_moved() -> None:
    found = defaultdict(set)
    for row in ROWS:
        if int(row["id"]) >= codes.OURS:  # what has no id of the device's may be an element too
            continue
        for family in row["families"].split(";"):
            found[family, row["name"]].add(row["id"])
    twice = {name for (_, name), ids in found.items() if len(ids) > 1}
    assert twice == {
        *(f"geofence_zone_{n}_state" for n in (38, 39, 40, 41, 48)),
        "modem_uptime_s", "lte_rsrp_dbm", "lte_rsrq_db", "dsm_com2_mask_event",
        "isobus_front_pto_shaft_speed_rpm", "isobus_rear_pto_set_speed_rpm",
        "isobus_rear_pto_economy_mode", "isobus_front_pto_set_speed_command_rpm",
        "isobus_rear_pto_set_speed_command_rpm",
    }  # fmt: skip


UNITS = {
    "percent", "c", "km", "m", "mm", "mv", "v", "ma", "a", "rpm", "kmh", "kpa", "bar", "kg", "t", "l",
    "ml", "s", "ms", "min", "h", "deg", "hz", "kwh", "wh", "kw", "w", "mg", "db", "dbm", "lx", "n",
}  # fmt: skip


def test_a_unit_stands_in_a_name_once() -> None:
    for name in KNOWN.names():
        words = name.split("_")
        assert words[-1] not in UNITS or len(words) == 1 or words[-2] != words[-1], name


def test_a_name_without_a_scale_is_a_count_a_code_or_raw() -> None:
    for meaning in KNOWN.meanings:
        if meaning.name.endswith("_raw"):
            assert (meaning.scale, meaning.offset) == (1, 0), meaning


def test_core_names_are_few_and_every_row_of_a_name_says_it_is_core() -> None:
    core = {row["name"] for row in ROWS if row["core"] == "1"}
    assert not {row["name"] for row in ROWS if row["core"] != "1"} & core
    assert {row["core"] for row in ROWS} == {"", "1"}
    assert {*KNOWN.core_names()} == core
    assert [*KNOWN.core_names()] == [name for name in KNOWN.names() if name in core]
    assert 35 <= len(core) <= 40
    assert {"ignition", "movement", "external_voltage_mv", "total_odometer_m"} <= core


def test_a_core_name_has_cells_and_is_no_identifier() -> None:
    for meaning in KNOWN.meanings:
        if meaning.core:
            assert meaning.category not in IDENTITIES | FLOOR, meaning
            assert meaning.width in (1, 2, 4, 8) or meaning.families == {"GH"}, meaning


def test_a_name_is_whole_numbers_everywhere_or_nowhere() -> None:
    found = defaultdict(set)
    for meaning in KNOWN.meanings:
        found[meaning.name].add(meaning.integral)
    twofold = {name for name, kinds in found.items() if len(kinds) > 1}
    # whole degrees in a simple list, hundredths in any other; so the column is a float
    assert twofold == {f"beacon_{n}_temperature_c" for n in range(1, 11)}


def test_the_type_of_a_column_holds_every_value_of_its_name() -> None:
    fractional = {meaning.name for meaning in KNOWN.meanings if not meaning.integral}
    for meaning in KNOWN.meanings:
        dtype = KNOWN.dtype(meaning.name)
        assert dtype is not None, meaning
        if meaning.name in fractional:
            assert dtype == np.float64, meaning
            continue
        assert dtype.kind == "i", meaning
        if meaning.width in (1, 2, 4):
            limits = np.iinfo(dtype)
            for raw in extremes(meaning):
                assert limits.min <= raw * meaning.scale + meaning.offset <= limits.max, meaning


def test_a_name_of_nothing_has_no_type() -> None:
    assert KNOWN.dtype("no_such_name") is None


def test_a_name_can_be_a_column() -> None:
    for name in KNOWN.names():
        assert re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name), name
        assert not keyword.iskeyword(name), name
        assert name not in READERS, name
        assert not name.startswith("avl_"), name
        assert name != "attributes"


def test_what_a_raw_value_means_is_said_of_values_that_can_be() -> None:
    for meaning in KNOWN.meanings:
        least, greatest = extremes(meaning)
        values = [*meaning.null_raw, *(value for value, _ in meaning.labels)]
        assert all(least <= value <= greatest for value in values), meaning
        assert len(set(values)) == len(values), meaning


def test_the_strictest_category_of_a_pair_wins() -> None:
    for key in PAIRS:
        for family in CHOICES:
            categories = [Category(row["category"]) for row in rows_of(*key, family)]
            strictest = min(categories, key=list(Category).index, default=None)
            assert KNOWN.category(*key, family) == strictest, (key, family)


def test_without_a_family_no_pair_is_milder_than_in_any() -> None:
    for key in PAIRS:
        ranks = [STRICTNESS[KNOWN.category(*key, f) or Category.TIME] for f in KNOWN.families(*key)]
        anywhere = KNOWN.category(*key, None)
        assert anywhere is not None, key
        assert STRICTNESS[anywhere] == min(ranks), key


def test_some_pairs_are_ambiguous() -> None:
    found = {key for key in PAIRS if is_ambiguous(*key, None)}
    assert {(25, 2), (60, 2), (252, 1)} <= found


def test_an_ambiguous_pair_has_no_meaning_and_any_other_has_its_one() -> None:
    for key in PAIRS:
        for family in CHOICES:
            found = KNOWN.meaning(*key, family)
            rows = rows_of(*key, family)
            assert KNOWN.categories(*key, family) == {Category(row["category"]) for row in rows}
            if is_ambiguous(*key, family) or not rows:
                assert found is None, (key, family)
            else:
                assert found is not None, (key, family)
                assert found.name == rows[0]["name"], (key, family)


def test_a_pair_has_one_meaning_in_each_family_that_no_other_refines() -> None:
    for key in PAIRS:
        known = KNOWN.families(*key)
        assert {f for f in known if KNOWN.meaning(*key, f) is None} <= {*PARENTS.values()}, key
        assert known == {f for f in FAMILIES if rows_of(*key, f)}, key


def test_a_pair_that_a_refinement_reads_otherwise_is_ambiguous_in_its_family() -> None:
    own = Meaning(
        frozenset({"FMC650"}), 7, 1, "own", False, Decimal(1), Decimal(0), Category.ZONE, (), (),
    )  # fmt: skip
    general = own._replace(families=frozenset({"FMX6"}), name="general", category=Category.STATUS)
    other = own._replace(id=8)
    found = Catalog((general, own, other))
    assert found.meaning(7, 1, "FMX6") is None
    assert found.categories(7, 1, "FMX6") == {Category.ZONE, Category.STATUS}
    assert found.meaning(7, 1, "FMC650") == own
    assert found.categories(7, 1, "FMC650") == {Category.ZONE}
    assert found.meaning(7, 1, "FMM650") == general
    assert found.meaning(8, 1, "FMX6") == other
    assert found.meaning(8, 1, "FMM650") is None
    assert not found.categories(8, 1, "FMM650")
    assert found.families(7, 1) == {"FMX6", "FMB641", "FMC650", "FMM650"}
    assert found.families(8, 1) == {"FMX6", "FMC650"}
    assert not found.families(9, 1)


@given(st.integers(0, 65_535), st.integers(0, 600), st.sampled_from(CHOICES))
def test_what_is_not_in_the_table_has_neither_meaning_nor_category(
    id: int, size: int, family: str | None
) -> None:
    known = bool(rows_of(id, size, family))
    assert (KNOWN.category(id, size, family) is not None) is known
    assert known or KNOWN.meaning(id, size, family) is None
    assert bool(KNOWN.families(id, size)) is bool(rows_of(id, size, None))


@pytest.mark.no_cover
def test_an_event_is_of_every_category_of_all_widths_of_its_id() -> None:
    assert not {id for id in KNOWN.ids() if id >= OURS}
    for id in KNOWN.ids():
        for family in CHOICES:
            sizes = [size for other, size in PAIRS if other == id and rows_of(id, size, family)]
            rows = [row for size in sizes for row in rows_of(id, size, family)]
            if not rows:
                assert KNOWN.event(id, family) is None
                continue
            names = {row["name"] for row in rows}
            clear = len(names) == 1 and not any(is_ambiguous(id, s, family) for s in sizes)
            assert KNOWN.event(id, family) == (
                names.pop() if clear else f"avl_{id}",
                frozenset(Category(row["category"]) for row in rows),
            )


def test_what_has_no_width_in_a_family_is_read_at_every_width_that_its_codec_sends() -> None:
    found = {(id, width) for id, width in KNOWN.pairs("GH") if KNOWN.categories(id, width, "GH")}
    for row in ROWS:
        if row["families"] == "GH" and row["width"] == "var":
            for size in (1, 2, 4):
                meaning = KNOWN.meaning(int(row["id"]), size, "GH")
                assert meaning is not None
                assert (meaning.name, meaning.width) == (row["name"], size)
                assert (int(row["id"]), size) in found
    assert KNOWN.meaning(1, 8, "GH") is None


def test_what_has_no_width_in_a_family_changes_nothing_elsewhere() -> None:
    assert ANY_WIDTH == {"GH": (1, 2, 4)}
    for family in (None, *FAMILIES):
        if family != "GH":
            assert [*KNOWN.pairs(family)] == PAIRS
    assert KNOWN.event(1, None) == ("avl_1", {Category.STATUS})
    found = KNOWN.meaning(1, 1, None)
    assert found is not None
    assert found.name == "digital_input_1_state"
    assert not KNOWN.categories(1, 2, None)


def test_an_event_with_several_names_bears_none_of_them() -> None:
    assert KNOWN.event(11, None) == ("avl_11", {Category.SIM_ID, Category.STATUS})
    assert KNOWN.event(11, "FMX6") == ("analog_input_3_mv", {Category.STATUS})


def test_an_event_that_is_not_in_the_table_is_none() -> None:
    assert KNOWN.event(65_000, None) is None
    assert KNOWN.event(0, None) is None


def test_no_event_is_named_by_an_id_of_ours() -> None:
    ours = {id for id, _ in PAIRS if id >= OURS}
    assert ours
    assert {KNOWN.event(id, None) for id in ours} == {None}


def test_the_order_to_be_private_is_one_byte_and_nothing_milder() -> None:
    for (id, size), value in PRIVATE_ORDERS.items():
        assert size == 1
        assert 0 <= value <= 255
        for family in KNOWN.families(id, size):
            assert KNOWN.category(id, size, family) is Category.PRIVATE_MODE
    assert PRIVATE_ORDERS == {(391, 1): 1, (250, 1): 3, (10543, 1): 1}


def test_the_parts_of_an_identifier_are_of_its_category() -> None:
    for kind, parts in IDENTITY_PARTS.items():
        assert {KNOWN.category(*part, None) for part in parts} == {kind}
        assert {size for _, size in parts} == {8}
    every = [part for parts in IDENTITY_PARTS.values() for part in parts]
    assert len(set(every)) == len(every)


PERILOUS = {
    (218, 8): "sim_id", (11, 8): "sim_id", (14, 8): "sim_id", (78, 8): "driver_id",
    (256, 17): "vehicle_id", (235, 1): "vehicle_id", (387, 34): "location", (257, 0): "location",
    (205, 2): "net_location", (205, 4): "net_location", (636, 4): "net_location",
    (206, 2): "net_location", (241, 4): "roaming", (175, 1): "zone", (253, 1): "behaviour",
    (250, 1): "private_mode", (391, 1): "private_mode", (16, 4): "counter", (199, 4): "counter",
    (101, 8): "device_id", (388, 17): "device_id", (385, 0): "third_party_id",
}  # fmt: skip


def test_what_the_leak_surface_lists_is_what_it_says() -> None:
    assert {key: KNOWN.category(*key, None) for key in PERILOUS} == PERILOUS


@pytest.mark.parametrize("name", ["FMB", "fmb", "Fmx6"])
def test_a_family_is_named_in_any_case(name: str) -> None:
    assert catalog.family_key(name) in FAMILIES


MODELS = {
    "FM1120": "FM11", "FM3612": "FM36", "FM36M1": "FM36", "FMB920": "FMB", "fmc125": "FMB",
    "FMM130": "FMB", "FMU126": "FMB", "FMC880": "FMB", "FMB640": "FMX6", "FMM640": "FMX6",
    "fmx6": "FMX6", "FMC650": "FMC650", "FMM650": "FMM650", "FMB641": "FMB641", "FMC150": "FMB150",
    "FMB250": "FMB150", "FMB003": "OBD", "FMM00A": "OBD", "TAT100": "TAT", "TMT250": "TAT",
    "GH5200": "TAT", "GH3000": "GH", "GH1202": "GH", "TFT100": "TFT", "TST100": "TST",
    "FTC921": "FT", "FTM887": "FT", "FMT100": "FMB",
}  # fmt: skip


@pytest.mark.parametrize("model", MODELS)
def test_a_model_is_of_its_family(model: str) -> None:
    assert catalog.family_key(model) == MODELS[model]
    assert catalog.family_key(model.swapcase()) == MODELS[model]


@pytest.mark.parametrize("key", FAMILIES)
def test_a_key_is_its_own_family(key: str) -> None:
    assert catalog.family_key(key.lower()) == key


@pytest.mark.parametrize("name", ["", "FMB92", "FMB9200", "FM6320", "FMB12٣", "490154203237518"])
def test_an_unknown_family_is_refused_and_not_quoted(name: str) -> None:
    with pytest.raises(ValueError, match="FM11, FM36, FMB, FMB150, OBD") as caught:
        catalog.family_key(name)
    assert not name or name not in str(caught.value).split("one of")[0]


def test_a_catalog_of_a_meaning_with_an_offset_is_wide_enough() -> None:
    families, category = frozenset({"FMB"}), Category.STATUS
    cases = [(1, 0, np.int16), (1, -40, np.int16), (2, 0, np.int32), (4, 0, np.int64)]
    for size, offset, dtype in [*cases, (1, Decimal("0.5"), np.float64), (1, 40_000, np.int32)]:
        meaning = Meaning(
            families, 1, size, "n", False, Decimal(1), Decimal(offset), category, (), (),
        )  # fmt: skip
        assert Catalog((meaning,)).dtype("n") == dtype


def test_the_categories_are_those_of_the_lock_file() -> None:
    locked = lock.LOCK.read_text("ascii").splitlines()
    changed = sorted({*locked} ^ {*lock.lines()}, key=lambda line: int(line.split()[0]))
    assert not changed, (
        "the category of an element has changed; if the change is meant, run: make lock, "
        f"and let its diff be reviewed. Lines that differ: {changed}"
    )
    assert locked == list(lock.lines())


def test_the_lock_file_shows_a_category_that_only_one_family_has() -> None:
    assert "108 2 counter FMB=vehicle_tech TAT=vehicle_tech TFT=vehicle_tech TST=vehicle_tech" in (
        lock.lines()
    )


def test_the_lock_script_writes_the_files_as_they_stand(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = {"LOCK": lock.lines, "WATCH_LOCK": lock.watch_lines, "SCHEMA_LOCK": lock.schema_lines}
    for name in wanted:
        monkeypatch.setattr(lock, name, tmp_path / f"{name}.txt")
    lock.main()
    for name, lines in wanted.items():
        assert (tmp_path / f"{name}.txt").read_text("ascii").splitlines() == list(lines())
