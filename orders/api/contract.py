"""From draft to contract, and its early end."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from orders.actions.cancellation import cancel_order
from orders.actions.offer import confirm_order, decline_offer, request_changes, send_order, withdraw_offer
from orders.api.base import OrderApiView, OrderVerbView, in_currency_of
from orders.cancellation_terms import Seen, what_cancelling_means
from orders.contract_pdf import contract_pdf
from orders.models import Order
from orders.policies import check_may
from orders.serializers.orders import MeaningSerializer
from orders.serializers.verbs import CancelSerializer, ChangesSerializer, ConfirmSerializer, ReasonSerializer


class OrderSendView(OrderVerbView):
    """Sign the terms as seller and send the offer. Refused with reasons while the lint finds a stop."""

    def act(self, order: Order, data: dict[str, Any]) -> None:
        seen = self.seen_version()
        send_order(order_id=order.pk, seen_version=order.version if seen is None else seen, by=self.by, at=self.at)


class OrderWithdrawView(OrderVerbView):
    """Take the offer back to change it."""

    def act(self, order: Order, data: dict[str, Any]) -> None:
        withdraw_offer(order_id=order.pk, by=self.by, at=self.at)


class OrderRequestChangesView(OrderVerbView):
    """Ask the seller to change the offer, with a comment per field."""

    input_serializer = ChangesSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        request_changes(order_id=order.pk, comments=data["comments"], by=self.by, at=self.at)


class OrderDeclineView(OrderVerbView):
    """Decline the offer, with a reason."""

    input_serializer = ReasonSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        decline_offer(order_id=order.pk, reason=data["reason"], by=self.by, at=self.at)


class OrderConfirmView(OrderVerbView):
    """Sign the terms as buyer. 412 when the offer is another one than you read."""

    input_serializer = ConfirmSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        confirm_order(order_id=order.pk, terms_sha256=data["terms_sha256"], by=self.by, at=self.at)


class OrderCancelView(OrderVerbView):
    """End the order before shipment. What becomes of the money follows from who ends it, when and why."""

    input_serializer = CancelSerializer
    answers: ClassVar = {**OrderVerbView.answers, "GET": {200: MeaningSerializer}}

    def get(self, request: Request, ref: str) -> Response:
        """What cancelling would mean for you now. Send it back as `seen`, so that nothing else is carried out."""
        order = self.order(ref)
        side = check_may(self.by, "cancel", order)
        meaning = what_cancelling_means(order, side, self.at)
        return Response(MeaningSerializer(meaning, context={"currency": order.currency}).data)

    def act(self, order: Order, data: dict[str, Any]) -> None:
        seen = data["seen"] and Seen(
            cause=data["seen"]["cause"],
            seller_keeps_minor=in_currency_of(order, data["seen"]["seller_keeps"], "seen.seller_keeps.currency"),
        )
        cancel_order(order_id=order.pk, reason=data["reason"], seen=seen, by=self.by, at=self.at)


class PdfRenderer(JSONRenderer):
    """For `Accept: application/pdf`; a refusal is a problem document all the same."""

    media_type = "application/pdf"
    format = "pdf"


class OrderContractPdfView(OrderApiView):
    """The contract as a PDF: the terms offered last, with their signatures. 404 before the first offer."""

    renderer_classes = (*OrderApiView.renderer_classes, PdfRenderer)
    answers: ClassVar = {"GET": {(200, "application/pdf"): OpenApiTypes.BINARY}}

    def get(self, request: Request, ref: str) -> HttpResponse:
        order = self.order(ref)
        answer = HttpResponse(contract_pdf(order), content_type="application/pdf")
        answer["Content-Disposition"] = f'attachment; filename="{order.number}.pdf"'
        return answer
