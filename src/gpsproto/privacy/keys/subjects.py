"""An identifier as a platform holds it, in the form that goes under the key.

Nothing here raises: what is wrong is returned as a text that holds nothing of what came.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

_LONGEST_ACCOUNT = 128


def canonical(kind: object, id: object) -> bytes | str:
    """The canonical form, or what is wanted, in words.

    device_id: an IMEI of 14 to 16 digits.  watch_id: as the watch sends it.  sim_id: 32 hex digits,
    the two 8-byte elements 11 and 14.  driver_id: 16 hex digits, the 8 bytes of element 78 as they
    are sent.  account_ref: a name of 1 to 128 characters.
    """
    form = _FORMS.get(kind) if isinstance(kind, str) else None
    if form is None:
        return f"the kind is one of: {', '.join(_FORMS)}"
    wanted, read = form
    found = read(id) if isinstance(id, str) else None
    return f"{kind} wants {wanted}" if found is None else found


def _imei(text: str) -> bytes | None:
    good = 14 <= len(text) <= 16 and text.isascii() and text.isdigit()
    return text[:14].encode() if good else None


def _watch(text: str) -> bytes | None:
    good = 1 <= len(text) <= 20 and text.isascii() and text.isalnum()
    return text.encode() if good else None


def _hex(digits: int) -> Callable[[str], bytes | None]:
    def read(text: str) -> bytes | None:
        good = len(text) == digits and set(text) <= set("0123456789abcdefABCDEF")
        return bytes.fromhex(text) if good else None

    return read


def account(text: str) -> bytes | None:
    """The canonical form of an account's name, or None where it is none."""
    name = unicodedata.normalize("NFC", text).strip()
    good = 1 <= len(name) <= _LONGEST_ACCOUNT and name.isprintable()
    return name.encode() if good else None


_FORMS: dict[str, tuple[str, Callable[[str], bytes | None]]] = {
    "device_id": ("14 to 16 digits, the IMEI", _imei),
    "watch_id": ("1 to 20 letters and digits, as the watch sends it", _watch),
    "sim_id": ("32 hex digits, elements 11 and 14 as they are sent", _hex(32)),
    "driver_id": ("16 hex digits, element 78 as it is sent", _hex(16)),
    "account_ref": ("1 to 128 characters that can be printed", account),
}
KINDS: Sequence[str] = tuple(_FORMS)
"""The kinds whose pseudonym a platform can ask for."""
