"""The seller drafts an order in six steps: each saved on its own, in any order, as often as they like."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from catalog.models import Product
from companies.models import Company
from companies.policies import check_may as check_role
from core.actions import action
from core.actors import Actor
from core.errors import Invalid, NotAllowed, NotFound, Stale
from core.money import digits_of
from core.references import new_reference
from evidence.actions import create_folder
from orders.actions.expiry import expire
from orders.actions.lines import lines_from_products, set_lines, write_lines
from orders.clocks import start_clock
from orders.drafting import (
    Delivery,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
    check_delivery,
    check_lines,
    check_parties,
    check_payment,
    check_trade_term,
)
from orders.locks import lock_order
from orders.models import OfferLink, Order, OrderLine, OrderState, PlannedInstalment
from orders.numbers import next_number
from orders.policies import addresses_of, check_may, side_of
from orders.queries import order_lines

COPIED = (
    "buyer_email", "buyer_company_name", "seller_ref", "buyer_ref", "language", "governing_law",
    "delivery_basis", "ship_date", "ship_days", "price_valid_until",
    "incoterm", "named_place", "transport_mode", "freight_note", "consignee", "documents_promised",
    "inspection_booked_by", "inspection_paid_by", "inspection_passes", "inspection_days",
    "currency", "methods", "bank_charges",
)  # fmt: skip


@action
def create_draft(*, product_refs: Sequence[str] = (), by: Actor, at: datetime) -> Order:
    """A new draft of the actor's company, with lines from its catalogue. Starts the clock of untouched drafts.

    Raises NotAllowed, Invalid for products of others or in several currencies.
    """
    company = _selling_company(by)
    lines, currency = lines_from_products(company.pk, product_refs)
    order = _new_order(company, by=by, at=at, currency=currency or "USD")
    write_lines(order, check_lines(lines, order.currency), company.pk)
    start_clock(order, "draft_untouched", at=at)
    return order


@action
def copy_order(*, order_id: int, by: Actor, at: datetime) -> Order:
    """A new draft like an earlier order of the actor's company as seller, in any state. Dates that passed stay behind.

    Raises NotFound for a stranger, NotAllowed for the buyer.
    """
    original = Order.objects.filter(pk=order_id).first()
    if original is None:
        raise NotFound
    if side_of(by, original) != "seller":
        raise NotAllowed(_("Only the seller can copy an order. Ask them for a new offer."))
    company = _selling_company(by)
    kept = {name: getattr(original, name) for name in COPIED}
    today = company.calendar.day_of(at)
    for name in ("ship_date", "price_valid_until"):
        if kept[name] is not None and kept[name] < today:
            kept[name] = None
    order = _new_order(company, by=by, at=at, copied_from=original, **kept)
    write_lines(order, [as_input(line) for line in order_lines(original)], company.pk)
    planned = PlannedInstalment.objects.filter(order=original)
    _write_plan(order, [(part.basis_points, part.due_on) for part in planned])
    start_clock(order, "draft_untouched", at=at)
    return order


@action
def save_parties(*, order_id: int, seen_version: int, parties: Parties, by: Actor, at: datetime) -> Order:
    """Step 1. Locks: the order. Raises NotFound, NotAllowed, IllegalMove, Stale, Invalid; so does every step."""
    order = lock_draft(order_id, seen_version, by)
    found = check_parties(parties)
    _check_addressee(order, found["buyer_email"])
    if found["buyer_email"] in addresses_of(order.seller_id):
        raise Invalid(fields={"buyer_email": _("This is an address of your own company. Give the buyer's.")})
    return _save(order, found, at)


@action
def save_lines(
    *, order_id: int, seen_version: int, currency: str, lines: Sequence[LineInput], by: Actor, at: datetime
) -> Order:
    """Step 2: all lines anew, with their requirements, priced in `currency`. Locks: the order."""
    order = lock_draft(order_id, seen_version, by)
    digits_of(currency)
    set_lines(order, check_lines(lines, currency))
    return _save(order, {"currency": currency}, at)


@action
def add_products(*, order_id: int, seen_version: int, product_refs: Sequence[str], by: Actor, at: datetime) -> Order:
    """Step 2: more lines, copied from the catalogue with their requirements. Locks: the order."""
    order = lock_draft(order_id, seen_version, by)
    added, currency = lines_from_products(order.seller_id, product_refs)
    present = [as_input(line) for line in order_lines(order)]
    if present and currency not in ("", order.currency):
        words = _("These products are priced in %(theirs)s, the order in %(ours)s. Add them by hand, with your price.")
        raise Invalid(fields={"product_refs": words % {"theirs": currency, "ours": order.currency}})
    currency = currency or order.currency
    set_lines(order, check_lines([*present, *added], currency))
    return _save(order, {"currency": currency}, at)


@action
def save_delivery(*, order_id: int, seen_version: int, delivery: Delivery, by: Actor, at: datetime) -> Order:
    """Step 3. Dates are days of the seller's calendar. Locks: the order."""
    order = lock_draft(order_id, seen_version, by)
    return _save(order, check_delivery(delivery, order.seller.calendar.day_of(at)), at)


