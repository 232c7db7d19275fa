"""The fields that an override may name: ``teltonika:113@1`` (id and width), ``watch:steps``."""

from __future__ import annotations

import re
from functools import lru_cache

from gpsproto import catalog
from gpsproto.category import Category

PROTOCOLS = ("teltonika", "watch")
MOST = 512
HINT = 'a field is wanted, as "teltonika:113@1" (id, width; width 0 for any) or "watch:steps"'
# a number without zeros before it, since fields are found by their text; no run of digits that
# could be an identifier, since the key stands in errors
PATTERN = (
    r"teltonika:(0|[1-9][0-9]{0,4})@(0|[1-9][0-9]{0,3})"
    r"|(teltonika|watch):(?!.*[0-9]{6})[a-z][a-z0-9_]{0,63}"
)

_FIELD = re.compile(PATTERN, re.ASCII)


def is_field(key: object) -> bool:
    """Whether it has the form of a field, and is one where that is known here.

    The names of a protocol's own fields are known above this layer.
    """
    if not isinstance(key, str) or not _FIELD.fullmatch(key):
        return False
    return "@" not in key or bool(categories(key))


@lru_cache(maxsize=4 * MOST)
def categories(key: str) -> frozenset[Category]:
    """Every category that the field may have, in any family; none where it is not known here."""
    protocol, _, name = key.partition(":")
    if protocol != "teltonika":
        return frozenset()
    known = catalog.load()
    id, at, width = name.partition("@")
    if at:
        return known.categories(int(id), int(width), None)
    return frozenset(one.category for one in known.meanings if one.name == name)
