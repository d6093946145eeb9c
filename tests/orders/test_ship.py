"""Shipping: the money first, then the papers of the trade term."""

from datetime import date

import pytest

from core.errors import IllegalMove, Invalid, NotAllowed, NotFound
from core.events import run_courier
from orders.actions.shipment import MoneyNotHeld, ReadinessFirst, documents_needed, ship_order
from orders.cancellation_terms import days_late
from orders.models import OrderState, ShipmentDocument, ShipmentLine, ShipmentState, StageReport
from orders.trade_terms import TRADE_TERMS
from tests.cast import NOW, actor
from tests.orders.steps import (
    ALL_AT_ONCE,
    CIF,
    DAY,
    TOTAL,
    clocks_of,
    dispatch,
    escrow_of,
    fresh,
    money,
    offer,
    paper,
    pass_time,
    pay_for,
    produce,
    prove,
    ship,
    shipment_of,
    told,
    utc,
)
from tests.payments.steps import money as receipt
from tests.payments.steps import pay, receive, start


def test_shipping_fixes_what_left_and_starts_the_buyers_clock(paid_ready_order, seller_sales):
    order = ship(paid_ready_order, seller_sales, at=NOW + 2 * DAY, container=" MSKU 1234565 ", seal="S-1")

    assert order.state == OrderState.SHIPPED
    shipment = shipment_of(order)
    assert (shipment.state, shipment.container, shipment.seal) == (ShipmentState.SHIPPED, "MSKU 1234565", "S-1")
    assert (shipment.dispatched_on, shipment.eta) == (date(2026, 3, 5), date(2026, 4, 4))
    roles = ShipmentDocument.objects.filter(shipment=shipment).values_list("role", flat=True)
    assert sorted(roles) == ["carrier_receipt", "invoice"]
    quantities = ShipmentLine.objects.filter(shipment=shipment).values_list("quantity_thousandths", flat=True)
    assert sorted(quantities) == [400_000, 12_345_000]
    # ETA Saturday 4 April + 15 days = Sunday 19 April 18:00 in Chicago; by sea 45 days = Sunday 19 April 02:00 UTC,
    # Saturday there. The later, on the next business day: Monday the 20th, 18:00.
    assert clocks_of(order) == {"arrival": utc("2026-04-20T23:00")}
    assert money(order) == {"held": TOTAL, "refund_due": 0, "payable": 0, "fees": 0, "clearing": TOTAL}
    assert told(order)[-1] == "OrderShipped"


@pytest.mark.parametrize(
    ("mode", "eta", "due_at"),
    [
        ("express", "2026-03-06", "2026-03-23T23:00"),  # 6 + 15 = Saturday 21 March, rolled to Monday
        ("air", "2026-03-12", "2026-03-27T23:00"),  # ETA + 15, a Friday
        ("land", "2026-03-10", "2026-04-02T02:00"),  # 30 x 24 h after shipping
        ("sea", "2026-04-01", "2026-04-17T02:00"),  # 45 x 24 h, Thursday evening in Chicago
        ("sea", "2026-05-27", "2026-06-11T23:00"),  # ETA + 15
    ],
)
def test_arrival_is_assumed_after_the_later_of_two(paid_ready_order, seller_owner, mode, eta, due_at):
    type(paid_ready_order).objects.filter(pk=paid_ready_order.pk).update(transport_mode=mode)
    order = ship(paid_ready_order, seller_owner, at=NOW, eta=date.fromisoformat(eta))
    assert clocks_of(order) == {"arrival": utc(due_at)}


def test_nothing_leaves_before_the_balance_is_held(ready_order, seller_owner, buyer_owner):
    payment = start(escrow_of(ready_order), buyer_owner, sequence=2, method="wire")
    receive(payment, receipt(700_000))
    with pytest.raises(MoneyNotHeld):
        ship(ready_order, seller_owner)
    assert fresh(ready_order).state == OrderState.READY
    assert shipment_of(ready_order).state == ShipmentState.PLANNED


def test_money_counts_for_shipping_before_its_news_is_heard(ready_order, seller_owner, buyer_owner):
    pay(escrow_of(ready_order), buyer_owner, sequence=2)
    assert ship(ready_order, seller_owner, at=NOW + DAY).state == OrderState.SHIPPED
    run_courier()
    assert set(clocks_of(ready_order)) == {"arrival"}


def test_goods_in_production_are_declared_ready_first_if_something_falls_due_then(paid_order, seller_owner):
    with pytest.raises(ReadinessFirst):
        ship(paid_order, seller_owner)
    assert fresh(paid_order).state == OrderState.IN_PRODUCTION


