"""Which bytes are shown without --reveal.

- Identifiers, and what no policy lets out: they must not stand in a ticket or in a log.
- Health, and the cells and networks that a device hears: the one is of a special kind, by the others
  a register finds people.
- Texts and bytes, unknown elements, and what is not read: they may be anything.
- What is behind the first byte that is certain in a record that does not fit: a damaged count makes
  the bytes of one field the value of another.
- Where no checksum holds, values of over four bytes: a damaged id gives them another's name.
- The checksum of a frame in which anything is masked: its 16 bits leave fifteen of a million serials.

A time, a place, a speed and a voltage are shown: they are what one looks into a frame for.  They
are personal data all the same, and the command says so.
"""

from __future__ import annotations

from enum import IntEnum

from gpsproto.category import FLOOR, IDENTITIES, Category

MASKED = IDENTITIES | FLOOR | {Category.HEALTH, Category.NET_LOCATION}
"""Categories whose bytes are not shown."""

PERSONAL = frozenset({Category.LOCATION, Category.BEHAVIOUR, Category.ACTIVITY, Category.ZONE})
"""Categories that are shown and tell of a person by themselves."""

UNVOUCHED_BYTES = 4
"""The widest value that is shown where no checksum vouches for the frame."""


class Doubt(IntEnum):
    """How far the names of bytes can be believed."""

    SURE = 0  # the checksum fits, and so does the structure
    UNVOUCHED = 1  # the structure fits, but no checksum does
    LOST = 2  # the structure does not fit: anything may stand under any name


def hidden(
    doubt: Doubt, size: int, *, plain: bool, secret: bool, plausible: bool, value: bool, wrong: bool
) -> bool:
    """Whether the bytes of a leaf are masked.

    ``plain``: it carries others and says nothing of anybody.  ``secret``: what it is says so.
    ``plausible``: it is what it is called, by what it says.  ``value``: it is no count, id or length.
    """
    if plain:
        return False
    if secret or (doubt and not plausible):
        return True
    if doubt is Doubt.LOST:
        return value or not wrong
    return doubt is Doubt.UNVOUCHED and value and size > UNVOUCHED_BYTES
