"""What the buyer owes while the goods are ready, and what it does to the seller's ship clock."""

from datetime import datetime, timedelta

from payments.queries import list_unsecured

from core import deadlines
from orders.models import Order, OrderState
from orders.process import SHIP_CLOCK_BUFFER_DAYS
from orders.trade_terms import buyer_books_carriage

SHIP_CLOCKS = ("ship_date", "late_cancel")


def owes_payment(order: Order) -> bool:
    """READY and something that fell due isn't held yet."""
    assert order.escrow_id is not None
    return order.state == OrderState.READY and bool(list_unsecured(order.escrow_id))


def owes_booking(order: Order) -> bool:
    """READY under E or F terms and no carriage booked."""
    return order.state == OrderState.READY and buyer_books_carriage(order.incoterm) and order.carriage_booked_at is None


def is_overdue(order: Order) -> bool:
    """A duty stands and its ten days are over: its clock is gone, the duty isn't done."""
    return (owes_payment(order) and deadlines.get(order, "ready_payment") is None) or (
        owes_booking(order) and deadlines.get(order, "carriage_booking") is None
    )


def settle_duties(order: Order, *, at: datetime) -> None:
    """After a duty was done: end its clock; when none is left, the ship clock that stood still goes on, plus 5 days.

    Writes `ship_due_at` on the row, which the caller holds locked and saves.
    """
    if not owes_payment(order):
        deadlines.cancel(order, "ready_payment")
    if not owes_booking(order):
        deadlines.cancel(order, "carriage_booking")
    if owes_payment(order) or owes_booking(order):
        return
    deadlines.cancel(order, "buyer_refused")
    plus = timedelta(days=SHIP_CLOCK_BUFFER_DAYS)
    for kind in SHIP_CLOCKS:
        running = deadlines.get(order, kind)
        if running is None or running.paused_at is None:
            continue
        deadlines.resume(order, kind, at=at, plus=plus)
        if order.ship_due_at is not None:
            order.ship_due_at += (at - running.paused_at) + plus
