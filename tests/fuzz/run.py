"""Run the fuzz targets with atheris: python tests/fuzz/run.py [--seconds N] [--target NAME]."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import targets

NAMES = (
    "dump",
    "body",
    "live",
    "datagrams",
    "recognised",
    "watch",
    "brackets",
    "sms",
    "capture",
    "packet",
    "door",
    "policy",
    "files",
)


def fuzz(name: str, seconds: int, corpus: str) -> None:
    """One target in this process; libFuzzer ends the process."""
    import atheris

    folder = targets.walk_folder()
    targets.install(folder)
    with atheris.instrument_imports(include=["gpsproto"]):
        import gpsproto

        assert gpsproto.engine() == "interpreted"
        target = targets.targets(folder)[name]
    for number, seed in enumerate(targets.seeds_of(name)):
        (Path(corpus) / f"{number:03}").write_bytes(seed)
    options = [
        f"-max_total_time={seconds}", "-max_len=4096", "-timeout=10", "-rss_limit_mb=1500",
        "-print_final_stats=1", f"-artifact_prefix={corpus}/",
    ]  # fmt: skip
    atheris.Setup([sys.argv[0], *options, corpus], target)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=60, help="time for each target")
    parser.add_argument("--target", choices=NAMES, help="one target only")
    parser.add_argument("--in-process", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.in_process:
        with tempfile.TemporaryDirectory() as corpus:
            fuzz(asked.target, asked.seconds, corpus)
        return 0
    names = [asked.target] if asked.target else NAMES
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, done in zip(names, pool.map(partial(apart, asked.seconds), names), strict=True):
            lines = done.stderr.splitlines()
            said = [x for x in lines if "number_of_executed" in x or "new_units" in x]
            print(f"fuzzed {name} for {asked.seconds} seconds", *said, sep="\n", flush=True)
            if done.returncode:
                print(done.stdout[-4000:], done.stderr[-4000:], sep="\n")
                return 1
    return 0


def apart(seconds: int, name: str) -> subprocess.CompletedProcess[str]:
    """A target in a process of its own."""
    return subprocess.run(
        [sys.executable, __file__, "--in-process", "--target", name, "--seconds", str(seconds)],
        capture_output=True, text=True, check=False, errors="replace",
    )  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
