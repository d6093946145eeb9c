"""Owing money back: a row per payment, booked and clocked in one go. Sending it is a task on its own row."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from companies.history import record
from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import clear_alarms
from core.errors import IllegalMove, Invalid, Refused
from core.events import publish
from core.references import new_reference
from payments.charged_back import is_lost
from payments.errors import NotEnoughHeld
from payments.events import RefundRequested
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.limits import TREASURERS, judged_now
from payments.locks import lock_paid_payments, lock_refund
from payments.models import Account, AccountKind, Escrow, Payment, Refund, SendState, TransferKind
from payments.models.account_codes import clearing, held, payer_fee, refund_due, refund_due_in
from payments.policies import check_may_approve, check_treasurer
from payments.refund_targets import party_of_refund
from payments.routing import BANK
from payments.timing import REFUND_OVERDUE, next_business_close


class NotByBank(Refused):
    code = "not_by_bank"
    message = _("This refund can't be sent by bank transfer: it is one already, or we have no account in its currency.")


class NoAccountOfPayer(Refused):
    code = "no_account_of_payer"
    message = _(
        "The buyer has no verified account in its own name and this currency. Ask the buyer to add one under payout "
        "accounts; once it is verified and has rested, try again."
    )


class PayerHasIt(Refused):
    code = "payer_has_it"
    message = _(
        "The buyer's bank took this payment back, and what it took is booked as a loss: the buyer has this money."
        " It is not sent again."
    )


@dataclass
class Owed:
    """`amount_minor` to give back over a locked payment. `taken_from`: the account it leaves, or None when it is
    already booked as due; `fee_minor` of it leaves the account of the payer's fees instead. `currency` empty: the
    escrow's."""

    payment: Payment
    amount_minor: int
    reason: str
    taken_from: str | None = None
    currency: str = ""
    fee_minor: int = 0


def owe_refunds(
    escrow: Escrow, owed: Sequence[Owed], *, legs: Sequence[Leg] = (), by: Actor, at: datetime
) -> list[Refund]:
    """Write a refund per item of a locked escrow, and book them with the other `legs` of the action in one posting.

    Units: minor units of each item's currency. Locks: the accounts. The payments are locked by the caller.
    """
    refunds = [_new_refund(escrow, item, at) for item in owed]
    pairs = list(zip(owed, refunds, strict=True))
    legs = [*legs, *(leg for item, refund in pairs for leg in _legs_of(escrow, item, refund))]
    if legs:
        post(legs, at=at, escrow_id=escrow.pk)
    for item, refund in pairs:
        own = refund.currency == escrow.currency
        code = refund_due(escrow.pk) if own else refund_due_in(escrow.pk, refund.currency)
        refund.owed_from = Account.objects.get(code=code)
        refund.save(force_insert=True)
        if own:
            item.payment.refunded_minor += item.amount_minor
            item.payment.fee_refunded_minor += item.fee_minor
            Payment.objects.filter(pk=item.payment.pk).update(
                refunded_minor=F("refunded_minor") + item.amount_minor,
                fee_refunded_minor=F("fee_refunded_minor") + item.fee_minor,
            )
        start_refund(refund, at=at)
    return refunds


def _new_refund(escrow: Escrow, item: Owed, at: datetime) -> Refund:
    return build_refund(
        amount_minor=item.amount_minor,
        currency=item.currency or escrow.currency,
        gateway=item.payment.gateway,
        reason=item.reason,
        at=at,
        escrow=escrow,
        payment=item.payment,
    )


def build_refund(
    *,
    amount_minor: int,
    currency: str,
    gateway: str,
    reason: str,
    at: datetime,
    approvals_at_least: int = 0,
    **behind: Any,
) -> Refund:
    """A refund that is not saved yet, with its key and the approvals it needs. `behind`: whose it is."""
    assert amount_minor > 0
    reference = new_reference("ref")
    return Refund(
        reference=reference,
        idempotency_key=f"refund:{reference}",
        gateway=gateway,
        amount_minor=amount_minor,
        currency=currency,
        reason=reason,
        created_at=at,
        **behind,
        **judged_now(amount_minor, currency, at_least=approvals_at_least),
    )


def _legs_of(escrow: Escrow, item: Owed, refund: Refund) -> list[Leg]:
    if item.taken_from is None:
        return []
    sources = (
        (item.taken_from, item.amount_minor - item.fee_minor, ""),
        (payer_fee(escrow.pk), item.fee_minor, "_fee"),
    )
    return [
        Leg(
            debit=source,
            credit=refund_due(escrow.pk),
            amount_minor=amount_minor,
            kind=TransferKind.REFUND_OWED,
            key=f"{refund.idempotency_key}:owed{name}",
        )
        for source, amount_minor, name in sources
        if amount_minor
    ]


def start_refund(refund: Refund, *, at: datetime) -> None:
    deadlines.schedule(refund, REFUND_OVERDUE, next_business_close(at))
    if refund.escrow_id:
        amount_minor = refund.amount_minor
        publish(RefundRequested(escrow_id=refund.escrow_id, refund_id=refund.pk, amount_minor=amount_minor, at=at))


