"""Payments in: started by the payer's click, completed and cancelled by whoever asks about them later."""

import logging
from datetime import datetime
from functools import partial

from django.utils.translation import gettext_lazy as _

from core.actions import carry_out
from core.actors import Actor, platform
from core.alarms import clear_alarms
from core.errors import Refused
from payments.actions.payment import (
    AnotherPaymentLive,
    ask_to_cancel_payment,
    claim_payment,
    record_payment_started,
)
from payments.actions.receipts import record_gateway_payment
from payments.exchanges.answers import GATEWAY_ANSWER, KEY_REUSED, PAYMENT_STATUS, alarm_about, check_same, receipts_of
from payments.exchanges.checkpoints import reached
from payments.gateways.base import GatewayError, GatewayPayment, Rejected, Unanswered
from payments.gateways.registry import gateway
from payments.models import Payment

log = logging.getLogger(__name__)

GATEWAY = platform("gateway")


class EarlierAttemptOpen(Refused):
    """The gateway did not say what became of the attempt before this one."""

    code = "earlier_attempt_open"
    message = _("Your earlier attempt to pay is still being closed. Nothing was charged twice; try again in a minute.")


class GatewayTrouble(Refused):
    """The gateway's answer makes no sense for this payment. Nothing was recorded by it; staff are alarmed."""

    code = "gateway_trouble"
    status = 503
    message = _("The payment service gave an answer that we can't use. Nothing was booked; our staff look into it.")


def start_payment(*, instalment_id: int, method: str, return_url: str, by: Actor, at: datetime) -> Payment:
    """Begin (or go on with) the payment of an instalment. Never inside a transaction: calls the gateway.

    Returns the payment: PENDING with `checkout_url` (card) or `bank_details` (wire); CREATED while the gateway has not
    answered, which asking later completes; SECURED or ended if that is what the gateway knows of an open attempt.
    An open attempt by another method is cancelled at the gateway first.
    Raises what `claim_payment` raises, WireCounts, EarlierAttemptOpen, GatewayTrouble, Busy.
    """
    payment = _claim(instalment_id=instalment_id, method=method, return_url=return_url, by=by, at=at)
    reached("payment_claimed")
    try:
        seen_before = bool(payment.gateway_id)
        payment = _exchange(payment, at=at)
        if seen_before and not payment.is_live and not payment.secured_at:
            # The attempt had ended and we hadn't heard of it: the click means a new one.
            payment = _claim(instalment_id=instalment_id, method=method, return_url=return_url, by=by, at=at)
            payment = _exchange(payment, at=at)
    except Unanswered as error:
        log.warning("payment %s: no answer yet: %s", payment.reference, error)
        payment.refresh_from_db()
    except GatewayError as error:
        alarm_about(payment, error)
        raise GatewayTrouble from error
    return payment


def ask_about_payment(*, payment_id: int, at: datetime) -> Payment:
    """Bring a payment to what the gateway knows now; create it there if a claim got no further, cancel it if asked to.

    Never inside a transaction. Raises Unanswered, WrongAnswer, Rejected; nothing is recorded then but that the gateway
    knows it.
    """
    return _exchange(_get(payment_id), at=at)


def look_after_return(*, payment_id: int, at: datetime) -> Payment:
    """`ask_about_payment` for the payer who comes back from the gateway's page.

    A gateway that doesn't answer changes nothing: its own news, or the poll, comes later.
    """
    try:
        return ask_about_payment(payment_id=payment_id, at=at)
    except GatewayError as error:
        log.warning("payment %s: no news on the way back: %s", payment_id, error)
        return _get(payment_id)