@action
def save_trade_term(*, order_id: int, seen_version: int, term: TradeTermInput, by: Actor, at: datetime) -> Order:
    """Step 4. Locks: the order."""
    order = lock_draft(order_id, seen_version, by)
    return _save(order, check_trade_term(term), at)


@action
def save_payment(*, order_id: int, seen_version: int, terms: PaymentTerms, by: Actor, at: datetime) -> Order:
    """Step 5: currency, methods, bank charges and all instalments anew. Prices keep the figure that was typed.

    Locks: the order.
    """
    order = lock_draft(order_id, seen_version, by)
    found = check_payment(terms)
    planned = found.pop("instalments")
    if found["currency"] != order.currency:
        set_lines(order, _reprice(order, found["currency"]))
    PlannedInstalment.objects.filter(order=order).delete()
    _write_plan(order, [(part.basis_points, part.due_on) for part in planned])
    return _save(order, found, at)


@action
def expire_draft(*, subject_id: int, at: datetime) -> None:
    """DRAFT -> EXPIRED after 90 days untouched. Nothing in any other state. Locks: the order."""
    expire(order_id=subject_id, source=OrderState.DRAFT, at=at)


def lock_draft(order_id: int, seen_version: int, by: Actor) -> Order:
    """The draft, locked, as the drafter saw it. Raises NotFound, NotAllowed, IllegalMove, Stale."""
    order = lock_order(order_id)
    check_may(by, "draft", order)
    check_seen(order, seen_version)
    return order


def check_seen(order: Order, seen_version: int) -> None:
    if order.version != seen_version:
        raise Stale(seen=seen_version, now=order.version)


def _check_addressee(order: Order, email: str) -> None:
    """Terms and papers are for whom they were sent to: another buyer gets an order of their own."""
    sent = OfferLink.objects.filter(order=order).order_by("-pk").first()
    if sent is not None and sent.email != email:
        words = _("This offer was already sent to %(email)s. Copy the order to offer it to somebody else.")
        raise Invalid(fields={"buyer_email": words % {"email": sent.email}})


def _save(order: Order, values: dict[str, Any], at: datetime) -> Order:
    for name, value in values.items():
        setattr(order, name, value)
    order.touched_at = at
    order.version += 1
    order.save()
    start_clock(order, "draft_untouched", at=at)
    return order


def _selling_company(by: Actor) -> Company:
    if by.company_id is None:
        raise NotAllowed
    check_role(by, "draft", by.company_id)
    return Company.objects.get(pk=by.company_id)


def _new_order(company: Company, *, by: Actor, at: datetime, **values: Any) -> Order:
    return Order.objects.create(
        reference=new_reference("ord"),
        number=next_number(at),
        seller=company,
        folder=create_folder(at=at),
        created_by_id=by.user_id,
        created_at=at,
        touched_at=at,
        **values,
    )


def _write_plan(order: Order, parts: Sequence[tuple[int, str]]) -> None:
    PlannedInstalment.objects.bulk_create(
        PlannedInstalment(order=order, sequence=place, basis_points=points, due_on=due_on)
        for place, (points, due_on) in enumerate(parts, start=1)
    )


def _reprice(order: Order, currency: str) -> list[LineInput]:
    """The same typed figures in another currency: 12.50 stays 12.50. Raises Invalid where that can't be written."""
    shift = digits_of(currency) - digits_of(order.currency)
    lines = [as_input(line) for line in order_lines(order)]
    if shift < 0 and any(line.unit_price_minor % 10**-shift for line in lines):
        words = _("The prices in step 2 have more digits than this currency. Change the prices there first.")
        raise Invalid(fields={"currency": words})
    repriced = [
        _with_price(line, line.unit_price_minor * 10**shift if shift >= 0 else line.unit_price_minor // 10**-shift)
        for line in lines
    ]
    return check_lines(repriced, currency)


def _with_price(line: LineInput, unit_price_minor: int) -> LineInput:
    return LineInput(**{**line.__dict__, "unit_price_minor": unit_price_minor})


_REQUIREMENT = (
    "attribute", "target", "tolerance", "unit", "test_method", "sample_plan", "severity", "remedy",
)  # fmt: skip
_LINE = (
    "name", "specification", "size", "quantity_thousandths", "unit", "unit_price_minor", "price_basis", "tolerance",
    "packing", "sample_number",
)  # fmt: skip


def as_input(line: OrderLine) -> LineInput:
    """A stored line as its drafter would write it."""
    product: Product | None = line.product
    requirements = [
        RequirementInput(**{name: getattr(row, name) for name in _REQUIREMENT}) for row in line.requirements.all()
    ]
    values = {name: getattr(line, name) for name in _LINE}
    return LineInput(**values, product_ref=product.reference if product else "", requirements=requirements)
