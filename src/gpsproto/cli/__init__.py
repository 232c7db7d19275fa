"""The command line: ``gpsproto``.  Its extra, ``[cli]``, is loaded only when it runs."""

from __future__ import annotations

import sys

from gpsproto.errors import ExtraMissing

_EXTRA = {"click", "rich"}


def main() -> None:
    """Run the command line and end the process with its status."""
    lacking = False
    try:
        from gpsproto.cli import process
        from gpsproto.cli.command import run
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        lacking = True
    if lacking:
        sys.stderr.write(f"Error: {ExtraMissing('cli')}\n")
        sys.exit(1)
    process.seal()
    process.end(run(sys.argv[1:]))
