"""What a gateway keeps for itself, and what it pays to our own bank: lines of its record that belong to no payment."""

from datetime import datetime

from core.actions import action
from core.actors import Actor
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.locks import lock_gateway_record
from payments.models import AccountKind, Transfer, TransferKind
from payments.models.account_codes import clearing, costs, settling
from payments.models.gateway_line import LineKind, line_key
from payments.policies import check_platform


@action
def book_gateway_line(
    *, gateway: str, kind: LineKind, object_id: str, amount_minor: int, currency: str, by: Actor, at: datetime
) -> bool:
    """Book one line of a gateway's record, once: a cost, or a settlement on its way to our bank; either may come back.

    Units: minor units of `currency`. Locks: the gateway's record, no account. Idempotent; false for a repeat.
    Raises NotAllowed.
    """
    assert amount_minor > 0
    check_platform(by)
    lock_gateway_record(gateway)
    key = line_key(gateway, kind, object_id)
    if Transfer.objects.filter(key=key).exists():
        return False
    there, other, other_kind, transfer_kind = clearing(gateway, currency), settling(currency), "CLEARING", "SETTLEMENT"
    if kind.startswith("cost"):
        other, other_kind, transfer_kind = costs(currency), "COSTS", "GATEWAY_COST"
    open_accounts(
        [
            NewAccount(there, AccountKind.CLEARING, currency),
            NewAccount(other, AccountKind(other_kind), currency),
        ]
    )
    debit, credit = (there, other) if kind.endswith("_return") else (other, there)
    post([Leg(debit, credit, amount_minor, TransferKind(transfer_kind), key)], at=at)
    return True
