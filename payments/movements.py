"""The kinds of lines in the record of a gateway or a bank."""

from typing import Literal

MovementKind = Literal[
    "receipt",
    "refund",
    "payout",
    "payout_return",
    "refund_return",
    "chargeback",
    "chargeback_won",
    "cost",
    "settlement",
    "unmatched",
    "interest",
    "unordered",
]
"""receipt, payout_return, refund_return, chargeback_won: came in. refund, payout, chargeback: went out.
cost: what the gateway kept for itself. settlement: what it paid to our own bank account.
Of a bank's statements: unmatched came in and is on the desk or was decided there, interest came in,
unordered went out and nobody here ordered it."""
