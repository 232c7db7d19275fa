"""Where the time of a decode goes, as a picture: python benchmarks/flame.py OUT.svg.

py-spy looks 500 times a second at a process that decodes Codec 8 and reads every column; compiled
functions stand in the picture as well.  Needs py-spy (pip install py-spy).
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from data import dump, read

import gpsproto

_ROUNDS = 40


def rounds(source: Path) -> None:
    """What is looked at."""
    for _ in range(_ROUNDS):
        for batch in gpsproto.decode(source, family="FMB"):
            read(batch)


def main(out: str) -> int:
    """Draw the picture; the status of the command."""
    looker = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or shutil.which("py-spy")
    if looker is None:
        print("no py-spy here: pip install py-spy", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as folder:
        source = dump(Path(folder), 0x08, 1_000_000)
        options = ["--native", "--function", "--rate", "500", "--output", out]
        looked = [sys.executable, __file__, "--rounds", str(source)]
        command = [looker, "record", *options, "--", *looked]
        status = subprocess.run(command, check=False).returncode
    if status == 0:  # the picture says how it was made, with folders of this machine
        drawn = Path(out).read_text("utf-8")
        Path(out).write_text(drawn.replace(" ".join(command), "gpsproto.decode()"), "utf-8")
    return status


if __name__ == "__main__":
    if len(sys.argv) == 3 and sys.argv[1] == "--rounds":
        rounds(Path(sys.argv[2]))
    elif len(sys.argv) == 2:
        sys.exit(main(sys.argv[1]))
    else:
        sys.exit(__doc__)
