"""A payer's bank takes a payment back: what is left of its money is frozen until the bank has decided.

The gateway moves the money, we only book what it did: whoever it paid first was paid. So refund and charge-back never
both pay: a refund that nobody sent yet is stopped here and its money covers the charge-back; one that is on its way is
waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms, raise_alarm
from core.events import publish
from core.money import format_money
from core.references import new_reference
from core.states import move
from payments.actions.payment import cancel_attempts_beside
from payments.actions.refunds import Owed, owe_refunds
from payments.actions.shortfalls import take_shortfall_back
from payments.charged_back import brought_minor, lacking_minor
from payments.events import ChargebackOpened, InstalmentLost
from payments.ledger import Leg, NewAccount, open_accounts
from payments.locks import (
    lock_chargeback,
    lock_counting_payments,
    lock_instalments,
    lock_payment,
    lock_stoppable_refunds,
)
from payments.models import (
    LOST_PAYMENT_STATES,
    AccountKind,
    Chargeback,
    ChargebackState,
    Escrow,
    EscrowState,
    Instalment,
    Payment,
    PaymentState,
    Refund,
    TransferKind,
)
from payments.models.account_codes import chargeback as chargeback_account
from payments.models.account_codes import clearing, costs, frozen, held, payer_fee
from payments.policies import check_platform
from payments.queries import balance_minor, held_minor_of
from payments.timing import CHARGEBACK_OPEN, REFUND_OVERDUE, evidence_goes_at

REFUND_ALARMS = (REFUND_OVERDUE, "gateway_answer")
"""They are about sending it, and a stopped one is not sent."""


@dataclass(frozen=True, kw_only=True)
class TakenBack:
    """A charge-back as the gateway tells it. Minor units of the escrow's currency."""

    dispute_id: str
    amount_minor: int
    reason: str
    fee_minor: int
    evidence_due_at: datetime | None


@action
def open_chargeback(*, payment_id: int, taken: TakenBack, by: Actor, at: datetime) -> Chargeback:
    """Book what the gateway took back, and freeze what is left of that payment's money, up to the amount.

    Refunds of it that nobody sent yet are stopped first, and their money covers; then what the escrow holds. Its
    instalment is unsecured and due again, unless it is still whole or the escrow is closed; an attempt at it that is
    open is to be cancelled, since it asks for too little. The dispute's fee is the
    platform's cost. Units: minor units of the escrow's currency. Once per dispute: a repeat returns the first.
    Locks: escrow, payment, instalments, refunds, accounts. Raises NotAllowed, NotFound.
    """
    assert at.tzinfo is not None and taken.amount_minor > 0
    check_platform(by)
    payment = lock_payment(payment_id)
    known = Chargeback.objects.filter(gateway=payment.gateway, gateway_dispute_id=taken.dispute_id).first()
    if known is not None:
        return known
    escrow, instalments = payment.escrow, lock_instalments(payment.escrow_id)
    refunds = lock_stoppable_refunds(payment)
    from_refunds = min(taken.amount_minor, sum(refund.amount_minor for refund in refunds))
    chargeback = _new_chargeback(payment, taken, from_refunds, at)
    _open_accounts(chargeback)
    legs = _legs_of_opening(chargeback)
    payment.charged_back_minor += taken.amount_minor
    _stop_refunds(chargeback, payment, refunds, from_refunds, legs=legs, by=by, at=at)
    _note_what_is_lost(escrow, instalments, chargeback, by, at)
    _tell_opened(chargeback, at)
    return chargeback


