"""An attempt to pay: claimed here, begun at the gateway by an exchange, recorded here."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.errors import NotFound, Refused
from core.events import publish
from core.leases import Lease, doubled
from core.references import new_reference
from core.states import move
from payments.charged_back import kept_of_lost
from payments.errors import AlreadySecured, FundingIsOver, WireCounts
from payments.events import PaymentPending
from payments.ledger import NewAccount, open_accounts
from payments.locks import lock_escrow, lock_instalments, lock_live_payments, lock_payment
from payments.models import LIVE_PAYMENT_STATES, AccountKind, Escrow, Instalment, Payment, PaymentState
from payments.models.account_codes import payer_fee
from payments.nudges import nudge
from payments.policies import check_may_pay, check_platform
from payments.routing import gateway_of_method
from payments.schedules import payer_fee_of
from payments.timing import PAYMENT_OPEN, payment_open_until

FIRST_ASKED_AFTER = timedelta(seconds=15)


class NotDue(Refused):
    code = "not_due"
    message = _("This instalment isn't due yet.")


class MethodNotOffered(Refused):
    code = "method_not_offered"
    status = 422
    message = _("This method isn't offered for this order. Choose another one.")


class AnotherPaymentLive(Refused):
    """`details['payment_id']` is the attempt that must end first."""

    code = "another_payment_live"
    message = _("Another attempt to pay this instalment is still open. Finish it or cancel it first.")


@action
def claim_payment(*, instalment_id: int, method: str, return_url: str, by: Actor, at: datetime) -> Payment:
    """Write the intent to pay an instalment, with its idempotency key, before any gateway hears of it.

    A repeat with the same method returns the live attempt: call the gateway again with the same key.
    The amount is what the instalment asks and, on top, the payer's fee for this method as it was quoted.
    Locks: escrow, instalments. Raises NotAllowed, NotFound, NotDue, AlreadySecured, FundingIsOver, MethodNotOffered,
    AnotherPaymentLive.
    """
    escrow_id = Instalment.objects.filter(pk=instalment_id).values_list("escrow_id", flat=True).first()
    if escrow_id is None:
        raise NotFound
    escrow = lock_escrow(escrow_id)
    check_may_pay(by, escrow)
    instalment = next(row for row in lock_instalments(escrow.pk) if row.pk == instalment_id)
    _check_payable(escrow, instalment, method)
    live = Payment.objects.filter(instalment=instalment, state__in=LIVE_PAYMENT_STATES).first()
    if live is not None:
        return _again(live, method)
    return _new_payment(escrow, instalment, method, return_url, at)


def _check_payable(escrow: Escrow, instalment: Instalment, method: str) -> None:
    if instalment.secured_at is not None:
        raise AlreadySecured
    if escrow.stopped_at is not None:
        raise FundingIsOver
    if instalment.due_at is None:
        raise NotDue
    if method not in escrow.methods:
        raise MethodNotOffered(field="method")


def _again(live: Payment, method: str) -> Payment:
    if live.method != method or live.cancel_asked_at is not None:
        raise AnotherPaymentLive(payment_id=live.pk)
    return live


def _new_payment(escrow: Escrow, instalment: Instalment, method: str, return_url: str, at: datetime) -> Payment:
    reference = new_reference("pay")
    kept_minor = kept_of_lost(instalment.pk)
    price_minor = max(instalment.amount_minor - kept_minor, 0)
    fee_minor = payer_fee_of(escrow, sequence=instalment.sequence, amount_minor=price_minor, method=method)
    if fee_minor:
        account = NewAccount(payer_fee(escrow.pk), AccountKind.PAYER_FEE, escrow.currency, escrow_id=escrow.pk)
        open_accounts([account])
    payment = Payment.objects.create(
        reference=reference,
        idempotency_key=f"payment:{reference}",
        escrow=escrow,
        instalment=instalment,
        method=method,
        gateway=gateway_of_method(method),
        amount_minor=instalment.to_bring_minor - kept_minor + fee_minor,
        fee_minor=fee_minor,
        return_url=return_url,
        created_at=at,
    )
    Payment.objects.filter(pk=payment.pk).update(ask_at=Now() + FIRST_ASKED_AFTER)
    deadlines.schedule(payment, PAYMENT_OPEN, payment_open_until(method, at))
    return payment


@action
def record_payment_started(
    *,
    payment_id: int,
    gateway_id: str,
    checkout_url: str = "",
    bank_details: dict[str, Any] | None = None,
    by: Actor,
    at: datetime,
) -> Payment:
    """The gateway knows of the attempt: CREATED -> PENDING. Idempotent; later states keep theirs.

    Locks: escrow, payment. Raises NotAllowed, NotFound.
    """
    check_platform(by)
    payment = lock_payment(payment_id)
    assert payment.gateway_id in ("", gateway_id), "one attempt, one object at the gateway"
    if payment.gateway_id == "":
        payment.gateway_id, payment.checkout_url = gateway_id, checkout_url
        payment.bank_details = bank_details or {}
        payment.save(update_fields=["gateway_id", "checkout_url", "bank_details"])
    if payment.state == PaymentState.CREATED:
        await_money(payment, by=by, at=at)
    return payment


def await_money(payment: Payment, *, by: Actor, at: datetime) -> None:
    """CREATED -> PENDING of a locked payment."""
    move(payment.await_money, by=by, at=at)
    publish(
        PaymentPending(
            escrow_id=payment.escrow_id,
            payment_id=payment.pk,
            instalment_id=payment.instalment_id,
            method=payment.method,
            at=at,
        )
    )


@action
def ask_to_cancel_payment(*, payment_id: int, unless_it_counts: bool = False, by: Actor, at: datetime) -> Payment:
    """Note that no money is wanted on this attempt any more; an exchange then asks the gateway, and records its answer.

    `unless_it_counts`: not a wire that was declared, or brought something, meanwhile. Idempotent, and nothing on an
    attempt that has ended. Locks: escrow, payment. Raises NotAllowed, NotFound, WireCounts.
    """
    payment = lock_payment(payment_id)
    check_may_pay(by, payment.escrow)
    if payment.is_live and payment.cancel_asked_at is None:
        if unless_it_counts and payment.counts_as_wire:
            raise WireCounts
        payment.cancel_asked_at = at
        Payment.objects.filter(pk=payment.pk).update(cancel_asked_at=at, ask_at=Now())
    return payment


def cancel_attempts_beside(payment: Payment, *, at: datetime) -> list[Payment]:
    """Other live attempts at the instalment of a payment are to be cancelled, as they ask for what isn't missing.

    Returns them, locked; the escrow is locked by the caller. What they bring meanwhile is judged by what is missing
    then.
    """
    live = [row for row in lock_live_payments(payment.escrow_id) if row.instalment_id == payment.instalment_id]
    others = [row for row in live if row.pk != payment.pk]
    asked = Payment.objects.filter(pk__in=[row.pk for row in others], cancel_asked_at__isnull=True)
    if asked.update(cancel_asked_at=at, ask_at=Now()):
        transaction.on_commit(partial(nudge, "ask_about_open_payments"))
    return others


# Live attempts: 30 s, doubled to half an hour. Wires are watched for late money from their end on, when `asked` begins
# anew: four times a day for two months.
LEASE = Lease(
    table=Payment._meta.db_table,
    due="ask_at <= %(wall)s",
    clock="ask_at",
    count="asked",
    put_ahead=f"""CASE
        WHEN state IN ('CREATED', 'PENDING') THEN {doubled("asked", first="30 s", most="30 min")}
        WHEN method = 'wire' AND asked < 300 THEN %(wall)s + interval '6 h' END""",
)


@action
def lease_payments_to_ask(*, wall: datetime, most: int = 50) -> list[int]:
    """The payments whose gateway should be asked now, put ahead with back-off. Wall time. One statement.

    A live one with `cancel_asked_at` is to be cancelled at the gateway first.
    """
    return LEASE.take(wall=wall, most=most)
