"""The goods arrive, are inspected and accepted."""

from typing import Any

from core.api import MoneyInputSerializer
from orders.actions.receipt import accept_order, confirm_arrival, extend_inspection, tell_not_arrived
from orders.api.base import OrderVerbView, in_currency_of
from orders.models import Order
from orders.serializers.verbs import ArrivalSerializer, NotArrivedSerializer


class OrderNotArrivedView(OrderVerbView):
    """Tell that the goods are late, with the carrier's new date: the clock moves, by at most 45 days in all."""

    input_serializer = NotArrivedSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        tell_not_arrived(order_id=order.pk, new_eta=data["new_eta"], by=self.by, at=self.at)


class OrderConfirmArrivalView(OrderVerbView):
    """Confirm the arrival: the time to inspect begins. The seller needs a proof of delivery."""

    input_serializer = ArrivalSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        confirm_arrival(order_id=order.pk, proof_refs=data["proof"], by=self.by, at=self.at)


class OrderExtendInspectionView(OrderVerbView):
    """Have 15 days more to inspect, once."""

    def act(self, order: Order, data: dict[str, Any]) -> None:
        extend_inspection(order_id=order.pk, by=self.by, at=self.at)


class OrderAcceptView(OrderVerbView):
    """Accept the goods and release the money. The body is the amount you saw as held; another one held gives 412."""

    input_serializer = MoneyInputSerializer

    def act(self, order: Order, data: dict[str, Any]) -> None:
        seen_minor = in_currency_of(order, data, "currency")
        accept_order(order_id=order.pk, seen_minor=seen_minor, by=self.by, at=self.at)
