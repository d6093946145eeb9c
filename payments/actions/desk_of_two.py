"""Money on the desk that two treasurers know: our own transfers, what a company repays; and how the second confirms."""

import re
from datetime import datetime

from django.utils.translation import gettext_lazy as _
from stdnum import bic as bic_number

from core.actions import action
from core.actors import Actor
from core.errors import Invalid, Refused
from core.money import format_money
from core.text_rules import check_name
from payments.actions.bank_orders import settle_orders
from payments.actions.desk import Share, match_item, send_back_item, take_item_as_ours, take_item_as_settlement
from payments.actions.desk_cases import (
    again,
    agreed,
    check_can_confirm,
    check_incoming,
    check_why,
    decide,
    lock_proposal,
    open_item,
)
from payments.actions.desk_recalls import take_credit_back, take_item_as_recall
from payments.actions.refunds import retry_refund
from payments.bank_queries import failed_refund_of
from payments.bank_references import squeezed
from payments.ledger import Leg, NewAccount, open_accounts, post
from payments.locks import lock_bank_orders, lock_payment, lock_receivable
from payments.models import (
    AccountKind,
    BankOrder,
    BankOrderState,
    DeskProposal,
    Direction,
    SuspenseItem,
    SuspenseState,
    TransferKind,
)
from payments.models.account_codes import clearing, costs, receivable, suspense
from payments.pain001 import NAME_LIMIT, Party, is_iban, plain_name
from payments.policies import check_treasurer
from payments.refund_targets import knows_account
from payments.routing import BANK

ACCOUNT = r"[A-Z0-9]{5,34}"
IBAN = r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}$"
LEFT_OR_BACK = (BankOrderState.BATCHED, BankOrderState.CONFIRMED, BankOrderState.RETURNED)


class AccountKnown(Refused):
    code = "account_known"
    message = _(
        "The statement names the account that this money came from. Send it back there; give another account only if"
        " that fails."
    )


