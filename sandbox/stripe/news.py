"""Events: a snapshot of the object at that moment, signed as Stripe signs, and delivered as the present mode says."""

import json
import sqlite3
import time

from sandbox import events
from sandbox.stripe.record import Document
from sandbox.webhooks import Courier


def tell(db: sqlite3.Connection, event_type: str, document: Document) -> None:
    """Record what happened to an object, in the transaction in which it happened."""
    event_id = events.emit(db, event_type, document["id"], prefix="evt")
    body = {
        "id": event_id,
        "object": "event",
        "api_version": "2026-10-28.endive",
        "created": int(time.time()),
        "data": {"object": document},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": event_type,
    }
    db.execute("INSERT INTO event_bodies (id, body) VALUES (?, ?)", (event_id, json.dumps(body)))


def body_of(db: sqlite3.Connection, event_id: str) -> str | None:
    row = db.execute("SELECT body FROM event_bodies WHERE id = ?", (event_id,)).fetchone()
    return str(row["body"]) if row else None


class StripeCourier(Courier):
    signature_header = "Stripe-Signature"

    def body_of(self, db: sqlite3.Connection, delivery: sqlite3.Row) -> bytes:
        return (body_of(db, delivery["id"]) or "{}").encode()


def as_document(body: str) -> Document:
    return dict(json.loads(body))


def page(db: sqlite3.Connection, params: Document, *, path: str) -> Document:
    """Newest first, as every list."""
    limit = min(max(params.get("limit", 10), 1), 100)
    after = params.get("starting_after", "")
    rows = db.execute(
        "SELECT body FROM events JOIN event_bodies USING (id)"
        " WHERE seq < coalesce((SELECT seq FROM events WHERE id = ?), 9223372036854775807) ORDER BY seq DESC LIMIT ?",
        (after, limit + 1),
    ).fetchall()
    found = [json.loads(row["body"]) for row in rows[:limit]]
    return {"object": "list", "url": path, "has_more": len(rows) > limit, "data": found}
