"""Where the frames of a codec can hide an identifier.

A codec lists its places as ``CARRIERS``: the list of fields that a policy is judged by has them from
there, and the leak hunter plants a canary in each of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gpsproto.category import Category


@dataclass(frozen=True, slots=True)
class Carrier:
    """A place in a message that is never read: what it is of, and a body that has it filled.

    ``row`` is that of the leak surface.  ``size`` is how many bytes fit; 0: any number.  ``element``
    is its id of ours where a record says that it was there.
    """

    message: str
    field: str
    category: Category
    row: str
    body: Callable[[bytes], bytes]
    size: int = 0
    element: int | None = None