@action
def take_item_as_transfer(*, item_id: int, order_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> TRANSFER: it is our transfer, which left with charges on top, or came back less charges.

    The transfer moves as its own line would move it; what the bank kept is a cost. Two treasurers, always: the first
    word proposes it. Locks: the item, the order, accounts. Idempotent. Raises NotAllowed, NotFound, Invalid (another
    currency, an amount or a transfer that can't be it), AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    if item.state != SuspenseState.OPEN:
        return again(item, same=_order_of(item) == order_id)
    order = lock_bank_orders([order_id]).get(order_id)
    charge_minor = _charge_minor(item, order)
    if not agreed(item, SuspenseState.TRANSFER, {"order_id": order_id}, why, by, at):
        return item
    legs = _legs_of_transfer(item, charge_minor)
    if legs:
        ours, bank = costs(item.currency), clearing(BANK, item.currency)
        open_accounts(
            [
                NewAccount(ours, AccountKind.COSTS, item.currency),
                NewAccount(bank, AccountKind.CLEARING, item.currency),
            ]
        )
        post(legs, at=at)
    settle_orders([(item.line, order_id)], by=by, at=at)
    decide(item, item.take_as_transfer, why, by, at)
    return item


def _order_of(item: SuspenseItem) -> int | None:
    """The transfer that a decided item was taken for."""
    side = "credit_line" if item.direction == Direction.IN else "debit_line"
    return BankOrder.objects.filter(**{side: item.line_id}).values_list("pk", flat=True).first()


def _charge_minor(item: SuspenseItem, order: BankOrder | None) -> int:
    """What the bank kept. Raises Invalid where the money can't be that of this transfer."""
    if order is None or order.currency != item.currency:
        raise Invalid(_("Choose a transfer of ours in this currency."))
    came_in = item.direction == Direction.IN
    seen = order.credit_line_id if came_in else order.debit_line_id
    if seen or order.state not in LEFT_OR_BACK or (came_in and order.state == BankOrderState.RETURNED):
        raise Invalid(_("A statement has told of this transfer already, or it never left."))
    charge_minor = (order.amount_minor - item.amount_minor) * (1 if came_in else -1)
    if not 0 <= charge_minor < order.amount_minor:
        amount = format_money(order.amount_minor, order.currency)
        raise Invalid(_("This transfer is %(amount)s: charges don't explain the rest.") % {"amount": amount})
    return charge_minor


def _legs_of_transfer(item: SuspenseItem, charge_minor: int) -> list[Leg]:
    """What came back leaves the desk, since its return is booked with the payout or refund; the charge is a cost."""
    bank, name = clearing(BANK, item.currency), item.line.reference
    legs = []
    if item.direction == Direction.IN:
        source, kind = suspense(item.reference), TransferKind.SUSPENSE_RETURNED
        legs.append(Leg(source, bank, item.amount_minor, kind, f"{name}:desk_return"))
    if charge_minor:
        legs.append(Leg(costs(item.currency), bank, charge_minor, TransferKind.GATEWAY_COST, f"{name}:gateway_cost"))
    return legs


@action
def take_item_as_repayment(*, item_id: int, company_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """OPEN -> REPAYMENT: a company paid what it owes the platform, or a part of it.

    Two treasurers, always: the first word proposes it. Locks: the item, what the company owes, accounts. Idempotent.
    Raises NotAllowed, NotFound, Invalid (it owes less), AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    check_incoming(item)
    terms = {"company_id": company_id}
    if item.state != SuspenseState.OPEN:
        repaid = DeskProposal.objects.filter(item=item, decision=SuspenseState.REPAYMENT, terms=terms)
        return again(item, same=repaid.filter(confirmed_by__isnull=False).exists())
    debt = lock_receivable(company_id, item.currency)
    owed_minor = (debt.balance_minor or 0) if debt else 0
    if item.amount_minor > owed_minor:
        amount = format_money(owed_minor, item.currency)
        raise Invalid(_("This company owes %(amount)s. Money above that is not a repayment.") % {"amount": amount})
    if not agreed(item, SuspenseState.REPAYMENT, terms, why, by, at):
        return item
    source, target = suspense(item.reference), receivable(company_id, item.currency)
    post([Leg(source, target, item.amount_minor, TransferKind.DEBT_REPAID, f"{item.reference}:repaid")], at=at)
    decide(item, item.take_as_repayment, why, by, at)
    return item


@action
def send_item_to(*, item_id: int, creditor: Party, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """Money on the desk goes back to an account that its payer gave: OPEN -> SENT_BACK, or once more after its refund
    failed or came back.

    Two treasurers, always: the first word proposes it. Locks: the item, its refund. Idempotent. Raises NotAllowed,
    NotFound, Invalid (an account that no bank can use), AccountKnown, AlreadyDecided, ProposedByYou, ProposedOtherwise.
    """
    item = open_item(item_id, why, by)
    check_incoming(item)
    terms = _checked(creditor)
    failed = failed_refund_of(item)
    if item.state != SuspenseState.OPEN and failed is None:
        said = DeskProposal.objects.filter(item=item, decision=SuspenseState.SENT_BACK, terms=terms)
        return again(item, same=said.filter(confirmed_by__isnull=False).exists())
    if failed is None:
        check_can_send_to(item, by)
    if not agreed(item, SuspenseState.SENT_BACK, terms, why, by, at):
        return item
    if failed is not None:
        retry_refund(refund_id=failed.pk, why=why, by=by, at=at)
        return item
    return send_back_item(item_id=item_id, why=why, by=by, at=at).item or item


def check_can_send_to(item: SuspenseItem, by: Actor) -> None:
    """It came in, from an account that no transfer can go to. Raises NotAllowed, Invalid, AccountKnown."""
    check_treasurer(by)
    check_incoming(item)
    if knows_account(item):
        raise AccountKnown


def _checked(creditor: Party) -> dict[str, str]:
    """As it is kept and shown. Raises Invalid, beside the field."""
    name = check_name(creditor.name, "name", NAME_LIMIT)
    account, bic = squeezed(creditor.account), squeezed(creditor.bic)
    if not plain_name(name):
        raise Invalid(fields={"name": _("Write the holder's name in Latin letters.")})
    if not re.fullmatch(ACCOUNT, account) or (re.match(IBAN, account) and not is_iban(account)):
        raise Invalid(fields={"account": _("Write the account number, or an IBAN with its right check digits.")})
    if (bic or not is_iban(account)) and not bic_number.is_valid(bic):
        raise Invalid(fields={"bic": _("A BIC has 8 or 11 letters and digits. Only an IBAN needs none.")})
    return {"name": name, "account": account, "bic": bic}


@action
def confirm_proposal(*, proposal_id: int, why: str, by: Actor, at: datetime) -> SuspenseItem:
    """The second treasurer says yes to exactly this proposal, and to none that came after it. Again: no change.

    Locks: as the decision itself. Raises NotAllowed, Invalid without a reason, NothingProposed where it was withdrawn,
    ProposedByYou, and what the decision raises.
    """
    check_treasurer(by)
    check_why(why)
    _lock_above_the_case(proposal_id)
    proposal = lock_proposal(proposal_id)
    if proposal.confirmed_by_id:
        return proposal.item
    check_can_confirm(proposal, by)
    return _carry_out(proposal, why, by, at)


def _lock_above_the_case(proposal_id: int) -> None:
    """The payment of a wire that was taken back, whose escrow is locked before any case."""
    said = DeskProposal.objects.filter(pk=proposal_id, decision=SuspenseState.TAKEN_BACK).first()
    if said is not None and "payment_id" in said.terms:
        lock_payment(said.terms["payment_id"])


def _carry_out(proposal: DeskProposal, why: str, by: Actor, at: datetime) -> SuspenseItem:
    item_id, terms = proposal.item_id, proposal.terms
    match proposal.decision:
        case SuspenseState.MATCHED:
            shares = [Share(*share) for share in terms["shares"]]
            return match_item(item_id=item_id, shares=shares, why=why, by=by, at=at)
        case SuspenseState.OURS:
            return take_item_as_ours(item_id=item_id, why=why, by=by, at=at)
        case SuspenseState.SETTLEMENT:
            return take_item_as_settlement(item_id=item_id, **terms, why=why, by=by, at=at)
        case SuspenseState.SENT_BACK:
            return send_item_to(item_id=item_id, creditor=Party(**terms), why=why, by=by, at=at)
        case SuspenseState.TRANSFER:
            return take_item_as_transfer(item_id=item_id, order_id=terms["order_id"], why=why, by=by, at=at)
        case SuspenseState.TAKEN_BACK if "payment_id" in terms:
            return take_item_as_recall(item_id=item_id, payment_id=terms["payment_id"], why=why, by=by, at=at)
        case SuspenseState.TAKEN_BACK:
            return take_credit_back(item_id=item_id, credit_id=terms["credit_id"], why=why, by=by, at=at)
        case _:
            return take_item_as_repayment(item_id=item_id, company_id=terms["company_id"], why=why, by=by, at=at)
