"""What the state alone doesn't say: who books, whose slip, whose calendar, and what waits in a cancelled order."""

from datetime import date

import pytest

from companies.models import Company
from core.errors import Invalid
from orders.actions.funding import declare_wire
from orders.actions.offer import ShipDatePassed
from orders.drafting import Delivery
from orders.models import OrderState
from orders.queries import needs_me_now
from orders.screen import order_screen
from payments.models import Payment
from tests.api.client import Api
from tests.cast import NOW, actor, company_of
from tests.orders.steps import (
    CIF,
    DAY,
    SECOND,
    cancel,
    clocks_of,
    escrow_of,
    fresh,
    offer,
    paper,
    pass_time,
    pay_for,
    produce,
    prove,
    ready,
    report,
    sign,
    utc,
)
from tests.orders.test_pages import of, url_of
from tests.payments.steps import start


# --- carriage ---------------------------------------------------------------------------------------------------------
def test_under_a_c_term_no_door_asks_the_buyer_to_book(seller_owner, buyer_owner):
    order = ready(produce(seller_owner, buyer_owner, term=CIF), seller_owner)
    pay_for(order, buyer_owner, sequence=2)
    order = fresh(order)
    assert "book_carriage" not in [button.verb for button in order_screen(order, actor(buyer_owner), NOW).buttons]
    api = Api(buyer_owner)
    assert "book_carriage" not in api.order(order.reference)["may"]
    assert api.do(order.reference, "book-carriage", {"note": "x"}).code == "seller_books_carriage"
    assert of(buyer_owner).get(url_of(order, "order-carriage")).status_code == 302


def test_it_stays_the_buyers_turn_while_the_booking_is_overdue(ready_order, buyer_owner):
    pay_for(ready_order, buyer_owner, sequence=2)
    pass_time(NOW + 11 * DAY)
    turn = order_screen(fresh(ready_order), actor(buyer_owner), NOW + 11 * DAY).next_step
    assert turn.mine and str(turn.title) == "Book the carriage and tell the seller"


# --- the slip ---------------------------------------------------------------------------------------------------------
def test_a_slip_is_the_buyers_own_paper(confirmed_order, seller_owner, buyer_owner):
    start(escrow_of(confirmed_order), buyer_owner, method="wire")
    said = {"order_id": confirmed_order.pk, "sent_on": NOW.date(), "amount_minor": 304_629, "bank_reference": "W 1"}
    with pytest.raises(Invalid) as refused:
        declare_wire(**said, document_ref=paper(confirmed_order, seller_owner), by=actor(buyer_owner), at=NOW)
    assert set(refused.value.fields) == {"document"}

    slip = paper(confirmed_order, buyer_owner, words="slip")
    body = {
        "sent_on": NOW.date().isoformat(),
        "amount": {"amount_minor": 304_629, "currency": "USD"},
        "bank_reference": "W 1",
        "document": slip,
    }
    assert Api(buyer_owner).do(confirmed_order.reference, "declare-wire", body).ok()["wire_declared_at"]
    assert Payment.objects.get().declared_document_ref == slip


# --- what waits -------------------------------------------------------------------------------------------------------
def test_a_cancelled_order_waits_for_whoever_may_still_prove_or_challenge(paid_order, seller_owner, buyer_owner):
    prove(paid_order, seller_owner, buyer_owner, "MATERIALS")
    report(paid_order, seller_owner, "STARTED")
    cancel(paid_order, buyer_owner)
    assert [each.kind for each in needs_me_now(actor(seller_owner))] == ["cancellation_settles"]
    assert [each.kind for each in needs_me_now(actor(buyer_owner))] == ["stage_unchallenged"]
    pass_time(NOW + 20 * DAY)
    assert needs_me_now(actor(seller_owner)) == needs_me_now(actor(buyer_owner)) == []


# --- dates ------------------------------------------------------------------------------------------------------------
SOON = Delivery(basis="date", ship_date=date(2026, 3, 9))


def test_an_offer_whose_ship_date_has_passed_is_not_signed(seller_owner, buyer_owner):
    order = offer(seller_owner, delivery=SOON)
    # Monday 9 March, 18:00 in Ho Chi Minh City.
    with pytest.raises(ShipDatePassed):
        sign(order, buyer_owner, at=utc("2026-03-09T11:00"))
    assert fresh(order).state == OrderState.OFFERED
    assert sign(order, buyer_owner, at=utc("2026-03-09T11:00") - SECOND).state == OrderState.AWAITING_PAYMENT


def test_money_that_comes_late_leaves_the_seller_five_days(seller_owner, buyer_owner):
    order = sign(offer(seller_owner, delivery=SOON), buyer_owner)
    order = pay_for(order, buyer_owner, at=NOW + 9 * DAY)
    # Thursday 12 March and five days: Tuesday the 17th.
    assert order.ship_due_at == NOW + 14 * DAY
    assert clocks_of(order)["ship_date"] == NOW + 14 * DAY


def test_a_company_that_moves_moves_no_clock_of_a_signed_order(seller_owner, buyer_owner):
    order = sign(offer(seller_owner), buyer_owner)
    for user in (seller_owner, buyer_owner):
        Company.objects.filter(pk=company_of(user).pk).update(time_zone="Europe/Berlin", country="DE")
    assert fresh(order).buyer_zone == "America/Chicago"
    paid = pay_for(order, buyer_owner)
    assert paid.ship_due_at == utc("2026-06-10T11:00")
