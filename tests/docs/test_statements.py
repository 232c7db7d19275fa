"""Each published statement that a library can make true has a test, and the table says which."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.once

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def made() -> ModuleType:
    """docs/published.py, as generate.py runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(DOCS)
        spec = importlib.util.spec_from_file_location("published", DOCS / "published.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        sys.modules.pop("markdown", None)
        return module


def test_every_statement_has_its_test_or_says_why_not(made: ModuleType) -> None:
    assert list(made.faults(made.statements(), made.marked())) == []


def test_the_presets_that_statements_name_are_built_in(made: ModuleType) -> None:
    from gpsproto.privacy.policy import presets

    assert {one.preset for one in made.statements()} <= set(presets())


def test_a_statement_without_a_test_is_found(made: ModuleType) -> None:
    tests = made.marked()
    for one in made.statements():
        if not one.outside:
            rest = {id: found for id, found in tests.items() if id != one.id}
            (fault,) = made.faults(made.statements(), rest)
            assert one.id in fault


def test_a_test_of_no_statement_is_found(made: ModuleType) -> None:
    tests = made.marked() | {"S9.9": ["tests/statements/test_s9.py::test_it"]}
    (fault,) = made.faults(made.statements(), tests)
    assert "S9.9" in fault


def test_a_statement_outside_with_a_test_or_twice_is_found(made: ModuleType) -> None:
    said = made.statements()
    outside = next(one for one in said if one.outside)
    (fault,) = made.faults(said, made.marked() | {outside.id: ["x"]})
    assert outside.id in fault
    (fault,) = made.faults([*said, outside], made.marked())
    assert "twice" in fault


def test_markers_are_read_as_pytest_reads_them(made: ModuleType, tmp_path: Path) -> None:
    folder = tmp_path / "tests"
    folder.mkdir()
    (folder / "test_some.py").write_text(
        "import pytest\n"
        "@pytest.mark.statement('S7.1')\n"
        "@pytest.mark.parametrize('a', [1])\n"
        "def test_one(a): pass\n"
        "@pytest.mark.statement('S7.1')\n"
        "@pytest.mark.statement('S7.2')\n"
        "def test_two(): pass\n"
        "@pytest.mark.statement('S7.3')\n"
        "def no_test(): pass\n"
        "# @pytest.mark.statement('S7.4')\n"
        "def test_three(): pass\n"
    )
    (folder / "helper.py").write_text("@pytest.mark.statement('S7.5')\ndef test_four(): pass\n")
    assert made.marked(folder) == {
        "S7.1": ["tests/test_some.py::test_one", "tests/test_some.py::test_two"],
        "S7.2": ["tests/test_some.py::test_two"],
    }
