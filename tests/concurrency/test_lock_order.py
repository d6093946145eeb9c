"""What runs by itself takes its locks in the order that is written down, seen in the SQL."""

import pytest

from core import deadlines
from core.events import deliver_one, run_courier
from tests.cast import NOW
from tests.concurrency.racing import locks_in_order
from tests.orders.stages import ARRIVED_AT
from tests.orders.steps import DAY, escrow_of
from tests.payments.steps import pay

pytestmark = pytest.mark.django_db
DUE = ARRIVED_AT + 15 * DAY


def test_a_lease_locks_the_deadline_alone(delivered_order):
    with locks_in_order("core_deadline"):
        assert deadlines.lease_next(until=DUE) is not None


def test_a_sweep_locks_the_order_before_its_deadline(delivered_order):
    while (due := deadlines.lease_next(until=DUE)).kind != "inspection":
        pass
    with locks_in_order("orders_order", "core_deadline"):
        assert deadlines.carry_out_deadline(due, at=DUE)


def test_the_courier_locks_its_delivery_then_what_the_news_is_about(confirmed_order, buyer_owner):
    run_courier()
    pay(escrow_of(confirmed_order), buyer_owner, at=NOW)
    with locks_in_order("core_delivery", "orders_order"):
        assert deliver_one()
