"""The goods arrive, are inspected and accepted; acceptance releases the money."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor, platform
from core.alarms import raise_alarm
from core.errors import Invalid, Refused, Stale
from core.events import publish
from core.states import move
from evidence.models import Document
from orders.actions.production import sealed_documents
from orders.clocks import (
    calendar_of,
    extend_inspection_clock,
    put_off_inspection,
    start_arrival_clock,
    start_inspection_clock,
    stop_clocks,
)
from orders.events import ArrivalContested, InspectionExtended, NotArrivedTold, OrderAccepted, OrderArrived
from orders.locks import lock_order, lock_shipment
from orders.models import Order, OrderState, Shipment, ShipmentDocument
from orders.policies import check_may, side_of
from orders.process import (
    ETA_GRACE_DAYS,
    INSPECTION_EXTENSION_DAYS,
    LEAST_TRANSIT_DAYS,
    NOT_ARRIVED_MOST_DAYS,
)
from payments.actions.escrow import hold_still
from payments.actions.release import release_and_stop, release_rest
from payments.charged_back import frozen_minor_of, list_lost
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


class TooEarlyForSeller(Refused):
    code = "too_early_for_seller"
    message = _(
        "Until the expected day of arrival is over, and the goods have had time to travel, only the buyer can confirm."
    )


@action
def confirm_arrival(*, order_id: int, proof_refs: Sequence[str] = (), by: Actor, at: datetime) -> Order:
    """SHIPPED -> DELIVERED; the inspection clock starts. The seller needs a sealed proof of delivery, the buyer none.

    Raises TooEarlyForSeller, Invalid beside the proof. Locks: order, shipment.
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
    """The seller's word counts once the day of the ETA is over and the goods had time to travel.

    A later ETA that the buyer gave counts up to 45 days after the first. Before, only the buyer can say they are there.
    """
    assert shipment.eta is not None and shipment.first_eta is not None and shipment.shipped_at is not None
    calendar = calendar_of(order, "buyer")
    expected = calendar.close_of(min(shipment.eta, shipment.first_eta + timedelta(days=NOT_ARRIVED_MOST_DAYS)))
    travelled = shipment.shipped_at + timedelta(days=LEAST_TRANSIT_DAYS[order.transport_mode])
    if at < max(expected, travelled):
        raise TooEarlyForSeller


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
def tell_not_arrived(*, order_id: int, new_eta: date | None, by: Actor, at: datetime) -> Order:
    """The buyer says that the goods are not there, with the carrier's new ETA: the clock moves, by 45 days in all.

    Where the seller alone had told of the arrival, its word is contested: the inspection then ends no sooner than if
    arrival had been assumed by silence, and staff are alarmed. `new_eta` may be None only there.
    Raises ArrivalAtItsLatest, ArrivalStands, Invalid. Locks: order, shipment.
    """
    order = lock_order(order_id)
    check_may(by, "not_arrived", order)
    shipment = lock_shipment(order.pk)
    if order.state == OrderState.DELIVERED:
        return _contest_arrival(order, shipment, new_eta, at=at)
    if new_eta is None:
        raise Invalid(fields={"new_eta": _("Give the carrier's new date of arrival.")})
    shipment.arrival_assumed_at = _later_arrival(order, shipment, new_eta, at)
    shipment.eta = new_eta
    shipment.save()
    start_arrival_clock(order, shipment.arrival_assumed_at, at=at)
    order.version += 1
    order.save()
    publish(NotArrivedTold(order_id=order.pk, due_at=shipment.arrival_assumed_at.isoformat(), at=at))
    return order


