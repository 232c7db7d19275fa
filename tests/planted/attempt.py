"""One mistake in a copy of the package, run as it reads, and the suites over it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.planted.registry import Planted

ROOT = Path(__file__).resolve().parent.parent.parent
_FAILED = 1  # what pytest ends with where a test failed
_LONGEST_S = 300


def planted(one: Planted, package: Path) -> None:
    """Make the mistake in a copy.  ValueError where the right lines do not stand there once."""
    file = package / one.file
    source = file.read_text("utf-8")
    if source.count(one.right) != 1:
        raise ValueError(f"what {one.name!r} replaces stands {source.count(one.right)} times")
    file.write_text(source.replace(one.right, one.wrong), "utf-8")


def _copied(folder: Path) -> Path:
    """The package as it reads: no compiled module beside it."""
    shutil.copytree(
        ROOT / "src" / "gpsproto", folder / "src" / "gpsproto",
        ignore=shutil.ignore_patterns("*.so", "__pycache__"),
    )  # fmt: skip
    for part in ("tests", "fixtures"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder / "src" / "gpsproto"


def status(one: Planted, suites: Sequence[str]) -> int:
    """What the suites end with over a copy with the mistake in it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        package = _copied(folder)
        planted(one, package)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-x", "-m", "core", "--hypothesis-profile",
             "again", "-p", "no:cacheprovider", "--hypothesis-seed", "0", *suites],
            cwd=folder, env=os.environ | {"PYTHONPATH": str(folder / "src"),
                                          "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True, text=True, check=False, timeout=_LONGEST_S,
        )  # fmt: skip
    return done.returncode


def found(one: Planted) -> bool:
    """Whether a test fails: an error while collecting would not count."""
    return status(one, one.suites) == _FAILED
