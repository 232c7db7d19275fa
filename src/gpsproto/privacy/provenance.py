"""How records were made: what every file of them says in its metadata."""

from __future__ import annotations

from typing import NamedTuple

from gpsproto.privacy.schema import SCHEMA_VERSION
from gpsproto.version import __version__


class Provenance(NamedTuple):
    """The policy and the key behind records; reveals no key."""

    policy_name: str
    policy_digest: str
    key_id: str

    def after(self, earlier: Provenance | None) -> Provenance:
        """The same, where the earlier records of a file were made so too; ValueError otherwise."""
        if earlier is not None and earlier != self:
            raise ValueError("a file holds records of one policy and one key")
        return self

    def metadata(self) -> dict[str, str]:
        """The metadata of a Parquet or Arrow file."""
        return {
            "gpsproto.schema_version": str(SCHEMA_VERSION),
            "gpsproto.policy_name": self.policy_name,
            "gpsproto.policy_digest": self.policy_digest,
            "gpsproto.key_ids": self.key_id,
            "gpsproto.version": __version__,
        }
