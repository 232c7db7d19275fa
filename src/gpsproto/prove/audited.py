"""The audit log: an entry of the run, and every byte of the file."""

from __future__ import annotations

import re
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from gpsproto.balance import Balance
from gpsproto.privacy import audit
from gpsproto.privacy.keys import PseudonymKey
from gpsproto.privacy.policy import Policy
from gpsproto.prove.matcher import Bytes
from gpsproto.prove.search import Search

CARRIER = "audit log"
_MAC = re.compile(rb'"(?:mac|previous)": ?"[0-9a-f]{64}"')


def logged(policy: Policy, key: PseudonymKey, balance: Balance, search: Search) -> None:
    """Log a run and search the log."""
    with tempfile.TemporaryDirectory(prefix="gpsproto-prove-") as folder:
        path = Path(folder) / "audit.log"
        log = audit.AuditLog(path, key)
        key_ids = key.domain(policy.domain).key_ids()
        line = audit.entry(
            balance, policy, key_ids, day=datetime.now(UTC), complete=True,
            records_expired=balance.records_expired, records_objected=balance.records_objected,
            records_withheld=balance.records_withheld,
        )  # fmt: skip
        log.append(line)
        for shown in (repr(log), repr(line)):
            search.look("repr", shown, Bytes.TEXT)
        whole = audit.verify(path, key).fault is None
        for file in Path(folder).rglob("*"):
            search.look("file names", file.name, Bytes.TEXT)
            data = file.read_bytes()
            # a MAC that fits is made under the key: its digits are chance, and so is what they spell
            search.look(CARRIER, _MAC.sub(b"", data) if whole else data, Bytes.TEXT)
    search.planted(CARRIER, balance.records)
