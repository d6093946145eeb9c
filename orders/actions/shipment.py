"""The goods leave: one shipment per order in this version, with the papers of the trade term."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.translation import gettext_lazy as _

from core.actions import action
from core.actors import Actor
from core.errors import Invalid, Refused
from core.events import publish
from core.states import move
from core.text_rules import check_text
from evidence.models import Document
from orders.actions.production import FundingIsLost, add_report, last_reported, sealed_documents
from orders.actions.receipt import arrive
from orders.clocks import arrival_due, calendar_of, start_arrival_clock, stop_clocks
from orders.duties import lost_minor, resume_ship_clock
from orders.events import OrderShipped
from orders.locks import lock_order, lock_shipment
from orders.models import Order, OrderLine, OrderState, Shipment, ShipmentDocument, ShipmentLine, Stage
from orders.policies import check_may
from orders.trade_terms import TRADE_TERMS
from payments.queries import list_unsecured


class MoneyNotHeld(Refused):
    code = "money_not_held"
    message = _("What is due before shipment is not yet held. Do not ship: wait until the page says that it is held.")


class ReadinessFirst(Refused):
    code = "readiness_first"
    message = _("A part of the price falls due on readiness. Declare the goods ready first.")


@dataclass(frozen=True, kw_only=True)
class Dispatch:
    """What the seller tells about a shipment. Dates are those of the place of dispatch and of arrival."""

    carrier: str
    transport_number: str
    dispatched_on: date
    eta: date
    container: str = ""
    seal: str = ""


def documents_needed(order: Order) -> tuple[str, ...]:
    """Roles of papers that shipping must show: the trade term's, the invoice, and the packing list if not yet shown."""
    needed = ("invoice", *TRADE_TERMS[order.incoterm].documents)
    return needed if order.state == OrderState.READY else ("packing_list", *needed)


@action
def ship_order(
    *, order_id: int, dispatch: Dispatch, documents: Mapping[str, Sequence[str]], by: Actor, at: datetime
) -> Order:
    """IN_PRODUCTION or READY -> SHIPPED. `documents` maps each needed role to references of sealed documents.

    Raises FundingIsLost when money that was held is gone, MoneyNotHeld while anything that is due before shipment is
    not secured, ReadinessFirst when goods in production still have to be declared ready. Locks: order, shipment.
    """
    order = lock_order(order_id)
    check_may(by, "ship", order)
    assert order.escrow_id is not None
    if lost_minor(order):
        raise FundingIsLost
    unsecured = list_unsecured(order.escrow_id)
    if unsecured:
        raise ReadinessFirst if order.state == OrderState.IN_PRODUCTION else MoneyNotHeld
    checked = _check_dispatch(order, dispatch, at)
    papers = {role: sealed_documents(order, documents.get(role, ()), field=role) for role in documents_needed(order)}
    if order.state == OrderState.IN_PRODUCTION:
        _report_packed(order, papers["packing_list"], by=by, at=at)
    shipment = lock_shipment(order.pk)
    for name, value in checked.items():
        setattr(shipment, name, value)
    move(shipment.ship, by=by, at=at)
    _write_papers(shipment, papers)
    _write_lines(shipment, order)
    _start_waiting(order, shipment, by=by, at=at)
    publish(OrderShipped(order_id=order.pk, at=at))
    if TRADE_TERMS[order.incoterm].inspection_starts == "collection":
        # EXW: the buyer's own carrier has the goods, and the collection receipt says since when (rules, section 7).
        arrive(order, shipment, told_by="collection", by=by, at=at)
    return order


def _start_waiting(order: Order, shipment: Shipment, *, by: Actor, at: datetime) -> None:
    due_at = arrival_due(order, shipment)
    resume_ship_clock(order, at=at)
    stop_clocks(order)
    shipment.arrival_assumed_at = shipment.first_arrival_due_at = due_at
    shipment.first_eta = shipment.eta
    shipment.save()
    order.version += 1
    move(order.ship, by=by, at=at)
    start_arrival_clock(order, due_at, at=at)


def _check_dispatch(order: Order, dispatch: Dispatch, at: datetime) -> dict[str, object]:
    wrong: dict[str, object] = {}
    calendar = calendar_of(order, "seller")
    today = calendar.day_of(at)
    if not dispatch.carrier.strip():
        wrong["carrier"] = _("Name the carrier or forwarder.")
    if not dispatch.transport_number.strip():
        wrong["transport_number"] = _("Give the number of the bill of lading, air waybill or consignment note.")
    if dispatch.dispatched_on > today:
        wrong["dispatched_on"] = _("Goods can be reported as shipped once they are. This date lies ahead.")
    elif order.production_at is not None and dispatch.dispatched_on < calendar.day_of(order.production_at):
        wrong["dispatched_on"] = _("This date lies before the first payment was held.")
    if dispatch.eta < dispatch.dispatched_on:
        wrong["eta"] = _("The goods can't arrive before they left.")
    elif (dispatch.eta - today).days > 180:
        wrong["eta"] = _("An arrival more than 180 days ahead can't be right. Check the year.")
    if wrong:
        raise Invalid(fields=wrong)
    return {
        "carrier": check_text(dispatch.carrier, "carrier", 120),
        "transport_number": check_text(dispatch.transport_number, "transport_number", 60),
        "container": check_text(dispatch.container, "container", 60),
        "seal": check_text(dispatch.seal, "seal", 60),
        "dispatched_on": dispatch.dispatched_on,
        "eta": dispatch.eta,
    }


def _report_packed(order: Order, papers: Sequence[Document], *, by: Actor, at: datetime) -> None:
    """Ready and shipped in one step: the packing list proves the stage, unless it was proven before."""
    last = last_reported(order)
    if last is None or last.stage not in {Stage.PACKED, Stage.INSPECTED}:
        add_report(order, Stage.PACKED, papers, note="", by=by, at=at)


def _write_papers(shipment: Shipment, papers: Mapping[str, Sequence[Document]]) -> None:
    ShipmentDocument.objects.bulk_create(
        [
            ShipmentDocument(shipment=shipment, document=document, role=role)
            for role, documents in papers.items()
            for document in documents
        ]
    )


def _write_lines(shipment: Shipment, order: Order) -> None:
    """Version 1 ships everything at once."""
    ShipmentLine.objects.bulk_create(
        [
            ShipmentLine(shipment=shipment, line=line, quantity_thousandths=line.quantity_thousandths)
            for line in OrderLine.objects.filter(order=order)
        ]
    )
