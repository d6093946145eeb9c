"""The clocks of an order: when each ends, when it reminds.

Figures come from `process.CLOCKS`; instants are stored once.
"""

from datetime import datetime, timedelta

from core import deadlines
from core.calendars import Calendar
from core.models import Deadline
from orders.models import Order, Shipment
from orders.process import CLOCKS, ETA_GRACE_DAYS, FUNDING_LOST, SHIP_CLOCK_BUFFER_DAYS, TRANSIT_DAYS


def calendar_of(order: Order, side: str) -> Calendar:
    """The calendar of whoever must act: the one the order was signed with, before that their company's present one.

    A buyer who has no company yet is given the seller's.
    """
    if order.seller_zone:
        if side == "buyer":
            return Calendar(order.buyer_zone, order.buyer_country)
        return Calendar(order.seller_zone, order.seller_country)
    company = order.buyer if side == "buyer" and order.buyer_id else order.seller
    assert company is not None
    return company.calendar


def fix_calendars(order: Order, seller: Calendar) -> None:
    """At the signature, on the row that the caller saves: a company that moves later moves no clock of this order.

    `seller`: that of the signed terms.
    """
    assert order.buyer is not None
    buyer = order.buyer.calendar
    order.seller_zone, order.seller_country = seller.zone, seller.country
    order.buyer_zone, order.buyer_country = buyer.zone, buyer.country


def start_clock(order: Order, kind: str, *, at: datetime, days: int | None = None) -> datetime:
    """Start or restart a clock of so many days, with the reminders of its row. Returns the instant it ends."""
    row = CLOCKS[kind]
    due_at = calendar_of(order, row.who).after_days(at, row.days if days is None else days)
    reminders = [at + timedelta(days=day) for day in row.reminder_days]
    deadlines.schedule(order, kind, due_at, reminders=reminders, replace=True)
    return due_at


def ship_due(order: Order, *, production_at: datetime) -> datetime:
    """When the seller must have shipped: the agreed date's close there, or so many days after the deposit.

    A date leaves the seller at least 5 days from the moment the money is held.
    """
    calendar = calendar_of(order, "seller")
    if order.delivery_basis == "days":
        return calendar.after_days(production_at, order.ship_days or 0)
    assert order.ship_date is not None
    agreed = calendar.close_of(calendar.next_open(order.ship_date))
    return max(agreed, calendar.after_days(production_at, SHIP_CLOCK_BUFFER_DAYS))


def start_ship_clock(order: Order, *, at: datetime) -> datetime:
    """From the first money held: reminders 7 and 2 days before and on the day."""
    due_at = ship_due(order, production_at=at)
    set_ship_clock(order, due_at, at=at)
    return due_at


def set_ship_clock(order: Order, due_at: datetime, *, at: datetime) -> None:
    """The clock of the ship date, ending at `due_at`."""
    morning = due_at - timedelta(hours=9)
    reminders = [*(due_at - timedelta(days=day) for day in (7, 2)), morning]
    deadlines.schedule(order, "ship_date", due_at, reminders=[m for m in reminders if m > at], replace=True)


def set_late_clock(order: Order, ship_due_at: datetime) -> None:
    """60 days after the ship date passed the order is cancelled."""
    due_at = calendar_of(order, "seller").after_days(ship_due_at, CLOCKS["late_cancel"].days)
    deadlines.schedule(order, "late_cancel", due_at, replace=True)


def arrival_due(order: Order, shipment: Shipment) -> datetime:
    """The later of ETA + 15 days and the days that the mode of transport may take."""
    assert shipment.shipped_at is not None and shipment.eta is not None
    calendar = calendar_of(order, "buyer")
    by_eta = calendar.close_of(shipment.eta) + timedelta(days=ETA_GRACE_DAYS)
    by_mode = shipment.shipped_at + timedelta(days=TRANSIT_DAYS[order.transport_mode])
    return calendar.roll(max(by_eta, by_mode))


def start_arrival_clock(order: Order, due_at: datetime, *, at: datetime) -> None:
    """Reminders half-way and 3 days before."""
    reminders = [at + (due_at - at) / 2, due_at - timedelta(days=3)]
    deadlines.schedule(order, "arrival", due_at, reminders=[m for m in reminders if m > at], replace=True)


def start_inspection_clock(order: Order, *, at: datetime, days: int) -> datetime:
    """From the moment the buyer can open the goods; reminders half-way and 2 days before."""
    due_at = calendar_of(order, "buyer").after_days(at, days)
    _set_inspection_clock(order, due_at, at=at)
    return due_at


def extend_inspection_clock(order: Order, *, at: datetime, days: int) -> datetime:
    """So many days on top of what was left."""
    running = deadlines.get(order, "inspection")
    assert running is not None
    due_at = calendar_of(order, "buyer").after_days(running.due_at, days)
    _set_inspection_clock(order, due_at, at=at)
    return due_at


def put_off_inspection(order: Order, due_at: datetime, *, at: datetime) -> None:
    """The inspection ends at `due_at`, which is later than it was."""
    _set_inspection_clock(order, due_at, at=at)


def _set_inspection_clock(order: Order, due_at: datetime, *, at: datetime) -> None:
    reminders = [at + (due_at - at) / 2, due_at - timedelta(days=2)]
    deadlines.schedule(order, "inspection", due_at, reminders=[m for m in reminders if m > at], replace=True)


def stop_clocks(order: Order, *kinds: str) -> None:
    """Stop the named clocks of an order, or all of them."""
    deadlines.cancel(order, *kinds)


def payment_clock(order: Order) -> Deadline | None:
    """The clock by which the buyer must have paid what is due now: the first to run out."""
    running = (deadlines.get(order, kind) for kind in ("first_payment", "ready_payment", FUNDING_LOST))
    return min((each for each in running if each is not None), key=lambda each: each.due_at, default=None)
