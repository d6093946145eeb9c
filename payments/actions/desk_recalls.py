"""Money that the bank took back after it had come in: the wire of a payment, or what still lay on the desk."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import clock
from core.actions import action
from core.actors import Actor
from core.errors import Invalid
from core.money import format_money
from payments.actions.desk_cases import ProposedOtherwise, again, agreed, check_incoming, decide, open_item, proposal_of
from payments.charged_back import not_taken_back_minor
from payments.ledger import Leg, post
from payments.locks import lock_payment, lock_suspense_item
from payments.models import DeskProposal, Direction, GatewayEvent, Payment, SuspenseItem, SuspenseState, TransferKind
from payments.models.account_codes import clearing, suspense
from payments.nudges import nudge
from payments.policies import check_treasurer
from payments.routing import BANK


@action
def take_item_as_recall(*, item_id: int, payment_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> TAKEN_BACK: what left is the wire of this payment, or a part of it, which the bank took back.

    Two treasurers, always: the first word proposes it. Nothing is booked here: the exchange reads the case as a lost
    charge-back of the payment, at the hint that is left, and books it as one of a card.
    Locks: escrow, payment, the item. Idempotent. Raises NotAllowed, NotFound, Invalid (money that came in, another
    gateway or currency, more than the payment brought), AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    check_treasurer(by)
    payment = lock_payment(payment_id)
    item = open_item(item_id, why, by)
    check_outgoing(item)
    if item.state != SuspenseState.OPEN:
        return again(item, same=item.payment_id == payment_id)
    _check_brought(payment, item)
    if not agreed(item, SuspenseState.TAKEN_BACK, {"payment_id": payment_id}, why, by, at):
        return item
    item.payment = payment
    decide(item, item.note_taken_back, why, by, at)
    _tell_exchange(item)
    return item


def check_outgoing(item: SuspenseItem) -> None:
    """Raises Invalid."""
    if item.direction != Direction.OUT:
        raise Invalid(_("This money came in. Only what left can be decided so."))


def _check_brought(payment: Payment, item: SuspenseItem) -> None:
    """Raises Invalid where the bank can't have taken so much of it back."""
    if (payment.gateway, payment.escrow.currency) != (BANK, item.currency):
        raise Invalid(_("Choose a payment by bank transfer, of an order in this currency."))
    most_minor = not_taken_back_minor(payment)
    if item.amount_minor > most_minor:
        amount = format_money(max(most_minor, 0), item.currency)
        raise Invalid(
            _(
                "Of this payment %(amount)s came in and was not taken back before. Choose the payment that the wire was"
                " booked for; if its own line is not booked yet, import that statement first."
            )
            % {"amount": amount}
        )


def _tell_exchange(item: SuspenseItem) -> None:
    wall = clock.wall()
    GatewayEvent.objects.create(
        gateway=BANK,
        event_id=f"recall:{item.reference}",
        payload={"type": "dispute.lost", "object_id": item.reference},
        received_at=wall,
        due_at=wall,
    )
    transaction.on_commit(partial(nudge, "process_gateway_events"))


@action
def take_credit_back(*, item_id: int, credit_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> TAKEN_BACK, of both: what left is money that came in and lay on the desk undecided, all of it.

    Two treasurers, always: the first word proposes it, and their words stand at both cases. Locks: the item, then the
    credit, accounts. Idempotent. Raises NotAllowed, NotFound, Invalid (other amounts, a credit that was decided),
    AlreadyDecided, ProposedByYou, ProposedOtherwise (also where something is proposed for the credit).
    """
    item = open_item(item_id, why, by)
    check_outgoing(item)
    terms = {"credit_id": credit_id}
    if item.state != SuspenseState.OPEN:
        same = DeskProposal.objects.filter(item=item, terms=terms, confirmed_by__isnull=False)
        return again(item, same=same.exists())
    credit = lock_suspense_item(credit_id)
    check_incoming(credit)
    if (credit.amount_minor, credit.currency) != (item.amount_minor, item.currency):
        raise Invalid(_("Choose money on the desk of exactly this amount and currency."))
    if credit.state != SuspenseState.OPEN:
        raise Invalid(_("That money was decided on meanwhile. If it went to a payment, choose that payment instead."))
    if proposal_of(credit) is not None:
        raise ProposedOtherwise
    if not agreed(item, SuspenseState.TAKEN_BACK, terms, why, by, at):
        return item
    _note_both_words(item, credit)
    key = f"{item.line.reference}:desk_return"
    source, target = suspense(credit.reference), clearing(BANK, item.currency)
    post([Leg(source, target, item.amount_minor, TransferKind.SUSPENSE_RETURNED, key)], at=at)
    decide(credit, credit.note_taken_back, why, by, at)
    decide(item, item.note_taken_back, why, by, at)
    return item


def _note_both_words(item: SuspenseItem, credit: SuspenseItem) -> None:
    """What two treasurers said of the one case decides the other as well."""
    said = DeskProposal.objects.get(item=item, confirmed_by__isnull=False)
    DeskProposal.objects.create(
        item=credit,
        decision=said.decision,
        terms={"item_id": item.pk},
        why=said.why,
        proposed_by_id=said.proposed_by_id,
        proposed_at=said.proposed_at,
        confirmed_by_id=said.confirmed_by_id,
        ended_at=said.ended_at,
        ended_why=said.ended_why,
    )
