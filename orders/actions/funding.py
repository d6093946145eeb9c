"""What money does to an order: production starts, the ship clock goes on, an unpaid order expires."""

from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core import deadlines
from core.actions import action
from core.actors import Actor, platform
from core.errors import Invalid, Refused
from core.events import publish
from core.states import move
from core.text_rules import check_text
from orders.actions.production import sealed_documents
from orders.clocks import calendar_of, start_ship_clock, stop_clocks
from orders.duties import lost_minor, settle_duties
from orders.events import BalanceHeld, OrderExpired, ProductionStarted, WireDeclared
from orders.locks import lock_order
from orders.models import Order, OrderState
from orders.policies import OtherSide, check_may
from orders.process import DECLARED_WIRE_EXTRA_DAYS, FUNDING_LOST
from payments.actions.funding import stop_funding
from payments.actions.wire import declare_wire as declare_wire_payment


class WireDeclaredAlready(Refused):
    code = "wire_declared_already"
    message = _("A wire was declared for this order already, and the 5 days were added. It can be done once.")


@action
def start_production(*, order_id: int, by: Actor, at: datetime) -> Order:
    """AWAITING_PAYMENT -> IN_PRODUCTION once the first instalment is held; the ship clock starts.

    Nothing happens in any other state, or when the buyer's bank took it back this moment: news may come twice and
    late. Locks: the order.
    """
    order = lock_order(order_id)
    _check_platform(by)
    if order.state != OrderState.AWAITING_PAYMENT or lost_minor(order):
        return order
    check_may(by, "start_production", order)
    stop_clocks(order)
    order.ship_due_at = start_ship_clock(order, at=at)
    order.version += 1
    move(order.start_production, by=by, at=at)
    publish(ProductionStarted(order_id=order.pk, at=at))
    return order


@action
def go_on_after_payment(*, order_id: int, sequence: int, amount_minor: int, by: Actor, at: datetime) -> Order:
    """READY and instalment `sequence` is held: both are told. All that fell due is held: the buyer's clocks end.

    A ship clock that stood still goes on, plus 5 days. Nothing happens in any other state. Units: minor units of the
    order's currency. Locks: the order.
    """
    order = lock_order(order_id)
    _check_platform(by)
    if order.state == OrderState.READY:
        settle_duties(order, at=at)
        order.version += 1
        order.save()
        publish(BalanceHeld(order_id=order.pk, sequence=sequence, amount_minor=amount_minor, at=at))
    return order


def _check_platform(by: Actor) -> None:
    """News of money comes from the platform itself, never from a person."""
    if not by.is_platform:
        raise OtherSide


@action
def declare_wire(
    *,
    order_id: int,
    sent_on: date,
    amount_minor: int,
    bank_reference: str,
    document_ref: str,
    by: Actor,
    at: datetime,
) -> Order:
    """The buyer says that a wire is on its way: the payment clock gets 5 days more, once. A slip holds no money.

    `document_ref`: a sealed slip that the buyer put into the order's folder, or empty.
    Units: minor units of the order's currency. Locks: order, escrow, payment. Raises WireDeclaredAlready, Invalid,
    NotAllowed, IllegalMove.
    """
    order = lock_order(order_id)
    check_may(by, "declare_wire", order)
    if order.wire_declared_at is not None:
        raise WireDeclaredAlready
    today = calendar_of(order, "seller").day_of(at)
    if sent_on > today + timedelta(days=1):
        raise Invalid(fields={"sent_on": _("A wire can be declared once it was sent, not before.")})
    if order.confirmed_at is None or sent_on < order.confirmed_at.date() - timedelta(days=1):
        raise Invalid(fields={"sent_on": _("This date lies before the order was confirmed.")})
    if document_ref:
        sealed_documents(order, [document_ref], field="document", side="buyer")
    assert order.escrow_id is not None
    declare_wire_payment(
        escrow_id=order.escrow_id,
        declared_on=sent_on,
        amount_minor=amount_minor,
        bank_reference=check_text(bank_reference, "bank_reference", 140),
        document_ref=document_ref,
        by=by,
        at=at,
    )
    _give_the_wire_time(order, at=at)
    order.wire_declared_at = at
    order.version += 1
    order.save()
    publish(WireDeclared(order_id=order.pk, amount_minor=amount_minor, at=at))
    return order


def _give_the_wire_time(order: Order, *, at: datetime) -> None:
    """5 days on top of what is left; where the ten days after readiness were over already, 5 days from now."""
    extra = timedelta(days=DECLARED_WIRE_EXTRA_DAYS)
    kind = "first_payment" if order.state == OrderState.AWAITING_PAYMENT else "ready_payment"
    kind = FUNDING_LOST if deadlines.get(order, FUNDING_LOST) is not None else kind
    running = deadlines.get(order, kind)
    due_at = calendar_of(order, "buyer").roll((running.due_at if running else at) + extra)
    if running is not None:
        deadlines.postpone(order, kind, due_at)
    else:
        deadlines.schedule(order, kind, due_at)
    last = deadlines.get(order, "buyer_refused")
    if last is not None and last.due_at < due_at:
        deadlines.postpone(order, "buyer_refused", due_at)


@action
def expire_unpaid(*, subject_id: int, at: datetime) -> None:
    """Silence in AWAITING_PAYMENT: EXPIRED, if the escrow agrees that nothing was secured; later money is refunded.

    Raises AlreadySecured from the escrow: then the news that starts production is on its way, and the clock waits.
    """
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "expire", order)
    assert order.escrow_id is not None
    stop_funding(escrow_id=order.escrow_id, reason="expired", by=by, at=at)
    stop_clocks(order)
    order.version += 1
    move(order.expire, by=by, at=at)
    publish(OrderExpired(order_id=order.pk, source=OrderState.AWAITING_PAYMENT, at=at))
