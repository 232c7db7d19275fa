"""Codec 8 Extended (codec id 0x8E).

Ids and counts are two bytes.  Behind the 8-byte group stands one of variable length: id, length,
bytes.  A length of 0 is real and accepted.

Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from gpsproto.codecs.avl import Shape

SHAPE = Shape(0x8E, "Codec 8 Extended", id_size=2, count_size=2, variable=True)