def _new_chargeback(payment: Payment, taken: TakenBack, refunds_minor: int, at: datetime) -> Chargeback:
    """What the refunds don't cover is frozen: of the price first, then of what the payer paid on top."""
    wanted_minor = taken.amount_minor - refunds_minor
    held_minor = min(wanted_minor, payment.price_left_minor, held_minor_of(payment.escrow_id))
    set_apart_minor = balance_minor(payer_fee(payment.escrow_id))
    return Chargeback.objects.create(
        reference=new_reference("cbk"),
        escrow=payment.escrow,
        payment=payment,
        gateway=payment.gateway,
        gateway_dispute_id=taken.dispute_id,
        amount_minor=taken.amount_minor,
        currency=payment.escrow.currency,
        reason=taken.reason[:60],
        fee_minor=taken.fee_minor,
        held_minor=held_minor,
        payer_fee_minor=min(wanted_minor - held_minor, payment.own_fee_minor, set_apart_minor),
        refunds_minor=refunds_minor,
        evidence_due_at=taken.evidence_due_at,
        opened_at=at,
    )


def _open_accounts(chargeback: Chargeback) -> None:
    currency, escrow_id = chargeback.currency, chargeback.escrow_id
    open_accounts(
        [
            NewAccount(clearing(chargeback.gateway, currency), AccountKind.CLEARING, currency),
            NewAccount(chargeback_account(chargeback.payment_id), AccountKind.CHARGEBACK, currency),
            NewAccount(frozen(escrow_id), AccountKind.FROZEN, currency, escrow_id=escrow_id),
            NewAccount(costs(currency), AccountKind.COSTS, currency),
        ]
    )


def _legs_of_opening(chargeback: Chargeback) -> list[Leg]:
    key, source = chargeback.key, clearing(chargeback.gateway, chargeback.currency)
    open_account = chargeback_account(chargeback.payment_id)
    legs = [Leg(open_account, source, chargeback.amount_minor, TransferKind.CHARGEBACK_TAKEN, f"{key}:taken")]
    freezer = frozen(chargeback.escrow_id)
    for holding, amount_minor, name in frozen_parts(chargeback):
        legs.append(Leg(holding, freezer, amount_minor, TransferKind.FREEZE, f"{key}:frozen{name}"))
    if chargeback.fee_minor:
        cost = costs(chargeback.currency)
        legs.append(Leg(cost, source, chargeback.fee_minor, TransferKind.GATEWAY_COST, f"{key}:fee"))
    return legs


def frozen_parts(chargeback: Chargeback) -> list[tuple[str, int, str]]:
    """Account, minor units and name of what was frozen of the escrow's own money."""
    parts = [
        (held(chargeback.escrow_id), chargeback.held_minor, ""),
        (payer_fee(chargeback.escrow_id), chargeback.payer_fee_minor, "_fee"),
    ]
    return [part for part in parts if part[1]]


def _stop_refunds(
    chargeback: Chargeback,
    payment: Payment,
    refunds: Sequence[Refund],
    wanted_minor: int,
    *,
    legs: list[Leg],
    by: Actor,
    at: datetime,
) -> None:
    """Stop as many refunds as it takes and post their money as frozen, with `legs`; what is over is owed anew.

    Saves the payment's figures.
    """
    rest: list[Owed] = []
    for refund in refunds:
        part = min(refund.amount_minor, wanted_minor)
        if part <= 0:
            break
        wanted_minor -= part
        payment.refunded_minor -= refund.amount_minor
        move(refund.stop, by=by, at=at, why=chargeback.reference)
        deadlines.cancel(refund)
        for kind in REFUND_ALARMS:
            clear_alarms(kind, "payments.refund", refund.pk)
        freezer, key = frozen(chargeback.escrow_id), f"{chargeback.key}:refund:{refund.pk}"
        legs.append(Leg(refund.owed_from.code, freezer, part, TransferKind.FREEZE, key))
        if part < refund.amount_minor:
            rest.append(Owed(payment, refund.amount_minor - part, refund.reason))
    save_figures(payment)
    owe_refunds(payment.escrow, rest, legs=legs, by=by, at=at)


def save_figures(payment: Payment) -> None:
    """What went back and what was taken back of a locked payment."""
    Payment.objects.filter(pk=payment.pk).update(
        refunded_minor=payment.refunded_minor, charged_back_minor=payment.charged_back_minor
    )


