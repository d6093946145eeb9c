"""From draft to contract: the seller signs by sending, the buyer asks, declines or signs."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from companies.actions import record_identity
from companies.models import Company, User
from core import deadlines
from core.actions import action
from core.actors import Actor
from core.calendars import Calendar
from core.errors import Invalid, NotAllowed, Refused, Stale
from core.events import publish
from core.sheets import Sheet
from core.states import move
from core.text_rules import check_name, check_text
from orders.actions.draft import check_seen
from orders.actions.expiry import expire
from orders.actions.links import make_link, withdraw_links
from orders.buyers import buyer_calendar
from orders.clocks import fix_calendars, start_clock, stop_clocks
from orders.contract_terms import body_of, hash_of
from orders.draft_parts import parts_of
from orders.events import ChangesRequested, OfferWithdrawn, OrderConfirmed, OrderDeclined, OrderSent
from orders.lint import Finding, lint_order, stops
from orders.locks import lock_order
from orders.models import ChangeRequest, Order, OrderState, Shipment, Signature, Terms
from orders.policies import check_may
from orders.process import CLOCKS
from orders.queries import last_terms
from payments.actions.escrow import InstalmentPlan, make_due, open_escrow
from payments.models import DueOn

MOST_COMMENTS = 100


class NotComplete(Refused):
    """`findings` are what stops the sending; `details` names the fields."""

    code = "draft_not_complete"
    status = 422
    message = _("The draft can't be sent yet. What is missing or can't be tested is listed with the reason.")

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__(**{finding.field: finding.message for finding in findings})
        self.findings = findings


class MayNotSell(Refused):
    code = "seller_may_not_trade"
    message = _("The seller may not trade now: verification, enrolment or a payout account is missing.")


class ShipDatePassed(Refused):
    code = "ship_date_passed"
    message = _("The ship date of this offer has passed. Ask the seller for a new offer with a date that can be kept.")


class PersonNeeded(NotAllowed):
    code = "person_needed"
    message = _("A contract is signed by a person. Use the access of a member of the company.")


@action
def send_order(*, order_id: int, seen_version: int, by: Actor, at: datetime) -> Terms:
    """DRAFT -> OFFERED: the seller signs the terms, the buyer gets a link, and the clock of the offer starts.

    Raises NotFound, NotAllowed, IllegalMove, Stale, MayNotSell, NotComplete. Locks: the order.
    """
    order = lock_order(order_id)
    check_may(by, "send", order)
    check_seen(order, seen_version)
    found = stops(lint_order(order, at=at))
    if any(finding.step == 6 for finding in found):
        raise MayNotSell
    if found:
        raise NotComplete(found)
    terms = _write_terms(order, at)
    _sign(terms, "seller", order.seller, by=by, at=at)
    stop_clocks(order, "draft_untouched")
    _start_offer_clock(order, at)
    link = make_link(order=order, at=at)
    order.version += 1
    move(order.send, by=by, at=at)
    publish(OrderSent(order_id=order.pk, terms_id=terms.pk, link_id=link.pk, at=at))
    return terms


@action
def withdraw_offer(*, order_id: int, by: Actor, at: datetime) -> Order:
    """OFFERED -> DRAFT: the seller takes the offer back to change it. The link stops working. Locks: the order."""
    order = lock_order(order_id)
    check_may(by, "withdraw", order)
    _back_to_draft(order, at)
    move(order.withdraw, by=by, at=at)
    publish(OfferWithdrawn(order_id=order.pk, at=at))
    return order


@action
def request_changes(*, order_id: int, comments: Mapping[str, str], by: Actor, at: datetime) -> ChangeRequest:
    """OFFERED -> DRAFT with a comment per field of the terms; the next offer answers it. Locks: the order.

    Raises NotFound, NotAllowed, IllegalMove, Invalid for no comment.
    """
    order = lock_order(order_id)
    check_may(by, "request_changes", order)
    terms = last_terms(order)
    assert terms is not None
    request = ChangeRequest.objects.create(order=order, terms=terms, comments=_check_comments(comments), at=at)
    _back_to_draft(order, at)
    move(order.request_changes, by=by, at=at)
    publish(ChangesRequested(order_id=order.pk, request_id=request.pk, at=at))
    return request


@action
def decline_offer(*, order_id: int, reason: str, by: Actor, at: datetime) -> Order:
    """OFFERED -> DECLINED, with a reason that the seller reads. Locks: the order."""
    order = lock_order(order_id)
    check_may(by, "decline", order)
    reason = check_text(reason, "reason", 2000)
    if not reason:
        raise Invalid(fields={"reason": _("Say why, so that the seller can offer something better.")})
    stop_clocks(order)
    withdraw_links(order=order, at=at)
    order.version += 1
    move(order.decline, by=by, at=at, why=reason, reason=reason)
    publish(OrderDeclined(order_id=order.pk, at=at))
    return order


@action
def confirm_order(*, order_id: int, terms_sha256: str, by: Actor, at: datetime) -> Order:
    """OFFERED -> AWAITING_PAYMENT: the buyer signs the terms they saw, named by their hash.

    Fixes the buyer, the process and the fees; opens the escrow, asks for what is due on confirmation, and starts the
    10 days to pay. Raises NotFound for a stranger, NotAllowed, IllegalMove, Stale when the terms are others than the
    buyer saw, MayNotSell, ShipDatePassed. Locks: order, escrow.
    """
    order = lock_order(order_id)
    check_may(by, "confirm", order)
    terms = last_terms(order)
    assert terms is not None and terms.sha256 == hash_of(terms.body), "stored terms and their hash differ"
    if terms.sha256 != terms_sha256:
        raise Stale
    if not order.seller.may_sell:
        raise MayNotSell
    sellers = Calendar(**terms.body["delivery"]["calendar"])
    if order.ship_date is not None and sellers.close_of(order.ship_date) <= at:
        raise ShipDatePassed
    buyer = _buying_company(by)
    order.buyer = buyer
    fix_calendars(order, sellers)
    order.process_version = terms.body["process_version"]
    _sign(terms, "buyer", buyer, by=by, at=at)
    _open_money(order, terms, by=by, at=at)
    Shipment.objects.create(order=order)
    stop_clocks(order)
    withdraw_links(order=order, at=at)
    start_clock(order, "first_payment", at=at)
    order.version += 1
    move(order.confirm, by=by, at=at)
    assert order.escrow_id is not None
    publish(OrderConfirmed(order_id=order.pk, terms_id=terms.pk, escrow_id=order.escrow_id, at=at))
    return order


@action
def expire_offer(*, subject_id: int, at: datetime) -> None:
    """OFFERED -> EXPIRED by silence. Nothing in any other state. Locks: the order."""
    expire(order_id=subject_id, source=OrderState.OFFERED, at=at)


def _write_terms(order: Order, at: datetime) -> Terms:
    before = last_terms(order)
    number = before.number + 1 if before else 1
    body = body_of(parts_of(order), number)
    return Terms.objects.create(order=order, number=number, body=body, sha256=hash_of(body), made_at=at)


def _sign(terms: Terms, side: str, company: Company, *, by: Actor, at: datetime) -> Signature:
    """Raises PersonNeeded: a program signs in the name of the person whose access it uses, or not at all."""
    user = User.objects.filter(pk=by.user_id).first() if by.user_id is not None else None
    if user is None:
        raise PersonNeeded
    identity = record_identity(user=user, company=company, signed_from=by.address)
    return Signature.objects.create(terms=terms, side=side, identity=identity, sha256=terms.sha256, at=at)


def _buying_company(by: Actor) -> Company:
    assert by.company_id is not None
    buyer = Company.objects.get(pk=by.company_id)
    if buyer.suspended_at is not None:
        raise NotAllowed(_("Your company is suspended and can't sign. Write to the platform."))
    return buyer


def _open_money(order: Order, terms: Terms, *, by: Actor, at: datetime) -> None:
    assert order.buyer_id is not None
    body: dict[str, Any] = terms.body
    order.escrow = open_escrow(
        payer_id=order.buyer_id,
        payee_id=order.seller_id,
        currency=body["currency"],
        instalments=[InstalmentPlan(part["amount_minor"], part["due_on"]) for part in body["payment"]["instalments"]],
        methods=body["payment"]["methods"],
        bank_charges=body["payment"]["bank_charges"],
        title=order.number,
        payer_ref=order.buyer_ref,
        payee_ref=order.seller_ref,
        schedule_version=body["fee_schedule_version"],
        by=by,
        at=at,
    )
    make_due(escrow_id=order.escrow.pk, due_on=DueOn.CONFIRMATION, by=by, at=at)


def _start_offer_clock(order: Order, at: datetime) -> None:
    """7 days, rolled by the buyer's calendar if it is known, and at most until the price stops being valid."""
    clock = CLOCKS["offer_open"]
    due_at = at + timedelta(days=clock.days)
    calendar = buyer_calendar(order)
    if calendar is not None:
        due_at = calendar.roll(due_at)
    if order.price_valid_until is not None:
        due_at = min(due_at, order.seller.calendar.close_of(order.price_valid_until))
    reminders = [at + timedelta(days=day) for day in clock.reminder_days]
    deadlines.schedule(order, clock.kind, due_at, reminders=reminders, replace=True)


def _back_to_draft(order: Order, at: datetime) -> None:
    stop_clocks(order, "offer_open")
    withdraw_links(order=order, at=at)
    start_clock(order, "draft_untouched", at=at)
    order.version += 1


def _check_comments(comments: Mapping[str, str]) -> dict[str, str]:
    """Field of the terms -> what the buyer wishes there."""
    sheet = Sheet()
    found: dict[str, str] = {}
    for name, words in comments.items():
        field = sheet.take(check_name, name, "comments", 80)
        text = sheet.take(check_text, words, f"comments.{name}"[:100], 2000)
        if field and text:
            found[field] = text
    if not found and not sheet.wrong:
        sheet.refuse("comments", _("Say what should change, beside the field it is about."))
    if len(found) > MOST_COMMENTS:
        sheet.refuse("comments", _("At most 100 comments at a time."))
    sheet.close()
    return found
