"""The buyer's bank took a payment back: the goods stay, the seller's clocks stand still, and the buyer pays anew."""

from datetime import datetime

from companies.history import record
from core import deadlines
from core.actions import action
from core.actors import Actor
from core.events import publish
from core.money import format_money
from orders.actions.cancellation import earn_more_of_cancelled
from orders.clocks import start_clock
from orders.duties import lost_minor, settle_duties, stop_ship_clock
from orders.events import FundingLost, FundingRestored
from orders.locks import lock_order
from orders.models import Order, OrderState
from orders.policies import OtherSide
from orders.process import FUNDING_LOST
from payments.actions.release import release_rest
from payments.queries import held_minor_of

HALTS = (OrderState.IN_PRODUCTION, OrderState.READY)
"""States in which the seller still has the goods and must keep them."""

TOLD = (*HALTS, OrderState.SHIPPED, OrderState.DELIVERED)


@action
def note_funding_lost(*, order_id: int, by: Actor, at: datetime) -> Order:
    """Money that was held is gone: the buyer has 10 days to pay anew, the seller's ship clocks stand still meanwhile.

    After the goods have left nothing stops; both are told. Nothing happens where nothing is lost any more: news may
    come twice and late. Locks: the order.
    """
    order = _lock(order_id, by)
    missing_minor = lost_minor(order)
    if not missing_minor or order.state not in TOLD:
        return order
    if order.state in HALTS:
        if deadlines.get(order, FUNDING_LOST) is not None:
            return order
        stop_ship_clock(order, at=at)
        order.buyer_overdue_at = order.buyer_overdue_at or at
        order.wire_declared_at = None
        start_clock(order, FUNDING_LOST, at=at)
    _touch(order)
    _note_in_story(order, "lose_funding", by=by, at=at, why=format_money(missing_minor, order.currency, "en"))
    publish(FundingLost(order_id=order.pk, amount_minor=missing_minor, at=at))
    return order


@action
def note_funding_restored(*, order_id: int, by: Actor, at: datetime) -> Order:
    """What was lost is held again: the buyer's clock ends, the seller's go on, later by the pause and 5 days.

    Nothing happens while anything is missing still, or where nothing was. Locks: the order.
    """
    order = _lock(order_id, by)
    if order.state in HALTS and deadlines.get(order, FUNDING_LOST) is not None and not lost_minor(order):
        settle_duties(order, at=at)
        _touch(order)
        _note_in_story(order, "restore_funding", by=by, at=at)
        publish(FundingRestored(order_id=order.pk, at=at))
    return order


def _note_in_story(order: Order, verb: str, *, by: Actor, at: datetime, why: str = "") -> None:
    """No state of the order changes by it, and both sides look for it among what happened."""
    record(order, field="funding", verb=verb, source="", target="", by=by, at=at, why=why)


@action
def divide_what_was_won(*, order_id: int, chargeback_id: int, by: Actor, at: datetime) -> Order:
    """A charge-back was won after the order had ended: its money goes as the rest of the order's money went.

    Accepted: to the seller. Cancelled: to the seller as far as the proven share was not covered, the rest to the buyer.
    Locks: order, escrow, payments, accounts.
    """
    order = _lock(order_id, by)
    if order.escrow_id is None or not held_minor_of(order.escrow_id):
        return order
    if order.state == OrderState.COMPLETED:
        release_rest(escrow_id=order.escrow_id, reason="dispute_won", sequence=chargeback_id, by=by, at=at)
    elif order.state in (OrderState.CANCELLED, OrderState.EXPIRED):
        earn_more_of_cancelled(order, reason=f"dispute_won_{chargeback_id}", by=by, at=at)
    return order


def _lock(order_id: int, by: Actor) -> Order:
    if not by.is_platform:
        raise OtherSide
    return lock_order(order_id)


def _touch(order: Order) -> None:
    order.version += 1
    order.save()
