"""The platform's balance at Stripe: one line per movement, each once, with what Stripe keeps of it."""

import sqlite3
from typing import Any

from sandbox.amounts import digits_of
from sandbox.stripe import record
from sandbox.stripe.record import Document

CARD_FEE_PER_MILLE = 29
FIXED_FEE = {0: 30, 2: 30, 3: 90}
"""By the digits of the currency, in its smallest unit."""
BANK_FEE = {0: 35, 2: 35, 3: 100}
DISPUTE_FEE = {0: 1500, 2: 1500, 3: 4500}


def card_fee(amount: int, currency: str) -> int:
    """In the smallest unit: 2.9 % and something."""
    return amount * CARD_FEE_PER_MILLE // 1000 + FIXED_FEE[digits_of(currency.upper())]


def bank_fee(currency: str) -> int:
    return BANK_FEE[digits_of(currency.upper())]


def dispute_fee(currency: str) -> int:
    return DISPUTE_FEE[digits_of(currency.upper())]


def book(
    db: sqlite3.Connection, *, source: str, type: str, category: str, amount: int, currency: str, fee: int = 0
) -> Document:
    """Add one line; the database refuses a second one of the same category for the same source."""
    line = record.add(
        db,
        "txn",
        {
            "amount": amount,
            "fee": fee,
            "net": amount - fee,
            "currency": currency,
            "type": type,
            "reporting_category": category,
            "source": source,
            "status": "available",
            "exchange_rate": None,
            "fee_details": _fee_details(fee, currency),
            "description": None,
        },
    )
    db.execute(
        "INSERT INTO lines (id, source, category, currency, net) VALUES (?, ?, ?, ?, ?)",
        (line["id"], source, category, currency, amount - fee),
    )
    return line


def _fee_details(fee: int, currency: str) -> list[Document]:
    if not fee:
        return []
    return [{"amount": fee, "currency": currency, "type": "stripe_fee", "description": "Stripe processing fees"}]


def available(db: sqlite3.Connection, currency: str) -> int:
    """In the smallest unit. What was charged is available at once here; Stripe keeps it pending for days."""
    row = db.execute("SELECT coalesce(sum(net), 0) AS net FROM lines WHERE currency = ?", (currency,)).fetchone()
    return int(row["net"])


def totals(db: sqlite3.Connection) -> dict[str, Any]:
    """Per currency: what is there, and how many lines of each category."""
    found: dict[str, Any] = {}
    rows = db.execute(
        "SELECT currency, category, sum(net) AS net, count(*) AS lines FROM lines GROUP BY currency, category"
    )
    for row in rows:
        total = found.setdefault(row["currency"], {"available": 0, "lines": {}})
        total["available"] += row["net"]
        total["lines"][row["category"]] = row["lines"]
    return found
