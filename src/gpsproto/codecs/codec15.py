"""Codec 15 (codec id 0x0F): what came over a serial port, with a time and the device's IMEI.

| type | kind |
|---|---|
| 0x05 | ``command`` |
| 0x06 | ``answer`` |
| any other: 0x0B in the example | ``serial`` |

u32 seconds, then the IMEI as in Codec 14; the size counts both.
Source: the vendor's protocol page "Codec".
"""

from __future__ import annotations

from gpsproto.codecs.command import Command, Kind

FORM = Command(0x0F, "Codec 15", {0x05: Kind.COMMAND, 0x06: Kind.ANSWER}, time=True, imei=True)
READING = FORM.reading
CARRIERS = tuple(FORM.carriers("L7"))
