"""What the buyer owes while the goods are ready, and what it does to the seller's ship clock."""

from datetime import datetime, timedelta

from core import deadlines
from core.models import Deadline
from orders.clocks import calendar_of, set_late_clock, set_ship_clock
from orders.models import Order, OrderState
from orders.process import FUNDING_LOST, SHIP_CLOCK_BUFFER_DAYS
from orders.trade_terms import buyer_books_carriage
from payments.charged_back import lacking_minor, list_lost
from payments.queries import list_unsecured

SHIP_CLOCKS = ("ship_date", "late_cancel")


def owes_payment(order: Order) -> bool:
    """READY and something that fell due isn't held yet, and wasn't before."""
    if order.state != OrderState.READY or order.escrow_id is None:
        return False
    lost = {each.pk for each in list_lost(order.escrow_id)}
    return any(each.pk not in lost for each in list_unsecured(order.escrow_id))


def lost_minor(order: Order) -> int:
    """Minor units of instalments that were held and that the buyer's bank took back; 0 when nothing is missing."""
    lost = list_lost(order.escrow_id) if order.escrow_id is not None else []
    return sum(lacking_minor(each) for each in lost)


def owes_booking(order: Order) -> bool:
    """READY under E or F terms and no carriage booked."""
    return order.state == OrderState.READY and buyer_books_carriage(order.incoterm) and order.carriage_booked_at is None


def is_overdue(order: Order) -> bool:
    """A duty stands and its ten days are over: its clock is gone, the duty isn't done."""
    return (owes_payment(order) and deadlines.get(order, "ready_payment") is None) or (
        owes_booking(order) and deadlines.get(order, "carriage_booking") is None
    )


def settle_duties(order: Order, *, at: datetime) -> None:
    """After a duty was done: end its clock; when none is left, the ship clock, which stood since readiness, goes on.

    Writes `ship_due_at` on the row, which the caller holds locked and saves.
    """
    payment, booking, lost = owes_payment(order), owes_booking(order), lost_minor(order)
    if not payment:
        deadlines.cancel(order, "ready_payment")
    if not booking:
        deadlines.cancel(order, "carriage_booking")
    if not lost:
        deadlines.cancel(order, FUNDING_LOST)
    if not payment and not booking:
        deadlines.cancel(order, "buyer_refused")
    if payment or booking or lost:
        return
    resume_ship_clock(order, at=at)


def stop_ship_clock(order: Order, *, at: datetime) -> None:
    """The seller can't ship before the buyer has paid or booked: until then no time passes for the seller."""
    for kind in SHIP_CLOCKS:
        deadlines.pause(order, kind, at=at)


def standing_ship_clock(order: Order) -> Deadline | None:
    """The seller's clock if it stands still, since its `paused_at`, as the buyer has a duty to do."""
    live = deadlines.live_of(order)
    return next((clock for clock in live if clock.kind in SHIP_CLOCKS and clock.paused_at is not None), None)


def resume_ship_clock(order: Order, *, at: datetime) -> None:
    """A ship clock that stood still goes on, later by the pause: the ship date moves, on the row too.

    5 days come on top where the buyer was overdue. The caller holds the order locked and saves it. News of a duty
    done before the pause began counts as no pause.
    """
    standing = standing_ship_clock(order)
    if standing is None:
        return
    assert standing.paused_at is not None and order.ship_due_at is not None
    before = standing.due_at if standing.kind == "ship_date" else order.ship_due_at
    later = max(at - standing.paused_at, timedelta(0))
    if order.buyer_overdue_at is not None:
        later += timedelta(days=SHIP_CLOCK_BUFFER_DAYS)
    order.ship_due_at = calendar_of(order, "seller").roll(before + later)
    deadlines.cancel(order, *SHIP_CLOCKS)
    if order.ship_due_at > at:
        set_ship_clock(order, order.ship_due_at, at=at)
    else:
        set_late_clock(order, order.ship_due_at)
