"""Charge-backs for tests, made by calling actions, and how their money stands."""

import itertools
from datetime import datetime
from typing import Any

from core.actors import platform
from payments.actions.chargeback_verdicts import record_chargeback_lost, record_chargeback_won
from payments.actions.chargebacks import TakenBack, open_chargeback
from payments.models import Chargeback, Escrow, Payment, Refund
from payments.models.account_codes import chargeback, costs, frozen, losses, receivable
from payments.queries import balance_minor
from tests.cast import NOW
from tests.payments.steps import balances

_numbers = itertools.count(1)
FEE = 1_500


def charge_back(payment: Payment, amount_minor: int = 0, *, dispute_id: str = "", at: datetime = NOW) -> Chargeback:
    """All of the payment, unless an amount is given; a fee of 15.00."""
    taken = TakenBack(
        dispute_id=dispute_id or f"sd_{next(_numbers)}",
        amount_minor=amount_minor or payment.amount_minor,
        reason="fraudulent",
        fee_minor=FEE,
        evidence_due_at=None,
    )
    return open_chargeback(payment_id=payment.pk, taken=taken, by=platform("gateway"), at=at)


def win(row: Chargeback, *, at: datetime = NOW) -> Chargeback:
    return record_chargeback_won(chargeback_id=row.pk, by=platform("gateway"), at=at)


def lose(row: Chargeback, *, at: datetime = NOW) -> Chargeback:
    return record_chargeback_lost(chargeback_id=row.pk, by=platform("gateway"), at=at)


def payment_of(escrow: Escrow, sequence: int = 1) -> Payment:
    """The newest attempt."""
    return Payment.objects.filter(escrow=escrow, instalment__sequence=sequence).latest("pk")


def money(escrow: Escrow) -> dict[str, int]:
    """What isn't zero, in minor units."""
    open_minor = sum(balance_minor(chargeback(pk)) for pk in Payment.objects.values_list("pk", flat=True))
    found: dict[str, Any] = balances(escrow) | {
        "frozen": balance_minor(frozen(escrow.pk)),
        "chargeback": open_minor,
        "costs": balance_minor(costs(escrow.currency)),
        "losses": balance_minor(losses(escrow.currency)),
        "receivable": balance_minor(receivable(escrow.payee_id, escrow.currency)),
    }
    return {name: amount for name, amount in found.items() if amount}


def refund_states(escrow: Escrow) -> list[tuple[str, int]]:
    return list(Refund.objects.filter(escrow=escrow).order_by("pk").values_list("state", "amount_minor"))
