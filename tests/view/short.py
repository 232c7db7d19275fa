"""A short message, as the framer of SMS hands it on."""

from __future__ import annotations

from gpsproto.view import Inspection, inspected
from gpsproto.view.units import Kind, Unit
from tests.view.looked import setting


def read(data: bytes, *, reveal: bool = False) -> Inspection:
    """Look at an SMS."""
    unit = Unit(Kind.FRAME, 1, 0, len(data), data, None, -1, False, False, True, (0, len(data) - 8))
    return inspected(unit, setting(), reveal=reveal)
