"""How one secret gives many: HKDF-Expand (RFC 5869) to one block, under labels."""

from __future__ import annotations

import hmac

VERSION = "gpsproto/1"
"""The first label of everything that is derived; another version makes other pseudonyms."""


def labelled(*labels: str) -> bytes:
    """Labels as they go in: each has its length before it, so none can run into another."""
    return (
        b"".join(
            len(encoded).to_bytes(2, "big") + encoded
            for encoded in (label.encode() for label in (VERSION, *labels))
        )
        + b"\x01"
    )


def expand(secret: bytes, *labels: str) -> bytes:
    """32 bytes for these labels."""
    return hmac.digest(secret, labelled(*labels), "sha256")
