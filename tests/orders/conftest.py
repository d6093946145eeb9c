"""Orders in their first states, made by calling actions. `Draft` holds what a drafter types."""

from datetime import date

import pytest

from companies.models import User
from orders.actions.draft import (
    create_draft,
    save_delivery,
    save_lines,
    save_parties,
    save_payment,
    save_trade_term,
)
from orders.actions.offer import confirm_order, send_order
from orders.drafting import (
    Delivery,
    InstalmentInput,
    LineInput,
    Parties,
    PaymentTerms,
    RequirementInput,
    TradeTermInput,
)
from orders.models import Order
from orders.queries import last_terms
from tests.cast import NOW, actor

PARTIES = Parties(
    buyer_email="owner@lakeside.example",
    buyer_company_name="Lakeside Furniture Inc.",
    seller_ref="BM-77",
    buyer_ref="PO-4711",
    governing_law="CISG; Vietnam",
)
CHAIR = LineInput(
    name="Ghế gỗ sồi 橡木椅",
    quantity_thousandths=400_000,
    unit="piece",
    unit_price_minor=2_500,
    specification="Oak, oiled",
    size="45 x 50 x 90 cm",
    requirements=[
        RequirementInput(
            attribute="Moisture of the wood",
            target="8",
            tolerance="± 2",
            unit="%",
            test_method="Moisture meter, 3 places",
            remedy="Replacement",
        )
    ],
)
SCREWS = LineInput(
    name="Screw M6",
    quantity_thousandths=12_345_000,
    unit="piece",
    unit_price_minor=125,
    price_basis=100,
    requirements=[RequirementInput(attribute="Thread", target="M6", test_method="Thread gauge")],
)
DELIVERY = Delivery(basis="date", ship_date=date(2026, 6, 10), price_valid_until=date(2026, 3, 31))
TERM = TradeTermInput(
    incoterm="FCA",
    named_place="Cát Lái terminal, Ho Chi Minh City",
    transport_mode="sea",
    consignee="Lakeside Furniture Inc., Chicago",
    documents_promised=["packing_list", "certificate_of_origin"],
)
PAYMENT = PaymentTerms(
    currency="USD",
    methods=["wire", "card"],
    instalments=[
        InstalmentInput(basis_points=3000, due_on="confirmation"),
        InstalmentInput(basis_points=7000, due_on="readiness"),
    ],
)


def complete(order: Order, user: User, at=NOW) -> Order:
    """All five steps, saved one after the other."""
    by = actor(user)
    order = save_parties(order_id=order.pk, seen_version=order.version, parties=PARTIES, by=by, at=at)
    order = save_lines(
        order_id=order.pk, seen_version=order.version, currency="USD", lines=[CHAIR, SCREWS], by=by, at=at
    )
    order = save_delivery(order_id=order.pk, seen_version=order.version, delivery=DELIVERY, by=by, at=at)
    order = save_trade_term(order_id=order.pk, seen_version=order.version, term=TERM, by=by, at=at)
    return save_payment(order_id=order.pk, seen_version=order.version, terms=PAYMENT, by=by, at=at)


@pytest.fixture
def empty_draft(seller_owner: User) -> Order:
    return create_draft(by=actor(seller_owner), at=NOW)


@pytest.fixture
def draft_order(empty_draft: Order, seller_owner: User) -> Order:
    """Complete and without stops: 400 chairs and 12,345 screws, USD 10,154.31, 30 % and 70 %."""
    return complete(empty_draft, seller_owner)


@pytest.fixture
def offered_order(draft_order: Order, seller_owner: User, buyer_owner: User) -> Order:
    """Sent to the buyer's owner, whose address is confirmed."""
    send_order(order_id=draft_order.pk, seen_version=draft_order.version, by=actor(seller_owner), at=NOW)
    draft_order.refresh_from_db()
    return draft_order


@pytest.fixture
def confirmed_order(offered_order: Order, buyer_owner: User) -> Order:
    terms = last_terms(offered_order)
    assert terms is not None
    return confirm_order(order_id=offered_order.pk, terms_sha256=terms.sha256, by=actor(buyer_owner), at=NOW)
