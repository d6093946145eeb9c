"""Stripe's objects as documents in SQLite, in the shape that the API shows; each line of money once."""

import json
import sqlite3
import time
from collections.abc import Mapping
from typing import Any

from sandbox.store import new_id
from sandbox.stripe.refusals import malformed, missing

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, created INTEGER NOT NULL,
    parent TEXT NOT NULL, body TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS objects_kind ON objects (kind, created, seq);
CREATE INDEX IF NOT EXISTS objects_parent ON objects (parent, kind);
CREATE TABLE IF NOT EXISTS lines (
    id TEXT PRIMARY KEY, source TEXT NOT NULL, category TEXT NOT NULL, currency TEXT NOT NULL, net INTEGER NOT NULL,
    UNIQUE (source, category)) STRICT;
CREATE TABLE IF NOT EXISTS keys (
    key TEXT PRIMARY KEY, path TEXT NOT NULL, params TEXT NOT NULL, status INTEGER NOT NULL, body TEXT NOT NULL,
    request_id TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS event_bodies (id TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT;
"""

KINDS = {
    "cs": "checkout.session",
    "pi": "payment_intent",
    "ch": "charge",
    "py": "charge",
    "re": "refund",
    "tr": "transfer",
    "trr": "transfer_reversal",
    "dp": "dispute",
    "po": "payout",
    "txn": "balance_transaction",
    "file": "file",
}
"""Prefix of an id -> kind of its object."""

Document = dict[str, Any]


def add(db: sqlite3.Connection, prefix: str, body: Mapping[str, Any], *, parent: str = "") -> Document:
    """Write a new object down; `parent` is what it is listed by."""
    created = int(time.time())
    object_id = new_id(f"{prefix}_test" if prefix == "cs" else prefix)
    document = {"id": object_id, "object": KINDS[prefix], "created": created, "livemode": False, **body}
    db.execute(
        "INSERT INTO objects (id, kind, created, parent, body) VALUES (?, ?, ?, ?, ?)",
        (object_id, KINDS[prefix], created, parent, json.dumps(document)),
    )
    return document


def save(db: sqlite3.Connection, document: Document, *, parent: str | None = None) -> None:
    db.execute("UPDATE objects SET body = ? WHERE id = ?", (json.dumps(document), document["id"]))
    if parent is not None:
        db.execute("UPDATE objects SET parent = ? WHERE id = ?", (parent, document["id"]))


def get(db: sqlite3.Connection, kind: str, object_id: str) -> Document:
    """Raises Refusal 404."""
    row = db.execute("SELECT body FROM objects WHERE id = ? AND kind = ?", (object_id, kind)).fetchone()
    if not row:
        raise missing(kind, object_id)
    return dict(json.loads(row["body"]))


def children(db: sqlite3.Connection, kind: str, parent: str) -> list[Document]:
    """Oldest first."""
    rows = db.execute("SELECT body FROM objects WHERE parent = ? AND kind = ? ORDER BY seq", (parent, kind))
    return [dict(json.loads(row["body"])) for row in rows]


def page(db: sqlite3.Connection, kind: str, params: Document, *, path: str, parent: str = "") -> Document:
    """One page of a list, newest first, as the API gives it."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise malformed("parameter_invalid_integer", "limit must be between 1 and 100", "limit")
    where, values = ["kind = ?"], [kind]
    if parent:
        where.append("parent = ?")
        values.append(parent)
    for word, sign in (("gte", ">="), ("gt", ">"), ("lte", "<="), ("lt", "<")):
        if word in params.get("created", {}):
            where.append(f"created {sign} ?")
            values.append(params["created"][word])
    if after := params.get("starting_after"):
        get(db, kind, after)
        where.append("(created, seq) < (SELECT created, seq FROM objects WHERE id = ?)")
        values.append(after)
    sql = f"SELECT body FROM objects WHERE {' AND '.join(where)} ORDER BY created DESC, seq DESC LIMIT ?"  # noqa: S608 (fixed words)
    rows = db.execute(sql, (*values, limit + 1)).fetchall()
    found = [json.loads(row["body"]) for row in rows[:limit]]
    return {"object": "list", "url": path, "has_more": len(rows) > limit, "data": found}


def expand(db: sqlite3.Connection, document: Document, path: str) -> None:
    """Put the object in the place of its id. Raises Refusal for what can't be expanded."""
    first, _dot, rest = path.partition(".")
    if first not in document:
        raise malformed("parameter_unknown", f"This property cannot be expanded ({path}).", "expand")
    value = document[first]
    if isinstance(value, list):
        for each in value:
            expand(db, each, rest)
        return
    if isinstance(value, str):
        kind = KINDS.get(value.split("_")[0])
        if kind is None:
            raise malformed("parameter_unknown", f"This property cannot be expanded ({path}).", "expand")
        value = document[first] = get(db, kind, value)
    if rest and value is not None:
        expand(db, value, rest)
