"""The suspense desk: a treasurer says whose money it is, sends it back, or takes it for the platform's own."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor
from core.alarms import raise_alarm
from core.errors import Invalid, Refused
from core.money import WIRE_ALLOWANCE_MINOR, format_money
from core.references import new_reference
from payments.actions.bank_booking import tell_of_allocations
from payments.actions.desk_cases import LABEL, again, agreed, check_incoming, decide, open_item
from payments.actions.refunds import build_refund, start_refund
from payments.charged_back import list_lost_of
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.locks import lock_gateway_record, lock_suspense_item
from payments.matching import is_third_party
from payments.models import (
    Account,
    AccountKind,
    Allocation,
    Direction,
    Payment,
    Refund,
    SuspenseItem,
    SuspenseState,
    TransferKind,
)
from payments.models.account_codes import clearing, costs, settling, suspense
from payments.nudges import nudge
from payments.policies import check_treasurer
from payments.queries import balance_minor
from payments.refund_targets import party_of_refund
from payments.routing import BANK
from payments.timing import SUSPENSE_OPEN, next_business_close


class NobodyToSendTo(Refused):
    code = "nobody_to_send_to"
    message = _(
        "The statement names no account that a transfer can go to. Ask the payer for one, and send the money to it:"
        " another treasurer confirms the account."
    )


@dataclass(frozen=True)
class Share:
    """`amount_minor` of an item for one payment, in the item's currency."""

    payment_id: int
    amount_minor: int


