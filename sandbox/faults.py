"""Faults asked for by tests: the next calls of an operation go wrong in the way that is said, so many times."""

import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox import fields
from sandbox.gateway import Gateway, HangUp
from sandbox.store import Store

FAULTS = {
    "timeout_before_effect": 0,
    "timeout_after_effect": 0,
    "error_500": 500,
    "error_500_after_effect": 500,
    "error_429": 429,
    "error_409": 409,
    "slow": 0,
}
"""Fault -> the status it answers with, 0 for none of its own."""
SLOW_SECONDS = 2.0


@dataclass(frozen=True)
class Operations:
    """The names of the calls that can be told to fail; "*" stands for every one with an effect."""

    effects: tuple[str, ...]
    reads: tuple[str, ...]


@dataclass
class Struck(Exception):
    """The call is answered with this status, by the fault and by nothing else."""

    status: int


@dataclass(frozen=True)
class Fault:
    name: str
    seconds: float | None

    @property
    def strikes_after_effect(self) -> bool:
        return self.name in ("timeout_after_effect", "error_500_after_effect")


def plan(db: sqlite3.Connection, body: dict[str, Any], known: Operations) -> dict[str, Any]:
    operation = fields.choice(body, "operation", (*known.effects, *known.reads, "*"))
    fault = fields.choice(body, "fault", tuple(FAULTS))
    times, seconds = fields.times(body), fields.seconds(body, "seconds")
    db.execute(
        "INSERT INTO faults (operation, fault, times, seconds) VALUES (?, ?, ?, ?)", (operation, fault, times, seconds)
    )
    return {"operation": operation, "fault": fault, "times": times, "seconds": seconds}


def list_planned(db: sqlite3.Connection) -> list[dict[str, Any]]:
    return [dict(row) for row in db.execute("SELECT operation, fault, times, seconds FROM faults ORDER BY id")]


def take(store: Store, operation: str, known: Operations) -> Fault | None:
    """Use up one planned fault of this operation, the oldest first."""
    with store.read() as db:
        if not _oldest(db, operation, known):
            return None
    with store.write() as db:
        row = _oldest(db, operation, known)
        if not row:
            return None
        db.execute("UPDATE faults SET times = times - 1 WHERE id = ?", (row["id"],))
        db.execute("DELETE FROM faults WHERE times <= 0")
        return Fault(row["fault"], row["seconds"])


def strike(gateway: Gateway, fault: Fault) -> None:
    """Let the fault happen. Raises HangUp or Struck; a slow one only takes its time."""
    if fault.name.startswith("timeout"):
        gateway.stopping.wait(gateway.config.hold_seconds if fault.seconds is None else fault.seconds)
        raise HangUp
    if fault.name == "slow":
        gateway.stopping.wait(SLOW_SECONDS if fault.seconds is None else fault.seconds)
        return
    raise Struck(FAULTS[fault.name])


def _oldest(db: sqlite3.Connection, operation: str, known: Operations) -> sqlite3.Row | None:
    wildcard = "*" if operation in known.effects else operation
    row: sqlite3.Row | None = db.execute(
        "SELECT * FROM faults WHERE operation IN (?, ?) ORDER BY id LIMIT 1", (operation, wildcard)
    ).fetchone()
    return row
