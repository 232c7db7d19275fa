"""``python -m gpsproto.cli``: the command line where the script is not on the path."""

from __future__ import annotations

from gpsproto.cli import main

main()
