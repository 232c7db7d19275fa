"""Under which name: keys, the files that hold them, and the pseudonyms that they make."""

from gpsproto.privacy.keys.keys import ROOT_SIZE, DomainKey, PseudonymKey
from gpsproto.privacy.keys.pseudonym import PREFIXES

__all__ = ["PREFIXES", "ROOT_SIZE", "DomainKey", "PseudonymKey"]
