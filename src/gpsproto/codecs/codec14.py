"""Codec 14 (codec id 0x0E): as Codec 12, for the device of one IMEI, which stands before the text.

| type | of | kind |
|---|---|---|
| 0x05 | server | ``command`` |
| 0x06 | device | ``answer`` |
| 0x11 | device | ``refusal``: the IMEI is not its own |
| any other | both | ``serial`` |

The IMEI is 8 bytes, two digits each, a zero in front; the size counts them.
Source: the vendor's protocol page "Codec".  Its example of a refusal bears a CRC that does not fit.
"""

from __future__ import annotations

from gpsproto.codecs.command import Command, Kind

FORM = Command(
    0x0E, "Codec 14", {0x05: Kind.COMMAND, 0x06: Kind.ANSWER, 0x11: Kind.REFUSAL}, imei=True
)
READING = FORM.reading
CARRIERS = tuple(FORM.carriers("L6"))
