"""Keys and pseudonyms: HMAC-SHA256 under link keys that HKDF derives from one secret a purpose.

link key = HKDF-Expand(root, labels("gpsproto/1", "link", domain, kind)); of an epoch it is the
secret of the epoch's first day in place of the root, and the scope as one more label.  A pseudonym
is the first 96 bits of HMAC(link key, canonical form), taken through each rotation of the key, in
sixteen consonants behind its kind and a key id that says which key, domain and epoch made it and
reveals none of them.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from datetime import date, datetime
from typing import NoReturn, SupportsIndex, final

from gpsproto.errors import ErrorCode, KeyRefused
from gpsproto.identity import DeviceId
from gpsproto.privacy.keys import keyfile
from gpsproto.privacy.keys.chain import Chain, date_of, day_of
from gpsproto.privacy.keys.chain import epoch as epoch_of
from gpsproto.privacy.keys.derivation import expand
from gpsproto.privacy.keys.generations import Layer, Links, generations, key_ids
from gpsproto.privacy.keys.material import SECRET_SIZE, Material
from gpsproto.privacy.keys.pseudonym import (
    BITS_SIZE,
    KINDS,
    consonants,
    from_consonants,
)
from gpsproto.privacy.keys.subjects import canonical as canonical_form
from gpsproto.privacy.scope import Scope

ROOT_SIZE = SECRET_SIZE
_STABLE = Scope.STABLE
_SCOPES = {scope.value: scope for scope in Scope}
_CACHE = 65_536
_EPOCHS = 1_024


@final
class PseudonymKey:
    """A key; makes pseudonyms and shows nothing.  Equal keys make equal pseudonyms anywhere."""

    __slots__ = ("__chain", "__material", "ephemeral")

    def __init__(self, root: bytes, *, ephemeral: bool = False) -> None:
        found = Material.of_root(root)
        del root
        if isinstance(found, ErrorCode):
            raise KeyRefused(found)
        self.__material = found
        self.__chain = found.chain()
        self.ephemeral = ephemeral

    @classmethod
    def __of(cls, material: Material) -> PseudonymKey:
        made = cls.__new__(cls)
        made.__material = material
        made.__chain = material.chain()
        made.ephemeral = False
        return made

    @classmethod
    def new_ephemeral(cls) -> PseudonymKey:
        """A key that lives as long as the object: pseudonyms hold within the run only."""
        return cls(secrets.token_bytes(ROOT_SIZE), ephemeral=True)

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> PseudonymKey:
        """Read a key file that is yours alone.  Raises KeyRefused, and then nothing is decoded."""
        return cls.__of(keyfile.read(path))

    @classmethod
    def from_credential(cls, name: str) -> PseudonymKey:
        """Read a systemd credential, ``LoadCredential=name:/path``.  Raises KeyRefused."""
        return cls.__of(keyfile.credential(name))

    @staticmethod
    def create_file(path: str | os.PathLike[str]) -> None:
        """Write a new random key, mode 0600; a file that stands there is never overwritten."""
        keyfile.create(path)

    @property
    def since(self) -> date:
        """The first day whose epoch the key can make pseudonyms of."""
        return date_of(self.__chain.day)

    @property
    def rotations(self) -> int:
        """How often the key was rotated."""
        return len(self.__material.layers)

    def domain(self, domain: str) -> DomainKey:
        """The key of a domain: pseudonyms of two domains cannot be joined.

        Raises KeyRefused where two rotations of the key have one key id in this domain.
        """
        if len(set(key_ids(self.__material, domain))) <= self.rotations:
            raise KeyRefused(ErrorCode.KEY_DUPLICATE_ID)
        return DomainKey(self.__material, self.__chain, domain)

    def mac(self, label: str, data: bytes) -> bytes:
        """32 bytes that only a holder of the key can make of this data, one purpose a label."""
        return hmac.digest(expand(self.__material.root, "mac", label), data, "sha256")

    def subject(
        self,
        kind: str,
        id: str,
        *,
        domain: str,
        at: date | datetime | None = None,
        scope: Scope | str | None = None,
    ) -> str:
        """The pseudonym that decode writes for an identifier that the platform holds.

        ``id`` is an IMEI (device_id), what the watch sends (watch_id), 32 hex digits of elements 11
        and 14 (sim_id), 16 of element 78 (driver_id), a name (account_ref).  Without ``at`` it is
        the stable one; with it that of the epoch, by month if no ``scope`` says else.  ValueError
        or TypeError for what cannot be, KeyRefused for an epoch that is gone; none holds the id.
        """
        found = self.__subject(kind, id, domain, at, scope)
        # the frame of an error must not hold it
        del kind, id, domain, at, scope
        if isinstance(found, Exception):
            raise found
        return found

    def __subject(
        self, kind: object, id: object, domain: object, at: object, scope: object
    ) -> str | Exception:
        if not isinstance(id, str) or not isinstance(kind, str) or not isinstance(domain, str):
            return TypeError("the kind, the id and the domain are text")
        within = _within(at, scope)
        if isinstance(within, Exception):
            return within
        form = canonical_form(kind, id)
        if isinstance(form, str):
            return ValueError(form)
        if len(set(key_ids(self.__material, domain))) <= self.rotations:
            return KeyRefused(ErrorCode.KEY_DUPLICATE_ID)
        key = DomainKey(self.__material, self.__chain, domain)
        if not key.reaches(*within):
            return KeyRefused(ErrorCode.KEY_EPOCH_GONE)
        return key.pseudonym(kind, form, *within)

    def __repr__(self) -> str:
        return "PseudonymKey(redacted)"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


@final
class DomainKey:
    """The link keys of one domain: of what is stable, and of each epoch that was asked for."""

    __slots__ = (
        "__cache", "__chain", "__domain", "__drawn", "__epochs", "__layers", "__now", "__stable",
        "__used", "key_id",
    )  # fmt: skip

    def __init__(self, material: Material, chain: Chain, domain: str) -> None:
        self.__layers = tuple(Layer(secret, domain) for secret in material.layers)
        self.__stable = Links(material.root, domain, _STABLE, 0, self.__layers)
        self.__cache = self.__stable.cache
        self.__now = self.__stable
        self.__chain, self.__domain = chain, domain
        self.__epochs: dict[tuple[Scope, int], Links] = {}
        # of pseudonyms that no key makes: only the key id is the key's
        self.__drawn = {
            scope: generations(material.root, domain, scope, self.__layers)
            for scope in (Scope.RECORD, Scope.SESSION)
        }
        self.__used: set[str] = set()
        self.key_id = self.__stable.key_id

    def pseudonym(self, kind: str, canonical: bytes, scope: Scope = _STABLE, epoch: int = 0) -> str:
        """``dev_rscd_djnctkkbmqcnmbtkfbtmcnfk``: kind, key id, 96 bits.

        ``epoch`` is the first day of the epoch, from 1970-01-01; KeyRefused where the key's chain
        has left it behind.  What was made is held, bounded, and let go when the epoch changes.
        """
        if scope is _STABLE:
            known = self.__cache.get((kind, canonical))
            if known is not None:
                return known
            links = self.__stable
        else:
            links = self.__now
            if links.epoch != epoch or links.scope is not scope:
                turned = self.__turn(scope, epoch)
                if turned is None:
                    del canonical
                    if scope.epochal:
                        raise KeyRefused(ErrorCode.KEY_EPOCH_GONE)
                    raise ValueError("a pseudonym of a record or a session is made of random bytes")
                links = turned
            known = links.cache.get((kind, canonical))
            if known is not None:
                return known
        if kind not in KINDS:
            del kind, canonical
            raise ValueError("no pseudonyms are made of that kind")
        bits = links.bits(kind, canonical, self.__layers)
        known = f"{KINDS[kind]}_{links.key_id}_{consonants(bits)}"
        self.__used.add(links.key_id)
        if len(links.cache) >= _CACHE:
            links.cache.clear()
        links.cache[kind, canonical] = known
        return known

    def device(
        self,
        device: DeviceId,
        scope: Scope = _STABLE,
        epoch: int = 0,
        *,
        session: bytes | None = None,
    ) -> str:
        """The pseudonym of a device, in any scope; ``session`` holds 32 random bytes of its own."""
        if scope is _STABLE:
            return device.through(self)
        return self.__device(device, scope, epoch, session)

    def __device(self, device: DeviceId, scope: Scope, epoch: int, session: bytes | None) -> str:
        if scope is Scope.RECORD:
            return device.through(_Put(lambda kind, _: self.random(kind)))
        if scope is Scope.SESSION:
            if session is None or len(session) != SECRET_SIZE:
                raise ValueError("a session has 32 random bytes of its own")
            return device.through(_Put(lambda kind, form: self.of_session(kind, form, session)))
        now = self.__now
        at_hand = now.scope is scope and now.epoch == epoch
        if not at_hand and not self.reaches(scope, epoch):
            raise KeyRefused(ErrorCode.KEY_EPOCH_GONE)
        return device.through(_Put(lambda kind, form: self.pseudonym(kind, form, scope, epoch)))

    def random(self, kind: str) -> str:
        """A pseudonym of nobody: another one each time."""
        return self.__written(kind, Scope.RECORD, secrets.token_bytes(BITS_SIZE))

    def of_session(self, kind: str, canonical: bytes, session: bytes) -> str:
        """A pseudonym that holds while somebody keeps the session's 32 random bytes."""
        if len(session) != SECRET_SIZE or kind not in KINDS:
            del kind, canonical, session
            raise ValueError("a kind of identifier and 32 random bytes are wanted")
        link = expand(session, "session", self.__domain, kind)
        bits = hmac.digest(link, canonical, "sha256")[:BITS_SIZE]
        return self.__written(kind, Scope.SESSION, bits)

    def reaches(self, scope: Scope, epoch: int) -> bool:
        """Whether the key can make pseudonyms of an epoch: its chain has not left it behind."""
        return not scope.epochal or epoch_of(scope, int(epoch)) >= self.__chain.day

    def key_ids(self) -> tuple[str, ...]:
        """Every key id that stands in a pseudonym made so far, sorted."""
        return tuple(sorted(self.__used))

    def key_id_of(self, scope: Scope, epoch: int = 0) -> str:
        """The key id of a scope and epoch.  KeyRefused where it is gone."""
        return self.__id_of(scope, epoch)[-1]

    def former_key_id(self, scope: Scope, epoch: int = 0) -> str:
        """What it was before the last rotation.  KeyRefused where there was none, or it is gone."""
        if not self.__layers:
            raise KeyRefused(ErrorCode.KEY_NOT_ROTATED)
        return self.__id_of(scope, epoch)[-2]

    def renewed_key_id(self, former: str) -> str:
        """The key id that takes the place of one before the last rotation."""
        if not self.__layers:
            raise KeyRefused(ErrorCode.KEY_NOT_ROTATED)
        return consonants(self.__layers[-1].key_id(from_consonants(former)))

    def renewed_bits(self, kind: str, former: str) -> str:
        """The 24 letters that take the place of those before the last rotation."""
        if not self.__layers:
            raise KeyRefused(ErrorCode.KEY_NOT_ROTATED)
        return consonants(self.__layers[-1].bits(kind, from_consonants(former)))

    def __id_of(self, scope: Scope, epoch: int) -> list[str]:
        if scope is _STABLE:
            return [self.__stable.former_id or "", self.key_id]
        if scope in self.__drawn:
            return [consonants(one) for one in self.__drawn[scope]]
        secret = self.__chain.at(epoch_of(scope, epoch))
        if secret is None:
            raise KeyRefused(ErrorCode.KEY_EPOCH_GONE)
        ids = generations(secret, self.__domain, scope, self.__layers)
        return [consonants(one) for one in ids]

    def __written(self, kind: str, scope: Scope, bits: bytes) -> str:
        key_id = consonants(self.__drawn[scope][-1])
        self.__used.add(key_id)
        return f"{KINDS[kind]}_{key_id}_{consonants(bits)}"

    def __turn(self, scope: Scope, epoch: int) -> Links | None:
        """Go to another epoch: the keys of it are made once, what the last one made is let go."""
        first = epoch_of(scope, int(epoch))
        links = self.__epochs.get((scope, first))
        if links is None:
            secret = self.__chain.at(first) if scope.epochal else None
            if secret is None:
                return None
            links = Links(secret, self.__domain, scope, first, self.__layers)
            if len(self.__epochs) >= _EPOCHS:
                self.__epochs.clear()
            self.__epochs[scope, first] = links
        before, self.__now = self.__now, links
        if before is not links and before is not self.__stable:
            before.cache.clear()
        return links

    def __repr__(self) -> str:
        return f"DomainKey({self.key_id})"

    def __reduce_ex__(self, _: SupportsIndex) -> NoReturn:
        raise TypeError("a key cannot be pickled or copied")


class _Put:
    """What a device is put through where it is not the stable scope."""

    __slots__ = ("pseudonym",)

    def __init__(self, pseudonym: Callable[[str, bytes], str]) -> None:
        self.pseudonym = pseudonym


def _within(at: object, scope: object) -> tuple[Scope, int] | Exception:
    """The scope and epoch that are asked for; or what is wrong with the question."""
    if at is not None and not isinstance(at, date):
        return TypeError("at is a date or a datetime")
    if isinstance(at, datetime) and at.tzinfo is None:
        return ValueError("at is a datetime without a time zone; UTC is meant as a rule")
    if scope is None:
        scope = _STABLE if at is None else Scope.MONTH
    found = _SCOPES.get(scope) if isinstance(scope, str) else None
    if found is None or found in (Scope.RECORD, Scope.SESSION):
        return ValueError(
            "the scope is stable, P1M or P1D; what is made of random bytes is not found again"
        )
    if not found.epochal:
        return found, 0
    if at is None:
        return ValueError("at is wanted: the pseudonym changes with the epoch")
    return found, epoch_of(found, day_of(at))
