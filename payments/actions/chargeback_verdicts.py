"""The bank has decided on a charge-back: the money is held again, or stays with the payer."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models.functions import Now

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.events import publish
from core.states import move
from payments.actions.chargebacks import frozen_parts, save_figures
from payments.actions.funding import close_when_empty
from payments.actions.payment import cancel_attempts_beside
from payments.actions.receipts import allowance_minor
from payments.actions.refunds import Owed, owe_refunds
from payments.actions.shortfalls import carry_shortfall
from payments.charged_back import lacking_minor
from payments.events import ChargebackLost, ChargebackWon, EscrowFunded, InstalmentSecured
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.locks import lock_chargeback, lock_counting_payments, lock_instalments
from payments.models import (
    NOT_SENT_STATES,
    AccountKind,
    Chargeback,
    ChargebackState,
    Escrow,
    EscrowState,
    Instalment,
    Payment,
    PaymentState,
    Refund,
    SendState,
    TransferKind,
)
from payments.models.account_codes import chargeback as chargeback_account
from payments.models.account_codes import clearing, frozen, held, losses
from payments.policies import check_platform
from payments.timing import CHARGEBACK_OPEN

CONTRADICTION = "chargeback_contradicts"
IN_FLIGHT = (SendState.SENDING, SendState.SENT, SendState.UNKNOWN)


@action
def record_chargeback_won(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """The gateway gave the money back: what was frozen is held again, stopped refunds are owed again. Idempotent.

    Once its payments are whole the instalment is secured again, and what is too much goes back. If it was paid anew
    meanwhile, what was frozen goes back. Won after lost is alarmed, and nothing is booked.
    Locks: escrow, payment, charge-back, instalments, accounts.
    Raises NotAllowed, NotFound.
    """
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.state != ChargebackState.OPEN:
        return _decided_before(chargeback, ChargebackState.WON)
    payment, escrow = chargeback.payment, chargeback.escrow
    instalments = lock_instalments(escrow.pk)
    payment.charged_back_minor -= chargeback.amount_minor
    save_figures(payment)
    instalment = next(row for row in instalments if row.pk == payment.instalment_id)
    is_closed = escrow.state == EscrowState.CLOSED
    was_replaced = not is_closed and instalment.secured_at is not None
    move(chargeback.win, by=by, at=at)
    owed = _give_back_anew(chargeback, was_replaced=was_replaced)
    owe_refunds(escrow, owed, legs=_legs_of_winning(chargeback, was_replaced=was_replaced), by=by, at=at)
    if is_closed:
        _end_whole(payment, by, at)
    elif not was_replaced:
        _count_again(escrow, instalments, instalment, payment, by, at)
    _finish(chargeback, by, at)
    close_when_empty(escrow, by=by, at=at)
    publish(
        ChargebackWon(
            escrow_id=escrow.pk,
            payment_id=payment.pk,
            chargeback_id=chargeback.pk,
            amount_minor=chargeback.amount_minor,
            at=at,
        )
    )
    return chargeback


def _legs_of_winning(chargeback: Chargeback, *, was_replaced: bool) -> list[Leg]:
    key, target = chargeback.key, clearing(chargeback.gateway, chargeback.currency)
    open_account = chargeback_account(chargeback.payment_id)
    legs = [Leg(target, open_account, chargeback.amount_minor, TransferKind.CHARGEBACK_WON, f"{key}:won")]
    freezer = frozen(chargeback.escrow_id)
    if not was_replaced:
        legs += [
            Leg(freezer, holding, amount_minor, TransferKind.UNFREEZE, f"{key}:unfrozen{name}")
            for holding, amount_minor, name in frozen_parts(chargeback)
        ]
    return legs


def _give_back_anew(chargeback: Chargeback, *, was_replaced: bool) -> list[Owed]:
    """What the payer has to get: refunds that were stopped, and what the instalment doesn't need any more."""
    back_minor = chargeback.frozen_minor if was_replaced else chargeback.refunds_minor
    if not back_minor:
        return []
    return [Owed(chargeback.payment, back_minor, "chargeback_won", frozen(chargeback.escrow_id))]


def _end_whole(payment: Payment, by: Actor, at: datetime) -> None:
    """In a closed escrow nothing is due: the payment alone is what it was."""
    if payment.state == PaymentState.CHARGEBACK_OPEN and not payment.charged_back_minor:
        move(payment.win_chargeback, by=by, at=at)


def _count_again(
    escrow: Escrow,
    instalments: Sequence[Instalment],
    instalment: Instalment,
    payment: Payment,
    by: Actor,
    at: datetime,
) -> None:
    """Money of a lost instalment is held again: it is whole by that, or lacks less than an open attempt asks for."""
    counting = [payment if row.pk == payment.pk else row for row in lock_counting_payments(instalment)]
    if payment not in counting:
        return
    lacking = lacking_minor(instalment)
    kept = next((row for row in counting if row.state == PaymentState.KEPT), None)
    allowed_minor = 0 if payment.charged_back_minor else allowance_minor(payment)
    if lacking <= allowed_minor:
        secures = kept or payment
        owed = _paid_twice(escrow, secures, [row for row in counting if row != secures], -lacking, at)
        owe_refunds(escrow, owed, by=by, at=at)
        _secure_again(escrow, instalments, instalment, secures, max(lacking, 0), by, at)
        return
    cancel_attempts_beside(payment, at=at)
    if payment.state == PaymentState.CHARGEBACK_OPEN and not payment.charged_back_minor:
        move(payment.keep, by=by, at=at)


