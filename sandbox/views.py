"""The JSON shapes of the API. Addresses are paths here; the door makes them absolute, so a moved port never lies."""

import json
import sqlite3
from typing import Any

from sandbox import payments

BANK = {"bic": "SBOXSGSGXXX", "bank_name": "Sandbox Bank", "bank_address": "1 Test Street, Singapore 000001"}
ADDRESSES = ("checkout_url", "bank_page_url")


def payment(db: sqlite3.Connection, payment_id: str, *, account_holder: str) -> dict[str, Any]:
    row = payments.get(db, payment_id)
    is_card = row["method"] == "card"
    details = {
        "account_holder": account_holder,
        "account_number": row["account_number"],
        **BANK,
        "reference": row["reference"],
    }
    hidden = ("account_number", "card", "wrong_codes", "failure_code")
    return {
        "object": "payment",
        **{name: row[name] for name in row.keys() if name not in hidden},
        "checkout_url": f"/checkout/{payment_id}" if is_card else None,
        "bank_page_url": None if is_card else f"/bank/{payment_id}",
        "bank_details": None if is_card else details,
        "received_minor": payments.received_minor(db, payment_id, row["currency"]),
        "refunded_minor": payments.refunded_minor(db, payment_id, row["currency"]),
        "receipts": [receipt(found) for found in payments.receipts_of(db, payment_id)],
        "failure_code": row["failure_code"],
    }


def receipt(row: sqlite3.Row) -> dict[str, Any]:
    names = ("id", "amount_minor", "currency", "remitter_name", "remitter_account")
    return {**{name: row[name] for name in names}, "late": bool(row["late"]), "received_at": row["received_at"]}


def refund(row: sqlite3.Row) -> dict[str, Any]:
    return {"object": "refund", **dict(row)}


def payout(row: sqlite3.Row) -> dict[str, Any]:
    hidden = ("holder", "number", "bic", "country")
    account = {name: row[name] for name in hidden}
    return {"object": "payout", **{name: row[name] for name in row.keys() if name not in hidden}, "account": account}


def dispute(row: sqlite3.Row) -> dict[str, Any]:
    """Of the evidence only the words and the list of files: what was sent, and its hashes."""
    shown = {name: row[name] for name in row.keys() if name != "evidence"}
    return {"object": "dispute", **shown, "evidence": json.loads(row["evidence"]) if row["evidence"] else None}


def with_addresses(answer: Any, base_url: str) -> Any:
    """The same answer with its paths below `base_url`; lists and the objects inside answers included."""
    if isinstance(answer, list):
        return [with_addresses(part, base_url) for part in answer]
    if not isinstance(answer, dict):
        return answer
    return {
        name: base_url + value if name in ADDRESSES and value else with_addresses(value, base_url)
        for name, value in answer.items()
    }
