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
    "cost_return",
    "settlement",
    "settlement_return",
    "unmatched",
    "interest",
    "settled",
    "unordered",
    "desk_return",
    "other_in",
    "other_out",
]
"""receipt, payout_return, refund_return, chargeback_won: came in. refund, payout, chargeback: went out.
cost: what the gateway kept for itself; cost_return: what of it came back. settlement: what it paid to our own bank
account; settlement_return: what came back from there. other_in, other_out: what we have no name for; never booked.
Of a bank's statements: unmatched came in and is on the desk or was decided there, interest came in,
settled is what another gateway paid to us, unordered went out and nobody here ordered it. desk_return: what
on the desk is one of our own transfers that came back, which is told of by itself, or what of it the bank took back.
chargeback: also a wire of a payment that the bank took back."""

MONEY_IN: frozenset[MovementKind] = frozenset(
    (
        "receipt",
        "payout_return",
        "refund_return",
        "chargeback_won",
        "cost_return",
        "settlement_return",
        "unmatched",
        "interest",
        "settled",
        "other_in",
    )
)
"""All others went out."""
