"""The seller's work, and the buyer's answers to it."""

from typing import Any

from django.utils.translation import gettext as _

from core.errors import Invalid
from orders.actions.production import approve_stage, book_carriage, challenge_stage, declare_ready, report_progress
from orders.actions.shipment import Dispatch, documents_needed, ship_order
from orders.api.base import OrderVerbView, report_numbered
from orders.models import Order
from orders.policies import check_may
from orders.serializers.verbs import (
    CarriageSerializer,
    ChallengeSerializer,
    ProgressSerializer,
    ReadySerializer,
    ShipSerializer,
    StageNumberSerializer,
)


class OrderReportProgressView(OrderVerbView):
    """Report a stage with proof. It counts once the buyer approves it, or after 5 business days unchallenged."""

    input_serializer = ProgressSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        report_progress(
            order_id=order.pk,
            stage=data["stage"],
            document_refs=data["documents"],
            note=data["note"],
            by=self.by,
            at=self.at,
        )


class OrderApproveStageView(OrderVerbView):
    """Approve a reported stage: it counts from now."""

    input_serializer = StageNumberSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        report = report_numbered(order, data["stage_number"])
        approve_stage(order_id=order.pk, report_id=report.pk, by=self.by, at=self.at)


class OrderChallengeStageView(OrderVerbView):
    """Challenge a reported stage, with a reason: it doesn't count."""

    input_serializer = ChallengeSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        report = report_numbered(order, data["stage_number"])
        challenge_stage(order_id=order.pk, report_id=report.pk, reason=data["reason"], by=self.by, at=self.at)


class OrderDeclareReadyView(OrderVerbView):
    """Declare the goods ready: what falls due on readiness is due now."""

    input_serializer = ReadySerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        declare_ready(
            order_id=order.pk,
            packed_refs=data["packed"],
            packing_list_refs=data["packing_list"],
            by=self.by,
            at=self.at,
        )


class OrderBookCarriageView(OrderVerbView):
    """Tell which carriage you booked, under E and F terms."""

    input_serializer = CarriageSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        book_carriage(order_id=order.pk, note=data["note"], by=self.by, at=self.at)


class OrderShipView(OrderVerbView):
    """Report the shipment, with the papers that `documents_needed` of the order names."""

    input_serializer = ShipSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        # Only an order that can be shipped has a trade term to ask for papers by.
        check_may(self.by, "ship", order)
        papers = data.pop("documents")
        unknown = sorted(set(papers) - set(documents_needed(order)))
        if unknown:
            raise Invalid(fields={f"documents.{role[:40]}": _("This paper isn't asked for.") for role in unknown})
        ship_order(order_id=order.pk, dispatch=Dispatch(**data), documents=papers, by=self.by, at=self.at)
