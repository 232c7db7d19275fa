"""Codec 16 (codec id 0x10).

Ids are two bytes, counts one.  Behind the event id stands the generation type: 0 on exit, 1 on
entrance, 2 on both, 3 reserved, 4 hysteresis, 5 on change, 6 eventual, 7 periodical.

Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from gpsproto.codecs.avl import Shape

SHAPE = Shape(0x10, "Codec 16", id_size=2, count_size=1, generation=True)
