"""``python -m tests.mutants.command NAME ...``: the command line with a leak in place."""

from __future__ import annotations

import sys

import pytest

from gpsproto.cli import main
from tests.mutants.registry import BY_NAME

if __name__ == "__main__":
    BY_NAME[sys.argv[1]].apply(pytest.MonkeyPatch())
    sys.argv = ["gpsproto", *sys.argv[2:]]
    main()
