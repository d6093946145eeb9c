"""Goods ready: what falls due, what the buyer owes, and what it does to the seller's clock."""

import pytest

from core.errors import IllegalMove, Invalid, NotAllowed
from orders.actions.cancellation import mark_buyer_overdue
from orders.actions.production import book_carriage, declare_ready
from orders.models import OrderState, Stage, StageReport
from payments.models import EscrowState, Instalment
from tests.cast import NOW, actor
from tests.orders.steps import (
    ALL_AT_ONCE,
    BALANCE,
    CIF,
    DAY,
    TOTAL,
    book,
    clocks_of,
    escrow_of,
    fresh,
    money,
    paper,
    pass_time,
    pay_for,
    produce,
    ready,
    standing_of,
    told,
    utc,
)
from tests.payments.steps import pay


def test_readiness_asks_for_the_balance_and_the_booking(paid_order, seller_sales):
    order = ready(paid_order, seller_sales, at=NOW + DAY)

    assert order.state == OrderState.READY
    assert Instalment.objects.get(escrow=order.escrow, sequence=2).due_at == NOW + DAY
    ten, thirty = NOW + 11 * DAY, NOW + 31 * DAY
    assert clocks_of(order) == {
        "ship_date": utc("2026-06-10T11:00"),
        "ready_payment": ten,
        "carriage_booking": ten,
        "buyer_refused": thirty,
    }
    assert StageReport.objects.get(order=order).stage == Stage.PACKED


def test_under_a_c_term_nothing_is_to_be_booked(seller_owner, buyer_owner):
    order = ready(produce(seller_owner, buyer_owner, term=CIF), seller_owner)
    assert set(clocks_of(order)) == {"ship_date", "ready_payment", "buyer_refused"}
    with pytest.raises(Invalid):
        book(order, buyer_owner)


def test_when_all_was_paid_before_and_nothing_is_to_be_booked_only_the_ship_date_runs(seller_owner, buyer_owner):
    order = ready(produce(seller_owner, buyer_owner, term=CIF, payment=ALL_AT_ONCE), seller_owner)
    assert set(clocks_of(order)) == {"ship_date"}
    assert money(order)["held"] == TOTAL


def test_the_buyers_clocks_end_when_both_duties_are_done(ready_order, buyer_owner):
    order = pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 2 * DAY)
    assert set(clocks_of(order)) == {"ship_date", "carriage_booking", "buyer_refused"}
    assert money(order)["held"] == TOTAL
    assert escrow_of(order).state == EscrowState.FUNDED
    order = book(order, buyer_owner, at=NOW + 3 * DAY)
    assert clocks_of(order) == {"ship_date": utc("2026-06-10T11:00")}
    assert fresh(order).carriage_note == "Maersk 4711"


def test_a_booking_needs_words_and_its_role(ready_order, buyer_owner, buyer_finance, seller_owner):
    with pytest.raises(Invalid):
        book_carriage(order_id=ready_order.pk, note=" ", by=actor(buyer_owner), at=NOW)
    for user in (buyer_finance, seller_owner):
        with pytest.raises(NotAllowed):
            book(ready_order, user)
    assert "carriage_booking" in clocks_of(ready_order)


def test_readiness_needs_both_proofs(paid_order, seller_owner):
    refs = [paper(paid_order, seller_owner)]
    for packed, lists, field in ((refs, [], "packing_list"), ([], refs, "packed")):
        with pytest.raises(Invalid) as refused:
            declare_ready(
                order_id=paid_order.pk, packed_refs=packed, packing_list_refs=lists, by=actor(seller_owner), at=NOW
            )
        assert set(refused.value.fields) == {field}
    assert fresh(paid_order).state == OrderState.IN_PRODUCTION
    assert Instalment.objects.get(escrow=paid_order.escrow, sequence=2).due_at is None


def test_readiness_is_declared_once(ready_order, seller_owner):
    with pytest.raises(IllegalMove):
        ready(ready_order, seller_owner)


# --- the seller's clock stands still while the buyer is overdue -------------------------------------------------------
def test_the_ship_clock_stands_from_the_eleventh_day_and_goes_on_with_five_days_more(ready_order, buyer_owner):
    assert pass_time(NOW + 10 * DAY).count("ready_payment") == 1
    assert standing_of(ready_order) == {"ship_date"}
    assert told(ready_order).count("BuyerOverdue") == 2

    pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 12 * DAY)
    assert standing_of(ready_order) == {"ship_date"}, "the booking is still owed"
    order = book(ready_order, buyer_owner, at=NOW + 14 * DAY)
    # Wednesday 10 June + 4 days of standing + 5 = Friday 19 June.
    assert clocks_of(order) == {"ship_date": utc("2026-06-19T11:00")}
    assert fresh(order).ship_due_at == utc("2026-06-19T11:00")


def test_the_longer_ship_clock_ends_on_a_business_day(ready_order, buyer_owner):
    pass_time(NOW + 10 * DAY)
    pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 12 * DAY)
    order = book(ready_order, buyer_owner, at=NOW + 15 * DAY)
    # Saturday 20 June is closed: Monday the 22nd, at the close.
    assert clocks_of(order) == {"ship_date": utc("2026-06-22T11:00")}
    assert fresh(order).ship_due_at == utc("2026-06-22T11:00")


def test_money_whose_news_is_on_its_way_stops_no_clock(ready_order, buyer_owner):
    book(ready_order, buyer_owner)
    pay(escrow_of(ready_order), buyer_owner, sequence=2, at=NOW + 9 * DAY)
    mark_buyer_overdue(subject_id=ready_order.pk, at=NOW + 10 * DAY)
    assert standing_of(ready_order) == set()
    assert "BuyerOverdue" not in told(ready_order)


def test_late_news_of_a_payment_in_time_gives_five_days_and_takes_none(ready_order, buyer_owner, monkeypatch):
    """Paid on day 9, booked on day 11, both heard of after the clock stood on day 10."""
    pass_time(NOW + 10 * DAY)
    order = book(ready_order, buyer_owner, at=NOW + 10 * DAY)
    assert standing_of(order) == {"ship_date"}
    order = pay_for(order, buyer_owner, sequence=2, at=NOW + 9 * DAY)
    assert fresh(order).ship_due_at == utc("2026-06-15T11:00")


def test_the_balance_is_paid_once(paid_ready_order, buyer_owner):
    assert money(paid_ready_order)["held"] == TOTAL
    assert BALANCE == Instalment.objects.get(escrow=paid_ready_order.escrow, sequence=2).amount_minor
    assert "ready_payment" not in clocks_of(paid_ready_order)
