"""The compiled walk: hot loops in plain Python that the build compiles where it can."""

from __future__ import annotations


def engine() -> str:
    """``compiled`` or ``interpreted``: which form of the walk runs."""
    from gpsproto.walk import avl, brackets, datagrams, frames, packets, watch

    parts = (avl, brackets, datagrams, frames, packets, watch)
    compiled = all(module.COMPILED for module in parts)
    return "compiled" if compiled else "interpreted"