def _claim(*, instalment_id: int, method: str, return_url: str, by: Actor, at: datetime) -> Payment:
    claim = partial(claim_payment, instalment_id=instalment_id, method=method, return_url=return_url, by=by, at=at)
    try:
        return _get(carry_out(claim).pk)
    except AnotherPaymentLive as refusal:
        other_id = int(refusal.details["payment_id"])
    carry_out(ask_to_cancel_payment, payment_id=other_id, unless_it_counts=True, by=by, at=at)
    try:
        ask_about_payment(payment_id=other_id, at=at)
    except GatewayError as error:
        if not isinstance(error, Unanswered):
            alarm_about(_get(other_id), error)
        raise EarlierAttemptOpen from error
    return _get(carry_out(claim).pk)


def _exchange(payment: Payment, *, at: datetime) -> Payment:
    try:
        seen = _bring_to_gateway(payment)
    except Rejected as refusal:
        return _record_rejection(payment, refusal, at=at)
    reached("payment_called")
    if seen is None:
        return payment
    check_same(payment, seen)
    if payment.cancel_asked_at and PAYMENT_STATUS[seen.status] == "open":
        # Recorded before: a refusal to cancel says nothing about the payment, which the gateway has.
        payment = _record_started(payment, seen, at=at)
        seen = gateway(payment.gateway).cancel_payment(key=f"{payment.idempotency_key}:cancel", payment_id=seen.id)
        check_same(payment, seen)
    return _record(payment, seen, at=at)


def _bring_to_gateway(payment: Payment) -> GatewayPayment | None:
    """What the gateway has under our key, created if it has nothing and the attempt is live.

    A live attempt is created even to be cancelled: an earlier call may still be on its way, and only the key's own
    payment, cancelled, proves that it can have no effect any more.
    """
    client = gateway(payment.gateway)
    if payment.gateway_id:
        return client.read_payment(payment.gateway_id)
    if not payment.is_live:
        return client.find_payment(payment.idempotency_key)
    return client.create_payment(
        key=payment.idempotency_key,
        amount_minor=payment.amount_minor,
        currency=payment.escrow.currency,
        method=payment.method,
        reference=payment.reference,
        return_url=payment.return_url,
        description=payment.escrow.title,
    )


def _record_started(payment: Payment, seen: GatewayPayment, *, at: datetime) -> Payment:
    """What a live attempt, of which we know no id, is at the gateway."""
    if payment.gateway_id or not payment.is_live:
        return payment
    carry_out(
        record_payment_started,
        payment_id=payment.pk,
        gateway_id=seen.id,
        checkout_url=seen.checkout_url,
        bank_details=_bank_details(seen),
        by=GATEWAY,
        at=at,
    )
    return _get(payment.pk)


def _record(payment: Payment, seen: GatewayPayment, *, at: datetime) -> Payment:
    reached("payment_recording")
    _record_started(payment, seen, at=at)
    carry_out(
        record_gateway_payment,
        payment_id=payment.pk,
        status=PAYMENT_STATUS[seen.status],
        receipts=receipts_of(seen),
        failure_code=seen.failure_code,
        gateway_id=seen.id,
        by=GATEWAY,
        at=at,
    )
    clear_alarms(GATEWAY_ANSWER, payment._meta.label_lower, payment.pk)
    return _get(payment.pk)


def _record_rejection(payment: Payment, refusal: Rejected, *, at: datetime) -> Payment:
    """The gateway would not create it, so it has nothing. A known payment, or a key used otherwise, is for staff."""
    alarm_about(payment, refusal)
    if payment.gateway_id or refusal.code == KEY_REUSED:
        raise refusal
    carry_out(
        record_gateway_payment,
        payment_id=payment.pk,
        status="failed",
        receipts=[],
        failure_code=refusal.code,
        by=GATEWAY,
        at=at,
    )
    return _get(payment.pk)


def _bank_details(seen: GatewayPayment) -> dict[str, str]:
    """What the payer's bank needs; and in the sandbox the page that plays that bank."""
    details = dict(seen.bank_details or {})
    return details | {"bank_page_url": seen.bank_page_url} if seen.bank_page_url else details


def _get(payment_id: int) -> Payment:
    return Payment.objects.select_related("escrow").get(pk=payment_id)
