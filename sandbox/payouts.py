"""Payouts: wires that this bank sends out for its customer."""

import sqlite3
from typing import Any

from sandbox import errands, events, fields, ledger, moments
from sandbox.accounts import conduct_of
from sandbox.config import Config
from sandbox.problems import invalid, not_found
from sandbox.store import new_id

MOVES = {"processing": ("paid", "failed", "returned"), "paid": ("returned",)}


def create(db: sqlite3.Connection, body: dict[str, Any], config: Config) -> str:
    """Accept an order to pay, in minor units, and answer its id; what becomes of it depends on the account number."""
    account = body.get("account")
    if not isinstance(account, dict):
        raise invalid("account", "account must be an object with holder, number, bic and country.")
    country = fields.text(account, "country", longest=2)
    row = {
        "id": new_id("so"),
        "amount_minor": fields.amount_minor(body),
        "currency": fields.currency(body),
        "reference": fields.text(body, "reference", longest=140),
        "holder": fields.text(account, "holder", longest=140),
        "number": fields.text(account, "number", longest=40),
        "bic": fields.text(account, "bic", longest=11, default=""),
        "country": country.upper(),
        "at": moments.now_text(),
    }
    db.execute(
        "INSERT INTO payouts (id, amount_minor, currency, reference, holder, number, bic, country, status, created_at,"
        " updated_at) VALUES (:id, :amount_minor, :currency, :reference, :holder, :number, :bic, :country,"
        " 'processing', :at, :at)",
        row,
    )
    conduct = conduct_of(str(row["number"]))
    if not conduct.is_silent:
        seconds = config.late_seconds if conduct.is_late else config.payout_seconds
        errands.put_off(db, "settle_payout", str(row["id"]), seconds=seconds)
    return str(row["id"])


def get(db: sqlite3.Connection, payout_id: str) -> sqlite3.Row:
    row: sqlite3.Row | None = db.execute("SELECT * FROM payouts WHERE id = ?", (payout_id,)).fetchone()
    if not row:
        raise not_found("There is no such payout.")
    return row


def settle(db: sqlite3.Connection, payout_id: str, config: Config) -> None:
    """Do what the account makes of the money; an account that sends it back is paid first."""
    payout = get(db, payout_id)
    conduct = conduct_of(payout["number"])
    if conduct.status != "returned":
        decide(db, payout_id, conduct.status, failure_code=conduct.failure_code, copies=conduct.copies_of_news)
    elif payout["status"] == "processing":
        decide(db, payout_id, "paid")
        errands.put_off(db, "settle_payout", payout_id, seconds=config.payout_seconds)
    else:
        decide(db, payout_id, "returned", failure_code=conduct.failure_code)


def decide(
    db: sqlite3.Connection, payout_id: str, outcome: str, *, failure_code: str | None = None, copies: int = 1
) -> None:
    """Move a payout on, also one whose bank never answers. Booked when paid; a return of paid money is booked back."""
    payout = get(db, payout_id)
    if outcome not in MOVES.get(payout["status"], ()):
        raise invalid("outcome", f"A payout that is {payout['status']} can't become {outcome}.")
    errands.forget(db, payout_id)
    default_code = {"failed": "account_closed", "returned": "beneficiary_unknown"}.get(outcome)
    db.execute(
        "UPDATE payouts SET status = ?, failure_code = ?, updated_at = ? WHERE id = ?",
        (outcome, failure_code or default_code, moments.now_text(), payout_id),
    )
    if outcome == "paid":
        _book(db, "payout", payout)
    elif payout["status"] == "paid":
        _book(db, "payout_return", payout)
    events.emit(db, "payout.updated", payout_id, copies=copies)


def _book(db: sqlite3.Connection, kind: str, payout: sqlite3.Row) -> None:
    ledger.book(
        db,
        kind=kind,
        amount_minor=payout["amount_minor"],
        currency=payout["currency"],
        object_id=payout["id"],
        payment_id=None,
        reference=payout["reference"],
    )
