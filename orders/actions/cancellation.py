"""An order ends early: who ended it, why, and how its money is divided by the last proven stage.

Source: the rules of the business, section 1, 'Cancelled'.
"""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor, platform
from core.errors import Refused, Stale
from core.events import publish
from core.money import basis_points_of
from core.states import move
from core.text_rules import check_text
from orders.actions.production import count_due_reports
from orders.cancellation_terms import EARNING, Cause, Seen, cause_of, earned_now, earned_share, prove_until, settles_at
from orders.clocks import set_late_clock, stop_clocks
from orders.duties import lost_minor, owes_booking, owes_payment, stop_ship_clock
from orders.events import BuyerOverdue, CancellationSettled, OrderCancelled, OrderLate
from orders.locks import lock_order, lock_shipment
from orders.models import Cancellation, Order, OrderState
from orders.policies import OtherSide, check_may
from payments.actions.funding import close_to_funding, stop_funding, stop_unless_secured
from payments.actions.release import refund_rest, settle_escrow
from payments.charged_back import list_lost
from payments.errors import AlreadySecured
from payments.models import Instalment
from payments.queries import money_of


class WireOnItsWay(Refused):
    code = "wire_on_its_way"
    message = _("The buyer declared a wire. You can cancel when its time has passed without the money arriving.")


@action
def cancel_order(*, order_id: int, reason: str, seen: Seen | None = None, by: Actor, at: datetime) -> Cancellation:
    """Either side ends the order before shipment. What becomes of the money follows from `cause_of`.

    Raises Stale when that is no longer what was `seen`, WireOnItsWay, AlreadySecured (money arrived this moment),
    NotAllowed, IllegalMove. Locks: order, shipment, escrow, payments, accounts.
    """
    order = lock_order(order_id)
    side = check_may(by, "cancel", order)
    if side == "system":
        raise OtherSide(verb="cancel")
    if order.state == OrderState.AWAITING_PAYMENT and side == "seller" and order.wire_declared_at is not None:
        # The wire's clock is the payment's, 5 days longer; when it ends the order expires by itself.
        raise WireOnItsWay
    cause = cause_of(order, side, at)
    if seen is not None and seen.cause != cause:
        raise Stale
    cancellation = _cancel(order, side=side, cause=cause, reason=reason, by=by, at=at)
    # The escrow takes nothing more by now: what the seller keeps can't change under our hands.
    if seen is not None and seen.seller_keeps_minor != (earned_now(order) if cause in EARNING else 0):
        raise Stale
    return cancellation


@action
def cancel_for_lateness(*, subject_id: int, at: datetime) -> None:
    """60 days after the ship date: cancelled, and all money goes back to the buyer."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "cancel", order)
    _cancel(order, side="clock", cause=Cause.LATE, reason="", by=by, at=at)


@action
def cancel_for_lost_funding(*, subject_id: int, at: datetime) -> None:
    """10 days after the buyer's bank took money back it was not replaced: the buyer has refused.

    Raises AlreadySecured when it was replaced this moment: its news is on the way. Locks: order, shipment, escrow.
    """
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "cancel", order)
    if not lost_minor(order):
        raise AlreadySecured
    _cancel(order, side="clock", cause=Cause.BUYER_REFUSED, reason="", by=by, at=at)


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
    if cause in EARNING:
        _stop_intake(order, cause, by=system, at=at)
        cancellation.settle_at = settles_at(order, at)
    else:
        # Before the first payment the escrow has the last word: money that arrived this moment starts production.
        give_back = stop_funding if cause == Cause.BEFORE_PAYMENT else refund_rest
        give_back(escrow_id=order.escrow_id, reason="cancelled", by=system, at=at)
        cancellation.settled_at, cancellation.earned_basis_points, cancellation.earned_minor = at, 0, 0
    stop_clocks(order)
    if cancellation.settle_at is not None:
        deadlines.schedule(order, "cancellation_settles", prove_until(order, at))
    cancellation.save()
    move(shipment.cancel, by=by, at=at)
    order.version += 1
    move(order.cancel, by=by, at=at, why=cause, reason=cancellation.reason)
    publish(OrderCancelled(order_id=order.pk, side=side, cause=str(cause), at=at))
    return cancellation


def _stop_intake(order: Order, cause: Cause, *, by: Actor, at: datetime) -> None:
    """Take no more money. A buyer whose last payment arrived this moment, and who owes no booking, did not refuse."""
    assert order.escrow_id is not None
    if cause == Cause.BUYER_REFUSED and not owes_booking(order):
        lost = list_lost(order.escrow_id)
        missing = lost[0] if lost else Instalment.objects.filter(escrow_id=order.escrow_id).latest("sequence")
        stop_unless_secured(escrow_id=order.escrow_id, sequence=missing.sequence, reason="cancelled", by=by, at=at)
    else:
        close_to_funding(escrow_id=order.escrow_id, reason="cancelled", by=by, at=at)


@action
def settle_cancellation(*, subject_id: int, at: datetime) -> None:
    """Divide the money of a cancelled order by the last proven stage; wait while a report may still raise the share.

    Locks: order, escrow, accounts.
    """
    order = lock_order(subject_id)
    check_may(platform("clock"), "settle_cancellation", order)
    cancellation = Cancellation.objects.get(order=order)
    if cancellation.settled_at is not None:
        return
    count_due_reports(order, at=at)
    cancellation.settle_at = settles_at(order, cancellation.at)
    if cancellation.settle_at > at:
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


def earn_more_of_cancelled(order: Order, *, reason: str, by: Actor, at: datetime) -> None:
    """Divide money that came back after a locked order had ended: first what the proven share still lacked.

    Nothing while the order's money is not divided yet: then it is divided with the rest.
    """
    assert order.escrow_id is not None
    cancellation = Cancellation.objects.filter(order=order).first()
    if cancellation is None:
        refund_rest(escrow_id=order.escrow_id, reason=reason, by=by, at=at)
        return
    if cancellation.settled_at is None:
        return
    money = money_of(order.escrow_id)
    wanted = basis_points_of(money.total_minor, cancellation.earned_basis_points or 0)
    more = min(max(wanted - money.released_minor, 0), money.held_minor)
    settle_escrow(escrow_id=order.escrow_id, payee_minor=more, reason=reason, by=by, at=at)
    cancellation.earned_minor = (cancellation.earned_minor or 0) + more
    cancellation.save()


@action
def mark_late(*, subject_id: int, at: datetime) -> None:
    """The ship date passed: both are told, and the clock to cancel for lateness starts. Locks: the order."""
    order = lock_order(subject_id)
    assert order.ship_due_at is not None
    set_late_clock(order, order.ship_due_at)
    publish(OrderLate(order_id=order.pk, at=at))


@action
def mark_buyer_overdue(*, subject_id: int, at: datetime) -> None:
    """Ten days after readiness the buyer owes payment or booking: overdue from now on.

    The seller's ship clocks, which stand since readiness, go on 5 days later for it. Nothing if the money came and its
    news is on the way. Locks: the order.
    """
    order = lock_order(subject_id)
    if not owes_payment(order) and not owes_booking(order):
        return
    stop_ship_clock(order, at=at)
    if order.buyer_overdue_at is None:
        order.buyer_overdue_at = at
        order.version += 1
        order.save()
    publish(BuyerOverdue(order_id=order.pk, at=at))