@action
def match_item(*, item_id: int, shares: Sequence[Share], why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> MATCHED: the money is that of these payments, which together take all of it.

    It moves when their exchange reads it: what is short, late or too much is decided there, as for every receipt.
    Where two treasurers decide, the first word is kept as a proposal and the item stays OPEN.
    Locks: the item. Repeating the same decision returns it. Raises NotAllowed, NotFound, Invalid, AlreadyDecided,
    ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    _check_shares(item, shares)
    if item.state != SuspenseState.OPEN:
        given = set(Allocation.objects.filter(item=item).values_list("payment_id", "amount_minor"))
        return again(item, same={(share.payment_id, share.amount_minor) for share in shares} == given)
    payments = _payments_of(shares)
    _check_would_count(payments.values())
    terms = {"shares": sorted([share.payment_id, share.amount_minor] for share in shares)}
    if not agreed(item, SuspenseState.MATCHED, terms, why, by, at):
        return item
    allocations = [_allocation(item, share, payments[share.payment_id], why, at) for share in shares]
    Allocation.objects.bulk_create(allocations)
    decide(item, item.match, why, by, at)
    tell_of_allocations(allocations, at=at)
    return item


def _check_shares(item: SuspenseItem, shares: Sequence[Share]) -> None:
    check_incoming(item)
    if not shares or len({share.payment_id for share in shares}) != len(shares):
        raise Invalid(fields={"shares": _("Name each payment once.")})
    if any(share.amount_minor <= 0 for share in shares):
        raise Invalid(fields={"shares": _("The amount must be above zero.")})
    if sum(share.amount_minor for share in shares) != item.amount_minor:
        raise Invalid(fields={"shares": _("The parts must add up to the whole amount.")})


def _payments_of(shares: Sequence[Share]) -> dict[int, Payment]:
    rows = Payment.objects.filter(pk__in=[share.payment_id for share in shares], gateway=BANK)
    payments = {payment.pk: payment for payment in rows.select_related("escrow__payer")}
    if len(payments) != len(shares):
        raise Invalid(fields={"shares": _("Choose payments by bank transfer.")})
    return payments


def _check_would_count(payments: Collection[Payment]) -> None:
    """Raises Invalid where money would only be sent back, as a bank took back what the payment had brought."""
    lost = {row.pk for row in list_lost_of([payment.escrow_id for payment in payments])}
    for payment in payments:
        over = payment.is_live or payment.escrow.stopped_at is not None
        if payment.instalment_id in lost and not over:
            words = _(
                "This payment was taken back: money for it would be sent back. Wait until the buyer has pressed Pay for"
                " %(order)s, and choose the new payment."
            )
            raise Invalid(fields={"shares": words % {"order": payment.escrow.title}})


def _allocation(item: SuspenseItem, share: Share, payment: Payment, why: str, at: datetime) -> Allocation:
    return Allocation(
        reference=new_reference("alc"),
        line=item.line,
        payment=payment,
        item=item,
        amount_minor=share.amount_minor,
        rule="desk",
        why=f"decided by staff: {why}"[:300],
        is_third_party=is_third_party(item.line.counterparty_name, payment.escrow.payer.name),
        at=at,
    )


@action
def send_back_item(*, item_id: int, why: str, by: Actor, at: datetime) -> Refund:
    """OPEN -> SENT_BACK: a refund to the account that the money came from. Nobody else is told of it.

    Locks: the item. Repeating it returns the refund. Raises NotAllowed, NotFound, Invalid, AlreadyDecided,
    ProposedOtherwise, NobodyToSendTo where a transfer needs more than the statement said of the account.
    """
    item = open_item(item_id, why, by)
    check_incoming(item)
    if item.state != SuspenseState.OPEN:
        again(item, same=item.state == SuspenseState.SENT_BACK)
        return Refund.objects.filter(item=item).order_by("pk")[:1].get()
    agreed(item, SuspenseState.SENT_BACK, {}, why, by, at)
    check_can_send_back(item, by, at=at)
    refund = _refund_of(item, at)
    refund.save(force_insert=True)
    decide(item, item.send_back, why, by, at)
    start_refund(refund, at=at)
    transaction.on_commit(partial(nudge, "send_outgoing_money"))
    return refund


def check_can_send_back(item: SuspenseItem, by: Actor, *, at: datetime) -> None:
    """It came in, and a transfer can go to the account that it came from, or that two treasurers know.

    Raises NotAllowed, Invalid, NobodyToSendTo.
    """
    check_treasurer(by)
    check_incoming(item)
    if party_of_refund(_refund_of(item, at), at=at) is None:
        raise NobodyToSendTo


def _refund_of(item: SuspenseItem, at: datetime) -> Refund:
    """Not saved."""
    return build_refund(
        amount_minor=item.amount_minor,
        currency=item.currency,
        gateway=BANK,
        reason="unmatched",
        at=at,
        item=item,
        owed_from=Account.objects.get(code=suspense(item.reference)),
    )


@action
def take_item_as_ours(*, item_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> OURS: a charge or a credit of the bank's that no rule knew. Booked as cost, or against cost.

    Two treasurers, always: it may be a customer's money. The first word proposes it. Locks: the item, accounts.
    Idempotent. Raises NotAllowed, NotFound, Invalid, AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    if item.state != SuspenseState.OPEN:
        return again(item, same=item.state == SuspenseState.OURS)
    if not agreed(item, SuspenseState.OURS, {}, why, by, at):
        return item
    ours, bank = costs(item.currency), clearing(BANK, item.currency)
    came_in = item.direction == Direction.IN
    debit, credit = (suspense(item.reference), ours) if came_in else (ours, bank)
    key = f"{item.reference}:ours" if came_in else f"{item.line.reference}:gateway_cost"
    open_accounts(
        [
            NewAccount(ours, AccountKind.COSTS, item.currency),
            NewAccount(bank, AccountKind.CLEARING, item.currency),
        ]
    )
    post([Leg(debit, credit, item.amount_minor, TransferKind.GATEWAY_COST, key)], at=at)
    decide(item, item.take_as_ours, why, by, at)
    return item


@action
def take_item_as_settlement(*, item_id: int, charge_minor: int = 0, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> SETTLEMENT: what a gateway paid out to the platform's bank, in a line that no rule knew as one.

    Gateways may pay several settlements in one sum, so any amount up to what is on its way from them will do.
    `charge_minor`: what a bank kept of it, at most what banks keep of a wire; it is a cost. Of a large amount two
    treasurers say so: the first word proposes it.
    Locks: the item, the record of what is on its way, accounts. Idempotent. Raises NotAllowed, NotFound, Invalid (less
    than that is on its way, too high a charge), AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    check_incoming(item)
    if item.state != SuspenseState.OPEN:
        return again(item, same=item.state == SuspenseState.SETTLEMENT)
    lock_gateway_record(settling(item.currency))
    check_can_be_settlement(item, by, charge_minor=charge_minor)
    terms = {"charge_minor": charge_minor} if charge_minor else {}
    if not agreed(item, SuspenseState.SETTLEMENT, terms, why, by, at):
        return item
    _book_settlement(item, charge_minor, at)
    decide(item, item.take_as_settlement, why, by, at)
    return item


def check_can_be_settlement(item: SuspenseItem, by: Actor, *, charge_minor: int = 0) -> None:
    """It came in, and so much is on its way from gateways. Minor units. Raises NotAllowed, Invalid."""
    check_treasurer(by)
    check_incoming(item)
    coming_minor = balance_minor(settling(item.currency))
    if not 0 <= charge_minor <= WIRE_ALLOWANCE_MINOR[item.currency]:
        raise Invalid(_("That is more than banks keep of a wire."))
    if item.amount_minor + charge_minor > coming_minor:
        amount = format_money(coming_minor, item.currency)
        raise Invalid(_("Only %(amount)s is on its way from gateways. Match the money otherwise.") % {"amount": amount})


def _book_settlement(item: SuspenseItem, charge_minor: int, at: datetime) -> None:
    on_its_way, ours, key = settling(item.currency), costs(item.currency), f"{item.reference}:settlement"
    open_accounts(
        [
            NewAccount(on_its_way, AccountKind.CLEARING, item.currency),
            NewAccount(ours, AccountKind.COSTS, item.currency),
        ]
    )
    legs = [Leg(suspense(item.reference), on_its_way, item.amount_minor, TransferKind.SETTLEMENT, key)]
    if charge_minor:
        legs.append(Leg(ours, on_its_way, charge_minor, TransferKind.GATEWAY_COST, f"{key}_charge"))
    post(legs, at=at)


@action
def alarm_about_item(*, subject_id: int, at: datetime) -> None:
    """Nobody decided for a business day: staff are alarmed, every business day again. Locks: the item."""
    item = lock_suspense_item(subject_id)
    if item.state == SuspenseState.OPEN:
        raise_alarm(SUSPENSE_OPEN, LABEL, item.pk, f"{item}: undecided since {item.created_at:%Y-%m-%d}")
        deadlines.schedule(item, SUSPENSE_OPEN, next_business_close(at), replace=True)