def _note_what_is_lost(
    escrow: Escrow, instalments: Sequence[Instalment], chargeback: Chargeback, by: Actor, at: datetime
) -> None:
    """Of a payment that counts, or did, for its instalment: what all its payments have is compared with what is asked.

    It may have been paid anew in part: then another payment secures it, and needs what is left of this one.
    """
    payment, why = chargeback.payment, chargeback.reference
    if payment.state not in (PaymentState.SECURED, *LOST_PAYMENT_STATES):
        return
    instalment = next(row for row in instalments if row.pk == payment.instalment_id)
    is_whole = brought_minor(instalment.pk) >= instalment.to_bring_minor
    if payment.state in (PaymentState.KEPT, PaymentState.CHARGED_BACK) or (
        payment.state == PaymentState.SECURED and not is_whole
    ):
        move(payment.open_chargeback, by=by, at=at, why=why)
    if escrow.state == EscrowState.CLOSED:  # Nothing is due to it: its instalments stay as they were.
        return
    if instalment.secured_at is None:
        cancel_attempts_beside(payment, at=at)
    elif not is_whole:
        for other in lock_counting_payments(instalment):
            if other.state == PaymentState.SECURED:
                move(other.keep, by=by, at=at, why=why)
        _unsecure(escrow, instalments, instalment, payment, by, at)


def _unsecure(
    escrow: Escrow, instalments: Sequence[Instalment], instalment: Instalment, payment: Payment, by: Actor, at: datetime
) -> None:
    """The instalment is due again."""
    instalment.secured_at = None
    take_shortfall_back(instalment, instalments)
    instalment.save(update_fields=["secured_at", "shortfall_minor"])
    if escrow.state == EscrowState.FUNDED:
        move(escrow.fall_back, by=by, at=at, why=payment.reference)
    publish(
        InstalmentLost(
            escrow_id=escrow.pk,
            instalment_id=instalment.pk,
            sequence=instalment.sequence,
            amount_minor=lacking_minor(instalment),
            at=at,
        )
    )


def _tell_opened(chargeback: Chargeback, at: datetime) -> None:
    deadlines.schedule(chargeback, CHARGEBACK_OPEN, evidence_goes_at(at, chargeback.evidence_due_at))
    words = f"{chargeback}: {format_money(chargeback.amount_minor, chargeback.currency, 'en')}, {chargeback.reason}"
    raise_alarm(CHARGEBACK_OPEN, "payments.chargeback", chargeback.pk, words)
    publish(
        ChargebackOpened(
            escrow_id=chargeback.escrow_id,
            payment_id=chargeback.payment_id,
            chargeback_id=chargeback.pk,
            amount_minor=chargeback.amount_minor,
            frozen_minor=chargeback.frozen_minor,
            at=at,
        )
    )


@action
def cover_chargeback(*, chargeback_id: int, by: Actor, at: datetime) -> Chargeback:
    """Let refunds that came to nothing since then cover what an open charge-back lacks. Idempotent.

    A refund was on its way when the charge-back came, and the gateway refused it, or it came back. Locks: escrow,
    payment, charge-back, refunds, accounts. Raises NotAllowed, NotFound.
    """
    check_platform(by)
    chargeback = lock_chargeback(chargeback_id)
    if chargeback.state != ChargebackState.OPEN or not chargeback.uncovered_minor:
        return chargeback
    payment = chargeback.payment
    refunds = lock_stoppable_refunds(payment)
    more_minor = min(chargeback.uncovered_minor, sum(refund.amount_minor for refund in refunds))
    if more_minor:
        chargeback.refunds_minor += more_minor
        chargeback.save(update_fields=["refunds_minor"])
        _stop_refunds(chargeback, payment, refunds, more_minor, legs=[], by=by, at=at)
    return chargeback
