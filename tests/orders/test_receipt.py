"""Arrival, inspection, acceptance: the money goes to the seller, once, less the fee."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.errors import IllegalMove, Invalid, NotAllowed, NotFound, Stale
from core.events import run_courier
from core.models import Alarm
from orders.actions.receipt import (
    ArrivalAtItsLatest,
    ExtendedAlready,
    TooEarlyForSeller,
    accept_by_silence,
    accept_order,
    assume_arrival,
    confirm_arrival,
    extend_inspection,
    tell_not_arrived,
)
from orders.models import OrderState, ShipmentDocument, ShipmentState
from orders.policies import ArrivalStands
from payments.models import EscrowState, Payout
from tests.cast import NOW, actor
from tests.concurrency.racing import LOCKS, locks_before_writing
from tests.orders.stages import ARRIVED_AT, SHIPPED_AT
from tests.orders.steps import (
    DAY,
    FEE,
    SECOND,
    TOTAL,
    accept,
    arrive,
    clocks_of,
    escrow_of,
    fresh,
    money,
    paper,
    ship,
    shipment_of,
    told,
    utc,
)

MOST_STATEMENTS = 24
AROUND = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK")


# --- arrival ----------------------------------------------------------------------------------------------------------
def test_the_buyer_confirms_arrival_and_the_inspection_begins(shipped_order, buyer_purchasing):
    order = arrive(shipped_order, buyer_purchasing, at=ARRIVED_AT)

    assert (order.state, order.delivered_at) == (OrderState.DELIVERED, ARRIVED_AT)
    assert (shipment_of(order).state, shipment_of(order).arrival_told_by) == (ShipmentState.ARRIVED, "buyer")
    # 2 April 02:00 UTC + 15 days = Thursday evening in Chicago.
    assert clocks_of(order) == {"inspection": ARRIVED_AT + 15 * DAY}
    assert money(order)["held"] == TOTAL


def test_the_seller_needs_proof_of_delivery(shipped_order, seller_sales):
    with pytest.raises(Invalid) as refused:
        confirm_arrival(order_id=shipped_order.pk, by=actor(seller_sales), at=ARRIVED_AT + 3 * DAY)
    assert set(refused.value.fields) == {"proof"}
    assert fresh(shipped_order).state == OrderState.SHIPPED

    refs = [paper(shipped_order, seller_sales, words="delivered")]
    confirm_arrival(order_id=shipped_order.pk, proof_refs=refs, by=actor(seller_sales), at=ARRIVED_AT + 3 * DAY)
    assert shipment_of(shipped_order).arrival_told_by == "seller"
    assert ShipmentDocument.objects.filter(role="proof_of_delivery").count() == 1


def test_silence_assumes_arrival(shipped_order):
    at = clocks_of(shipped_order)["arrival"]
    assume_arrival(subject_id=shipped_order.pk, at=at)
    assert (fresh(shipped_order).state, shipment_of(shipped_order).arrival_told_by) == (OrderState.DELIVERED, "clock")
    assert set(clocks_of(shipped_order)) == {"inspection"}


@pytest.mark.parametrize(
    ("who", "refusal"), [("buyer_finance", NotAllowed), ("buyer_viewer", NotAllowed), ("stranger", NotFound)]
)
def test_who_may_not_confirm_arrival(request, shipped_order, who, refusal):
    with pytest.raises(refusal):
        arrive(shipped_order, request.getfixturevalue(who))
    assert fresh(shipped_order).state == OrderState.SHIPPED


# --- not arrived ------------------------------------------------------------------------------------------------------
def not_arrived(order, user, eta: str, at=ARRIVED_AT):
    return tell_not_arrived(order_id=order.pk, new_eta=date.fromisoformat(eta), by=actor(user), at=at)


def test_not_arrived_moves_the_clock_to_the_new_eta_and_fifteen_days(shipped_order, buyer_owner):
    assert clocks_of(shipped_order) == {"arrival": utc("2026-04-20T23:00")}
    not_arrived(shipped_order, buyer_owner, "2026-04-15")
    assert clocks_of(shipped_order) == {"arrival": utc("2026-04-30T23:00")}
    assert shipment_of(shipped_order).eta == date(2026, 4, 15)
    assert fresh(shipped_order).state == OrderState.SHIPPED


def test_not_arrived_moves_by_45_days_in_all(shipped_order, buyer_owner):
    latest = utc("2026-04-20T23:00") + 45 * DAY
    not_arrived(shipped_order, buyer_owner, "2026-05-01")
    not_arrived(shipped_order, buyer_owner, "2026-06-04")
    assert clocks_of(shipped_order) == {"arrival": latest}
    with pytest.raises(ArrivalAtItsLatest):
        not_arrived(shipped_order, buyer_owner, "2026-06-04")
    assert clocks_of(shipped_order) == {"arrival": latest}


@pytest.mark.parametrize("eta", ["2026-04-05", "2026-03-31", "2026-06-05", "2900-01-01", "9999-12-31"])
def test_an_eta_that_moves_nothing_or_has_passed_is_refused(shipped_order, buyer_owner, eta):
    with pytest.raises(Invalid) as refused:
        not_arrived(shipped_order, buyer_owner, eta)
    assert set(refused.value.fields) == {"new_eta"}
    assert clocks_of(shipped_order) == {"arrival": utc("2026-04-20T23:00")}


def test_the_seller_can_not_say_that_goods_are_late(shipped_order, seller_owner):
    with pytest.raises(NotAllowed):
        not_arrived(shipped_order, seller_owner, "2026-05-01")


# --- the seller's word ------------------------------------------------------------------------------------------------
def told_by_seller(order, seller, at):
    refs = [paper(order, seller, words="delivered")]
    return confirm_arrival(order_id=order.pk, proof_refs=refs, by=actor(seller), at=at)


def test_the_sellers_word_counts_for_nothing_the_minute_after_shipping(paid_ready_order, seller_owner):
    """Shipped with an ETA of today: by sea nothing arrives within five days."""
    order = ship(paid_ready_order, seller_owner, at=SHIPPED_AT, eta=SHIPPED_AT.date())
    for at in (SHIPPED_AT + DAY / 1440, SHIPPED_AT + 5 * DAY - SECOND):
        with pytest.raises(TooEarlyForSeller):
            told_by_seller(order, seller_owner, at)
    assert fresh(order).state == OrderState.SHIPPED
    assert told_by_seller(order, seller_owner, SHIPPED_AT + 5 * DAY).state == OrderState.DELIVERED


def test_the_sellers_word_waits_for_the_end_of_the_day_of_the_eta(shipped_order, seller_owner):
    # 4 April, 18:00 in Chicago.
    with pytest.raises(TooEarlyForSeller):
        told_by_seller(shipped_order, seller_owner, utc("2026-04-04T22:59"))
    assert told_by_seller(shipped_order, seller_owner, utc("2026-04-04T23:00")).state == OrderState.DELIVERED


def test_a_contested_arrival_releases_nothing_sooner_than_silence_would_have(shipped_order, seller_owner, buyer_owner):
    assumed = clocks_of(shipped_order)["arrival"]
    at = utc("2026-04-06T15:00")
    told_by_seller(shipped_order, seller_owner, at)
    assert clocks_of(shipped_order) == {"inspection": at + 15 * DAY}

    order = tell_not_arrived(order_id=shipped_order.pk, new_eta=None, by=actor(buyer_owner), at=at + DAY)
    assert (order.state, shipment_of(order).arrival_contested_at) == (OrderState.DELIVERED, at + DAY)
    assert clocks_of(order) == {"inspection": assumed + 15 * DAY}
    assert Alarm.objects.get(kind="arrival_contested").subject_id == order.pk
    assert money(order)["held"] == TOTAL
    with pytest.raises(Invalid):
        tell_not_arrived(order_id=order.pk, new_eta=None, by=actor(buyer_owner), at=at + 2 * DAY)

    not_arrived(order, buyer_owner, "2026-04-20", at=at + 2 * DAY)
    # 20 April + 15 days = Tuesday 5 May, at the close, and 15 days to inspect.
    assert clocks_of(order) == {"inspection": utc("2026-05-05T23:00") + 15 * DAY}
    assert accept(order, buyer_owner, at=at + 3 * DAY).state == OrderState.COMPLETED


def test_an_arrival_that_the_buyer_or_the_clock_told_stands(delivered_order, buyer_owner):
    with pytest.raises(ArrivalStands):
        not_arrived(delivered_order, buyer_owner, "2026-05-01")
    assert clocks_of(delivered_order) == {"inspection": ARRIVED_AT + 15 * DAY}


def test_a_later_eta_holds_the_seller_back_by_45_days_at_most(shipped_order, seller_owner, buyer_owner):
    not_arrived(shipped_order, buyer_owner, "2026-06-04")
    # The first ETA, 4 April, and 45 days: 19 May, 18:00 in Chicago.
    with pytest.raises(TooEarlyForSeller):
        told_by_seller(shipped_order, seller_owner, utc("2026-05-19T22:59"))
    assert told_by_seller(shipped_order, seller_owner, utc("2026-05-19T23:00")).state == OrderState.DELIVERED


# --- inspection -------------------------------------------------------------------------------------------------------
def test_the_inspection_is_extended_once_by_fifteen_days(delivered_order, buyer_owner):
    extend_inspection(order_id=delivered_order.pk, by=actor(buyer_owner), at=ARRIVED_AT + 14 * DAY)
    # 17 April + 15 days = Friday 1 May, 21:00 in Chicago: open.
    assert clocks_of(delivered_order) == {"inspection": ARRIVED_AT + 30 * DAY}
    with pytest.raises(ExtendedAlready):
        extend_inspection(order_id=delivered_order.pk, by=actor(buyer_owner), at=ARRIVED_AT + 15 * DAY)
    assert clocks_of(delivered_order) == {"inspection": ARRIVED_AT + 30 * DAY}


# --- accept -----------------------------------------------------------------------------------------------------------
def test_accepting_releases_everything_less_the_fee(delivered_order, buyer_finance, seller_owner):
    with locks_before_writing():
        order = accept(delivered_order, buyer_finance, at=ARRIVED_AT + DAY)

    assert (order.state, order.ended_at) == (OrderState.COMPLETED, ARRIVED_AT + DAY)
    assert shipment_of(order).state == ShipmentState.ACCEPTED
    assert escrow_of(order).state == EscrowState.CLOSED
    assert money(order) == {
        "held": 0,
        "refund_due": 0,
        "payable": TOTAL - FEE,
        "fees": FEE,
        "clearing": TOTAL,
    }
    assert clocks_of(order) == {}
    assert told(order)[-1] == "OrderAccepted"
    run_courier()
    assert Payout.objects.get().amount_minor == TOTAL - FEE == 995_122


def test_a_button_that_showed_another_amount_releases_nothing(delivered_order, buyer_owner):
    for seen_minor in (TOTAL - 1, TOTAL + 1, 0):
        with pytest.raises(Stale):
            accept(delivered_order, buyer_owner, seen_minor=seen_minor)
    assert money(delivered_order)["held"] == TOTAL
    assert fresh(delivered_order).state == OrderState.DELIVERED


def test_accepting_twice_releases_once(completed_order, buyer_owner):
    with pytest.raises(IllegalMove):
        accept(completed_order, buyer_owner)
    with pytest.raises(IllegalMove):
        accept_by_silence(subject_id=completed_order.pk, at=ARRIVED_AT + 15 * DAY)
    assert money(completed_order)["payable"] == TOTAL - FEE


def test_silence_accepts(delivered_order):
    at = clocks_of(delivered_order)["inspection"]
    accept_by_silence(subject_id=delivered_order.pk, at=at)
    assert fresh(delivered_order).state == OrderState.COMPLETED
    assert money(delivered_order)["payable"] == TOTAL - FEE


@pytest.mark.parametrize(
    ("who", "refusal"),
    [("buyer_viewer", NotAllowed), ("seller_owner", NotAllowed), ("seller_sales", NotAllowed), ("stranger", NotFound)],
)
def test_who_may_not_release_money(request, delivered_order, who, refusal):
    with pytest.raises(refusal):
        accept(delivered_order, request.getfixturevalue(who))
    assert money(delivered_order)["held"] == TOTAL
    assert fresh(delivered_order).state == OrderState.DELIVERED


def test_nothing_is_accepted_before_it_arrived(shipped_order, buyer_owner):
    with pytest.raises(IllegalMove):
        accept(shipped_order, buyer_owner, at=SHIPPED_AT + DAY)
    assert money(shipped_order)["held"] == TOTAL


def test_accepting_takes_few_statements(delivered_order, buyer_owner):
    by = actor(buyer_owner)
    with CaptureQueriesContext(connection) as captured:
        accept_order(order_id=delivered_order.pk, seen_minor=TOTAL, by=by, at=NOW + 40 * DAY)
    statements = [query["sql"] for query in captured.captured_queries if not query["sql"].startswith(AROUND)]
    assert len(statements) <= MOST_STATEMENTS, "\n".join(text[:120] for text in statements)
    locks = [text.split('FROM "')[1].split('"')[0] for text in statements if LOCKS.search(text) and 'FROM "' in text]
    assert list(dict.fromkeys(locks)) == ["orders_order", "orders_shipment", "payments_escrow"], "as the layers are"
