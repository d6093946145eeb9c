"""For how long an order may need its money held: every clock from the first payment on, each run to its end."""

from collections.abc import Iterable
from datetime import datetime

from orders.models import Order, PlannedInstalment
from orders.process import (
    CLOCKS,
    ETA_GRACE_DAYS,
    INSPECTION_EXTENSION_DAYS,
    NOT_ARRIVED_MOST_DAYS,
    TRANSIT_DAYS,
)
from orders.trade_terms import TRADE_TERMS
from payments.models import DueOn


def longest_life_days(order: Order, planned: Iterable[PlannedInstalment], *, at: datetime) -> int | None:
    """Days from a first payment at `at` to the last day on which the money may have to go back.

    None while the draft doesn't say when or how the goods travel. A dispute comes on top, and nobody knows how long.
    """
    lead = _days_to_ship(order, at)
    if lead is None or order.transport_mode not in TRANSIT_DAYS:
        return None
    waits_when_ready = any(part.due_on == DueOn.READINESS for part in planned) or _buyer_books(order)
    return (
        lead
        + CLOCKS["late_cancel"].days
        + (CLOCKS["buyer_refused"].days if waits_when_ready else 0)
        + TRANSIT_DAYS[order.transport_mode]
        + ETA_GRACE_DAYS
        + NOT_ARRIVED_MOST_DAYS
        + order.inspection_days
        + INSPECTION_EXTENSION_DAYS
    )


def _days_to_ship(order: Order, at: datetime) -> int | None:
    if order.delivery_basis == "days":
        return order.ship_days
    if order.ship_date is None:
        return None
    return max((order.ship_date - order.seller.calendar.day_of(at)).days, 0)


def _buyer_books(order: Order) -> bool:
    return bool(order.incoterm) and TRADE_TERMS[order.incoterm].carriage_by == "buyer"
