"""The bank takes an order's wire back, as its statement shows: the order page says so, and the buyer pays it anew."""

from functools import partial

import pytest

from core.events import run_courier
from orders.actions.funding import declare_wire
from orders.models import OrderState
from payments.actions.desk_recalls import take_item_as_recall
from payments.books import check_books
from payments.exchanges.reconcile import compare_with_gateway
from payments.models import SuspenseItem
from payments.queries import held_minor_of
from tests.cast import NOW, actor
from tests.orders.steps import DAY, DEPOSIT, clocks_of, escrow_of, fresh, pass_time
from tests.orders.test_pages import of, url_of
from tests.payments.bank.files import DAY as BANK_DAY
from tests.payments.bank.files import Row
from tests.payments.bank.steps import bring, follow_hints, staff, wire
from tests.payments.chargebacks import payment_of
from tests.payments.steps import state_of

pytestmark = pytest.mark.django_db
DAY_AFTER = BANK_DAY + DAY


@pytest.fixture(autouse=True)
def wires_by_statement(settings):
    settings.PAYMENT_GATEWAYS = {"card": "sandbox", "wire": "bank"}


@pytest.fixture
def wired(confirmed_order, buyer_owner):
    """IN_PRODUCTION: the deposit came by wire."""
    payment = wire(escrow_of(confirmed_order), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"])])
    run_courier()
    return fresh(confirmed_order)


def taken_back(order, *treasurers):
    """The line RC of a statement, and the word of two treasurers."""
    bring([Row(amount_minor=-DEPOSIT, text=f"RECALL {order.number}", mark="RC")], number=2)
    payment, item = payment_of(escrow_of(order)), SuspenseItem.objects.get()
    for user in treasurers:
        take_item_as_recall(item_id=item.pk, payment_id=payment.pk, why="the advice", by=staff(user), at=NOW)
    follow_hints()
    run_courier()


def test_the_order_stands_still_until_it_is_wired_again(wired, buyer_owner, seller_owner, treasurer, second):
    assert wired.state == OrderState.IN_PRODUCTION
    taken_back(wired, treasurer, second)
    for user, words in ((buyer_owner, "Pay it again in time"), (seller_owner, "Keep the goods")):
        page = of(user).get(url_of(wired)).content.decode()
        assert "Funding lost" in page and words in page and "card payment" not in page
    assert set(clocks_of(wired)) == {"funding_lost"} and held_minor_of(wired.escrow_id) == 0
    assert of(buyer_owner).get(url_of(wired, "order-pay")).context["instalment"].missing_minor == DEPOSIT

    again = wire(escrow_of(wired), buyer_owner)
    bring([Row(amount_minor=DEPOSIT, text=again.bank_details["reference"])], number=3, day=DAY_AFTER)
    run_courier()
    assert set(clocks_of(wired)) == {"ship_date"} and held_minor_of(wired.escrow_id) == DEPOSIT
    assert check_books() == compare_with_gateway("bank") == []


def test_the_wire_that_pays_it_again_can_be_declared_too(confirmed_order, buyer_owner, treasurer, second):
    declared = partial(
        declare_wire, order_id=confirmed_order.pk, sent_on=NOW.date(), bank_reference="", document_ref="", at=NOW
    )
    payment = wire(escrow_of(confirmed_order), buyer_owner)
    declared(amount_minor=DEPOSIT, by=actor(buyer_owner))
    bring([Row(amount_minor=DEPOSIT, text=payment.bank_details["reference"])])
    run_courier()
    taken_back(fresh(confirmed_order), treasurer, second)
    again = wire(escrow_of(confirmed_order), buyer_owner)
    assert "I have sent the wire" in of(buyer_owner).get(url_of(confirmed_order, "order-pay")).content.decode()
    declared(amount_minor=DEPOSIT, by=actor(buyer_owner))
    again.refresh_from_db()
    assert again.declared_at == NOW and clocks_of(fresh(confirmed_order))["funding_lost"] == NOW + 15 * DAY


def test_nobody_pays_it_again_the_buyer_has_refused(wired, treasurer, second):
    taken_back(wired, treasurer, second)
    pass_time(NOW + 10 * DAY)
    assert fresh(wired).state == OrderState.CANCELLED and state_of(escrow_of(wired)) == "CLOSED"
    assert check_books() == []
