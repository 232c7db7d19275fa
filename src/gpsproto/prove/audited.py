"""The audit log: an entry of the run, and every byte of the file."""

from __future__ import annotations

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


def logged(policy: Policy, key: PseudonymKey, balance: Balance, search: Search) -> None:
    """Log a run and search the log."""
    with tempfile.TemporaryDirectory(prefix="gpsproto-prove-") as folder:
        log = audit.AuditLog(Path(folder) / "audit.log", key)
        key_ids = key.domain(policy.domain).key_ids()
        line = audit.entry(
            balance, policy, key_ids, day=datetime.now(UTC), complete=True,
            records_expired=balance.records_expired, records_objected=balance.records_objected,
            records_withheld=balance.records_withheld,
        )  # fmt: skip
        log.append(line)
        for shown in (repr(log), repr(line)):
            search.look("repr", shown, Bytes.TEXT)
        for file in Path(folder).rglob("*"):
            search.look("file names", file.name, Bytes.TEXT)
            search.look(CARRIER, file.read_bytes(), Bytes.TEXT)
    search.planted(CARRIER, balance.records)
