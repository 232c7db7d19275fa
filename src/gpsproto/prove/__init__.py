"""The leak hunter: canaries in every place of the wire, and a search of every byte that comes out."""

from __future__ import annotations

from gpsproto.prove.hunt import CARRIERS, Hunt, hunt
from gpsproto.prove.report import Hit, Report

__all__ = ["CARRIERS", "Hit", "Hunt", "Report", "hunt"]