def _later_arrival(order: Order, shipment: Shipment, new_eta: date, at: datetime) -> datetime:
    """When arrival is assumed by a new ETA: 15 days after it, at most 45 days after it was to be assumed at first."""
    assert shipment.first_arrival_due_at is not None and shipment.arrival_assumed_at is not None
    calendar = calendar_of(order, "buyer")
    latest = shipment.first_arrival_due_at + timedelta(days=NOT_ARRIVED_MOST_DAYS)
    if shipment.arrival_assumed_at >= latest:
        raise ArrivalAtItsLatest
    if new_eta < calendar.day_of(at):
        raise Invalid(fields={"new_eta": _("Give the carrier's new date of arrival; this one has passed.")})
    last_day = calendar.day_of(latest)
    if new_eta > last_day:
        words = _("The arrival can be moved by 45 days in all: give a date up to %(day)s.")
        raise Invalid(fields={"new_eta": words % {"day": last_day}})
    wanted = calendar.roll(calendar.close_of(new_eta) + timedelta(days=ETA_GRACE_DAYS))
    if wanted <= shipment.arrival_assumed_at:
        raise Invalid(fields={"new_eta": _("With this date the present clock is long enough already.")})
    return min(wanted, latest)


def _contest_arrival(order: Order, shipment: Shipment, new_eta: date | None, *, at: datetime) -> Order:
    """The seller's word then moves nothing sooner than silence would have."""
    first = shipment.arrival_contested_at is None
    if new_eta is not None:
        shipment.arrival_assumed_at = _later_arrival(order, shipment, new_eta, at)
    elif not first:
        raise Invalid(fields={"new_eta": _("You said so before. Give the carrier's new date to move the clock again.")})
    assert shipment.arrival_assumed_at is not None
    extended = INSPECTION_EXTENSION_DAYS if order.inspection_extended_at is not None else 0
    calendar = calendar_of(order, "buyer")
    put_off_inspection(order, calendar.after_days(shipment.arrival_assumed_at, order.inspection_days + extended), at=at)
    if first:
        shipment.arrival_contested_at = at
        words = f"{order}: the buyer says that the goods did not arrive; look at the seller's proof of delivery"
        raise_alarm("arrival_contested", "orders.order", order.pk, words)
    shipment.save()
    order.version += 1
    order.save()
    publish(ArrivalContested(order_id=order.pk, at=at))
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

    What the buyer's bank took back is not held: it follows when the bank has decided.
    `seen_minor` is the amount that the button showed, in minor units; Stale when another is held now. Raises
    InstalmentUnpaid. Locks: order, shipment, escrow, accounts.
    """
    order = lock_order(order_id)
    check_may(by, "accept", order)
    shipment = _lock_what_moves(order)
    assert order.escrow_id is not None
    if held_minor_of(order.escrow_id) != seen_minor:
        raise Stale
    return _accept(order, shipment, by=by, at=at)


@action
def accept_by_silence(*, subject_id: int, at: datetime) -> None:
    """Silence in the inspection: the goods count as accepted. Locks: order, shipment, escrow, accounts."""
    order = lock_order(subject_id)
    by = platform("clock")
    check_may(by, "accept", order)
    _accept(order, _lock_what_moves(order), by=by, at=at)


def _lock_what_moves(order: Order) -> Shipment:
    """The shipment, and behind it the money: what is read of it from now on is what is released."""
    assert order.escrow_id is not None
    shipment = lock_shipment(order.pk)
    hold_still(escrow_id=order.escrow_id)
    return shipment


def _accept(order: Order, shipment: Shipment, *, by: Actor, at: datetime) -> Order:
    assert order.escrow_id is not None
    unsecured = {each.pk for each in list_unsecured(order.escrow_id)}
    lost = {each.pk for each in list_lost(order.escrow_id)}
    if unsecured - lost:
        raise InstalmentUnpaid
    move(shipment.accept, by=by, at=at)
    system = platform(by.door)
    if lost or frozen_minor_of(order.escrow_id):  # Paid anew while the bank decides: its verdict closes the escrow.
        release_and_stop(escrow_id=order.escrow_id, reason="accepted", by=system, at=at)
    else:
        release_rest(escrow_id=order.escrow_id, reason="accepted", sequence=1, by=system, at=at)
    stop_clocks(order)
    order.version += 1
    move(order.accept, by=by, at=at)
    publish(OrderAccepted(order_id=order.pk, at=at))
    return order
