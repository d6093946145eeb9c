"""Orders in the states after the signature, made by calling actions. Imported by conftest as fixtures."""

import pytest

from companies.models import User
from core.events import run_courier
from orders.actions.receipt import confirm_arrival
from orders.models import Order
from tests.cast import NOW, actor
from tests.orders.steps import DAY, accept, arrive, book, cancel, escrow_of, paper, pay_for, ready, ship
from tests.payments.chargebacks import charge_back, payment_of

SHIPPED_AT = NOW + 2 * DAY
ARRIVED_AT = NOW + 30 * DAY


@pytest.fixture
def paid_order(confirmed_order: Order, buyer_owner: User) -> Order:
    """IN_PRODUCTION: the deposit of 30 % is held."""
    return pay_for(confirmed_order, buyer_owner)


@pytest.fixture
def lost_order(paid_order: Order) -> Order:
    """IN_PRODUCTION, and the buyer's bank took the deposit back."""
    charge_back(payment_of(escrow_of(paid_order)))
    run_courier()
    return paid_order


@pytest.fixture
def ready_order(paid_order: Order, seller_owner: User) -> Order:
    """READY under FCA: balance and booking are owed."""
    return ready(paid_order, seller_owner)


@pytest.fixture
def paid_ready_order(ready_order: Order, buyer_owner: User) -> Order:
    """READY, everything held, the carriage booked."""
    pay_for(ready_order, buyer_owner, sequence=2)
    return book(ready_order, buyer_owner)


@pytest.fixture
def shipped_order(paid_ready_order: Order, seller_owner: User) -> Order:
    return ship(paid_ready_order, seller_owner, at=SHIPPED_AT)


@pytest.fixture
def delivered_order(shipped_order: Order, buyer_owner: User) -> Order:
    return arrive(shipped_order, buyer_owner, at=ARRIVED_AT)


@pytest.fixture
def reported_arrival(shipped_order: Order, seller_owner: User) -> Order:
    """DELIVERED by the seller's word and its paper."""
    refs = [paper(shipped_order, seller_owner, words="delivered")]
    return confirm_arrival(order_id=shipped_order.pk, proof_refs=refs, by=actor(seller_owner), at=NOW + 40 * DAY)


@pytest.fixture
def completed_order(delivered_order: Order, buyer_owner: User) -> Order:
    return accept(delivered_order, buyer_owner, at=ARRIVED_AT + DAY)


@pytest.fixture
def cancelled_order(paid_order: Order, buyer_owner: User) -> Order:
    """The buyer withdrew; the money is not divided yet."""
    return cancel(paid_order, buyer_owner).order
