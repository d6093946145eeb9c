"""Orders in their first states, made by calling actions. `Draft` holds what a drafter types."""

from collections.abc import Iterator

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
from orders.models import Order
from orders.queries import last_terms
from payments.books import check_books
from tests.cast import NOW, actor
from tests.orders.stages import (
    cancelled_order,
    completed_order,
    delivered_order,
    lost_order,
    paid_order,
    paid_ready_order,
    ready_order,
    reported_arrival,
    shipped_order,
)
from tests.orders.typed import CHAIR, DELIVERY, PARTIES, PAYMENT, SCREWS, TERM

__all__ = [
    "CHAIR",
    "DELIVERY",
    "PARTIES",
    "PAYMENT",
    "SCREWS",
    "TERM",
    "cancelled_order",
    "completed_order",
    "delivered_order",
    "lost_order",
    "paid_order",
    "paid_ready_order",
    "ready_order",
    "reported_arrival",
    "shipped_order",
]


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


@pytest.fixture(autouse=True)
def books_balance(request: pytest.FixtureRequest) -> Iterator[None]:
    """Asked for by every test that uses the database: what it leaves behind must balance."""
    if not {"db", "transactional_db"} & set(request.fixturenames):
        yield
        return
    marker = request.node.get_closest_marker("django_db")
    committed = "transactional_db" in request.fixturenames or bool(marker and marker.kwargs.get("transaction"))
    request.getfixturevalue("transactional_db" if committed else "db")
    yield
    assert check_books() == []
