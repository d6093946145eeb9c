"""Payments: what a customer was asked for, and what has arrived for it."""

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from sandbox import errands, events, fields, ledger, moments
from sandbox.problems import invalid, not_found
from sandbox.store import new_id

OPEN = ("requires_action", "pending")
NEWEST_FIRST = "ORDER BY created_at DESC, rowid DESC LIMIT 100"


@dataclass(frozen=True)
class Receipt:
    amount_minor: int
    currency: str
    remitter_name: str
    remitter_account: str


def create(db: sqlite3.Connection, body: dict[str, Any]) -> str:
    """Write the payment down and answer its id. Money is in minor units. Raises Problem for a bad field."""
    method = fields.choice(body, "method", ("card", "wire"))
    expires_at = fields.moment(body, "expires_at")
    at = moments.now_text()
    row = {
        "id": new_id("sp"),
        "status": "requires_action" if method == "card" else "pending",
        "method": method,
        "amount_minor": fields.amount_minor(body),
        "currency": fields.currency(body),
        "reference": fields.text(body, "reference", longest=140),
        "description": fields.text(body, "description", longest=500, default=""),
        "return_url": fields.web_address(body, "return_url"),
        "expires_at": moments.text_of(expires_at) if expires_at else None,
        "created_at": at,
        "updated_at": at,
        "account_number": _fresh_account_number() if method == "wire" else None,
    }
    columns = ", ".join(row)
    marks = ", ".join(f":{name}" for name in row)
    db.execute(f"INSERT INTO payments ({columns}) VALUES ({marks})", row)  # noqa: S608 (fixed column names)
    if row["expires_at"]:
        errands.put_off_until(db, "expire_payment", str(row["id"]), due_at=str(row["expires_at"]))
    return str(row["id"])


def _fresh_account_number() -> str:
    """Fourteen digits; the table's UNIQUE makes sure of them. The ending is none of those that misbehave."""
    return f"88{secrets.randbelow(10**10):010d}77"


def get(db: sqlite3.Connection, payment_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM payments WHERE id = ?", (payment_id,)).fetchone()
    if not row:
        raise not_found("There is no such payment.")
    return row


def receipts_of(db: sqlite3.Connection, payment_id: str) -> list[sqlite3.Row]:
    return db.execute("SELECT * FROM receipts WHERE payment_id = ? ORDER BY rowid", (payment_id,)).fetchall()


def received_minor(db: sqlite3.Connection, payment_id: str, currency: str) -> int:
    row = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) AS minor FROM receipts WHERE payment_id = ? AND currency = ?",
        (payment_id, currency),
    ).fetchone()
    return int(row["minor"])


def refunded_minor(db: sqlite3.Connection, payment_id: str, currency: str) -> int:
    """What has gone back or is on its way back; a failed or returned refund does not count."""
    row = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) AS minor FROM refunds"
        " WHERE payment_id = ? AND currency = ? AND status NOT IN ('failed', 'returned')",
        (payment_id, currency),
    ).fetchone()
    return int(row["minor"])


def disputed_minor(db: sqlite3.Connection, payment_id: str, currency: str) -> int:
    """What the customer's bank took back and has not given back."""
    row = db.execute(
        "SELECT coalesce(sum(amount_minor), 0) AS minor FROM disputes"
        " WHERE payment_id = ? AND currency = ? AND status <> 'won'",
        (payment_id, currency),
    ).fetchone()
    return int(row["minor"])


def left_minor(db: sqlite3.Connection, payment_id: str, currency: str) -> int:
    """What came in and has neither gone back, nor is on its way back, nor was taken back."""
    came = received_minor(db, payment_id, currency)
    return came - refunded_minor(db, payment_id, currency) - disputed_minor(db, payment_id, currency)


def move(
    db: sqlite3.Connection, payment_id: str, status: str, *, failure_code: str | None = None, copies: int = 1
) -> None:
    """Set a status that the caller has checked, and tell the endpoint `copies` times."""
    db.execute(
        "UPDATE payments SET status = ?, failure_code = ?, updated_at = ? WHERE id = ?",
        (status, failure_code, moments.now_text(), payment_id),
    )
    events.emit(db, "payment.updated", payment_id, copies=copies)


def cancel(db: sqlite3.Connection, payment_id: str) -> None:
    """Close an open payment; one that has already ended stays as it ended: whoever came first wins."""
    if get(db, payment_id)["status"] in OPEN:
        errands.forget(db, payment_id)
        move(db, payment_id, "canceled")


def expire(db: sqlite3.Connection, payment_id: str) -> None:
    if get(db, payment_id)["status"] in OPEN:
        errands.forget(db, payment_id)
        move(db, payment_id, "expired")


def take_in(db: sqlite3.Connection, payment_id: str, receipt: Receipt) -> str:
    """Record money that arrived and book it, whatever state the payment is in. Answers the receipt's id."""
    payment = get(db, payment_id)
    receipt_id = new_id("sx")
    late = payment["status"] in ("canceled", "expired")
    db.execute(
        "INSERT INTO receipts (id, payment_id, amount_minor, currency, remitter_name, remitter_account, late,"
        " received_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            receipt_id,
            payment_id,
            receipt.amount_minor,
            receipt.currency,
            receipt.remitter_name,
            receipt.remitter_account,
            int(late),
            moments.now_text(),
        ),
    )
    ledger.book(
        db,
        kind="receipt",
        amount_minor=receipt.amount_minor,
        currency=receipt.currency,
        object_id=receipt_id,
        payment_id=payment_id,
        reference=payment["reference"],
    )
    return receipt_id


def decide(db: sqlite3.Connection, payment_id: str, outcome: str) -> None:
    """End an open card payment by hand, also one whose bank never answers. Raises Problem when that can't be."""
    payment = get(db, payment_id)
    if payment["method"] != "card" or payment["status"] not in OPEN:
        raise invalid("object_id", "Only an open card payment can be decided.")
    errands.forget(db, payment_id)
    if outcome == "succeeded":
        take_in(db, payment_id, Receipt(payment["amount_minor"], payment["currency"], "Decided by hand", "card"))
        move(db, payment_id, "succeeded")
    else:
        move(db, payment_id, "failed", failure_code="card_declined")
