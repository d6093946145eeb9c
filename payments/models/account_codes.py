"""The names of the accounts (design, section 6)."""


def clearing(gateway: str, currency: str) -> str:
    return f"clearing:{gateway}:{currency}"


def fees(currency: str) -> str:
    return f"fees:{currency}"


def held(escrow_id: int) -> str:
    return f"escrow:{escrow_id}:held"


def refund_due(escrow_id: int) -> str:
    """What goes back to the payer, in the escrow's currency."""
    return f"refund_due:{escrow_id}"


def refund_due_in(escrow_id: int, currency: str) -> str:
    """The same for money that came in another currency."""
    return f"refund_due:{escrow_id}:{currency}"


def payable(company_id: int, currency: str) -> str:
    return f"payable:{company_id}:{currency}"


def in_transit(payout_id: int) -> str:
    return f"payout_in_transit:{payout_id}"
