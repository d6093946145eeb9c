"""Refunds: part or all of a charge goes back to where it came from."""

import sqlite3
from typing import Any

from sandbox import errands
from sandbox.config import Config
from sandbox.stripe import balance, news, params, record
from sandbox.stripe.cards import REFUND_FAILS, REFUND_PENDING
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import refused

CREATE: params.Shape = {
    "payment_intent*": params.text(),
    "amount": params.amount,
    "metadata": params.metadata,
    "reason": params.one_of("duplicate", "fraudulent", "requested_by_customer"),
    "expand": [params.text()],
}
LIST: params.Shape = {**params.PAGE, "payment_intent": params.text()}


def create(db: sqlite3.Connection, given: dict[str, Any], config: Config) -> Document:
    intent = record.get(db, "payment_intent", given["payment_intent"])
    if not intent["latest_charge"]:
        raise refused("charge_not_found", f"{intent['id']} has no successful charge to refund.", "payment_intent")
    charge = record.get(db, "charge", intent["latest_charge"])
    left = charge["amount"] - charge["amount_refunded"]
    amount = given.get("amount", left)
    _check(charge, amount, left)
    waits = charge["test_card"] == REFUND_PENDING
    refund = record.add(
        db,
        "re",
        {
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": intent["id"],
            "status": "pending" if waits else "succeeded",
            "failure_reason": None,
            "failure_balance_transaction": None,
            "reason": given.get("reason"),
            "metadata": given.get("metadata", {}),
        },
        parent=intent["id"],
    )
    kind = "refund" if charge["id"].startswith("ch_") else "payment_refund"
    line = balance.book(
        db, source=refund["id"], type=kind, category="refund", amount=-amount, currency=charge["currency"]
    )
    refund["balance_transaction"] = line["id"]
    record.save(db, refund)
    _count(db, charge, amount)
    news.tell(db, "refund.created", refund)
    _plan_end(db, refund, charge, config)
    return refund


def _check(charge: Document, amount: int, left: int) -> None:
    if charge["disputed"]:
        raise refused("charge_disputed", f"Charge {charge['id']} has been charged back; it can't be refunded.")
    if left == 0:
        raise refused("charge_already_refunded", f"Charge {charge['id']} has already been refunded.")
    if amount > left:
        raise refused("", f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", "amount")


def _count(db: sqlite3.Connection, charge: Document, change: int) -> None:
    charge["amount_refunded"] += change
    charge["refunded"] = charge["amount_refunded"] == charge["amount"]
    record.save(db, charge)
    if change > 0:
        news.tell(db, "charge.refunded", charge)


def _plan_end(db: sqlite3.Connection, refund: Document, charge: Document, config: Config) -> None:
    if charge["test_card"] in (REFUND_FAILS, REFUND_PENDING):
        outcome = "failed" if charge["test_card"] == REFUND_FAILS else "succeeded"
        errands.put_off(db, "end_refund", refund["id"], seconds=config.payout_seconds, outcome=outcome)


def end(db: sqlite3.Connection, refund_id: str, outcome: str) -> None:
    """What the customer's bank made of it; a failed one comes back to the balance."""
    refund = record.get(db, "refund", refund_id)
    if refund["status"] == "failed":
        return
    refund["status"] = outcome
    if outcome == "failed":
        refund["failure_reason"] = "lost_or_stolen_card"
        line = balance.book(
            db,
            source=refund_id,
            type="refund_failure",
            category="refund_failure",
            amount=refund["amount"],
            currency=refund["currency"],
        )
        refund["failure_balance_transaction"] = line["id"]
        _count(db, record.get(db, "charge", refund["charge"]), -refund["amount"])
    record.save(db, refund)
    news.tell(db, "refund.failed" if outcome == "failed" else "refund.updated", refund)
