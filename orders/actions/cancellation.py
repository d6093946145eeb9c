"""An order ends early: who ended it, why, and how its money is divided by the last proven stage (rules,

'Cancelled').
"""

from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor, platform
from core.errors import Refused
from core.events import publish
from core.states import move
from core.text_rules import check_text
from orders.cancellation_terms import EARNING, Cause, cause_of, earned_now, earned_share
from orders.clocks import stop_clocks
from orders.duties import SHIP_CLOCKS
from orders.events import BuyerOverdue, CancellationSettled, OrderCancelled, OrderLate
from orders.locks import lock_order, lock_shipment
from orders.models import Cancellation, Order, OrderState, StageReport
from orders.policies import check_may, side_of
from orders.process import CLOCKS, DECLARED_WIRE_EXTRA_DAYS, LATE_CANCELLED_DAYS
from payments.actions.funding import close_to_funding, stop_funding
from payments.actions.release import refund_rest, settle_escrow


class WireOnItsWay(Refused):
    code = "wire_on_its_way"
    message = _("The buyer declared a wire. You can cancel when its time has passed without the money arriving.")


@action
def cancel_order(*, order_id: int, reason: str, by: Actor, at: datetime) -> Cancellation:
    """Either side ends the order before shipment. What becomes of the money follows from `cause_of`.

    Raises WireOnItsWay, AlreadySecured (money arrived this moment), NotAllowed, IllegalMove. Locks: order, shipment,
    escrow, payments, accounts.
    """
    order = lock_order(order_id)
    check_may(by, "cancel", order)
    side = side_of(by, order)
    if order.state == OrderState.AWAITING_PAYMENT and side == "seller" and _wire_declared(order, at):
        raise WireOnItsWay
    return _cancel(order, side=side, cause=cause_of(order, side, at), reason=reason, by=by, at=at)


def _wire_declared(order: Order, at: datetime) -> bool:
    declared = order.wire_declared_at
    return declared is not None and at < declared + timedelta(days=DECLARED_WIRE_EXTRA_DAYS)


@action
def cancel_for_lateness(*, subject_id: int, at: datetime) -> None:
    """60 days after the ship date: cancelled, and all money goes back to the buyer."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "cancel", order)
    _cancel(order, side="clock", cause=Cause.LATE, reason="", by=by, at=at)


@action
def cancel_for_refusal(*, subject_id: int, at: datetime) -> None:
    """30 days after readiness without the buyer's payment or booking: the seller keeps the earned share."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "cancel", order)
    _cancel(order, side="clock", cause=Cause.BUYER_REFUSED, reason="", by=by, at=at)


def _cancel(order: Order, *, side: str, cause: Cause, reason: str, by: Actor, at: datetime) -> Cancellation:
    assert order.escrow_id is not None
    shipment = lock_shipment(order.pk)
    system = platform(by.door)
    cancellation = Cancellation(order=order, side=side, cause=cause, reason=check_text(reason, "reason", 2000), at=at)
    stop_clocks(order)
    if cause in EARNING:
        close_to_funding(escrow_id=order.escrow_id, reason="cancelled", by=system, at=at)
        cancellation.settle_at = order.seller.calendar.after_business_days(at, CLOCKS["cancellation_settles"].days)
        deadlines.schedule(order, "cancellation_settles", cancellation.settle_at)
    else:
        # Before the first payment the escrow has the last word: money that arrived this moment starts production.
        give_back = stop_funding if cause == Cause.BEFORE_PAYMENT else refund_rest
        give_back(escrow_id=order.escrow_id, reason="cancelled", by=system, at=at)
        cancellation.settled_at, cancellation.earned_basis_points, cancellation.earned_minor = at, 0, 0
    cancellation.save()
    move(shipment.cancel, by=by, at=at)
    order.version += 1
    move(order.cancel, by=by, at=at, why=cause, reason=cancellation.reason)
    publish(OrderCancelled(order_id=order.pk, side=side, cause=str(cause), at=at))
    return cancellation


@action
def settle_cancellation(*, subject_id: int, at: datetime) -> None:
    """Divide the money of a cancelled order by the last proven stage; wait while a report can still be challenged.

    Locks: order, escrow, accounts.
    """
    order = lock_order(subject_id)
    check_may(platform("clock"), "settle_cancellation", order)
    cancellation = Cancellation.objects.get(order=order)
    if cancellation.settled_at is not None:
        return
    judged_at = _last_report_judged_at(order)
    if judged_at is not None and judged_at >= at:
        cancellation.settle_at = judged_at + timedelta(minutes=1)
        cancellation.save()
        deadlines.schedule(order, "cancellation_settles", cancellation.settle_at, replace=True)
        return
    _stage, basis_points = earned_share(order)
    earned = earned_now(order)
    assert order.escrow_id is not None
    settle_escrow(escrow_id=order.escrow_id, payee_minor=earned, reason="cancelled", by=platform("clock"), at=at)
    cancellation.settled_at, cancellation.earned_basis_points, cancellation.earned_minor = at, basis_points, earned
    cancellation.save()
    order.version += 1
    order.save()
    publish(CancellationSettled(order_id=order.pk, earned_minor=earned, at=at))


def _last_report_judged_at(order: Order) -> datetime | None:
    """When the last open report will count unless challenged."""
    open_reports = StageReport.objects.filter(order=order, counted_at__isnull=True, challenged_at__isnull=True)
    running = [deadlines.get(report, "stage_unchallenged") for report in open_reports]
    return max((deadline.due_at for deadline in running if deadline is not None), default=None)


@action
def mark_late(*, subject_id: int, at: datetime) -> None:
    """The ship date passed: both are told, and the clock to cancel for lateness starts. Locks: the order."""
    order = lock_order(subject_id)
    assert order.ship_due_at is not None
    deadlines.schedule(order, "late_cancel", order.ship_due_at + timedelta(days=LATE_CANCELLED_DAYS), replace=True)
    publish(OrderLate(order_id=order.pk, at=at))


@action
def mark_buyer_overdue(*, subject_id: int, at: datetime) -> None:
    """Ten days after readiness the buyer owes payment or booking: the seller's ship clocks stand still.

    Locks: the order.
    """
    order = lock_order(subject_id)
    for kind in SHIP_CLOCKS:
        deadlines.pause(order, kind, at=at)
    publish(BuyerOverdue(order_id=order.pk, at=at))
