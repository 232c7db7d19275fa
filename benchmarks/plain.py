"""A plain C walk of the same data, compiled when it is measured: the limit beside the figures."""

from __future__ import annotations

import ctypes
import shlex
import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path

from data import ELEMENTS

_SOURCE = Path(__file__).resolve().parent / "plain.c"
_DROPPED = (241, 16)  # by the policy tracking


def plain(folder: Path) -> Callable[[bytes, bool], int] | None:
    """Walks frames of Codec 8 and gives the number of records; None where no compiler is."""
    made = folder / "plain.so"
    compiler = shlex.split(sysconfig.get_config_var("CC") or "cc")
    try:
        subprocess.run(
            [*compiler, "-O3", "-shared", "-fPIC", "-o", str(made), str(_SOURCE)],
            check=True, capture_output=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    library = ctypes.CDLL(str(made))
    library.prepare()
    library.walked.restype = ctypes.c_long
    library.walked.argtypes = [ctypes.c_char_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_int]
    slots = bytearray(b"\xff" * 1024)
    kept = 0
    for group, width in enumerate((1, 2, 4, 8)):
        for id in ELEMENTS.get(width, ()):
            if id not in _DROPPED:
                slots[256 * group + id] = kept
                kept += 1
    table = bytes(slots)

    def walked(data: bytes, check: bool) -> int:
        return int(library.walked(data, len(data), table, check))

    return walked
