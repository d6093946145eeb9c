"""What silence does: staff are alarmed and the clock is set again; an unfinished attempt to pay is given up."""

from datetime import datetime

from django.db.models.functions import Now

from core import deadlines
from core.actions import action
from core.actors import platform
from core.alarms import raise_alarm
from core.money import format_money
from payments.actions.payout import request_payout
from payments.charged_back import is_charged_back
from payments.locks import lock_account, lock_payment, lock_payout, lock_refund
from payments.models import NOT_SENT_STATES, OPEN_STATES, Payment, Payout, Refund, SendState
from payments.timing import APPROVAL_WAITS, PAYMENT_OPEN, PAYOUT_OVERDUE, REFUND_OVERDUE, next_business_close


@action
def give_up_payment(*, subject_id: int, at: datetime) -> None:
    """Ask for the cancellation of an attempt that is open too long; from the second time on, alarm staff.

    The attempt stays live, with a clock, until the gateway confirms. Locks: escrow, payment.
    """
    payment = lock_payment(subject_id)
    if not payment.is_live:
        return
    if payment.cancel_asked_at is None:
        Payment.objects.filter(pk=payment.pk).update(cancel_asked_at=at, ask_at=Now())
    else:
        raise_alarm(PAYMENT_OPEN, "payments.payment", payment.pk, f"{payment}: the gateway does not confirm its end")
    deadlines.schedule(payment, PAYMENT_OPEN, next_business_close(at), replace=True)


@action
def alarm_about_payout(*, subject_id: int, at: datetime) -> None:
    """A payout is open over a business day in one state. Nothing is sent again. Locks: the payout."""
    payout = lock_payout(subject_id)
    if payout.state in OPEN_STATES:
        _alarm_about(PAYOUT_OVERDUE, payout)
        deadlines.schedule(payout, PAYOUT_OVERDUE, next_business_close(at), replace=True)


@action
def alarm_about_refund(*, subject_id: int, at: datetime) -> None:
    """A refund is open over a business day in one state, or failed and nobody replaced it. Locks: escrow, refund.

    One that waits for the end of its payment's charge-back alarms nobody.
    """
    refund = lock_refund(subject_id)
    stuck = refund.state in (SendState.FAILED, SendState.RETURNED)
    if refund.state in NOT_SENT_STATES and refund.payment_id and is_charged_back(refund.payment_id):
        deadlines.schedule(refund, REFUND_OVERDUE, next_business_close(at), replace=True)
    elif refund.state in OPEN_STATES or (stuck and not Refund.objects.filter(replaces=refund).exists()):
        _alarm_about(REFUND_OVERDUE, refund)
        deadlines.schedule(refund, REFUND_OVERDUE, next_business_close(at), replace=True)


def _alarm_about(overdue: str, row: Payout | Refund) -> None:
    if row.waits_for_approval:
        amount = format_money(row.amount_minor, row.currency, "en")
        words = f"{row}: {amount} waits for two treasurers for over a business day"
        raise_alarm(APPROVAL_WAITS, row._meta.label_lower, row.pk, words)
    else:
        raise_alarm(overdue, row._meta.label_lower, row.pk, f"{row}: {row.state} over a business day")


@action
def try_waiting_payout(*, subject_id: int, at: datetime) -> None:
    """Request the payout that found no usable account before, which sets the clock again if it still finds none.

    Locks: account.
    """
    owed = lock_account(subject_id)
    assert owed.company_id
    request_payout(company_id=owed.company_id, currency=owed.currency, by=platform("clock"), at=at)
