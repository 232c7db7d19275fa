"""The documents say what the code does: tables, examples, links, figures of the demo.

The suite also runs from a copy without ``src/`` and Makefile, against the installed package; what
needs them is skipped there.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from gpsproto import Policy, decode
from gpsproto.category import Category

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CHECKOUT = (ROOT / "src").is_dir() and (ROOT / "Makefile").is_file()
NO_CHECKOUT = "a copy without src/ and Makefile: this is checked in the repository"
NAMED = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
DOCUMENTS = [path for path in NAMED if path.is_file()] + sorted(DOCS.rglob("*.md"))
README = ROOT / "README.md"
INSPECT = DOCS / "inspect.md"

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_RUNS = re.compile(r"<!-- run -->\n```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_SHIM = """#!/bin/sh
exec {python} -c 'from gpsproto.cli import main; main()' "$@"
"""

by_path = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def blocks(path: Path, language: str) -> list[str]:
    """The fenced blocks of a language."""
    return [text for kind, text in _FENCE.findall(path.read_text("utf-8")) if kind == language]


def matches(shown: str, real: str) -> bool:
    """Whether the output is what was shown; ``...`` stands for any text."""
    wanted = ".*?".join(re.escape(part) for part in shown.strip("\n").split("..."))
    return re.fullmatch(wanted, real.strip("\n"), re.DOTALL) is not None


@dataclass(frozen=True)
class Step:
    """A command of an example, and the output shown behind it."""

    command: str
    shown: str


def steps(text: str) -> Iterator[Step]:
    """The commands behind ``$``, continued behind ``>``, with what is shown after each."""
    command, shown = "", ""
    for line in text.splitlines():
        if line.startswith("$ "):
            if command:
                yield Step(command, shown)
            command, shown = line[2:], ""
        elif line.startswith("> ") and not shown:
            command += f"\n{line[2:]}"
        else:
            shown += f"{line}\n"
    yield Step(command, shown)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """An empty folder with the fixtures in it, and a ``gpsproto`` of this interpreter."""
    tmp_path.chmod(0o700)
    (tmp_path / "fixtures").symlink_to(ROOT / "fixtures")
    shim = tmp_path / "bin" / "gpsproto"
    shim.parent.mkdir()
    shim.write_text(_SHIM.format(python=shlex.quote(sys.executable)))
    shim.chmod(0o700)
    return tmp_path


def run(text: str, folder: Path) -> list[tuple[Step, str]]:
    """Run an example in one shell; each command with what it wrote, errors included."""
    mark = "-- end of a command --"
    script = ["exec 2>&1", "status=0"]
    found = list(steps(text))
    for step in found:
        script += ["(exit $status)", step.command, "status=$?", f"echo '{mark}'"]
    search = f"{folder / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    done = subprocess.run(
        ["bash", "-c", "\n".join(script)],
        cwd=folder, env=os.environ | {"PATH": search, "COLUMNS": "200", "LC_ALL": "C.UTF-8"},
        stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, timeout=120, check=False,
    )  # fmt: skip
    outputs = done.stdout.decode().split(f"{mark}\n")[:-1]
    assert len(outputs) == len(found), done.stdout.decode()
    return list(zip(found, outputs, strict=True))


def test_tables_are_what_the_code_says() -> None:
    done = subprocess.run(
        [sys.executable, DOCS / "generate.py", "--check"], capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    said = done.stdout.decode() + done.stderr.decode()
    assert done.returncode == 0, f"{said}run: python docs/generate.py"


@pytest.mark.parametrize(
    "text",
    [
        text
        for path in (
            DOCS / "cli.md",
            DOCS / "captures.md",
            INSPECT,
            README,
            *sorted((DOCS / "protocols").glob("*.md")),
        )
        for text in _RUNS.findall(path.read_text("utf-8"))
    ],
)
def test_console_examples(text: str, here: Path) -> None:
    for step, output in run(text, here):
        assert matches(step.shown, output), f"$ {step.command}\n{output}"


def test_every_verb_and_option_has_an_example() -> None:
    from gpsproto.cli.decode import decode
    from gpsproto.cli.explain import explain
    from gpsproto.cli.fields import fields
    from gpsproto.cli.generate import generate
    from gpsproto.cli.inspect import inspect
    from gpsproto.cli.summarise import summary

    run = "".join(_RUNS.findall((DOCS / "cli.md").read_text("utf-8") + INSPECT.read_text("utf-8")))
    verbs = (decode, summary, inspect, explain, fields, generate)
    for option in (one for verb in verbs for one in verb.params):
        if option.param_type_name == "option":
            names = [*option.opts, *option.secondary_opts]
            assert any(re.search(rf"(?<!\S){name}\b", run) for name in names), names
    single = ("decode", "summary", "inspect", "explain", "fields", "generate", "completion")
    for verb in (
        *single,
        "keys new",
        "keys id",
        "keys advance",
        "keys rotate",
        "keys rekey",
        "objection add",
        "audit verify",
        "audit export",
        "prove",
    ):
        assert f"gpsproto {verb}" in run


def test_library_examples_of_the_readme() -> None:
    """The second goes on where the first ends."""
    first, live = (blocks(README, "python")[place] for place in (0, -1))
    assert len(first.splitlines()) <= 10
    _, *shown = README.read_text("utf-8").split("<!-- its output -->")
    printed = "".join(_FENCE.findall(one)[0][1] for one in shown)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", first + live], cwd=ROOT, capture_output=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    assert len(shown) == 2
    assert matches(printed, done.stdout.decode())


@pytest.mark.parametrize("name", ["errors.md", "generate.md", "records.md"])
def test_library_examples_show_what_they_print(name: str) -> None:
    """A comment behind ``print`` is what it prints."""
    example = blocks(DOCS / name, "python")[0]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], cwd=ROOT, capture_output=True, timeout=120,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    said = [line.rpartition("# ")[2] for line in example.splitlines() if line.startswith("print(")]
    for shown, real in zip(said, done.stdout.decode().splitlines(), strict=True):
        assert shown.startswith(real)


def test_each_line_of_the_readme_that_makes_a_table_runs() -> None:
    lines = README.read_text("utf-8").partition("<!-- tables -->")[2]
    example = _FENCE.findall(lines)[0][1].splitlines()
    (batch,) = decode(ROOT / "fixtures/demo/fleet.bin", family="FMB")
    for line in example:
        for name in ("pandas", "polars", "duckdb"):
            if name in line:
                names = {"batch": batch, name: pytest.importorskip(name)}
                exec(line, names)
                assert "frame" not in names or len(names["frame"]) == 12


def recipe(target: str) -> str:
    """The commands of a Makefile target."""
    lines = (ROOT / "Makefile").read_text("utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if line.startswith(f"{target}:"))
    found = []
    for line in lines[start + 1 :]:
        if not line.startswith("\t"):
            break
        found.append(line.strip())
    return "\n".join(found)


def test_readme_begins_with_two_commands() -> None:
    commands = blocks(README, "sh")[0].splitlines()
    assert commands == ["make demo", "make test"]
    head = README.read_text("utf-8").partition("```sh")[0]
    assert len([line for line in head.splitlines() if line]) == 2, "a title and one line"
    if not CHECKOUT:
        pytest.skip(NO_CHECKOUT)
    for path in DOCUMENTS:
        found = re.findall(r"(?:^|`)make ([a-z]+)\b", path.read_text("utf-8"), re.MULTILINE)
        assert all(recipe(target) for target in found), path


def test_demo_shows_what_the_readme_shows(here: Path) -> None:
    command = "gpsproto decode fixtures/demo/fleet.bin --family FMB"
    if CHECKOUT:
        assert recipe("demo") == f"$(BIN)/{command}"
    shown = README.read_text("utf-8").partition("<!-- demo -->")[2]
    [(_, output)] = run(f"$ {command}\n", here)
    assert matches(_FENCE.findall(shown)[0][1], output), output


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings."""
    text = _FENCE.sub("", path.read_text("utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@by_path
def test_links_resolve(path: Path) -> None:
    away = []
    for link in _LINK.findall(_FENCE.sub("", path.read_text("utf-8"))):
        if link.startswith(("https://", "http://")):
            continue
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_relative_to(ROOT), link
        if not target.exists() and not CHECKOUT and not target.is_relative_to(DOCS):
            away.append(link)
            continue
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link
    if away:
        pytest.skip(f"{NO_CHECKOUT}: {', '.join(away)}")


@by_path
def test_words(path: Path) -> None:
    text = path.read_text("utf-8")
    for found in re.finditer(r"(?i)(?<!-)\b(?:anonym\w*|safe)\b", text):
        before = text[: found.start()].split()[-5:]
        assert {"not", "never"} & {word.lower() for word in before}, "it is pseudonymised"
    assert not re.search(r"(?<![\w.~*])/(?:home|root|tmp|work|usr|opt)/", text), "a machine's path"
    for digits in re.findall(r"(?<![0-9A-Fa-f])[0-9]{15}(?![0-9A-Fa-f])", text):
        assert digits.startswith("00101"), "an IMEI that may be somebody's"


def test_policy_example() -> None:
    policy = Policy.from_toml(blocks(DOCS / "privacy.md", "toml")[0])
    assert policy.pseudonymises(Category.DRIVER_ID)
    assert policy.keeps(Category.VEHICLE_TECH)
    assert not policy.keeps(Category.LOCATION)
    commented = blocks(DOCS / "privacy.md", "toml")[0].replace("# location", "location")
    loosened = Policy.from_toml(commented.replace("[retain]", '[retain]\nlocation = "P1D"'))
    assert loosened.last_known


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for extra in project["project"]["optional-dependencies"].values():
        wanted += extra
    for group in project["dependency-groups"].values():
        wanted += group
    names = {re.split(r"[^A-Za-z0-9-]", one)[0].lower() for one in wanted}
    rows = re.findall(r"^\| ([\w-]+) \|", (DOCS / "dependencies.md").read_text("utf-8"), re.M)
    assert {row.lower() for row in rows} - {"name"} == names


def test_rooms_are_those_of_the_contract() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = project["tool"]["importlinter"]["contracts"][0]["layers"]
    wanted = [re.findall(r"gpsproto\.(\w+)", layer) for layer in layers]
    section = (DOCS / "architecture.md").read_text("utf-8").partition("| layer |")[2]
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", section, re.MULTILINE)[: len(layers)]
    assert [sorted(re.findall(r"\w+", row)) for row in rows] == [sorted(one) for one in wanted]


def test_changelog_has_what_is_not_released() -> None:
    assert re.search(r"^## Unreleased$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
