"""Codec 8 (codec id 0x08).

Ids and counts are one byte, so ids end at 255.  Some installations append, unannounced, a group
of 16-byte elements behind the 8-byte group; a body that does not fit is read again with it.

Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from gpsproto.codecs.avl import Shape

SHAPE = Shape(0x08, "Codec 8", id_size=1, count_size=1, group16=True)
