"""Ending the intake of money. Whoever wants to expire or cancel asks here first, and believes the answer."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Now

from core.actions import action
from core.actors import Actor
from core.events import publish
from core.states import move
from payments.actions.refunds import Owed, owe_refunds
from payments.charged_back import frozen_minor_of
from payments.errors import AlreadySecured
from payments.events import FundingStopped
from payments.locks import lock_escrow, lock_instalments, lock_live_payments, lock_paid_payments
from payments.models import LOST_PAYMENT_STATES, Escrow, EscrowState, Payment
from payments.models.account_codes import held
from payments.policies import check_may_stop
from payments.queries import held_minor_of


@action
def stop_funding(*, escrow_id: int, reason: str, by: Actor, at: datetime) -> Escrow:
    """Take no more money and close, unless an instalment is secured: then refuse. Idempotent.

    What came in part, or is left of what was charged back, goes back; open attempts are to be cancelled, later money
    goes back by itself.
    Locks: escrow, instalments, live payments, accounts. Raises NotAllowed, AlreadySecured.
    """
    escrow = lock_escrow(escrow_id)
    check_may_stop(by, escrow)
    if any(instalment.secured_at for instalment in lock_instalments(escrow.pk)):
        raise AlreadySecured
    lost = [payment for payment in lock_paid_payments(escrow.pk) if payment.state in LOST_PAYMENT_STATES]
    source, reason_back = held(escrow.pk), "funding_stopped"
    rest = [Owed(each, each.left_minor, reason_back, source, fee_minor=each.own_fee_minor) for each in lost]
    return _stop(escrow, reason=reason, rest=rest, by=by, at=at)


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


def _stop(escrow: Escrow, *, reason: str, rest: Sequence[Owed] = (), by: Actor, at: datetime) -> Escrow:
    if escrow.stopped_at is None:
        owe_refunds(escrow, [*stop_intake(escrow, reason=reason, at=at), *rest], by=by, at=at)
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
    publish(FundingStopped(escrow_id=escrow.pk, reason=reason, at=at))
    return [
        Owed(payment, payment.left_minor, "funding_stopped", held(escrow.pk)) for payment in live if payment.left_minor
    ]


def close_when_empty(escrow: Escrow, *, by: Actor, at: datetime) -> None:
    """Close a locked, stopped escrow that holds nothing, and in which nothing is frozen."""
    if escrow.stopped_at is None or escrow.state == EscrowState.CLOSED:
        return
    if held_minor_of(escrow.pk) == 0 and frozen_minor_of(escrow.pk) == 0:
        move(escrow.close, by=by, at=at, why=escrow.stop_reason)
