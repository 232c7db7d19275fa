"""Codec 13 (codec id 0x0D): as Codec 12, from the device alone, with a time before the text.

| type | kind |
|---|---|
| 0x06; 0x05 in older documents | ``answer`` |
| any other | ``serial`` |

The time is u32 seconds; the size counts it.  An older example has u64 milliseconds there.
Source: the vendor's protocol page "Codec", two versions of it.
"""

from __future__ import annotations

from gpsproto.codecs.command import Command, Kind

FORM = Command(0x0D, "Codec 13", {0x05: Kind.ANSWER, 0x06: Kind.ANSWER}, time=True)
READING = FORM.reading
CARRIERS = tuple(FORM.carriers("L5"))
