"""The names of the accounts (design, section 6)."""


def clearing(gateway: str, currency: str) -> str:
    return f"clearing:{gateway}:{currency}"


def settling(currency: str) -> str:
    """What a gateway has paid out to our own bank, until a statement of that bank shows it."""
    return f"clearing:settling:{currency}"


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


def frozen(escrow_id: int) -> str:
    """What of an escrow may go neither way for now."""
    return f"escrow:{escrow_id}:frozen"


def payer_fee(escrow_id: int) -> str:
    """What the payer paid on top of the price: earned with it, or given back with it."""
    return f"escrow:{escrow_id}:payer_fee"


def suspense(reference: str) -> str:
    """Money that arrived and can't yet be matched: one account per item."""
    return f"suspense:{reference}"


def chargeback(payment_id: int) -> str:
    """What a gateway took back over a payment, while that is open."""
    return f"chargeback:{payment_id}"


def receivable(company_id: int, currency: str) -> str:
    """What a company owes the platform."""
    return f"receivable:{company_id}:{currency}"


def costs(currency: str) -> str:
    """What gateways and banks charge the platform."""
    return f"costs:{currency}"


def losses(currency: str) -> str:
    """Charge-backs that the platform bears."""
    return f"losses:{currency}"
