"""One shape for every verb of an order: read, carry out one action once, answer with the order as it is then."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from companies.api_view import CompanyApiView
from core.api import EmptySerializer
from core.errors import Invalid, NotFound
from orders.actions.versions import check_seen_version
from orders.api.shown import order_view, reports_of
from orders.models import Order, StageReport
from orders.queries import get_order_for
from orders.serializers.orders import OrderSerializer


class OrderApiView(CompanyApiView):
    tag: ClassVar[str] = "orders"

    def order(self, ref: str) -> Order:
        """Raises NotFound for a stranger."""
        return get_order_for(by=self.by, ref=ref)

    def shown(self, ref: str) -> dict[str, Any]:
        """The order as it is now, for this side."""
        order = self.order(ref)
        context = {"currency": order.currency, "company_id": self.by.company_id}
        return dict(OrderSerializer(order_view(order, self.by, self.at), context=context).data)


class OrderVerbView(OrderApiView):
    """POST carries out one action. The order as it is afterwards is the answer."""

    takes_version: ClassVar[bool] = True
    input_serializer: ClassVar[type[serializers.Serializer] | None] = EmptySerializer
    answers: ClassVar = {"POST": {200: OrderSerializer}}

    def post(self, request: Request, ref: str) -> Response:
        order, data, seen = self.order(ref), self.read_input(), self.seen_version()

        def run() -> tuple[int, dict[str, Any]]:
            check_seen_version(order_id=order.pk, seen_version=seen)
            self.act(order, data)
            return 200, self.shown(ref)

        return self.answer_once(run)

    def act(self, order: Order, data: dict[str, Any]) -> None:
        """Call ONE action."""
        raise AssertionError("each verb names its action")


def in_currency_of(order: Order, money: dict[str, Any], field: str) -> int:
    """The minor units of money that must be in the order's currency. Raises Invalid."""
    if money["currency"] != order.currency:
        words = _("The currency of this order is %(currency)s.")
        raise Invalid(fields={field: words % {"currency": order.currency}})
    return int(money["amount_minor"])


def report_numbered(order: Order, number: int) -> StageReport:
    """The order's report at this place, from 1. Raises NotFound."""
    reports = reports_of(order)
    if number > len(reports):
        raise NotFound
    return reports[number - 1]
