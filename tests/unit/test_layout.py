from __future__ import annotations

from typing import Any

import construct
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpsproto import codecs
from gpsproto.category import Category
from gpsproto.layout import Field, Layout, WireType

pytestmark = pytest.mark.core

SIZES = {"U8": 1, "U16": 2, "U32": 4, "U64": 8, "I16": 2, "I32": 4}


def field(name: str, wire: WireType, category: Category = Category.STATUS) -> Field:
    return Field(name, wire, "", category, "of a test")


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    wires = draw(st.lists(st.sampled_from(WireType), min_size=1, max_size=8))
    categories = st.sampled_from(Category)
    return Layout(
        "test", tuple(field(f"f{n}", wire, draw(categories)) for n, wire in enumerate(wires))
    )


def extremes(wire: WireType) -> tuple[int, int]:
    bits = 8 * SIZES[wire.name]
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if wire.name[0] == "I" else (0, (1 << bits) - 1)


@pytest.mark.parametrize("wire", WireType)
def test_a_wire_type_is_big_endian_in_both_its_forms(wire: WireType) -> None:
    assert wire.dtype.itemsize == wire.parser.sizeof() == SIZES[wire.name]
    for value in (*extremes(wire), 1):
        data = wire.parser.build(value)
        assert data == value.to_bytes(SIZES[wire.name], "big", signed=wire.name[0] == "I")
        assert np.frombuffer(data, wire.dtype)[0] == value


@given(layouts(), st.data())
def test_the_grammar_and_the_dtype_read_the_same(layout: Layout, data: st.DataObject) -> None:
    values = {f.name: data.draw(st.integers(*extremes(f.wire))) for f in layout.fields}
    written = layout.grammar().build(values)
    assert len(written) == layout.size
    row: Any = np.frombuffer(written, layout.dtype)[0]
    assert {f.name: int(row[f.name]) for f in layout.fields} == values
    parsed = layout.grammar().parse(written)
    assert {f.name: parsed[f.name] for f in layout.fields} == values


@given(layouts())
def test_fields_follow_one_another_without_gaps(layout: Layout) -> None:
    at = 0
    for one in layout.fields:
        assert layout.offset(one.name) == at
        at += SIZES[one.wire.name]
    assert layout.size == at


@given(layouts())
def test_every_field_has_the_category_it_declares(layout: Layout) -> None:
    assert [layout.category(f.name) for f in layout.fields] == [f.category for f in layout.fields]


@pytest.mark.parametrize("category", [None, "status", ""])
def test_a_field_without_a_category_is_refused(category: Any) -> None:
    with pytest.raises(TypeError, match="a field must have a category"):
        field("f", WireType.U8, category)


def test_an_unknown_field_has_no_category() -> None:
    with pytest.raises(ValueError, match="no such field"):
        Layout("test", (field("f", WireType.U8),)).category("g")


def test_two_fields_of_one_name_are_no_layout() -> None:
    twice = Layout("test", (field("f", WireType.U8), field("f", WireType.U8)))
    with pytest.raises(ValueError, match="more than once"):
        _ = twice.dtype


def test_a_value_too_large_for_its_field_is_not_built() -> None:
    with pytest.raises(construct.ConstructError):
        Layout("test", (field("f", WireType.U8),)).grammar().build({"f": 256})


def test_an_avl_record_is_laid_out_as_its_table_says() -> None:
    fixed, head = codecs.terms()[codecs.AVL].layouts
    assert [(fixed.offset(f.name), SIZES[f.wire.name], f.name) for f in fixed.fields] == [
        (0, 8, "timestamp"), (8, 1, "priority"), (9, 4, "longitude"), (13, 4, "latitude"),
        (17, 2, "altitude"), (19, 2, "angle"), (21, 1, "satellites"), (22, 2, "speed"),
    ]  # fmt: skip
    assert fixed.size == 24
    assert head.size == 1


def test_the_fixed_fields_have_the_categories_of_the_privacy_review() -> None:
    layouts = codecs.terms()[codecs.AVL].layouts
    found = {f.name: f.category.value for layout in layouts for f in layout.fields}
    assert found == {
        "timestamp": "time", "priority": "alarm", "longitude": "location", "latitude": "location",
        "altitude": "location", "angle": "motion", "satellites": "status", "speed": "motion",
        "generation_type": "status",
    }  # fmt: skip
