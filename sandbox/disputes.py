"""Disputes: a cardholder's bank takes a payment back, hears our evidence once, and decides."""

import base64
import binascii
import hashlib
import json
import sqlite3
from typing import Any

from sandbox import events, fields, ledger, moments, payments
from sandbox.problems import Problem, invalid, not_found
from sandbox.store import new_id

FEE_MINOR = 1_500
"""Minor units of the dispute's currency, kept by this gateway whoever wins."""

EVIDENCE_SECONDS = 7 * 86_400
MOST_FILES = 50


def create(db: sqlite3.Connection, body: dict[str, Any]) -> str:
    """Take back `amount_minor` of a card payment, or all that is left of it, and answer the dispute's id.

    Minor units of the payment's currency. Raises Problem 422 for more than is left of it.
    """
    payment = payments.get(db, fields.text(body, "payment_id", longest=100))
    left_minor = payments.left_minor(db, payment["id"], payment["currency"])
    amount_minor = fields.amount_minor(body) if "amount_minor" in body else left_minor
    if payment["method"] != "card":
        raise invalid("payment_id", "Only a card payment is charged back.")
    if not 0 < amount_minor <= left_minor:
        raise Problem(422, "dispute_too_large", f"At most {left_minor} can be charged back.", "amount_minor")
    reason = fields.text(body, "reason", longest=60, default="") or "product_not_received"
    return _open(db, payment, amount_minor, reason)


def open_left(db: sqlite3.Connection, payment_id: str) -> None:
    """Take back what is left of a payment; nothing when it has all gone back."""
    payment = payments.get(db, payment_id)
    left_minor = payments.left_minor(db, payment_id, payment["currency"])
    if left_minor > 0:
        _open(db, payment, left_minor, "fraudulent")


def _open(db: sqlite3.Connection, payment: sqlite3.Row, amount_minor: int, reason: str) -> str:
    dispute_id, at = new_id("sd"), moments.now_text()
    due_at = moments.text_after(EVIDENCE_SECONDS)
    db.execute(
        "INSERT INTO disputes (id, payment_id, amount_minor, currency, reason, fee_minor, status, evidence_due_at,"
        " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, 'open', ?, ?, ?)",
        (dispute_id, payment["id"], amount_minor, payment["currency"], reason, FEE_MINOR, due_at, at, at),
    )
    dispute = get(db, dispute_id)
    _book(db, "chargeback", dispute, amount_minor)
    _book(db, "cost", dispute, FEE_MINOR)
    events.emit(db, "dispute.updated", dispute_id)
    return dispute_id


def get(db: sqlite3.Connection, dispute_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM disputes WHERE id = ?", (dispute_id,)).fetchone()
    if not row:
        raise not_found("There is no such dispute.")
    return row


def list_of(db: sqlite3.Connection, payment_id: str) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM disputes WHERE payment_id = ? ORDER BY rowid LIMIT 100", (payment_id,)).fetchall()


def is_open(db: sqlite3.Connection, payment_id: str) -> bool:
    found = db.execute("SELECT 1 FROM disputes WHERE payment_id = ? AND status = 'open' LIMIT 1", (payment_id,))
    return found.fetchone() is not None


def decide(db: sqlite3.Connection, dispute_id: str, outcome: str) -> None:
    """The bank has decided: won gives the money back to the platform, lost leaves it with the cardholder."""
    dispute = get(db, dispute_id)
    if dispute["status"] != "open":
        raise invalid("outcome", f"A dispute that is {dispute['status']} can't become {outcome}.")
    _update(db, dispute_id, status=outcome)
    if outcome == "won":
        _book(db, "chargeback_won", dispute, dispute["amount_minor"])
    events.emit(db, "dispute.updated", dispute_id)


def take_evidence(db: sqlite3.Connection, dispute_id: str, body: dict[str, Any]) -> None:
    """Keep the words and the list of files, once. Each file's content must have the hash that it is said to have."""
    dispute = get(db, dispute_id)
    if dispute["status"] != "open":
        raise Problem(422, "dispute_decided", "This dispute is decided.")
    if dispute["evidence_at"] is not None:
        raise Problem(422, "evidence_submitted", "Evidence was submitted before, and is taken once.")
    if dispute["evidence_due_at"] < moments.now_text():
        raise Problem(422, "evidence_too_late", "The time for evidence is over.")
    said = {"text": fields.text(body, "text", longest=20_000), "files": _files(body)}
    _update(db, dispute_id, evidence=json.dumps(said), evidence_at=moments.now_text())
    events.emit(db, "dispute.updated", dispute_id)


def _files(body: dict[str, Any]) -> list[dict[str, Any]]:
    files = body.get("files", [])
    if not isinstance(files, list) or len(files) > MOST_FILES or not all(isinstance(file, dict) for file in files):
        raise invalid("files", f"files must be a list of at most {MOST_FILES} objects.")
    return [_file(file) for file in files]


def _file(file: dict[str, Any]) -> dict[str, Any]:
    try:
        content = base64.b64decode(file.get("content", ""), validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise invalid("files", "content must be base64.") from None
    said = {name: fields.text(file, name, longest=200) for name in ("name", "role", "media_type", "sha256")}
    if hashlib.sha256(content).hexdigest() != said["sha256"]:
        raise invalid("files", "A file's content does not have its sha256.")
    return {**said, "size": len(content)}


def _update(db: sqlite3.Connection, dispute_id: str, **values: str) -> None:
    columns = ", ".join(f"{name} = :{name}" for name in values)
    db.execute(
        f"UPDATE disputes SET {columns}, updated_at = :at WHERE id = :id",  # noqa: S608 (fixed column names)
        {**values, "at": moments.now_text(), "id": dispute_id},
    )


def _book(db: sqlite3.Connection, kind: str, dispute: sqlite3.Row, amount_minor: int) -> None:
    ledger.book(
        db,
        kind=kind,
        amount_minor=amount_minor,
        currency=dispute["currency"],
        object_id=dispute["id"],
        payment_id=dispute["payment_id"],
        reference=dispute["reason"],
    )