def test_ready_and_shipped_in_one_step_when_all_is_held(seller_owner, buyer_owner):
    order = produce(seller_owner, buyer_owner, term=CIF, payment=ALL_AT_ONCE)
    assert documents_needed(order) == ("packing_list", "invoice", "bill_of_lading", "insurance_policy")
    order = ship(order, seller_owner, at=NOW + DAY)
    assert order.state == OrderState.SHIPPED
    assert StageReport.objects.get(order=order).stage == "PACKED"
    assert set(clocks_of(order)) == {"arrival"}


def test_a_stage_proven_before_is_not_reported_twice(seller_owner, buyer_owner):
    order = produce(seller_owner, buyer_owner, term=CIF, payment=ALL_AT_ONCE)
    prove(order, seller_owner, buyer_owner, "INSPECTED")
    ship(order, seller_owner, at=NOW + DAY)
    assert StageReport.objects.filter(order=order).count() == 1


@pytest.mark.parametrize("incoterm", list(TRADE_TERMS))
def test_each_trade_term_asks_for_its_papers(paid_ready_order, seller_owner, incoterm):
    """One missing at a time is refused beside its name."""
    type(paid_ready_order).objects.filter(pk=paid_ready_order.pk).update(incoterm=incoterm)
    refs = [paper(paid_ready_order, seller_owner)]
    needed = documents_needed(fresh(paid_ready_order))
    assert needed == ("invoice", *TRADE_TERMS[incoterm].documents)
    for missing in needed:
        papers = {role: refs for role in needed if role != missing}
        with pytest.raises(Invalid) as refused:
            ship_order(
                order_id=paid_ready_order.pk, dispatch=dispatch(), documents=papers, by=actor(seller_owner), at=NOW
            )
        assert set(refused.value.fields) == {missing}
    assert fresh(paid_ready_order).state == OrderState.READY


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"carrier": " "}, {"carrier"}),
        ({"transport_number": ""}, {"transport_number"}),
        ({"dispatched_on": date(2026, 3, 4)}, {"dispatched_on"}),  # tomorrow in Vietnam
        ({"dispatched_on": date(2026, 3, 2)}, {"dispatched_on"}),  # before the money
        ({"eta": date(2026, 3, 2)}, {"eta"}),
        ({"eta": date(2027, 3, 20)}, {"eta"}),
        ({"carrier": "", "eta": date(2026, 3, 2)}, {"carrier", "eta"}),
    ],
)
def test_what_can_not_be_is_refused_beside_its_field(paid_ready_order, seller_owner, changes, fields):
    with pytest.raises(Invalid) as refused:
        ship(paid_ready_order, seller_owner, at=NOW, **changes)
    assert set(refused.value.fields) == fields
    assert fresh(paid_ready_order).state == OrderState.READY


def test_papers_of_another_order_prove_nothing(paid_ready_order, seller_owner):
    refs = [paper(offer(seller_owner), seller_owner)]
    with pytest.raises(Invalid):
        ship_order(
            order_id=paid_ready_order.pk,
            dispatch=dispatch(),
            documents=dict.fromkeys(documents_needed(paid_ready_order), refs),
            by=actor(seller_owner),
            at=NOW,
        )


@pytest.mark.parametrize(("who", "refusal"), [("buyer_owner", NotAllowed), ("stranger", NotFound)])
def test_only_the_seller_ships(request, paid_ready_order, who, refusal):
    with pytest.raises(refusal):
        ship_order(
            order_id=paid_ready_order.pk,
            dispatch=dispatch(),
            documents={},
            by=actor(request.getfixturevalue(who)),
            at=NOW,
        )


def test_goods_leave_once(shipped_order, seller_owner):
    with pytest.raises(IllegalMove):
        ship_order(
            order_id=shipped_order.pk, dispatch=dispatch(), documents={}, by=actor(seller_owner), at=NOW + 3 * DAY
        )


def test_days_that_the_buyer_was_overdue_do_not_make_the_seller_late(ready_order, seller_owner, buyer_owner):
    """Paid, never booked: the ship clock stood from readiness until the goods left."""
    pay_for(ready_order, buyer_owner, sequence=2)
    pass_time(NOW + 10 * DAY)
    at = NOW + 29 * DAY
    order = ship(ready_order, seller_owner, at=at)
    # 10 June + 29 days of standing + 5 = Tuesday 14 July.
    assert fresh(order).ship_due_at == utc("2026-07-14T11:00")
    assert days_late(fresh(order), at) == 0
