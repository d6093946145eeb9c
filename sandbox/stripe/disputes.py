"""Disputes (charge-backs): the customer's bank takes the money back, and gives it again or not."""

import sqlite3
import time
from typing import Any

from sandbox.stripe import balance, news, params, record
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import refused

EVIDENCE_SECONDS = 9 * 86_400
EVIDENCE = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_email_address",
    "customer_name",
    "duplicate_charge_explanation",
    "product_description",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_tracking_number",
    "uncategorized_text",
)
FILES = ("service_documentation", "shipping_documentation", "customer_communication", "uncategorized_file")
UPDATE: params.Shape = {
    "evidence": {name: params.text(20_000) for name in (*EVIDENCE, *FILES)},
    "submit": params.flag,
    "metadata": params.metadata,
    "expand": [params.text()],
}
LIST: params.Shape = {**params.PAGE, "payment_intent": params.text(), "charge": params.text()}
OUTCOMES = ("won", "lost")


def open_for(db: sqlite3.Connection, charge: Document, *, reason: str, amount: int = 0) -> Document:
    """The bank takes `amount` (all that was not refunded, if 0) and Stripe its fee. Raises Refusal for a second one."""
    left = charge["amount"] - charge["amount_refunded"]
    amount = amount or left
    if charge["disputed"] or not 0 < amount <= left:
        raise refused("charge_disputed", f"At most {left} of a charge that is not disputed can be disputed.")
    dispute = record.add(
        db,
        "dp",
        {
            "amount": amount,
            "currency": charge["currency"],
            "charge": charge["id"],
            "payment_intent": charge["payment_intent"],
            "reason": reason,
            "status": "needs_response",
            "evidence": dict.fromkeys((*EVIDENCE, *FILES)),
            "evidence_details": {
                "due_by": int(time.time()) + EVIDENCE_SECONDS,
                "has_evidence": False,
                "past_due": False,
                "submission_count": 0,
            },
            "is_charge_refundable": False,
            "metadata": {},
        },
        parent=charge["payment_intent"],
    )
    line = balance.book(
        db,
        source=dispute["id"],
        type="adjustment",
        category="dispute",
        amount=-amount,
        currency=charge["currency"],
        fee=balance.dispute_fee(charge["currency"]),
    )
    dispute["balance_transactions"] = [line]
    record.save(db, dispute)
    charge["disputed"] = True
    record.save(db, charge)
    news.tell(db, "charge.dispute.created", dispute)
    news.tell(db, "charge.dispute.funds_withdrawn", dispute)
    return dispute


def submit(db: sqlite3.Connection, dispute_id: str, given: dict[str, Any]) -> Document:
    """Keep the evidence, and hand it in once; what was handed in can't be changed."""
    dispute = record.get(db, "dispute", dispute_id)
    if dispute["status"] != "needs_response":
        raise refused("", f"This dispute is {dispute['status']}: its evidence can't be changed.")
    evidence = given.get("evidence", {})
    for name in FILES:
        if name in evidence:
            record.get(db, "file", evidence[name])
    dispute["evidence"] |= evidence
    dispute["evidence_details"]["has_evidence"] = any(dispute["evidence"].values())
    if given.get("submit", True):
        dispute["status"] = "under_review"
        dispute["evidence_details"]["submission_count"] += 1
    record.save(db, dispute)
    news.tell(db, "charge.dispute.updated", dispute)
    return dispute


def decide(db: sqlite3.Connection, dispute_id: str, outcome: str) -> Document:
    """The customer's bank has decided. A won one gives the amount back; the fee stays with Stripe."""
    dispute = record.get(db, "dispute", dispute_id)
    if dispute["status"] in OUTCOMES:
        raise refused("", f"This dispute is already {dispute['status']}.")
    dispute["status"] = outcome
    if outcome == "won":
        line = balance.book(
            db,
            source=dispute_id,
            type="adjustment",
            category="dispute_reversal",
            amount=dispute["amount"],
            currency=dispute["currency"],
        )
        dispute["balance_transactions"].append(line)
        news.tell(db, "charge.dispute.funds_reinstated", dispute)
    record.save(db, dispute)
    news.tell(db, "charge.dispute.closed", dispute)
    return dispute
