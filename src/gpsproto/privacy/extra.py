"""Optional parts: asked for where they are used, named with the command that installs them."""

from __future__ import annotations

from importlib import import_module

from gpsproto.errors import ExtraMissing


def require(*modules: str, extra: str) -> None:
    """ExtraMissing where one of the modules is not installed."""
    lacking = False
    for module in modules:
        try:
            import_module(module)
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != module:
                raise
            lacking = True
    if lacking:
        raise ExtraMissing(extra)
