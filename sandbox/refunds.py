"""Refunds: money that goes back to whom a payment came from."""

import sqlite3
from typing import Any

from sandbox import disputes, errands, events, fields, ledger, moments, payments
from sandbox.accounts import Conduct, conduct_of
from sandbox.cards import REFUND_FAILS
from sandbox.config import Config
from sandbox.problems import Problem, invalid, not_found
from sandbox.store import new_id

MOVES = {"pending": ("succeeded", "failed"), "succeeded": ("failed", "returned")}
"""Some gateways say `failed` of a refund that went out and came back: both words can be had."""


def create(db: sqlite3.Connection, body: dict[str, Any], config: Config) -> str:
    """Promise to pay back part or all of what came in, in minor units, and answer the refund's id.

    Raises Problem 422 for more than was received less what has gone back or is on its way, in that currency, and for a
    payment that is in dispute.
    """
    payment = payments.get(db, fields.text(body, "payment_id", longest=100))
    amount_minor, currency = fields.amount_minor(body), fields.currency(body, payment["currency"])
    reference = fields.text(body, "reference", longest=140)
    if disputes.is_open(db, payment["id"]):
        raise Problem(422, "charge_disputed", "The customer's bank has charged this payment back.", "payment_id")
    left = payments.left_minor(db, payment["id"], currency)
    if amount_minor > left:
        raise Problem(422, "refund_too_large", f"At most {left} can be refunded.", "amount_minor")
    refund_id, at = new_id("sr"), moments.now_text()
    db.execute(
        "INSERT INTO refunds (id, payment_id, amount_minor, currency, reference, status, created_at, updated_at)"
        " VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)",
        (refund_id, payment["id"], amount_minor, currency, reference, at, at),
    )
    conduct = _conduct(db, payment)
    if not conduct.is_silent:
        seconds = config.late_seconds if conduct.is_late else config.payout_seconds
        errands.put_off(db, "settle_refund", refund_id, seconds=seconds)
    return refund_id


def _conduct(db: sqlite3.Connection, payment: sqlite3.Row) -> Conduct:
    """A wire goes back to the account it last came from; a card has one that does not take refunds."""
    if payment["method"] == "wire":
        return conduct_of(payments.receipts_of(db, payment["id"])[-1]["remitter_account"])
    return conduct_of("0002" if payment["card"] == REFUND_FAILS else "")


def get(db: sqlite3.Connection, refund_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM refunds WHERE id = ?", (refund_id,)).fetchone()
    if not row:
        raise not_found("There is no such refund.")
    return row


def settle(db: sqlite3.Connection, refund_id: str) -> None:
    """Do what the account that gets the money makes of it."""
    conduct = _conduct(db, payments.get(db, get(db, refund_id)["payment_id"]))
    outcome = "failed" if conduct.status == "failed" else "succeeded"
    decide(db, refund_id, outcome, copies=conduct.copies_of_news)


def decide(db: sqlite3.Connection, refund_id: str, outcome: str, *, copies: int = 1) -> None:
    """Move a refund on, also one whose bank never answers. Booked when it succeeds, back when it returns."""
    refund = get(db, refund_id)
    if outcome not in MOVES.get(refund["status"], ()):
        raise invalid("outcome", f"A refund that is {refund['status']} can't become {outcome}.")
    errands.forget(db, refund_id)
    db.execute(
        "UPDATE refunds SET status = ?, failure_code = ?, updated_at = ? WHERE id = ?",
        (outcome, None if outcome == "succeeded" else "account_closed", moments.now_text(), refund_id),
    )
    if outcome == "succeeded":
        _book(db, "refund", refund)
    elif refund["status"] == "succeeded":
        _book(db, "refund_return", refund)
    events.emit(db, "refund.updated", refund_id, copies=copies)


def _book(db: sqlite3.Connection, kind: str, refund: sqlite3.Row) -> None:
    ledger.book(
        db,
        kind=kind,
        amount_minor=refund["amount_minor"],
        currency=refund["currency"],
        object_id=refund["id"],
        payment_id=refund["payment_id"],
        reference=refund["reference"],
    )
