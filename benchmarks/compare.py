"""This tree against another revision, pair by pair: python benchmarks/compare.py REVISION [TURNS].

Both take turns over the same benchmarks, those of this tree, each with its own package, compiled; a
turn of one is compared with the same turn of the other, because the machine is noisy from one minute
to the next.  What the older package does not have is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def built(revision: str, folder: Path) -> Path:
    """The package of a revision, its walk compiled in place: the folder to import from."""
    tree = folder / "tree"
    subprocess.run(["git", "worktree", "add", "--quiet", "--detach", tree, revision], check=True)
    subprocess.run(
        [sys.executable, "setup.py", "-q", "build_ext", "--inplace"], cwd=tree, check=True,
        capture_output=True,
    )  # fmt: skip
    return tree / "src"


def measured(source: Path, which: str, report: Path) -> dict[str, float]:
    """The best round of each benchmark in seconds, with the package of that folder."""
    subprocess.run(
        [sys.executable, "-m", "pytest", "benchmarks", "-q", "--benchmark-only",
         "--benchmark-disable-gc", "-p", "no:cacheprovider", f"--benchmark-json={report}",
         *(["-k", which] if which else [])],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(source)}, capture_output=True, check=False,
    )  # fmt: skip
    if not report.exists() or not report.stat().st_size:
        return {}
    found = json.loads(report.read_text("utf-8"))
    return {one["name"].removeprefix("test_"): one["stats"]["min"] for one in found["benchmarks"]}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("revision", help="what to compare with: a commit, a tag, HEAD~1")
    parser.add_argument("turns", nargs="?", type=int, default=3)
    parser.add_argument("-k", dest="which", default="", help="which benchmarks, as pytest takes it")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            other = built(asked.revision, folder)
            ratios: dict[str, list[float]] = {}
            for turn in range(asked.turns):
                # who goes first changes, so that a slow minute does not hit the same one
                pair = [(other, "then"), (ROOT / "src", "now")]
                times = {
                    label: measured(source, asked.which, folder / f"{turn}_{label}.json")
                    for source, label in (pair if turn % 2 == 0 else pair[::-1])
                }
                for bench in times["now"].keys() & times["then"].keys():
                    ratio = times["now"][bench] / times["then"][bench]
                    ratios.setdefault(bench, []).append(ratio)
        finally:
            subprocess.run(["git", "worktree", "remove", "--force", folder / "tree"], check=False)
    print(f"time now, as a part of that at {asked.revision}: median of {asked.turns} pairs")
    for bench, each in sorted(ratios.items()):
        pairs = " ".join(f"{one:.2f}" for one in each)
        print(f"{bench:62} {statistics.median(each):.2f}   ({pairs})")
    return 0 if ratios else 1


if __name__ == "__main__":
    sys.exit(main())
