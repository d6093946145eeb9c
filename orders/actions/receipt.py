"""The goods arrive, are inspected and accepted; acceptance releases the money."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor, platform
from core.errors import Invalid, Refused, Stale
from core.events import publish
from core.states import move
from evidence.models import Document
from orders.actions.production import sealed_documents
from orders.clocks import (
    calendar_of,
    extend_inspection_clock,
    start_arrival_clock,
    start_inspection_clock,
    stop_clocks,
)
from orders.events import InspectionExtended, NotArrivedTold, OrderAccepted, OrderArrived
from orders.locks import lock_order, lock_shipment
from orders.models import Order, Shipment, ShipmentDocument
from orders.policies import check_may, side_of
from orders.process import ETA_GRACE_DAYS, INSPECTION_EXTENSION_DAYS, NOT_ARRIVED_MOST_DAYS
from payments.actions.release import release_rest
from payments.queries import held_minor_of, list_unsecured


class ExtendedAlready(Refused):
    code = "inspection_extended_already"
    message = _("The inspection was extended already. It can be done once.")


class InstalmentUnpaid(Refused):
    code = "instalment_unpaid"
    message = _("An instalment of this order is not paid. Nothing can be accepted before it is.")


class ArrivalAtItsLatest(Refused):
    code = "arrival_at_its_latest"
    message = _("The arrival was moved by 45 days in all. It can't be moved further; write to the platform's staff.")


@action
def confirm_arrival(*, order_id: int, proof_refs: Sequence[str] = (), by: Actor, at: datetime) -> Order:
    """SHIPPED -> DELIVERED; the inspection clock starts. The seller needs a sealed proof of delivery, the buyer none.

    Locks: order, shipment.
    """
    order = lock_order(order_id)
    check_may(by, "confirm_arrival", order)
    side = side_of(by, order)
    shipment = lock_shipment(order.pk)
    if side == "seller":
        proofs = _proof_of_delivery(order, shipment, proof_refs)
        _check_arrived_by_plan(order, shipment, at)
        for document in proofs:
            ShipmentDocument.objects.create(shipment=shipment, document=document, role="proof_of_delivery")
    return arrive(order, shipment, told_by=side, by=by, at=at)


def _check_arrived_by_plan(order: Order, shipment: Shipment, at: datetime) -> None:
    """The seller's word counts from the day of the ETA on; before it only the buyer can say that they are there."""
    if shipment.eta is not None and calendar_of(order, "buyer").day_of(at) < shipment.eta:
        raise Invalid(_("Before the expected day of arrival only the buyer can confirm it."))


def _proof_of_delivery(order: Order, shipment: Shipment, refs: Sequence[str]) -> list[Document]:
    """Papers of their own: what showed that the goods left can't show that they came."""
    proofs = sealed_documents(order, refs, field="proof")
    used = ShipmentDocument.objects.filter(shipment=shipment, document__in=proofs)
    if used.exists():
        words = _("This paper was used for the shipment. Upload the carrier's signed proof of delivery.")
        raise Invalid(fields={"proof": words})
    return proofs


@action
def assume_arrival(*, subject_id: int, at: datetime) -> None:
    """Silence while SHIPPED: arrival is assumed. Locks: order, shipment."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "confirm_arrival", order)
    arrive(order, lock_shipment(order.pk), told_by="clock", by=by, at=at)


def arrive(order: Order, shipment: Shipment, *, told_by: str, by: Actor, at: datetime) -> Order:
    """SHIPPED -> DELIVERED with the inspection clock. The caller holds order and shipment, and has checked who may."""
    stop_clocks(order)
    shipment.arrival_told_by = told_by
    move(shipment.arrive, by=by, at=at)
    order.version += 1
    move(order.arrive, by=by, at=at)
    start_inspection_clock(order, at=at, days=order.inspection_days)
    publish(OrderArrived(order_id=order.pk, told_by=told_by, at=at))
    return order


@action
def tell_not_arrived(*, order_id: int, new_eta: date, by: Actor, at: datetime) -> Order:
    """The buyer says that the goods are late, with the carrier's new ETA: the clock moves, by at most 45 days in all.

    Raises ArrivalAtItsLatest, Invalid. Locks: order, shipment.
    """
    order = lock_order(order_id)
    check_may(by, "not_arrived", order)
    shipment = lock_shipment(order.pk)
    assert shipment.first_arrival_due_at is not None and shipment.arrival_assumed_at is not None
    calendar = calendar_of(order, "buyer")
    if new_eta < calendar.day_of(at):
        raise Invalid(fields={"new_eta": _("Give the carrier's new date of arrival; this one has passed.")})
    latest = shipment.first_arrival_due_at + timedelta(days=NOT_ARRIVED_MOST_DAYS)
    wanted = calendar.roll(calendar.close_of(new_eta) + timedelta(days=ETA_GRACE_DAYS))
    due_at = min(max(wanted, shipment.arrival_assumed_at), latest)
    if due_at <= shipment.arrival_assumed_at:
        if shipment.arrival_assumed_at >= latest:
            raise ArrivalAtItsLatest
        raise Invalid(fields={"new_eta": _("With this date the present clock is long enough already.")})
    shipment.eta, shipment.arrival_assumed_at = new_eta, due_at
    shipment.save()
    start_arrival_clock(order, due_at, at=at)
    order.version += 1
    order.save()
    publish(NotArrivedTold(order_id=order.pk, due_at=due_at.isoformat(), at=at))
    return order


@action
def extend_inspection(*, order_id: int, by: Actor, at: datetime) -> Order:
    """Once, 15 days on top of what is left. Raises ExtendedAlready. Locks: the order."""
    order = lock_order(order_id)
    check_may(by, "extend_inspection", order)
    if order.inspection_extended_at is not None:
        raise ExtendedAlready
    extend_inspection_clock(order, at=at, days=INSPECTION_EXTENSION_DAYS)
    order.inspection_extended_at = at
    order.version += 1
    order.save()
    publish(InspectionExtended(order_id=order.pk, at=at))
    return order


@action
def accept_order(*, order_id: int, seen_minor: int, by: Actor, at: datetime) -> Order:
    """DELIVERED -> COMPLETED; everything that is held goes to the seller, less the fee.

    `seen_minor` is the amount that the button showed, in minor units; Stale when another is held now. Raises
    InstalmentUnpaid. Locks: order, shipment, escrow, accounts.
    """
    order = lock_order(order_id)
    check_may(by, "accept", order)
    assert order.escrow_id is not None
    if held_minor_of(order.escrow_id) != seen_minor:
        raise Stale
    return _accept(order, by=by, at=at)


@action
def accept_by_silence(*, subject_id: int, at: datetime) -> None:
    """Silence in the inspection: the goods count as accepted. Locks: order, shipment, escrow, accounts."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "accept", order)
    _accept(order, by=by, at=at)


def _accept(order: Order, *, by: Actor, at: datetime) -> Order:
    assert order.escrow_id is not None
    if list_unsecured(order.escrow_id):
        raise InstalmentUnpaid
    move(lock_shipment(order.pk).accept, by=by, at=at)
    release_rest(escrow_id=order.escrow_id, reason="accepted", sequence=1, by=platform(by.door), at=at)
    stop_clocks(order)
    order.version += 1
    move(order.accept, by=by, at=at)
    publish(OrderAccepted(order_id=order.pk, at=at))
    return order
