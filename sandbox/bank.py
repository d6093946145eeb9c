"""Wires: money that somebody's bank sends to a payment's own account. This bank always takes it."""

import sqlite3
from dataclasses import asdict
from typing import Any

from sandbox import errands, events, fields, payments
from sandbox.payments import Receipt
from sandbox.problems import invalid, not_found


def read_wire(body: dict[str, Any]) -> Receipt:
    """Raises Problem for a bad field. Any currency goes, the payment's or not."""
    return Receipt(
        amount_minor=fields.amount_minor(body),
        currency=fields.currency(body),
        remitter_name=fields.text(body, "remitter_name", longest=140),
        remitter_account=fields.text(body, "remitter_account", longest=40),
    )


def find_account(db: sqlite3.Connection, body: dict[str, Any]) -> str:
    """The payment of an account number, or the newest wire payment of a reference. Raises Problem 404."""
    number, reference = body.get("account_number"), body.get("reference")
    if not number and not reference:
        raise invalid("account_number", "Give account_number or reference.")
    column, value = ("account_number", number) if number else ("reference", reference)
    row = db.execute(
        f"SELECT id FROM payments WHERE method = 'wire' AND {column} = ? {payments.NEWEST_FIRST}",  # noqa: S608
        (str(value),),
    ).fetchone()
    if not row:
        raise not_found("No account here has that number or reference.")
    return str(row["id"])


def receive(db: sqlite3.Connection, payment_id: str, wire: Receipt) -> str:
    """Take the wire in; a payment that is open and now covered succeeds. Answers the receipt's id."""
    receipt_id = payments.take_in(db, payment_id, wire)
    events.emit(db, "payment.receipt", payment_id)
    payment = payments.get(db, payment_id)
    received = payments.received_minor(db, payment_id, payment["currency"])
    if payment["status"] == "pending" and received >= payment["amount_minor"]:
        payments.move(db, payment_id, "succeeded")
    return receipt_id


def receive_later(db: sqlite3.Connection, payment_id: str, wire: Receipt, *, seconds: float) -> str:
    """The wire is under way, on its own errand: cancelling the payment does not stop it. Answers when it arrives."""
    return errands.put_off(db, "receive_wire", f"wire to {payment_id}", seconds=seconds, to=payment_id, **asdict(wire))
