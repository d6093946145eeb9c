"""Faults asked for by tests: the next calls of an operation go wrong in the way that is said, so many times."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox import fields
from sandbox.store import Store

EFFECTS = ("payments.create", "payments.cancel", "refunds.create", "payouts.create", "disputes.evidence")
READS = ("payments.get", "refunds.get", "payouts.get", "disputes.get")
FAULTS = ("timeout_before_effect", "timeout_after_effect", "error_500", "error_500_after_effect", "error_429", "slow")
SLOW_SECONDS = 2.0


@dataclass(frozen=True)
class Fault:
    name: str
    seconds: float | None

    @property
    def strikes_after_effect(self) -> bool:
        return self.name in ("timeout_after_effect", "error_500_after_effect")


def plan(db: sqlite3.Connection, body: dict[str, Any]) -> dict[str, Any]:
    operation = fields.choice(body, "operation", (*EFFECTS, *READS, "*"))
    fault = fields.choice(body, "fault", FAULTS)
    times, seconds = fields.times(body), fields.seconds(body, "seconds")
    db.execute(
        "INSERT INTO faults (operation, fault, times, seconds) VALUES (?, ?, ?, ?)", (operation, fault, times, seconds)
    )
    return {"operation": operation, "fault": fault, "times": times, "seconds": seconds}


def list_planned(db: sqlite3.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute("SELECT operation, fault, times, seconds FROM faults ORDER BY id")]


def take(store: Store, operation: str) -> Fault | None:
    """Use up one planned fault of this operation, the oldest first; "*" stands for every operation with an effect."""
    with store.read() as db:
        if not _oldest(db, operation):
            return None
    with store.write() as db:
        row = _oldest(db, operation)
        if not row:
            return None
        db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (row["id"],))
        db.execute("DELETE FROM faults WHERE times <= 0")
        return Fault(row["fault"], row["seconds"])


def _oldest(db: sqlite3.Connection, operation: str) -> sqlite3.Row | None:
    wildcard = "*" if operation in EFFECTS else operation
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM faults WHERE operation IN (?, ?) ORDER BY id LIMIT 1", (operation, wildcard)
    ).fetchone()
    return row
