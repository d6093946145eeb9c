"""Work put off until a time, as rows: it survives a restart and is done exactly once."""

import json
import sqlite3
from typing import Any

from sandbox import moments


def put_off(db: sqlite3.Connection, kind: str, object_id: str, *, seconds: float, **details: Any) -> str:
    """Write the errand down; answers when it is due."""
    due_at = moments.text_after(seconds)
    put_off_until(db, kind, object_id, due_at=due_at, **details)
    return due_at


def put_off_until(db: sqlite3.Connection, kind: str, object_id: str, *, due_at: str, **details: Any) -> None:
    db.execute(
        "INSERT INTO errands (due_at, kind, object_id, details) VALUES (?, ?, ?, ?)",
        (due_at, kind, object_id, json.dumps(details)),
    )


def take_next(db: sqlite3.Connection, *, until: str, leave: tuple[str, ...] = ()) -> sqlite3.Row | None:
    """The earliest errand due by `until`, taken off the list in the caller's transaction: both or none."""
    marks = ", ".join("?" * len(leave))
    row: sqlite3.Row | None = db.execute(
        f"SELECT * FROM errands WHERE due_at <= ? AND kind NOT IN ({marks}) ORDER BY due_at, id LIMIT 1",  # noqa: S608
        (until, *leave),
    ).fetchone()
    if row:
        db.execute("DELETE FROM errands WHERE id = ?", (row["id"],))
    return row


def forget(db: sqlite3.Connection, object_id: str) -> None:
    db.execute("DELETE FROM errands WHERE object_id = ?", (object_id,))


def next_due(db: sqlite3.Connection) -> str | None:
    due_at: str | None = db.execute("SELECT min(due_at) FROM errands").fetchone()[0]
    return due_at
