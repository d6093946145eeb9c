"""Paying what is due, and telling that a wire is on its way."""

from typing import Any, ClassVar

from django.urls import reverse
from rest_framework.request import Request
from rest_framework.response import Response

from core.actions import carry_out
from orders.actions.funding import declare_wire
from orders.actions.versions import check_seen_version
from orders.api.base import OrderApiView, OrderVerbView, in_currency_of
from orders.models import Order
from orders.paying import pay_instalment
from orders.serializers.verbs import DeclareWireSerializer, PaySerializer
from payments.models import PaymentState
from payments.queries import get_payment_for
from payments.serializers import PaymentSerializer


class OrderPayView(OrderApiView):
    takes_version: ClassVar[bool] = True
    input_serializer = PaySerializer
    answers: ClassVar = {"POST": {201: PaymentSerializer, 202: PaymentSerializer}}

    def post(self, request: Request, ref: str) -> Response:
        """Begin, or go on with, the payment of what is due. A card is paid at `checkout_url`, a wire to `bank_details`.

        202: the gateway hasn't answered yet; ask again with the same key, or read the payment. 409 `wire_open`: a wire
        is open that you may have sent; `details.payment` names it. `instead_of` with this reference gives it up: what
        still comes by it goes back. One that was declared, or came in part, stays: 409 `wire_counts`.
        """
        order, data, seen = self.order(ref), self.read_input(), self.seen_version()
        back = request.build_absolute_uri(reverse("order-pay", kwargs={"ref": order.reference}))

        def run() -> tuple[int, dict[str, Any]]:
            carry_out(check_seen_version, order_id=order.pk, seen_version=seen)
            begun = pay_instalment(order=order, **data, return_url=back, by=self.by, at=self.at)
            payment = get_payment_for(self.by.company_id, begun.reference)
            shown = PaymentSerializer(payment, context={"company_id": self.by.company_id}).data
            return (202 if payment.state == PaymentState.CREATED else 201), dict(shown)

        return self.answer_once_alone(run)


class OrderDeclareWireView(OrderVerbView):
    """Tell that your wire is on its way: the time to pay is longer by 5 days, once. Money counts once it arrives."""

    input_serializer = DeclareWireSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        declare_wire(
            order_id=order.pk,
            sent_on=data["sent_on"],
            amount_minor=in_currency_of(order, data["amount"], "amount.currency"),
            bank_reference=data["bank_reference"],
            document_ref=data["document"],
            by=self.by,
            at=self.at,
        )
