"""The link keys of a domain, and what a rotation puts over them.

A rotation adds a layer: a secret whose link keys take the bits of a pseudonym to new bits, and its
key id to a new key id.  So a pseudonym under the layer can be made from one before it, without the
identifier, by whoever holds the layer and by nobody else.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from typing import NoReturn, SupportsIndex, final

from gpsproto.privacy.keys.derivation import expand
from gpsproto.privacy.keys.material import Material
from gpsproto.privacy.keys.pseudonym import BITS_SIZE, KEY_ID_SIZE, consonants
from gpsproto.privacy.scope import Scope


@final
class Layer:
    """What one rotation does in one domain."""

    __slots__ = ("__domain", "__id_link", "__links", "__secret")

    def __init__(self, secret: bytes, domain: str) -> None:
        self.__secret, self.__domain = secret, domain
        self.__links: dict[str, bytes] = {}
        self.__id_link = expand(secret, "layer-id", domain)

    def bits(self, kind: str, before: bytes) -> bytes:
        """The bits of a pseudonym from those before the rotation."""
        link = self.__links.get(kind)
        if link is None:
            link = self.__links[kind] = expand(self.__secret, "layer", self.__domain, kind)
        return hmac.digest(link, before, "sha256")[:BITS_SIZE]

    def key_id(self, before: bytes) -> bytes:
        """The key id from the one before; never the same."""
        mac = hmac.digest(self.__id_link, before, "sha256")
        parts = (mac[at : at + KEY_ID_SIZE] for at in range(0, len(mac), KEY_ID_SIZE))
        return next(part for part in parts if part != before)

    def __repr__(self) -> str:
        return "Layer(redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


@final
class Links:
    """The link keys of a domain in one scope and epoch, one a kind, and what they made of late."""

    __slots__ = ("__domain", "__keys", "__secret", "cache", "epoch", "former_id", "key_id", "scope")

    def __init__(
        self, secret: bytes, domain: str, scope: Scope, epoch: int, layers: Sequence[Layer]
    ) -> None:
        ids = generations(secret, domain, scope, layers)
        self.key_id = consonants(ids[-1])
        self.former_id = consonants(ids[-2]) if len(ids) > 1 else None
        self.scope, self.epoch = scope, epoch
        self.__secret, self.__domain = secret, domain
        self.__keys: dict[str, bytes] = {}
        self.cache: dict[tuple[str, bytes], str] = {}

    def bits(self, kind: str, canonical: bytes, layers: Sequence[Layer]) -> bytes:
        """The bits of a pseudonym, under every layer."""
        link = self.__keys.get(kind)
        if link is None:
            labels = _within(self.scope, "link", self.__domain, kind)
            link = self.__keys[kind] = expand(self.__secret, *labels)
        found = hmac.digest(link, canonical, "sha256")[:BITS_SIZE]
        for layer in layers:
            found = layer.bits(kind, found)
        return found

    def __repr__(self) -> str:
        return f"Links({self.key_id})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


def generations(secret: bytes, domain: str, scope: Scope, layers: Sequence[Layer]) -> list[bytes]:
    """The key id as it was first, and after each rotation."""
    found = [expand(secret, *_within(scope, "key-id", domain))[:KEY_ID_SIZE]]
    for layer in layers:
        found.append(layer.key_id(found[-1]))
    return found


def key_ids(material: Material, domain: str) -> list[str]:
    """The stable key ids of a domain, oldest first."""
    layers = [Layer(secret, domain) for secret in material.layers]
    return [consonants(one) for one in generations(material.root, domain, Scope.STABLE, layers)]


def _within(scope: Scope, *labels: str) -> tuple[str, ...]:
    return labels if scope is Scope.STABLE else (*labels, scope.value)
