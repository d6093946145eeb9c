"""Ending the intake of money. Whoever wants to expire or cancel asks here first, and believes the answer."""

from datetime import datetime

from django.db.models.functions import Now

from core.actions import action
from core.actors import Actor
from core.events import publish
from core.states import move
from payments.actions.refunds import Owed, owe_refunds
from payments.errors import AlreadySecured
from payments.events import FundingStopped as FundingStoppedEvent
from payments.locks import lock_escrow, lock_instalments, lock_live_payments
from payments.models import Escrow, EscrowState, Payment
from payments.models.account_codes import held
from payments.policies import check_may_stop
from payments.queries import held_minor_of


@action
def stop_funding(*, escrow_id: int, reason: str, by: Actor, at: datetime) -> Escrow:
    """Take no more money and close, unless an instalment is secured: then refuse. Idempotent.

    What came in part goes back, open attempts are to be cancelled, later money goes back by itself.
    Locks: escrow, instalments, live payments, accounts. Raises NotAllowed, AlreadySecured.
    """
    escrow = lock_escrow(escrow_id)
    check_may_stop(by, escrow)
    if any(instalment.secured_at for instalment in lock_instalments(escrow.pk)):
        raise AlreadySecured
    return _stop(escrow, reason=reason, by=by, at=at)


@action
def stop_unless_secured(*, escrow_id: int, sequence: int, reason: str, by: Actor, at: datetime) -> Escrow:
    """Take no more money, unless this instalment is secured: then refuse. What other instalments brought stays held.

    For the end of a deal whose later instalment was never paid. Locks and the rest as `stop_funding`.
    """
    escrow = lock_escrow(escrow_id)
    check_may_stop(by, escrow)
    if any(instalment.secured_at and instalment.sequence == sequence for instalment in lock_instalments(escrow.pk)):
        raise AlreadySecured
    return _stop(escrow, reason=reason, by=by, at=at)


@action
def close_to_funding(*, escrow_id: int, reason: str, by: Actor, at: datetime) -> Escrow:
    """Take no more money, whatever is secured; what is held stays until it is released, refunded or settled."""
    escrow = lock_escrow(escrow_id)
    check_may_stop(by, escrow)
    return _stop(escrow, reason=reason, by=by, at=at)


def _stop(escrow: Escrow, *, reason: str, by: Actor, at: datetime) -> Escrow:
    if escrow.stopped_at is None:
        owe_refunds(escrow, stop_intake(escrow, reason=reason, at=at), by=by, at=at)
    close_when_empty(escrow, by=by, at=at)
    return escrow


def stop_intake(escrow: Escrow, *, reason: str, at: datetime) -> list[Owed]:
    """Mark a locked escrow stopped and its live payments to be cancelled; returns what came in part and goes back."""
    if escrow.stopped_at is not None:
        return []
    escrow.stopped_at, escrow.stop_reason = at, reason
    escrow.save(update_fields=["stopped_at", "stop_reason"])
    live = lock_live_payments(escrow.pk)
    for payment in live:
        payment.cancel_asked_at = at
    Payment.objects.filter(pk__in=[payment.pk for payment in live]).update(cancel_asked_at=at, ask_at=Now())
    publish(FundingStoppedEvent(escrow_id=escrow.pk, reason=reason, at=at))
    return [
        Owed(payment, payment.received_minor - payment.refunded_minor, "funding_stopped", held(escrow.pk))
        for payment in live
        if payment.received_minor > payment.refunded_minor
    ]


def close_when_empty(escrow: Escrow, *, by: Actor, at: datetime) -> None:
    """Close a locked, stopped escrow that holds nothing."""
    if escrow.stopped_at is not None and escrow.state != EscrowState.CLOSED and held_minor_of(escrow.pk) == 0:
        move(escrow.close, by=by, at=at, why=escrow.stop_reason)
