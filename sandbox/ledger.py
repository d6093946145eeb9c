"""Every movement of money in and out, once: the record that others compare themselves with."""

import sqlite3
from typing import Any

from sandbox import moments

DIRECTIONS = {
    "receipt": "in",
    "refund": "out",
    "payout": "out",
    "payout_return": "in",
    "refund_return": "in",
    "chargeback": "out",
    "chargeback_won": "in",
    "cost": "out",
}


def book(
    db: sqlite3.Connection,
    *,
    kind: str,
    amount_minor: int,
    currency: str,
    object_id: str,
    payment_id: str | None,
    reference: str,
) -> None:
    """Add one movement; the database refuses a second one of the same kind for the same object."""
    db.execute(
        "INSERT INTO movements (direction, kind, amount_minor, currency, object_id, payment_id, reference, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (DIRECTIONS[kind], kind, amount_minor, currency, object_id, payment_id, reference, moments.now_text()),
    )


def list_movements(db: sqlite3.Connection, *, since: int, limit: int) -> dict[str, Any]:
    rows = db.execute("SELECT * FROM movements WHERE seq > ? ORDER BY seq LIMIT ?", (since, limit + 1)).fetchall()
    page = [dict(row) for row in rows[:limit]]
    return {"data": page, "next_since": page[-1]["seq"] if page else since, "has_more": len(rows) > limit}


def totals(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """Per currency, in minor units: what came in, what went out, and what is left."""
    found: dict[str, dict[str, Any]] = {}
    rows = db.execute(
        "SELECT currency, kind, sum(amount_minor) AS minor, count(*) AS movements FROM movements"
        " GROUP BY currency, kind ORDER BY currency"
    )
    for row in rows:
        empty = dict.fromkeys(map(_plural, DIRECTIONS), 0) | {"in_minor": 0, "out_minor": 0}
        total = found.setdefault(row["currency"], {"currency": row["currency"], **empty, "movements": 0})
        total[_plural(row["kind"])] += row["minor"]
        total[f"{DIRECTIONS[row['kind']]}_minor"] += row["minor"]
        total["movements"] += row["movements"]
    return [total | {"balance_minor": total["in_minor"] - total["out_minor"]} for total in found.values()]


def _plural(kind: str) -> str:
    return "chargebacks_won_minor" if kind == "chargeback_won" else f"{kind}s_minor"
