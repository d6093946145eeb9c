"""Transfers to connected accounts, their reversals, and payouts to the platform's own bank."""

import re
import sqlite3
from typing import Any

from sandbox import errands
from sandbox.config import Config
from sandbox.stripe import balance, news, params, record
from sandbox.stripe.record import Document
from sandbox.stripe.refusals import refused

CREATE: params.Shape = {
    "amount*": params.amount,
    "currency*": params.currency,
    "destination*": params.text(),
    "transfer_group": params.text(),
    "description": params.text(),
    "metadata": params.metadata,
    "expand": [params.text()],
}
LIST: params.Shape = {**params.PAGE, "destination": params.text(), "transfer_group": params.text()}
REVERSE: params.Shape = {"amount": params.amount, "metadata": params.metadata, "expand": [params.text()]}
PAYOUT: params.Shape = {
    "amount*": params.amount,
    "currency*": params.currency,
    "description": params.text(),
    "metadata": params.metadata,
    "expand": [params.text()],
}

CLOSED, COMES_BACK = "0002", "0003"
"""How an account ends that takes nothing, and one whose transfers are reversed after a while."""


def create(db: sqlite3.Connection, given: dict[str, Any], config: Config) -> Document:
    destination, amount, currency = given["destination"], given["amount"], given["currency"]
    if not re.fullmatch("acct_[A-Za-z0-9]{8,32}", destination):
        raise refused("resource_missing", f"No such destination: '{destination}'", "destination")
    if destination.endswith(CLOSED):
        raise refused("account_invalid", "The destination account can't receive transfers.", "destination")
    if amount > balance.available(db, currency):
        raise refused("balance_insufficient", f"You have insufficient available funds in {currency}.")
    transfer = record.add(
        db,
        "tr",
        {
            "amount": amount,
            "amount_reversed": 0,
            "currency": currency,
            "destination": destination,
            "reversed": False,
            "transfer_group": given.get("transfer_group"),
            "description": given.get("description"),
            "metadata": given.get("metadata", {}),
        },
        parent=given.get("transfer_group", ""),
    )
    line = balance.book(
        db, source=transfer["id"], type="transfer", category="transfer", amount=-amount, currency=currency
    )
    transfer["balance_transaction"] = line["id"]
    record.save(db, transfer)
    news.tell(db, "transfer.created", transfer)
    if destination.endswith(COMES_BACK):
        errands.put_off(db, "reverse_transfer", transfer["id"], seconds=config.payout_seconds)
    return transfer


def reverse(db: sqlite3.Connection, transfer_id: str, given: dict[str, Any]) -> Document:
    """Take part or all of a transfer back."""
    transfer = record.get(db, "transfer", transfer_id)
    left = transfer["amount"] - transfer["amount_reversed"]
    amount = given.get("amount", left)
    if not 0 < amount <= left:
        raise refused("transfer_already_reversed", f"At most {left} of this transfer can be reversed.", "amount")
    reversal = record.add(
        db,
        "trr",
        {
            "amount": amount,
            "currency": transfer["currency"],
            "transfer": transfer_id,
            "metadata": given.get("metadata", {}),
        },
        parent=transfer_id,
    )
    line = balance.book(
        db,
        source=reversal["id"],
        type="transfer_refund",
        category="transfer_reversal",
        amount=amount,
        currency=transfer["currency"],
    )
    reversal["balance_transaction"] = line["id"]
    record.save(db, reversal)
    transfer["amount_reversed"] += amount
    transfer["reversed"] = transfer["amount_reversed"] == transfer["amount"]
    record.save(db, transfer)
    news.tell(db, "transfer.reversed", transfer)
    return reversal


def reverse_all(db: sqlite3.Connection, transfer_id: str) -> None:
    if not record.get(db, "transfer", transfer_id)["reversed"]:
        reverse(db, transfer_id, {})


def shown(db: sqlite3.Connection, transfer: Document) -> Document:
    """With its reversals, as the API gives it."""
    found = record.children(db, "transfer_reversal", transfer["id"])
    path = f"/v1/transfers/{transfer['id']}/reversals"
    return transfer | {"reversals": {"object": "list", "url": path, "has_more": False, "data": found}}


def pay_out(db: sqlite3.Connection, given: dict[str, Any]) -> Document:
    """Send part of the balance to the platform's own bank account."""
    amount, currency = given["amount"], given["currency"]
    if amount > balance.available(db, currency):
        raise refused("balance_insufficient", f"You have insufficient funds in {currency}.")
    payout = record.add(
        db,
        "po",
        {
            "amount": amount,
            "currency": currency,
            "status": "paid",
            "description": given.get("description"),
            "metadata": given.get("metadata", {}),
            "failure_balance_transaction": None,
        },
    )
    line = balance.book(db, source=payout["id"], type="payout", category="payout", amount=-amount, currency=currency)
    payout["balance_transaction"] = line["id"]
    record.save(db, payout)
    news.tell(db, "payout.paid", payout)
    return payout
