"""A pseudonym as it is written: kind, key id, 96 bits; no digit and no vowel.

``dev_rscd_djnctkkbmqcnmbtkfbtmcnfk``: a search for runs of digits never hits what we made.
"""

from __future__ import annotations

from gpsproto.category import Category

PREFIXES = {
    Category.DEVICE_ID.value: "dev",
    "watch_id": "wat",
    Category.SIM_ID.value: "sim",
    Category.DRIVER_ID.value: "drv",
    Category.VEHICLE_ID.value: "veh",
    Category.ACCOUNT_REF.value: "acc",
}
"""Kinds of identifier, each under a link key of its own, and how their pseudonyms begin."""
OBJECTION = "objection"
"""The kind of a device on a list of those who objected; decode never writes one."""
KINDS = {**PREFIXES, OBJECTION: "sup"}
"""Every kind that has link keys."""
BITS_SIZE = 12
KEY_ID_SIZE = 2

ALPHABET = "bcdfghjkmnpqrstv"
_SPELLED = str.maketrans("0123456789abcdef", ALPHABET)
_READ = str.maketrans(ALPHABET, "0123456789abcdef")

FORM = rf"(?:{'|'.join(KINDS.values())})_[{ALPHABET}]{{4}}_[{ALPHABET}]{{24}}"
"""A regular expression of a pseudonym."""
KIND_OF = {prefix: kind for kind, prefix in KINDS.items()}


def consonants(data: bytes) -> str:
    """Bytes in the alphabet of pseudonyms, two letters a byte."""
    return data.hex().translate(_SPELLED)


def from_consonants(letters: str) -> bytes:
    """The bytes of letters of the alphabet."""
    return bytes.fromhex(letters.translate(_READ))
