"""The look inside a frame: every byte of it by name, as decode() reads it and as the policy treats it.

A view stands beside the decoder, not in it.  Its readers are written for people: they stop at the
first wrong byte and still say where every other byte is.
"""

from __future__ import annotations

from gpsproto.view.inspection import Inspection, Setting, inspected
from gpsproto.view.spans import Span, leaves
from gpsproto.view.units import Sought, Unit, found_in, units

__all__ = [
    "Inspection",
    "Setting",
    "Sought",
    "Span",
    "Unit",
    "found_in",
    "inspected",
    "leaves",
    "units",
]
