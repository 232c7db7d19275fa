"""A device family or a model, as an option's value."""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from gpsproto import catalog


class FamilyType(click.ParamType[str]):
    """A key of a family, or a model of one (FMB920), in any case."""

    name = "family"
    choices = (*catalog.FAMILIES, *catalog.PROFILES)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The family's key; a usage error names the families, not the value."""
        try:
            return catalog.family_key(str(value))
        except ValueError:
            pass
        self.fail("no such device family or model", param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """The keys that begin so, with the models they stand for."""
        return [
            CompletionItem(key, help=models)
            for key, models in (catalog.FAMILIES | catalog.PROFILES).items()
            if key.startswith(incomplete.upper())
        ]
