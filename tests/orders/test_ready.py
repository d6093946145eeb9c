"""Goods ready: what falls due, what the buyer owes, and what it does to the seller's clock."""

import pytest

from core.errors import IllegalMove, Invalid, NotAllowed
from orders.actions.cancellation import mark_buyer_overdue
from orders.actions.production import book_carriage, declare_ready
from orders.cancellation_terms import days_late, what_cancelling_means
from orders.models import OrderState, Stage, StageReport
from orders.policies import SellerBooks
from payments.models import EscrowState, Instalment
from tests.cast import NOW, actor
from tests.orders.steps import (
    ALL_AT_ONCE,
    BALANCE,
    CIF,
    DAY,
    SECOND,
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
    assert standing_of(order) == {"ship_date"}, "nobody can ship what isn't paid or collected"
    assert clocks_of(order) == {
        "ready_payment": ten,
        "carriage_booking": ten,
        "buyer_refused": thirty,
    }
    assert StageReport.objects.get(order=order).stage == Stage.PACKED


def test_under_a_c_term_nothing_is_to_be_booked(seller_owner, buyer_owner):
    order = ready(produce(seller_owner, buyer_owner, term=CIF), seller_owner)
    assert set(clocks_of(order)) == {"ready_payment", "buyer_refused"}
    with pytest.raises(SellerBooks):
        book(order, buyer_owner)


def test_when_all_was_paid_before_and_nothing_is_to_be_booked_only_the_ship_date_runs(seller_owner, buyer_owner):
    order = ready(produce(seller_owner, buyer_owner, term=CIF, payment=ALL_AT_ONCE), seller_owner)
    assert set(clocks_of(order)) == {"ship_date"}
    assert money(order)["held"] == TOTAL


def test_the_buyers_clocks_end_when_both_duties_are_done(ready_order, buyer_owner):
    order = pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 2 * DAY)
    assert set(clocks_of(order)) == {"carriage_booking", "buyer_refused"}
    assert money(order)["held"] == TOTAL
    assert escrow_of(order).state == EscrowState.FUNDED
    order = book(order, buyer_owner, at=NOW + 3 * DAY)
    # Wednesday 10 June + 3 days of waiting is a Saturday: Monday the 15th, at the close.
    assert clocks_of(order) == {"ship_date": utc("2026-06-15T11:00")}
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


# --- the seller's clock stands still while the buyer has something to do ----------------------------------------------
def test_a_duty_done_in_time_moves_the_ship_date_by_the_wait_alone(ready_order, buyer_owner):
    book(ready_order, buyer_owner, at=NOW + DAY)
    assert standing_of(ready_order) == {"ship_date"}, "the balance is still owed"
    order = pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 9 * DAY)
    # Wednesday 10 June + 9 days = Friday 19 June.
    assert clocks_of(order) == {"ship_date": utc("2026-06-19T11:00")}
    assert (order.ship_due_at, order.buyer_overdue_at) == (utc("2026-06-19T11:00"), None)


def test_an_overdue_duty_gives_five_days_more(ready_order, buyer_owner):
    assert pass_time(NOW + 10 * DAY).count("ready_payment") == 1
    assert standing_of(ready_order) == {"ship_date"}
    assert told(ready_order).count("BuyerOverdue") == 2
    assert fresh(ready_order).buyer_overdue_at == NOW + 10 * DAY

    pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 12 * DAY)
    assert standing_of(ready_order) == {"ship_date"}, "the booking is still owed"
    order = book(ready_order, buyer_owner, at=NOW + 14 * DAY)
    # Wednesday 10 June + 14 days of standing + 5 = Monday 29 June.
    assert clocks_of(order) == {"ship_date": utc("2026-06-29T11:00")}
    assert fresh(order).ship_due_at == utc("2026-06-29T11:00")


def test_the_longer_ship_clock_ends_on_a_business_day(ready_order, buyer_owner):
    pass_time(NOW + 10 * DAY)
    pay_for(ready_order, buyer_owner, sequence=2, at=NOW + 12 * DAY)
    order = book(ready_order, buyer_owner, at=NOW + 12 * DAY)
    # Saturday 27 June is closed: Monday the 29th, at the close.
    assert clocks_of(order) == {"ship_date": utc("2026-06-29T11:00")}


def test_a_seller_ready_on_the_last_day_is_never_late_through_the_buyer(paid_order, seller_owner, buyer_owner):
    """Ready a minute before the ship date; the buyer pays and books 25 days later, and gains nothing by it."""
    due_at = utc("2026-06-10T11:00")
    order = ready(paid_order, seller_owner, at=due_at - SECOND)
    pass_time(due_at + 25 * DAY)
    assert "OrderLate" not in told(order)
    assert days_late(fresh(order), due_at + 25 * DAY) == 0
    assert what_cancelling_means(fresh(order), "buyer", due_at + 25 * DAY).cause == "buyer_withdrew"
    pay_for(order, buyer_owner, sequence=2, at=due_at + 25 * DAY)
    order = book(order, buyer_owner, at=due_at + 25 * DAY)
    assert fresh(order).ship_due_at >= due_at + 30 * DAY
    assert what_cancelling_means(fresh(order), "buyer", due_at + 26 * DAY).cause == "buyer_withdrew"


def test_sixty_days_never_end_inside_the_buyers_own_days(paid_order, seller_owner, buyer_owner):
    """58 days late when the goods were ready: the buyer has ten days to pay, and the order lives through them."""
    due_at = utc("2026-06-10T11:00")
    pass_time(due_at + 58 * DAY)
    order = ready(paid_order, seller_owner, at=due_at + 58 * DAY)
    pass_time(due_at + 66 * DAY)
    assert fresh(order).state == OrderState.READY
    assert standing_of(order) == {"late_cancel"}
    pay_for(order, buyer_owner, sequence=2, at=due_at + 66 * DAY)
    order = book(order, buyer_owner, at=due_at + 66 * DAY)
    assert clocks_of(order) == {"late_cancel": due_at + 68 * DAY}
    assert days_late(fresh(order), due_at + 66 * DAY) == 58, "late by the seller's own days, still"


def test_money_whose_news_is_on_its_way_makes_nobody_overdue(ready_order, buyer_owner):
    book(ready_order, buyer_owner)
    pay(escrow_of(ready_order), buyer_owner, sequence=2, at=NOW + 9 * DAY)
    mark_buyer_overdue(subject_id=ready_order.pk, at=NOW + 10 * DAY)
    assert fresh(ready_order).buyer_overdue_at is None
    assert "BuyerOverdue" not in told(ready_order)


def test_late_news_of_a_payment_in_time_counts_to_the_payment(ready_order, buyer_owner):
    """Paid on day 9, heard of after the booking on day 10: the wait ended with the news that came last."""
    pass_time(NOW + 10 * DAY)
    order = book(ready_order, buyer_owner, at=NOW + 10 * DAY)
    assert standing_of(order) == {"ship_date"}
    order = pay_for(order, buyer_owner, sequence=2, at=NOW + 9 * DAY)
    # 10 June + 9 days + 5 for the booking that was overdue = Wednesday 24 June.
    assert fresh(order).ship_due_at == utc("2026-06-24T11:00")


def test_the_balance_is_paid_once(paid_ready_order, buyer_owner):
    assert money(paid_ready_order)["held"] == TOTAL
    assert BALANCE == Instalment.objects.get(escrow=paid_ready_order.escrow, sequence=2).amount_minor
    assert "ready_payment" not in clocks_of(paid_ready_order)