def owed_newest_first(
    escrow: Escrow, amount_minor: int, reason: str, *, fee_minor: int = 0, passing_over: Collection[int] = ()
) -> list[Owed]:
    """Spread an amount of what is held over the payments of a locked escrow, newest first, each at most its own.

    `fee_minor` goes back as well, over the payments that brought a fee on top of the price. `passing_over`: ids of
    payments whose money goes back otherwise. Raises NotEnoughHeld when the others brought less.
    """
    owed = []
    for payment in lock_paid_payments(escrow.pk):
        if payment.pk in passing_over:
            continue
        fee_part = min(fee_minor, payment.own_fee_minor)
        part = min(amount_minor, payment.price_left_minor)
        if part + fee_part > 0:
            owed.append(Owed(payment, part + fee_part, reason, held(escrow.pk), fee_minor=fee_part))
        amount_minor -= part
        fee_minor -= fee_part
    if amount_minor > 0 or fee_minor > 0:
        raise NotEnoughHeld
    return owed


@action
def retry_refund(*, refund_id: int, why: str = "", by: Actor, at: datetime) -> Refund:
    """Replace a refund that failed or came back by a new one with its own key; a repeat returns the same replacement.

    Who did it and `why` stand in the history of the old one, with the reference of the new one.
    Locks: escrow, refund. Raises NotAllowed, NotFound, IllegalMove when it did not fail.
    """
    check_treasurer(by)
    old = lock_refund(refund_id)
    replacement = Refund.objects.filter(replaces=old).first()
    if replacement is not None:
        return replacement
    check_can_retry(old, by)
    return _replace(old, old.gateway, verb="retry_refund", why=why, by=by, at=at)


@action
def refund_by_bank(*, refund_id: int, why: str, by: Actor, at: datetime) -> Refund:
    """Replace a refund that failed or came back by a bank transfer to a verified account in the payer's own name.

    For what can't go back the way it came: a card's account is closed, or its gateway does not carry the amount. The
    new one waits for two treasurers, however small it is. A repeat returns the same replacement.
    Locks: escrow, refund. Raises NotAllowed, NotFound, Invalid without a reason, IllegalMove when it did not fail,
    NotByBank, NoAccountOfPayer.
    """
    check_may_approve(by)
    old = lock_refund(refund_id)
    replacement = Refund.objects.filter(replaces=old, gateway=BANK).first()
    if replacement is not None:
        return replacement
    if not why.strip():
        raise Invalid(fields={"why": _("Write why it can't go back the way it came.")})
    check_can_go_by_bank(old, by)
    if party_of_refund(old, at=at) is None:
        raise NoAccountOfPayer
    open_accounts([NewAccount(clearing(BANK, old.currency), AccountKind.CLEARING, old.currency)])
    return _replace(old, BANK, verb="refund_by_bank", why=why.strip(), by=by, at=at)


def check_can_retry(refund: Refund, by: Actor, *, verb: str = "retry_refund") -> None:
    """It failed or came back, nothing took its place, and the payer has not got the money from their own bank.

    Raises NotAllowed, IllegalMove, PayerHasIt.
    """
    check_treasurer(by)
    came_to_nothing = refund.state in (SendState.FAILED, SendState.RETURNED)
    if not came_to_nothing or Refund.objects.filter(replaces=refund).exists():
        raise IllegalMove(verb=verb, state=refund.state)
    if refund.payment_id and is_lost(refund.payment_id):
        raise PayerHasIt


def check_can_go_by_bank(refund: Refund, by: Actor) -> None:
    """As `check_can_retry`, of an order's refund that went another way. Raises NotAllowed, IllegalMove, NotByBank.

    Whether the payer has an account for it the action looks up: its refusal says what to ask for.
    """
    check_may_approve(by)
    check_can_retry(refund, by, verb="refund_by_bank")
    if refund.gateway == BANK or refund.escrow is None or refund.currency not in settings.BANK_ACCOUNTS:
        raise NotByBank


def _replace(old: Refund, gateway: str, *, verb: str, why: str, by: Actor, at: datetime) -> Refund:
    """A new refund in the place of a locked one. Going another way than the payment came needs two treasurers."""
    goes_another_way = old.payment is not None and old.payment.gateway != gateway
    new = build_refund(
        amount_minor=old.amount_minor,
        currency=old.currency,
        gateway=gateway,
        approvals_at_least=TREASURERS if goes_another_way else 0,
        reason=old.reason,
        at=at,
        escrow_id=old.escrow_id,
        payment_id=old.payment_id,
        item_id=old.item_id,
        owed_from_id=old.owed_from_id,
        replaces=old,
    )
    new.save(force_insert=True)
    record(old, field="replaced_by", verb=verb, source=old.state, target=new.reference, why=why, by=by, at=at)
    deadlines.cancel(old)
    clear_alarms(REFUND_OVERDUE, "payments.refund", old.pk)
    start_refund(new, at=at)
    return new