def _secure_again(
    escrow: Escrow,
    instalments: Sequence[Instalment],
    instalment: Instalment,
    secures: Payment,
    short_minor: int,
    by: Actor,
    at: datetime,
) -> None:
    """`short_minor`: what a wire was short of before."""
    move(secures.secure_again if secures.state == PaymentState.KEPT else secures.win_chargeback, by=by, at=at)
    instalment.secured_at = at
    instalment.shortfall_minor += short_minor
    instalment.save(update_fields=["secured_at", "shortfall_minor"])
    carry_shortfall(short_minor, instalment, instalments)
    if all(row.secured_at for row in instalments):
        move(escrow.fund, by=by, at=at)
        publish(EscrowFunded(escrow_id=escrow.pk, at=at))
    publish(
        InstalmentSecured(
            escrow_id=escrow.pk,
            instalment_id=instalment.pk,
            sequence=instalment.sequence,
            amount_minor=instalment.to_bring_minor,
            all_due_secured=not any(row.due_at and not row.secured_at for row in instalments),
            at=at,
        )
    )


def _paid_twice(
    escrow: Escrow, secures: Payment, others: Sequence[Payment], over_minor: int, at: datetime
) -> list[Owed]:
    """What an open attempt brought, which is to be cancelled; and what the other payments bring over what is asked,
    the newest first. Minor units.
    """
    holding, reason = held(escrow.pk), "secured_before"
    live = cancel_attempts_beside(secures, at=at)
    owed = [Owed(each, each.left_minor, reason, holding) for each in live if each.left_minor]
    for each in others:
        part = min(over_minor, each.price_left_minor)
        if part > 0:
            fee_minor = each.own_fee_minor if part == each.price_left_minor else 0
            owed.append(Owed(each, part + fee_minor, reason, holding, fee_minor=fee_minor))
            over_minor -= part
    return owed


@action
def record_chargeback_lost(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """The money stays with the payer: what was frozen covers it; what had left before is the platform's loss.

    Who bears the loss in the end is said by the deal above (`payments.actions.losses`). While a refund of the payment
    is on its way and the charge-back is not covered, nothing is recorded: the gateway is asked again. Lost after won is
    alarmed. Idempotent. Locks: escrow, payment, charge-back, accounts. Raises NotAllowed, NotFound.
    """
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.state != ChargebackState.OPEN:
        return _decided_before(chargeback, ChargebackState.LOST)
    payment, escrow = chargeback.payment, chargeback.escrow
    if chargeback.uncovered_minor and Refund.objects.filter(payment=payment, state__in=IN_FLIGHT).exists():
        return chargeback
    open_accounts([NewAccount(losses(chargeback.currency), AccountKind.LOSSES, chargeback.currency)])
    post(_legs_of_losing(chargeback), at=at, escrow_id=escrow.pk)
    chargeback.loss_minor = chargeback.uncovered_minor
    move(chargeback.lose, by=by, at=at)
    _finish(chargeback, by, at)
    close_when_empty(escrow, by=by, at=at)
    publish(
        ChargebackLost(
            escrow_id=escrow.pk,
            payment_id=payment.pk,
            chargeback_id=chargeback.pk,
            amount_minor=chargeback.amount_minor,
            loss_minor=chargeback.loss_minor,
            at=at,
        )
    )
    return chargeback


def _legs_of_losing(chargeback: Chargeback) -> list[Leg]:
    open_account, key = chargeback_account(chargeback.payment_id), f"{chargeback.key}:lost"
    parts = [
        (frozen(chargeback.escrow_id), chargeback.frozen_minor, f"{key}:covered"),
        (losses(chargeback.currency), chargeback.uncovered_minor, f"{key}:loss"),
    ]
    return [
        Leg(source, open_account, amount_minor, TransferKind.CHARGEBACK_LOST, leg_key)
        for source, amount_minor, leg_key in parts
        if amount_minor
    ]


def _decided_before(chargeback: Chargeback, said: ChargebackState) -> Chargeback:
    if chargeback.state != said:
        words = f"{chargeback}: the gateway says {said} of what is {chargeback.state}; nothing was booked"
        raise_alarm(CONTRADICTION, "payments.chargeback", chargeback.pk, words)
    return chargeback


def _finish(chargeback: Chargeback, by: Actor, at: datetime) -> None:
    """End the clocks; and the payment's state, once none of its charge-backs is open. Refunds of it go out again."""
    payment = chargeback.payment
    deadlines.cancel(chargeback)
    for kind in (CHARGEBACK_OPEN, "evidence_not_sent"):
        clear_alarms(kind, "payments.chargeback", chargeback.pk)
    if Chargeback.objects.filter(payment=payment, state=ChargebackState.OPEN).exists():
        return
    if payment.state == PaymentState.CHARGEBACK_OPEN:
        move(payment.end_charged_back, by=by, at=at, why=chargeback.reference)
    Refund.objects.filter(payment=payment, state__in=NOT_SENT_STATES).update(ask_at=Now())
