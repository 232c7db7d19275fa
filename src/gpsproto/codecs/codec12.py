"""Codec 12 (codec id 0x0C): commands and their answers, a serial port's bytes, pictures in parts.

| type | of | kind |
|---|---|---|
| 0x05 | server | ``command`` |
| 0x06 | device | ``answer`` |
| 0x0D | both | ``photo``, see ``camera`` |
| any other | both | ``serial`` |

There is neither time nor IMEI in it.  Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from gpsproto.codecs.command import Command, Kind

FORM = Command(0x0C, "Codec 12", {0x05: Kind.COMMAND, 0x06: Kind.ANSWER, 0x0D: Kind.PHOTO})
READING = FORM.reading
CARRIERS = tuple(FORM.carriers("L3", "L8"))
